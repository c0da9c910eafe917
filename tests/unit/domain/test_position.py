"""What does a fill do to quantity, cost and cash?"""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.position import Position, fill, notional, unrealized

lots = st.integers(-(10**20), 10**20).filter(bool)
money = st.integers(-(10**40), 10**40)


def held(quantity: int, cost: int) -> Position:
    return Position(quantity, cost, 7)


def test_the_first_fill_opens() -> None:
    assert fill(None, -3, -300, 9) == (Position(-3, -300, 9), 0)


def test_adding_keeps_the_seq_at_which_the_position_was_opened() -> None:
    assert fill(held(3, 300), 1, 108, 9) == (Position(4, 408, 7), 0)
    assert fill(held(-3, -300), -1, -108, 9) == (Position(-4, -408, 7), 0)


def test_reducing_releases_cost_in_proportion() -> None:
    assert fill(held(4, 408), -2, -220, 9) == (Position(2, 204, 7), 16)
    assert fill(held(-4, -408), 2, 220, 9) == (Position(-2, -204, 7), -16)


@pytest.mark.parametrize(
    ("cost", "released"), [(1, 0), (3, 2), (5, 2), (7, 4), (-1, 0), (-3, -2), (-5, -2)]
)
def test_released_cost_is_rounded_half_to_even(cost: int, released: int) -> None:
    position, realized = fill(held(2, cost), -1, -10, 9)

    assert position == Position(1, cost - released, 7)
    assert realized == 10 - released


def test_closing_all_releases_all_cost() -> None:
    assert fill(held(3, 100), -3, -110, 9) == (None, 10)
    assert fill(held(-3, -100), 3, 110, 9) == (None, -10)


def test_a_fill_through_zero_reduces_first_and_then_opens() -> None:
    assert fill(held(2, 200), -5, -550, 9) == (Position(-3, -330, 9), 20)
    assert fill(held(-2, -200), 5, 550, 9) == (Position(3, 330, 9), -20)


@pytest.mark.parametrize(("amount", "reducing"), [(5, 2), (7, 4), (-5, -2), (-7, -4)])
def test_an_amount_through_zero_is_split_half_to_even(amount: int, reducing: int) -> None:
    position, realized = fill(held(-1, -10), 2, amount, 9)

    assert position == Position(1, amount - reducing, 9)
    assert realized == 10 - reducing


def test_a_stated_result_replaces_the_proportional_rule_unless_all_is_closed() -> None:
    assert fill(held(4, 400), -1, -110, 9, stated=7) == (Position(3, 297, 7), 7)
    assert fill(held(4, 400), -4, -440, 9, stated=7) == (None, 40)


def test_a_position_met_midway_stays_so_until_it_is_flat_or_flips() -> None:
    midway = held(4, 400)._replace(basis_known=False)

    assert fill(midway, 1, 100, 9).position == Position(5, 500, 7, False)
    assert fill(midway, -1, -100, 9).position == Position(3, 300, 7, False)
    assert fill(midway, -5, -500, 9).position == Position(-1, -100, 9, True)


@given(lots, money, lots, money)
def test_cash_minus_cost_moves_by_what_was_paid(
    quantity: int, cost: int, change: int, amount: int
) -> None:
    position, realized = fill(held(quantity, cost), change, amount, 9)

    cost_after = 0 if position is None else position.cost
    assert realized - (cost_after - cost) == -amount
    assert (0 if position is None else position.quantity) == quantity + change


@given(lots, money, st.integers(1, 10**12), st.integers(1, 10**6))
def test_measures_are_signed_like_the_design_says(
    quantity: int, cost: int, mark: int, point_value: int
) -> None:
    position = held(quantity, cost)

    assert unrealized(position, mark, point_value) == quantity * mark * point_value - cost
    assert notional(position, mark, point_value) == abs(quantity * mark * point_value)
    assert position.sign * quantity == abs(quantity)


@given(lots, money, st.integers(1, 10**9))
def test_released_cost_is_within_half_a_unit_of_its_share(
    quantity: int, cost: int, taken: int
) -> None:
    taken = min(taken, abs(quantity) - 1)
    if not taken:
        return
    after = fill(held(quantity, cost), -taken if quantity > 0 else taken, 0, 9).position

    assert after is not None
    released = cost - after.cost
    assert abs(released - Fraction(cost * taken, abs(quantity))) <= Fraction(1, 2)
