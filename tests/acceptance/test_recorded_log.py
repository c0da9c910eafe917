"""Can a user walk over a log that records a venue, with every command that reads?

A small generated evening is imported once; each command answers as documented, without a traceback,
and whatever can be compared with the truth beside the archive, or with another answer, agrees.
"""

import csv
import json
import subprocess
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.calling import Answer, Books
from tests.unit.importers.generator.evenings import decisions, evening, table
from tests.unit.reports.exports.referees import CHECKS, run

IMPORT = ("import", "hyperliquid", "--reading", "withdraw=fee-beside", "--allow-rejects")
FORMATS = ("table", "json", "ndjson", "csv")
NAME = "zerosum.example/evening"
Rows = list[dict[str, Any]]


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return evening(tmp_path_factory.mktemp("evening"), seed=3, accounts=24, fills=1_200)


@pytest.fixture(scope="module")
def books(archive: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Books]:
    """The evening in a store, sealed; nothing here changes it any more."""
    found = Books(tmp_path_factory.mktemp("books"))
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(found.folder)  # where the key is kept
        for variable in ("ZEROSUM_KEY", "ZEROSUM_VKEY"):
            patch.delenv(variable, raising=False)
        asked(found, "init", "--name", NAME)
        asked(found, *IMPORT, str(archive / "venue"))
        asked(found, "keygen")
        asked(found, "checkpoint")
        yield found


@pytest.fixture(scope="module")
def closes(books: Books) -> Rows:
    found: Rows = asked(books, "adl", "list", "--json").json["rows"]
    return found


def asked(books: Books, *args: str, leaves: int = 0) -> Answer:
    """What a command answers; it leaves as it should, and never with a defect of ours."""
    answer = books.ask(*args)
    said = (args, answer.exit_code, answer.out[-500:], answer.err[-500:])
    assert answer.exit_code == leaves, said
    assert "Traceback" not in answer.out + answer.err, said
    if leaves:
        assert "error" in answer.err or answer.out, said
    if answer.exit_code == 0 and args[-2:] == ("--format", "json"):
        assert answer.json["schema"], said
    return answer


def parsed(answer: Answer, form: str) -> None:
    """Programs can read it."""
    if form == "ndjson":
        assert all(json.loads(line) is not None for line in answer.out.splitlines())
    elif form == "csv":
        rows = list(csv.reader(answer.out.splitlines()))
        assert len({len(row) for row in rows}) <= 1


def questions(close: dict[str, Any]) -> Iterator[tuple[str, ...]]:
    """Every command that reads, as a user would ask about one decision."""
    name, market, bankrupt = close["id"], close["market"], close["bankrupt"]
    yield ("balances",)
    yield ("balances", bankrupt, "--before", name)
    yield ("positions", bankrupt, "--market", market, "--before", name)
    yield ("oi", market, "--at", name)
    yield ("history", bankrupt)
    yield ("events", "--market", market, "--type", "market.position_deleveraged")
    yield ("event", str(close["seq"]))
    yield ("timeline", market)
    yield ("timeline", bankrupt, "--at", name)
    yield ("adl", "list", "--before", name)
    yield ("adl", "show", name)
    yield ("adl", "explain", name)
    yield ("adl", "explain", name, "--account", bankrupt)
    yield ("adl", "explain", name, "--audience", "public")
    yield ("adl", "explain", name, "--audience", "trader", "--account", bankrupt)
    yield ("adl", "rank", market, "--side", "short", "--before", name)
    yield ("whatif", name, "--policy", "pro-rata-size@1")
    yield ("audit", "adl", "--policy", "hyperliquid-symmetric@1")
    yield ("policy", "list")
    yield ("policy", "show", "hyperliquid-symmetric@1")


@pytest.mark.parametrize("form", FORMATS)
def test_every_question_has_an_answer_in_every_format(
    books: Books, closes: Rows, form: str
) -> None:
    for question in questions(closes[0]):
        parsed(asked(books, *question, "--format", form), form)


def test_what_is_not_there_is_refused_with_its_code(books: Books, closes: Rows) -> None:
    name = closes[0]["id"]
    for question, leaves, code in (
        (("timeline", "nobody"), 3, "unknown_liquidation"),
        (("timeline", closes[-1]["bankrupt"], "--at", "1"), 3, "unknown_liquidation"),
        (("adl", "show", "ADL-1"), 3, "unknown_decision"),
        (("adl", "explain", "ADL-999999"), 3, "unknown_decision"),
        (("adl", "show", name, "--before", name), 3, "unknown_decision"),
        (("whatif", name, "--policy", "no-such@1"), 3, "unknown_policy"),
        (("replay", "--re-decide"), 5, "recorded_log"),
        (("apply", "-"), 5, "recorded_log"),
    ):
        answer = books.ask(*question, "--json", given='{"command": "open_venue", "name": "x"}\n')
        assert (answer.exit_code, answer.error["code"]) == (leaves, code), question


def test_balances_positions_and_open_interest_are_those_of_the_truth(
    books: Books, archive: Path
) -> None:
    accounts = {row["account"]: row for row in asked(books, "balances", "--json").json["rows"]}
    told = table(archive, "accounts_final")
    for row in told:
        found = accounts[row["user"]]
        assert (found["cash"], found["equity"]) == (row["cash"], row["account_value"])
    held = {
        (row["market"], row["account"]): row["quantity"]
        for row in asked(books, "positions", "--json").json["rows"]
        if not row["account"].startswith("outside:")
    }
    assert {key: Fraction(lots) for key, lots in held.items()} == {
        (row["coin"], row["user"]): Fraction(row["position"])
        for row in table(archive, "positions_final")
    }
    sides = {row["market"]: row for row in asked(books, "oi", "--json").json["rows"]}
    for row in table(archive, "coins_final"):
        assert sides[row["coin"]]["difference"] == "0"
        assert Fraction(sides[row["coin"]]["long"]) == Fraction(row["open_interest"])


