"""Which recorded closes are one decision, and what does each of them say?

A recorded log has closes and no decisions. Those of one block, market, bankrupt account and closed
side are taken together; the state that they are judged on is the one just before the first.
"""

from fractions import Fraction
from typing import Any, Final, NamedTuple

from domain.audit.knowledge import is_outside
from domain.events import Event
from domain.units import AccountId, Lots, MarketId, QuoteUnits

CLOSED: Final = "market.position_deleveraged/1"


class Instant(NamedTuple):
    """A block, or where no block is known the time; closes of one instant may be one decision."""

    kind: str
    number: int


class CloseKey(NamedTuple):
    """What the closes of one decision have in common."""

    instant: Instant
    market: MarketId
    bankrupt: AccountId
    side: int
    """Side that is closed: +1 long."""


class RecordedClose(NamedTuple):
    """One recorded close in whole units."""

    seq: int
    victim: AccountId
    quantity: Lots
    before: Lots
    after: Lots
    amount: QuoteUnits
    realized: QuoteUnits
    price: Fraction
    """Exact price in ticks that the amount stands for."""
    is_paired: bool
    """Whether both of its rows are in the archive."""
    liquidated: str | None
    """Whom the victim's own row names as liquidated."""
    is_fee_printed: bool = True
    """Whether the archive says that nothing was charged; else nobody knows."""

    @property
    def is_partial(self) -> bool:
        """Whether something of the position is left."""
        return self.after != 0

    @property
    def shrinks(self) -> bool:
        """Whether the close only makes the position smaller, by as much as it says."""
        return (
            0 < self.quantity <= abs(self.before)
            and abs(self.after) == abs(self.before) - self.quantity
            and self.after * self.before >= 0
        )


def is_recorded_close(event: Event) -> bool:
    """Whether an event is a close of a venue's own, decided elsewhere."""
    return event["type"] == CLOSED and event["data"]["decision_id"] is None


def instant_of(event: Event) -> Instant:
    """The instant to which an event belongs."""
    block = event["source"].get("block")
    return Instant("block", block) if isinstance(block, int) else Instant("time", event["time"])


def key_of(event: Event) -> CloseKey:
    """The decision to which a recorded close belongs."""
    data = event["data"]
    bankrupt = str(data["bankrupt"])
    if is_outside(bankrupt):
        # The loser's row is not in the archive; the winner's names it.
        bankrupt = str(event["source"].get("liquidated", bankrupt))
    side = 1 if data["quantity_before"] > 0 else -1
    return CloseKey(instant_of(event), event["stream"][7:], bankrupt, side)


def close_of(event: Event, point_value: int) -> RecordedClose:
    """The close that an event records."""
    data: dict[str, Any] = event["data"]
    side = 1 if data["quantity_before"] > 0 else -1
    quantity = data["quantity"]
    # What the bankrupt gets is signed by its own side, the other one: a long sells.
    price = Fraction(-side * data["amount"], quantity * point_value)
    named = event["source"].get("liquidated")
    return RecordedClose(
        event["seq"],
        data["victim"],
        quantity,
        data["quantity_before"],
        data["quantity_after"],
        data["amount"],
        data["realized"],
        price,
        not is_outside(data["bankrupt"]) and not is_outside(data["victim"]),
        named if isinstance(named, str) else None,
        "fee" not in event["source"],
    )


def comes_between(event: Event, key: CloseKey) -> bool:
    """Whether an event within a decision moved positions of its market for another reason."""
    if event["stream"] != f"market/{key.market}":
        return False
    kind = event["type"]
    if kind == "market.trade_executed/1":
        return bool(event["data"]["purpose"] not in ("opening", "gap"))
    return kind == "market.position_taken_over/1" or (
        kind == CLOSED and (not is_recorded_close(event) or key_of(event) != key)
    )
