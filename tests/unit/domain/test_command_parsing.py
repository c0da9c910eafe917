"""In which order are the faults of a command named?"""

from typing import Any

import pytest

from domain.command_parsing import SHAPES
from tests.stories import PLAIN_MARKET, Told, story

MARKED = f"""
    {PLAIN_MARKET}
    deposit alice 100
    deposit bob 100
    mark 100
"""
ORDER: dict[str, Any] = {
    "command": "place_order",
    "market": "M",
    "account": "alice",
    "order_id": "a1",
    "side": "buy",
    "quantity": "1",
    "price": "100",
}
LISTING: dict[str, Any] = {
    "command": "list_market",
    "market": "N",
    "tick_size": "1",
    "lot_size": "1",
    "margin_tiers": [{"from": "0", "initial": "0.1", "maintenance": "0.05"}],
}


def answer(told: Told, command: dict[str, Any]) -> tuple[str | None, object]:
    rejected = told.send(command).rejected
    return (None, None) if rejected is None else (rejected.code, rejected.facts.get("field"))


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        ({"zzz": 1, "command": "deposit"}, ("unknown_field", "zzz")),
        ({"command": "deposit", "amount": 5}, ("missing_field", "account")),
        ({"command": "deposit", "account": "nobody", "amount": 5}, ("bad_type", "amount")),
        ({"command": "deposit", "account": "nobody", "amount": "x"}, ("no_account", None)),
        (
            {"command": "deposit", "account": "alice", "amount": "x", "time": "noon"},
            ("bad_decimal", "amount"),
        ),
        (
            {"command": "deposit", "account": "alice", "amount": "1", "time": "noon"},
            ("bad_time", "time"),
        ),
    ],
    ids=[
        "unknown fields come before missing ones",
        "missing fields come before types",
        "types come before references",
        "references come before formats",
        "formats come before the time",
        "the time comes before state",
    ],
)
def test_keys_then_types_then_references_then_formats(
    command: dict[str, Any], expected: tuple[str, object]
) -> None:
    assert answer(story("account alice"), command) == expected


def test_a_time_is_judged_before_state() -> None:
    told = story("account alice")

    withdrawal = {"command": "withdraw", "account": "alice", "amount": "1"}
    assert answer(told, {**withdrawal, "time": "noon"})[0] == "bad_time"
    assert answer(told, withdrawal)[0] == "insufficient_margin"


def test_an_order_names_market_then_account_then_its_own_fields() -> None:
    told = story(MARKED)
    wrong = {
        **ORDER,
        "market": "NOWHERE",
        "account": "nobody",
        "order_id": "a/1",
        "side": "long",
        "quantity": "1.5",
        "price": "1.5",
        "time_in_force": "day",
    }
    right = [("market", "M"), ("account", "alice"), ("order_id", "a1"), ("side", "buy")]
    right += [("quantity", "1"), ("price", "100"), ("time_in_force", "gtc")]

    codes = []
    for field, value in right:
        codes.append(answer(told, wrong)[0])
        wrong[field] = value

    assert codes == [
        "no_market",
        "no_account",
        "bad_value",
        "bad_value",
        "quantity_off_lot",
        "price_off_tick",
        "bad_value",
    ]
    assert answer(told, wrong) == (None, None)


def test_state_faults_of_an_order_are_named_in_the_order_of_the_design() -> None:
    told = story(f"{PLAIN_MARKET}\ndeposit alice 10\ndeposit bob 1000")
    too_large = {**ORDER, "quantity": "1000", "time_in_force": "post_only"}

    assert answer(told, too_large)[0] == "no_mark"
    told.then("mark 100\nsell bob 1 @ 100\ntrade alice bob 1 @ 100")
    told.then("buy bob 1 @ 90 as a1")
    assert answer(told, too_large)[0] == "order_exists"
    assert answer(told, {**too_large, "order_id": "a2"})[0] == "insufficient_margin"
    assert answer(told, {**too_large, "order_id": "a2", "reduce_only": True})[0] == (
        "reduce_only_would_increase"
    )
    told.then("mark 94\ndeposit alice 1000")
    assert answer(told, {**ORDER, "order_id": "a2", "time_in_force": "post_only"})[0] == (
        "post_only_would_cross"
    )


def test_a_used_order_id_is_named_before_the_missing_mark_and_the_liquidation() -> None:
    told = story(f"{MARKED}\nbuy alice 1 @ 90 as a1\nwithdraw alice 80\ntrade alice bob 1 @ 100")
    told.then("mark 84")

    assert told.venue.accounts["alice"].in_liquidation
    assert answer(told, ORDER)[0] == "order_exists"
    assert answer(told, {**ORDER, "order_id": "a2"})[0] == "in_liquidation"


