"""Does the importer read what the venue really printed? Skipped where the samples are absent."""

import json
from collections import Counter
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from importers.hyperliquid.identities import identities
from importers.hyperliquid.rows import RowRefused
from importers.hyperliquid.scales import Scales
from tests.unit.importers.archives import (
    ALICE,
    SHARED,
    Imported,
    imported,
    ledger_update,
    misc_line,
    written,
)

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


def matched(found: Imported) -> int:
    """Σ price·size of all rows; a match of an account with itself has two."""
    total = 0
    for data in found.of("market.trade_executed/1"):
        if data["purpose"] == "recorded":
            rows = 2 if data["buyer"] == data["seller"] else 1
            total += rows * data["price"] * data["quantity"]
    closes = ("market.position_deleveraged/1", "market.position_taken_over/1")
    return total + sum(abs(data["amount"]) for kind in closes for data in found.of(kind))


def read(name: str) -> Any:
    return json.loads((SAMPLES / name).read_text())


def test_five_hundred_fills_of_2023() -> None:
    found = sample("sdk/user_fills_20230505_500.json")

    assert (found.report.rows_in, found.report.moved) == (500, 500)
    assert found.report.counts["self_matches"] == 83
    assert totals(found, "closed_pnl") == units("-152.586132")
    assert totals(found, "fees") == 0
    assert trade_cash(found) == units("-42392.539196")
    assert len(found.venue.markets) == 15
    assert matched(found) == units("229031.090328")
    assert len({event["time"] for event in found.events}) == 251
    assert len({event["source"]["block"] for event in found.events if event["source"]}) > 200
    checks = found.report.checks.found
    assert (checks["F6"].checked, checks["F6"].broken, checks["F3"].broken) == (500, 0, 1)
    assert "F5" not in checks


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
    assert matched(found) == units("487296.590589")
    assert found.report.findings["forced_close_with_one_row"].count == 5
    assert found.report.findings["lone_loser_points_to_adl"].count == 2
    assert found.report.findings["lone_loser_points_to_takeover"].count == 2
    assert found.report.checks.found["F5"].broken == found.report.checks.found["F8"].broken == 0
    assert not [name for name in found.report.findings if name.startswith("label")]


def test_dust_and_net_child_vaults() -> None:
    found = sample("api/user_fills_dust_and_net_child_vaults.json")

    assert (found.report.moved, found.reasons) == (3, {"out_of_scope": 2})


def test_market_liquidations_and_a_test_net_row() -> None:
    found = sample("forced/market_liquidation_rows.jsonl")

    assert (found.report.moved, found.reasons) == (2, {"hash_mismatch": 1})
    refused = found.report.rejected[0].amount
    assert matched(found) + refused * 10**6 == units("403.6578")
    assert found.report.rejected[0].place.line == 2
    assert found.venue.markets["xyz:SILVER"].mark is not None


def test_takeover_rows_with_fields_left_out() -> None:
    found = sample("forced/backstop_takeover_ETH_20250621_partial.jsonl")
    vault_alone = sample("forced/backstop_vault_row_SOL_20260206_partial.jsonl")

    assert (found.report.moved, found.report.no_effect) == (1, 1)
    assert found.reasons == vault_alone.reasons == {"bad_field": 1}
    assert found.report.rejected[0].detail == "startPosition is missing"
    assert trade_cash(found) == units("240.1692")
    # Sold at the price that leaves nothing, cut to a tenth: the rest is at most that step.
    (loser, vault) = found.report.checked
    assert vault.status == "cash uncertain"
    raw = Fraction("0.756264") - Fraction("0.1037") * Fraction("2323.3")
    left = raw * 10**6 + loser.sums.flow
    assert left == units("-0.000746")
    zero_equity = -raw / Fraction("0.1037")
    assert 0 < zero_equity - Fraction("2316.0") < Fraction("0.1")
    # The printed result implies the entry price.
    assert Fraction("2316.0") + Fraction("9.94483") / Fraction("0.1037") == Fraction("2411.9")
    assert found.venue.markets["ETH"].mark == 232_330


