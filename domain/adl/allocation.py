"""How many lots does each candidate give?

A queue is closed from the top, each to its capacity; only the last may give less. A sharing rule
fills everybody in proportion to a weight, never beyond capacity; the shares are exact fractions,
rounded down to lots, and the missing lots go to the largest remainders, ties in row order.
"""

from collections.abc import Sequence
from fractions import Fraction

from domain.adl.candidate import Candidate, Ranked
from domain.adl.ranking import tie
from domain.adl.selection import Circumstances, Selection
from domain.units import Lots


def allocated(
    rows: Sequence[Ranked],
    selection: Selection,
    need: Lots,
    circumstances: Circumstances | None = None,
) -> tuple[Ranked, ...]:
    """The rows with the lots that each of them gives; together at most `need`."""
    if selection.weight is None:
        return _from_the_top(rows, need)
    circumstances = circumstances or Circumstances()
    weight = selection.weight
    winners = [row.candidate for row in rows if not row.admitted_loser]
    losers = [row.candidate for row in rows if row.admitted_loser]
    closed = _shared(
        winners,
        [weight(candidate, circumstances) for candidate in winners],
        _limits(winners, selection, need, circumstances),
        need,
    )
    closed += _shared(
        losers,
        [candidate.size for candidate in losers],
        [candidate.capacity for candidate in losers],
        need - sum(closed),
    )
    given = dict(zip((c.account for c in (*winners, *losers)), closed, strict=True))
    return tuple(row.giving(given[row.candidate.account]) for row in rows)


def _limits(
    candidates: Sequence[Candidate],
    selection: Selection,
    need: Lots,
    circumstances: Circumstances,
) -> list[Lots]:
    """Most lots of each: capacity, or the rule's own limit while all limits reach the need."""
    capacities = [candidate.capacity for candidate in candidates]
    if selection.limit is None:
        return capacities
    limits = [min(c.capacity, selection.limit(c, circumstances)) for c in candidates]
    return limits if sum(limits) >= need else capacities


def _from_the_top(rows: Sequence[Ranked], need: Lots) -> tuple[Ranked, ...]:
    found = list(rows)
    left = need
    for at, row in enumerate(rows):
        if not left:
            break
        closed = min(row.candidate.capacity, left)
        found[at] = row.giving(closed)
        left -= closed
    return tuple(found)


def _shared(
    candidates: Sequence[Candidate],
    weights: Sequence[Fraction | int],
    limits: list[Lots],
    need: Lots,
) -> list[Lots]:
    """Lots of each candidate: `min(limit, t·weight)` with the level t that adds up to `need`."""
    if sum(limits) <= need:
        return limits
    level = _level(limits, weights, need)
    exact = [min(Fraction(most), level * w) for most, w in zip(limits, weights, strict=True)]
    lots = [share.numerator // share.denominator for share in exact]
    missing = need - sum(lots)
    order = sorted(
        range(len(candidates)),
        key=lambda at: (lots[at] - exact[at], *tie(candidates[at])),
    )
    for at in order[:missing]:
        lots[at] += 1
    return lots


def _level(limits: Sequence[Lots], weights: Sequence[Fraction | int], need: Lots) -> Fraction:
    """The level at which everybody below the limit gives `level · weight` and the sum is `need`."""
    order = sorted(range(len(limits)), key=lambda at: Fraction(limits[at]) / weights[at])
    left, weight_left = need, Fraction(sum(weights))
    for at in order:
        if limits[at] * weight_left >= left * weights[at]:
            break
        left -= limits[at]
        weight_left -= weights[at]
    return left / weight_left  # exact: Fraction
