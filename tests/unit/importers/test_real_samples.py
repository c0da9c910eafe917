"""Does the importer read what the venue really printed? Skipped where the samples are absent."""

from decimal import Decimal
from pathlib import Path

import pytest

from tests.unit.importers.archives import SHARED, Imported, imported

SAMPLES = SHARED / "hyperliquid"
pytestmark = pytest.mark.skipif(not SAMPLES.is_dir(), reason="the real samples are not here")


def sample(name: str) -> Imported:
    return imported(SAMPLES / name)


def units(text: str) -> int:
    """Quote units."""
    scaled = Decimal(text).scaleb(6)
    assert scaled == int(scaled)
    return int(scaled)


def totals(found: Imported, field: str) -> int:
    return sum(getattr(account.sums, field) for account in found.report.checked)


def trade_cash(found: Imported) -> int:
    return totals(found, "flow") - totals(found, "fees")


def test_five_hundred_fills_of_2023() -> None:
    found = sample("sdk/user_fills_20230505_500.json")

    assert (found.report.rows_in, found.report.moved) == (500, 500)
    assert found.report.counts["self_matches"] == 83
    assert totals(found, "closed_pnl") == units("-152.586132")
    assert totals(found, "fees") == 0
    assert trade_cash(found) == units("-42392.539196")
    assert len(found.venue.markets) == 15
    trades = [event["data"] for event in found.events if event["type"] == "market.trade_executed/1"]
    matched = [
        (2 if trade["buyer"] == trade["seller"] else 1) * trade["price"] * trade["quantity"]
        for trade in trades
        if trade["purpose"] == "recorded"
    ]
    assert sum(matched) == units("229031.090328")


def test_the_chain_of_2023_breaks_once() -> None:
    found = sample("sdk/user_fills_20230505_500.json")

    (broken,) = found.report.breaks
    (gap,) = [event for event in found.events if event["data"].get("purpose") == "gap"]
    assert broken.coin == "SUI"
    # The row after the oldest one, whose partner lies beyond the dump's limit.
    assert broken.place == "user_fills_20230505_500.json:499#0"
    assert gap["stream"] == "market/SUI"


def test_one_account_on_two_dexes() -> None:
    found = sample("api/ws_user_fills_one_account_2025_2026.jsonl")
    main, dex = found.report.checked

    assert (found.report.moved, found.reasons) == (9, {"out_of_scope": 2})
    assert (main.positions, dex.positions) == ({"BTC": 4}, {"xyz:SILVER": 26})
    assert totals(found, "closed_pnl") == units("-5.617516")
    assert totals(found, "fees") == units("0.038509")
    assert main.sums.flow - main.sums.fees == units("-8.542002")
    assert dex.sums.flow - dex.sums.fees == units("-20.174007")
    assert main.sums.residues == dex.sums.residues == {}
    assert found.report.breaks == []


def test_one_fill_of_every_label() -> None:
    found = sample("forced/fill_per_dir_2025_2026.jsonl")

    assert (found.report.moved, found.reasons) == (12, {"out_of_scope": 4})
    assert totals(found, "closed_pnl") == units("-79909.187405")
    assert totals(found, "fees") == units("0.072078")
    assert trade_cash(found) == units("-126245.100339")
    assert found.report.findings["forced_close_with_one_row"].count == 5
    assert not [name for name in found.report.findings if name.startswith("label")]


def test_dust_and_net_child_vaults() -> None:
    found = sample("api/user_fills_dust_and_net_child_vaults.json")

    assert (found.report.moved, found.reasons) == (3, {"out_of_scope": 2})


def test_market_liquidations_and_a_test_net_row() -> None:
    found = sample("forced/market_liquidation_rows.jsonl")

    assert (found.report.moved, found.reasons) == (2, {"hash_mismatch": 1})
    assert found.report.rejected[0].place.line == 2
    assert found.venue.markets["xyz:SILVER"].mark is not None


def test_takeover_rows_with_fields_left_out() -> None:
    found = sample("forced/backstop_takeover_ETH_20250621_partial.jsonl")
    vault_alone = sample("forced/backstop_vault_row_SOL_20260206_partial.jsonl")

    assert (found.report.moved, found.report.no_effect) == (1, 1)
    assert found.reasons == vault_alone.reasons == {"bad_field": 1}
    assert found.report.rejected[0].detail == "startPosition is missing"
    assert trade_cash(found) == units("240.1692")
    assert found.venue.markets["ETH"].mark == 232_330


