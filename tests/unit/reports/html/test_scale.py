"""Are coordinates exact, ticks round, and labels apart?"""

from fractions import Fraction
from itertools import pairwise

import pytest

from reports.html.amounts import grouped, nearly, pieces, rounded, shortened
from reports.html.scale import (
    apart,
    clock_text,
    multiples,
    pixels,
    price_step,
    scale,
    time_step,
)

MINUTE = 60 * 10**9
NOON = 1_791_633_600 * 10**9


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("0", "0"),
        ("999", "999"),
        ("1000", "1,000"),
        ("-1234567.0001", "−1,234,567.0001"),
        ("3689/9150", "3689/9150"),
        ("-1/3", "−1/3"),
        ("ADL-34", "ADL-34"),
    ],
)
def test_thousands_are_separated_and_nothing_is_lost(text: str, shown: str) -> None:
    assert grouped(text) == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("119/61", "≈ 1.951"),
        ("1/155", "≈ 0.006452"),
        ("-2/3", "≈ −0.6667"),
        ("1000000/3", "≈ 333,333"),
        ("3/1", ""),
        ("0.25", ""),
        ("no number", ""),
    ],
)
def test_a_fraction_is_followed_by_its_first_digits(text: str, shown: str) -> None:
    assert nearly(text) == shown


def test_digits_are_rounded_half_away_from_zero_beyond_any_float() -> None:
    assert rounded(Fraction(12345, 10000)) == "1.235"
    assert rounded(Fraction(-12345, 10000)) == "-1.235"
    assert rounded(Fraction(99999, 10000)) == "10.000"
    assert rounded(Fraction(10**40 + 1, 2)) == str((10**40 + 2) // 2)
    assert rounded(Fraction(0)) == "0"


def test_coordinates_have_two_decimals_at_most() -> None:
    assert pixels(Fraction(1, 3)) == "0.33"
    assert pixels(Fraction(2, 3)) == "0.67"
    assert pixels(Fraction(-1, 3)) == "-0.33"
    assert pixels(7) == "7"
    assert pixels(Fraction(1, 200)) == "0.01"


def test_a_scale_maps_its_ends_and_a_range_of_nothing_to_the_middle() -> None:
    down = scale(10, 20, 300, 100)

    assert [down.at(value) for value in (10, 15, 20)] == [300, 200, 100]
    assert scale(5, 5, 0, 100).at(5) == 50


@pytest.mark.parametrize(
    ("low", "high", "step"),
    [
        ("46000", "61000", "5000"),
        ("0", "0.0007", "0.0002"),
        ("1", "2", "0.2"),
        (
            "0",
            "10000000000000000000000000000000000000000",
            "2000000000000000000000000000000000000000",
        ),
    ],
)
def test_prices_are_cut_at_round_numbers(low: str, high: str, step: str) -> None:
    found = price_step(Fraction(low), Fraction(high))

    assert found == Fraction(step)
    assert 2 <= len(multiples(Fraction(low), Fraction(high), found)) <= 7


@pytest.mark.parametrize(
    ("span", "step", "text"),
    [
        (15 * MINUTE, 5 * MINUTE, "12:00"),
        (MINUTE, 10 * 10**9, "12:00:00"),
        (10**9, 2 * 10**8, "12:00:00.0"),
        (6 * 24 * 60 * MINUTE, 24 * 60 * MINUTE, "2026-10-10"),
    ],
)
def test_times_are_cut_where_a_clock_is(span: int, step: int, text: str) -> None:
    assert time_step(NOON, NOON + span) == step
    assert clock_text(NOON, step) == text


def test_labels_are_pushed_apart_and_stay_inside() -> None:
    wanted = [Fraction(10), Fraction(12), Fraction(99)]

    found = apart(wanted, 16, 0, 100)

    assert all(after - before >= 16 for before, after in pairwise(found))
    assert min(found) >= 0
    assert max(found) <= 100


def test_a_long_name_keeps_both_its_ends() -> None:
    assert shortened("dave") == "dave"
    assert shortened("0x010461c14e146ac35fe42271bdc1134ee31c703a") == "0x010461c14…e31c703a"


def test_a_long_name_or_fraction_may_break_and_copies_whole() -> None:
    wallet = "0x010461c14e146ac35fe42271bdc1134ee31c703a"

    assert pieces("dave") == ["dave"]
    assert pieces("3689/9150") == ["3689/", "9150"]
    assert pieces("no liquidity left within the bankruptcy price") == [
        "no liquidity left within the bankruptcy price"
    ]
    assert len(pieces(wallet)) == 4
    assert "".join(pieces(wallet)) == wallet
