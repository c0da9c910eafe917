"""How much equity does a holding ask for, and at which price is nothing left?"""

from fractions import Fraction
from itertools import product
from math import ceil

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.margin import (
    Schedule,
    bankruptcy_amount,
    bankruptcy_price,
    book_limit,
    capacity,
    initial_schedule,
    maintenance_schedule,
)
from domain.specification import Tier
from tests.stories import story

TIERS = (
    Tier(0, Fraction(1, 40), Fraction(1, 80)),
    Tier(150_000_000, Fraction(1, 20), Fraction(1, 40)),
)
rates = st.fractions(0, 1, max_denominator=1_000)
schedules = st.lists(
    st.tuples(st.integers(1, 10**12), rates), min_size=0, max_size=5, unique_by=lambda row: row[0]
).flatmap(lambda later: rates.map(lambda first: [(0, first), *sorted(later)]))


def test_each_slice_of_notional_pays_its_own_rate() -> None:
    maintenance = maintenance_schedule(TIERS)

    assert maintenance.requirement(150_000_000) == 1_875_000
    assert maintenance.requirement(200_000_000) == 3_125_000
    assert initial_schedule(TIERS).requirement(200_000_000) == 6_250_000


@given(schedules, st.integers(0, 2 * 10**12))
def test_a_requirement_is_the_sum_of_its_slices_rounded_up_once(
    rows: list[tuple[int, Fraction]], notional: int
) -> None:
    ends = [start for start, _ in rows[1:]] + [max(notional, rows[-1][0])]
    exact = sum(
        (
            max(0, min(notional, end) - start) * rate
            for (start, rate), end in zip(rows, ends, strict=True)
        ),
        Fraction(0),
    )

    assert Schedule(rows).requirement(notional) == ceil(exact)


@given(schedules, st.integers(0, 2 * 10**12))
def test_a_tier_is_a_straight_line(rows: list[tuple[int, Fraction]], notional: int) -> None:
    schedule = Schedule(rows)
    start, slope = schedule.line_at(notional)

    assert ceil(start + slope * notional) == schedule.requirement(notional)
    assert schedule.starts() == [start for start, _ in rows]


def test_one_unit_of_notional_rounds_up_to_one_unit_of_margin() -> None:
    assert maintenance_schedule(TIERS).requirement(1) == 1
    assert maintenance_schedule(TIERS).requirement(0) == 0


def test_the_bankruptcy_price_of_one_position_uses_up_all_equity() -> None:
    price = bankruptcy_price(
        mark_price=476_000,
        quantity=1_500,
        point_value=100,
        equity=-600_000_000,
        weight=3_570_000_000,
        weight_total=3_570_000_000,
    )

    assert price == 480_000


def test_cross_margin_spreads_equity_by_maintenance_as_in_the_glossary() -> None:
    def price(mark: int, quantity: int, weight: int) -> Fraction:
        return bankruptcy_price(
            mark_price=mark,
            quantity=quantity,
            point_value=1,
            equity=12,
            weight=weight,
            weight_total=39,
        )

    one, other = price(90, 2, 9), price(30, -10, 30)

    assert (one, other) == (Fraction(1152, 13), Fraction(402, 13))
    assert 12 + 2 * (one - 90) - 10 * (other - 30) == 0


positions = st.lists(
    st.tuples(
        st.integers(1, 10**6),
        st.integers(-(10**6), 10**6).filter(bool),
        st.integers(1, 10**4),
        st.integers(1, 10**9),
    ),
    min_size=1,
    max_size=4,
)


@given(positions, st.integers(-(10**15), 10**15))
def test_closing_everything_at_bankruptcy_prices_leaves_exactly_zero(
    held: list[tuple[int, int, int, int]], equity: int
) -> None:
    total = sum(weight for *_, weight in held)
    left = Fraction(equity)
    cash = equity
    for mark, quantity, point_value, weight in held:
        price = bankruptcy_price(
            mark_price=mark,
            quantity=quantity,
            point_value=point_value,
            equity=equity,
            weight=weight,
            weight_total=total,
        )
        left += quantity * point_value * (price - mark)
        sign = 1 if quantity > 0 else -1
        amount = bankruptcy_amount(sign, abs(quantity), price, point_value)
        cash += amount - quantity * point_value * mark

    assert left == 0
    assert 0 <= cash < len(held)


@pytest.mark.parametrize(
    ("sign", "price", "limit"),
    [
        (1, Fraction(48_000), 48_000),
        (1, Fraction(250, 3), 84),
        (-1, Fraction(250, 3), 83),
        (1, Fraction(1, 2), 1),
        (1, Fraction(-5), 1),
        (1, Fraction(0), 1),
        (-1, Fraction(1), 1),
        (-1, Fraction(99, 100), None),
        (-1, Fraction(0), None),
        (-1, Fraction(-5), None),
    ],
)
def test_a_bankruptcy_price_goes_to_the_tick_on_the_safe_side(
    sign: int, price: Fraction, limit: int | None
) -> None:
    assert book_limit(sign, price) == limit


@given(
    equity=st.integers(-1_000, 10_000),
    quantity=st.integers(-60, 60).filter(bool),
    mark=st.integers(1, 200),
    price=st.fractions(-300, 300, max_denominator=7),
    point_value=st.integers(1, 3),
)
def test_capacity_is_the_most_lots_that_leave_equity_at_or_above_zero(
    *, equity: int, quantity: int, mark: int, price: Fraction, point_value: int
) -> None:
    check_capacity(equity, quantity, mark, price, point_value)


def test_every_small_capacity_is_the_most_lots() -> None:
    for equity, quantity, price in product(
        range(-1, 9), (-5, -4, -1, 1, 4, 5), (Fraction(n, 3) for n in range(6, 25))
    ):
        check_capacity(equity, quantity, 5, price, 1)


def check_capacity(
    equity: int, quantity: int, mark: int, price: Fraction, point_value: int
) -> None:
    sign = 1 if quantity > 0 else -1

    def equity_after(lots: int) -> int:
        paid = bankruptcy_amount(-sign, lots, price, point_value)
        return equity - sign * lots * mark * point_value - paid

    safe = [lots for lots in range(1, abs(quantity) + 1) if equity_after(lots) >= 0]

    found = capacity(
        equity=equity, quantity=quantity, mark_price=mark, price=price, point_value=point_value
    )
    assert found == (max(safe, default=0) if equity >= 0 else 0)


def test_resting_orders_count_at_their_worst_side() -> None:
    told = story("""
        market M tick 1 lot 1 initial 10% maintenance 5%
        deposit alice 100
        deposit bob 100
        mark 100
        trade alice bob 2 @ 100
        buy alice 3 @ 90
        sell alice 6 @ 110
        sell alice 1 @ 120 reduce_only
    """)

    assert told.venue.initial_margin("alice") == 5 * 10_000_000
    told.then("sell alice 2 @ 130")
    assert told.venue.initial_margin("alice") == 6 * 10_000_000


def test_requirements_of_markets_are_rounded_up_each_and_added() -> None:
    told = story("""
        market A tick 0.000001 lot 1 initial 33% maintenance 33%
        market B tick 0.000001 lot 1 initial 33% maintenance 33%
        deposit alice 0.000002
        deposit bob 1
        mark A 0.000001
        mark B 0.000001
        trade alice bob 1 @ 0.000001 A
        trade alice bob 1 @ 0.000001 B
    """)

    assert told.venue.maintenance_margin("alice") == 2
    assert told.venue.equity("alice") == 2
    assert told.of("account.liquidation_started") == []
