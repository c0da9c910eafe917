"""Which is the smallest command that breaks each rule?"""

from collections.abc import Mapping
from typing import Any

import pytest

from domain.errors import CODES, Rejected, RejectedUnread
from domain.respond import conflict
from domain.snapshot import state_of
from domain.submission import read_command
from tests.stories import PLAIN_MARKET, Told, story

MARKED = f"""
    {PLAIN_MARKET}
    deposit alice 100
    deposit bob 100
    mark 100
"""
LISTING = {
    "command": "list_market",
    "market": "N",
    "tick_size": "1",
    "lot_size": "1",
    "margin_tiers": [{"from": "0", "initial": "0.1", "maintenance": "0.05"}],
}
LIQUIDATED = f"""
    {PLAIN_MARKET}
    deposit alice 10
    deposit bob 10
    mark 100
    trade alice bob 1 @ 100
    mark 94
"""
OF_THE_COMMAND_LINE = {"truncated_line": "only a file can end before its last line does"}

SmallestCommand = str | bytes | Mapping[str, Any]
REFUSED: dict[str, tuple[str, SmallestCommand]] = {
    "bad_json": ("", "{"),
    "duplicate_key": ("", '{"command":"open_venue","name":"a","name":"b"}'),
    "float_not_allowed": ("", '{"command":"open_venue","name":1.5}'),
    "bad_type": ("", {"command": "open_venue", "name": 1}),
    "unknown_command": ("", {"command": "borrow"}),
    "unknown_field": ("", {"command": "open_venue", "name": "a", "nmae": "b"}),
    "missing_field": ("", {"command": "open_venue"}),
    "no_venue": ("", {"command": "open_account", "account": "alice"}),
    "venue_exists": ("venue a", "venue b"),
    "no_account": ("venue a", {"command": "deposit", "account": "alice", "amount": "1"}),
    "account_exists": ("account alice", "account alice"),
    "no_market": ("venue a", "mark M 1"),
    "market_exists": (PLAIN_MARKET, PLAIN_MARKET),
    "bad_decimal": ("account alice", "deposit alice 1e3"),
    "bad_value": ("account alice", "account alice/2"),
    "not_positive": ("account alice", "deposit alice 0"),
    "out_of_range": ("account alice", "deposit alice 1000000000000000000000000000001"),
    "too_many_digits": ("account alice", "deposit alice 0.0000001"),
    "bad_time": (
        "account alice",
        {"command": "deposit", "account": "alice", "amount": "1", "time": "noon"},
    ),
    "point_value_not_whole": ("venue a", {**LISTING, "tick_size": "0.0000001"}),
    "bad_tiers": ("venue a", {**LISTING, "margin_tiers": []}),
    "bad_fee": ("venue a", {**LISTING, "taker_fee": "-0.1"}),
    "not_a_vault": ("account alice", {**LISTING, "vault": {"account": "alice"}}),
    "price_off_tick": (PLAIN_MARKET, "mark 1.5"),
    "quantity_off_lot": (MARKED, "buy alice 1.5 @ 100"),
    "no_order": (PLAIN_MARKET, "cancel o1"),
    "order_exists": (f"{MARKED}\nbuy alice 1 @ 90 as mine", "buy bob 1 @ 90 as mine"),
    "no_mark": (f"{PLAIN_MARKET}\ndeposit alice 100", "buy alice 1 @ 100"),
    "insufficient_margin": (MARKED, "buy alice 11 @ 100"),
    "in_liquidation": (LIQUIDATED, "withdraw alice 1"),
    "post_only_would_cross": (
        f"{MARKED}\nsell bob 1 @ 100",
        "buy alice 1 @ 100 post_only",
    ),
    "reduce_only_would_increase": (MARKED, "buy alice 1 @ 100 reduce_only"),
    "self_trade": (MARKED, "trade alice alice 1 @ 100"),
}


def last_answer(before: str, command: SmallestCommand) -> tuple[Told, Rejected | None]:
    told = story(before)
    if isinstance(command, str) and not command.startswith("{"):
        told.attempt(command)
    else:
        told.send(command)
    return told, told.receipts[-1].rejected


@pytest.mark.parametrize("code", REFUSED)
def test_the_smallest_command_is_refused_by_the_name_of_its_rule(code: str) -> None:
    _, rejected = last_answer(*REFUSED[code])

    assert rejected is not None
    assert rejected.code == code
    assert str(rejected).startswith(CODES[code])


@pytest.mark.parametrize("code", [code for code in REFUSED if code != "bad_json"])
def test_a_refusal_leaves_one_event_and_no_other_trace(code: str) -> None:
    before, command = REFUSED[code]
    untouched = state_of(story(before).venue)
    told, rejected = last_answer(before, command)

    assert rejected is not None
    assert told.kinds() == ["venue.command_rejected"]
    assert told.receipts[-1].events[0]["data"]["code"] == code
    remembered = state_of(told.venue)
    for bookkeeping in ("head", "versions"):
        remembered.pop(bookkeeping)
        untouched.pop(bookkeeping)
    assert remembered == untouched


def test_an_id_that_was_used_for_other_bytes_is_a_conflict() -> None:
    told = story("account alice")
    command = {"command": "deposit", "account": "alice", "amount": "1", "id": "first"}

    answer = conflict(told.venue, read_command(command))

    assert answer.rejected is not None
    assert answer.rejected.code == "id_conflict"
    assert answer.events[0]["source"] == {"id": "first"}


def test_every_code_is_provoked_by_a_command() -> None:
    provoked = {*REFUSED, *OF_THE_COMMAND_LINE, "id_conflict"}

    assert provoked == set(CODES)


def test_what_cannot_be_read_is_reported_and_not_recorded() -> None:
    told, rejected = last_answer(*REFUSED["bad_json"])

    assert isinstance(rejected, RejectedUnread)
    assert told.events == []
    assert told.venue.head == 0
