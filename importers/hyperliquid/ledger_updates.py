"""What does a ledger update do to perpetual cash, and where is that not known?

One entry per kind and version. A kind about whose effect readers of the venue disagree is refused
as `effect_unknown` until one of its readings is chosen by name; a case in which all readings agree
(no fee, say) is booked at once.
"""

import re
from collections.abc import Callable, Mapping
from typing import Final, Literal, NamedTuple

from importers.hyperliquid.fields import (
    Raw,
    address_of,
    quantised_money_of,
    text_of,
    text_or_none,
)
from importers.hyperliquid.rows import RowRefused, Update

EFFECTS_VERSION: Final = "hyperliquid-effects@2"
READINGS: Final[dict[str, tuple[str, ...]]] = {
    "accountActivationGas": ("none", "perpetual"),
    "activateDexAbstraction": ("dex", "none"),
    "borrowLend": ("none", "perpetual"),
    "deployGasAuction": ("none", "perpetual"),
    "gossipPriorityGasAuction": ("none", "perpetual"),
    "internalTransfer": ("fee-beside", "fee-inside"),
    "loneLoser": ("hint", "trade"),
    "rewardsClaim": ("none", "perpetual"),
    "send": ("fee-beside", "fee-inside"),
    "snapshot": ("after-block", "before-block"),
    "takeoverResidue": ("kept", "outside"),
    "vaultCreate": ("fee-beside", "fee-inside"),
    "vaultDistribution": ("to-user", "to-vault"),
    "vaultWithdraw": ("net", "net-and-costs", "requested"),
    "withdraw": ("fee-beside", "fee-inside"),
}
"""Kinds of uncertain effect that have readings to choose from.

Three are no ledger updates. `loneLoser`: a liquidated row without its partner is a plain trade,
unless the hint of its price against the mark is taken for what happened. `takeoverResidue`: what
a takeover leaves of an account stays there, or is no longer its own. `snapshot`: a state holds
after the events of its own block and instant, or before them.
"""
LIQUIDATION: Final = "liquidation"

SPOT: Final = "outside:spot"
LENDING: Final = "outside:lending"
SHARES: Final = "outside:vault-share"
TREASURY: Final = "treasury"

_DEX = re.compile(r"[A-Za-z0-9_.-]{0,32}", re.ASCII)

Choices = Mapping[str, str]


class Leg(NamedTuple):
    """One movement of money; a deposit has no payer, a withdrawal no receiver."""

    kind: Literal["deposit", "withdraw", "move"]
    payer: str
    receiver: str
    amount: int
    reason: str


class Effect(NamedTuple):
    """All legs of an update (none: no effect by rule), and how many amounts had float noise."""

    legs: tuple[Leg, ...]
    quantised: int = 0


class Amounts:
    """Reads the amounts of one update and counts corrections."""

    def __init__(self, delta: Raw) -> None:
        self._delta = delta
        self.quantised = 0

    def __call__(self, name: str) -> int:
        """A whole amount that is not negative."""
        amount, corrected = quantised_money_of(self._delta, name)
        self.quantised += corrected
        if amount < 0:
            raise RowRefused("bad_field", f"{name} is negative")
        return amount

    def or_zero(self, name: str) -> int:
        """The same, zero where the field is absent."""
        return self(name) if self._delta.get(name) is not None else 0


def effect_of(row: Update, choices: Choices) -> Effect:
    """The effect of an update; raises `RowRefused` where it is unknown, uncertain, out of scope."""
    rule = _EFFECTS.get(row.kind)
    if rule is None:
        raise RowRefused("unknown_kind", f"ledger update {row.kind[:40]}")
    amounts = Amounts(row.delta)
    legs = rule(row, amounts, choices.get(row.kind))
    return Effect(tuple(leg for leg in legs if leg.amount), amounts.quantised)


Legs = list[Leg]


def _none(_row: Update, _amounts: Amounts, _reading: str | None) -> Legs:
    return []


def _gas(row: Update, amounts: Amounts, reading: str | None) -> Legs:
    """Gas and auctions: of another token nothing, of USDC perhaps perpetual cash."""
    if text_or_none(row.delta, "token") not in (None, "USDC"):
        return []
    _choose(row, reading, certain=False)
    if reading == "none":
        return []
    return [_moved(row.subject, "outside:gas", amounts("amount"), "gas")]


