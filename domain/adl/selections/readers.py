"""How is a policy parameter read?"""

from fractions import Fraction

from domain.units import LARGEST_DECIMAL, fraction_text, parse_decimal, parse_ratio

LARGEST_EXPONENT = 64
LONGEST = 4_000


def whole_number(text: str) -> str | None:
    """Canonical text of a whole number from 0 to 10^30."""
    value = parse_decimal(text) if len(text) <= LONGEST else None
    if value is None or value.places or not 0 <= value.mantissa <= LARGEST_DECIMAL:
        return None
    return value.text()


def exponent(text: str) -> str | None:
    """Canonical text of a whole number from 0 to 64."""
    value = whole_number(text)
    return value if value is not None and int(value) <= LARGEST_EXPONENT else None


def share(text: str) -> str | None:
    """Canonical text of a ratio above 0, at most 1."""
    value = parse_ratio(text) if len(text) <= LONGEST else None
    if value is None or not 0 < value <= Fraction(1) or value.denominator > LARGEST_DECIMAL:
        return None
    return fraction_text(value)
