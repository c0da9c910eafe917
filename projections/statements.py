"""What did each event do to each account, and how much did it have afterwards?

One entry per event with what all its legs share, one row per account it names or whose money it
moves: the index by (account, seq). A row's quantity is the signed change of the position, so the
quantities of an account in a market add up to its position, as cash changes add up to its cash.
"""

from fractions import Fraction
from operator import itemgetter
from typing import Any, Final

from sqlalchemy import Engine, select

from domain.events import Event
from domain.units import AccountId, MarketId
from domain.venue import Venue
from projections import schema
from projections.balances import account_number
from projections.observing import Observed
from projections.schema import fraction, number_text
from projections.writing import Rows

_BY_KEY = itemgetter(0, 1, 2)
_round = schema.adl_round.c


class Statements:
    """Collects the rows of one batch."""

    def __init__(self, venue: Venue, engine: Engine) -> None:
        self._venue = venue
        self._engine = engine
        self._entries: list[tuple[Any, ...]] = []
        self._legs: list[tuple[Any, ...]] = []
        self._close_prices: dict[str, Fraction] = {}
        self._numbers: dict[AccountId, int] = {}

    def __len__(self) -> int:
        return len(self._legs)

    def project(self, seen: Observed) -> None:
        """Count one event."""
        event, market, touched = seen
        kind = event["type"]
        if not touched or kind == "venue.opened/1":
            return
        seq, data = event["seq"], event["data"]
        numbers, add = self._numbers, self._legs.append
        for leg, (account, cash_before, cash, before, after) in enumerate(touched):
            number = numbers.get(account)
            if number is None:
                number = self._number(account)
            if after is None or before is None:
                add((number, seq, leg, None, str(cash - cash_before), str(cash), None))
            else:
                change = str(after - before) if after != before else None
                add((number, seq, leg, change, str(cash - cash_before), str(cash), str(after)))
        price = number_text(self._price(event, market))
        self._entries.append((seq, event["time"], kind, market, price, _reference(kind, data)))

    def _number(self, account: AccountId) -> int:
        number = account_number(self._venue.accounts[account].opened_seq, account)
        self._numbers[account] = number
        return number

    def _price(self, event: Event, market: MarketId | None) -> int | Fraction | None:
        """The exact price in ticks at which lots changed hands or are about to."""
        kind, data = event["type"], event["data"]
        if kind == "market.trade_executed/1":
            price: int = data["price"]
            return price
        if kind == "market.deleveraging_decided/1":
            close_price = fraction(data["close_price"]["price"])
            if close_price is not None:
                self._close_prices = {data["decision_id"]: close_price}
            return close_price
        if kind == "market.position_taken_over/1" and data["quote"] is not None:
            return fraction(data["quote"]["price"])
        if kind == "market.position_deleveraged/1":
            decided = self._decided_price(data["decision_id"])
            if decided is not None:
                return decided
        elif kind != "market.position_taken_over/1":
            return None
        # A recorded log states the money alone: its price is what one lot cost.
        point_value = self._venue.markets[market or ""].point_value
        return Fraction(abs(data["amount"]), data["quantity"] * point_value)

    def _decided_price(self, decision: str | None) -> Fraction | None:
        """The close price of a decision; closures may arrive in a later batch than it did."""
        if decision is None or self._venue.kind != "decided":
            return None
        if decision not in self._close_prices:
            query = select(_round.close_price).where(_round.id == decision)
            with self._engine.connect() as stored:
                price = fraction(stored.execute(query).scalar_one_or_none())
            if price is None:
                return None
            self._close_prices = {decision: price}
        return self._close_prices[decision]

    def flush(self, rows: Rows) -> None:
        """Hand the batch over and begin the next one."""
        rows.insert(schema.entry, self._entries)
        # In key order, so that neighbours on disk are written together.
        self._legs.sort(key=_BY_KEY)
        rows.insert(schema.statement, self._legs)
        self._entries, self._legs = [], []


_REFERENCES: Final[dict[str, str]] = {
    "market.trade_executed/1": "trade_id",
    "market.order_placed/1": "order_id",
    "market.order_cancelled/1": "order_id",
    "market.position_taken_over/1": "liquidation_id",
    "market.deleveraging_decided/1": "decision_id",
    "market.position_deleveraged/1": "decision_id",
    "account.opened/1": "label",
    "account.collateral_deposited/1": "reference",
    "account.collateral_withdrawn/1": "reference",
    "account.collateral_moved/1": "reason",
    "account.liquidation_started/1": "liquidation_id",
    "account.liquidation_waiting/1": "liquidation_id",
    "account.liquidation_ended/1": "liquidation_id",
    "venue.deficit_covered/1": "bankrupt",
}
"""Event → the field that says what a row refers to."""


def _reference(kind: str, data: dict[str, Any]) -> str:
    field = _REFERENCES.get(kind)
    return (data[field] or "") if field is not None else ""
