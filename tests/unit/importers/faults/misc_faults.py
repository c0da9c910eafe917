"""Which faults can stand among misc events, and what must the importer say of each?"""

from copy import deepcopy
from typing import Any

from tests.unit.importers.faults.sites import (
    FundingFault,
    MiscFault,
    MiscSite,
    NotHereError,
    text_of,
)


def delta_of(site: MiscSite, kind: str) -> dict[str, Any]:
    """The delta of the ledger update, if it is of this kind and of an account to be spoiled."""
    update = site.event["inner"].get("LedgerUpdate")
    if update is None or update["delta"]["type"] != kind:
        raise NotHereError
    if update["users"][0] not in site.users:
        raise NotHereError
    found: dict[str, Any] = update["delta"]
    return found


def user_of(site: MiscSite) -> str:
    """Whose update it is."""
    found: str = site.event["inner"]["LedgerUpdate"]["users"][0]
    return found


def deposit(name: str, value: Any, reason: str) -> MiscFault:
    """A deposit that cannot be read in one field."""

    def fault(site: MiscSite) -> None:
        delta = delta_of(site, "deposit")
        if value is None:
            del delta[name]
        else:
            delta[name] = value
        site.expect(f"reason:{reason}")
        site.loses(user_of(site))

    return fault


def envelope(name: str, value: Any, reason: str) -> MiscFault:
    """A deposit whose event says something that cannot be."""

    def fault(site: MiscSite) -> None:
        delta_of(site, "deposit")
        site.loses(user_of(site))
        site.event[name] = value
        site.expect(f"reason:{reason}")

    return fault


def inserted(kind: str, inner: dict[str, Any], reason: str, *, flags: bool = False) -> MiscFault:
    """An event that was not there before."""

    def fault(site: MiscSite) -> None:
        user = site.users[site.number % len(site.users)]
        found = deepcopy(inner)
        if kind == "LedgerUpdate":
            found = {"users": [user], "delta": found}
            site.found.spoiled.add(user)
        site.beside({kind: found})
        site.expect(f"reason:{reason}")
        if flags:
            site.found.flagged.add(user)

    return fault


def amount_has_float_noise(site: MiscSite) -> None:
    delta = delta_of(site, "deposit")
    delta["usdc"] = f"{delta['usdc'].ljust(delta['usdc'].index('.') + 7, '0')}0000000002"
    site.expect("count:quantised")


def update_comes_twice(site: MiscSite) -> None:
    delta_of(site, "deposit")
    site.after.append(text_of({**site.block, "events": [deepcopy(site.event)]}))
    site.expect("reason:duplicate")


def vault_deposit_is_said_to_both(site: MiscSite) -> None:
    update = site.event["inner"].get("LedgerUpdate")
    if update is None or update["delta"]["type"] != "vaultDeposit":
        raise NotHereError
    again = deepcopy(site.event)
    again["inner"]["LedgerUpdate"]["users"].reverse()
    site.block["events"].append(again)
    site.expect("reason:duplicate")


def hash_of_another_block(site: MiscSite) -> None:
    delta_of(site, "deposit")
    hash_ = site.event["hash"]
    site.event["hash"] = f"{hash_[:24]}{int(hash_[24:32], 16) - 9:08x}{hash_[32:]}"
    site.expect("reason:hash_mismatch")
    site.loses(user_of(site))


def two_kinds_in_one(site: MiscSite) -> None:
    delta_of(site, "deposit")
    site.loses(user_of(site))
    site.event["inner"]["CDeposit"] = {"amount": "1.0"}
    site.expect("reason:bad_field")


def _without_amount(delta: dict[str, Any]) -> list[dict[str, Any]]:
    return [{name: value for name, value in delta.items() if name != "funding_amount"}]


def _twice(delta: dict[str, Any]) -> list[dict[str, Any]]:
    return [delta, deepcopy(delta)]


def _two_amounts(delta: dict[str, Any]) -> list[dict[str, Any]]:
    return [delta, {**delta, "funding_amount": "123.456789"}]


def _garbled(delta: dict[str, Any]) -> list[dict[str, Any]]:
    return [{**delta, "coin": [delta["coin"]]}]


def _nobody(delta: dict[str, Any]) -> list[dict[str, Any]]:
    return [{**delta, "user": "0x12"}]


FUNDING_FAULTS: dict[str, FundingFault] = {
    "funding amount is missing": (_without_amount, "bad_field", True),
    "funding comes twice": (_twice, "duplicate", False),
    "funding of no coin": (_garbled, "bad_field", True),
    "funding says two amounts": (_two_amounts, "conflict", False),
    "funding to nobody": (_nobody, "bad_field", True),
}


MISC_FAULTS: dict[str, MiscFault] = {
    "amount has float noise": amount_has_float_noise,
    "amount is a JSON number": deposit("usdc", 12.5, "bad_field"),
    "amount is missing": deposit("usdc", None, "bad_field"),
    "amount is negative": deposit("usdc", "-1.0", "bad_field"),
    "effect is unknown": inserted(
        "LedgerUpdate",
        {"type": "borrowLend", "token": "USDC", "operation": "supply", "amount": "5.0"},
        "effect_unknown",
        flags=True,
    ),
    "event of another block": hash_of_another_block,
    "inner is missing": envelope("inner", None, "bad_field"),
    "event time is another than the block's": envelope(
        "time", "2025-10-10T19:00:00.000000001", "bad_time"
    ),
    "event time is no time": envelope("time", 1760130974057, "bad_time"),
    "token of another dex": inserted(
        "LedgerUpdate",
        {"type": "perpDexClassTransfer", "amount": "1.0", "token": "USDH", "dex": "x"},
        "out_of_scope",
    ),
    "two kinds in one event": two_kinds_in_one,
    "type is missing": inserted("LedgerUpdate", {"usdc": "1.0"}, "bad_field"),
    "type is unknown": inserted(
        "LedgerUpdate", {"type": "vaultLoan", "usdc": "9.0"}, "unknown_kind", flags=True
    ),
    "update comes twice": update_comes_twice,
    "unknown event": inserted("ValidatorSlashing", {"amount": "1.0"}, "unknown_kind"),
    "vault deposit is said to both": vault_deposit_is_said_to_both,
}
