"""With which equity or size would a candidate of a sharing rule give less?

Everybody gives; the weights of the others do not change. With a smaller weight or limit of its own
an account never gives more: its exact share falls, the remainders of the others rise, so it cannot
win a lot in the largest remainders either. Where weight and limit change one way the threshold is
found by bisection; where rounding could turn a weight back, a small position is tried lot by lot.
"""

from fractions import Fraction
from typing import Final

from domain.adl.candidate import Candidate, Ranked
from domain.units import Lots, QuoteUnits
from reports.escape_round import Round

MOST_ROWS: Final = 20_000
"""A few thresholds need everybody's share again and again; beyond so many rows, none are sought."""
MOST_SIZES: Final = 1_000


class SharesSearch:
    """Looks for changes that leave a candidate at most `most` lots to give."""

    def __init__(self, case: Round, row: Ranked, most: Lots) -> None:
        self._case, self._row, self._most = case, row, most
        self._candidate = row.candidate
        weight = case.selection.weight
        self._weight = weight(row.candidate, case.about) if weight is not None else 1
        self.is_too_large = len(case.decided.rows) > MOST_ROWS

    @property
    def may_escape_by_equity(self) -> bool:
        """Whether more equity can lower the weight: size and profit do not know about equity."""
        if self.is_too_large or self._row.admitted_loser or self._case.selection.weight is None:
            return False
        richer = self._case.with_equity(self._candidate, self._candidate.equity * 2)
        return self._case.selection.weight(richer, self._case.about) < self._weight

    def spares_with_equity(self, equity: QuoteUnits) -> bool:
        """Whether the candidate then gives little enough."""
        return self._spares(self._case.with_equity(self._candidate, equity)) is True

    def largest_size(self) -> Lots | None:
        """The largest smaller size that spares."""
        if self.is_too_large:
            return None
        size = self._candidate.size
        if size <= MOST_SIZES and not self._is_monotone():
            return next((low for low in range(size - 1, 0, -1) if self._spares_with(low)), None)
        if not self._is_monotone():
            return None
        # Limits that together no longer reach the need are dropped: a second stretch of sizes.
        turn = self._first_with_limits()
        for low, high in ((turn, size - 1), (1, min(turn, size) - 1)):
            found = self._largest_in(low, high)
            if found is not None:
                return found
        return None

    def _is_monotone(self) -> bool:
        """Whether weight and capacity shrink with every lot less."""
        candidate = self._candidate
        if candidate.unrealized < 0 and not self._row.admitted_loser:
            return False
        if isinstance(self._weight, int):
            return True
        # λ = N/E falls with every lot less when the rest of the equity outweighs the rounding.
        return candidate.equity - candidate.unrealized > candidate.size

    def _first_with_limits(self) -> Lots:
        """The least size at which the limits of all together still reach the need."""
        limit = self._case.selection.limit
        if limit is None or self._row.admitted_loser:
            return 1
        about, need = self._case.about, self._case.need
        winners = [row.candidate for row in self._case.decided.rows if not row.admitted_loser]
        others = sum(
            min(one.capacity, limit(one, about))
            for one in winners
            if one.account != self._candidate.account
        )
        low, high = 1, self._candidate.size
        while low < high:
            middle = (low + high) // 2
            changed = self._case.with_size(self._candidate, middle)
            if others + min(changed.capacity, limit(changed, about)) >= need:
                high = middle
            else:
                low = middle + 1
        return low

    def _largest_in(self, low: Lots, high: Lots) -> Lots | None:
        """The largest size of a stretch that spares, where a smaller one never gives more.

        Sizes too small to be a candidate at all stand at the lower end, and do not count.
        """
        if low > high:
            return None
        below, above = low - 1, high + 1
        while above - below > 1:
            middle = (below + above) // 2
            if self._spares(self._case.with_size(self._candidate, middle)) is not False:
                below = middle
            else:
                above = middle
        return below if below >= low and self._spares_with(below) else None

    def _spares_with(self, size: Lots) -> bool:
        return self._spares(self._case.with_size(self._candidate, size)) is True

    def _spares(self, changed: Candidate) -> bool | None:
        """Whether the changed account gives little enough; None when it is no candidate at all."""
        if changed.equity <= 0 or changed.capacity == 0:
            return None
        quick = self._by_level(changed)
        if quick is not None:
            return quick
        closed = self._case.closed(self._row, changed)
        return None if closed is None else closed <= self._most

    def _by_level(self, changed: Candidate) -> bool | None:
        """The answer where the exact share alone gives it; None where a remainder decides."""
        case, rule = self._case, self._case.selection
        is_loser = self._row.admitted_loser
        if not isinstance(self._weight, int) or rule.weight is None or self.is_too_large:
            return None
        weigh = (lambda one, _: one.size) if is_loser else rule.weight
        weight, limit = weigh(changed, case.about), changed.capacity
        if not isinstance(weight, int) or weight <= 0:
            return None
        old_weight, old_limit = weigh(self._candidate, case.about), self._candidate.capacity
        levels = case.levels(is_loser=is_loser, is_limited=False)
        if rule.limit is not None and not is_loser:
            limited = case.levels(is_loser=False, is_limited=True)
            old, new = (
                min(one.capacity, rule.limit(one, case.about)) for one in (self._candidate, changed)
            )
            if limited.sum_of_limits - old + new >= limited.need:
                levels, limit, old_limit = limited, new, old
        reached = Fraction(self._most + 1, weight)
        others = levels.others_give(reached, int(old_weight), old_limit)
        if limit > self._most and others + self._most + 1 <= levels.need:
            return False
        at_most = Fraction(self._most, weight)
        others = levels.others_give(at_most, int(old_weight), old_limit)
        return True if limit <= self._most or others + self._most >= levels.need else None