def _dex_abstraction(row: Update, amounts: Amounts, reading: str | None) -> Legs:
    _choose(row, reading, certain=False)
    if reading == "none":
        return []
    if text_of(row.delta, "token") != "USDC":
        raise RowRefused("out_of_scope", "another token than USDC on a perpetual dex")
    account = _on_dex(row.subject, _dex_of(row))
    return [_moved(account, "outside:gas", amounts("amount"), "dex_abstraction")]


def _borrow_lend(row: Update, amounts: Amounts, reading: str | None) -> Legs:
    """Supplying takes from perpetual cash and withdrawing gives back, or neither does."""
    if text_of(row.delta, "token") != "USDC":
        return []
    _choose(row, reading, certain=False)
    if reading == "none":
        return []
    operation = text_of(row.delta, "operation")
    if operation == "supply":
        return [_moved(row.subject, LENDING, amounts("amount"), "supplied")]
    if operation == "withdraw":
        return [_moved(LENDING, row.subject, amounts("amount"), "supply_withdrawn")]
    raise RowRefused("effect_unknown", f"nobody says what {operation[:20]} does to perpetual cash")


def _dex_class_transfer(row: Update, amounts: Amounts, _reading: str | None) -> Legs:
    """Between spot and a builder dex, whose cash is an account of its own."""
    if text_of(row.delta, "token") != "USDC":
        raise RowRefused("out_of_scope", "another token than USDC on a perpetual dex")
    account = _on_dex(row.subject, _dex_of(row))
    return _to_or_from_spot(row, account, amounts("amount"))


def _deposit(row: Update, amounts: Amounts, _reading: str | None) -> Legs:
    return [Leg("deposit", "", row.subject, amounts("usdc"), "deposit")]


def _withdraw(row: Update, amounts: Amounts, reading: str | None) -> Legs:
    amount, fee = amounts("usdc"), amounts.or_zero("fee")
    _choose(row, reading, certain=fee == 0)
    taken = amount if reading == "fee-inside" else amount + fee
    return [Leg("withdraw", row.subject, "", taken, "withdraw")]


def _class_transfer(row: Update, amounts: Amounts, _reading: str | None) -> Legs:
    return _to_or_from_spot(row, row.subject, amounts("usdc"))


def _to_or_from_spot(row: Update, account: str, amount: int) -> Legs:
    to_perp = row.delta.get("toPerp")
    if type(to_perp) is not bool:
        raise RowRefused("bad_field", "toPerp is neither true nor false")
    return [
        _moved(SPOT, account, amount, "class_transfer")
        if to_perp
        else _moved(account, SPOT, amount, "class_transfer")
    ]


def _internal(row: Update, amounts: Amounts, reading: str | None) -> Legs:
    amount, fee = amounts("usdc"), amounts.or_zero("fee")
    _choose(row, reading, certain=fee == 0)
    payer, receiver = _party(row, "user"), _party(row, "destination")
    given = amount - fee if reading == "fee-inside" else amount
    return [
        _moved(payer, receiver, given, "internal_transfer"),
        _moved(payer, TREASURY, fee, "transfer_fee"),
    ]


def _sub_account(row: Update, amounts: Amounts, _reading: str | None) -> Legs:
    payer, receiver = _party(row, "user"), _party(row, "destination")
    return [_moved(payer, receiver, amounts("usdc"), "sub_account_transfer")]


def _send(row: Update, amounts: Amounts, reading: str | None) -> Legs:
    source, target = text_of(row.delta, "sourceDex"), text_of(row.delta, "destinationDex")
    if source == target == "spot":
        return []
    if text_of(row.delta, "token") != "USDC":
        raise RowRefused("out_of_scope", "another token than USDC on a perpetual dex")
    amount, fee = amounts("amount"), _fee_in_usdc(row, amounts)
    _choose(row, reading, certain=fee == 0)
    payer = _on_dex(_party(row, "user"), source)
    receiver = _on_dex(_party(row, "destination"), target)
    given = amount - fee if reading == "fee-inside" else amount
    return [_moved(payer, receiver, given, "send"), _moved(payer, TREASURY, fee, "transfer_fee")]


def _vault_create(row: Update, amounts: Amounts, reading: str | None) -> Legs:
    amount, fee = amounts("usdc"), amounts.or_zero("fee")
    _choose(row, reading, certain=fee == 0)
    given = amount - fee if reading == "fee-inside" else amount
    return [
        _moved(row.subject, _party(row, "vault"), given, "vault_create"),
        _moved(row.subject, TREASURY, fee, "transfer_fee"),
    ]


def _vault_deposit(row: Update, amounts: Amounts, _reading: str | None) -> Legs:
    vault = _party(row, "vault")
    # The vault's own dump does not say who deposited.
    payer = SHARES if row.subject == vault else row.subject
    return [_moved(payer, vault, amounts("usdc"), "vault_deposit")]


