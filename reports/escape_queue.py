"""With which equity or size would a candidate of a queue stand far enough behind?

The others keep their order, so there is one row that it must stand behind (`Round.blocker`): those
up to it meet all of the need but what the candidate may still give.
"""

from fractions import Fraction
from itertools import product
from typing import Final, NamedTuple

from domain.adl.candidate import Candidate, Ranked, Score
from domain.rounding import floor_of
from domain.units import Lots, QuoteUnits
from reports.escape_round import Round, stands_before

MOST_BLOCKS: Final = 4_000
"""How many blocks of sizes are looked at before the search gives up."""


class QueueSearch:
    """Looks for changes that leave a candidate at most `most` lots to give."""

    def __init__(self, case: Round, row: Ranked, most: Lots) -> None:
        self._case, self._row, self._most = case, row, most
        self._candidate = row.candidate
        blocker = case.blocker(row, most)
        self._behind = None if blocker is None else case.place_of_row(blocker)

    @property
    def may_escape_by_equity(self) -> bool:
        """Whether the others could meet the need at all."""
        return self._behind is not None

    def spares_with_equity(self, equity: QuoteUnits) -> bool:
        """Whether the candidate then stands behind: more equity never brings it ahead again.

        Capacity only grows with equity, so nothing but the place can make it give less.
        """
        changed = self._case.with_equity(self._candidate, equity)
        return self._behind is not None and stands_before(
            self._behind, self._case.place(changed, is_loser=self._row.admitted_loser)
        )

    def largest_size(self) -> Lots | None:
        """The largest smaller size that spares, by halving blocks of sizes from the top."""
        blocks = [(1, self._candidate.size - 1)]
        for _ in range(MOST_BLOCKS):
            if not blocks:
                return None
            low, high = blocks.pop()
            if low > high or not self._may_spare(low, high):
                continue
            if low == high:
                closed = self._case.closed(self._row, self._case.with_size(self._candidate, low))
                if closed is not None and closed <= self._most:
                    return low
                continue
            middle = (low + high) // 2
            blocks += [(low, middle), (middle + 1, high)]
        return None

    def _may_spare(self, low: Lots, high: Lots) -> bool:
        """Whether a size in the block could spare; False only where none can."""
        least = self._case.with_size(self._candidate, low)
        most = self._case.with_size(self._candidate, high)
        if max(least.equity, most.equity) <= 0:
            return False
        if low == high or min(least.equity, most.equity) <= 0:
            return True
        box = _Box(
            *(_extremes(one, other) for one, other in zip(_parts(least), _parts(most), strict=True))
        )
        if self._case.selection.in_profit_only and box.unrealized[0] <= 0:
            return True
        return self._least_capacity(box, low) <= self._most or self._may_stand_behind(box)

    def _least_capacity(self, box: "_Box", low: Lots) -> Lots:
        """A lower bound of what sizes of the block can give."""
        market = self._case.market
        price: Fraction = self._case.decided.close_price
        per_lot = self._candidate.quantity // self._candidate.size * (market.price - price)
        loss = per_lot * market.point_value
        return low if loss <= 0 else min(low, floor_of(Fraction(box.equity[0]) / loss))

    def _may_stand_behind(self, box: "_Box") -> bool:
        """Whether the lowest score in the box is not ahead of the row to be passed.

        Scores are monotone in each number by itself, so the lowest stands in a corner of the box.
        """
        if self._behind is None:
            return False
        own = self._case.place(self._candidate, is_loser=self._row.admitted_loser).group
        if own != self._behind.group:
            return own > self._behind.group
        target = self._behind.scores[0]
        lowest = min(Fraction(*self._corner_score(corner)) for corner in box.corners())
        if lowest != Fraction(*target):
            return lowest < Fraction(*target)
        ties = (-box.unrealized[0], -box.notional[0])
        return len(self._behind.scores) > 1 or ties >= self._behind.ties[:2]

    def _corner_score(self, corner: "_Corner") -> Score:
        unrealized, notional, cost, equity, maintenance = corner
        changed: Candidate = self._candidate._replace(
            unrealized=unrealized,
            notional=notional,
            cost=cost,
            equity=equity,
            maintenance_margin=maintenance,
        )
        return self._case.scores(changed)[0]


_Corner = tuple[int, int, int, int, int]
_Pair = tuple[int, int]


class _Box(NamedTuple):
    """Lowest and highest of each number over a block of sizes; all change one way with the size."""

    unrealized: _Pair
    notional: _Pair
    cost: _Pair
    equity: _Pair
    maintenance: _Pair

    def corners(self) -> list[_Corner]:
        """Every combination of extremes, each once."""
        return [
            (unrealized, notional, cost, equity, maintenance)
            for unrealized, notional, cost, equity, maintenance in product(
                *(sorted(set(pair)) for pair in self)
            )
        ]


def _parts(candidate: Candidate) -> _Corner:
    return (
        candidate.unrealized,
        candidate.notional,
        candidate.cost,
        candidate.equity,
        candidate.maintenance_margin,
    )


def _extremes(one: int, other: int) -> _Pair:
    return (one, other) if one <= other else (other, one)
