"""When may bytes be believed to be an event?"""

import json
from collections.abc import Callable
from typing import Any

import pytest

from domain.canonical import canonical_bytes
from domain.envelope import (
    LARGEST_EVENT,
    UnreadableEventError,
    decode,
    decode_many,
    encode,
    validate_data,
)
from domain.errors import Rejected
from domain.events import EVENT_TYPES, Event
from tests.golden.lines import LINES

EVENTS: dict[str, dict[str, Any]] = {name: json.loads(line) for name, line in LINES.items()}


def refuses(event: object) -> bool:
    try:
        decode(canonical_bytes(event))
    except UnreadableEventError:
        return True
    return False


@pytest.mark.parametrize("name", EVENT_TYPES)
def test_every_event_type_is_read_as_it_was_written(name: str) -> None:
    raw = canonical_bytes(EVENTS[name])

    event = decode(raw)

    assert event == EVENTS[name]
    assert encode(event) == raw
    assert decode_many([raw, raw]) == [event, event]


@pytest.mark.parametrize("name", EVENT_TYPES)
def test_every_field_of_a_fact_is_strict(name: str) -> None:
    event, data = EVENTS[name], EVENTS[name]["data"]

    assert refuses({**event, "data": {**data, "extra": 1}})
    for field, value in data.items():
        if type(value) is int:
            assert refuses({**event, "data": {**data, field: True}})
            assert refuses({**event, "data": {**data, field: str(value)}})
        if type(value) is str:
            assert refuses({**event, "data": {**data, field: 1}})
        if type(value) is bool:
            assert refuses({**event, "data": {**data, field: int(value)}})
        if isinstance(value, list | dict):
            assert refuses({**event, "data": {**data, field: "x"}})


REQUIRED_MISSING = [
    (name, field) for name, kind in EVENT_TYPES.items() for field in sorted(kind.__required_keys__)
]


@pytest.mark.parametrize(("name", "field"), REQUIRED_MISSING)
def test_a_fact_without_a_required_field_is_refused(name: str, field: str) -> None:
    event = EVENTS[name]

    assert refuses({**event, "data": {k: v for k, v in event["data"].items() if k != field}})


@pytest.mark.parametrize("field", ["cause", "seq", "time", "version"])
@pytest.mark.parametrize("value", [True, "1", None, [1]])
def test_the_numbers_of_an_envelope_are_whole_numbers(field: str, value: object) -> None:
    assert refuses({**EVENTS["market.mark_price_updated/1"], field: value})


@pytest.mark.parametrize(
    "change",
    [
        lambda event: {**event, "extra": 1},
        lambda event: {k: v for k, v in event.items() if k != "cause"},
        lambda event: {**event, "source": {"line": True}},
        lambda event: {**event, "source": {"line": None}},
        lambda event: {**event, "stream": 5},
        lambda event: {**event, "type": "market.mark_price_updated/2"},
        lambda event: {**event, "type": "market.mark_price_updated"},
        lambda event: {**event, "type": "x" * 500},
        lambda event: {**event, "data": []},
        lambda event: [event],
        lambda event: None,
    ],
)
def test_a_foreign_envelope_is_refused(change: Callable[[dict[str, Any]], object]) -> None:
    assert refuses(change(EVENTS["market.mark_price_updated/1"]))


@pytest.mark.parametrize("number", ["1.0", "1e2", "-0", "NaN", "01", '"1"'])
def test_a_number_of_another_writing_is_refused(number: str) -> None:
    raw = canonical_bytes(EVENTS["market.mark_price_updated/1"])
    price = EVENTS["market.mark_price_updated/1"]["data"]["price"]
    changed = raw.replace(f'"price":{price}'.encode(), f'"price":{number}'.encode())

    assert changed != raw
    with pytest.raises(UnreadableEventError):
        decode(changed)


@pytest.mark.parametrize(
    "raw", [b"", b"{", b"\xff", b"null", b"[" * 100_000, b"{}", b'{"a":1,"a":1}']
)
def test_bytes_that_are_no_event_are_refused(raw: bytes) -> None:
    with pytest.raises(UnreadableEventError):
        decode(raw)


@pytest.mark.parametrize("size", [2**53 + 1, 2**63, 2**64 + 1, 10**40, -(10**40)])
def test_numbers_beyond_every_machine_word_stay_exact(size: int) -> None:
    event = EVENTS["account.collateral_deposited/1"]
    large = {**event, "data": {**event["data"], "amount": size}}
    raw = canonical_bytes(large)

    assert decode(raw) == large
    assert decode_many([raw])[0] == large
    assert encode(decode(raw)) == raw


def referring(reference: str) -> Event:
    """A deposit with a reference of any length."""
    event = decode(LINES["account.collateral_deposited/1"])
    event["data"] = {**event["data"], "reference": reference}
    return event


def test_an_event_beyond_what_can_be_proven_is_refused() -> None:
    room = LARGEST_EVENT - len(encode(referring("")))

    assert len(encode(referring("x" * room))) == LARGEST_EVENT
    with pytest.raises(Rejected) as refused:
        encode(referring("x" * (room + 1)))
    assert refused.value.code == "out_of_range"


def test_an_unknown_type_is_named() -> None:
    event = decode(LINES["account.opened/1"])
    event["type"] = "account.closed/1"

    with pytest.raises(UnreadableEventError, match=r"unknown event type 'account\.closed/1'"):
        validate_data(event)
