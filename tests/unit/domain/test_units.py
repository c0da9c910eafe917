"""Are decimals and ratios read exactly, and written exactly?"""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.units import (
    Decimal10,
    decimal_text,
    fraction_text,
    is_identifier,
    parse_decimal,
    parse_ratio,
    whole_steps,
)

mantissas = st.integers(-(10**45), 10**45)
places = st.integers(0, 40)
positive = st.builds(Decimal10, st.integers(1, 10**25), st.integers(0, 25))


@pytest.mark.parametrize(
    ("text", "mantissa", "digits"),
    [
        ("0", 0, 0),
        ("-0", 0, 0),
        ("0.000", 0, 0),
        ("1", 1, 0),
        ("-12.50", -125, 1),
        ("100", 100, 0),
        ("0.001", 1, 3),
        ("9007199254740993.000001", 9_007_199_254_740_993_000_001, 6),
    ],
)
def test_plain_digits_are_a_decimal(text: str, mantissa: int, digits: int) -> None:
    assert parse_decimal(text) == (mantissa, digits)


@pytest.mark.parametrize(
    "text",
    [
        *("", ".", "-", "+1", "01", "00", "1.", ".5", "1e3", " 1", "1 ", "1\n", "1_0", "0x1"),
        *("1/2", "--1", "1.2.3", "NaN", "inf", "\u0663", "1\u0663", "\u00bd", "1\u0000"),
    ],
)
def test_nothing_else_is_a_decimal(text: str) -> None:
    assert parse_decimal(text) is None


@given(mantissas, places)
def test_a_decimal_reads_back_as_it_was_written(mantissa: int, digits: int) -> None:
    text = decimal_text(mantissa, digits)
    read = parse_decimal(text)

    assert read is not None
    assert read.fraction() == Fraction(mantissa, 10**digits)
    assert read.text() == text
    assert "." not in text or not text.endswith("0")
    assert text != "-0"


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1/3", Fraction(1, 3)),
        ("-2/4", Fraction(-1, 2)),
        ("0.05", Fraction(1, 20)),
        ("007/2", Fraction(7, 2)),
    ],
)
def test_a_ratio_is_a_decimal_or_two_whole_numbers(text: str, value: Fraction) -> None:
    assert parse_ratio(text) == value


@pytest.mark.parametrize(
    "text", ["1/0", "1/-2", "1/02", "1 /2", "1/2/3", "/2", "1/", "0.1/2", "+1/2", "\u0661/2"]
)
def test_nothing_else_is_a_ratio(text: str) -> None:
    assert parse_ratio(text) is None


@given(st.fractions())
def test_a_fraction_reads_back_as_it_was_written(value: Fraction) -> None:
    assert parse_ratio(fraction_text(value)) == value


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (Fraction(1, 3), "1/3"),
        (Fraction(-1, 8), "-0.125"),
        (Fraction(3), "3"),
        (Fraction(1, 10**7), "0.0000001"),
        (Fraction(7, 6), "7/6"),
    ],
)
def test_a_fraction_is_decimal_where_it_ends(value: Fraction, text: str) -> None:
    assert fraction_text(value) == text


@given(mantissas, places, positive)
def test_whole_steps_divide_exactly_or_not_at_all(
    mantissa: int, digits: int, step: Decimal10
) -> None:
    exact = Fraction(mantissa, 10**digits) / step.fraction()
    steps = whole_steps(Decimal10(mantissa, digits), step)

    assert steps == (exact.numerator if exact.denominator == 1 else None)


@given(st.integers(-(10**30), 10**30), positive)
def test_multiples_of_a_step_are_whole(count: int, step: Decimal10) -> None:
    assert whole_steps(Decimal10(step.mantissa * count, step.places), step) == count


@pytest.mark.parametrize("name", ["a", "BTC-PERP", "o1", "a.b_c-D", "x" * 64])
def test_identifiers_are_short_and_plain(name: str) -> None:
    assert is_identifier(name)


@pytest.mark.parametrize(
    "name", ["", "x" * 65, "a b", "a/b", "a\n", "\u00e9", "a:b", "a\u0000", "\u0661"]
)
def test_other_names_are_no_identifiers(name: str) -> None:
    assert not is_identifier(name)
