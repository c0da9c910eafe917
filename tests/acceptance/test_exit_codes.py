"""Does every way to fail have its code, its exit code, and a hint, and never a traceback?"""

import os
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.acceptance.calling import ROOT, Books, called, cascade_mini

FAILURES = {
    "a command that does not exist": (("balences",), 2, "usage"),
    "an option that does not exist": (("balances", "--jsn"), 2, "usage"),
    "a missing argument": (("history",), 2, "usage"),
    "a format that does not exist": (("balances", "--format", "xml"), 2, "usage"),
    "a batch of nothing": (("apply", "-", "--batch", "0"), 2, "usage"),
    "a file that is not there": (("apply", "nowhere.ndjson"), 2, "usage"),
    "two moments at once": (("balances", "--at", "3", "--before", "4"), 2, "usage"),
    "a moment where there is none": (("version", "--at", "3"), 2, "usage"),
    "a time without a zone": (("oi", "--at", "2026-10-10T21:00:00"), 2, "time_without_zone"),
    "a day for a time": (("oi", "--at", "2026-10-10"), 2, "time_without_zone"),
    "a moment that is none": (("oi", "--at", "yesterday"), 2, "bad_moment"),
    "a root that is none": (("verify", "--expect-root", "abc"), 2, "bad_root"),
    "a name that names nothing": (("init", "--name", "a b"), 2, "bad_name"),
    "an event type that does not exist": (("events", "--type", "x"), 2, "unknown_event_type"),
    "an unknown account": (("balances", "zoe"), 3, "unknown_account"),
    "the history of an unknown account": (("history", "zoe"), 3, "unknown_account"),
    "events of an unknown account": (("events", "--account", "zoe"), 3, "unknown_account"),
    "an account before it was opened": (("balances", "bob", "--at", "3"), 3, "unknown_account"),
    "an unknown market": (("oi", "ETH-PERP"), 3, "unknown_market"),
    "positions in an unknown market": (("positions", "--market", "X"), 3, "unknown_market"),
    "the rank of nobody": (("adl", "rank", "--account", "nobody"), 3, "unknown_account"),
    "the rank of no queue": (("adl", "rank", "BTC-PERP"), 2, "usage"),
    "the rank in an unknown market": (("adl", "rank", "X", "--side", "long"), 3, "unknown_market"),
    "an unknown decision": (("adl", "explain", "ADL-1"), 3, "unknown_decision"),
    "a decision that lies ahead": (
        ("adl", "show", "ADL-34", "--before", "ADL-34"),
        3,
        "unknown_decision",
    ),
    "a decision whose closures are not all done": (
        ("adl", "explain", "ADL-34", "--at", "35"),
        3,
        "unknown_decision",
    ),
    "an unknown account in a decision": (
        ("adl", "explain", "ADL-34", "--account", "zoe"),
        3,
        "unknown_account",
    ),
    "an unknown policy": (("policy", "show", "x@1"), 3, "unknown_policy"),
    "the rank by an unknown policy": (
        ("adl", "rank", "BTC-PERP", "--side", "long", "--policy", "x@1"),
        3,
        "unknown_policy",
    ),
    "a timeline of nothing": (("timeline", "zoe"), 3, "unknown_liquidation"),
    "a seq beyond the head": (("balances", "--at", "38"), 3, "unknown_seq"),
    "an event beyond the head": (("event", "38"), 3, "unknown_seq"),
    "event 0": (("event", "0"), 3, "unknown_seq"),
    "a moment before the first": (("balances", "--before", "0"), 3, "unknown_seq"),
    "a trade that is none": (("event", "T-1"), 3, "unknown_trade"),
    "a liquidation that is none": (("oi", "--at", "LIQ-1"), 3, "unknown_liquidation"),
    "a store that is there already": (("init",), 4, "store_exists"),
    "a store that is not there": (
        ("balances", "--store", "sqlite:///nowhere/books.db"),
        4,
        "store_missing",
    ),
    "a store URL that is none": (("balances", "--store", "books.db"), 4, "bad_store_url"),
}


@pytest.mark.parametrize(("args", "exit_code", "code"), FAILURES.values(), ids=FAILURES.keys())
def test_a_failure_says_its_code_and_leaves_with_its_exit_code(
    cascade: Books, args: tuple[str, ...], exit_code: int, code: str
) -> None:
    said = cascade.ask(*args)

    assert said.exit_code == exit_code
    assert said.err.startswith(f"error[{code}]: ")
    assert "\nhint: " in said.err or "\n  expected: " in said.err
    assert "Traceback" not in said.err
    assert said.out == ""


