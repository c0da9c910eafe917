"""What do the sums of an audit say, and what do they leave open?"""

from domain.audit.decisions import Terms
from reports.audit_summary import Summary
from tests.recorded import RecordedLog, crash

SHORTS = ("p", 800, 10, 100), ("q", 500, 10, 180)


def summary_of(log: RecordedLog) -> Summary:
    found = Summary(Terms().readings, burst_gap=10)
    for one in log.audited():
        found.add(one)
    return found


def test_a_bankrupt_holder_beside_the_candidates_keeps_nothing_from_being_measured() -> None:
    log = crash(*SHORTS, ("broke", 1, 10, 50))
    log.close("bust", "q", 10, 95)

    whole = summary_of(log).all
    assert whole.measured == 1
    assert "broke" not in whole.holders
    symmetric = whole.others[1]
    assert whole.actual.taken == symmetric.taken


def test_where_a_bankrupt_was_closed_nothing_is_measured() -> None:
    log = crash(*SHORTS, ("broke", 1, 10, 50))
    log.close("bust", "broke", 10, 95)

    assert summary_of(log).all.measured == 0


def test_nothing_is_beyond_a_deficit_that_nobody_knows() -> None:
    log = crash(*SHORTS)
    log.close("bust", "q", 5, 95)
    known = summary_of(log).all
    log.later()
    log.close("bust", "q", 5, 95)
    unknown = summary_of(log).all

    assert known.overshoot is not None
    assert (unknown.cost_unknown, unknown.overshoot) == (1, None)
