"""How do exact numbers read on a page?

The exact text always stands there, with separators between thousands. A fraction that does not end
is followed by its first digits behind `≈`: those are for the eye, and nothing is computed from
them.
"""

import re
from fractions import Fraction
from typing import Final

from domain.units import decimal_text, fraction_text, parse_ratio

DIGITS: Final = 4
_DECIMAL = re.compile(r"(-?)([0-9]+)(\.[0-9]+)?", re.ASCII)
_BREAKS = re.compile(r"(?<=/)(?!1(?: |$))")
_THREES = re.compile(r"(?<=[0-9])(?=(?:[0-9]{3})+$)", re.ASCII)


def grouped(text: str) -> str:
    """A decimal with commas between thousands and a true minus sign; other text as it stands."""
    match = _DECIMAL.fullmatch(text)
    if match is None:
        return text.replace("-", "−") if parse_ratio(text) is not None else text
    sign, whole, rest = match.groups()
    return ("−" if sign else "") + _THREES.sub(",", whole) + (rest or "")


def nearly(text: str) -> str:
    """The first digits of a fraction as `≈ 1.951`; nothing for numbers that end."""
    value = parse_ratio(text)
    if value is None or "/" not in text or value.denominator == 1:
        return ""
    return f"≈ {grouped(rounded(value))}"


def rounded(value: Fraction, digits: int = DIGITS) -> str:
    """`value` to so many significant digits, halves away from zero; whole parts stay whole."""
    if not value:
        return "0"
    size = abs(value)
    exponent = 0
    while size < Fraction(1, 10**-exponent):
        exponent -= 1
    while size >= 10 ** (exponent + 1):
        exponent += 1
    places = max(0, digits - 1 - exponent)
    scaled = (2 * size.numerator * 10**places + size.denominator) // (2 * size.denominator)
    text = decimal_text(-scaled if value < 0 else scaled, places)
    # Zeros at the end say how exact the digits are.
    missing = places - len(text.partition(".")[2])
    return text if not missing else f"{text}{'' if '.' in text else '.'}{'0' * missing}"


def exact(text: str) -> Fraction:
    """The number that a page's own text stands for."""
    value = parse_ratio(text)
    if value is None:
        raise ValueError(f"{text!r} is no number of an explanation")
    return value


def text_of(value: Fraction) -> str:
    """A number back as exact text."""
    return fraction_text(value)


def pieces(text: str, most: int = 11) -> list[str]:
    """Where a cell may break: behind the bar of a fraction, and within a name that is very long."""
    found: list[str] = []
    for part in _BREAKS.split(text):
        is_name = len(part) > 2 * most and " " not in part
        size = most if is_name else max(1, len(part))
        found += [part[at : at + size] for at in range(0, len(part), size)]
    return found


def shortened(name: str, most: int = 20) -> str:
    """A long name for a chart; the table beside it has the whole."""
    return name if len(name) <= most else f"{name[: most - 9]}…{name[-8:]}"
