"""Who is liquidated after a command, and how does the waterfall go?

Check: open liquidations that recovered end, deficits of flat accounts are covered, then accounts
below maintenance get a pass each, the worst margin ratio first. Pass: order book, vault takeover,
auto-deleveraging, each over all positions of the account before the next (mechanics: Liquidation).
"""

from collections.abc import Iterable
from fractions import Fraction

from domain.deficit import cover_deficit
from domain.draft import Draft
from domain.units import AccountId
from domain.venue import Venue
from domain.waterfall import Pass


def check(draft: Draft, holders: Iterable[AccountId] = ()) -> None:
    """Liquidate whoever the draft's events (and `holders`) leave below maintenance."""
    for account in holders:
        draft.touch(account)
    venue = draft.venue
    for account in sorted(draft.touched):
        if account in venue.liquidations and not _is_short(venue, account):
            _end_as_healthy(draft, account)
    _cover_flat(draft, sorted(draft.touched))
    waited: set[AccountId] = set()
    seen: dict[AccountId, tuple[int, Fraction] | None] = {}
    while True:
        touched, draft.touched = draft.touched, {}
        for account in touched:
            seen[account] = _urgency(venue, account)
        due = [
            (urgency, account)
            for account, urgency in seen.items()
            if urgency is not None and account not in waited
        ]
        if not due:
            return
        _, account = min(due)
        if Pass(draft, account).run():
            waited.add(account)
        _cover_flat(draft, sorted(draft.touched))


def _is_short(venue: Venue, account: AccountId) -> bool:
    equity, maintenance = venue.standing(account)
    return equity < maintenance


def _urgency(venue: Venue, account: AccountId) -> tuple[int, Fraction] | None:
    """Sort key of a liquidatable account, lowest first: `M = 0` by equity, then by `E/M`."""
    if not venue.holdings.get(account):
        return None
    equity, maintenance = venue.standing(account)
    if equity >= maintenance:
        return None
    if maintenance == 0:
        return (0, Fraction(equity))
    return (1, Fraction(equity, maintenance))


def _end_as_healthy(draft: Draft, account: AccountId) -> None:
    draft.emit(
        "account.liquidation_ended/1",
        f"account/{account}",
        {
            "liquidation_id": draft.venue.liquidations[account],
            "outcome": "healthy",
            "steps": [],
        },
    )


def _cover_flat(draft: Draft, accounts: list[AccountId]) -> None:
    for account in accounts:
        cover_deficit(draft, account)