def test_an_adl_close_by_block() -> None:
    found = sample("node/fills_by_block_adl_AVAX_20251010.jsonl")

    assert trade_cash(found) == units("-629.79975")
    assert found.lots("outside:counterparty:AVAX", "AVAX") == -2853
    assert found.report.checked[0].now.cash == units("194.275035")
    (closed,) = found.of("market.position_deleveraged/1")
    assert closed["bankrupt"] == "outside:counterparty:AVAX"
    (event,) = [e for e in found.events if e["data"] is closed]
    assert event["source"]["block"] == 758_800_641
    checks = found.report.checks.found
    assert all(checks[name].broken == 0 for name in ("A2", "A3", "A4", "A8", "F6", "F7"))
    assert checks["A1"].broken == 1


def test_a_makers_rebate_by_block() -> None:
    found = sample("node/fills_by_block_market_liquidation_SOL_20260628.jsonl")

    assert trade_cash(found) == units("41.849995")
    assert found.report.checked[0].positions == {"SOL": -16318}


def test_misc_events_by_block() -> None:
    found = sample("node/misc_events_by_block_20260611.jsonl")

    assert (found.report.blocks, found.report.block_events) == (3, 7)
    assert (found.report.moved, found.report.no_effect, found.reasons) == (2, 6, {})
    assert totals(found, "funding") == units("13.837124")
    assert [(one.coin, one.total) for one in found.report.funding_rounds] == [
        ("HYPE", units("4.506878")),
        ("ZEC", units("9.330246")),
    ]


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
    assert sample("sdk/user_vault_equities_2025.json").reasons == {"out_of_scope": 2}
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


CLOSES = "adl/adl_closes_20251010_480.csv"


def test_four_hundred_and_eighty_closes_are_all_booked() -> None:
    found = sample(CLOSES)
    closed = found.of("market.position_deleveraged/1")

    assert (found.report.moved, found.reasons) == (480, {})
    assert len(closed) == found.report.counts["single_sides"] == 480
    assert len({data["victim"] for data in closed}) == 294
    assert len({e["stream"] for e in found.events if e["data"] in closed}) == 62
    sides = Counter(data["quantity_before"] < 0 for data in closed)
    assert (sides[True], sides[False]) == (472, 8)
    assert sum(abs(data["amount"]) for data in closed) == units("12132175.173893")
    assert trade_cash(found) == units("-12103817.424031")
    assert totals(found, "closed_pnl") == units("2340434.724982")
    losses = [data["realized"] for data in closed if data["realized"] < 0]
    assert (len(losses), sum(losses)) == (14, units("-1929.035887"))


def test_the_checks_of_four_hundred_and_eighty_closes() -> None:
    found = sample(CLOSES)
    checks = {name: (one.checked, one.broken) for name, one in found.report.checks.found.items()}

    assert checks["A1"] == (480, 480)
    assert all(checks[name] == (480, 0) for name in ("A2", "A3", "A4", "A8"))
    assert checks["A5"] == (163, 0)
    assert checks["A6"] == (480, 14)
    assert checks["A7"][1] == 0
    assert checks["A10"] == (18, 0)
    partial = [data for data in found.of("market.position_deleveraged/1") if data["quantity_after"]]
    assert len(partial) == 36


