"""How many lots does the vault take, and which of its limits stops it?

At the bankruptcy price, the largest number of lots for which its cost notional in the market stays
within the cap and its equity covers its initial margin afterwards.
"""

from collections.abc import Iterator
from fractions import Fraction
from itertools import pairwise
from typing import NamedTuple

from domain.margin import bankruptcy_amount
from domain.market import Market
from domain.position import fill
from domain.rounding import floor_of
from domain.units import AccountId, Lots
from domain.venue import Venue, initial_in


class Takeover(NamedTuple):
    """Lots the vault takes, and why no more: `all_taken`, `capacity` or `margin`."""

    lots: Lots
    stopped_by: str


class _Vault:
    """What the vault's limits say about taking x lots of a position with sign `sign` at `price`."""

    def __init__(
        self, venue: Venue, market: Market, vault: AccountId, sign: int, price: Fraction
    ) -> None:
        self._market = market
        self._sign = sign
        self._price = price
        self._position = market.positions.get(vault)
        self._held = self._position.quantity if self._position is not None else 0
        self._resting = market.book.resting_of(vault)
        self._equity = venue.equity(vault)
        self._elsewhere = venue.initial_margin(vault) - initial_in(market, vault)
        self._cap = market.spec.takeover_cap

    def within_cap(self, lots: Lots) -> bool:
        """Whether the cost notional after taking `lots` stays within the cap."""
        if self._cap is None or not lots:
            return True
        amount = bankruptcy_amount(self._sign, lots, self._price, self._market.point_value)
        after = fill(self._position, self._sign * lots, amount, 0).position
        return after is None or abs(after.cost) <= self._cap

    def covers(self, lots: Lots) -> bool:
        """Whether the equity after taking `lots` covers the initial margin, resting orders
        included.
        """
        market = self._market
        amount = bankruptcy_amount(self._sign, lots, self._price, market.point_value)
        equity = self._equity + self._sign * lots * market.price * market.point_value - amount
        margin = self._elsewhere + market.initial.requirement(self._worst_notional(lots))
        return equity >= margin

    def accepts(self, lots: Lots) -> bool:
        """Whether both limits allow `lots`."""
        return self.within_cap(lots) and self.covers(lots)

    def _worst_lots(self, lots: Lots) -> Lots:
        held = self._held + self._sign * lots
        return max(abs(held), abs(held + self._resting.bids), abs(held - self._resting.asks))

    def _worst_notional(self, lots: Lots) -> int:
        return self._worst_lots(lots) * self._market.price * self._market.point_value

    def breaks(self, most: Lots) -> list[Lots]:
        """Numbers of lots at which the margin stops being a straight line, rising, with 0 and
        `most`.
        """
        held, bids, asks = (
            self._held * self._sign,
            self._resting.bids,
            self._resting.asks,
        )
        if self._sign < 0:
            bids, asks = asks, bids
        points = {0, most}
        for turn in (-held, -held - bids, -held + asks):
            points.update((turn, turn + 1))
        for one, other in ((0, bids), (0, -asks), (bids, -asks)):
            middle = Fraction(-2 * held - one - other, 2)
            points.update((floor_of(middle), floor_of(middle) + 1))
        if self._price:
            cost = self._position.cost if self._position is not None else 0
            middle = Fraction(-cost) / (self._sign * self._price * self._market.point_value)
            points.update((floor_of(middle), floor_of(middle) + 1))
        per_lot = self._market.price * self._market.point_value
        for start in self._market.initial.starts():
            for shift in (0, bids, -asks):
                for sign in (1, -1):
                    lots = floor_of(Fraction(sign * start, per_lot)) - held - shift
                    points.update((lots, lots + 1))
        return sorted(point for point in points if 0 <= point <= most)

    def slack(self, lots: Lots) -> Fraction:
        """Equity minus margin without any rounding, an upper bound of the rounded slack plus
        two.
        """
        market = self._market
        gain = self._sign * lots * (market.price - self._price) * market.point_value
        base, rate = market.initial.line_at(self._worst_notional(lots))
        return self._equity + gain - self._elsewhere - base - rate * self._worst_notional(lots)


def takeover(
    venue: Venue,
    market: Market,
    vault: AccountId,
    sign: int,
    lots: Lots,
    price: Fraction,
) -> Takeover:
    """Lots (of `lots` with sign `sign`) that the vault takes at `price`, and what stopped it.

    `capacity` is named before `margin`: when the next lot would pass the cap.
    """
    limits = _Vault(venue, market, vault, sign, price)
    if limits.accepts(lots):
        return Takeover(lots, "all_taken")
    taken = next(_acceptable(limits, lots), 0)
    return Takeover(taken, "margin" if limits.within_cap(taken + 1) else "capacity")


def _acceptable(limits: _Vault, most: Lots) -> Iterator[Lots]:
    """Acceptable numbers of lots, largest first.

    Between two breaks the unrounded slack is a straight line, so a segment either ends acceptable,
    or holds none, or its line crosses zero once; near the crossing rounding decides lot by lot.
    """
    breaks = limits.breaks(most)
    for low, high in reversed(list(pairwise(breaks))):
        top = _last_not_negative(limits, low, high)
        while top is not None and top >= low and limits.slack(top) >= 0:
            if limits.covers(top):
                if limits.within_cap(top):
                    yield top
                    return
                inside = _last_within_cap(limits, low, top)
                if inside is None:
                    break
                top = inside if inside < top else top - 1
            else:
                top -= 1
    if most and limits.accepts(0):
        yield 0


def _last_not_negative(limits: _Vault, low: Lots, high: Lots) -> Lots | None:
    """Largest number of lots in the segment with unrounded slack at or above zero."""
    at_low, at_high = limits.slack(low), limits.slack(high)
    if at_high >= 0:
        return high
    if at_low < 0:
        return None
    return low + floor_of(Fraction(high - low) * at_low / (at_low - at_high))


def _last_within_cap(limits: _Vault, low: Lots, high: Lots) -> Lots | None:
    """Largest number of lots in [low, high] within the cap; cost grows with lots past a
    reduction.
    """
    if limits.within_cap(high):
        return high
    if not limits.within_cap(low):
        return None
    while high - low > 1:
        middle = (low + high) // 2
        if limits.within_cap(middle):
            low = middle
        else:
            high = middle
    return low
