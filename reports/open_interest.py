"""How much is open on both sides of each market, and is it the same?"""

from projections.answers import Books, MarketState
from reports.figures import price_text, quantity_text
from reports.page import AsOf, Json, Page, Table

COLUMNS = {
    "market": "market",
    "long": "long",
    "short": "short",
    "difference": "difference",
    "holders_long": "holders long",
    "holders_short": "holders short",
    "mark_price": "mark",
}


def open_interest_page(books: Books, as_of: AsOf, markets: tuple[str, ...] = ()) -> Page:
    """All markets, or those named."""
    rows = [_row(market) for market in books.markets if not markets or market.spec.id in markets]
    table = Table(COLUMNS, rows, frozenset({"market"}))
    return Page("oi/1", as_of, {"rows": rows}, "rows", (table,))


def _row(market: MarketState) -> dict[str, Json]:
    spec = market.spec
    return {
        "market": spec.id,
        "long": quantity_text(market.long, spec),
        "short": quantity_text(market.short, spec),
        "difference": quantity_text(market.long - market.short, spec),
        "holders_long": market.holders_long,
        "holders_short": market.holders_short,
        "mark_price": None if market.mark is None else price_text(market.mark, spec),
    }
