"""Does the command line answer about recorded closes, in every format, without a traceback?"""

import csv
import io
import json
from pathlib import Path

import pytest

from ledger.ledger import Ledger
from tests.acceptance.calling import Books
from tests.recorded import RecordedLog, crash
from tests.unit.projections.test_recorded_timelines import waterfall

SYMMETRIC = ("--policy", "hyperliquid-symmetric@1")
LITERAL = ("--policy", "hyperliquid-literal@1")


def kept(folder: Path, log: RecordedLog) -> Books:
    """A store that holds the log."""
    books = Books(folder)
    with Ledger.create(books.url) as ledger:
        ledger.record(log.facts)
    return books


@pytest.fixture(scope="session")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Books:
    """Two decisions: `q` is closed by the symmetric rule, then a stranger whose cash is unknown."""
    log = crash(("p", 800, 10, 100), ("q", 1, 10, 180), need=20)
    log.move("q", "maker", 1, "transfer")
    log.close("bust", "q", 10, 95)
    log.later()
    log.mark(89)
    log.trade("maker", "stranger", 5, 99)
    log.close("bust", "stranger", 5, 90)
    return kept(tmp_path_factory.mktemp("recorded"), log)


def first_decision(books: Books) -> str:
    return str(books.ask("adl", "list", "--json").json["rows"][0]["id"])


def test_a_single_reading_that_is_violated_leaves_with_one(recorded: Books) -> None:
    assert recorded.ask("audit", "adl", *LITERAL).exit_code == 1
    assert recorded.ask("audit", "adl", *SYMMETRIC).exit_code == 0
    assert recorded.ask("audit", "adl").exit_code == 0


def test_json_lines_and_table_tell_the_same_verdicts(recorded: Books) -> None:
    whole = recorded.ask("audit", "adl", "--json").json
    lines = recorded.ask("audit", "adl", "--format", "ndjson").out.splitlines()
    rows = list(csv.DictReader(io.StringIO(recorded.ask("audit", "adl", "--format", "csv").out)))

    assert whole["schema"] == "adl-audit/1"
    assert [json.loads(line) for line in lines[:-1]] == whole["decisions"]
    rest = json.loads(lines[-1])
    assert {**rest, "decisions": whole["decisions"]} == whole
    assert [row["verdict_S"] for row in rows] == ["conforms", "undecidable"]
    for decision in whole["decisions"]:
        assert decision["id"] in recorded.ask("audit", "adl").out


def test_the_verdicts_carry_what_shows_them(recorded: Books) -> None:
    first, second = recorded.ask("audit", "adl", "--json").json["decisions"]
    literal, symmetric, _ = first["verdicts"]

    assert literal["pair"] == {
        "kind": "order",
        "skipped": "p",
        "skipped_score": "9/10",
        "closed": "q",
        "closed_score": "1/2",
    }
    assert literal["skipped"] == {"count": 1, "accounts": ["p"]}
    assert literal["would_close"] == {"p": "10"}
    assert literal["distance"] == {"quantity": "10", "cost": "50", "ranks": 1, "among": "all"}
    assert symmetric["verdict"] == "conforms"
    assert (first["fits"], second["fits"]) == ("S+R", "not decidable")
    assert second["verdicts"][1]["missing"] == [
        {"input": "cash_unknown", "count": 1, "accounts": ["stranger"]}
    ]
    close = first["closes"][0]
    assert close["implied_entry_price"] == "180"
    assert close["checks"]["profit_by_books"] == "yes"
    assert close["scores"] == {"L": "1/2", "S": "2/1", "R": "1/2"}


def test_the_summary_counts_each_deficit_once(recorded: Books) -> None:
    whole = recorded.ask("audit", "adl", "--json").json
    summary = whole["summary"]

    assert (summary["decisions"], summary["closes"], summary["scopes"]) == (2, 2, 1)
    # Half of the first deficit was paid, and nothing came in since: it is the same one.
    assert [row["deficit"] for row in whole["decisions"]] == ["100", "60"]
    assert summary["deficit"] == "100"
    assert summary["fits"] == {"S+R": 1, "not decidable": 1}
    assert summary["verdicts"]["S"] == {"conforms": 1, "violates": 0, "undecidable": 1}
    assert summary["metrics"]["measured_decisions"] == 1
    actual, literal, *_ = summary["metrics"]["rows"]
    assert (actual["accounts_touched"], actual["largest_share"]) == (1, "1")
    assert literal["policy"] == "hyperliquid-literal@1"


