"""Which row stands for each leg, so that everything is a plain sum over the log?

One row per account that an event moved something of. In every row
`cash_change = deposited + realized + funding + moved − fee`; over any rows `lots_change` adds up to
positions (per market), `cash_change` to cash, `cost_change` to costs, and over the rows of one
event lots cancel.
"""

from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

from domain.account import TREASURY
from domain.events import Event
from domain.instants import instant_text
from domain.units import Decimal10, Lots, QuoteUnits
from domain.venue import Venue
from reports.exports.movements import Leg, Movement, Prices, movements
from reports.figures import amount_text, price_text, quantity_text


class LegRow(NamedTuple):
    """One leg in whole units; `price` is exact text, empty where no lots change hands."""

    seq: int
    time: int
    type: str
    account: str
    market: str
    lots_change: Lots
    quantity_change: str
    price: str
    cash_change: QuoteUnits
    cost_change: QuoteUnits
    deposited: QuoteUnits
    realized: QuoteUnits
    funding: QuoteUnits
    fee: QuoteUnits
    moved: QuoteUnits


MONEY: Final = (
    "cash_change",
    "cost_change",
    "deposited",
    "realized",
    "funding",
    "fee",
    "moved",
)
"""Columns of money: quote units in a row, decimals of the quote asset outside."""


class LegRows:
    """Rows of a window of the log."""

    def __init__(self, venue: Venue, earlier: Iterable[Event] = ()) -> None:
        """`venue` is the state before the window.

        `earlier` are the events just before it that belong to the chain of its first one: the price
        of a closure stands in the decision before it.
        """
        self.venue = venue
        self._prices = Prices()
        for event in earlier:
            self._prices.price(Movement(event, None, (), (), 0), 1)

    def over(self, events: Iterable[Event], account: str | None = None) -> Iterator[LegRow]:
        """The legs of the events, of one account or of all."""
        for movement in movements(self.venue, events):
            spec = movement.spec
            price = self._prices.price(movement, spec.point_value if spec is not None else 1)
            shown = "" if price is None or spec is None else price_text(price, spec)
            for leg in movement.legs:
                if account is None or leg.account == account:
                    yield self._row(movement, leg, shown)

    def _row(self, movement: Movement, leg: Leg, price: str) -> LegRow:
        event, spec = movement.event, movement.spec
        deposited = movement.deposited
        fee = _fee(event, leg.account)
        funding = leg.cash if event["type"] == "market.funding_settled/1" else 0
        moved = 0 if spec is not None or deposited else leg.cash
        return LegRow(
            seq=event["seq"],
            time=event["time"],
            type=event["type"],
            account=leg.account,
            market="" if spec is None else spec.id,
            lots_change=leg.quantity,
            quantity_change="" if spec is None else quantity_text(leg.quantity, spec),
            price=price if leg.quantity else "",
            cash_change=leg.cash,
            cost_change=leg.cost,
            deposited=deposited,
            realized=leg.cash - deposited - funding - moved + fee,
            funding=funding,
            fee=fee,
            moved=moved,
        )


def _fee(event: Event, account: str) -> QuoteUnits:
    """What the account pays in fees; the treasury, which receives them, pays their negative."""
    if event["type"] != "market.trade_executed/1":
        return 0
    data = event["data"]
    fee: QuoteUnits = 0
    if account == data["buyer"]:
        fee += data["buyer_fee"]
    if account == data["seller"]:
        fee += data["seller_fee"]
    if account == TREASURY:
        fee -= data["buyer_fee"] + data["seller_fee"]
    return fee


def shown(row: LegRow, quote_unit: Decimal10) -> dict[str, str]:
    """The row as decimal texts."""
    money = {
        name: amount_text(amount, quote_unit) if (amount := getattr(row, name)) else "0"
        for name in MONEY
    }
    return {
        "seq": str(row.seq),
        "time": instant_text(row.time),
        "type": row.type,
        "account": row.account,
        "market": row.market,
        "lots_change": str(row.lots_change),
        "quantity_change": row.quantity_change,
        "price": row.price,
        **money,
    }
