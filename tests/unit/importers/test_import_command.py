"""Does `zerosum import hyperliquid` say and leave what its contract says?"""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cli import import_run
from cli.errors import CommandFailed
from cli.import_run import reading_failures
from cli.main import run
from importers.hyperliquid.reader_process import ReaderLost
from tests.unit.importers.archives import ALICE, BOB, block_fill, both, fill, written
from tests.unit.importers.dydx.answers import deleveraging

Zerosum = Callable[..., tuple[int, str, str]]


@pytest.fixture
def zerosum(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsysbinary: pytest.CaptureFixture[bytes]
) -> Zerosum:
    """Runs a command against a store of the test's own."""
    monkeypatch.setenv("ZEROSUM_STORE", f"sqlite:///{tmp_path / 'books.db'}")

    def called(*args: object) -> tuple[int, str, str]:
        code = run([str(arg) for arg in args])
        out, err = capsysbinary.readouterr()
        return code, out.decode(), err.decode()

    return called


@pytest.fixture
def fills(tmp_path: Path) -> Path:
    return written(tmp_path / "fills.jsonl", block_fill(1, *both(ALICE, BOB, "BTC", "1", "9", 7)))


def answered(zerosum: Zerosum, *args: object) -> dict[str, Any]:
    code, out, err = zerosum("import", "hyperliquid", *args, "--json")
    assert (code, err) == (0, "")
    found: dict[str, Any] = json.loads(out)
    return found


def test_an_import_answers_with_the_summary_and_the_reconciliation(
    zerosum: Zerosum, fills: Path
) -> None:
    zerosum("init")
    found = answered(zerosum, fills)

    assert found["schema"] == "import/1"
    assert (found["lines"], found["applied"], found["rejected"]) == (1, 2, [])
    assert (found["events"], found["first_seq"], found["last_seq"]) == (5, 1, 5)
    assert found["as_of"]["root"] == found["root"]
    assert found["rows"]["in"] == 2
    assert found["holds"] is True
    assert found["files"][0]["sha256"]


def test_an_import_that_comes_again_adds_nothing_and_is_no_failure(
    zerosum: Zerosum, fills: Path
) -> None:
    zerosum("init")
    first = answered(zerosum, fills)
    second = answered(zerosum, fills)

    assert second["root"] == first["root"]
    assert (second["events"], second["first_seq"]) == (0, None)
    assert second["rows"]["recorded_before"] == 2
    assert second["rejected"] == []
    assert second["reasons"][0]["reason"] == "duplicate"


def test_a_dry_run_needs_no_store_and_writes_nothing(
    zerosum: Zerosum, fills: Path, tmp_path: Path
) -> None:
    found = answered(zerosum, fills, "--dry-run")

    assert (found["events"], found["facts"]) == (0, 5)
    assert not (tmp_path / "books.db").exists()


def test_rejected_rows_leave_with_five_unless_that_is_allowed(
    zerosum: Zerosum, tmp_path: Path
) -> None:
    zerosum("init")
    spot = written(tmp_path / "spot.jsonl", fill("@1", "B", "1", "9"))
    code, out, err = zerosum("import", "hyperliquid", spot)
    allowed, *_ = zerosum("import", "hyperliquid", spot, "--dry-run", "--allow-rejects")

    assert (code, allowed) == (5, 0)
    assert "rejected out_of_scope: 1, amount 9" in out
    assert err.startswith("error[rejected_rows]: 1 of 1 rows was rejected")


def test_rows_without_an_account_belong_to_the_one_that_is_named(
    zerosum: Zerosum, tmp_path: Path
) -> None:
    path = written(tmp_path / "mine.jsonl", fill("BTC", "B", "1", "9"))
    found = answered(zerosum, path, "--dry-run", "--account", ALICE.upper().replace("X", "x"))

    assert [account["account"] for account in found["accounts"]] == [ALICE]


@pytest.mark.parametrize(
    "args",
    [
        ("missing.jsonl",),
        (".", "--account", "no account"),
        (".", "--reading", "withdraw=maybe"),
        (".", "--reading", "withdraw"),
        (),
    ],
)
def test_wrong_usage_is_refused_without_a_traceback(zerosum: Zerosum, args: tuple[str]) -> None:
    code, out, err = zerosum("import", "hyperliquid", "--dry-run", *args)

    assert (code, out) == (2, "")
    assert err.startswith("error[")
    assert "Traceback" not in err


def test_a_decided_log_takes_no_archive(zerosum: Zerosum, fills: Path, tmp_path: Path) -> None:
    zerosum("init")
    opening = written(tmp_path / "commands.ndjson", {"command": "open_venue", "name": "here"})
    zerosum("apply", opening)
    for options in ((), ("--dry-run",)):
        code, _, err = zerosum("import", "hyperliquid", fills, *options)

        assert code == 5
        assert err.startswith("error[decided_log]")