def test_the_largest_losers_and_markets_of_the_closes() -> None:
    found = sample(CLOSES)
    losers: dict[str, list[int]] = {}
    btc = []
    for event in found.events:
        if event["type"] == "market.position_deleveraged/1":
            data, loser = event["data"], str(event["source"]["liquidated"])
            losers.setdefault(loser[:10], []).append(abs(data["amount"]))
            if event["stream"] == "market/BTC":
                btc.append((data["quantity"], abs(data["amount"]), data["realized"]))

    rows, amount = len(losers["0xb0a55f13"]), sum(losers["0xb0a55f13"])
    assert (rows, amount) == (214, units("6646270.82339"))
    rows, amount = len(losers["0x2e3d94f0"]), sum(losers["0x2e3d94f0"])
    assert (rows, amount) == (172, units("4784351.924378"))
    assert len(losers) == 59
    places = found.venue.markets["BTC"].spec.lot_size.places
    assert len(btc) == 167
    assert sum(one[0] for one in btc) == Decimal("41.57553").scaleb(places)
    assert sum(one[1] for one in btc) == units("4448570.21577")
    assert sum(one[2] for one in btc) == units("265175.449833")


STATES: dict[str, dict[str, int]] = {
    "state/clearinghouse_BTC_long_20260925.json": {
        "C1": 2,
        "C2": 1,
        "C4": 1,
        "C5": 2,
        "C6": 1,
        "C7": 1,
        "C8": 1,
        "C10": 1,
    },
    "state/clearinghouse_BTC_small_20260203.json": {
        "C1": 2,
        "C2": 1,
        "C4": 1,
        "C5": 2,
        "C6": 1,
        "C7": 1,
        "C8": 1,
        "C10": 1,
    },
    "state/clearinghouse_dex_xyz_20260924.json": {
        "C1": 2,
        "C2": 1,
        "C3": 49,
        "C4": 9,
        "C5": 2,
        "C6": 1,
        "C7": 58,
        "C8": 58,
        "C9": 49,
        "C10": 1,
    },
    "state/clearinghouse_negative_raw_trimmed.json": {"C1": 1},
    "sdk/clearinghouse_state_20230327.json": {
        "C1": 2,
        "C2": 1,
        "C4": 12,
        "C5": 2,
        "C7": 12,
        "C8": 12,
    },
}
OLDER_RULE = {
    "state/clearinghouse_negative_raw_trimmed.json",
    "sdk/clearinghouse_state_20230327.json",
}
"""States whose withdrawable amount has no term of a tenth of the notional."""


@pytest.mark.parametrize("name", STATES)
def test_the_venues_answers_agree_with_themselves(name: str) -> None:
    found = identities(read(name), {"BTC": 5} if name.startswith("state") else {})

    assert {identity: times for (identity, holds), times in found.items() if holds} == STATES[name]
    broken = {identity for identity, holds in found if not holds}
    assert broken == ({"C10"} if name in OLDER_RULE else set())


def test_answers_are_where_an_unknown_account_begins() -> None:
    found = sample("state/clearinghouse_dex_xyz_20260924.json")
    (account,) = found.report.checked

    assert found.venue.equity(account.sums.account) == units("810535.475244")
    assert account.now.cash == units("-1076531.955779")
    assert len(account.positions) == 58
    assert sample("sdk/clearinghouse_state_20230327.json").reasons == {"bad_time": 1}
    trimmed = sample("state/clearinghouse_negative_raw_trimmed.json")
    assert trimmed.report.findings["snapshot_position_without_account_value"].count == 1


def test_one_position_of_a_snapshot() -> None:
    found = sample("snapshot/perp_positions_row.json")

    assert (found.report.moved, found.reasons) == (1, {})
    market = found.venue.markets["JUP"]
    tick = market.spec.tick_size.fraction()
    assert market.price * tick == Fraction("0.40239")
    assert [one.positions for one in found.report.checked] == [{"JUP": -14}]


def test_rates_of_2023_follow_their_rule() -> None:
    found = sample("sdk/funding_history_BTC_2023.json")

    assert (found.report.no_effect, found.report.rows_in, found.report.findings) == (34, 34, {})
    rows = read("sdk/funding_history_BTC_2023.json")
    assert sum(Decimal(row["fundingRate"]) for row in rows) == Decimal("-0.00473330")