def test_windows_and_markets_choose_decisions(recorded: Books) -> None:
    first = first_decision(recorded)
    before = recorded.ask("audit", "adl", "--json", "--to", first).json
    only = recorded.ask("audit", "adl", "--json", "--from", first, "--market", "M").json

    assert before["decisions"] == []
    assert only["decisions"][0]["id"] == first
    assert len(only["decisions"]) == 2
    assert recorded.ask("audit", "adl", "--to", first).exit_code == 0
    assert "No recorded" in recorded.ask("audit", "adl", "--to", first).out


def test_a_doubt_that_is_assumed_away_is_named(recorded: Books) -> None:
    told = recorded.ask("audit", "adl", "--json", "--assume", "marks-still-hold").json

    assert told["asked"]["assumptions"] == ["marks-still-hold"]


def test_the_page_stands_alone(recorded: Books) -> None:
    path = recorded.folder / "audit.html"

    assert recorded.ask("audit", "adl", "--html", str(path)).exit_code == 0
    page = path.read_text()
    assert "<script" not in page
    assert "http://" not in page
    assert first_decision(recorded) in page
    again = recorded.folder / "again.html"
    recorded.ask("audit", "adl", "--html", str(again))
    assert again.read_bytes() == path.read_bytes()


@pytest.mark.parametrize(
    ("args", "exit_code", "code"),
    [
        (("--policy", "fair@1"), 3, "unknown_policy"),
        (("--policy", "external-list@1"), 2, "policy_needs_input"),
        (("--policy", "seeded-rotation@1"), 2, "missing_parameter"),
        (("--policy", "capped-pro-rata@1", "--param", "cap=2"), 2, "bad_parameter"),
        ((*SYMMETRIC, "--param", "k=2"), 2, "unknown_parameter"),
        ((*SYMMETRIC, *SYMMETRIC), 2, "usage"),
        (("--market", "X"), 3, "unknown_market"),
        (("--mark-age", "soon"), 2, "usage"),
        (("--burst-gap", "-1"), 2, "usage"),
        (("--from", "2025-10-10"), 2, "time_without_zone"),
        (("--html", "/nowhere/at/all.html"), 4, "file_error"),
    ],
)
def test_what_cannot_be_meant_is_refused(
    recorded: Books, args: tuple[str, ...], exit_code: int, code: str
) -> None:
    told = recorded.ask("audit", "adl", *args, "--json")

    assert (told.exit_code, told.error["code"]) == (exit_code, code)


def test_a_decided_log_is_decided_again_instead(cascade: Books) -> None:
    told = cascade.ask("audit", "adl", "--json")

    assert (told.exit_code, told.error["code"]) == (2, "log_is_decided")
    assert "replay --re-decide" in told.error["hint"]


def test_an_empty_log_has_nothing_to_audit(tmp_path: Path) -> None:
    books = Books(tmp_path)
    books.ask("init")

    told = books.ask("audit", "adl")
    assert (told.exit_code, told.err) == (0, "")


def test_recorded_decisions_are_listed_and_shown_with_what_is_known(recorded: Books) -> None:
    rows = recorded.ask("adl", "list", "--json").json["rows"]
    shown = recorded.ask("adl", "show", rows[0]["id"], "--json").json

    assert [(row["victims"], row["quantity"], row["policy"]) for row in rows] == [
        (1, "10", None),
        (1, "5", None),
    ]
    closure = shown["closures"][0]
    assert (closure["account"], closure["closed"], closure["cost"]) == ("q", "10", "50")
    assert (closure["rank"], closure["score"], closure["lights"]) == (None, None, None)
    unknown = recorded.ask("adl", "show", rows[1]["id"], "--json").json["closures"][0]
    assert unknown["equity"] is None
    assert unknown["unrealized"] == "50"


def test_a_recorded_close_is_explained_with_readings_and_what_is_not_known(
    recorded: Books,
) -> None:
    first, second = (row["id"] for row in recorded.ask("adl", "list", "--json").json["rows"])
    told = recorded.ask("adl", "explain", first, "--account", "q", "--json").json

    assert told["schema"] == "adl-explanation/1"
    assert told["recorded"] is True
    assert told["decision"]["policy"] is None
    assert [row["verdict"] for row in told["readings"]] == ["violates", "conforms", "conforms"]
    assert told["ranking"][0]["ranks"] == {"L": 1, "S": 2, "R": 2}
    assert "By hyperliquid-symmetric@1 it stood at rank 1 of 2" in told["account"]["answer"]
    assert any("not in the record" in line for line in told["unknown"])
    doubtful = recorded.ask("adl", "explain", second, "--account", "stranger", "--json").json
    assert "cash_unknown" in doubtful["account"]["answer"]
    assert any(line.startswith("cash_unknown") for line in doubtful["unknown"])


