"""Which tables and lists beside the archive are read, and what is refused in them?"""

import json
from fractions import Fraction
from pathlib import Path

import pytest

from importers.hyperliquid.funding_rates import rule_of
from importers.hyperliquid.tables import CLOSE_COLUMNS
from tests.unit.importers.archives import (
    ALICE,
    BOB,
    CAROL,
    NOON,
    VAULT,
    block_fill,
    both,
    fill,
    imported,
    written,
)


def closes(path: Path, *rows: str) -> Path:
    return written(path, ",".join(CLOSE_COLUMNS), *rows)


def test_a_list_of_closes_is_booked_against_the_outside(tmp_path: Path) -> None:
    rows = [
        f"{ALICE},BTC,{NOON},90.0,2.0,-5.0,20.0,{VAULT}",
        f"{ALICE},BTC,{NOON},90.0,3.0,-3.0,30.0,{CAROL}",
        f"{BOB},ETH,{NOON},11.5,1.5,4.0,-1.5,{CAROL}",
    ]
    found = imported(closes(tmp_path / "closes.csv", *rows))

    closed = found.of("market.position_deleveraged/1")
    assert [data["victim"] for data in closed] == [ALICE, ALICE, BOB]
    assert {data["bankrupt"] for data in closed} == {
        "outside:counterparty:BTC",
        "outside:counterparty:ETH",
    }
    assert [data["quantity_after"] for data in closed] == [-3, 0, 25]
    checks = found.report.checks.found
    assert (checks["A10"].checked, checks["A10"].broken) == (1, 0)
    assert (checks["A6"].checked, checks["A6"].broken) == (3, 1)
    assert (checks["A5"].checked, checks["A7"].checked) == (2, 3)


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (f"{ALICE},BTC,{NOON},90.0,2.0,0.0,20.0,{VAULT}", "bad_field"),
        (f"{ALICE},BTC,{NOON},90.0,2.0,-5.0,20.0", "bad_field"),
        (f"{ALICE},BTC,now,90.0,2.0,-5.0,20.0,{VAULT}", "bad_time"),
        (f"{ALICE},@1,{NOON},90.0,2.0,-5.0,20.0,{VAULT}", "out_of_scope"),
        (f"0x1,BTC,{NOON},90.0,2.0,-5.0,20.0,{VAULT}", "bad_field"),
        (f"{ALICE},BTC,{NOON},9E1,2.0,-5.0,20.0,{VAULT}", "bad_field"),
    ],
)
def test_a_close_that_cannot_be_read_is_refused(tmp_path: Path, row: str, reason: str) -> None:
    assert imported(closes(tmp_path / "closes.csv", row)).reasons == {reason: 1}


def test_a_published_rate_moves_nothing_and_is_checked(tmp_path: Path) -> None:
    rows = [
        {"coin": "BTC", "fundingRate": "-0.00061334", "premium": "-0.00091334", "time": NOON},
        {"coin": "BTC", "fundingRate": "0.0000125", "premium": "0.0", "time": NOON + 1},
        {"coin": "BTC", "fundingRate": "0.7", "premium": "0.0", "time": NOON + 2},
        {"coin": "BTC", "fundingRate": 1, "premium": "0.0", "time": NOON + 3},
    ]
    found = imported(written(tmp_path / "rates.jsonl", *rows))

    assert (found.report.no_effect, found.reasons) == (3, {"bad_field": 1})
    assert found.report.findings["funding_rate_follows_no_known_rule"].count == 1


def test_an_hourly_rate_is_cut_at_four_percent() -> None:
    rule = rule_of(Fraction(4, 100), Fraction(1))

    assert rule is not None
    assert rule.name == "hourly"


def test_a_share_of_a_vault_is_no_perpetual_cash(tmp_path: Path) -> None:
    share = {"vaultAddress": VAULT, "equity": "1.5", "lockedUntilTimestamp": NOON}

    assert imported(written(tmp_path / "s.jsonl", share)).reasons == {"out_of_scope": 1}


def universe(*names: str) -> str:
    return json.dumps({"universe": [{"name": n, "szDecimals": 2, "maxLeverage": 4} for n in names]})


@pytest.mark.parametrize(
    ("names", "is_foreign"),
    [
        (("SOL", "APT", "ATOM", "BTC", "ETH"), True),
        (("BTC", "ETH", "ATOM"), False),
        (("BTC", "SOL"), False),
        (("ETH",), False),
        (("xyz:GOLD", "xyz:BTC"), False),
    ],
)
def test_assets_that_are_numbered_as_on_the_test_network_are_not_believed(
    tmp_path: Path, names: tuple[str, ...], *, is_foreign: bool
) -> None:
    meta = written(tmp_path / "meta.json", universe(*names))
    found = imported(written(tmp_path / "f.jsonl", fill("BTC", "B", "1", "9")), meta, account=ALICE)

    name = "meta_unread: assets are numbered as on another network"
    assert (name in found.report.findings) == is_foreign
    if is_foreign:
        assert found.report.inferred_scales == {"BTC": 0}


def test_a_block_without_events_is_a_block(tmp_path: Path) -> None:
    line = json.loads(block_fill(1, *both(ALICE, BOB, "BTC", "1", "9", 7)))
    del line["events"]
    found = imported(written(tmp_path / "f.jsonl", line))

    assert (found.report.blocks, found.report.rows_in) == (1, 0)