def test_signs_of_funding_are_what_was_received() -> None:
    rows = [row["delta"] for row in read("sdk/user_funding_218.json")]
    found = sample("sdk/user_funding_218.json")

    assert all(
        Decimal(row["szi"]) * Decimal(row["fundingRate"]) * Decimal(row["usdc"]) < 0 for row in rows
    )
    received = [
        data for data in found.of("account.collateral_moved/1") if data["from"][:8] == "outside:"
    ]
    assert len(received) == 151
    assert found.report.funding_rounds == []


def learned(name: str) -> Scales:
    scales = Scales()
    meta = read(name)
    scales.learn_meta(meta[0] if isinstance(meta, list) else meta)
    return scales


def test_meta_of_several_years_and_dexes() -> None:
    old = learned("sdk/meta_20230717.json")
    names = [entry["name"] for entry in read("sdk/meta_20230717.json")["universe"]]
    assert len(names) == 28
    assert sum(old.places(name) for name in names) == 40

    new = learned("meta/meta_mainnet_first6_20260925.json")
    tiers = new.listing("BTC")["margin_tiers"]
    assert [tier["from_notional"] for tier in tiers] == [0, units("150000000")]
    low, high = (Fraction(tier["maintenance"]) for tier in tiers)
    assert 150_000_000 * (high - low) == 1_875_000
    assert new.listing("DYDX")["lot_size"]

    dex = read("meta/meta_and_asset_ctxs_dex_io_20260924_first8.json")
    assert len(dex[0]["universe"]) == len(dex[1]) == 8
    scales = learned("meta/meta_and_asset_ctxs_dex_io_20260924_first8.json")
    assert all(scales.is_stated(entry["name"]) for entry in dex[0]["universe"])

    with pytest.raises(RowRefused, match="another network"):
        learned("meta/meta_testnet_first18.json")


def test_the_header_of_asset_contexts_is_known() -> None:
    found = sample("meta/asset_ctxs_header_and_one_row.csv")

    assert (found.report.rows_in, set(found.reasons)) == (1, {"out_of_scope"})


def test_every_shape_of_a_ledger_update_has_one_decision(tmp_path: Path) -> None:
    lines = (SAMPLES / "ledger" / "ledger_delta_shapes_synthetic.jsonl").read_text().splitlines()
    decided = {}
    for line in lines:
        delta = json.loads(line)
        kind = delta.pop("type")
        path = written(tmp_path / "m.jsonl", misc_line(1, ledger_update([ALICE], kind, **delta)))
        found = imported(path)
        (reason,) = found.reasons or ("moved" if found.report.moved else "no effect",)
        decided[kind] = reason

    assert len(decided) == len(lines) == 12
    assert decided == {
        "withdraw": "effect_unknown",
        "accountClassTransfer": "moved",
        "internalTransfer": "effect_unknown",
        "subAccountTransfer": "bad_field",
        "spotTransfer": "no effect",
        "vaultDeposit": "bad_field",
        "vaultWithdraw": "effect_unknown",
        "rewardsClaim": "effect_unknown",
        "spotGenesis": "no effect",
        "cStakingTransfer": "no effect",
        "borrowLend": "effect_unknown",
        "activateDexAbstraction": "effect_unknown",
    }


def test_a_close_and_its_loser_of_two_dumps_share_a_hash() -> None:
    found = sample("forced/fill_per_dir_2025_2026.jsonl")
    cashcat = [
        event
        for event in found.events
        if event["stream"] == "market/CASHCAT"
        and "label" in event["source"]
        and event["type"] in ("market.trade_executed/1", "market.position_deleveraged/1")
        and event["data"].get("purpose") != "opening"
        and event["data"].get("purpose") != "gap"
    ]

    assert len({event["source"]["hash"] for event in cashcat}) == 1
    assert {event["source"]["block"] for event in cashcat} == {1_099_446_376}
    assert {event["type"] for event in cashcat} == {
        "market.position_deleveraged/1",
        "market.trade_executed/1",
    }
