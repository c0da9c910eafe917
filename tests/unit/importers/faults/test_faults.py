"""Is every fault of an archive reported, and does everything else stay exact?"""

import csv
import json
from collections import Counter
from decimal import Decimal
from pathlib import Path

import pytest

from importers.hyperliquid_generator.generating import generate
from tests.unit.importers.archives import Imported, imported
from tests.unit.importers.faults.fill_faults import CLOSE_FAULTS, FILL_FAULTS
from tests.unit.importers.faults.misc_faults import FUNDING_FAULTS, MISC_FAULTS
from tests.unit.importers.faults.sites import Consequences
from tests.unit.importers.faults.spoiling import Spoiler

HARMLESS = {"out_of_scope", "duplicate", "aggregate"}
Spoiled = tuple[Path, Imported, Consequences]

FILE_FAULTS = (
    "block spills over the hour",
    "funding aggregate",
    "hours overlap",
    "lines stand in the wrong order",
)
CONSEQUENCES = ("finding:funding_size_differs",)
"""What follows from another fault: funding is paid on a size that the books cannot know."""


def spoiled(folder: Path, *, accounts: int, fills: int, count: int) -> Spoiled:
    """A generated archive with faults, and what its import said."""
    whole, broken = folder / "whole", folder / "broken"
    generate(whole, seed=21, accounts=accounts, fills=fills)
    spoiler = Spoiler(whole, count)
    said = spoiler.spoiled(broken, FILL_FAULTS, MISC_FAULTS, CLOSE_FAULTS, FUNDING_FAULTS)
    return whole, whole_import(broken, spoiler.account), said


def whole_import(folder: Path, account: str) -> Imported:
    """What is imported; the dump that names no account is this one's."""
    names = ("node_fills_by_block", "misc_events_by_block", "meta.json", "user_funding.jsonl")
    paths = [folder / "venue" / name for name in names]
    return imported(*paths, account=account, readings={"withdraw": "fee-beside"})


@pytest.fixture(scope="module")
def few(tmp_path_factory: pytest.TempPathFactory) -> Spoiled:
    return spoiled(tmp_path_factory.mktemp("faults"), accounts=150, fills=8_000, count=2)


def reported(found: Imported) -> Counter[str]:
    report = found.report
    counts = {f"reason:{code}": number for code, number in found.reasons.items()}
    counts |= {f"finding:{name}": one.count for name, one in report.findings.items()}
    counts["finding:lone_loser"] = sum(
        counts.pop(f"finding:lone_loser_points_to_{what}", 0) for what in ("adl", "takeover")
    )
    counts |= {"count:single_sides": report.counts["single_sides"]}
    counts |= {"count:quantised": report.quantised}
    return Counter(counts)


def check_reports(case: Spoiled) -> None:
    whole, found, said = case
    expected = said.expected.copy()
    counts = json.loads((whole / "truth" / "counts.json").read_text())
    expected["reason:out_of_scope"] += counts["spot_fill_rows"]

    found_all = reported(found)
    for name in CONSEQUENCES:
        del found_all[name]
    assert found_all == expected


def check_the_rest(case: Spoiled) -> None:
    whole, found, said = case
    with (whole / "truth" / "accounts_final.csv").open() as stream:
        truth = {row["user"]: row for row in csv.DictReader(stream)}
    sound = truth.keys() - said.spoiled
    held = {
        (account, market.id): (
            Decimal(position.quantity).scaleb(-market.spec.lot_size.places),
            Decimal(position.cost).scaleb(-6),
        )
        for market in found.venue.markets.values()
        for account, position in market.positions.items()
        if account in sound
    }

    assert len(sound) > len(truth) // 2
    assert {user: Decimal(truth[user]["cash"]) for user in sound} == {
        user: Decimal(found.venue.cash.get(user, 0)).scaleb(-6) for user in sound
    }
    with (whole / "truth" / "positions_final.csv").open() as stream:
        assert held == {
            (row["user"], row["coin"]): (Decimal(row["position"]), Decimal(row["entry_cost"]))
            for row in csv.DictReader(stream)
            if row["user"] in sound
        }


def check_flags(case: Spoiled) -> None:
    _, found, said = case
    doubted = {one.sums.account for one in found.report.checked if one.status != "exact"}

    refused = [event for event in found.events if event["type"] == "venue.fact_rejected/1"]
    named = {
        str(event["source"][role]): event["data"]["code"]
        for event in refused
        for role in ("account", "account_of_partner")
        if role in event["source"] and event["data"]["code"] not in HARMLESS
    }
    # Of two rows that contradict each other the first is booked: the right one here. What a row of
    # another network would have moved is not this account's, but nobody can tell.
    foreign = ("conflict", "hash_mismatch")
    disputed = {account for account, code in named.items() if code in foreign}
    assert said.flagged | named.keys() <= doubted <= said.spoiled | disputed


def test_every_fault_is_reported_and_nothing_else(few: Spoiled) -> None:
    check_reports(few)


def test_accounts_without_a_fault_are_exact(few: Spoiled) -> None:
    check_the_rest(few)


def test_accounts_with_a_lost_row_are_marked(few: Spoiled) -> None:
    check_flags(few)


def test_every_kind_of_fault_was_placed(few: Spoiled) -> None:
    _, _, said = few

    kinds = {**FILL_FAULTS, **MISC_FAULTS, **CLOSE_FAULTS, **FUNDING_FAULTS}
    assert set(said.placed) == {*kinds, *FILE_FAULTS}
    assert len(said.placed) > 75
    assert {said.placed[name] for name in kinds} == {2}


@pytest.mark.long
def test_a_million_rows_with_forty_faults_of_each_kind(tmp_path: Path) -> None:
    case = spoiled(tmp_path, accounts=3_000, fills=1_000_000, count=40)

    check_reports(case)
    check_the_rest(case)
    check_flags(case)
