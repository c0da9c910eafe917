"""Is an exact share above or below a number of lots, without sharing everything out again?

All accounts of a pass give `min(limit, t·weight)` with one level t that adds up to the need. So an
account's share reaches c lots exactly if its limit does and the level `c/weight` is affordable:
what everybody gives at that level is no more than the need. That sum follows from sorted prefixes.
"""

from bisect import bisect_right
from collections.abc import Sequence
from fractions import Fraction
from itertools import accumulate

from domain.units import Lots


class Levels:
    """Whole weights and limits of all accounts of a pass, prepared for any level."""

    def __init__(self, weights: Sequence[int], limits: Sequence[Lots], need: Lots) -> None:
        order = sorted(range(len(weights)), key=lambda at: Fraction(limits[at], weights[at]))
        self._turns = [Fraction(limits[at], weights[at]) for at in order]
        self._limits = [0, *accumulate(limits[at] for at in order)]
        self._weights = [0, *accumulate(weights[at] for at in order)]
        self.need = need
        self.sum_of_limits = self._limits[-1]

    def given(self, level: Fraction) -> Fraction:
        """What all give together at a level."""
        full = bisect_right(self._turns, level)
        return self._limits[full] + level * (self._weights[-1] - self._weights[full])

    def others_give(self, level: Fraction, weight: int, limit: Lots) -> Fraction:
        """The same without the account that has this weight and limit."""
        return self.given(level) - min(Fraction(limit), level * weight)
