"""How many lots does each candidate give?

A queue is closed from the top, each to its capacity; only the last may give less. A sharing rule
fills everybody in proportion to a weight, never beyond capacity; the shares are exact fractions,
rounded down to lots, and the missing lots go to the largest remainders, ties in row order.
"""

from collections.abc import Sequence

from domain.adl.candidate import Candidate, Ranking
from domain.adl.ranking import tie
from domain.adl.selection import Circumstances, Selection
from domain.adl.sharing import Weight, shared
from domain.units import Lots


def allocated(
    rows: Ranking,
    selection: Selection,
    need: Lots,
    circumstances: Circumstances,
) -> Ranking:
    """The rows with the lots that each of them gives; together at most `need`."""
    if selection.weight is None:
        return rows.giving(_from_the_top(rows, need))
    weight = selection.weight
    everybody = rows.candidates()
    winners, losers = everybody[: rows.winners], everybody[rows.winners :]
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
    return rows.giving(closed)


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


def _from_the_top(rows: Ranking, need: Lots) -> list[Lots]:
    closed = [0] * len(rows)
    left = need
    for place, candidate in enumerate(rows.candidates()):
        if not left:
            break
        closed[place] = min(candidate.capacity, left)
        left -= closed[place]
    return closed


def _shared(
    candidates: Sequence[Candidate], weights: Sequence[Weight], limits: list[Lots], need: Lots
) -> list[Lots]:
    return shared(weights, limits, need, lambda at: tie(candidates[at]))
