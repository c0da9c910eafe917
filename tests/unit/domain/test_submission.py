"""What is left of a line that was never meant to be a command?"""

import json
from typing import Any

import pytest

from domain.errors import Rejected, RejectedUnread
from domain.submission import read_command
from tests.stories import PLAIN_MARKET, story

DEPOSIT: dict[str, Any] = {"command": "deposit", "account": "alice", "amount": "1"}

UNREADABLE = {
    "an empty line": b"",
    "a list": b"[1]",
    "a text": b'"deposit"',
    "two objects": b"{}{}",
    "NaN": b'{"amount":NaN}',
    "infinity": b'{"amount":-Infinity}',
    "a whole number of 4001 digits": b'{"time":' + b"9" * 4_001 + b"}",
    "a whole number of 5000 digits": b'{"time":-' + b"9" * 5_000 + b"}",
    "a lone surrogate in a value": b'{"account":"\\ud800"}',
    "a lone surrogate in a key": b'{"\\udfff":1}',
    "bytes that are not UTF-8": b'{"account":"\xff"}',
    "UTF-16": '{"a":1}'.encode("utf-16"),
    "a byte order mark": b'\xef\xbb\xbf{"command":"mark"}',
    "deep lists": b'{"accounts":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    "deep objects": b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
    "deep lists left open": b"[" * 1_000_000,
    "a raw control character": b'{"account":"a\x01"}',
}


@pytest.mark.parametrize("line", UNREADABLE.values(), ids=UNREADABLE)
def test_what_is_no_json_object_is_reported_and_not_recorded(line: bytes) -> None:
    with pytest.raises(RejectedUnread) as refused:
        read_command(line)

    assert refused.value.code == "bad_json"


@pytest.mark.parametrize("depth", [1, 100, 900, 2_000, 10_000, 50_000])
@pytest.mark.parametrize("shape", ["[", '{"a":'])
def test_nesting_of_any_depth_is_refused_and_nothing_worse(shape: str, depth: int) -> None:
    closing = "]" if shape == "[" else "}"
    line = '{"command":"adl_list","market":"M","accounts":' + shape * depth
    line += "1" + closing * depth + "}"
    told = story(PLAIN_MARKET)

    assert told.send(line).rejected is not None


BAD_AMOUNTS = {
    "an exponent": ("1e3", "bad_decimal"),
    "a plus sign": ("+1", "bad_decimal"),
    "a leading zero": ("01", "bad_decimal"),
    "a bare point": (".5", "bad_decimal"),
    "a trailing point": ("1.", "bad_decimal"),
    "a space": (" 1", "bad_decimal"),
    "a line break": ("1\n", "bad_decimal"),
    "an underscore": ("1_000", "bad_decimal"),
    "a comma": ("1,000", "bad_decimal"),
    "NaN": ("NaN", "bad_decimal"),
    "arabic digits": ("\u0661\u0662", "bad_decimal"),
    "fullwidth digits": ("\uff11", "bad_decimal"),
    "a superscript": ("1\u00b2", "bad_decimal"),
    "a unicode minus": ("\u22121", "bad_decimal"),
    "NUL": ("1\u0000", "bad_decimal"),
    "nothing": ("", "bad_decimal"),
    "a ratio": ("1/2", "bad_decimal"),
    "minus zero": ("-0", "not_positive"),
    "zero with digits": ("0.000", "not_positive"),
    "one unit beyond the largest": ("1000000000000000000000000000000.000001", "out_of_range"),
    "4000 digits": ("9" * 4_000, "out_of_range"),
    "4001 digits": ("9" * 4_001, "bad_decimal"),
    "5000 digits": ("9" * 5_000, "bad_decimal"),
    "4000 places": ("0." + "0" * 3_997 + "1", "too_many_digits"),
}


@pytest.mark.parametrize(("amount", "code"), BAD_AMOUNTS.values(), ids=BAD_AMOUNTS)
def test_an_amount_is_plain_digits_in_range(amount: str, code: str) -> None:
    refused = story("account alice").send({**DEPOSIT, "amount": amount})

    assert refused.rejected is not None
    assert refused.rejected.code == code


def test_the_largest_amount_is_ten_to_the_thirty() -> None:
    told = story("deposit alice 1000000000000000000000000000000")

    assert told.venue.cash["alice"] == 10**36


@pytest.mark.parametrize("field", ["account", "amount", "reference", "command", "id", "time"])
@pytest.mark.parametrize("value", [1, 10**30, True, None, [], {}, ["1"]], ids=repr)
def test_foreign_values_are_refused_in_every_field(field: str, value: object) -> None:
    if field == "time" and type(value) is int:
        return
    refused = story("account alice").send({**DEPOSIT, field: value})

    assert refused.rejected is not None
    assert refused.rejected.code == "bad_type"


