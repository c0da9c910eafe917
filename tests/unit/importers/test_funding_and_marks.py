"""What do funding payments, misc events, marks and the venue's meta do?"""

import json
from pathlib import Path
from typing import Any

import pytest

from importers.hyperliquid.other_rows import MARK_COLUMNS
from tests.unit.importers.archives import (
    ALICE,
    BLOCK,
    BOB,
    NOON,
    at,
    block_fill,
    both,
    fill,
    imported,
    ledger_update,
    misc_line,
    transaction,
    written,
)

HOUR = 3_600_000


def payment(user: str, amount: str, coin: str = "BTC", size: str = "1.0") -> dict[str, Any]:
    return {
        "user": user,
        "coin": coin,
        "funding_amount": amount,
        "szi": size,
        "funding_rate": "0.00001",
    }


def paid(hours: int, amount: str, samples: int | None = None) -> dict[str, Any]:
    """A payment of an API dump."""
    delta = {"type": "funding", "coin": "BTC", "usdc": amount, "szi": "1.0", "nSamples": samples}
    return {"time": NOON + hours * HOUR, "hash": "0xab", "delta": delta}


def test_a_payment_is_booked_as_printed_and_received_when_positive(tmp_path: Path) -> None:
    deltas = [payment(ALICE, "0.000502"), payment(BOB, "-0.000498"), payment(BOB, "0.0", "ETH")]
    found = imported(written(tmp_path / "m.jsonl", misc_line(1, {"Funding": {"deltas": deltas}})))

    assert found.venue.cash[ALICE] == 502
    assert found.venue.cash[BOB] == -498
    assert found.venue.cash["outside:funding:BTC"] == -4
    assert (found.report.moved, found.report.no_effect) == (2, 1)
    assert {row["reason"] for row in found.of("account.collateral_moved/1")} == {"funding"}


def test_a_broken_payment_leaves_the_others_of_its_hour(tmp_path: Path) -> None:
    deltas = [payment(ALICE, "1e3"), payment("0x12", "1.0"), payment(BOB, "1.0"), "text"]
    found = imported(written(tmp_path / "m.jsonl", misc_line(1, {"Funding": {"deltas": deltas}})))

    assert found.reasons == {"bad_field": 3}
    assert found.venue.cash[BOB] == 1_000_000


@pytest.mark.parametrize("odd", ["0x12", "", "0x" + "g" * 64])
def test_a_misc_event_with_a_malformed_hash_is_booked_and_is_a_finding(
    tmp_path: Path, odd: str
) -> None:
    deltas = {"deltas": [payment(ALICE, "1.0"), payment(BOB, "-1.0")]}
    update = ledger_update([ALICE], "deposit", usdc="5.0")
    inners = ({"Funding": deltas}, update, {"ValidatorRewards": {}})
    line = misc_line(1, *inners)
    found = imported(written(tmp_path / "m.jsonl", line.replace(transaction(BLOCK + 12), odd)))
    sound = imported(written(tmp_path / "s.jsonl", line))

    assert (found.report.moved, found.report.no_effect) == (3, 1)
    assert found.report.findings["malformed hash"].count == 4
    assert sound.report.findings == {}


def test_the_same_payment_from_archive_and_dump_counts_once(tmp_path: Path) -> None:
    archive = written(
        tmp_path / "m.jsonl", misc_line(1, {"Funding": {"deltas": [payment(ALICE, "1.0")]}})
    )
    row = paid(0, "1.0")
    row["time"] += 1000
    dump = written(tmp_path / "funding.jsonl", row)
    found = imported(archive, dump, account=ALICE)

    assert found.reasons == {"duplicate": 1}
    assert found.venue.cash[ALICE] == 1_000_000


def test_an_aggregate_is_booked_alone_but_not_beside_its_hours(tmp_path: Path) -> None:
    alone = imported(written(tmp_path / "a.jsonl", paid(3, "3.0", 3)), account=ALICE)
    beside = imported(
        written(tmp_path / "b.jsonl", paid(2, "1.0"), paid(3, "3.0", 3), paid(6, "2.0", 3)),
        account=ALICE,
    )

    assert alone.venue.cash[ALICE] == 3_000_000
    assert beside.venue.cash[ALICE] == 3_000_000
    assert beside.reasons == {"aggregate": 1}


def test_a_size_in_a_payment_is_an_assertion_only(tmp_path: Path) -> None:
    fills = written(tmp_path / "f.jsonl", block_fill(1, *both(ALICE, BOB, "BTC", "1", "9", 7)))
    deltas = [payment(ALICE, "1.0"), payment(BOB, "-1.0", size="-1.0000001")]
    misc = written(tmp_path / "m.jsonl", misc_line(5, {"Funding": {"deltas": deltas}}))
    found = imported(fills, misc)

    assert found.lots(BOB, "BTC") == -1
    assert found.report.findings["funding_size_differs"].count == 1


