"""Do the measures say what the published cases say?"""

from fractions import Fraction

from reports.markouts import Close, MarkWatch, cost_after, markout_totals
from reports.metrics import gini, largest_haircut_of_equity, severity


def test_nobody_has_a_gini_when_nobody_gave():
    assert gini([0, 0]) is None


def test_gini_is_zero_for_equals_and_one_minus_one_over_n_for_one_alone():
    assert gini([7, 7, 7]) == 0
    assert gini([0, 0, 0, 9]) == Fraction(3, 4)


def test_gini_is_the_mean_difference_over_twice_the_mean():
    amounts = [4, 0, 2, 11, 2]
    differences = sum(abs(one - other) for one in amounts for other in amounts)

    assert gini(amounts) == Fraction(differences, 2 * len(amounts) * sum(amounts))


def test_a_ratio_without_a_denominator_has_no_value_and_says_what_it_would_be():
    found = severity(5, 0)

    assert found.value is None
    assert "deficit" in found.denominator_is
    assert largest_haircut_of_equity([]).value is None


SECOND = 1_000_000_000


def mark(seq: int, seconds: float, price: int, market: str = "M") -> dict:
    return {
        "seq": seq,
        "time": int(seconds * 10) * SECOND // 10,
        "type": "market.mark_price_updated/1",
        "stream": f"market/{market}",
        "data": {"previous_price": None, "price": price},
    }


DECISION = {"seq": 9, "time": 0, "type": "market.deleveraging_decided/1", "stream": "market/M"}


def marks_after(*events: dict) -> dict[str, tuple]:
    watch = MarkWatch(DECISION, 100, 8)
    for event in events:
        watch.see(event)
    return {found.after: (found.price, found.seq) for found in watch.marks()}


def test_without_later_events_only_the_mark_of_the_decision_is_known():
    found = marks_after()

    assert found.pop("0") == (100, 8)
    assert set(found.values()) == {(None, None)}


def test_the_mark_after_a_time_is_the_last_one_before_the_log_passes_it():
    found = marks_after(mark(10, 0.5, 90), mark(11, 0.9, 80), mark(12, 7, 70))

    assert found["0.5"] == (90, 10)
    assert found["1"] == found["2"] == found["5"] == (80, 11)
    assert found["60"] == (None, None)


def test_a_mark_of_the_same_instant_does_not_move_the_decision_s_own():
    found = marks_after(mark(10, 0, 90), mark(11, 1, 80))

    assert found["0"] == (100, 8)
    assert found["0.5"] == (90, 10)
    assert found["1"] == (80, 11)


def test_marks_of_other_markets_only_move_the_clock():
    found = marks_after(mark(10, 3, 5, market="OTHER"))

    assert found["2"] == (100, 8)
    assert found["5"] == (None, None)


def test_a_time_that_goes_back_does_not_open_what_the_log_has_passed():
    found = marks_after(mark(10, 1.5, 90), mark(11, 0.7, 80), mark(12, 100, 1))

    assert found["1"] == (100, 8)
    assert found["2"] == (80, 11)


def test_totals_are_signed_and_of_those_who_are_worse_off():
    closes = [Close("short", 10, 40), Close("long", -4, 8)]
    watch = MarkWatch(DECISION, 100, 8)
    watch.see(mark(10, 2, 97))

    totals = {one.after: one for one in markout_totals(closes, 100, 2, watch.marks())}

    # A short bought back at the mark's height lost 40, and 10 · 3 · 2 more as the mark fell.
    assert (totals["0"].cost, totals["0"].positive_cost) == (48, 48)
    assert (totals["2"].cost, totals["2"].positive_cost) == (100 - 16, 100)
    assert totals["5"].cost is None
    assert totals["5"].reason == "the log ends before this time"


def test_cost_after_is_minus_the_markout():
    # Ten lots bought at 104: 40 given up at the mark 100, and 30 more when it is 97.
    assert cost_after(Close("short", 10, 40), 100, 97, 1) == 40 + 30
