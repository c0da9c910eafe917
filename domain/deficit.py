"""Who pays what a flat account lacks?"""

from domain.account import INSURANCE, SYSTEM_ACCOUNTS, UNCOVERED
from domain.draft import Draft
from domain.units import AccountId


def cover_deficit(draft: Draft, account: AccountId) -> None:
    """Bring a flat account with negative equity to zero: vault, insurance, then the uncovered
    account.

    The vault is that of the market the account last left; each payer gives at most its free
    collateral; a bankrupt vault does not pay itself.
    """
    venue = draft.venue
    if account in SYSTEM_ACCOUNTS or venue.holdings.get(account) or venue.cash[account] >= 0:
        return
    market = venue.last_closed.get(account)
    vault = venue.markets[market].spec.vault if market is not None else None
    for payer in (vault, INSURANCE, UNCOVERED):
        missing = -venue.cash[account]
        if payer is None or payer == account or missing <= 0:
            continue
        if payer == UNCOVERED:
            amount = missing
        else:
            free = max(0, venue.equity(payer) - venue.initial_margin(payer))
            amount = min(missing, free)
        if amount:
            draft.emit(
                "venue.deficit_covered/1",
                "venue",
                {"amount": amount, "bankrupt": account, "payer": payer},
            )
