"""Do requirements, bankruptcy prices and triggers come out as published?"""

from fractions import Fraction

import pytest

from domain.commands import UpdateMark
from domain.decide import decide
from domain.margin import (
    bankruptcy_amount,
    bankruptcy_price,
    book_limit,
    initial_schedule,
    maintenance_schedule,
)
from domain.specification import LiquidationRule, Tier
from tests.vectors.cases import Case, cases_of
from tests.vectors.venues import UNIT, CaseVenue, decimal, number, whole


@pytest.mark.parametrize("case", cases_of("bankruptcy_price"))
def test_bankruptcy_price(case: Case) -> None:
    given, expect = case["given"], case["expect"]
    built = CaseVenue(given["quote_unit"])
    for name, market in given["markets"].items():
        built.market(name, market)
    built.with_balance("a", given)
    venue, close = built.venue, given["close"]
    margins = {name: venue.maintenance_in(venue.markets[name], "a") for name in given["positions"]}
    unit = built.unit.fraction()

    assert venue.equity("a") * unit == number(expect["equity"])
    assert venue.maintenance_margin("a") * unit == number(expect["maintenance"])
    weights = margins if any(margins.values()) else notionals(built)
    assert expect.get("weights", "maintenance") == (
        "maintenance" if any(margins.values()) else "notional"
    )
    market = venue.markets[close["market"]]
    position = market.positions["a"]
    price = bankruptcy_price(
        mark_price=market.price,
        quantity=position.quantity,
        point_value=market.point_value,
        equity=venue.equity("a"),
        weight=weights[market.id],
        weight_total=sum(weights.values()),
    )
    tick = market.spec.tick_size.fraction()
    assert price * tick == number(expect["price_exact"])
    closed = abs(built.lots(market, close["quantity"]))
    amount = bankruptcy_amount(position.sign, closed, price, market.point_value)
    assert amount * unit == number(expect["quote"])
    share = Fraction(venue.equity("a") * weights[market.id], sum(weights.values()))
    assert share * unit == number(expect["allocated_equity"])
    if "limit_price" in expect:
        limit = book_limit(position.sign, price)
        # Below one tick a short sends no order here; the public cases clamp it to one tick.
        assert (1 if limit is None else limit) * tick == number(expect["limit_price"])


def notionals(built: CaseVenue) -> dict[str, int]:
    return {
        market.id: abs(market.positions["a"].quantity) * market.price * market.point_value
        for market in built.venue.markets.values()
    }


@pytest.mark.parametrize("case", cases_of("margin_requirement", "tiered"))
def test_margin_requirement_by_tiers(case: Case) -> None:
    given, expect = case["given"], case["expect"]
    unit = decimal(given["quote_unit"]).fraction()
    tiers = [
        Tier(whole(number(row["from"]) / unit), number(row["initial"]), number(row["maintenance"]))
        for row in given["tiers"]
    ]
    notional = whole(number(given["notional"]) / unit)

    for kind, schedule in (
        ("initial", initial_schedule(tiers)),
        ("maintenance", maintenance_schedule(tiers)),
    ):
        base, rate = schedule.line_at(notional)
        assert (base + rate * notional) * unit == number(expect[f"{kind}_exact"])
        assert schedule.requirement(notional) * unit == number(expect[kind])
        assert -base * unit == number(expect[f"{kind}_deduction"])


