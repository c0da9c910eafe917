"""Are numbers exact and canonical on their way out?"""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.units import Decimal10, parse_ratio
from reports.figures import ratio_text, reduced_text, scaled_text, score_text

CASES = {
    "a whole number keeps its zeros": (600_000, Decimal10(1, 1), "60000"),
    "zeros after the point go": (1_500, Decimal10(1, 3), "1.5"),
    "nothing is nothing": (0, Decimal10(1, 6), "0"),
    "there is no minus nothing": (-0, Decimal10(1, 6), "0"),
    "less than one has its zero": (-1, Decimal10(1, 6), "-0.000001"),
    "a step of five": (3, Decimal10(5, 1), "1.5"),
    "a step of ten": (3, Decimal10(10, 0), "30"),
    "beyond 2^63": (2**70, Decimal10(1, 2), "11805916207174113034.24"),
    "a fraction of a tick that ends": (Fraction(1, 4), Decimal10(1, 1), "0.025"),
    "a fraction of a tick that does not": (Fraction(530_000, 3), Decimal10(1, 1), "53000/3"),
    "a whole fraction": (Fraction(480_000), Decimal10(1, 1), "48000"),
}


@pytest.mark.parametrize(("value", "unit", "text"), CASES.values(), ids=CASES.keys())
def test_units_become_decimals(value: int | Fraction, unit: Decimal10, text: str) -> None:
    assert scaled_text(value, unit) == text


def test_a_score_is_a_fraction_also_when_it_is_whole() -> None:
    assert score_text(Fraction(3)) == "3/1"
    assert score_text(Fraction(217, 450)) == "217/450"
    assert score_text(None) is None


@given(st.integers(-(10**30), 10**30), st.integers(1, 10**30))
def test_ratios_and_scores_are_the_number_they_stand_for(numerator: int, denominator: int) -> None:
    exact = Fraction(numerator, denominator)

    assert parse_ratio(ratio_text(numerator, denominator)) == exact
    assert reduced_text(numerator, denominator) == score_text(exact)


@given(st.integers(-(10**40), 10**40), st.integers(1, 10**4), st.integers(0, 12))
def test_a_decimal_is_the_number_it_stands_for(value: int, mantissa: int, places: int) -> None:
    unit = Decimal10(mantissa, places)
    text = scaled_text(value, unit)

    assert parse_ratio(text) == value * unit.fraction()
    assert text == scaled_text(Fraction(value), unit)
