"""Has a command the right keys, and does it name what exists?"""

import re

from tests.oracle.naive_rejected import require

SYSTEM = ("insurance", "rounding", "treasury", "uncovered")
IDENTIFIER = re.compile(r"[A-Za-z0-9_.-]{1,64}", re.ASCII)

# For each command and nested object: field -> (is required, type or name of a nested shape).
TEXT, NEED = (False, str), (True, str)
ADL = {
    "policy": TEXT,
    "close_price": TEXT,
    "trigger": TEXT,
    "vault_candidate": TEXT,
    "parameters": (False, dict),
}
SHAPES = {
    "tier": {"from": NEED, "initial": NEED, "maintenance": NEED},
    "liquidation": {
        "mode": TEXT,
        "partial_above": TEXT,
        "partial_share": TEXT,
        "backstop_ratio": TEXT,
    },
    "vault": {"account": NEED, "takeover_cap": TEXT},
    "adl": ADL,
}
COMMANDS = {
    "open_venue": {"name": NEED, "quote": TEXT, "quote_unit": TEXT},
    "list_market": {
        "market": NEED,
        "tick_size": NEED,
        "lot_size": NEED,
        "margin_tiers": (True, "tiers"),
        "maker_fee": TEXT,
        "taker_fee": TEXT,
        "liquidation_fee": TEXT,
        "liquidation": (False, "liquidation"),
        "vault": (False, "vault"),
        "adl": (False, "adl"),
    },
    "open_account": {"account": NEED, "role": TEXT},
    "deposit": {"account": NEED, "amount": NEED, "reference": TEXT},
    "withdraw": {"account": NEED, "amount": NEED, "reference": TEXT},
    "mark": {"market": NEED, "price": NEED},
    "place_order": {
        "market": NEED,
        "account": NEED,
        "order_id": NEED,
        "side": NEED,
        "quantity": NEED,
        "price": TEXT,
        "time_in_force": TEXT,
        "reduce_only": (False, bool),
    },
    "cancel_order": {"market": NEED, "order_id": NEED},
    "trade": {
        "market": NEED,
        "buyer": NEED,
        "seller": NEED,
        "price": NEED,
        "quantity": NEED,
    },
    "funding": {"market": NEED, "rate": TEXT, "per_lot": TEXT},
    "set_adl_policy": {"market": NEED, **ADL},
    "adl_list": {"market": NEED, "accounts": (True, "names")},
}


# Keys


def check_keys(command: dict) -> None:
    require(not has_float(command), "float_not_allowed")
    require("command" in command, "missing_field")
    require(isinstance(command["command"], str), "bad_type")
    require(command["command"] in COMMANDS, "unknown_command")
    common = {"command": NEED, "time": (False, "time"), "id": TEXT}
    check_shape(command, {**common, **COMMANDS[command["command"]]})


def has_float(value: object) -> bool:
    if isinstance(value, dict):
        return any(has_float(item) for item in value.values())
    if isinstance(value, list):
        return any(has_float(item) for item in value)
    return isinstance(value, float)


def check_shape(given: dict, shape: dict) -> None:
    for field, (is_required, _) in shape.items():
        require(field in given or not is_required, "missing_field")
    require(set(given) <= set(shape), "unknown_field")
    for field, (_, kind) in shape.items():
        if field in given:
            check_type(given[field], kind)


def check_type(value: object, kind: object) -> None:
    if kind == "time":
        require(isinstance(value, (int, str)) and not isinstance(value, bool), "bad_type")
    elif kind == "names":
        require(
            isinstance(value, list) and all(isinstance(n, str) for n in value),
            "bad_type",
        )
    elif kind == "tiers":
        require(isinstance(value, list), "bad_type")
        for tier in value:
            require(isinstance(tier, dict), "bad_type")
            check_shape(tier, SHAPES["tier"])
    elif isinstance(kind, str):
        require(isinstance(value, dict), "bad_type")
        check_shape(value, SHAPES[kind])
    else:
        require(isinstance(value, kind), "bad_type")


# References


def check_references(venue, command: dict) -> None:
    name, vault = command["command"], command.get("vault", {}).get("account")
    named = [command[f] for f in ("account", "buyer", "seller") if f in command]
    named += command.get("accounts", [])
    named += [vault] if vault is not None else []
    for text in [*named, *(command[f] for f in ("market", "order_id") if f in command)]:
        require(IDENTIFIER.fullmatch(text), "bad_value")
    if name == "open_venue":
        require(venue.venue is None, "venue_exists")
        return
    require(venue.venue is not None, "no_venue")
    if name == "open_account":
        require(command["account"] not in venue.roles, "account_exists")
        return
    require(all(account in venue.roles for account in named), "no_account")
    if name == "list_market":
        require(command["market"] not in venue.markets, "market_exists")
        require(vault is None or venue.roles[vault] == "vault", "not_a_vault")
    elif "market" in command:
        require(command["market"] in venue.markets, "no_market")
    if name in ("place_order", "trade"):
        require(not set(named) & set(SYSTEM), "bad_value")
    if name == "withdraw":
        require(command["account"] not in ("rounding", "uncovered"), "bad_value")