@pytest.mark.parametrize("case", cases_of("margin_requirement", "account"))
def test_margin_requirement_of_an_account(case: Case) -> None:
    given, expect = case["given"], case["expect"]
    built = CaseVenue(given["quote_unit"])
    for row in given["positions"]:
        # Lots as fine as quantities, ticks as fine as the mark, so that the notional is exact.
        places = decimal(row["quantity"]).places
        built.market(row["market"], {**row, **lot(places)})
    built.with_balance(
        "a",
        {**given, "positions": {row["market"]: row["quantity"] for row in given["positions"]}},
    )
    venue, unit = built.venue, built.unit.fraction()

    for name, wanted in expect["positions"].items():
        market = venue.markets[name]
        size = abs(market.positions["a"].quantity) * market.price * market.point_value
        assert market.initial.requirement(size) * unit == number(wanted["initial"])
        assert venue.maintenance_in(market, "a") * unit == number(wanted["maintenance"])
    assert venue.initial_margin("a") * unit == number(expect["initial"])
    assert venue.maintenance_margin("a") * unit == number(expect["maintenance"])
    assert venue.equity("a") * unit == number(expect["equity"])
    assert (venue.equity("a") < venue.maintenance_margin("a")) is expect["liquidatable"]
    free = venue.equity("a") - venue.initial_margin("a")
    assert free * unit == number(expect["free_for_initial"])


def lot(places: int) -> dict[str, str]:
    return {"lot_size": "1" if not places else f"0.{'0' * (places - 1)}1"}


@pytest.mark.parametrize("case", cases_of("deleveraging_trigger", "deleveraging"))
def test_deleveraging_begins_below_zero_equity(case: Case) -> None:
    given, expect = case["given"], case["expect"]
    built = venue_of(case)
    kinds = kinds_after_a_mark(built)

    assert built.venue.equity("a") * built.unit.fraction() == number(expect["equity"])
    assert ("market.deleveraging_decided" in kinds) is expect["at_bankruptcy_price"]
    assert bool(built.venue.holdings.get("a")) is bool(given["positions"])


@pytest.mark.parametrize("case", cases_of("deleveraging_trigger", "liquidatable", "backstop"))
def test_an_account_is_liquidated_below_its_maintenance_margin(case: Case) -> None:
    expect = case["expect"]
    built = venue_of(case)
    kinds = kinds_after_a_mark(built)
    unit = built.unit.fraction()

    assert built.venue.equity("a") * unit == number(expect["equity"])
    assert built.venue.maintenance_margin("a") * unit == number(expect["maintenance"])
    assert ("account.liquidation_started" in kinds) is expect["liquidatable"]
    if "takeover" in expect:
        assert ("market.position_taken_over" in kinds) is expect["takeover"]


def venue_of(case: Case) -> CaseVenue:
    """Account `a` of the case, a rich vault, and somebody to trade with on the other side."""
    given = case["given"]
    built = CaseVenue(UNIT)
    rule = LiquidationRule(backstop_ratio=number(given.get("backstop_ratio", "0")))
    vault = ("vault", None) if "backstop_ratio" in given else None
    for name, market in given["markets"].items():
        places = max(decimal(q).places for q in ["0", *given["positions"].values()])
        built.market(name, {**market, **lot(places)}, rule=rule, vault=vault)
    built.account("vault", {"role": "vault"}, 10**20)
    built.with_balance("a", given)
    return built


def kinds_after_a_mark(built: CaseVenue) -> set[str]:
    venue = built.venue
    market = venue.markets[next(iter(venue.holdings.get("a", ())), min(venue.markets))]
    events = decide(venue, UpdateMark(market.id, market.price), time=0, source={})
    return {event["type"].partition("/")[0] for event in events}


@pytest.mark.parametrize("case", cases_of("deleveraging_trigger", "liquidation_order"))
def test_the_lowest_equity_over_maintenance_goes_first(case: Case) -> None:
    built = CaseVenue(UNIT)
    market = built.market("M", {"mark": "1", "maintenance": "1", "lot_size": UNIT})
    for row in case["given"]["accounts"]:
        held = {**row, "quantity": row["maintenance"], "entry": "1"}
        built.with_equity(row["account"], market, held)

    events = decide(built.venue, UpdateMark("M", market.price), time=0, source={})
    order = [
        event["stream"].partition("/")[2]
        for event in events
        if event["type"] == "account.liquidation_started/1"
    ]
    assert order == case["expect"]["order"]
