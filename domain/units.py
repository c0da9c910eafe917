"""Which whole numbers does zerosum count in, and how are decimals read into them?

A price is a whole number of ticks, a quantity a whole number of lots, money a whole number of quote
units. The names below are aliases of `int`: they document a unit, the boundary functions of this
module make sure that only whole units ever come in (docs/decisions/0002-whole-numbers.md).
"""

import re
from fractions import Fraction
from typing import NamedTuple

Ticks = int
Lots = int
QuoteUnits = int
AccountId = str
MarketId = str

LARGEST_DECIMAL = 10**30

_DECIMAL = re.compile(r"(-?)(0|[1-9][0-9]*)(?:\.([0-9]+))?", re.ASCII)
_RATIO = re.compile(r"(-?[0-9]+)/([1-9][0-9]*)", re.ASCII)
_IDENTIFIER = re.compile(r"[A-Za-z0-9_.-]{1,64}", re.ASCII)


class Decimal10(NamedTuple):
    """An exact decimal: `mantissa · 10^-places`, without trailing zeros."""

    mantissa: int
    places: int

    def fraction(self) -> Fraction:
        """The same number as an exact fraction."""
        return Fraction(self.mantissa, 10**self.places)

    def text(self) -> str:
        """Canonical decimal text: no trailing zeros, no minus zero."""
        return decimal_text(self.mantissa, self.places)


def is_identifier(text: str) -> bool:
    """Whether `text` may name an account, a market or an order."""
    return _IDENTIFIER.fullmatch(text) is not None


def parse_decimal(text: str) -> Decimal10 | None:
    """Read plain decimal digits; None for anything else (exponents, signs, spaces, NaN).

    Trailing zeros are free: "1.50" and "1.5" are the same number.
    """
    match = _DECIMAL.fullmatch(text)
    if match is None:
        return None
    sign, whole, digits = match.groups()
    digits = digits.rstrip("0") if digits else ""
    mantissa = int(whole + digits)
    return Decimal10(-mantissa if sign else mantissa, len(digits))


def parse_ratio(text: str) -> Fraction | None:
    """Read a decimal or `a/b` with whole a and b > 0; None for anything else."""
    match = _RATIO.fullmatch(text)
    if match is not None:
        return Fraction(int(match.group(1)), int(match.group(2)))
    decimal = parse_decimal(text)
    return None if decimal is None else decimal.fraction()


def whole_steps(value: Decimal10, step: Decimal10) -> int | None:
    """How many whole `step`s make `value`; None when it lies between two steps."""
    shift = step.places - value.places
    if shift >= 0:
        steps, rest = divmod(value.mantissa * 10**shift, step.mantissa)
    else:
        steps, rest = divmod(value.mantissa, step.mantissa * 10**-shift)
    return None if rest else steps


def decimal_text(mantissa: int, places: int) -> str:
    """`mantissa · 10^-places` as exact decimal text, never shortened, never with a tail of
    zeros.
    """
    digits = str(abs(mantissa))
    if places:
        digits = digits.rjust(places + 1, "0")
        fraction = digits[-places:].rstrip("0")
        digits = digits[:-places] + ("." + fraction if fraction else "")
    return f"-{digits}" if mantissa < 0 else digits


def fraction_text(value: Fraction) -> str:
    """A fraction as decimal text where it ends, else as reduced `a/b`."""
    places = _decimal_places(value.denominator)
    if places is None:
        return f"{value.numerator}/{value.denominator}"
    return decimal_text(value.numerator * 10**places // value.denominator, places)


def _decimal_places(denominator: int) -> int | None:
    """Digits after the point that `1/denominator` needs; None when it never ends."""
    twos = (denominator & -denominator).bit_length() - 1
    odd = denominator >> twos
    fives = 0
    while odd % 5 == 0:
        odd //= 5
        fives += 1
    return max(twos, fives) if odd == 1 else None
