"""How do whole units become the decimal strings that people and other programs read?

Exact and canonical: no trailing zeros, no minus zero, a value that does not end is a reduced
fraction. Nothing is rounded here. Scores are always fractions.
"""

from fractions import Fraction
from math import gcd

from domain.specification import MarketSpec
from domain.units import Decimal10, Lots, QuoteUnits, Ticks, decimal_text, fraction_text


def price_text(price: Ticks | Fraction, spec: MarketSpec) -> str:
    """A price in ticks as a decimal; a price between ticks may be a fraction."""
    return scaled_text(price, spec.tick_size)


def quantity_text(quantity: Lots, spec: MarketSpec) -> str:
    """A quantity in lots as a decimal."""
    return scaled_text(quantity, spec.lot_size)


def amount_text(amount: QuoteUnits, quote_unit: Decimal10) -> str:
    """Money in quote units as a decimal."""
    return scaled_text(amount, quote_unit)


def scaled_text(value: int | Fraction, unit: Decimal10) -> str:
    """`value` units as a decimal, or as a reduced fraction when it does not end."""
    if type(value) is int:
        # The same digits as by way of a fraction, a good deal faster.
        return decimal_text(value * unit.mantissa, unit.places)
    return fraction_text(value * unit.fraction())


def score_text(score: Fraction | None) -> str | None:
    """A score as `a/b` in lowest terms, also when it is whole; None where a policy has none."""
    return None if score is None else f"{score.numerator}/{score.denominator}"


def reduced_text(numerator: int, denominator: int) -> str:
    """The same for a score that is not reduced yet; the denominator is above zero."""
    common = gcd(numerator, denominator)
    return f"{numerator // common}/{denominator // common}"


def ratio_text(numerator: int, denominator: int) -> str:
    """`numerator / denominator` exactly; the denominator is above zero."""
    common = gcd(numerator, denominator)
    below = denominator // common
    if below % 2 and below % 5 and below != 1:
        # No factor of ten: it never ends, which most ratios of a long ranking do not.
        return f"{numerator // common}/{below}"
    return fraction_text(Fraction(numerator, denominator))


def side_text(quantity: Lots) -> str:
    """Long or short."""
    return "long" if quantity > 0 else "short"
