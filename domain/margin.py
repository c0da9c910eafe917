"""How much equity does a holding ask for, and at which price is nothing left?

Rates are marginal over tiers of notional, so requirements are continuous; they are rounded up, once
per market, and added up over the markets of an account (cross margin).
"""

from collections.abc import Sequence
from fractions import Fraction
from math import lcm
from typing import NamedTuple

from domain.rounding import ceiling, ceiling_of, floor_of
from domain.specification import Tier
from domain.units import Lots, QuoteUnits, Ticks


class _Slice(NamedTuple):
    """A tier with whole-number arithmetic: requirement = (base + rate·(N − start)) /
    denominator.
    """

    start: int
    rate: int
    base: int


class Schedule:
    """Margin requirement as a function of notional, for one kind of rate; whole numbers inside."""

    __slots__ = ("_denominator", "_first", "_later", "_slices", "largest_rate")

    def __init__(self, rates: Sequence[tuple[QuoteUnits, Fraction]]) -> None:
        """`rates` are (from notional, rate), first from 0, strictly rising."""
        self._denominator = lcm(*(rate.denominator for _, rate in rates))
        self._slices: list[_Slice] = []
        self.largest_rate = max(rate for _, rate in rates)
        base = 0
        for number, (start, rate) in enumerate(rates):
            if number:
                before = self._slices[-1]
                base = before.base + before.rate * (start - before.start)
            whole = rate.numerator * (self._denominator // rate.denominator)
            self._slices.append(_Slice(start, whole, base))
        self._first, *later = self._slices
        self._later = tuple(later)

    def requirement(self, notional: QuoteUnits) -> QuoteUnits:
        """`⌈Σ slice · rate⌉`, rounded up once."""
        start, rate, base = self._first
        for later in self._later:
            if later.start >= notional:
                break
            start, rate, base = later
        return -(-(base + rate * (notional - start)) // self._denominator)

    def starts(self) -> list[QuoteUnits]:
        """Notionals at which the rate changes."""
        return [tier.start for tier in self._slices]

    def line_at(self, notional: QuoteUnits) -> tuple[Fraction, Fraction]:
        """(a, b) with requirement = ⌈a + b·N⌉ for every N in the tier of `notional`."""
        at = next(tier for tier in reversed(self._slices) if tier.start <= notional)
        return (
            Fraction(at.base - at.rate * at.start, self._denominator),
            Fraction(at.rate, self._denominator),
        )


def initial_schedule(tiers: Sequence[Tier]) -> Schedule:
    """Equity needed to open, by notional."""
    return Schedule([(tier.from_notional, tier.initial) for tier in tiers])


def maintenance_schedule(tiers: Sequence[Tier]) -> Schedule:
    """Equity needed to keep, by notional."""
    return Schedule([(tier.from_notional, tier.maintenance) for tier in tiers])


def bankruptcy_price(
    *,
    mark_price: Ticks,
    quantity: Lots,
    point_value: int,
    equity: QuoteUnits,
    weight: QuoteUnits,
    weight_total: QuoteUnits,
) -> Fraction:
    """Exact price in ticks at which closing the position uses up its share of the equity.

    `p_i = P_i − E_i / (q_i·v_i)` with `E_i = E · weight / weight_total`; the weights are
    maintenance margins (notionals where all of those are zero). Closing every position of an
    account at its price leaves exactly zero (mechanics: Bankruptcy price). May be zero or negative.
    """
    return mark_price - Fraction(equity * weight, weight_total * quantity * point_value)


def bankruptcy_amount(sign: int, lots: Lots, price: Fraction, point_value: int) -> QuoteUnits:
    """Cash that the bankrupt account receives (+) or pays (−) for `lots` at `price`.

    `⌈s·x·p·v⌉`: rounded toward the bankrupt account; the other side carries the sub-unit.
    """
    return ceiling(sign * lots * point_value * price.numerator, price.denominator)


def book_limit(sign: int, price: Fraction) -> Ticks | None:
    """The bankruptcy price as a limit on the safe side: a long sells at the next tick up, at least
    one tick; a short buys at the next tick down, None when that is below one tick.
    """
    if sign > 0:
        return max(1, ceiling_of(price))
    limit = floor_of(price)
    return limit if limit >= 1 else None


def capacity(
    *, equity: QuoteUnits, quantity: Lots, mark_price: Ticks, price: Fraction, point_value: int
) -> Lots:
    """Largest `x ≤ |quantity|` whose close at `price` leaves the candidate's equity at or above
    0.
    """
    loss = loss_per_lot(1 if quantity > 0 else -1, mark_price, price, point_value)
    return affordable_lots(equity, abs(quantity), loss, price.denominator)


def loss_per_lot(sign: int, mark_price: Ticks, price: Fraction, point_value: int) -> int:
    """What a closed lot takes from a holder, `s·(P − p)·v`, times the price's denominator."""
    return sign * (mark_price * price.denominator - price.numerator) * point_value


def affordable_lots(equity: QuoteUnits, size: Lots, loss: int, denominator: int) -> Lots:
    """Largest `x ≤ size` with `equity + ⌊−x·loss/denominator⌋ ≥ 0`.

    The candidate carries the rounding of its close, so the largest x follows without search.
    """
    if equity < 0:
        return 0
    return size if loss <= 0 else min(size, equity * denominator // loss)
