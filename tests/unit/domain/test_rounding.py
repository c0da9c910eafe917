"""Which way does a number go that is not whole?"""

import math
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.rounding import ceiling, ceiling_of, floor_of, half_even

numerators = st.integers(-(10**80), 10**80)
denominators = st.integers(1, 10**40)


@given(numerators, denominators)
def test_roundings_are_those_of_exact_fractions(numerator: int, denominator: int) -> None:
    exact = Fraction(numerator, denominator)

    assert ceiling(numerator, denominator) == ceiling_of(exact) == math.ceil(exact)
    assert floor_of(exact) == math.floor(exact)
    assert half_even(numerator, denominator) == round(exact)


@pytest.mark.parametrize(
    ("halves", "whole"), [(1, 0), (3, 2), (5, 2), (-1, 0), (-3, -2), (-5, -2), (7, 4)]
)
def test_a_tie_goes_to_the_even_number(halves: int, whole: int) -> None:
    assert half_even(halves, 2) == whole
    assert half_even(halves * 10**40, 2 * 10**40) == whole


@given(numerators, st.integers(1, 10**40))
def test_ties_of_large_numbers_go_to_the_even_one(whole: int, half: int) -> None:
    assert half_even((2 * whole + 1) * half, 2 * half) % 2 == 0