def test_a_log_that_records_one_venue_takes_no_archive_of_another(
    zerosum: Zerosum, fills: Path, tmp_path: Path
) -> None:
    """One file is read by both: what is refused is the venue, before a row is looked at."""
    foreign = written(tmp_path / "foreign.jsonl", *deleveraging("0.811", "1898.343604"))
    for first, own, second, other in (
        ("hyperliquid", fills, "dydx", foreign),
        ("dydx", foreign, "hyperliquid", fills),
    ):
        store = ("--store", f"sqlite:///{tmp_path / first}.db")
        zerosum("init", *store)
        assert zerosum("import", first, own, *store)[0] == 0
        before = zerosum("events", "--raw", *store)
        for options in ((), ("--dry-run",)):
            code, out, err = zerosum("import", second, other, *options, *store)

            assert (code, out) == (5, "")
            assert err.startswith("error[other_venue]: this log records " + first)
        assert zerosum("events", "--raw", *store) == before


def test_the_text_names_what_was_assumed(zerosum: Zerosum, tmp_path: Path) -> None:
    path = written(tmp_path / "mine.jsonl", fill("BTC", "B", "1", "9", "2"))
    code, out, _ = zerosum("import", "hyperliquid", path, "--dry-run")

    assert code == 0
    assert "Accounts named after files that name none: mine.jsonl" in out
    assert "Size decimals taken from the rows, no meta given: BTC 0" in out
    assert "Margin tiers unknown, booked as 1/1 and 0/1: BTC" in out
    assert "account:mine (unknown opening): cash 0" in out
    assert "The sums agree." in out


def test_two_workers_and_one_give_the_same_root(
    zerosum: Zerosum, fills: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    roots = set()
    for workers in (1, 2):
        monkeypatch.setenv("ZEROSUM_STORE", f"sqlite:///{tmp_path / f'books-{workers}.db'}")
        zerosum("init")
        roots.add(answered(zerosum, fills, "--workers", workers)["root"])

    assert len(roots) == 1


def test_what_comes_first_in_a_block_stands_in_the_report(zerosum: Zerosum, fills: Path) -> None:
    zerosum("init")
    found = answered(zerosum, fills, "--order", "fills-first")

    assert found["assumed"]["order_in_block"] == "fills before ledger and funding"


def test_a_reading_process_that_is_lost_is_an_error_with_a_hint() -> None:
    with pytest.raises(CommandFailed) as failed, reading_failures():
        raise ReaderLost("the reading process ended with code -9")

    assert (failed.value.failure.code, failed.value.failure.exit_code) == ("reader_lost", 1)
    assert "--workers 1" in failed.value.failure.hint


def test_many_rows_in_the_log_are_said_to_follow_later(
    zerosum: Zerosum, fills: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(import_run, "EVENTS_TO_FOLLOW", 3)
    zerosum("init")
    code, _, err = zerosum("import", "hyperliquid", fills)
    asked, out, _ = zerosum("positions", "--json")

    assert (code, asked) == (0, 0)
    assert "the rows follow with the first question" in err
    assert json.loads(out)["as_of"]["seq"] == 5


@pytest.mark.parametrize("venue", ["hyperliquid", "dydx"])
def test_folders_in_which_nothing_is_read_are_wrong_usage(
    zerosum: Zerosum, tmp_path: Path, venue: str
) -> None:
    zerosum("init")
    empty, other = tmp_path / "empty", tmp_path / "other"
    empty.mkdir()
    written(other / "notes.txt", "no archive")
    written(other / "replica_cmds" / "1.json", "[]")
    nothing = zerosum("import", venue, empty)
    unread = zerosum("import", venue, other, empty)
    dry = zerosum("import", venue, other, "--dry-run")

    assert [code for code, *_ in (nothing, unread, dry)] == [2, 2, 2]
    assert "error[unreadable_path]" in nothing[2]
    assert "the folder is empty" in nothing[2]
    assert "none of the files in it is read: 1.json, notes.txt" in unread[2]
    assert "hint: read are .json" in unread[2]


def test_an_empty_folder_beside_files_is_no_fault(
    zerosum: Zerosum, fills: Path, tmp_path: Path
) -> None:
    (tmp_path / "empty").mkdir()

    assert answered(zerosum, fills, tmp_path / "empty", "--dry-run")["applied"] == 2


def test_files_without_any_row_are_said_to_have_none(zerosum: Zerosum, tmp_path: Path) -> None:
    path = written(tmp_path / "fills.jsonl")
    code, out, _ = zerosum("import", "hyperliquid", path, "--dry-run")

    assert code == 0
    assert "There was no row in these files." in out
    assert "Every row is in the log." not in out
