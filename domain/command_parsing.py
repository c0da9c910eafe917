"""Which command do these fields make, in whole units?

Checked in the order that the contract names: keys and their JSON types, references, formats. State
is judged later, by `decide`. Every fault is a `Rejected` with its code and the field it stands in.
"""

from collections.abc import Callable
from fractions import Fraction
from typing import Any, Final, NamedTuple, cast

from domain.account import INSURANCE, SYSTEM_ACCOUNTS, TREASURY
from domain.adl.policies import policy_of
from domain.commands import (
    CancelOrder,
    Command,
    Deposit,
    ListMarket,
    OpenAccount,
    OpenVenue,
    PlaceOrder,
    RecordTrade,
    SetAdlList,
    SetAdlPolicy,
    SettleFunding,
    Side,
    TimeInForce,
    UpdateMark,
    Withdraw,
)
from domain.errors import Rejected
from domain.instants import LATEST, parse_instant
from domain.listing import specification_of
from domain.market import Market
from domain.reading import (
    amount_of,
    choice_of,
    identifier_of,
    positive_steps,
    ratio_of,
    step_of,
    text_of,
)
from domain.submission import is_key
from domain.units import Decimal10
from domain.venue import Venue

Fields = dict[str, Any]


class Shape(NamedTuple):
    """The fields of a command with their JSON types, which are required, and its parser."""

    required: dict[str, type]
    optional: dict[str, type]
    parse: Callable[[Venue, Fields], Command]


def parse_command(venue: Venue, fields: Fields) -> Command:
    """The command that `fields` make on `venue`; raises `Rejected`."""
    name = fields.get("command")
    if name is None and "command" not in fields:
        raise Rejected("missing_field", field="command")
    if not isinstance(name, str):
        raise Rejected("bad_type", field="command")
    shape = SHAPES.get(name)
    if shape is None:
        raise Rejected("unknown_command", command=name[:64] if name.isprintable() else "?")
    _check_keys(shape, fields)
    if venue.kind is None and name != "open_venue":
        raise Rejected("no_venue")
    command = shape.parse(venue, fields)
    parse_time(fields)
    return command


def parse_time(fields: Fields) -> int | None:
    """The command's own time in nanoseconds, None when it has none."""
    value = fields.get("time")
    if value is None:
        return None
    if type(value) is int:
        if not 0 <= value <= LATEST:
            raise Rejected("bad_time", field="time")
        return value
    time = parse_instant(value) if isinstance(value, str) else None
    if time is None:
        raise Rejected(
            "bad_time", field="time", value=str(value)[:64] if str(value).isprintable() else "?"
        )
    return time


def _check_keys(shape: Shape, fields: Fields) -> None:
    for field in sorted(fields):
        if field not in shape.required and field not in shape.optional and field not in _COMMON:
            raise Rejected("unknown_field", field=field[:64] if field.isprintable() else "?")
    for field in shape.required:
        if field not in fields:
            raise Rejected("missing_field", field=field)
    for field, value in fields.items():
        kind = shape.required.get(field) or shape.optional.get(field) or _COMMON[field]
        right = type(value) is kind or (field == "time" and type(value) is int)
        if not right:
            raise Rejected("bad_type", field=field)
    identity = fields.get("id")
    if identity is not None and not is_key(identity):
        raise Rejected("bad_value", field="id")


def _market(venue: Venue, fields: Fields) -> Market:
    market = identifier_of(fields, "market")
    if market not in venue.markets:
        raise Rejected("no_market", market=market)
    return venue.markets[market]


def _account(venue: Venue, fields: Fields, field: str = "account") -> str:
    account = identifier_of(fields, field)
    if account not in venue.accounts:
        raise Rejected("no_account", account=account)
    return account


def _no_system_account(account: str, field: str) -> None:
    if account in SYSTEM_ACCOUNTS:
        raise Rejected("bad_value", field=field, value=account)


def _open_venue(venue: Venue, fields: Fields) -> OpenVenue:
    if venue.kind is not None:
        raise Rejected("venue_exists", venue=venue.name)
    name = text_of(fields, "name", "")
    quote = text_of(fields, "quote", "USDC")
    if not name or not quote:
        raise Rejected("bad_value", field="quote" if name else "name")
    unit = Decimal10(1, 6)
    if "quote_unit" in fields:
        unit = step_of(fields, "quote_unit")
    return OpenVenue(name, quote, unit)


def _list_market(venue: Venue, fields: Fields) -> ListMarket:
    market = identifier_of(fields, "market")
    if market in venue.markets:
        raise Rejected("market_exists", market=market)
    return ListMarket(specification_of(venue, market, fields))


def _open_account(venue: Venue, fields: Fields) -> OpenAccount:
    account = identifier_of(fields, "account")
    if account in venue.accounts:
        raise Rejected("account_exists", account=account)
    role = choice_of(fields, "role", ("trader", "vault"), "trader")
    return OpenAccount(account, "vault" if role == "vault" else "trader")


def _deposit(venue: Venue, fields: Fields) -> Deposit:
    account = _account(venue, fields)
    amount = positive_steps(fields, "amount", venue.quote_unit, "too_many_digits")
    return Deposit(account, amount, text_of(fields, "reference", ""))