@pytest.mark.parametrize("name", ["treasury", "insurance", "rounding", "uncovered"])
def test_orders_and_trades_of_system_accounts_are_refused(name: str) -> None:
    told = story(MARKED)
    trade = {"command": "trade", "market": "M", "price": "100", "quantity": "1"}

    assert answer(told, {**ORDER, "account": name}) == ("bad_value", "account")
    assert answer(told, {**trade, "buyer": name, "seller": "bob"}) == ("bad_value", "buyer")
    assert answer(told, {**trade, "buyer": "bob", "seller": name}) == ("bad_value", "seller")


def test_a_market_order_may_not_rest() -> None:
    market_order = {key: value for key, value in ORDER.items() if key != "price"}

    for force in ("gtc", "post_only"):
        refused = answer(story(MARKED), {**market_order, "time_in_force": force})
        assert refused == ("bad_value", "time_in_force")


def test_funding_needs_exactly_one_of_rate_and_per_lot() -> None:
    told = story(MARKED)
    funding = {"command": "funding", "market": "M"}

    assert answer(told, funding) == ("bad_value", "rate")
    assert answer(told, {**funding, "rate": "0", "per_lot": "0"}) == ("bad_value", "rate")
    assert answer(told, {**funding, "per_lot": "0.0000001"}) == ("too_many_digits", "per_lot")
    assert answer(told, {**funding, "per_lot": "-1.5"}) == (None, None)
    assert told.of("market.funding_settled")[-1]["per_lot"] == -1_500_000


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"margin_tiers": [5]}, ("bad_type", "margin_tiers")),
        ({"margin_tiers": [{"from": "0"}]}, ("missing_field", "margin_tiers.initial")),
        ({"vault": {}}, ("missing_field", "vault.account")),
        ({"vault": {"account": "vault", "limit": "1"}}, ("unknown_field", "vault.limit")),
        ({"vault": {"account": "nobody"}}, ("no_account", None)),
        ({"vault": {"account": "va ult"}}, ("bad_value", "account")),
        ({"vault": {"account": "treasury"}}, ("not_a_vault", None)),
        ({"liquidation": {"mode": "half"}}, ("bad_value", "mode")),
        ({"liquidation": {"partial_share": "0"}}, ("bad_value", "liquidation.partial_share")),
        ({"liquidation": {"partial_share": "1.1"}}, ("bad_value", "liquidation.partial_share")),
        ({"liquidation": {"backstop_ratio": "-1"}}, ("bad_value", "liquidation.backstop_ratio")),
        ({"liquidation": {"partial_above": "-1"}}, ("not_positive", "partial_above")),
        ({"adl": {"policy": "pnl-leverage"}}, ("bad_value", "policy")),
        ({"adl": {"close_price": "entry"}}, ("bad_value", "close_price")),
        ({"adl": {"trigger": "always"}}, ("bad_value", "trigger")),
        ({"adl": {"vault_candidate": "maybe"}}, ("bad_value", "vault_candidate")),
        ({"adl": {"parameters": {"seed": "1"}}}, ("unknown_field", "parameters")),
        ({"adl": {"parameters": {"seed": 1}}}, ("bad_type", "parameters")),
        ({"adl": {"score": "1"}}, ("unknown_field", "adl.score")),
        ({"tick_size": "0"}, ("not_positive", "tick_size")),
        ({"lot_size": "-1"}, ("not_positive", "lot_size")),
        ({"maker_fee": "-1.01"}, ("bad_fee", "maker_fee")),
        ({"liquidation_fee": "1.01"}, ("bad_fee", "liquidation_fee")),
        ({"taker_fee": "1/0"}, ("bad_decimal", "taker_fee")),
    ],
)
def test_a_listing_names_what_is_wrong_with_it(
    change: dict[str, Any], expected: tuple[str, object]
) -> None:
    assert answer(story("account vault vault"), {**LISTING, **change}) == expected


@pytest.mark.parametrize(
    "tiers",
    [
        [("1", "0.1", "0.05")],
        [("0", "0.05", "0.1")],
        [("0", "0", "0")],
        [("0", "1.1", "0.1")],
        [("0", "0.1", "-0.1")],
        [("0", "0.1", "0.05"), ("0", "0.2", "0.1")],
        [("0", "0.1", "0.05"), ("5", "0.2", "0.1"), ("4", "0.3", "0.1")],
        [(str(start), "0.1", "0.05") for start in range(65)],
    ],
    ids=[
        "the first tier starts at zero",
        "maintenance is at most initial",
        "initial is above zero",
        "initial is at most one",
        "maintenance is not negative",
        "two tiers do not start together",
        "tiers rise",
        "there are at most 64 tiers",
    ],
)
def test_tiers_that_would_not_be_a_schedule_are_refused(
    tiers: list[tuple[str, str, str]],
) -> None:
    rows = [{"from": a, "initial": b, "maintenance": c} for a, b, c in tiers]

    assert answer(story("venue v"), {**LISTING, "margin_tiers": rows})[0] == "bad_tiers"