@pytest.mark.parametrize(("args", "exit_code", "code"), FAILURES.values(), ids=FAILURES.keys())
def test_with_json_a_failure_is_one_object_with_the_same_code(
    cascade: Books, args: tuple[str, ...], exit_code: int, code: str
) -> None:
    said = cascade.ask("--json", *args)

    assert said.exit_code == exit_code
    assert said.error["code"] == code
    assert said.error["exit"] == exit_code
    assert said.out == ""


def test_a_typing_error_is_answered_with_the_nearest_command(cascade: Books) -> None:
    assert "Did you mean 'balances'?" in cascade.ask("balences").err


def test_a_file_that_is_no_store_is_unreadable_or_of_another_schema(empty: Books) -> None:
    path = empty.folder / "books.db"
    sqlite3.connect(path).execute("CREATE TABLE x (y)").connection.commit()

    said = empty.ask("balances")

    assert said.exit_code == 4
    assert said.err.startswith("error[store_schema]: ")


def test_a_store_that_somebody_else_writes_to_is_locked(empty: Books) -> None:
    books = cascade_mini(empty.folder)
    other = sqlite3.connect(empty.folder / "books.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    command = '{"command":"mark","market":"BTC-PERP","price":"50000"}\n'

    said = books.ask("apply", "-", given=command)
    other.execute("ROLLBACK")

    assert said.exit_code == 4
    assert said.err.splitlines()[-2].startswith("error[store_locked]: ")
    assert books.ask("balances", "--json").json["as_of"]["seq"] == 37


def test_a_writer_that_was_overtaken_writes_nothing_and_says_so(empty: Books) -> None:
    books = cascade_mini(empty.folder)
    process = subprocess.Popen(
        [sys.executable, "-m", "cli.main", "apply", "-", "--format", "ndjson"],
        env={**os.environ, "ZEROSUM_STORE": books.url, "PYTHONPATH": str(ROOT)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(b'{"command":"open_account","account":"first"}\n')
    process.stdin.flush()
    assert process.stdout.readline()
    overtaking = '{"command":"open_account","account":"second"}\n'
    assert books.ask("apply", "-", given=overtaking).exit_code == 0

    _, err = process.communicate(b'{"command":"open_account","account":"third"}\n', timeout=30)

    assert process.returncode == 4
    assert b'"code": "stale_head"' in err
    accounts = [row["account"] for row in books.ask("balances", "--json").json["rows"]]
    assert {"first", "second"} <= set(accounts)
    assert "third" not in accounts


def test_a_closed_pipe_is_141_and_silent(cascade: Books) -> None:
    command = f"{sys.executable} -m cli.main events --raw -q; echo $? >&3"
    script = f"exec 3>code; {{ sleep 1; {command}; }} | true"
    done = subprocess.run(
        ["bash", "-c", script],
        cwd=cascade.folder,
        env={**os.environ, "ZEROSUM_STORE": cascade.url, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        check=False,
        timeout=60,
    )

    assert (cascade.folder / "code").read_text().strip() == "141"
    assert done.stderr == b""


def test_an_interrupt_is_130_and_keeps_what_was_applied(empty: Books) -> None:
    books = cascade_mini(empty.folder)
    # Tests that run in the background inherit that interrupts are ignored; a terminal's do not.
    as_on_a_terminal = (
        "import signal, sys; signal.signal(signal.SIGINT, signal.default_int_handler);"
        "from cli.main import run; sys.exit(run())"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", as_on_a_terminal, "apply", "-", "--format", "ndjson"],
        env={**os.environ, "ZEROSUM_STORE": books.url, "PYTHONPATH": str(ROOT)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(b'{"command":"mark","market":"BTC-PERP","price":"50000"}\n')
    process.stdin.flush()
    receipt = process.stdout.readline()
    time.sleep(0.2)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=30)

    assert b'"first_seq": 38' in receipt
    assert process.returncode == 130
    assert b'"code": "interrupted"' in err
    assert b"Traceback" not in err
    assert books.ask("event", "38", "--json").json["event"]["seq"] == 38


def test_a_defect_is_70_with_a_request_to_report_it(
    cascade: Books, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError("as if")

    monkeypatch.setattr("cli.balances_command.balances_page", broken)
    said = cascade.ask("balances")

    assert said.exit_code == 70
    assert said.err.startswith("error[defect]: ZeroDivisionError: as if")
    assert "please report it" in said.err
    assert "Traceback" not in said.err


def test_without_a_name_the_store_is_the_one_in_the_working_directory(tmp_path: Path) -> None:
    done = called(tmp_path, "balances")

    assert done.returncode == 4
    assert b"there is no store at zerosum.db" in done.stderr
