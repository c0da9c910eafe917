"""Which fills are not booked, and with which reason?"""

import json
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
    ledger_update,
    misc_line,
    transaction,
    written,
)
from tests.unit.importers.test_funding_and_marks import payment
from tests.unit.importers.test_marks_by_block import block_marks
from tests.unit.importers.test_states import account_values


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


BEYOND = "1" + "0" * 30 + ".5"


@pytest.mark.parametrize("name", ["fee", "sz", "px", "closedPnl", "startPosition"])
@pytest.mark.parametrize("is_compact", [False, True])
def test_a_number_beyond_ten_to_the_thirty_is_booked_by_nobody(
    fills: Path, name: str, *, is_compact: bool
) -> None:
    """Printed as the archive prints it, a line is read in another way: to the same end."""
    (buyer, bought), (seller, sold) = both(ALICE, BOB, "BTC", "1.0", "9.0", 7)
    line = json.loads(block_fill(1, (buyer, {**bought, name: BEYOND}), (seller, sold)))
    text = json.dumps(line, separators=(",", ":") if is_compact else None)
    found = imported(written(fills, text))

    assert found.reasons == {"bad_field": 1}
    assert found.report.rejected[0].detail == f"{name} {BEYOND} is beyond 10^30"
    assert found.lots(BOB, "BTC") == -1
    assert ALICE not in found.venue.accounts


def test_the_largest_number_is_booked(fills: Path) -> None:
    largest = "1" + "0" * 30 + ".0"
    found = imported(written(fills, fill("BTC", "B", "1.0", "9.0", fee=largest)), account=ALICE)

    assert found.reasons == {}
    assert found.venue.cash[ALICE] == -(10**36)


@pytest.mark.parametrize("amount", [BEYOND, f"-{BEYOND}"])
def test_money_and_marks_beyond_ten_to_the_thirty_are_refused(tmp_path: Path, amount: str) -> None:
    deltas = [payment(ALICE, amount)]
    update = ledger_update([BOB], "deposit", usdc=amount)
    misc = written(tmp_path / "m.jsonl", misc_line(1, {"Funding": {"deltas": deltas}}, update))
    marks = block_marks(tmp_path / "marks.csv", (2, "BTC", amount))
    state = account_values(tmp_path, alice=float(amount.replace(".5", "0.0")))
    found = imported(misc, marks, state)

    assert found.reasons == {"bad_field": 4}
    assert not any(found.venue.cash.values())


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
