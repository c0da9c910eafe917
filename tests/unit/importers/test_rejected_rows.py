"""Which fills are not booked, and with which reason?"""

from pathlib import Path
from typing import Any

import pytest

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
    transaction,
    written,
)


@pytest.fixture
def fills(tmp_path: Path) -> Path:
    return tmp_path / "fills.jsonl"


@pytest.mark.parametrize(
    ("change", "reason"),
    {
        "a spot pair": ({"coin": "@107"}, "out_of_scope"),
        "a spelled-out spot pair": ({"coin": "PURR/USDC"}, "out_of_scope"),
        "an outcome token": ({"coin": "#25510"}, "out_of_scope"),
        "a fee in another token": ({"feeToken": "UBTC"}, "fee_token"),
        "a number instead of a decimal text": ({"px": 100}, "bad_field"),
        "a JSON float": ({"px": 100.5}, "bad_field"),
        "an exponent": ({"px": "1e2"}, "bad_field"),
        "no size": ({"sz": None}, "bad_field"),
        "a size of zero": ({"sz": "0.0"}, "bad_field"),
        "a negative size": ({"sz": "-1.0"}, "bad_field"),
        "an unknown side": ({"side": "X"}, "bad_field"),
        "a truth value as a text": ({"crossed": "yes"}, "bad_field"),
        "no start": ({"startPosition": None}, "bad_field"),
        "no fee": ({"fee": None}, "bad_field"),
        "a time as a text": ({"time": "2025-10-10"}, "bad_time"),
        "a time that is a truth value": ({"time": True}, "bad_time"),
        "money finer than a millionth": ({"closedPnl": "0.0000001"}, "bad_scale"),
        "a price finer than its size allows": ({"px": "1.234567"}, "bad_scale"),
        "the block of another network": ({"hash": transaction(589_020_873)}, "hash_mismatch"),
        "a text that is no Unicode": ({"dir": "\ud800"}, "bad_json"),
    }.values(),
)
def test_a_row_that_cannot_be_booked_is_rejected_with_its_reason(
    fills: Path, change: dict[str, Any], reason: str
) -> None:
    late = {"time": 1_781_528_065_899} if reason == "hash_mismatch" else {}
    good = fill("BTC", "B", "1.5", "9", **at(1))
    row = {**fill("BTC", "B", "1.5", "9", "1.5", **at(2)), **late, **change}
    found = imported(written(fills, good, row), account=ALICE)

    assert found.reasons == {reason: 1}
    assert found.lots(ALICE, "BTC") == 15
    assert found.of("venue.fact_rejected/1")[0]["code"] == reason


def test_a_hash_of_another_block_than_its_line_is_a_mismatch(fills: Path) -> None:
    line = block_fill(1, *both(ALICE, BOB, "BTC", "1", "9", 7))
    block = f"{BLOCK + 12:08x}"
    found = imported(written(fills, line.replace(block, f"{BLOCK + 13:08x}")))

    assert found.reasons == {"hash_mismatch": 2}


def test_a_fill_at_another_time_than_its_block_is_refused(fills: Path) -> None:
    line = block_fill(1, *both(ALICE, BOB, "BTC", "1", "9", 7))
    found = imported(written(fills, line.replace(str(NOON + 1000), str(NOON + 1001))))

    assert found.reasons == {"bad_time": 2}


def test_the_same_row_twice_is_a_duplicate_and_another_in_its_place_a_conflict(
    fills: Path,
) -> None:
    row = fill("BTC", "B", "1.5", "9")
    found = imported(written(fills, row, row, {**row, "px": "10"}), account=ALICE)

    assert found.reasons == {"duplicate": 1, "conflict": 1}
    assert found.lots(ALICE, "BTC") == 15
