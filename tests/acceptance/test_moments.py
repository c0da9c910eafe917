"""Is every point of the log found by seq, id and time?"""

import pytest

from tests.acceptance.calling import Books, books_with

MOMENTS = {
    "--at 5": 5,
    "--before 5": 4,
    "--at 0": 0,
    "--before 1": 0,
    "--at head": 37,
    "--before head": 36,
    "--at LIQ-30": 30,
    "--before LIQ-30": 29,
    "--at T-20": 20,
    "--before T-20": 19,
    # A decision spans its closures: after it they are done, before it none of them is.
    "--at ADL-34": 36,
    "--before ADL-34": 33,
    "--at 2026-10-10T21:15:00Z": 28,
    "--before 2026-10-10T21:15:00Z": 24,
    "--at 2026-10-10T23:15:00+02:00": 28,
    "--at 2026-10-10T21:14:59.999999999Z": 24,
    "--at 2026-10-10T20:00:00Z": 0,
    "--at 2030-01-01T00:00:00Z": 37,
}


@pytest.mark.parametrize(("moment", "seq"), MOMENTS.items(), ids=MOMENTS.keys())
def test_a_moment_is_a_seq(cascade: Books, moment: str, seq: int) -> None:
    assert cascade.ask("oi", *moment.split(), "--json").json["as_of"]["seq"] == seq


@pytest.mark.parametrize("seq", range(38))
def test_the_past_is_what_it_was_when_it_was_the_head(cascade: Books, seq: int) -> None:
    answer = cascade.ask("balances", "--at", str(seq), "--json").json

    assert answer["totals"]["difference"] == "0"
    assert answer["totals"]["equity"] == answer["totals"]["net_deposits"]


def test_a_past_statement_ends_at_its_moment(cascade: Books) -> None:
    rows = cascade.ask("history", "dave", "--before", "ADL-34", "--json").json["rows"]

    assert [row["seq"] for row in rows] == [10, 11, 17, 21]


def test_a_past_timeline_knows_nothing_of_what_came_later(cascade: Books) -> None:
    found = cascade.ask("timeline", "alice", "--before", "ADL-34", "--json").json["liquidations"]

    assert [liquidation["id"] for liquidation in found] == ["LIQ-26", "LIQ-30"]
    assert found[1]["steps"][-1]["reason"] == "waiting"


def test_an_empty_log_has_an_answer_without_a_time(empty: Books) -> None:
    empty.ask("init")

    answer = empty.ask("balances", "--json").json

    assert answer["as_of"]["seq"] == 0
    assert answer["as_of"]["time"] is None
    assert answer["rows"] == []


def test_times_that_go_back_do_not_reorder_the_log(empty: Books) -> None:
    books = books_with(
        empty.folder,
        "at 2026-01-02T00:00:00Z\nvenue v\nat 2026-01-01T00:00:00Z\naccount alice\n",
    )

    assert books.ask("oi", "--at", "2026-01-01T12:00:00Z", "--json").json["as_of"]["seq"] == 2
