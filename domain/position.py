"""What does an account hold in a market, and what does a fill do to it?

A position is a signed quantity and its signed cost. Reducing releases cost in proportion, rounded
half to even; the remainder stays in the position, so rounding moves value only between an account's
cash and its own unrealised result (mechanics: Fills).
"""

from functools import partial
from typing import NamedTuple

from domain.rounding import half_even
from domain.units import Lots, QuoteUnits, Ticks


class Position(NamedTuple):
    """Quantity and cost, the seq at which it was opened from flat or by a flip, and whether its
    cost is known (recorded logs may begin in the middle of a position's life).
    """

    quantity: Lots
    cost: QuoteUnits
    opened_seq: int
    basis_known: bool = True

    @property
    def sign(self) -> int:
        """+1 for a long, -1 for a short."""
        return 1 if self.quantity > 0 else -1


class Filled(NamedTuple):
    """What a fill leaves: the position (None when flat) and the result that became cash."""

    position: Position | None
    realized: QuoteUnits


def fill(
    position: Position | None,
    quantity: Lots,
    amount: QuoteUnits,
    seq: int,
    stated: QuoteUnits | None = None,
) -> Filled:
    """Add a signed `quantity` paid for with a signed `amount` (+ for a purchase).

    Change of cash minus change of cost is always `-amount`. A fill through zero reduces first, then
    opens: the amount is split by lots, the reducing part rounded half to even, the opening part is
    the rest (for a price the split is exact). `stated` is a venue's own result of a reduction; it
    replaces the proportional rule, except that closing everything always releases all cost.
    """
    return Filled(*moved(position, quantity, amount, seq, stated))


def moved(
    position: Position | None,
    quantity: Lots,
    amount: QuoteUnits,
    seq: int,
    stated: QuoteUnits | None = None,
) -> tuple[Position | None, QuoteUnits]:
    """`fill` as a plain pair: this is the hottest line of every replay."""
    if position is None:
        return _position((quantity, amount, seq, True)), 0
    held, cost, opened_seq, basis_known = position
    after = held + quantity
    if (held > 0) == (quantity > 0):
        return _position((after, cost + amount, opened_seq, basis_known)), 0
    if after == 0:
        return None, -amount - cost
    if (after > 0) == (held > 0):
        if stated is None:
            released = half_even(cost * abs(quantity), abs(held))
            realized = -amount - released
        else:
            realized, released = stated, -amount - stated
        return _position((after, cost - released, opened_seq, basis_known)), realized
    reducing = half_even(amount * abs(held), abs(quantity))
    return _position((after, amount - reducing, seq, True)), -reducing - cost


# A named tuple's own constructor costs twice as much.
_position = partial(tuple.__new__, Position)


def unrealized(position: Position, mark_price: Ticks, point_value: int) -> QuoteUnits:
    """`u = q·P·v − n`; a gain is positive for longs and shorts alike."""
    return position.quantity * mark_price * point_value - position.cost


def notional(position: Position, mark_price: Ticks, point_value: int) -> QuoteUnits:
    """`N = |q|·P·v`, exact because point_value is whole."""
    return abs(position.quantity) * mark_price * point_value
