"""Does an audit find the rule by which a made-up venue closed, and only where it can be known?"""

import csv
import io
import json
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.calling import Books


@pytest.fixture(scope="module")
def evening(tmp_path_factory: pytest.TempPathFactory) -> Books:
    """A generated archive, imported by the readings that it was written with."""
    books = Books(tmp_path_factory.mktemp("evening"))
    out = str(books.folder / "evening")
    seed = ("--seed", "2", "--accounts", "60", "--fills", "2000")
    assert books.ask("generate", "hyperliquid", *seed, out).exit_code == 0
    assert books.ask("init").exit_code == 0
    reading = ("--reading", "withdraw=fee-beside", "--allow-rejects")
    assert books.ask("import", "hyperliquid", f"{out}/venue", *reading).exit_code == 0
    return books


@pytest.fixture(scope="module")
def audit(evening: Books) -> Any:
    return evening.ask("audit", "adl", "--json").json


@pytest.fixture(scope="module")
def truth(evening: Books) -> list[dict[str, Any]]:
    file = evening.folder / "evening" / "truth" / "adl_decisions.jsonl"
    return [json.loads(line) for line in file.read_text().splitlines()]


def test_all_decisions_conform_to_the_rule_of_the_generator(
    audit: Any, truth: list[dict[str, Any]]
) -> None:
    decisions = audit["decisions"]

    assert len(decisions) == len(truth) > 20
    assert audit["summary"]["verdicts"]["S"] == {
        "conforms": len(truth),
        "violates": 0,
        "undecidable": 0,
    }
    assert audit["summary"]["verdicts"]["L"]["violates"] > 0
    assert [(row["market"], row["bankrupt"], row["block"]) for row in decisions] == [
        (row["coin"], row["liquidated_user"], row["block_number"]) for row in truth
    ]
    assert [Fraction(row["close_price"]) for row in decisions] == [
        Fraction(row["px"]) for row in truth
    ]
    assert [Fraction(row["equity"]) for row in decisions] == [
        Fraction(row["liquidated_account_value"]) for row in truth
    ]


def test_sums_are_those_of_the_rows(audit: Any, evening: Books) -> None:
    rows = list(csv.DictReader(io.StringIO(evening.ask("audit", "adl", "--format", "csv").out)))
    summary = audit["summary"]

    assert sum(Fraction(row["cost"]) for row in rows) == Fraction(summary["cost"])
    assert sum(int(row["closes"]) for row in rows) == summary["closes"]
    scopes: dict[str, Fraction] = {}
    for row in rows:
        scopes[row["scope"]] = max(scopes.get(row["scope"], Fraction(0)), Fraction(row["deficit"]))
    assert (sum(scopes.values()), len(scopes)) == (Fraction(summary["deficit"]), summary["scopes"])
    for parts in ("by_market", "by_burst"):
        assert sum(one["decisions"] for one in audit[parts]) == summary["decisions"]
        assert sum(Fraction(one["cost"]) for one in audit[parts]) == Fraction(summary["cost"])


def test_the_measures_of_the_symmetric_reading_are_those_of_what_was_done(audit: Any) -> None:
    actual, _, symmetric, _ = audit["summary"]["metrics"]["rows"]

    assert audit["summary"]["metrics"]["measured_decisions"] == audit["summary"]["decisions"]
    assert {**symmetric, "policy": "actual"} == actual


def test_without_ledger_updates_nothing_is_said_of_the_order(
    evening: Books, tmp_path: Path
) -> None:
    books = Books(tmp_path)
    venue = evening.folder / "evening" / "venue"
    books.ask("init")
    paths = (str(venue / "node_fills_by_block"), str(venue / "meta.json"))
    books.ask("import", "hyperliquid", *paths, "--allow-rejects")

    summary = books.ask("audit", "adl", "--json").json["summary"]
    assert set(summary["fits"]) == {"not decidable"}
    assert "cash_unknown" in summary["missing"]
    assert summary["checks"]["one_price"]["yes"] == summary["decisions"]


def test_the_same_question_has_the_same_bytes(evening: Books) -> None:
    assert evening.ask("audit", "adl", "--json").out == evening.ask("audit", "adl", "--json").out
