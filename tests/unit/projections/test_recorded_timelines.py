"""Does a recorded log tell a liquidation as far as it knows it, and no further?"""

from typing import Any

import pytest

from domain.events import Event
from projections.answers import RecordedStep, RecordedTimeline
from projections.errors import UnknownLiquidation
from projections.recorded_timelines import RecordedTimelines
from tests.recorded import RecordedLog, crash

BUST = "1003:bust"
VAULT = "1005:vault"


def told(events: list[Event], name: str) -> tuple[RecordedTimeline, ...]:
    timelines = RecordedTimelines(name)
    for event in events:
        timelines.see(event)
    return timelines.found()


def steps(timeline: RecordedTimeline) -> list[tuple[Any, ...]]:
    """Step, lots, price, loss, lots left, reason."""
    return [
        (step.step, step.quantity, step.price, step.loss, step.left, step.reason)
        for step in timeline.steps
    ]


def book_fill(log: RecordedLog, bankrupt: str, buyer: str, lots: int, price: int) -> None:
    data = {"buyer": buyer, "buyer_fee": 0, "liquidation_id": BUST, "price": price}
    data |= {"purpose": "recorded", "quantity": lots, "seller": bankrupt, "seller_fee": 3}
    log.fact("market.trade_executed/1", "market/M", {**data, "trade_id": "L"})


def takeover(log: RecordedLog, bankrupt: str, lots: int, price: int) -> None:
    log.open("vault", role="vault")
    data = {"amount": lots * price, "bankrupt": bankrupt, "liquidation_id": BUST, "quote": None}
    data |= {"quantity": lots, "stopped_by": "all_taken", "vault": "vault"}
    log.fact("market.position_taken_over/1", "market/M", data, liquidation_id=BUST)


def waterfall() -> RecordedLog:
    """Bust is closed by the book, its vault, and winners; then the vault by winners as well."""
    log = crash(("ann", 100, 4, 110), ("bob", 100, 6, 105))
    book_fill(log, "bust", "maker", 2, 91)
    log.later()
    takeover(log, "bust", 5, 92)
    for victim, lots in (("ann", 1), ("bob", 2)):
        log.close("bust", victim, lots, 95, liquidation_id=BUST)
    log.later()
    log.deposit("vault", 1)
    for victim, lots in (("ann", 3), ("bob", 2)):
        log.close("vault", victim, lots, 90, liquidation_id=VAULT, takeovers=BUST)
    return log


def test_a_recorded_liquidation_has_a_step_for_each_fill_takeover_and_decision() -> None:
    log = waterfall()
    (found,) = told(log.events, BUST)

    assert (found.id, found.account, found.outcome) == (BUST, "bust", "deleveraged")
    assert (found.equity, found.maintenance_margin) == (50 - 10 * 10, 10 * 90 // 20)
    assert steps(found) == [
        ("start", 0, None, 0, None, ""),
        ("book", 2, 91, 18, 8, "filled"),
        ("takeover", 5, 92, 40, 3, None),
        ("adl", 3, 95, 15, 0, "all_closed"),
        ("end", 0, None, 0, None, "deleveraged"),
    ]
    assert [step.seq for step in found.steps] == sorted(step.seq for step in found.steps)


def test_a_vault_is_linked_with_the_takeovers_behind_its_position() -> None:
    log = waterfall()
    (vault,) = told(log.events, VAULT)
    (bust,) = told(log.events, "bust")
    decision = vault.steps[1]

    assert decision.takeovers == (BUST,)
    assert bust.deleveraged_in == (f"ADL-{decision.seq}",)
    assert (decision.quantity, decision.loss, decision.left) == (5, 10, 0)


def test_a_market_an_account_and_an_id_find_the_same_liquidations() -> None:
    events = waterfall().events

    assert told(events, "M") == (*told(events, "bust"), *told(events, "vault"))
    assert told(events, "ann") == ()
    with pytest.raises(UnknownLiquidation):
        told(events, "1:nobody")


def test_closes_that_name_no_liquidation_are_one_in_each_block() -> None:
    log = crash(("ann", 100, 4, 110), ("bob", 100, 6, 105))
    log.close("bust", "ann", 4, 90)
    log.later()
    log.close("bust", "bob", 6, 90)
    first, second = told(log.events, "bust")

    assert (first.id, second.id) == ("1003:bust", "1004:bust")
    assert [step.quantity for step in first.steps[1:-1] + second.steps[1:-1]] == [4, 6]
    assert (first.outcome, second.outcome) == (None, "deleveraged")


def test_what_the_books_are_not_sure_of_is_not_said() -> None:
    log = RecordedLog()
    log.deposit("ann", 100)
    log.mark(100)
    log.trade("bust", "outside:opening:M", 5, 0, purpose="opening")
    log.trade("outside:counterparty:M", "ann", 5, 100)
    log.close("bust", "ann", 2, 90, liquidation_id=BUST)
    log.later()
    log.close("outside:counterparty:M", "ann", 1, 90, liquidated="bust", liquidation_id=BUST)
    (found,) = told(log.events, "bust")

    assert (found.equity, found.maintenance_margin, found.outcome) == (None, None, None)
    assert steps(found)[1:-1] == [("adl", 2, 90, None, 3, None), ("adl", 1, 90, None, None, None)]
    assert all(isinstance(step, RecordedStep) for step in found.steps)
