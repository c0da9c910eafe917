"""Does every stored event read with human numbers?"""

import json

from domain.events import EVENT_TYPES
from projections.queries import books_of
from reports.facts import AMOUNTS, PRICES, QUANTITIES, RATIOS, event_row, human_event
from tests.stories import CASCADE_MINI, story

WHOLE = {
    # Counts, ranks and places: they are no money, price or quantity.
    "candidates",
    "closures",
    "rank",
    "point_value",
}


def test_every_event_of_the_worked_example_reads_without_whole_units() -> None:
    told = story(CASCADE_MINI)
    specs = {market.spec.id: market.spec for market in books_of(told.venue).markets}

    for event in told.events:
        found = human_event(event, specs, told.venue.quote_unit)
        left = whole_numbers(found["data"])
        assert left <= WHOLE, (event["type"], left)
        json.dumps(found)
        assert set(event_row(found)) == {"seq", "time", "type", "stream", "says"}


def whole_numbers(value: object, key: str = "") -> set[str]:
    if isinstance(value, dict):
        return {name for k, v in value.items() for name in whole_numbers(v, k)}
    if isinstance(value, list):
        return {name for item in value for name in whole_numbers(item, key)}
    return {key} if type(value) is int else set()


def test_every_number_of_every_event_type_has_a_unit() -> None:
    known = PRICES | QUANTITIES | AMOUNTS | WHOLE | {"score_numerator", "score_denominator"}
    fields = {
        name
        for kind in EVENT_TYPES.values()
        for name, annotation in kind.__annotations__.items()
        if annotation in (int, int | None)
    }

    assert fields
    assert fields <= known


def test_no_field_has_two_units() -> None:
    groups = (PRICES, QUANTITIES, AMOUNTS, RATIOS)

    assert sum(map(len, groups)) == len(frozenset().union(*groups))


def test_a_decision_reads_as_in_the_worked_example() -> None:
    told = story(CASCADE_MINI)
    specs = {market.spec.id: market.spec for market in books_of(told.venue).markets}
    (event,) = [e for e in told.events if e["type"] == "market.deleveraging_decided/1"]

    data = human_event(event, specs, told.venue.quote_unit)["data"]

    assert data["close_price"] == {"price": "48000", "rule": "bankruptcy"}
    assert (data["equity"], data["needed"], data["residual"]) == ("-600", "1.5", "0")
    assert data["quote"]["quantity"] == "1.5"
    assert data["steps"][0] == {
        "left": "1.5",
        "market": "BTC-PERP",
        "offered": "0",
        "reason": "no_liquidity",
        "step": "book",
        "used": "0",
    }


def test_a_refusal_states_money_in_money() -> None:
    told = story("venue v\naccount alice\ndeposit alice 10.5\n")
    told.attempt("withdraw alice 11\n")

    found = human_event(told.events[-1], {}, told.venue.quote_unit)

    assert found["data"]["facts"] == {"account": "alice", "asked": "11", "free": "10.5"}
