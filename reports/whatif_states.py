"""What had winners, and what was missing, around each decision of a range?

These are states and no sums: the same profit is there before each of several decisions. Each
decision has its own, and a range says where each was smallest and where largest.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from fractions import Fraction
from typing import Final, NamedTuple

from domain.units import Decimal10, QuoteUnits, fraction_text
from reports.figures import scaled_text
from reports.metrics import Ratio, ratio
from reports.page import Json, Row
from reports.whatif import Compared, Outcome

RATIO: Final = "capacity_over_deficit"
CAPACITY_AFTER_IS: Final = (
    "winners' capacity after: max(unrealised profit, 0) of all accounts that could be asked, "
    "less what they gave up"
)
DEFICIT_AFTER_IS: Final = (
    "deficit after: max(−equity, 0) of all accounts, less what victims gave up"
)


@dataclass(frozen=True, slots=True)
class State:
    """Winners' capacity and deficits of all accounts around one decision; None for several."""

    capacity: QuoteUnits | None = None
    capacity_after: QuoteUnits | None = None
    open_profit_after: QuoteUnits | None = None
    deficit_before: QuoteUnits | None = None
    deficit_after: QuoteUnits | None = None


STATES: Final = (*(one.name for one in fields(State)), RATIO)


class Extreme(NamedTuple):
    """A state measure where it was smallest and where largest, each with its decision.

    Nothing is said of a ratio that has a value in no decision.
    """

    measure: str
    smallest: Fraction | int
    smallest_in: str
    largest: Fraction | int
    largest_in: str


def state_of(found: Compared, outcome: Outcome) -> tuple[State, Ratio]:
    """What winners had and what was missing, before and after one decision."""
    # Capacity is what may be taken: who gives up money has less of it, who gains has not more.
    given = sum(min(max(0, row.unrealized), max(0, row.cost)) for row in outcome.taken)
    capacity = found.capacity
    deficit_after = max(0, found.deficit_of_all - outcome.cost)
    state = State(
        capacity,
        capacity - given,
        found.open_profit_after(outcome),
        found.deficit_of_all,
        deficit_after,
    )
    over = ratio(
        capacity - given,
        deficit_after,
        CAPACITY_AFTER_IS,
        DEFICIT_AFTER_IS,
    )
    return state, over


def state_row(state: State, over: Ratio | None, unit: Decimal10) -> dict[str, Json]:
    """The state as text; money in quote currency, the ratio exact."""
    found: dict[str, Json] = {
        name: None if value is None else scaled_text(value, unit)
        for name, value in asdict(state).items()
    }
    value = None if over is None else over.value
    return {**found, RATIO: None if value is None else fraction_text(value)}


def extremes(decisions: Sequence[Compared], at: int | None) -> list[Extreme]:
    """Where each measure was smallest and largest, the earliest decision first among equals."""
    values: dict[str, list[tuple[Fraction | int, str]]] = {}
    for found in decisions:
        state, over = state_of(found, found.outcome(at))
        for name, value in (*asdict(state).items(), (RATIO, over.value)):
            if value is not None:
                values.setdefault(name, []).append((value, found.id))
    told = []
    for name, each in values.items():
        # Of equal values `min` and `max` give the first, which is the earliest decision.
        smallest, largest = min(each, key=_value), max(each, key=_value)
        told.append(Extreme(name, *smallest, *largest))
    return told


def extreme_rows(decisions: Sequence[Compared], at: int | None, unit: Decimal10) -> list[Row]:
    """The same as text."""
    return [
        {
            "measure": one.measure,
            "smallest": _text(one.measure, one.smallest, unit),
            "smallest_in": one.smallest_in,
            "largest": _text(one.measure, one.largest, unit),
            "largest_in": one.largest_in,
        }
        for one in extremes(decisions, at)
    ]


def _value(one: tuple[Fraction | int, str]) -> Fraction | int:
    return one[0]


def _text(measure: str, value: Fraction | int, unit: Decimal10) -> str:
    return fraction_text(Fraction(value)) if measure == RATIO else scaled_text(value, unit)
