"""What may leave an account, and what does a command not change?"""

import pytest

from domain.decide import decide
from domain.redecide import command_of
from domain.snapshot import state_digest
from tests.stories import CASCADE_MINI, PLAIN_MARKET, UNIT, story

HOLDING = f"""
    {PLAIN_MARKET}
    deposit alice 20
    deposit bob 100
    mark 100
    trade alice bob 1 @ 100
"""


def test_free_collateral_and_nothing_more_may_be_withdrawn() -> None:
    told = story(HOLDING)

    assert told.attempt("withdraw alice 10.000001").codes == ["insufficient_margin"]
    told.then("withdraw alice 10")
    assert told.venue.equity("alice") == told.venue.initial_margin("alice") == 10 * UNIT


def test_unrealized_profit_can_be_withdrawn_and_cash_becomes_negative() -> None:
    told = story(f"{HOLDING}\nmark 150\nwithdraw alice 55")

    assert told.venue.cash["alice"] == -35 * UNIT
    assert told.venue.equity("alice") == 15 * UNIT


@pytest.mark.parametrize("name", ["treasury", "insurance"])
def test_money_may_leave_the_treasury_and_the_insurance(name: str) -> None:
    told = story(f"{PLAIN_MARKET}\ndeposit {name} 5\nwithdraw {name} 4")

    assert told.venue.cash[name] == UNIT
    assert told.attempt(f"withdraw {name} 1.000001").codes == ["insufficient_margin"]


@pytest.mark.parametrize("name", ["rounding", "uncovered"])
def test_money_never_leaves_the_other_system_accounts(name: str) -> None:
    told = story(f"{PLAIN_MARKET}\ndeposit {name} 5").attempt(f"withdraw {name} 1")

    assert told.codes == ["bad_value"]
    assert told.venue.cash[name] == 5 * UNIT


def test_an_account_in_liquidation_may_only_receive_deposits() -> None:
    told = story(f"{HOLDING}\nmark 84")
    assert told.venue.accounts["alice"].in_liquidation

    told.attempt(
        "withdraw alice 1\nbuy alice 1 @ 84\ntrade alice bob 1 @ 84\ntrade bob alice 1 @ 84"
    )

    assert told.codes == ["in_liquidation"] * 4
    told.then("deposit alice 1")
    assert not told.venue.accounts["alice"].in_liquidation


def test_deciding_leaves_the_venue_as_it_was() -> None:
    told = story(CASCADE_MINI)
    before = state_digest(told.venue)
    mark = next(e for e in reversed(told.events) if e["type"] == "market.mark_price_updated/1")

    events = decide(told.venue, command_of(mark), time=9, source={"id": "x"})

    assert events
    assert state_digest(told.venue) == before


def test_every_event_of_a_command_names_its_first_as_cause() -> None:
    told = story(CASCADE_MINI)
    last = told.receipts[-1].events

    assert {event["cause"] for event in last} == {last[0]["seq"]}
    assert [event["seq"] for event in told.events] == list(range(1, len(told.events) + 1))
    assert len({event["time"] for event in last}) == 1


def test_versions_count_each_stream_by_itself() -> None:
    told = story(CASCADE_MINI)
    seen: dict[str, int] = {}
    for event in told.events:
        seen[event["stream"]] = seen.get(event["stream"], 0) + 1
        assert event["version"] == seen[event["stream"]]


def test_a_mark_says_from_and_to() -> None:
    told = story(f"{PLAIN_MARKET}\nmark 100\nmark 90")

    facts = told.of("market.mark_price_updated")
    assert facts == [
        {"previous_price": None, "price": 100},
        {"previous_price": 100, "price": 90},
    ]


def test_a_command_without_a_time_happens_when_the_last_event_did() -> None:
    told = story("at 2026-10-10T21:20:00Z\ndeposit alice 1\ndeposit alice 2")

    assert {event["time"] for event in told.events} == {1_791_667_200_000_000_000}


def test_time_may_run_backwards_because_order_is_seq() -> None:
    told = story("""
        at 2026-10-10T21:20:00Z
        deposit alice 1
        at 2020-01-01T00:00:00Z
        deposit alice 1
    """)

    assert told.events[-1]["time"] < told.events[-2]["time"]
    assert told.venue.cash["alice"] == 2 * UNIT
