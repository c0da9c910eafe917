"""How many lots does each candidate give?

A queue is closed from the top, each to its capacity; only the last may give less. A sharing rule
fills everybody in proportion to a weight, never beyond capacity; the shares are exact fractions,
rounded down to lots, and the missing lots go to the largest remainders, ties in row order.
"""

from collections.abc import Sequence
from fractions import Fraction

from domain.adl.candidate import Candidate, Ranked
from domain.adl.selection import Selection
from domain.units import Lots


def allocated(
    rows: Sequence[Ranked], selection: Selection, need: Lots
) -> tuple[Ranked, ...]:
    """The rows with the lots that each of them gives; together at most `need`."""
    if selection.weight is None:
        return _from_the_top(rows, need)
    weight = selection.weight
    winners = [row for row in rows if not row.admitted_loser]
    losers = [row for row in rows if row.admitted_loser]
    closed = _shared(
        [row.candidate for row in winners],
        [weight(row.candidate) for row in winners],
        need,
    )
    left = need - sum(closed)
    closed += _shared(
        [row.candidate for row in losers], [row.candidate.size for row in losers], left
    )
    given = dict(
        zip((row.candidate.account for row in (*winners, *losers)), closed, strict=True)
    )
    return tuple(row._replace(closed=given[row.candidate.account]) for row in rows)


def _from_the_top(rows: Sequence[Ranked], need: Lots) -> tuple[Ranked, ...]:
    found: list[Ranked] = []
    left = need
    for row in rows:
        closed = min(row.candidate.capacity, left)
        left -= closed
        found.append(row._replace(closed=closed) if closed else row)
    return tuple(found)


def _shared(
    candidates: Sequence[Candidate], weights: Sequence[int], need: Lots
) -> list[Lots]:
    """Lots of each candidate: `min(capacity, t·weight)` with the level t that adds up to `need`."""
    capacities = [candidate.capacity for candidate in candidates]
    if sum(capacities) <= need:
        return capacities
    level = _level(capacities, weights, need)
    exact = [
        min(Fraction(c), level * w) for c, w in zip(capacities, weights, strict=True)
    ]
    lots = [share.numerator // share.denominator for share in exact]
    missing = need - sum(lots)
    order = sorted(
        range(len(candidates)),
        key=lambda at: (lots[at] - exact[at], *_tie(candidates[at])),
    )
    for at in order[:missing]:
        lots[at] += 1
    return lots


def _tie(candidate: Candidate) -> tuple[int, int, int, str]:
    return (
        -candidate.unrealized,
        -candidate.notional,
        candidate.opened_seq,
        candidate.account,
    )


def _level(capacities: Sequence[Lots], weights: Sequence[int], need: Lots) -> Fraction:
    """The level at which everybody below capacity gives `level · weight` and the sum is `need`."""
    order = sorted(
        range(len(capacities)), key=lambda at: Fraction(capacities[at], weights[at])
    )
    left, weight_left = need, sum(weights)
    for at in order:
        if capacities[at] * weight_left >= left * weights[at]:
            break
        left -= capacities[at]
        weight_left -= weights[at]
    return Fraction(left, weight_left)
