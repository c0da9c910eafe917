"""Which specification does a `list_market` command describe, and is it one that keeps the books
exact?
"""

from collections.abc import Mapping
from fractions import Fraction
from typing import Any, Literal

from domain.adl.policies import policy_of
from domain.errors import Rejected
from domain.reading import amount_of, choice_of, identifier_of, positive_steps, ratio_of, step_of
from domain.specification import LiquidationRule, MarketSpec, Tier
from domain.units import Decimal10, whole_steps
from domain.venue import Venue

MOST_TIERS = 64
Fields = dict[str, Any]


def specification_of(venue: Venue, market: str, fields: Fields) -> MarketSpec:
    """The specification in whole units; raises `Rejected` (references first, then formats)."""
    vault_fields = _object(fields, "vault", {"account": str, "takeover_cap": str}, ("account",))
    rule_fields = _object(
        fields,
        "liquidation",
        {
            "mode": str,
            "partial_above": str,
            "partial_share": str,
            "backstop_ratio": str,
        },
    )
    policy_fields = _object(
        fields,
        "adl",
        {
            "policy": str,
            "close_price": str,
            "trigger": str,
            "vault_candidate": str,
            "parameters": dict,
        },
    )
    tiers = _tier_fields(fields["margin_tiers"])
    vault = _vault(venue, vault_fields) if "vault" in fields else None
    tick_size, lot_size = step_of(fields, "tick_size"), step_of(fields, "lot_size")
    point_value = _point_value(tick_size, lot_size, venue.quote_unit)
    return MarketSpec(
        id=market,
        tick_size=tick_size,
        lot_size=lot_size,
        quote_unit=venue.quote_unit,
        point_value=point_value,
        tiers=_tiers(tiers, venue.quote_unit),
        maker_fee=_fee(fields, "maker_fee", Fraction(-1)),
        taker_fee=_fee(fields, "taker_fee", Fraction(0)),
        liquidation_fee=_fee(fields, "liquidation_fee", Fraction(0)),
        liquidation=_rule(rule_fields, venue.quote_unit),
        vault=vault,
        takeover_cap=(
            _not_negative(vault_fields, "takeover_cap", venue.quote_unit)
            if "takeover_cap" in vault_fields
            else None
        ),
        adl=policy_of(policy_fields),
    )


def _object(
    fields: Fields, name: str, shape: dict[str, type], required: tuple[str, ...] = ()
) -> Fields:
    """A nested object whose keys and JSON types are checked like those of a command."""
    value: Fields = fields.get(name, {})
    if name in fields:
        _check(value, name, shape, required)
    return value


def _check(value: object, name: str, shape: Mapping[str, type], required: tuple[str, ...]) -> None:
    if not isinstance(value, dict):
        raise Rejected("bad_type", field=name)
    for key in sorted(value):
        if key not in shape:
            raise Rejected(
                "unknown_field",
                field=f"{name}.{key[:64]}" if key.isprintable() else name,
            )
    for key in required:
        if key not in value:
            raise Rejected("missing_field", field=f"{name}.{key}")
    for key, item in value.items():
        if type(item) is not shape[key]:
            raise Rejected("bad_type", field=f"{name}.{key}")


def _tier_fields(tiers: list[Any]) -> list[Fields]:
    shape = {"from": str, "initial": str, "maintenance": str}
    for tier in tiers:
        _check(tier, "margin_tiers", shape, tuple(shape))
    return tiers


def _vault(venue: Venue, fields: Fields) -> str:
    account = identifier_of(fields, "account")
    if account not in venue.accounts:
        raise Rejected("no_account", account=account)
    if venue.accounts[account].role != "vault":
        raise Rejected("not_a_vault", account=account)
    return account


def _point_value(tick_size: Decimal10, lot_size: Decimal10, quote_unit: Decimal10) -> int:
    product = Decimal10(tick_size.mantissa * lot_size.mantissa, tick_size.places + lot_size.places)
    value = whole_steps(product, quote_unit)
    if value is None or value < 1:
        raise Rejected(
            "point_value_not_whole",
            tick_size=tick_size.text(),
            lot_size=lot_size.text(),
            quote_unit=quote_unit.text(),
        )
    return value


def _tiers(tiers: list[Fields], quote_unit: Decimal10) -> tuple[Tier, ...]:
    if not tiers or len(tiers) > MOST_TIERS:
        raise Rejected("bad_tiers", count=len(tiers))
    found: list[Tier] = []
    for fields in tiers:
        start = _not_negative(fields, "from", quote_unit)
        initial, maintenance = (
            ratio_of(fields, "initial"),
            ratio_of(fields, "maintenance"),
        )
        found.append(Tier(start, initial, maintenance))
    for number, tier in enumerate(found):
        rises = (
            tier.from_notional > found[number - 1].from_notional
            if number
            else not tier.from_notional
        )
        if not rises or not 0 <= tier.maintenance <= tier.initial <= 1 or tier.initial == 0:
            raise Rejected("bad_tiers", tier=number + 1)
    return tuple(found)


def _not_negative(fields: Fields, name: str, quote_unit: Decimal10) -> int:
    if amount_of(fields, name).mantissa == 0:
        return 0
    return positive_steps(fields, name, quote_unit, "too_many_digits")


def _fee(fields: Fields, name: str, least: Fraction) -> Fraction:
    fee = ratio_of(fields, name, Fraction(0))
    if not least <= fee <= 1:
        raise Rejected("bad_fee", field=name)
    return fee


def _rule(fields: Fields, quote_unit: Decimal10) -> LiquidationRule:
    mode: Literal["full", "partial"] = (
        "partial" if choice_of(fields, "mode", ("full", "partial"), "full") == "partial" else "full"
    )
    above = _not_negative(fields, "partial_above", quote_unit) if "partial_above" in fields else 0
    share = ratio_of(fields, "partial_share", Fraction(1))
    backstop = ratio_of(fields, "backstop_ratio", Fraction(2, 3))
    if not 0 < share <= 1:
        raise Rejected("bad_value", field="liquidation.partial_share")
    if backstop < 0:
        raise Rejected("bad_value", field="liquidation.backstop_ratio")
    return LiquidationRule(mode, above, share, backstop)
