"""What does each kind of ledger update do to perpetual cash?"""

from pathlib import Path
from typing import Any

import pytest

from importers.hyperliquid.importing import HyperliquidImport, UnknownReading
from importers.hyperliquid.ledger_updates import KINDS, READINGS
from tests.unit.importers.archives import (
    ALICE,
    BLOCK,
    BOB,
    NOON,
    VAULT,
    imported,
    ledger_update,
    misc_line,
    written,
)

TO_BOB = {"user": ALICE, "destination": BOB}
SEND = {**TO_BOB, "token": "USDC", "amount": "5.0", "fee": "0.0", "feeToken": ""}
SHARE = {"user": ALICE, "vault": VAULT, "commission": "0.0", "closingCost": "0.0"}

Case = tuple[str, dict[str, Any], dict[str, int]]
MOVED: dict[str, Case] = {
    "a deposit": ("deposit", {"usdc": "5.0"}, {ALICE: 5}),
    "a withdrawal without a fee": ("withdraw", {"usdc": "5.0", "fee": "0.0"}, {ALICE: -5}),
    "from spot": (
        "accountClassTransfer",
        {"usdc": "5.0", "toPerp": True},
        {ALICE: 5, "outside:spot": -5},
    ),
    "to spot": (
        "accountClassTransfer",
        {"usdc": "5.0", "toPerp": False},
        {ALICE: -5, "outside:spot": 5},
    ),
    "an internal transfer": (
        "internalTransfer",
        {**TO_BOB, "usdc": "5.0", "fee": "0.0"},
        {ALICE: -5, BOB: 5},
    ),
    "a sub-account transfer": (
        "subAccountTransfer",
        {**TO_BOB, "usdc": "5.0"},
        {ALICE: -5, BOB: 5},
    ),
    "sent from spot to perp": (
        "send",
        {**SEND, "sourceDex": "spot", "destinationDex": ""},
        {BOB: 5, "outside:spot": -5},
    ),
    "sent to a builder dex": (
        "send",
        {**SEND, "sourceDex": "", "destinationDex": "xyz"},
        {ALICE: -5, f"{BOB}@xyz": 5},
    ),
    "a vault's beginning": (
        "vaultCreate",
        {"vault": VAULT, "usdc": "5.0", "fee": "0.0"},
        {ALICE: -5, VAULT: 5},
    ),
    "a deposit into a vault": (
        "vaultDeposit",
        {"vault": VAULT, "usdc": "5.0"},
        {ALICE: -5, VAULT: 5},
    ),
    "a withdrawal from a vault at no cost": (
        "vaultWithdraw",
        {**SHARE, "requestedUsd": "5.0", "netWithdrawnUsd": "5.0"},
        {ALICE: 5, VAULT: -5},
    ),
    "to a builder dex from spot": (
        "perpDexClassTransfer",
        {"amount": "5.0", "token": "USDC", "dex": "xyz", "toPerp": True},
        {f"{ALICE}@xyz": 5, "outside:spot": -5},
    ),
    "sent with a fee in another token": (
        "send",
        {**SEND, "sourceDex": "", "destinationDex": "", "fee": "1.0", "feeToken": "HYPE"},
        {ALICE: -5, BOB: 5},
    ),
    "a leader's commission": (
        "vaultLeaderCommission",
        {"user": ALICE, "usdc": "5.0"},
        {ALICE: 5, "outside:vault-share": -5},
    ),
}