def test_setting_a_policy_sets_all_four_choices() -> None:
    told = story(f"{PLAIN_MARKET} policy pro-rata-size@1 close_price mark trigger vault_exhausted")

    told.then("policy profit-leverage-size@1 vault_candidate last")

    policy = told.venue.markets["M"].policy
    assert (policy.selection, policy.close_price) == ("profit-leverage-size@1", "bankruptcy")
    assert (policy.trigger, policy.vault_candidate) == ("negative_equity", "last")


@pytest.mark.parametrize(
    ("policy", "parameters", "expected"),
    [
        ("seeded-rotation@1", {}, ("missing_field", "parameters.seed")),
        ("seeded-rotation@1", {"seed": "-1"}, ("bad_value", "parameters.seed")),
        ("seeded-rotation@1", {"seed": "1.5"}, ("bad_value", "parameters.seed")),
        ("seeded-rotation@1", {"seed": "9" * 5_000}, ("bad_value", "parameters.seed")),
        ("capped-pro-rata@1", {}, ("missing_field", "parameters.cap")),
        ("capped-pro-rata@1", {"cap": "0"}, ("bad_value", "parameters.cap")),
        ("capped-pro-rata@1", {"cap": "1.01"}, ("bad_value", "parameters.cap")),
        ("capped-pro-rata@1", {"cap": "1/" + "9" * 5_000}, ("bad_value", "parameters.cap")),
        ("risk-aware-pro-rata@1", {"k": "65"}, ("bad_value", "parameters.k")),
        ("risk-aware-pro-rata@1", {"k": "9" * 5_000}, ("bad_value", "parameters.k")),
        ("risk-aware-pro-rata@1", {"j": "1"}, ("unknown_field", "parameters")),
        ("risk-aware-pro-rata@1", {"k": 1}, ("bad_type", "parameters")),
    ],
)
def test_parameters_of_a_policy_are_complete_and_in_range(
    policy: str, parameters: dict[str, Any], expected: tuple[str, object]
) -> None:
    command = {"command": "set_adl_policy", "market": "M", "policy": policy}

    assert answer(story(MARKED), {**command, "parameters": parameters}) == expected


def test_a_parameter_is_kept_in_canonical_text_with_its_default() -> None:
    told = story(MARKED)
    command = {"command": "set_adl_policy", "market": "M"}

    told.send({**command, "policy": "risk-aware-pro-rata@1"})
    told.send({**command, "policy": "capped-pro-rata@1", "parameters": {"cap": "2/4"}})
    facts = told.of("market.adl_policy_changed")
    assert [fact["parameters"] for fact in facts] == [{"k": "1"}, {"cap": "0.5"}]


def test_an_adl_list_names_each_account_once() -> None:
    told = story(MARKED)
    given = {"command": "adl_list", "market": "M"}

    assert answer(told, {**given, "accounts": ["alice", "alice"]}) == ("bad_value", "accounts")
    assert answer(told, {**given, "accounts": ["alice", 5]}) == ("bad_type", "accounts")
    assert answer(told, {**given, "accounts": ["alice", "nobody"]}) == ("no_account", None)
    assert answer(told, {**given, "accounts": ["bob", "alice"]}) == (None, None)
    assert told.venue.markets["M"].adl_list == ("bob", "alice")


def test_an_event_too_large_to_prove_is_refused() -> None:
    names = [f"{'x' * 60}{number:04}" for number in range(1_100)]
    told = story("\n".join([PLAIN_MARKET, *(f"account {name}" for name in names)]))

    refused = told.send({"command": "adl_list", "market": "M", "accounts": names})

    assert refused.rejected is not None
    assert refused.rejected.code == "out_of_range"


def test_every_command_refuses_every_other_type_in_every_field() -> None:
    told = story(MARKED)
    for name, shape in SHAPES.items():
        kinds = {**shape.required, **shape.optional}
        filled: dict[str, Any] = {"command": name} | {
            field: {str: "1", list: [], dict: {}, bool: True}[kind] for field, kind in kinds.items()
        }
        for field, kind in kinds.items():
            others: tuple[Any, ...] = (1, None, "1", True, [], {})
            for other in others:
                if type(other) is not kind:
                    assert answer(told, {**filled, field: other}) == ("bad_type", field)


@pytest.mark.parametrize("identity", ["", "x" * 201, "a\u0000b", "line\nbreak"])
def test_an_id_is_1_to_200_printable_characters(identity: str) -> None:
    refused = story("account alice").send(
        {"command": "deposit", "account": "alice", "amount": "1", "id": identity}
    )

    assert refused.rejected is not None
    assert (refused.rejected.code, refused.rejected.facts["field"]) == ("bad_value", "id")
    assert refused.events[0]["source"] == {}