def test_a_trader_sees_its_own_row_and_the_public_none(recorded: Books) -> None:
    first = first_decision(recorded)
    own = recorded.ask("adl", "explain", first, "--account", "p", "--audience", "trader", "--json")
    public = recorded.ask("adl", "explain", first, "--audience", "public", "--json")

    assert [row["account"] for row in own.json["ranking"]] == ["p"]
    for told in (own.out, public.out):
        assert '"q"' not in told
        assert '"bust"' not in told
    assert public.json["ranking"] == []


def test_recorded_explanations_become_pages(recorded: Books) -> None:
    first = first_decision(recorded)
    page, folder = recorded.folder / "one.html", recorded.folder / "all"

    assert recorded.ask("adl", "explain", first, "--html", str(page)).exit_code == 0
    assert "Known candidates" in page.read_text()
    assert recorded.ask("adl", "explain", "--all", "--html", str(folder)).exit_code == 0
    assert (folder / "index.html").is_file()
    assert len(list(folder.iterdir())) == 3


@pytest.mark.parametrize("name", ["ADL-1", "ADL-999", "ADL-", "T-3", "ADL-99999999999999999999"])
def test_a_name_of_no_recorded_decision_is_not_found(recorded: Books, name: str) -> None:
    for question in (("adl", "show"), ("adl", "explain")):
        told = recorded.ask(*question, name, "--json")
        assert (told.exit_code, told.error["code"]) == (3, "unknown_decision")


def test_a_later_close_of_a_decision_is_no_decision(tmp_path: Path) -> None:
    log = crash(("a", 500, 10, 120), ("b", 600, 10, 120), need=20)
    first = log.close("bust", "a", 10, 95)["seq"]
    second = log.close("bust", "b", 10, 95)["seq"]
    books = kept(tmp_path, log)

    assert books.ask("adl", "show", f"ADL-{first}").exit_code == 0
    assert books.ask("adl", "show", f"ADL-{second}").exit_code == 3
    after = books.ask("positions", "bust", "--at", f"ADL-{first}", "--json").json
    before = books.ask("positions", "bust", "--before", f"ADL-{first}", "--json").json
    assert (after["rows"], before["rows"][0]["quantity"]) == ([], "20")


def test_what_if_is_asked_of_recorded_decisions(recorded: Books) -> None:
    first, second = (row["id"] for row in recorded.ask("adl", "list", "--json").json["rows"])
    told = recorded.ask("whatif", first, *LITERAL, "--json").json

    assert told["rows"] == [
        {"account": "p", "actual_closed": "0", "actual_cost": "0"}
        | {"whatif_closed": "10", "whatif_cost": "50"},
        {"account": "q", "actual_closed": "10", "actual_cost": "50"}
        | {"whatif_closed": "10", "whatif_cost": "50"},
    ]
    assert told["actual"]["by_decision"][0]["policy"]["policy"] == "not-recorded"
    missing = recorded.ask("whatif", second, *LITERAL, "--json")
    assert (missing.exit_code, missing.error["code"]) == (3, "inputs_missing")
    everything = recorded.ask("whatif", "all", *LITERAL)
    assert everything.exit_code == 0
    assert "1 decision cannot be decided again" in everything.err


def test_what_if_needs_a_policy_where_none_is_recorded(recorded: Books) -> None:
    told = recorded.ask("whatif", "all", "--close-price", "mark", "--json")

    assert (told.exit_code, told.error["code"]) == (2, "usage")


def test_a_window_that_opens_inside_a_decision_passes_it_over(tmp_path: Path) -> None:
    log = crash(("a", 500, 10, 120), ("b", 600, 10, 120), need=20)
    first = log.close("bust", "a", 10, 95)["seq"]
    second = log.close("bust", "b", 10, 95)["seq"]
    books = kept(tmp_path, log)

    def told(*args: str) -> list[str]:
        return [row["id"] for row in books.ask("audit", "adl", *args, "--json").json["decisions"]]

    assert told("--from", str(second)) == []
    assert told("--from", str(first)) == told("--to", str(second)) == [f"ADL-{first}"]
    closes = books.ask("audit", "adl", "--to", str(second), "--json").json["decisions"][0]["closes"]
    assert len(closes) == 2


