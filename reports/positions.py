"""Who holds which position, at which entry, and at which price would nothing be left?"""

from fractions import Fraction

from projections.answers import Books
from reports.figures import amount_text, price_text, quantity_text
from reports.page import AsOf, Json, Page, Table
from reports.valuation import ValuedAccount, ValuedHolding, valued_accounts

COLUMNS = {
    "account": "account",
    "market": "market",
    "quantity": "quantity",
    "entry_price": "entry",
    "mark_price": "mark",
    "notional": "notional",
    "unrealized": "unrealised",
    "maintenance_margin": "maintenance",
    "bankruptcy_price": "bankruptcy price",
}
WORDS = frozenset({"account", "market"})


def positions_page(
    books: Books, as_of: AsOf, accounts: tuple[str, ...] = (), market: str | None = None
) -> Page:
    """Open positions by account, then market."""
    rows = [
        _row(account, valued)
        for account in valued_accounts(books)
        if not accounts or account.state.account in accounts
        for valued in sorted(account.holdings, key=lambda valued: valued.holding.market)
        if market is None or valued.holding.market == market
    ]
    return Page("positions/1", as_of, {"rows": rows}, "rows", (Table(COLUMNS, rows, WORDS),))


def _row(account: ValuedAccount, valued: ValuedHolding) -> dict[str, Json]:
    spec = valued.spec

    def price(value: int | Fraction | None) -> str | None:
        return None if value is None else price_text(value, spec)

    def amount(value: int | None) -> str | None:
        return None if value is None else amount_text(value, spec.quote_unit)

    return {
        "account": account.state.account,
        "market": spec.id,
        "quantity": quantity_text(valued.holding.quantity, spec),
        "entry_price": price(valued.entry_price),
        "mark_price": price(valued.mark),
        "notional": amount(valued.notional),
        "unrealized": amount(valued.unrealized),
        "maintenance_margin": amount(valued.maintenance_margin),
        "bankruptcy_price": price(account.bankruptcy_price(valued)),
    }