def _withdraw(venue: Venue, fields: Fields) -> Withdraw:
    account = _account(venue, fields)
    if account in SYSTEM_ACCOUNTS and account not in (TREASURY, INSURANCE):
        raise Rejected("bad_value", field="account", value=account)
    amount = positive_steps(fields, "amount", venue.quote_unit, "too_many_digits")
    return Withdraw(account, amount, text_of(fields, "reference", ""))


def _mark(venue: Venue, fields: Fields) -> UpdateMark:
    market = _market(venue, fields)
    return UpdateMark(market.id, _price(market, fields))


def _price(market: Market, fields: Fields) -> int:
    return positive_steps(fields, "price", market.spec.tick_size, "price_off_tick")


def _quantity(market: Market, fields: Fields) -> int:
    return positive_steps(fields, "quantity", market.spec.lot_size, "quantity_off_lot")


def _place_order(venue: Venue, fields: Fields) -> PlaceOrder:
    market = _market(venue, fields)
    account = _account(venue, fields)
    _no_system_account(account, "account")
    order_id = identifier_of(fields, "order_id")
    side = choice_of(fields, "side", ("buy", "sell"))
    quantity = _quantity(market, fields)
    price = _price(market, fields) if "price" in fields else None
    default = "ioc" if price is None else "gtc"
    force = choice_of(fields, "time_in_force", ("gtc", "ioc", "post_only"), default)
    if price is None and force != "ioc":
        raise Rejected("bad_value", field="time_in_force", value=force)
    return PlaceOrder(
        market.id,
        account,
        order_id,
        cast("Side", side),
        quantity,
        price,
        cast("TimeInForce", force),
        fields.get("reduce_only", False),
    )


def _cancel_order(venue: Venue, fields: Fields) -> CancelOrder:
    market = _market(venue, fields)
    return CancelOrder(market.id, identifier_of(fields, "order_id"))


def _trade(venue: Venue, fields: Fields) -> RecordTrade:
    market = _market(venue, fields)
    buyer = _account(venue, fields, "buyer")
    seller = _account(venue, fields, "seller")
    _no_system_account(buyer, "buyer")
    _no_system_account(seller, "seller")
    price = _price(market, fields)
    quantity = _quantity(market, fields)
    if buyer == seller:
        raise Rejected("self_trade", account=buyer)
    return RecordTrade(market.id, buyer, seller, price, quantity)


def _funding(venue: Venue, fields: Fields) -> SettleFunding:
    market = _market(venue, fields)
    if ("rate" in fields) == ("per_lot" in fields):
        raise Rejected("bad_value", field="rate", reason="exactly one of rate and per_lot")
    if "rate" in fields:
        return SettleFunding(market.id, ratio_of(fields, "rate"), None)
    value = amount_of(fields, "per_lot")
    steps = Fraction(value.fraction(), venue.quote_unit.fraction())
    if steps.denominator != 1:
        raise Rejected("too_many_digits", field="per_lot")
    return SettleFunding(market.id, None, steps.numerator)


def _set_adl_policy(venue: Venue, fields: Fields) -> SetAdlPolicy:
    market = _market(venue, fields)
    given = {key: value for key, value in fields.items() if key in _POLICY}
    return SetAdlPolicy(market.id, policy_of(given))


def _adl_list(venue: Venue, fields: Fields) -> SetAdlList:
    market = _market(venue, fields)
    accounts = []
    for account in fields["accounts"]:
        if not isinstance(account, str):
            raise Rejected("bad_type", field="accounts")
        accounts.append(_account(venue, {"accounts": account}, "accounts"))
    if len(set(accounts)) != len(accounts):
        raise Rejected("bad_value", field="accounts", reason="an account stands twice")
    return SetAdlList(market.id, tuple(accounts))


_COMMON: Final[dict[str, type]] = {"command": str, "id": str, "time": str}
_POLICY: Final[dict[str, type]] = {
    "policy": str,
    "close_price": str,
    "trigger": str,
    "vault_candidate": str,
    "parameters": dict,
}
SHAPES: Final[dict[str, Shape]] = {
    "open_venue": Shape({"name": str}, {"quote": str, "quote_unit": str}, _open_venue),
    "list_market": Shape(
        {"market": str, "tick_size": str, "lot_size": str, "margin_tiers": list},
        {
            "maker_fee": str,
            "taker_fee": str,
            "liquidation_fee": str,
            "liquidation": dict,
            "vault": dict,
            "adl": dict,
        },
        _list_market,
    ),
    "open_account": Shape({"account": str}, {"role": str}, _open_account),
    "deposit": Shape({"account": str, "amount": str}, {"reference": str}, _deposit),
    "withdraw": Shape({"account": str, "amount": str}, {"reference": str}, _withdraw),
    "mark": Shape({"market": str, "price": str}, {}, _mark),
    "place_order": Shape(
        {"market": str, "account": str, "order_id": str, "side": str, "quantity": str},
        {"price": str, "time_in_force": str, "reduce_only": bool},
        _place_order,
    ),
    "cancel_order": Shape({"market": str, "order_id": str}, {}, _cancel_order),
    "trade": Shape(
        {"market": str, "buyer": str, "seller": str, "price": str, "quantity": str},
        {},
        _trade,
    ),
    "funding": Shape({"market": str}, {"rate": str, "per_lot": str}, _funding),
    "set_adl_policy": Shape({"market": str}, _POLICY, _set_adl_policy),
    "adl_list": Shape({"market": str, "accounts": list}, {}, _adl_list),
}
"""Every command with its fields; docs/reference/commands.md is checked against it."""