def test_the_last_line_of_a_history_is_the_balance(books: Books) -> None:
    for row in asked(books, "balances", "--json").json["rows"][::4]:
        lines = asked(books, "history", row["account"], "--json").json["rows"]
        assert not lines or lines[-1]["cash"] == row["cash"]


def test_decisions_are_those_of_the_truth(books: Books, archive: Path, closes: Rows) -> None:
    told = [one for one in decisions(archive) if Fraction(one["closed"])]
    assert [(one["market"], one["bankrupt"]) for one in closes] == [
        (one["coin"], one["liquidated_user"]) for one in told
    ]
    for found, one in zip(closes, told, strict=True):
        assert Fraction(found["quantity"]) == Fraction(one["closed"])
        assert Fraction(found["close_price"]) == Fraction(one["px"])
    audit = asked(books, "audit", "adl", "--policy", "hyperliquid-symmetric@1", "--json").json
    assert "violates" not in json.dumps(audit["decisions"])


def test_timelines_agree_with_the_truth_and_with_the_list_of_decisions(
    books: Books, archive: Path, closes: Rows
) -> None:
    found = {}
    for market in {close["market"] for close in closes}:
        for one in asked(books, "timeline", market, "--json").json["liquidations"]:
            found[one["id"]] = one
    told = {f"{row['block_number']}:{row['user']}": row for row in table(archive, "liquidations")}
    name, first = next(iter(found.items()))
    assert asked(books, "timeline", name, "--json").json["liquidations"] == [first]
    for name, one in found.items():
        assert one["equity"] == told[name]["account_value"]
    steps = [step for one in found.values() for step in one["steps"] if step["step"] == "adl"]
    assert {(f"ADL-{step['seq']}", step["quantity"], step["price"]) for step in steps} == {
        (close["id"], close["quantity"], close["close_price"]) for close in closes
    }
    taken = [step for one in found.values() for step in one["steps"] if step["step"] == "takeover"]
    expected = [
        (row["coin"], abs(Fraction(row["position"])), Fraction(row["px"]))
        for row in table(archive, "takeovers")
    ]
    assert sorted(
        (step["market"], Fraction(step["quantity"]), Fraction(step["price"])) for step in taken
    ) == sorted(expected)


def test_nothing_is_wrong_with_a_log_that_was_only_read(books: Books) -> None:
    found = asked(books, "verify", "--json").json
    assert found["verdict"] == "intact"
    assert {check["result"] for check in found["checks"]} <= {"ok", "skipped"}
    asked(books, "verify")
    asked(books, "doctor")
    assert asked(books, "replay", "--json").json["equal"] is True
    before = asked(books, "balances", "--json").out
    asked(books, "rebuild")
    assert asked(books, "balances", "--json").out == before


def test_pages_are_written_for_every_audience(books: Books, closes: Rows, tmp_path: Path) -> None:
    name, victim = closes[0]["id"], closes[0]["bankrupt"]
    for audience, more in (("auditor", ()), ("public", ()), ("trader", ("--account", victim))):
        for kind in ("html", "pdf") if audience == "auditor" else ("html",):
            page = tmp_path / f"{audience}.{kind}"
            asked(
                books, "adl", "explain", name, "--audience", audience, *more, f"--{kind}", str(page)
            )
            assert page.stat().st_size > 1_000
        text = (tmp_path / f"{audience}.html").read_text("utf-8")
        assert (victim in text) is (audience != "public")
    asked(books, "adl", "explain", "--all", "--html", str(tmp_path / "all"))
    assert len(list((tmp_path / "all").iterdir())) == len(closes) + 1


def test_an_event_and_a_close_can_be_proved(books: Books, closes: Rows, tmp_path: Path) -> None:
    for place, what in enumerate((str(closes[0]["seq"]), closes[0]["id"], "1")):
        proof = str(tmp_path / f"{place}.proof")
        asked(books, "prove", what, "-o", proof)
        asked(books, "verify-proof", proof)


def test_an_import_that_comes_again_changes_nothing(books: Books, archive: Path) -> None:
    before = asked(books, "events", "--raw").out
    again = asked(books, *IMPORT, str(archive / "venue"), "--json").json
    assert (again["events"], again["first_seq"]) == (0, None)
    assert asked(books, "events", "--raw").out == before


def test_an_export_is_the_log_again_and_other_programs_take_it(
    books: Books, tmp_path: Path
) -> None:
    raw = str(tmp_path / "log.ndjson")
    asked(books, "export", "ndjson", "--raw", "-o", raw)
    other = Books(tmp_path)
    asked(other, "init", "--name", NAME)
    asked(other, "import", "ndjson", raw)
    root = asked(books, "balances", "--json").json["as_of"]["root"]
    assert asked(other, "balances", "--json").json["as_of"]["root"] == root
    assert asked(other, "verify", "--json").json["verdict"] in ("intact", "unsealed")
    for form in ("csv", "parquet", "hledger", "beancount"):
        out = tmp_path / f"log.{form}"
        asked(books, "export", form, "-o", str(out))
        assert out.stat().st_size


@pytest.mark.parametrize("form", sorted(CHECKS))
def test_the_books_of_a_venue_balance_for_other_programs(
    books: Books, tmp_path: Path, form: str
) -> None:
    out = tmp_path / f"log.{form}"
    asked(books, "export", form, "-o", str(out))
    judged: subprocess.CompletedProcess[str] = run(CHECKS[form], out)
    assert judged.returncode == 0, judged.stdout + judged.stderr