def _vault_withdraw(row: Update, amounts: Amounts, reading: str | None) -> Legs:
    net, requested = amounts("netWithdrawnUsd"), amounts("requestedUsd")
    besides = amounts.or_zero("commission") + amounts.or_zero("closingCost")
    _choose(row, reading, certain=net == requested and not besides)
    vault, user = _party(row, "vault"), _party(row, "user")
    rest = 0
    if reading == "requested":
        rest = requested - net
    elif reading == "net-and-costs":
        rest = besides
    if rest < 0:
        raise RowRefused("bad_field", "netWithdrawnUsd is more than requestedUsd")
    return [
        _moved(vault, user, net, "vault_withdraw"),
        _moved(vault, SHARES, rest, "vault_withdraw_costs"),
    ]


def _commission(row: Update, amounts: Amounts, _reading: str | None) -> Legs:
    receiver = _party(row, "user") if row.delta.get("user") else row.subject
    return [_moved(SHARES, receiver, amounts("usdc"), "vault_leader_commission")]


def _distribution(row: Update, amounts: Amounts, reading: str | None) -> Legs:
    _choose(row, reading, certain=False)
    vault = _party(row, "vault")
    payer, receiver = (row.subject, vault) if reading == "to-vault" else (vault, row.subject)
    return [_moved(payer, receiver, amounts("usdc"), "vault_distribution")]


def _rewards(row: Update, amounts: Amounts, reading: str | None) -> Legs:
    if text_or_none(row.delta, "token") not in (None, "USDC"):
        return []
    _choose(row, reading, certain=False)
    if reading == "none":
        return []
    return [_moved("outside:rewards", row.subject, amounts("amount"), "rewards_claim")]


def _choose(row: Update, reading: str | None, *, certain: bool) -> None:
    """Refuse a case in which readings differ and none was chosen."""
    if not certain and reading is None:
        named = " or ".join(f"{row.kind}={name}" for name in READINGS[row.kind])
        raise RowRefused("effect_unknown", f"readers disagree about {row.kind}: choose {named}")


def _moved(payer: str, receiver: str, amount: int, reason: str) -> Leg:
    if amount < 0:
        raise RowRefused("bad_field", "the fee is more than the amount")
    return Leg("move", payer, receiver, amount if payer != receiver else 0, reason)


def _party(row: Update, name: str) -> str:
    return address_of(row.delta.get(name))


def parties_of(row: Update) -> tuple[str, str | None]:
    """Whose money an update may concern: its first user, and a second account that it names."""
    for name in ("user", "destination", "vault"):
        try:
            other = _party(row, name)
        except RowRefused:
            continue
        if other != row.subject:
            return row.subject, other
    return row.subject, None


def _dex_of(row: Update) -> str:
    dex = text_of(row.delta, "dex")
    if _DEX.fullmatch(dex) is None:
        raise RowRefused("bad_field", f"dex is {dex[:40]!r}")
    return dex


def _fee_in_usdc(row: Update, amounts: Amounts) -> int:
    """The fee, where it is charged in USDC; another token's fee is no perpetual cash."""
    token = text_or_none(row.delta, "feeToken")
    return amounts.or_zero("fee") if token in (None, "", "USDC") else 0


def _on_dex(user: str, dex: str) -> str:
    if dex == "spot":
        return SPOT
    return f"{user}@{dex}" if dex else user


_EFFECTS: Final[dict[str, Callable[[Update, Amounts, str | None], Legs]]] = {
    "accountActivationGas": _gas,
    "accountClassTransfer": _class_transfer,
    "activateDexAbstraction": _dex_abstraction,
    "borrowLend": _borrow_lend,
    "cStakingTransfer": _none,
    "deployGasAuction": _gas,
    "deposit": _deposit,
    "gossipPriorityGasAuction": _gas,
    "internalTransfer": _internal,
    LIQUIDATION: _none,
    "perpDexClassTransfer": _dex_class_transfer,
    "rewardsClaim": _rewards,
    "send": _send,
    "spotGenesis": _none,
    "spotTransfer": _none,
    "subAccountTransfer": _sub_account,
    "vaultCreate": _vault_create,
    "vaultDeposit": _vault_deposit,
    "vaultDistribution": _distribution,
    "vaultLeaderCommission": _commission,
    "vaultWithdraw": _vault_withdraw,
    "withdraw": _withdraw,
}
KINDS: Final = tuple(_EFFECTS)
