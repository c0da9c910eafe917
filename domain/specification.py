"""What was agreed for a market before anybody traded in it?

Tick and lot, margin tiers, fees, how it liquidates, which vault takes over, and which ADL policy
chooses victims. All of it stands in `market.listed`, so a specification is read back from its
event.
"""

from dataclasses import dataclass, field
from fractions import Fraction
from hashlib import sha256
from typing import Literal, NamedTuple, cast

from domain.canonical import canonical_bytes
from domain.event_shapes import PolicyFact
from domain.events import MarketListed
from domain.units import Decimal10, parse_decimal, parse_ratio


class Tier(NamedTuple):
    """A slice of notional and its rates; marginal, like income tax."""

    from_notional: int
    initial: Fraction
    maintenance: Fraction


@dataclass(frozen=True, slots=True)
class AdlPolicy:
    """Selection, close price, trigger and vault rule: four named choices with parameters."""

    selection: str = "pnl-leverage@1"
    close_price: str = "bankruptcy"
    trigger: str = "negative_equity"
    vault_candidate: str = "excluded"
    parameters: tuple[tuple[str, str], ...] = ()
    row_key_digest: str | None = None
    """Which row key salts the rows of its rankings; no part of the policy's own digest."""

    def parameter(self, name: str) -> str | None:
        """A parameter's text, or None."""
        return dict(self.parameters).get(name)

    def digest(self) -> str:
        """SHA-256 over the canonical writing of all choices; in the log before the policy is
        used.
        """
        return sha256(
            canonical_bytes(
                {
                    "close_price": self.close_price,
                    "parameters": dict(self.parameters),
                    "policy": self.selection,
                    "trigger": self.trigger,
                    "vault_candidate": self.vault_candidate,
                }
            )
        ).hexdigest()

    def fact(self) -> PolicyFact:
        """The policy as it stands in events."""
        fact: PolicyFact = {
            "close_price": self.close_price,
            "digest": self.digest(),
            "parameters": dict(sorted(self.parameters)),
            "policy": self.selection,
            "trigger": self.trigger,
            "vault_candidate": self.vault_candidate,
        }
        if self.row_key_digest is None:
            return fact
        named = {**fact, "row_key_digest": self.row_key_digest}
        return cast("PolicyFact", dict(sorted(named.items())))


def policy_from(fact: PolicyFact) -> AdlPolicy:
    """The policy that an event states."""
    return AdlPolicy(
        fact["policy"],
        fact["close_price"],
        fact["trigger"],
        fact["vault_candidate"],
        tuple(sorted(fact["parameters"].items())),
        fact.get("row_key_digest"),
    )


@dataclass(frozen=True, slots=True)
class LiquidationRule:
    """Full or partial mode, and below which share of the maintenance margin the vault steps in."""

    mode: Literal["full", "partial"] = "full"
    partial_above: int = 0
    partial_share: Fraction = Fraction(1)
    backstop_ratio: Fraction = Fraction(2, 3)


@dataclass(frozen=True, slots=True)
class MarketSpec:
    """All parameters of a market; only the ADL policy may change later."""

    id: str
    tick_size: Decimal10
    lot_size: Decimal10
    quote_unit: Decimal10
    point_value: int
    tiers: tuple[Tier, ...]
    maker_fee: Fraction = Fraction(0)
    taker_fee: Fraction = Fraction(0)
    liquidation_fee: Fraction = Fraction(0)
    liquidation: LiquidationRule = field(default_factory=LiquidationRule)
    vault: str | None = None
    takeover_cap: int | None = None
    adl: AdlPolicy = field(default_factory=AdlPolicy)


def spec_from(market: str, fact: MarketListed) -> MarketSpec:
    """The specification that a `market.listed` event states."""
    rule = fact["liquidation"]
    vault = fact["vault"]
    return MarketSpec(
        id=market,
        tick_size=_decimal(fact["tick_size"]),
        lot_size=_decimal(fact["lot_size"]),
        quote_unit=_decimal(fact["quote_unit"]),
        point_value=fact["point_value"],
        tiers=tuple(
            Tier(
                tier["from_notional"],
                _ratio(tier["initial"]),
                _ratio(tier["maintenance"]),
            )
            for tier in fact["margin_tiers"]
        ),
        maker_fee=_ratio(fact["maker_fee"]),
        taker_fee=_ratio(fact["taker_fee"]),
        liquidation_fee=_ratio(fact["liquidation_fee"]),
        liquidation=LiquidationRule(
            rule["mode"],
            rule["partial_above"],
            _ratio(rule["partial_share"]),
            _ratio(rule["backstop_ratio"]),
        ),
        vault=vault["account"] if vault else None,
        takeover_cap=vault["takeover_cap"] if vault else None,
        adl=policy_from(fact["adl"]),
    )


def listed_fact(spec: MarketSpec) -> MarketListed:
    """The `market.listed` data of a specification; `spec_from` reads it back."""
    return {
        "adl": spec.adl.fact(),
        "liquidation": {
            "backstop_ratio": _ratio_text(spec.liquidation.backstop_ratio),
            "mode": spec.liquidation.mode,
            "partial_above": spec.liquidation.partial_above,
            "partial_share": _ratio_text(spec.liquidation.partial_share),
        },
        "liquidation_fee": _ratio_text(spec.liquidation_fee),
        "lot_size": spec.lot_size.text(),
        "maker_fee": _ratio_text(spec.maker_fee),
        "margin_tiers": [
            {
                "from_notional": tier.from_notional,
                "initial": _ratio_text(tier.initial),
                "maintenance": _ratio_text(tier.maintenance),
            }
            for tier in spec.tiers
        ],
        "point_value": spec.point_value,
        "quote_unit": spec.quote_unit.text(),
        "taker_fee": _ratio_text(spec.taker_fee),
        "tick_size": spec.tick_size.text(),
        "vault": (
            None
            if spec.vault is None
            else {"account": spec.vault, "takeover_cap": spec.takeover_cap}
        ),
    }


def _ratio_text(value: Fraction) -> str:
    return f"{value.numerator}/{value.denominator}"


def _ratio(text: str) -> Fraction:
    value = parse_ratio(text)
    if value is None:
        message = f"not a ratio: {text!r}"
        raise ValueError(message)
    return value


def _decimal(text: str) -> Decimal10:
    value = parse_decimal(text)
    if value is None:
        message = f"not a decimal: {text!r}"
        raise ValueError(message)
    return value