def test_misc_events_of_other_tokens_move_nothing_and_unknown_ones_are_rejected(
    tmp_path: Path,
) -> None:
    line = misc_line(
        1, {"CDeposit": {"amount": "1"}}, {"Delegation": {}}, {"Surprise": {}}, {"A": 1, "B": 2}
    )
    found = imported(written(tmp_path / "m.jsonl", line))

    assert found.report.no_effect == 2
    assert found.reasons == {"unknown_kind": 1, "bad_field": 1}
    assert (found.report.blocks, found.report.block_events) == (1, 4)


def contexts(path: Path, *rows: tuple[str, str, str]) -> Path:
    """Asset contexts of (time, coin, mark)."""
    lines = [",".join(MARK_COLUMNS)]
    lines += [f"{time},{coin},0.0,1.0,1,1,,1,{mark},,," for time, coin, mark in rows]
    return written(path, *lines)


def test_asset_contexts_set_marks_of_coins_that_are_traded(tmp_path: Path) -> None:
    rows = [
        ("2025-10-10T12:01:00Z", "BTC", "9.5"),
        ("2025-10-10T12:02:00Z", "BTC", "9.25"),
        ("2025-10-10T12:02:00Z", "DOGE", "0.2"),
        ("2025-10-10T12:03:00Z", "BTC", "9.1234567"),
    ]
    marks = contexts(tmp_path / "asset_ctxs" / "day.csv", *rows)
    fills = written(tmp_path / "f.jsonl", block_fill(1, *both(ALICE, BOB, "BTC", "1", "9", 7)))
    found = imported(marks, fills)

    market = found.venue.markets["BTC"]
    assert (market.mark, market.previous_mark) == (9_250_000, 9_500_000)
    assert found.reasons == {"out_of_scope": 1, "bad_scale": 1}


def test_other_tables_are_rejected(tmp_path: Path) -> None:
    found = imported(written(tmp_path / "t.csv", "a,b", "1,2"))

    assert found.reasons == {"unknown_kind": 1}


def meta(**more: Any) -> str:
    universe = [{"name": "BTC", "szDecimals": 5, "maxLeverage": 40, "marginTableId": 56}]
    tiers = [{"lowerBound": "0.0", "maxLeverage": 40}, {"lowerBound": "150.0", "maxLeverage": 20}]
    tables = [[56, {"description": "", "marginTiers": tiers}]]
    return json.dumps({"universe": universe, "marginTables": tables, "collateralToken": 0, **more})


def test_meta_gives_scales_and_margin_tiers(tmp_path: Path) -> None:
    fills = written(tmp_path / "f.jsonl", fill("BTC", "B", "1", "9"))
    found = imported(fills, written(tmp_path / "meta.json", meta()), account=ALICE)

    (listed,) = found.of("market.listed/1")
    assert (listed["lot_size"], listed["tick_size"], listed["point_value"]) == ("0.00001", "0.1", 1)
    assert listed["margin_tiers"] == [
        {"from_notional": 0, "initial": "1/40", "maintenance": "1/80"},
        {"from_notional": 150_000_000, "initial": "1/20", "maintenance": "1/40"},
    ]
    assert (found.report.inferred_scales, found.report.single_tier) == ({}, [])


def test_without_meta_scales_come_from_the_rows_and_the_report_says_so(tmp_path: Path) -> None:
    rows = [fill("BTC", "B", "1", "9", **at(1)), fill("BTC", "B", "0.25", "9.5", "1.0", **at(2))]
    found = imported(written(tmp_path / "f.jsonl", *rows), account=ALICE)

    assert found.report.inferred_scales == {"BTC": 2}
    assert found.report.single_tier == ["BTC"]
    assert found.lots(ALICE, "BTC") == 125


def test_a_size_finer_than_meta_says_is_refused(tmp_path: Path) -> None:
    fills = written(tmp_path / "f.jsonl", fill("BTC", "B", "0.000001", "9"))
    found = imported(fills, written(tmp_path / "meta.json", meta()), account=ALICE)

    assert found.reasons == {"bad_scale": 1}


def test_a_dex_with_another_collateral_is_out_of_scope(tmp_path: Path) -> None:
    fills = written(tmp_path / "f.jsonl", fill("BTC", "B", "1", "9"))
    described = written(tmp_path / "meta.json", meta(collateralToken=235))
    found = imported(fills, described, account=ALICE)

    assert found.reasons == {"out_of_scope": 1}


@pytest.mark.parametrize(
    "broken",
    [
        {"universe": 3},
        {"universe": ["BTC"]},
        {"universe": [{"name": "BTC", "szDecimals": 99}]},
        {"marginTables": [[56, {"marginTiers": [{"lowerBound": "5", "maxLeverage": 4}]}]]},
        {"marginTables": 3},
    ],
)
def test_meta_that_cannot_be_read_is_a_finding(tmp_path: Path, broken: dict[str, Any]) -> None:
    fills = written(tmp_path / "f.jsonl", fill("BTC", "B", "1", "9"))
    found = imported(fills, written(tmp_path / "meta.json", meta(**broken)), account=ALICE)

    assert any(name.startswith("meta_unread") for name in found.report.findings)
    assert found.report.moved == 1