def test_an_adl_close_by_block() -> None:
    found = sample("node/fills_by_block_adl_AVAX_20251010.jsonl")

    assert trade_cash(found) == units("-629.79975")
    assert found.lots("outside:counterparty:AVAX", "AVAX") == -2853
    assert found.report.checked[0].now.cash == units("194.275035")


def test_a_makers_rebate_by_block() -> None:
    found = sample("node/fills_by_block_market_liquidation_SOL_20260628.jsonl")

    assert trade_cash(found) == units("41.849995")
    assert found.report.checked[0].positions == {"SOL": -16318}


def test_misc_events_by_block() -> None:
    found = sample("node/misc_events_by_block_20260611.jsonl")

    assert (found.report.blocks, found.report.block_events) == (3, 7)
    assert (found.report.moved, found.report.no_effect, found.reasons) == (2, 6, {})
    assert totals(found, "funding") == units("13.837124")


def test_the_oldest_trades() -> None:
    found = sample("node/node_trades_legacy.jsonl")

    assert (found.report.moved, found.reasons) == (3, {"out_of_scope": 1})
    assert found.report.counts["pairs"] == 3
    bought = {
        event["stream"]: event["data"]["price"] * event["data"]["quantity"]
        for event in found.events
        if event["data"].get("purpose") == "recorded"
    }
    assert bought == {
        "market/COMP": units("15.92377"),
        "market/PURR": units("199.99616"),
        "market/ZK": units("19.58884"),
    }


def test_outcome_tokens_and_a_deployers_share() -> None:
    found = sample("api/settlement_and_deployer_fee_rows.jsonl")

    assert (found.report.moved, found.reasons) == (1, {"out_of_scope": 2})
    assert totals(found, "fees") == units("0.003804")
    assert found.report.findings["malformed hash"].count == 1


@pytest.mark.parametrize(
    ("name", "rows", "total"),
    [
        ("sdk/user_funding_218.json", 218, "695.136103"),
        ("sdk/user_funding_13.json", 13, "11.897859"),
        ("api/ws_user_fundings_2026.jsonl", 4, "0.000175"),
    ],
)
def test_funding_dumps(name: str, rows: int, total: str) -> None:
    found = sample(name)

    assert (found.report.moved, found.reasons) == (rows, {})
    assert totals(found, "funding") == units(total)


def test_the_thirteen_payments_are_the_first_of_the_longer_dump() -> None:
    paths = [SAMPLES / "sdk" / f"user_funding_{rows}.json" for rows in (13, 218)]
    found = imported(*paths, account="0x" + "a" * 40)

    assert (found.report.moved, found.reasons) == (218, {"duplicate": 13})


def test_ledger_updates_with_float_noise() -> None:
    found = sample("sdk/ledger_updates_2024_5.json")

    assert (found.report.moved, found.report.no_effect) == (4, 1)
    assert found.report.quantised == 2
    assert found.report.checked[0].now.cash == units("1119875.42")


def test_ledger_rows_without_a_time() -> None:
    found = sample("ledger/ledger_updates_real_4.jsonl")

    assert (found.report.moved, found.report.no_effect) == (1, 1)
    assert found.reasons == {"bad_time": 2}
    assert found.report.checked[0].now.cash == units("200079.847397")


def test_rows_of_other_tokens_and_other_tables_are_rejected() -> None:
    assert sample("sdk/delegator_history_2025.json").reasons == {"out_of_scope": 4}
    assert sample("snapshot/account_value_row.json").reasons == {"bad_time": 1}
    assert sample("hlp").reasons == {"unknown_kind": 36}


def test_the_whole_folder_in_one_import() -> None:
    found = imported(*sorted(path for path in SAMPLES.iterdir() if path.is_dir()))

    assert found.report.rows_in > 1000
    assert set(found.reasons) <= {
        "bad_field",
        "bad_scale",
        "bad_time",
        "duplicate",
        "fee_token",
        "hash_mismatch",
        "out_of_scope",
        "unknown_kind",
    }


def test_meta_of_main_net_names_the_tiers(tmp_path: Path) -> None:
    found = imported(
        SAMPLES / "meta" / "meta_mainnet_first6_20260925.json",
        SAMPLES / "api" / "ws_user_fills_one_account_2025_2026.jsonl",
    )

    (listed,) = [data for data in found.of("market.listed/1") if data["lot_size"] == "0.00001"]
    assert [tier["initial"] for tier in listed["margin_tiers"]] == ["1/40", "1/20"]
    assert found.report.single_tier == ["xyz:SILVER"]
