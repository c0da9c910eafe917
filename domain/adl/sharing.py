"""How many whole lots does everybody give where a need is shared by weight?

Everybody gives `min(limit, t·weight)` with the level t that adds up to the need; shares are rounded
down to lots, and the missing lots go to the largest remainders. The answer is exact. Sums of many
fractions are not written out for it (their common denominator would have as many digits as all of
them together): weights are whole numbers at a scale, each at most `_error` too small, and only what
such bounds leave open is answered from the exact sum.
"""

from bisect import bisect_left
from collections.abc import Callable, Sequence
from fractions import Fraction
from functools import cached_property, cmp_to_key
from itertools import accumulate
from typing import Any, Final

from domain.units import Lots

SCALE_BITS: Final = 192
"""Significant bits of the smallest weight; fewer cost exact sums more often, never the answer."""

Weight = Fraction | int


def shared(
    weights: Sequence[Weight],
    limits: Sequence[Lots],
    need: Lots,
    tie: Callable[[int], Any],
) -> list[Lots]:
    """Lots of each, together `need` or all limits if they are less.

    `tie` orders those with equal remainders, by their place; weights are positive.
    """
    if sum(limits) <= need:
        return list(limits)
    return _Shares(weights, limits, need).lots(tie)


_Bounds = tuple[int, int, int]
"""Lowest and highest remainder of a share, at one scale for all, and whose it is."""


class _Shares:
    """A need that is less than all limits together, and those who share it."""

    def __init__(self, weights: Sequence[Weight], limits: Sequence[Lots], need: Lots) -> None:
        self._limits = limits
        self._numerators = [weight.numerator for weight in weights]
        self._denominators = [weight.denominator for weight in weights]
        self._scaled, self._error = _scaled(self._numerators, self._denominators)
        self._order = self._by_saturation()
        self._lots = list(limits)
        full = self._count_full(need)
        self._open = sorted(self._order[full:])
        self._left = need - sum(limits[at] for at in self._order[:full])

    def lots(self, tie: Callable[[int], Any]) -> list[Lots]:
        """The shares of those below their limits, rounded; the others give their limits."""
        left, error = self._left, self._error
        least = sum(self._scaled[at] for at in self._open)
        most = least + error * len(self._open)
        bounds: list[_Bounds] = []
        for at in self._open:
            low, high = left * self._scaled[at], left * (self._scaled[at] + error)
            whole = low // most
            if whole != high // least:
                whole = self._exact_floor(at)
            self._lots[at] = whole
            taken = whole * least * most
            bounds.append((low * least - taken, high * most - taken, at))
        missing = left - sum(self._lots[at] for at in self._open)
        for at in self._largest_remainders(bounds, missing, tie):
            self._lots[at] += 1
        return self._lots

    def _largest_remainders(
        self, bounds: list[_Bounds], count: int, tie: Callable[[int], Any]
    ) -> list[int]:
        """Who gets a missing lot: those surely above the line, then the exact order at the line.

        Each lacks less than one lot, so fewer lots than shares are missing.
        """
        if not count:
            return []
        enough = sorted((low for low, _, _ in bounds), reverse=True)[count - 1]
        beaten = sorted((high for _, high, _ in bounds), reverse=True)[count]
        sure = [at for low, _, at in bounds if low > beaten]
        near = [at for low, high, at in bounds if low <= beaten and high >= enough]
        near.sort(key=tie)
        return sure + self._by_exact_remainder(near)[: count - len(sure)]

    def _by_exact_remainder(self, places: list[int]) -> list[int]:
        """Places with the largest remainder first, equal ones as they stood."""
        numerators, denominators, lots = self._numerators, self._denominators, self._lots
        if len({(numerators[at], denominators[at], lots[at]) for at in places}) <= 1:
            return places
        top, bottom = self._exact_sum
        exact = {
            at: self._left * numerators[at] * bottom - lots[at] * denominators[at] * top
            for at in places
        }

        def compared(one: int, other: int) -> int:
            mine, theirs = exact[one] * denominators[other], exact[other] * denominators[one]
            return (mine < theirs) - (mine > theirs)

        return sorted(places, key=cmp_to_key(compared))

    def _by_saturation(self) -> list[int]:
        """Places by the level at which each reaches its limit, lowest first.

        Floors at a shift of twice the longest denominator keep the order of fractions.
        """
        shift = 2 * max(numerator.bit_length() for numerator in self._numerators)
        levels = [
            (limit * denominator << shift) // numerator
            for limit, numerator, denominator in zip(
                self._limits, self._numerators, self._denominators, strict=True
            )
        ]
        return sorted(range(len(levels)), key=levels.__getitem__)

    def _count_full(self, need: Lots) -> int:
        """How many, in order of saturation, give all that they can; the rest share by weight."""
        order, limits, scaled, error = self._order, self._limits, self._scaled, self._error
        given = [0, *accumulate(limits[at] for at in order)]
        weights = [0, *accumulate(scaled[at] for at in order)]

        def is_open(place: int) -> bool:
            at, left = order[place], need - given[place]
            rest = weights[-1] - weights[place]
            if limits[at] * rest >= left * (scaled[at] + error):
                return True
            if limits[at] * (rest + error * (len(order) - place)) < left * scaled[at]:
                return False
            top, bottom = self._sum_of(order[place:])
            share = left * self._numerators[at] * bottom
            return limits[at] * top * self._denominators[at] >= share

        return bisect_left(range(len(order)), True, key=is_open)

    def _exact_floor(self, at: int) -> Lots:
        top, bottom = self._exact_sum
        return self._left * self._numerators[at] * bottom // (self._denominators[at] * top)

    @cached_property
    def _exact_sum(self) -> tuple[int, int]:
        return self._sum_of(self._open)

    def _sum_of(self, places: Sequence[int]) -> tuple[int, int]:
        """The sum of some weights as numerator and denominator, added up in pairs."""
        found = [(self._numerators[at], self._denominators[at]) for at in places]
        while len(found) > 1:
            pairs = zip(found[::2], found[1::2], strict=False)
            added = [(a + c, b) if b == d else (a * d + c * b, b * d) for (a, b), (c, d) in pairs]
            found = added + found[len(found) & ~1 :]
        (total,) = found
        return total


def _scaled(numerators: Sequence[int], denominators: Sequence[int]) -> tuple[list[int], int]:
    """Whole numbers in the proportions of the weights, and by how much each may be too small."""
    if max(denominators) == 1:
        return list(numerators), 0
    pairs = list(zip(numerators, denominators, strict=True))
    shift = SCALE_BITS + max(0, *(d.bit_length() - n.bit_length() for n, d in pairs))
    return [(numerator << shift) // denominator for numerator, denominator in pairs], 1
