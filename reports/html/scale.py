"""Where on a chart does a value lie?

Whole numbers and fractions only: the same log gives the same coordinates on every machine. Two
decimals of a pixel are enough for any screen.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from domain.instants import instant_text
from domain.units import decimal_text

Number = Fraction | int

_SECOND: Final = 10**9
_MINUTE: Final = 60 * _SECOND
_HOUR: Final = 60 * _MINUTE
_DAY: Final = 24 * _HOUR
TIME_STEPS: Final = (
    *(size * int(10**power) for power in range(9) for size in (1, 2, 5)),
    *(size * _SECOND for size in (1, 2, 5, 10, 15, 30)),
    *(size * _MINUTE for size in (1, 2, 5, 10, 15, 30)),
    *(size * _HOUR for size in (1, 2, 3, 6, 12)),
    *(size * _DAY for size in (1, 2, 7, 14, 30, 90, 365)),
)


def pixels(value: Number) -> str:
    """A coordinate with at most two decimals, halves up."""
    hundredths = Fraction(value) * 100
    return decimal_text((2 * hundredths + 1).__floor__() // 2, 2)


@dataclass(frozen=True, slots=True)
class Scale:
    """Maps low … high to start … end; a range of nothing lies in the middle."""

    low: Fraction
    high: Fraction
    start: Fraction
    end: Fraction

    def at(self, value: Number) -> Fraction:
        """The coordinate of `value`."""
        if self.low == self.high:
            return (self.start + self.end) / 2
        share = (Fraction(value) - self.low) / (self.high - self.low)
        return self.start + share * (self.end - self.start)


def scale(low: Number, high: Number, start: Number, end: Number) -> Scale:
    """A scale from whole numbers or fractions."""
    return Scale(Fraction(low), Fraction(high), Fraction(start), Fraction(end))


def price_step(low: Fraction, high: Fraction, most: int = 6) -> Fraction:
    """The smallest of 1, 2, 5 times a power of ten that cuts low … high into at most `most`."""
    span = high - low
    if span <= 0:
        return Fraction(1)
    step = Fraction(1)
    while step * most >= span:
        step /= 10
    while True:
        for size in (1, 2, 5):
            if step * size * most >= span:
                return step * size
        step *= 10


def multiples(low: Number, high: Number, step: Number) -> list[Fraction]:
    """All whole multiples of `step` from low to high."""
    step = Fraction(step)
    first = -((-Fraction(low)) // step)
    last = Fraction(high) // step
    return [step * count for count in range(int(first), int(last) + 1)]


def time_step(low: int, high: int, most: int = 7) -> int:
    """The smallest step of a clock or calendar that cuts low … high into at most `most`."""
    return next((step for step in TIME_STEPS if step * most >= high - low), TIME_STEPS[-1])


def clock_text(time: int, step: int) -> str:
    """A time of day in UTC, as exact as the step between two ticks asks for."""
    text = instant_text(time)
    if step >= _DAY:
        return text[:10]
    if step >= _MINUTE:
        return text[11:16]
    if step >= _SECOND:
        return text[11:19]
    return f"{text[11:20]}{text[20:29].rstrip('0') or '0'}"


def apart(wanted: Sequence[Fraction], gap: int, low: int, high: int) -> list[Fraction]:
    """The wanted places, ascending, moved as little as keeps them `gap` apart within low … high."""
    found: list[Fraction] = []
    for place in wanted:
        found.append(max(place, found[-1] + gap) if found else max(place, Fraction(low)))
    limit = Fraction(high)
    for index in range(len(found) - 1, -1, -1):
        found[index] = min(found[index], limit)
        limit = found[index] - gap
    return found