@pytest.mark.parametrize("case", MOVED.values(), ids=MOVED.keys())
def test_a_kind_whose_effect_is_known_moves_cash(tmp_path: Path, case: Case) -> None:
    kind, delta, moved = case
    line = misc_line(1, ledger_update([ALICE], kind, **delta))
    found = imported(written(tmp_path / "misc.jsonl", line))

    assert {name: cash // 1_000_000 for name, cash in found.venue.cash.items() if cash} == moved
    assert found.report.moved == 1


IDLE: dict[str, tuple[str, dict[str, Any]]] = {
    "a spot transfer": ("spotTransfer", {**TO_BOB, "token": "USDC", "amount": "5.0"}),
    "a genesis": ("spotGenesis", {"token": "PURR", "amount": "5.0"}),
    "staking": ("cStakingTransfer", {"token": "HYPE", "amount": "5.0", "isDeposit": True}),
    "a liquidation's statement": ("liquidation", {"accountValue": "1.0"}),
    "rewards in another token": ("rewardsClaim", {"token": "HYPE", "amount": "1.0"}),
    "sent from spot to spot": ("send", {**SEND, "sourceDex": "spot", "destinationDex": "spot"}),
}


@pytest.mark.parametrize("case", IDLE.values(), ids=IDLE.keys())
def test_a_kind_without_effect_is_applied_and_moves_nothing(
    tmp_path: Path, case: tuple[str, dict[str, Any]]
) -> None:
    kind, delta = case
    line = misc_line(1, ledger_update([ALICE], kind, **delta))
    found = imported(written(tmp_path / "misc.jsonl", line))

    assert (found.report.no_effect, found.report.rejected_rows) == (1, 0)
    assert not any(found.venue.cash.values())


REFUSED: dict[str, tuple[str, dict[str, Any], str]] = {
    "a withdrawal with a fee": ("withdraw", {"usdc": "5.0", "fee": "1.0"}, "effect_unknown"),
    "a vault withdrawal at a cost": (
        "vaultWithdraw",
        {**SHARE, "requestedUsd": "5.0", "netWithdrawnUsd": "4.5"},
        "effect_unknown",
    ),
    "a distribution": ("vaultDistribution", {"vault": VAULT, "usdc": "5.0"}, "effect_unknown"),
    "rewards": ("rewardsClaim", {"token": "USDC", "amount": "1.0"}, "effect_unknown"),
    "borrowing": ("borrowLend", {"token": "USDC", "amount": "1.0"}, "effect_unknown"),
    "an abstraction": ("activateDexAbstraction", {"amount": "1.0"}, "effect_unknown"),
    "another token on a dex": (
        "perpDexClassTransfer",
        {"amount": "1.0", "token": "USDE", "dex": "xyz", "toPerp": True},
        "out_of_scope",
    ),
    "another token": (
        "send",
        {**SEND, "sourceDex": "", "destinationDex": "spot", "token": "USDT"},
        "out_of_scope",
    ),
    "a kind nobody knows": ("airdrop", {"usdc": "5.0"}, "unknown_kind"),
    "no amount": ("deposit", {}, "bad_field"),
    "a negative amount": ("deposit", {"usdc": "-5.0"}, "bad_field"),
    "a direction as text": ("accountClassTransfer", {"usdc": "5.0", "toPerp": "yes"}, "bad_field"),
    "a shortened address": ("subAccountTransfer", {"usdc": "5.0", "user": "0x.."}, "bad_field"),
}


@pytest.mark.parametrize("case", REFUSED.values(), ids=REFUSED.keys())
def test_what_is_not_known_moves_nothing(
    tmp_path: Path, case: tuple[str, dict[str, Any], str]
) -> None:
    kind, delta, reason = case
    line = misc_line(1, ledger_update([ALICE], kind, **delta))
    found = imported(written(tmp_path / "misc.jsonl", line))

    assert found.reasons == {reason: 1}
    assert not any(found.venue.cash.values())
    doubted = [account.status for account in found.report.checked]
    assert set(doubted) == ({"cash uncertain"} if reason != "out_of_scope" else set())


def test_every_kind_has_a_case_here_or_is_refused_as_uncertain() -> None:
    named = {case[0] for some in (MOVED, IDLE, REFUSED) for case in some.values()}

    assert set(KINDS) - named == {case[0] for case in CHOSEN.values()} - named


@pytest.mark.parametrize(
    ("reading", "cash", "fee"), [("fee-beside", -6_000_000, 0), ("fee-inside", -5_000_000, 0)]
)
def test_a_reading_of_an_uncertain_kind_is_chosen_by_name(
    tmp_path: Path, reading: str, cash: int, fee: int
) -> None:
    line = misc_line(1, ledger_update([ALICE], "withdraw", usdc="5.0", fee="1.0"))
    found = imported(written(tmp_path / "misc.jsonl", line), readings={"withdraw": reading})

    assert (found.venue.cash[ALICE], found.venue.cash["treasury"]) == (cash, fee)
    assert found.report.readings == {"withdraw": reading}


CHOSEN: dict[str, tuple[str, dict[str, Any], dict[str, dict[str, int]]]] = {
    "gas of an activation": (
        "accountActivationGas",
        {"token": "USDC", "amount": "5.0"},
        {"none": {}, "perpetual": {ALICE: -5, "outside:gas": 5}},
    ),
    "gas of a deployment": (
        "deployGasAuction",
        {"token": "USDC", "amount": "5.0"},
        {"none": {}, "perpetual": {ALICE: -5, "outside:gas": 5}},
    ),
    "gas of priority": (
        "gossipPriorityGasAuction",
        {"token": "USDC", "amount": "5.0"},
        {"none": {}, "perpetual": {ALICE: -5, "outside:gas": 5}},
    ),
    "an abstraction": (
        "activateDexAbstraction",
        {"dex": "xyz", "token": "USDC", "amount": "5.0"},
        {"none": {}, "dex": {f"{ALICE}@xyz": -5, "outside:gas": 5}},
    ),
    "a supply": (
        "borrowLend",
        {"token": "USDC", "operation": "supply", "amount": "5.0"},
        {"none": {}, "perpetual": {ALICE: -5, "outside:lending": 5}},
    ),
    "a supply withdrawn": (
        "borrowLend",
        {"token": "USDC", "operation": "withdraw", "amount": "5.0"},
        {"none": {}, "perpetual": {ALICE: 5, "outside:lending": -5}},
    ),
    "rewards": (
        "rewardsClaim",
        {"token": "USDC", "amount": "5.0"},
        {"none": {}, "perpetual": {ALICE: 5, "outside:rewards": -5}},
    ),
    "a distribution": (
        "vaultDistribution",
        {"vault": VAULT, "usdc": "5.0"},
        {"to-user": {ALICE: 5, VAULT: -5}, "to-vault": {ALICE: -5, VAULT: 5}},
    ),
    "a vault withdrawal at a cost": (
        "vaultWithdraw",
        {**SHARE, "commission": "2.0", "requestedUsd": "9.0", "netWithdrawnUsd": "5.0"},
        {
            "net": {ALICE: 5, VAULT: -5},
            "net-and-costs": {ALICE: 5, VAULT: -7, "outside:vault-share": 2},
            "requested": {ALICE: 5, VAULT: -9, "outside:vault-share": 4},
        },
    ),
}


@pytest.mark.parametrize("case", CHOSEN.values(), ids=CHOSEN.keys())
def test_every_reading_of_an_uncertain_kind_has_its_effect_and_none_has_no_effect(
    tmp_path: Path, case: tuple[str, dict[str, Any], dict[str, dict[str, int]]]
) -> None:
    kind, delta, effects = case
    path = written(tmp_path / "misc.jsonl", misc_line(1, ledger_update([ALICE], kind, **delta)))

    assert imported(path).reasons == {"effect_unknown": 1}
    assert set(effects) == set(READINGS[kind])
    for reading, moved in effects.items():
        cash = imported(path, readings={kind: reading}).venue.cash
        assert {name: units // 1_000_000 for name, units in cash.items() if units} == moved


def test_gas_of_another_token_is_no_perpetual_cash_and_borrowing_stays_unknown(
    tmp_path: Path,
) -> None:
    gas = ledger_update([ALICE], "deployGasAuction", token="HYPE", amount="5.0")
    lent = ledger_update([ALICE], "borrowLend", token="USDC", operation="borrow", amount="5.0")
    path = written(tmp_path / "misc.jsonl", misc_line(1, gas), misc_line(2, lent))
    found = imported(path, readings={"borrowLend": "perpetual"})

    assert found.report.no_effect == 1
    assert found.reasons == {"effect_unknown": 1}


def test_both_parties_of_an_uncertain_row_are_named_and_in_doubt(tmp_path: Path) -> None:
    delta = {**TO_BOB, "usdc": "5.0", "fee": "1.0"}
    line = misc_line(1, ledger_update([ALICE, BOB], "internalTransfer", **delta))
    found = imported(written(tmp_path / "misc.jsonl", line))

    (refused,) = [e for e in found.events if e["type"] == "venue.fact_rejected/1"]
    assert refused["source"]["account"] == ALICE
    assert refused["source"]["account_of_partner"] == BOB
    assert refused["source"]["block"] == BLOCK + 12
    assert {one.sums.account for one in found.report.checked} == {ALICE, BOB}
    assert {one.status for one in found.report.checked} == {"cash uncertain"}


def test_a_transfer_fee_goes_to_the_treasury(tmp_path: Path) -> None:
    delta = {**TO_BOB, "usdc": "5.0", "fee": "1.0"}
    line = misc_line(1, ledger_update([ALICE, BOB], "internalTransfer", **delta))
    path = written(tmp_path / "misc.jsonl", line)
    beside = imported(path, readings={"internalTransfer": "fee-beside"}).venue.cash
    inside = imported(path, readings={"internalTransfer": "fee-inside"}).venue.cash

    assert (beside[ALICE], beside[BOB], beside["treasury"]) == (-6_000_000, 5_000_000, 1_000_000)
    assert (inside[ALICE], inside[BOB], inside["treasury"]) == (-5_000_000, 4_000_000, 1_000_000)


def test_an_unknown_reading_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnknownReading):
        HyperliquidImport([tmp_path], readings={"withdraw": "sometimes"})


def test_float_noise_is_rounded_and_counted(tmp_path: Path) -> None:
    row = {"time": NOON, "hash": "", "delta": {"type": "deposit", "usdc": "2703997.4500000002"}}
    found = imported(written(tmp_path / "updates.jsonl", row), account=ALICE)

    assert found.venue.cash[ALICE] == 2_703_997_450_000
    assert found.report.quantised == 1


def test_a_vault_deposit_in_the_dumps_of_both_sides_is_booked_once(tmp_path: Path) -> None:
    row = {
        "time": NOON,
        "hash": "0x" + "ab" * 32,
        "delta": {"type": "vaultDeposit", "vault": VAULT, "usdc": "5.0"},
    }
    lines = [
        misc_line(1, ledger_update(users, "vaultDeposit", vault=VAULT, usdc="5.0"))
        for users in ([ALICE], [ALICE, VAULT])
    ]
    found = imported(
        written(tmp_path / "misc.jsonl", *lines), written(tmp_path / "dump.jsonl", row, row)
    )

    assert found.reasons == {"duplicate": 2}
    assert found.venue.cash[VAULT] == 10_000_000


def test_a_ledger_row_without_a_time_is_refused(tmp_path: Path) -> None:
    rows = [{"delta": {"type": "deposit", "usdc": "5.0"}}, {"type": "deposit", "usdc": "5.0"}]
    found = imported(written(tmp_path / "updates.jsonl", *rows))

    assert found.reasons == {"bad_time": 2}
