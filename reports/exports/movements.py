"""What did one event move, for whom, in lots and in money?

The venue's own `apply` says what an event means; an account is looked at just before and just after
it. A leg is what changed for one account, so the legs of a log add up to its state: quantities to
positions, cash to cash, costs to costs.
"""

from collections.abc import Iterable, Iterator
from fractions import Fraction
from typing import Any, Final, NamedTuple

from domain.account import SYSTEM_ACCOUNTS, TREASURY
from domain.events import Event
from domain.market import Market
from domain.parties import parties
from domain.specification import MarketSpec
from domain.units import AccountId, Lots, QuoteUnits, Ticks
from domain.venue import Venue, apply


class Leg(NamedTuple):
    """What one account got (+) and gave (-): lots, cash, and cost of the open quantity."""

    account: AccountId
    quantity: Lots
    cash: QuoteUnits
    cost: QuoteUnits


class Movement(NamedTuple):
    """An event with its legs, the accounts that it names or pays, and the change of net deposits.

    Over the legs quantities cancel, and cash minus cost adds up to the deposits.
    """

    event: Event
    spec: MarketSpec | None
    legs: tuple[Leg, ...]
    named: tuple[AccountId, ...]
    deposited: QuoteUnits


_Holding = tuple[QuoteUnits, Lots, QuoteUnits]
_MOVES_NOTHING: Final = frozenset(
    {
        "market.listed/1",
        "market.order_placed/1",
        "market.order_cancelled/1",
        "market.mark_price_updated/1",
        "market.adl_policy_changed/1",
        "market.adl_list_set/1",
        "market.deleveraging_decided/1",
        "venue.command_rejected/1",
        "venue.fact_rejected/1",
        "venue.key_rotated/1",
        "venue.person_erased/1",
    }
)
"""Facts that carry neither lots nor money of an account."""


def movements(venue: Venue, events: Iterable[Event]) -> Iterator[Movement]:
    """What each event moved; `venue` is the state before the first of them, and is consumed."""
    return (moved_by(venue, event) for event in events)


def moved_by(venue: Venue, event: Event) -> Movement:
    """Apply one event and say what it moved."""
    kind, _, name = event["stream"].partition("/")
    named = parties(event)
    if event["type"] in _MOVES_NOTHING:
        apply(venue, event)
        market = venue.markets[name] if kind == "market" else None
        return Movement(event, market.spec if market is not None else None, (), named, 0)
    market = venue.markets[name] if kind == "market" else None
    accounts = _touched(event, market, named)
    before = [_holding(venue, market, account) for account in accounts]
    deposits = venue.net_deposits
    apply(venue, event)
    legs = (
        _leg(account, held, _holding(venue, market, account))
        for account, held in zip(accounts, before, strict=True)
    )
    return Movement(
        event,
        market.spec if market is not None else None,
        tuple(leg for leg in legs if leg.quantity or leg.cash or leg.cost),
        named,
        venue.net_deposits - deposits,
    )


def _touched(
    event: Event, market: Market | None, named: tuple[AccountId, ...]
) -> tuple[AccountId, ...]:
    """Whoever may have got or given something, each once, in the order of their roles."""
    kind = event["type"]
    if kind == "market.funding_settled/1" and market is not None:
        # Funding names nobody and touches every holder.
        return tuple(sorted(market.positions))
    if kind == "venue.opened/1":
        return SYSTEM_ACCOUNTS
    if kind == "market.trade_executed/1":
        return tuple(dict.fromkeys((*named, TREASURY)))
    return tuple(dict.fromkeys(named))


def _holding(venue: Venue, market: Market | None, account: AccountId) -> _Holding:
    cash = venue.cash.get(account, 0)
    position = market.positions.get(account) if market is not None else None
    return (cash, 0, 0) if position is None else (cash, position.quantity, position.cost)


def _leg(account: AccountId, before: _Holding, after: _Holding) -> Leg:
    return Leg(account, after[1] - before[1], after[0] - before[0], after[2] - before[2])


class Prices:
    """At which exact price in ticks did lots change hands?

    A closure has the price of its decision, which stands in the log just before it. A recorded log
    states the money alone: its price is what one lot cost.
    """

    def __init__(self) -> None:
        self._decided: dict[str, Fraction] = {}

    def price(self, movement: Movement, point_value: int) -> Ticks | Fraction | None:
        """The price of one event; None where no lots change hands."""
        kind, data = movement.event["type"], movement.event["data"]
        if kind == "market.trade_executed/1":
            price: Ticks = data["price"]
            return price
        if kind == "market.deleveraging_decided/1":
            self._decided = {data["decision_id"]: Fraction(data["close_price"]["price"])}
        elif kind == "market.position_taken_over/1":
            quote = data["quote"]
            return Fraction(quote["price"]) if quote is not None else _paid(data, point_value)
        elif kind == "market.position_deleveraged/1":
            decided = self._decided.get(data["decision_id"])
            return _paid(data, point_value) if decided is None else decided
        return None


def _paid(data: dict[str, Any], point_value: int) -> Fraction:
    return Fraction(abs(data["amount"]), data["quantity"] * point_value)
