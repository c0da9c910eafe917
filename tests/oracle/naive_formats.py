"""What does a well-formed command say in ticks, lots and quote units?"""

import re
from datetime import datetime
from fractions import Fraction
from itertools import pairwise

from tests.oracle.naive_rejected import require
from tests.oracle.naive_selections import IN_PROFIT_ONLY, PARAMETERS

DECIMAL = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?", re.ASCII)
RATIO = re.compile(r"-?[0-9]+/[1-9][0-9]*", re.ASCII)
CHOICES = {
    "role": ("trader", "vault"),
    "side": ("buy", "sell"),
    "mode": ("full", "partial"),
    "policy": tuple(IN_PROFIT_ONLY),
    "close_price": ("bankruptcy", "mark", "previous_mark", "mark_capped"),
    "trigger": ("negative_equity", "vault_exhausted"),
    "vault_candidate": ("excluded", "same-rules", "first", "last"),
}


def decimal(text: str) -> Fraction:
    require(DECIMAL.fullmatch(text), "bad_decimal")
    value = Fraction(text)
    require(abs(value) <= 10**30, "out_of_range")
    return value


def ratio(text: str) -> Fraction:
    return Fraction(text) if RATIO.fullmatch(text) else decimal(text)


def positive(text: str) -> Fraction:
    value = decimal(text)
    require(value > 0, "not_positive")
    return value


def whole(value: Fraction, unit: Fraction, code: str) -> int:
    count = value / unit
    require(count.denominator == 1, code)
    return count.numerator


def choice(given: dict, field: str, default: str | None = None) -> str:
    value = given.get(field, default)
    require(value in CHOICES[field], "bad_value")
    return value


def fee(given: dict, field: str, lowest: int) -> Fraction:
    value = ratio(given.get(field, "0"))
    require(lowest <= value <= 1, "bad_fee")
    return value


def adl_rules(given: dict) -> dict:
    rules = {
        "policy": choice(given, "policy", "pnl-leverage@1"),
        "close_price": choice(given, "close_price", "bankruptcy"),
        "trigger": choice(given, "trigger", "negative_equity"),
        "vault_candidate": choice(given, "vault_candidate", "excluded"),
    }
    rules["parameters"] = parameters(rules["policy"], given.get("parameters", {}))
    return rules


def parameters(policy: str, given: dict) -> dict:
    """The parameters of a selection as numbers, its defaults filled in.

    Whatever is wrong with a value is `bad_value`; a whole number may be written with zeros behind
    the point, as any decimal.
    """
    used = PARAMETERS.get(policy, {})
    for name, default in used.items():
        require(name in given or default is not None, "missing_field")
    require(set(given) <= set(used), "unknown_field")
    said = {name: given.get(name, default) for name, default in used.items()}
    for name, value in said.items():
        require(isinstance(value, str), "bad_type")
        require(DECIMAL.fullmatch(value) or RATIO.fullmatch(value), "bad_value")
        number = Fraction(value)
        if name == "cap":
            require(0 < number <= 1, "bad_value")
        else:
            require("/" not in value, "bad_value")
            require(number >= 0 and number.denominator == 1, "bad_value")
        said[name] = number
    return said


def tiers(given: list, unit: Fraction) -> list[dict]:
    rows = []
    for tier in given:
        start = decimal(tier["from"])
        rows.append(
            {
                "from": whole(start, unit, "too_many_digits"),
                "initial": ratio(tier["initial"]),
                "maintenance": ratio(tier["maintenance"]),
            }
        )
    require(rows and rows[0]["from"] == 0, "bad_tiers")
    for lower, upper in pairwise(rows):
        require(lower["from"] < upper["from"], "bad_tiers")
    for row in rows:
        require(0 <= row["maintenance"] <= row["initial"] <= 1, "bad_tiers")
        require(row["initial"] > 0, "bad_tiers")
    return rows


