"""How does an event become bytes, and when may bytes be believed to be an event?

`encode` writes what the domain built: keys already stand in order, so the fast writer and
`canonical_bytes` give the same bytes (a property test compares them). `decode` trusts nothing.
"""

from collections.abc import Sequence
from functools import cache
from typing import Any, Final, cast

from pydantic import ConfigDict, TypeAdapter, ValidationError, with_config
from pydantic_core import SchemaValidator, from_json, to_json
from typing_extensions import TypedDict

from domain.canonical import NotCanonicalError, parse_canonical
from domain.errors import Rejected
from domain.events import EVENT_TYPES, Event
from domain.upcasting import upcast

LARGEST_EVENT: Final = 65_535
LATEST_TIME: Final = 2**63 - 1


class UnreadableEventError(ValueError):
    """Stored or foreign bytes that are no event of a known type and shape."""


@with_config(ConfigDict(strict=True, extra="forbid"))
class _Envelope(TypedDict):
    cause: int
    data: dict[str, Any]
    seq: int
    source: dict[str, str | int]
    stream: str
    time: int
    type: str
    version: int


def encode(event: Event) -> bytes:
    """The event's canonical bytes; refuses one that is larger than the log can prove."""
    raw = to_json(event)
    if len(raw) > LARGEST_EVENT:
        raise Rejected("out_of_range", event_bytes=len(raw), largest=LARGEST_EVENT)
    return raw


def decode(raw: bytes) -> Event:
    """One event from foreign bytes: canonical, known type, strict schema, upcast to today's
    shape.
    """
    try:
        value = parse_canonical(raw)
        event = cast("Event", _envelope_validator().validate_python(value))
        validate_data(event)
    except (NotCanonicalError, ValidationError) as fault:
        raise UnreadableEventError(_first_line(fault)) from fault
    return upcast(event)


def decode_many(rows: Sequence[bytes]) -> list[Event]:
    """Events from rows whose leaves the same pass recomputes: parsed, upcast, not validated
    again.
    """
    events = cast("list[Event]", from_json(b"[" + b",".join(rows) + b"]", cache_strings="keys"))
    return [upcast(event) for event in events]


def validate_data(event: Event) -> None:
    """Refuse a fact whose type is unknown or whose data does not have the shape of its type."""
    validator = _data_validators().get(event["type"])
    if validator is None:
        message = f"unknown event type {event['type'][:80]!r}"
        raise UnreadableEventError(message)
    try:
        validator.validate_python(event["data"])
    except ValidationError as fault:
        message = f"{event['type']}: {_first_line(fault)}"
        raise UnreadableEventError(message) from fault


def validated(events: Sequence[Event]) -> list[bytes]:
    """The canonical bytes of many events, each checked as in `validate_data` and `encode`."""
    validators = _data_validators()
    raws: list[bytes] = []
    for event in events:
        try:
            validators[event["type"]].validate_python(event["data"])
        except (KeyError, ValidationError):
            validate_data(event)
        raws.append(encode(event))
    return raws


@cache
def _data_validators() -> dict[str, SchemaValidator]:
    return {
        name: cast("SchemaValidator", TypeAdapter(kind).validator)
        for name, kind in EVENT_TYPES.items()
    }


@cache
def _envelope_validator() -> SchemaValidator:
    return cast("SchemaValidator", TypeAdapter(_Envelope).validator)


def _first_line(fault: Exception) -> str:
    if isinstance(fault, ValidationError):
        first = fault.errors(include_url=False, include_input=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        return f"{place}: {first['msg']}"
    return str(fault)
