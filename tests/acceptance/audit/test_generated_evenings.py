"""Does an audit of generated evenings meet their truth, whatever the seed?"""

import json
import shutil
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from domain.audit.auditing import AuditedDecision
from domain.units import parse_decimal
from importers.hyperliquid_generator.generating import generate
from tests.recorded import audited
from tests.unit.importers.archives import Imported, differing, imported

LITERAL, SYMMETRIC = 0, 1
SEEDS = (2, 8)
"""In the first the literal reading is violated; in the second an account trades with itself."""

Evening = tuple[list[AuditedDecision], list[dict[str, Any]]]


@pytest.fixture(scope="module", params=SEEDS, ids=lambda seed: f"seed {seed}")
def evening(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Evening:
    folder: Path = tmp_path_factory.mktemp("evening")
    generate(folder, seed=request.param, accounts=60, fills=2_000)
    text = (folder / "truth" / "adl_decisions.jsonl").read_text()
    rows = imported(folder / "venue", readings={"withdraw": "fee-beside"})
    return audited(rows.events), [json.loads(line) for line in text.splitlines()]


def test_every_decision_of_the_truth_is_found_and_conforms(evening: Evening) -> None:
    found, truth = evening

    assert [(one.key.instant.number, one.key.market, one.key.bankrupt) for one in found] == [
        (one["block_number"], one["coin"], one["liquidated_user"]) for one in truth
    ]
    verdicts = {str(one.findings[SYMMETRIC].verdict) for one in found}
    assert verdicts == {"conforms"}


def test_marks_of_the_minute_alone_accuse_nobody(tmp_path: Path) -> None:
    generate(tmp_path, seed=2, accounts=60, fills=2_000)
    (tmp_path / "venue" / "marks_by_block.csv").unlink()
    lines = (tmp_path / "truth" / "adl_decisions.jsonl").read_text().splitlines()
    told = [json.loads(line) for line in lines]

    found = audited(imported(tmp_path / "venue", readings={"withdraw": "fee-beside"}).events)

    verdicts = [str(one.findings[SYMMETRIC].verdict) for one in found]
    assert set(verdicts) == {"conforms", "undecidable"}
    equities = [
        (found.bankrupt_equity, parse_decimal(row["liquidated_account_value"]))
        for found, row in zip(found, told, strict=True)
        if found.bankrupt_equity is not None
    ]
    assert 0 < len(equities) < len(told)
    assert all(Fraction(one, 10**6) == other.fraction() for one, other in equities if other)


def test_a_file_of_marks_that_ends_too_early_accuses_nobody(tmp_path: Path) -> None:
    generate(tmp_path, seed=2, accounts=60, fills=2_000)
    marks = tmp_path / "venue" / "marks_by_block.csv"
    lines = marks.read_text().splitlines(keepends=True)
    marks.write_text("".join(lines[: len(lines) * 2 // 3]))

    rows = imported(tmp_path / "venue", readings={"withdraw": "fee-beside"})

    assert rows.report.findings == {}
    assert rows.report.assertions.kinds["liquidation_account_value"].undecidable > 0
    assert differing(rows) == []
    verdicts = [str(one.findings[SYMMETRIC].verdict) for one in audited(rows.events)]
    assert set(verdicts) == {"conforms", "undecidable"}


def test_an_hour_of_misc_events_that_is_missing_leaves_nobody_known(tmp_path: Path) -> None:
    generate(tmp_path, seed=2, accounts=60, fills=2_000)
    (hour,) = (tmp_path / "venue" / "misc_events_by_block").glob("hourly/*/19.*")
    hour.unlink()

    rows = imported(tmp_path / "venue", readings={"withdraw": "fee-beside"})

    assert rows.report.findings["funding_hour_missing"].count == 1
    found = audited(rows.events)
    assert {one.bankrupt_equity for one in found} == {None}
    findings = [each for one in found for each in one.findings]
    assert {str(each.verdict) for each in findings} == {"undecidable"}
    assert {"funding_missing"} <= {each.code for one in findings for each in one.missing}


def lacking(folder: Path, seed: int, user: str, amount: str, *, snapshot: bool) -> Imported:
    """An archive that lacks one deposit of somebody who is liquidated later."""
    generate(folder, seed=seed, accounts=60, fills=2_000)
    for file in (folder / "venue" / "misc_events_by_block" / "hourly").rglob("*.jsonl"):
        lines = file.read_text().splitlines(keepends=True)
        file.write_text("".join(line for line in lines if not (user in line and amount in line)))
    if not snapshot:
        shutil.rmtree(folder / "venue" / "snapshot")
    found = imported(folder / "venue", readings={"withdraw": "fee-beside"})
    (doubted,) = [one.sums for one in found.report.checked if one.status != "exact"]
    assert doubted.account.startswith(user)
    assert doubted.doubts == {"cash uncertain"}
    return found


def test_a_deposit_that_a_snapshot_shows_to_be_missing_accuses_nobody(tmp_path: Path) -> None:
    found = audited(lacking(tmp_path, 2, "0x8d001a", "566.581677", snapshot=True).events)

    verdicts = [str(one.findings[SYMMETRIC].verdict) for one in found]
    assert verdicts.count("violates") == 0
    assert "undecidable" in verdicts


def test_a_deposit_that_a_liquidation_shows_to_be_missing_accuses_nobody_after_it(
    tmp_path: Path,
) -> None:
    rows = lacking(tmp_path, 8, "0xb7bc78", "506.613025", snapshot=False)
    (told,) = differing(rows)
    later = [one for one in audited(rows.events) if one.key.instant.number > told["block"]]

    verdicts = [str(one.findings[SYMMETRIC].verdict) for one in later]
    assert set(verdicts) == {"conforms", "undecidable"}


def test_candidates_and_scores_are_those_of_the_truth(evening: Evening) -> None:
    for found, told in zip(*evening, strict=True):
        roster = found.roster
        assert roster is not None
        scores = {
            name: roster.fraction(SYMMETRIC, name)
            for place, name in enumerate(roster.accounts)
            if roster.unrealized[place] > 0 and roster.equities[place] > 0
        }
        assert scores == {
            row["user"]: Fraction(row["score_num"], row["score_den"]) for row in told["candidates"]
        }


def test_closes_are_those_of_the_truth_in_their_order(evening: Evening) -> None:
    for found, told in zip(*evening, strict=True):
        closed = [row["user"] for row in told["candidates"] if row["closed"] != "0.0"]

        assert [row.close.victim for row in found.closes] == closed
