"""What happened to one account, with its cash and position after each event?"""

from collections.abc import Iterable, Mapping

from domain.instants import instant_text
from domain.specification import MarketSpec
from domain.units import Decimal10
from projections.answers import StatementRow
from reports.figures import amount_text, price_text, quantity_text
from reports.page import AsOf, Json, Page, Table

COLUMNS = {
    "seq": "seq",
    "time": "time",
    "type": "event",
    "market": "market",
    "quantity": "quantity",
    "price": "price",
    "cash_change": "cash change",
    "cash": "cash",
    "position": "position",
    "ref": "reference",
}
WORDS = frozenset({"time", "type", "market", "ref"})


def statement_page(
    account: str,
    rows: Iterable[StatementRow],
    specs: Mapping[str, MarketSpec],
    quote_unit: Decimal10,
    as_of: AsOf,
) -> Page:
    """The account's statement in order of seq."""
    found = [_row(row, specs, quote_unit) for row in rows]
    title = f"Account {account}"
    body: dict[str, Json] = {"account": account, "rows": found}
    return Page("history/1", as_of, body, "rows", (title, Table(COLUMNS, found, WORDS)))


def _row(
    row: StatementRow, specs: Mapping[str, MarketSpec], quote_unit: Decimal10
) -> dict[str, Json]:
    spec = specs[row.market] if row.market is not None else None

    def lots(value: int | None) -> str | None:
        return None if value is None or spec is None else quantity_text(value, spec)

    price = None if row.price is None or spec is None else price_text(row.price, spec)
    return {
        "seq": row.seq,
        "time": instant_text(row.time),
        "type": row.type,
        "market": row.market,
        "quantity": lots(row.quantity),
        "price": price,
        "cash_change": amount_text(row.cash_change, quote_unit),
        "cash": amount_text(row.cash, quote_unit),
        "position": lots(row.position),
        "ref": row.ref,
    }
