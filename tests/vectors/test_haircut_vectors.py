"""Do haircuts of money take what the published cases take?"""

from fractions import Fraction

import pytest

from reports.haircuts import (
    Haircut,
    Infeasible,
    at_one_level,
    endowments_of,
    in_queue,
    top_winner_gap,
)
from tests.vectors.cases import Case, cases_of


def numbers(texts: dict[str, str]) -> dict[str, Fraction]:
    return {account: Fraction(text) for account, text in texts.items()}


def haircut_of(given: dict, budget: Fraction) -> Haircut:
    endowments = endowments_of(numbers(given["pnl"]))
    if given["mode"] == "queue":
        return in_queue(endowments, budget, given["order"])
    if given["mode"] == "given":
        # Caps that just reach the budget are the fractions themselves.
        caps = dict.fromkeys(endowments, Fraction(0)) | numbers(given["fractions"])
        return at_one_level(endowments, budget, caps)
    return at_one_level(endowments, budget)


@pytest.mark.parametrize("case", cases_of("pro_rata", "amounts"))
def test_money_is_taken_from_profits(case: Case) -> None:
    given, expect = case["given"], case["expect"]
    equity, pnl = numbers(given["equity"]), numbers(given["pnl"])
    endowments = endowments_of(pnl)
    deficit = sum(max(0, -value) for value in equity.values())
    budget = Fraction(expect["budget"])
    assert sum(endowments.values()) == Fraction(expect["capacity"])
    assert deficit == Fraction(expect["deficit"])
    if "error" in expect:
        with pytest.raises(Infeasible):
            haircut_of(given, budget)
        return

    found = haircut_of(given, budget)

    assert endowments == numbers(expect["endowment"])
    assert found.fractions == numbers(expect["fraction"])
    assert found.seized == numbers(expect["seized"])
    assert sum(found.seized.values()) == budget
    left = {account: endowments[account] - taken for account, taken in found.seized.items()}
    assert sum(left.values()) == Fraction(expect["capacity_after"])
    assert max(left.values()) == Fraction(expect["largest_endowment_after"])
    assert max(Fraction(0), deficit - budget) == Fraction(expect["remaining_deficit"])
    after = {account: equity[account] - taken for account, taken in found.seized.items()}
    assert after == numbers(expect["equity_after"])


@pytest.mark.parametrize("case", cases_of("pro_rata", "capped", "weighted"))
def test_one_level_serves_caps_and_weights(case: Case) -> None:
    given, expect = case["given"], case["expect"]
    endowments, caps = numbers(given["endowments"]), numbers(given["caps"])
    weights = numbers(given["weights"]) if "weights" in given else None
    budget = Fraction(given["budget"])
    if "error" in expect:
        with pytest.raises(Infeasible):
            at_one_level(endowments, budget, caps, weights)
        return

    found = at_one_level(endowments, budget, caps, weights)

    assert found.level == Fraction(expect["level"])
    assert found.fractions == numbers(expect["fraction"])
    assert found.seized == numbers(expect["seized"])
    assert list(found.at_cap) == expect["at_cap"]


@pytest.mark.parametrize("case", cases_of("pro_rata", "top_winner_gap"))
def test_the_largest_winner_keeps_more_pro_rata_than_first_in_a_queue(case: Case) -> None:
    given, expect = case["given"], case["expect"]
    endowments = [Fraction(text) for text in given["endowments"]]
    budget = Fraction(given["budget"])

    found = top_winner_gap(endowments, budget)

    for name in (
        "queue_first_after",
        "pro_rata_first_after",
        "queue_largest_after",
        "pro_rata_largest_after",
        "gap_of_largest",
    ):
        assert getattr(found, name) == Fraction(expect[name]), name
    assert (
        found.gap == budget * (1 - endowments[0] / sum(endowments)) == Fraction(expect["formula"])
    )
    assert (found.gap == found.gap_of_largest) is expect["formula_holds"]
