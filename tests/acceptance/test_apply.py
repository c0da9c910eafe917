"""What becomes of each line that is handed in?"""

import json
import re

import pytest

from cli.cascade_mini import SCENARIO
from tests.acceptance.calling import Books, cascade_mini

OPEN = '{"command":"open_venue","name":"v"}\n'
ALICE = '{"command":"open_account","account":"alice","id":"a1"}\n'


@pytest.fixture
def books(empty: Books) -> Books:
    empty.ask("init")
    return empty


def test_the_summary_counts_every_line(books: Books) -> None:
    lines = (
        f'{OPEN}\n{ALICE}{ALICE}nonsense\n{{"command":"deposit","account":"bob","amount":"1"}}\n'
    )

    applied = books.ask("apply", "--json", "--allow-rejects", "-", given=lines)

    assert applied.exit_code == 0
    summary = applied.json
    assert {key: summary[key] for key in ("lines", "applied", "blank", "repeated", "events")} == {
        "lines": 6,
        "applied": 2,
        "blank": 1,
        "repeated": 1,
        "events": 3,
    }
    assert (summary["first_seq"], summary["last_seq"]) == (1, 3)
    assert [(row["line"], row["code"]) for row in summary["rejected"]] == [
        (5, "bad_json"),
        (6, "no_account"),
    ]
    assert summary["root"] == summary["as_of"]["root"]


def test_a_rejected_line_is_exit_5_unless_that_is_allowed(books: Books) -> None:
    applied = books.ask("apply", "-", given="nonsense {\n")

    assert applied.exit_code == 5
    assert applied.err.startswith("error[rejected_lines]: 1 of 1 lines was rejected")
    assert books.ask("apply", "-", "--allow-rejects", given="nonsense {\n").exit_code == 0


def test_a_last_line_that_was_cut_off_is_named_so(books: Books) -> None:
    summary = books.ask("apply", "-", "--json", given=OPEN + ALICE[:30]).json

    assert [(row["line"], row["code"]) for row in summary["rejected"]] == [(2, "truncated_line")]


def test_a_last_line_without_an_end_is_applied_when_it_is_whole(books: Books) -> None:
    assert books.ask("apply", "-", "--json", given=OPEN.rstrip("\n")).json["applied"] == 1


def test_a_broken_line_in_the_middle_is_not_called_cut_off(books: Books) -> None:
    summary = books.ask("apply", "-", "--json", given='{"command"\n' + OPEN).json

    assert [row["code"] for row in summary["rejected"]] == ["bad_json"]


def test_lines_end_at_newlines_only(books: Books) -> None:
    deposit = '{"command":"deposit","account":"alice","amount":"1","reference":"a\u2028b"}\n'

    summary = books.ask("apply", "-", "--json", given=OPEN + ALICE + deposit).json

    # One line, whatever Unicode thinks; and no control character in a reference.
    assert summary["lines"] == 3
    assert [row["code"] for row in summary["rejected"]] == ["bad_value"]


def test_a_line_that_never_ends_is_refused_without_being_kept(books: Books) -> None:
    summary = books.ask("apply", "-", "--json", given="x" * (3 << 20) + "\n" + OPEN).json

    assert (summary["lines"], summary["applied"]) == (2, 1)
    assert [row["code"] for row in summary["rejected"]] == ["bad_json"]


def test_ndjson_prints_a_receipt_per_command_and_then_the_summary(books: Books) -> None:
    lines = books.ask("apply", "-", "--format", "ndjson", given=OPEN + ALICE).out.splitlines()
    first, second, summary = (json.loads(line) for line in lines)

    assert (first["first_seq"], first["last_seq"], first["rejected"]) == (1, 1, None)
    assert (second["line"], second["id"], second["repeated"]) == (2, "a1", False)
    assert second["root"] == summary["root"]


@pytest.mark.parametrize("batch", ["1", "2", "7", "1000"])
def test_the_batch_size_changes_no_byte(books: Books, batch: str) -> None:
    path = books.write("cascade", SCENARIO)

    summary = books.ask("apply", path, "--batch", batch, "--json").json

    assert summary["events"] == 37
    assert summary["root"] == (books.ask("events", "--json").json["as_of"]["root"])
    assert books.ask("verify", "--expect-root", f"37:{summary['root']}").exit_code == 0


def test_scenario_notation_and_ndjson_give_the_same_root(
    books: Books, tmp_path_factory: pytest.TempPathFactory
) -> None:
    other = cascade_mini(tmp_path_factory.mktemp("other"))
    root = books.ask("apply", "-", "--json", given=SCENARIO).json["root"]

    assert root == other.ask("oi", "--json").json["as_of"]["root"]


def test_a_scenario_goes_on_where_the_log_is(empty: Books) -> None:
    books = cascade_mini(empty.folder)

    applied = books.ask("apply", "-", "--json", given="mark 50000\nbuy bob 0.1 @ 49000\n").json

    assert (applied["applied"], applied["rejected"]) == (2, [])
    assert applied["first_seq"] == 38


def test_a_line_that_is_no_sentence_is_rejected_by_its_number(books: Books) -> None:
    applied = books.ask("apply", "-", "--json", given="venue v\nfrobnicate\nmark\n").json

    assert [(row["line"], row["code"]) for row in applied["rejected"]] == [
        (2, "unknown_command"),
        (3, "bad_value"),
    ]


def test_what_is_applied_is_in_the_rows_at_once(books: Books) -> None:
    books.ask("apply", "-", given=OPEN + ALICE)

    assert books.ask("doctor", "--json").json["checks"][-1]["detail"] == "counted to the head"


def test_a_byte_order_mark_is_no_part_of_the_first_line(books: Books) -> None:
    marked = b"\xef\xbb\xbf" + (OPEN + ALICE).encode()

    assert books.ask("apply", "-", "--json", given=marked).json["applied"] == 2


def test_a_byte_order_mark_further_on_is_bad(books: Books) -> None:
    given = OPEN.encode() + b"\xef\xbb\xbf" + ALICE.encode()

    summary = books.ask("apply", "-", "--json", given=given).json

    assert [(row["line"], row["code"]) for row in summary["rejected"]] == [(2, "bad_json")]


def test_a_scenario_may_begin_with_a_byte_order_mark(books: Books) -> None:
    assert books.ask("apply", "-", given=b"\xef\xbb\xbf" + SCENARIO.encode()).exit_code == 0


def test_progress_never_says_more_than_there_is(
    books: Books, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cli.progress.SECONDS_ELSEWHERE", 0)
    marks = "".join(
        f'{{"command":"open_account","account":"a{"b" * (60 - n)}{n}"}}\n' for n in range(60)
    )
    file = books.write("many.ndjson", OPEN + marks)

    said = books.ask("apply", file, "--batch", "10").err

    found = re.findall(r"applying commands: (\d+) of (\d+)", said)
    assert len(found) == 7
    assert [pair for pair in found if int(pair[0]) > int(pair[1])] == []
    assert found[-1] == ("61", "61")