def test_a_rank_is_refused_where_nobody_knows_what_a_holder_is_worth(tmp_path: Path) -> None:
    log = RecordedLog(markets=("M", "N"))
    for account in ("bust", "maker"):
        log.deposit(account, 1000)
    log.trade("bust", "maker", 10, 100)
    log.trade("bust", "maker", 1, 5, market="N")
    log.mark(90)
    books = kept(tmp_path, log)

    told = books.ask("adl", "rank", "M", "--side", "short", "--json")
    assert (told.exit_code, told.error["code"]) == (3, "inputs_missing")
    assert "N" in told.error["message"]


def test_an_outside_account_stands_in_no_queue(tmp_path: Path) -> None:
    log = RecordedLog()
    log.deposit("bust", 1000)
    log.trade("bust", "outside:counterparty:M", 10, 100)
    log.mark(90)
    books = kept(tmp_path, log)
    told = books.ask("adl", "rank", "--account", "outside:counterparty:M", "--json")
    (row,) = told.json["rows"]

    assert (row["rank"], row["excluded"]) == (None, None)
    assert "stands for holders that the record does not show" in row["answer"]
    assert "unseen_holders" in row["answer"]


def test_a_rank_says_what_a_recorded_log_does_not_know_of_the_holders(tmp_path: Path) -> None:
    log = RecordedLog()
    for account in ("bust", "maker"):
        log.deposit(account, 1000)
    log.trade("bust", "maker", 10, 100)
    log.mark(90)
    books = kept(tmp_path, log)
    known = books.ask("adl", "rank", "M", "--side", "short", "--json").json
    log.trade("bust", "stranger", 10, 90)
    (tmp_path / "more").mkdir()
    books = kept(tmp_path / "more", log)
    told = books.ask("adl", "rank", "M", "--side", "short", "--json").json
    own = books.ask("adl", "rank", "--account", "maker")

    assert known["missing"] == []
    assert told["missing"] == [{"code": "cash_unknown", "accounts": 1}]
    assert (
        "not known of these holders: cash_unknown (1). The true order may be another."
        in " ".join(own.out.split())
    )


def test_an_explained_close_says_which_steps_led_to_it_in_every_form(tmp_path: Path) -> None:
    books = kept(tmp_path, waterfall())
    rows = books.ask("adl", "list", "--json").json["rows"]
    vault = str(rows[1]["id"])
    told = books.ask("adl", "explain", vault, "--json").json
    text = books.ask("adl", "explain", vault).out
    page, folder = tmp_path / "one.html", tmp_path / "all"
    books.ask("adl", "explain", vault, "--html", str(page))
    books.ask("adl", "explain", "--all", "--html", str(folder))

    steps = [(step["step"], step["used"], step["left"]) for step in told["waterfall"]]
    assert steps[-2:] == [("adl", "3", "0"), ("adl", "5", "0")]
    assert steps[:2] == [("book", "2", "8"), ("takeover", "5", "3")]
    assert told["totals"]["closed"] == "5"
    assert told["conservation"]["before"]["cash_sum"] == "1000143"
    for shown in (text, page.read_text()):
        assert "vault takeover" in shown
        assert "Longs and shorts: equal. Equity and net deposits: equal." in shown
        assert "is not in the record, nor why a step stopped" in shown
    # A page of all is the page of one.
    assert (folder / f"{vault}.html").read_bytes() == page.read_bytes()


def test_a_trader_and_the_public_see_no_sums_of_few_candidates(tmp_path: Path) -> None:
    books = kept(tmp_path, waterfall())
    first = first_decision(books)
    for asked in (("--audience", "trader", "--account", "ann"), ("--audience", "public")):
        told = books.ask("adl", "explain", first, *asked, "--json")
        assert {step["used"] for step in told.json["waterfall"]} == {None}
        assert set(told.json["totals"].values()) == {None}
        assert told.json["conservation"]["books"] == "equal"
        assert "bust" not in told.out
        assert "bob" not in told.out


def test_csv_of_a_recorded_close_says_that_the_public_sees_no_rows(recorded: Books) -> None:
    first = first_decision(recorded)
    told = recorded.ask("adl", "explain", first, "--audience", "public", "--format", "csv")

    assert (told.exit_code, told.out) == (0, "")
    assert "this reader sees none" in told.err