def test_control_characters_are_refused_in_names_and_references() -> None:
    told = story("account alice")

    for field in ("account", "reference"):
        for bad in ("\u0000", "a\nb", "\u007f", "\u2028"):
            refused = told.send({**DEPOSIT, field: bad})
            assert refused.rejected is not None
            assert refused.rejected.code == "bad_value"


def test_a_duplicate_key_is_remembered_by_the_bytes_of_its_line() -> None:
    one = read_command('{"command":"mark","price":"1","price":"2"}')
    other = read_command('{"command":"mark","price":"2","price":"1"}')

    assert one.fault is not None
    assert one.fault.code == "duplicate_key"
    assert one.fault.facts == {"key": "price"}
    assert one.digest != other.digest


def test_a_duplicate_key_is_found_at_any_depth() -> None:
    nested = read_command('{"command":"list_market","vault":{"account":"a","account":"b"}}')

    assert nested.fault is not None
    assert nested.fault.code == "duplicate_key"


@pytest.mark.parametrize("number", ["1.0", "1e2", "1E400", "-0.0", "9" * 5_000 + ".5"])
def test_json_numbers_with_a_point_or_exponent_are_refused(number: str) -> None:
    told = story("account alice")

    refused = told.send(f'{{"command":"deposit","account":"alice","amount":{number}}}')

    assert refused.rejected is not None
    assert refused.rejected.code == "float_not_allowed"
    assert told.kinds() == ["venue.command_rejected"]


def test_the_digest_knows_neither_spaces_nor_key_order() -> None:
    plain = read_command(DEPOSIT)
    spaced = json.dumps(dict(reversed(DEPOSIT.items())), indent=3)

    assert read_command(spaced).digest == plain.digest
    assert read_command({**DEPOSIT, "amount": "2"}).digest != plain.digest


def test_a_mapping_is_read_like_its_line() -> None:
    cyclic: dict[str, Any] = {}
    cyclic["self"] = cyclic

    for unwritable in (cyclic, {"a": {1, 2}}, {"a": b"x"}, {"a": float("nan")}, {"a": "\ud800"}):
        with pytest.raises(RejectedUnread):
            read_command(unwritable)
    assert read_command({"a": 1.5}).fault is not None


@pytest.mark.parametrize("bad", [10**40, -1, 2**63, "2026-01-01T00:00:00", "yesterday"])
def test_a_refusal_for_its_time_happens_when_the_last_event_did(bad: object) -> None:
    told = story("at 2026-10-10T21:20:00Z\ndeposit alice 1")

    refused = told.send({**DEPOSIT, "time": bad})

    assert refused.rejected is not None
    assert refused.rejected.code == "bad_time"
    assert refused.events[0]["time"] == 1_791_667_200_000_000_000


@pytest.mark.parametrize("time", [True, False, [], {}, None, ["1"]], ids=repr)
def test_a_time_of_a_foreign_type_never_reaches_the_log(time: object) -> None:
    told = story("account alice")

    refused = told.send({**DEPOSIT, "time": time})

    assert refused.rejected is not None
    assert refused.rejected.code == "bad_type"
    assert type(refused.events[0]["time"]) is int


def test_a_refused_command_keeps_its_own_time() -> None:
    told = story("account alice")

    refused = told.send({**DEPOSIT, "amount": "x", "time": "2026-10-10T21:20:00.000000001Z"})

    assert refused.events[0]["time"] == 1_791_667_200_000_000_001


FINE_UNIT = "0." + "0" * 2_199 + "1"
FINE_AMOUNT = "." + ("7130982461" * 220)[:2_199] + "3"


def test_fine_units_are_refused_rather_than_computed_without_bounds() -> None:
    told = story("")
    lines: list[dict[str, Any]] = [
        {"command": "open_venue", "name": "fine", "quote_unit": FINE_UNIT},
        {"command": "open_account", "account": "alice"},
        {"command": "open_account", "account": "bob"},
        {**DEPOSIT, "amount": "1" + FINE_AMOUNT},
        {**DEPOSIT, "account": "bob", "amount": "100" + FINE_AMOUNT},
        {
            "command": "list_market",
            "market": "M",
            "tick_size": FINE_UNIT,
            "lot_size": "1",
            "margin_tiers": [{"from": "0", "initial": "0.1", "maintenance": "0.05"}],
        },
        {"command": "mark", "market": "M", "price": "10" + FINE_AMOUNT},
        {
            "command": "trade",
            "market": "M",
            "buyer": "alice",
            "seller": "bob",
            "price": "10" + FINE_AMOUNT,
            "quantity": "7",
        },
        {"command": "mark", "market": "M", "price": "5"},
    ]

    for line in lines:
        try:
            told.send(line)
        except ValueError as unbounded:
            pytest.fail(f"{line['command']}: {unbounded}")
    assert all(isinstance(r.rejected, Rejected | None) for r in told.receipts)
