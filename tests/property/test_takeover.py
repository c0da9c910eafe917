"""Is the number of lots that a vault takes the largest that both limits allow?"""

from dataclasses import replace
from fractions import Fraction

from hypothesis import event, given, settings
from hypothesis import strategies as st

from domain.account import Account
from domain.book import Order
from domain.margin import bankruptcy_amount
from domain.market import Market
from domain.position import Position, fill
from domain.specification import MarketSpec, Tier
from domain.takeover import takeover
from domain.units import Decimal10
from domain.venue import Venue

MOST = 40
rates = st.fractions(0, 1, max_denominator=12)
starts = st.lists(st.integers(1, 3_000), max_size=3, unique=True).map(sorted)


@st.composite
def vaults(draw: st.DrawFn) -> tuple[Venue, Market]:
    """A venue with one market and its vault: position, orders, tiers and cap are anything."""
    tiers = [Tier(start, draw(rates.filter(bool)), Fraction(0)) for start in (0, *draw(starts))]
    spec = MarketSpec(
        id="M",
        tick_size=Decimal10(1, 0),
        lot_size=Decimal10(1, 0),
        quote_unit=Decimal10(1, 0),
        point_value=draw(st.sampled_from((1, 2, 7))),
        tiers=tuple(tiers),
        vault="vault",
        takeover_cap=draw(st.none() | st.integers(0, 2_000)),
    )
    market = Market(spec, 1)
    market.mark = draw(st.integers(1, 60))
    venue = Venue()
    venue.markets["M"] = market
    venue.accounts["vault"] = Account("vault", "vault", 1)
    venue.cash["vault"] = draw(st.integers(-500, 3_000))
    quantity = draw(st.just(0) | st.integers(-MOST, MOST))
    if quantity:
        cost = quantity * draw(st.integers(-20, 80)) * spec.point_value + draw(st.integers(-2, 2))
        market.positions["vault"] = Position(quantity, cost, 1)
        venue.holdings["vault"] = ("M",)
    for number, side in enumerate((1, -1)):
        lots = draw(st.just(0) | st.integers(1, MOST))
        if lots:
            order = Order(f"o{number}", "vault", side, 5, lots, False, 1, True)
            market.book.add(order)
    return venue, market


def largest(
    venue: Venue, market: Market, sign: int, lots: int, price: Fraction, *, least: int = 1
) -> int:
    """From the top down to `least`, each number by the words of the design; zero if none is."""
    spec, held = market.spec, market.positions.get("vault")
    mark = market.price * market.point_value

    def accepted(taken: int) -> bool:
        amount = bankruptcy_amount(sign, taken, price, market.point_value)
        after = fill(held, sign * taken, amount, 0).position if taken else held
        cost = 0 if after is None else abs(after.cost)
        if taken and spec.takeover_cap is not None and cost > spec.takeover_cap:
            return False
        resting = market.book.resting_of("vault")
        quantity = 0 if after is None else after.quantity
        worst = max(abs(quantity), abs(quantity + resting.bids), abs(quantity - resting.asks))
        equity = venue.equity("vault") + sign * taken * mark - amount
        return equity >= market.initial.requirement(worst * mark)

    return next((taken for taken in range(lots, least - 1, -1) if accepted(taken)), 0)


@settings(max_examples=600)
@given(
    vaults(),
    st.sampled_from((1, -1)),
    st.integers(1, MOST),
    st.fractions(-30, 90, max_denominator=11),
)
def test_a_takeover_is_the_largest_that_both_limits_allow(
    built: tuple[Venue, Market], sign: int, lots: int, price: Fraction
) -> None:
    venue, market = built
    wanted = largest(venue, market, sign, lots, price)

    taken = takeover(venue, market, "vault", sign, lots, price)

    event("all" if wanted == lots else "some" if wanted else "none")
    assert taken.lots == wanted
    if wanted == lots:
        assert taken.stopped_by == "all_taken"
    else:
        assert taken.stopped_by in ("capacity", "margin")


@given(vaults(), st.sampled_from((1, -1)), st.integers(1, MOST))
def test_a_takeover_that_stops_names_the_limit_that_the_next_lot_breaks(
    built: tuple[Venue, Market], sign: int, lots: int
) -> None:
    venue, market = built
    price = Fraction(market.price)
    taken = takeover(venue, market, "vault", sign, lots, price)
    if taken.stopped_by == "all_taken":
        return

    amount = bankruptcy_amount(sign, taken.lots + 1, price, market.point_value)
    after = fill(market.positions.get("vault"), sign * (taken.lots + 1), amount, 0).position
    cap = market.spec.takeover_cap
    beyond = cap is not None and after is not None and abs(after.cost) > cap
    assert taken.stopped_by == ("capacity" if beyond else "margin")


@given(
    vaults(),
    st.sampled_from((1, -1)),
    st.integers(1, 10**30),
    st.fractions(-30, 90, max_denominator=10**12),
    st.integers(0, 10**33),
    st.none() | st.integers(0, 10**32),
)
def test_a_takeover_of_any_size_is_found_at_once(
    built: tuple[Venue, Market], sign: int, lots: int, price: Fraction, cash: int, cap: int | None
) -> None:
    venue, market = built
    venue.cash["vault"] += cash
    market.spec = replace(market.spec, takeover_cap=cap)

    taken = takeover(venue, market, "vault", sign, lots, price).lots

    near = [taken + more for more in range(1, 40) if taken + more <= lots]
    far = [taken + (lots - taken) * part // 16 for part in range(1, 17)]
    wanted = [candidate for candidate in (taken, *near, *far) if candidate > taken]
    assert 0 <= taken <= lots
    assert largest(venue, market, sign, taken, price, least=max(1, taken)) == taken
    for more in wanted:
        assert largest(venue, market, sign, more, price, least=more) == 0
