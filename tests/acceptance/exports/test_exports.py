"""Do the export commands write what was asked for, and refuse what cannot be?"""

import csv
import io
from pathlib import Path

import pytest

from tests.acceptance.calling import Books, books_with, called
from tests.unit.reports.exports.referees import complaint

TEXTS = ("ndjson", "csv", "hledger", "beancount")
WIDE = """
market M tick 1 lot 1 initial 10% maintenance 5%
deposit alice 9999999999999999999999999999
"""


@pytest.mark.parametrize("form", ["hledger", "beancount"])
@pytest.mark.parametrize(
    "options",
    [
        (),
        ("--from", "LIQ-26"),
        ("--to", "ADL-34"),
        ("--from", "20", "--to", "2026-10-10T21:18:00Z"),
        ("--account", "dave"),
        ("--account", "alice", "--from", "27", "--to", "35"),
        ("--from", "37", "--to", "3"),
    ],
    ids=" ".join,
)
def test_every_window_is_accepted(
    cascade: Books, tmp_path: Path, form: str, options: tuple[str, ...]
) -> None:
    file = tmp_path / "books"

    answer = cascade.ask("export", form, "-o", str(file), *options)

    assert answer.exit_code == 0, answer.err
    assert complaint(form, file) == ""


@pytest.mark.parametrize("form", TEXTS)
def test_the_same_log_gives_the_same_bytes(cascade: Books, tmp_path: Path, form: str) -> None:
    file = tmp_path / "books"
    surroundings = {"TZ": "Pacific/Kiritimati", "LC_ALL": "C", "PYTHONHASHSEED": "77"}

    cascade.ask("export", form, "-o", str(file))
    called_elsewhere = called(
        cascade.folder, "export", form, ZEROSUM_STORE=cascade.url, **surroundings
    )

    assert called_elsewhere.returncode == 0, called_elsewhere.stderr
    assert called_elsewhere.stdout == file.read_bytes()
    assert file.read_bytes() == cascade.ask("export", form).out.encode()


def test_the_talk_says_for_which_moment(cascade: Books) -> None:
    root = cascade.ask("balances", "--json").json["as_of"]["root"]

    talk = cascade.ask("export", "csv").err

    assert f"events 1 to 37, 2026-10-10T21:20:00.000000000Z, root {root}" in talk
    assert cascade.ask("export", "csv", "-q").err == ""


def test_the_rows_of_an_account_add_up_to_its_cash(cascade: Books) -> None:
    rows = list(csv.DictReader(io.StringIO(cascade.ask("export", "csv", "--account", "bob").out)))

    (held,) = cascade.ask("balances", "bob", "--json").json["rows"]
    assert {row["account"] for row in rows} == {"bob"}
    assert sum(int(row["cash_change"]) for row in rows) == int(held["cash"]) == 20_000


def test_parquet_holds_the_rows_of_csv(cascade: Books, tmp_path: Path) -> None:
    parquet = pytest.importorskip("pyarrow.parquet", reason="the extra frames is not installed")
    file = tmp_path / "books.parquet"

    answer = cascade.ask("export", "parquet", "-o", str(file), "--from", "20")

    assert answer.exit_code == 0, answer.err
    rows = list(csv.DictReader(io.StringIO(cascade.ask("export", "csv", "--from", "20").out)))
    table = parquet.read_table(file)
    assert table.column_names == list(rows[0])
    assert [str(seq) for seq in table["seq"].to_pylist()] == [row["seq"] for row in rows]


FAILURES = {
    "an unknown account": (("csv", "--account", "zoe"), 3, "unknown_account"),
    "a seq beyond the end": (("csv", "--from", "99"), 3, "unknown_seq"),
    "a time without a zone": (("csv", "--to", "2026-10-10T21:00:00"), 2, "time_without_zone"),
    "a moment": (("csv", "--at", "3"), 2, "usage"),
    "parquet without a file": (("parquet",), 2, "usage"),
    "raw bytes with names": (("ndjson", "--raw", "--names"), 2, "usage"),
    "a folder that is not there": (("csv", "-o", "/nowhere/at/all/x.csv"), 4, "file_error"),
    "a folder for a file": (("csv", "-o", "/tmp"), 2, "usage"),
}


@pytest.mark.parametrize(("words", "code", "name"), FAILURES.values(), ids=FAILURES.keys())
def test_what_cannot_be_exported_says_why(
    cascade: Books, words: tuple[str, ...], code: int, name: str
) -> None:
    answer = cascade.ask("export", *words, "--json")

    assert (answer.exit_code, answer.error["code"]) == (code, name)
    assert "Traceback" not in answer.err


def test_too_many_digits_leave_no_half_file_and_keep_the_old_one(tmp_path: Path) -> None:
    books = books_with(tmp_path, WIDE)
    file = tmp_path / "books.beancount"
    file.write_text("as it was")

    answer = books.ask("export", "beancount", "-o", str(file), "--json")

    assert (answer.exit_code, answer.error["code"]) == (1, "too_many_digits")
    assert "28 digits" in answer.error["message"]
    assert file.read_text() == "as it was"
    assert [path.name for path in tmp_path.iterdir() if "part" in path.name] == []
    assert books.ask("export", "hledger").exit_code == 0


def test_an_empty_log_can_be_exported(tmp_path: Path) -> None:
    books = Books(tmp_path)
    books.ask("init")

    for form in TEXTS:
        assert books.ask("export", form).exit_code == 0
    assert books.ask("export", "ndjson", "--raw").out == ""


def test_a_reader_that_goes_away_is_no_failure(cascade: Books) -> None:
    import subprocess
    import sys

    from tests.acceptance.calling import ROOT

    code = f"{sys.executable} -m cli.main export csv -q | head -1; exit ${{PIPESTATUS[0]}}"
    done = subprocess.run(
        ["bash", "-c", code],
        env={"PATH": "/usr/bin:/bin", "PYTHONPATH": str(ROOT), "ZEROSUM_STORE": cascade.url},
        capture_output=True,
        check=False,
        timeout=60,
    )

    assert done.returncode in (0, 141)
    assert done.stdout.startswith(b"seq,time")
    assert done.stderr == b""