def market_rules(given: dict, unit: Fraction) -> dict:
    rules: dict = {"tick_size": positive(given["tick_size"])}
    rules["lot_size"] = positive(given["lot_size"])
    size = rules["tick_size"] * rules["lot_size"]
    rules["point_value"] = whole(size, unit, "point_value_not_whole")
    rules["tiers"] = tiers(given["margin_tiers"], unit)
    rules["maker_fee"] = fee(given, "maker_fee", -1)
    rules["taker_fee"] = fee(given, "taker_fee", 0)
    rules["liquidation_fee"] = fee(given, "liquidation_fee", 0)
    liquidation = given.get("liquidation", {})
    mode = choice(liquidation, "mode", "full")
    above = decimal(liquidation.get("partial_above", "0"))
    require(above >= 0, "bad_value")
    above_units = whole(above, unit, "too_many_digits")
    share = ratio(liquidation.get("partial_share", "1"))
    require(0 < share <= 1, "bad_value")
    backstop = ratio(liquidation.get("backstop_ratio", "2/3"))
    require(backstop >= 0, "bad_value")
    rules["liquidation"] = {
        "mode": mode,
        "partial_above": above_units,
        "partial_share": share,
        "backstop_ratio": backstop,
    }
    vault = given.get("vault", {})
    rules["vault"] = vault.get("account")
    cap = vault.get("takeover_cap")
    rules["takeover_cap"] = None if cap is None else whole(positive(cap), unit, "too_many_digits")
    rules["adl"] = adl_rules(given.get("adl", {}))
    return rules


def check_time(command: dict) -> None:
    if isinstance(command.get("time"), str):
        try:
            zone = datetime.fromisoformat(command["time"]).tzinfo
        except ValueError:
            zone = None
        require(zone is not None, "bad_time")


def parse(venue, command: dict) -> dict:
    """The command in raw units; its defaults filled in."""
    check_time(command)
    name, said = command["command"], dict(command)
    if name == "open_venue":
        said["quote_unit"] = positive(command.get("quote_unit", "0.000001"))
        return said
    unit = venue.venue["quote_unit"]
    if name == "list_market":
        return {"market": command["market"], **market_rules(command, unit)}
    if name == "open_account":
        said["role"] = choice(command, "role", "trader")
    if name == "set_adl_policy":
        said["rules"] = adl_rules(command)
    if name == "adl_list":
        names = command["accounts"]
        require(len(set(names)) == len(names), "bad_value")
    if name in ("deposit", "withdraw"):
        said["amount"] = whole(positive(command["amount"]), unit, "too_many_digits")
    rules = venue.markets.get(command.get("market"), {})
    if name in ("mark", "trade"):
        said["price"] = whole(positive(command["price"]), rules["tick_size"], "price_off_tick")
    if name == "trade":
        lots = positive(command["quantity"])
        said["quantity"] = whole(lots, rules["lot_size"], "quantity_off_lot")
    if name == "place_order":
        said |= order(command, rules)
    if name == "funding":
        require(("rate" in command) != ("per_lot" in command), "bad_value")
        if "rate" in command:
            said["rate"] = ratio(command["rate"])
        else:
            said["per_lot"] = whole(decimal(command["per_lot"]), unit, "too_many_digits")
    return said


def order(command: dict, rules: dict) -> dict:
    said: dict = {"side": choice(command, "side"), "price": None}
    lots = positive(command["quantity"])
    said["quantity"] = whole(lots, rules["lot_size"], "quantity_off_lot")
    if "price" in command:
        said["price"] = whole(positive(command["price"]), rules["tick_size"], "price_off_tick")
    allowed = ("ioc",) if said["price"] is None else ("gtc", "ioc", "post_only")
    said["time_in_force"] = command.get("time_in_force", allowed[0])
    require(said["time_in_force"] in allowed, "bad_value")
    said["reduce_only"] = command.get("reduce_only", False)
    return said
