"""What does each account hold in money, and do the books add up?"""

from domain.units import Decimal10, fraction_text
from projections.answers import Books
from reports.figures import amount_text
from reports.page import AsOf, Json, Page, Table
from reports.valuation import ValuedAccount, total, valued_accounts

COLUMNS = {
    "account": "account",
    "role": "role",
    "cash": "cash",
    "unrealized": "unrealised",
    "equity": "equity",
    "notional": "notional",
    "maintenance_margin": "maintenance",
    "leverage": "leverage",
    "status": "status",
}
WORDS = frozenset({"account", "role", "status"})


def balances_page(
    books: Books, quote_unit: Decimal10, as_of: AsOf, accounts: tuple[str, ...] = ()
) -> Page:
    """All accounts, or those named; the totals are always over all of them."""
    valued = valued_accounts(books)
    rows = [
        _row(account, quote_unit)
        for account in valued
        if not accounts or account.state.account in accounts
    ]
    totals = _totals(books, valued, quote_unit)
    foot = {"account": "total", **{key: totals[key] for key in ("cash", "unrealized", "equity")}}
    difference = "equal" if totals["difference"] == "0" else f"differ by {totals['difference']}"
    summary = (
        f"{books.quote}. Total equity {totals['equity']} and net deposits "
        f"{totals['net_deposits']}: {difference}."
    )
    if totals["equity"] is None:
        summary = f"{books.quote}. A held market has no mark price yet: equity is unknown."
    table = Table(COLUMNS, [*rows, foot], WORDS)
    body: dict[str, Json] = {"rows": rows, "totals": totals}
    return Page("balances/1", as_of, body, "rows", (table, summary))


def _row(account: ValuedAccount, unit: Decimal10) -> dict[str, Json]:
    leverage = account.leverage
    return {
        "account": account.state.account,
        "role": account.state.role,
        "cash": amount_text(account.state.cash, unit),
        "unrealized": _text(account.unrealized, unit),
        "equity": _text(account.equity, unit),
        "notional": _text(account.notional, unit),
        "maintenance_margin": _text(account.maintenance_margin, unit),
        "leverage": None if leverage is None else fraction_text(leverage),
        "status": "in_liquidation" if account.state.liquidation else "active",
    }


def _totals(books: Books, valued: list[ValuedAccount], unit: Decimal10) -> dict[str, str | None]:
    equity = total(account.equity for account in valued)
    return {
        "cash": amount_text(sum(account.state.cash for account in valued), unit),
        "unrealized": _text(total(account.unrealized for account in valued), unit),
        "equity": _text(equity, unit),
        "net_deposits": amount_text(books.net_deposits, unit),
        "difference": _text(None if equity is None else equity - books.net_deposits, unit),
    }


def _text(amount: int | None, unit: Decimal10) -> str | None:
    return None if amount is None else amount_text(amount, unit)
