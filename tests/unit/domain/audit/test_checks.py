"""Which closes make a decision, and what do its checks say?"""

from fractions import Fraction

import pytest

from domain.audit.decisions import AuditedDecision
from tests.recorded import RecordedLog, crash

SHORTS = (("a", 500, 10, 120), ("b", 600, 10, 120))


def answers(found: AuditedDecision) -> dict[str, str]:
    return {one.name: str(one.answer) for one in found.checks}


def close_answers(found: AuditedDecision, at: int = 0) -> dict[str, str]:
    return {one.name: str(one.answer) for one in found.closes[at].checks}


def test_closes_of_one_block_and_bankrupt_are_one_decision() -> None:
    log = crash(*SHORTS)
    log.close("bust", "a", 4, 95)
    log.close("bust", "a", 6, 95)
    log.later()
    log.mark(95)
    log.close("maker", "b", 1, 95)

    first, second = log.audited()
    assert [one.close.quantity for one in first.closes] == [4, 6]
    assert first.id == f"ADL-{first.seq}"
    assert second.key.bankrupt == "maker"


def test_losers_of_one_block_are_decisions_of_their_own() -> None:
    log = crash(*SHORTS)
    log.deposit("other", 10)
    log.trade("other", "maker", 2, 100)
    log.close("bust", "a", 10, 95)
    log.close("other", "b", 2, 95)

    assert [found.key.bankrupt for found in log.audited()] == ["bust", "other"]


def test_without_blocks_closes_are_grouped_by_their_time() -> None:
    log = crash(*SHORTS)
    log.block = None
    log.later()
    log.close("bust", "a", 5, 95)
    log.close("bust", "a", 5, 95)
    log.later()
    log.close("maker", "b", 5, 95)

    found = log.audited()
    assert [len(one.closes) for one in found] == [2, 1]
    assert found[0].key.instant.kind == "time"


def test_the_price_is_named_by_every_rule_that_it_meets() -> None:
    log = crash(*SHORTS)
    log.close("bust", "a", 10, 95)

    (found,) = log.audited()
    # Bankruptcy price: E = 50 + 10·(90 − 100) = −50, so 90 + 50/10.
    assert (found.price, found.bankruptcy_price) == (95, Fraction(95))
    said = answers(found)
    assert said["price_previous_mark"] == said["price_bankruptcy"] == "yes"
    assert said["price_mark"] == "no"
    assert said["price_previous_oracle"] == "unknown"


def test_a_previous_mark_that_may_be_missing_is_not_denied() -> None:
    log = RecordedLog()
    for account in ("bust", "maker", "a"):
        log.deposit(account, 1000)
    log.trade("bust", "maker", 10, 100)
    log.trade("maker", "a", 10, 100)
    log.mark(100)
    log.later(60)
    log.mark(90)
    log.close("bust", "a", 10, 93)

    assert answers(log.audited()[0])["price_previous_mark"] == "unknown"


def test_two_prices_in_one_block_are_noticed() -> None:
    log = crash(*SHORTS)
    log.close("bust", "a", 4, 95)
    log.close("bust", "a", 6, 94)

    assert answers(log.audited()[0])["one_price"] == "no"


def test_a_close_without_profit_is_reported_and_breaks_nothing() -> None:
    log = crash(("thin", 500, 10, 92))
    log.close("bust", "thin", 10, 95)

    (found,) = log.audited()
    said = close_answers(found)
    assert said["profit_printed"] == said["profit_by_books"] == "no"
    assert said["profit_at_mark"] == "yes"
    assert {str(one.verdict) for one in found.findings} == {"conforms"}


def test_an_implied_entry_off_tick_is_noticed() -> None:
    log = crash(*SHORTS)
    log.close("bust", "a", 10, 95, realized=251)

    assert close_answers(log.audited()[0])["entry_on_tick"] == "no"


def test_a_bankrupt_account_above_zero_is_noticed() -> None:
    log = crash(*SHORTS)
    log.close("maker", "a", 10, 95)

    (found,) = log.audited()
    assert answers(found)["bankrupt_below_zero"] == "no"
    assert found.deficit == 0


def test_lots_left_open_while_a_winner_is_left_are_noticed() -> None:
    log = crash(*SHORTS)
    log.close("bust", "a", 9, 95)

    (found,) = log.audited()
    assert answers(found)["open_only_without_candidates"] == "no"
    assert answers(found)["reduction_equals_closes"] == "yes"


def test_cost_is_what_a_victim_gives_up_against_the_mark() -> None:
    log = crash(*SHORTS)
    log.close("bust", "a", 10, 95)

    (found,) = log.audited()
    assert found.cost == 50
    assert found.deficit == 50
    assert found.closes[0].unrealized == 300


@pytest.mark.parametrize("money", ["none", "deposit"])
def test_a_deficit_that_was_not_paid_stays_the_same_scope(money: str) -> None:
    log = crash(*SHORTS, need=20)
    log.close("bust", "a", 5, 90)
    log.later()
    log.mark(89)
    if money == "deposit":
        log.deposit("bust", 1)
    log.close("bust", "b", 5, 90)

    first, second = log.audited()
    assert (first.scope == second.scope) is (money == "none")
