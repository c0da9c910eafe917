"""Are many stored rows canonical, of a known type, and of its shape?

Parsed once together, written again and compared one by one. The fast look only ever accepts what
`domain.envelope.decode` accepts; whatever it doubts is handed to that function, which then judges.
"""

from collections.abc import Sequence
from typing import Any, Final

from domain.envelope import (
    LARGEST_EVENT,
    UnreadableEventError,
    decode,
    decode_many,
    encode,
)
from domain.envelope import validate_data as validate
from domain.errors import Rejected
from domain.events import Event

_ENVELOPE: Final = (
    "cause",
    "data",
    "seq",
    "source",
    "stream",
    "time",
    "type",
    "version",
)
_KEYS_REMEMBERED: Final = 10_000

_ordered_keys: Final[set[tuple[Any, ...]]] = set()


def strict_events(raws: Sequence[bytes]) -> list[Event | UnreadableEventError]:
    """For each row its event in today's shape, or why it is none."""
    try:
        events = decode_many(raws)
    except Exception:  # noqa: BLE001 - whatever a foreign row provokes, it is judged alone below
        events = []
    if len(events) != len(raws):
        return [_judged(raw) for raw in raws]
    return [
        event if _is_sound(event, raw) else _judged(raw)
        for event, raw in zip(events, raws, strict=True)
    ]


def _judged(raw: bytes) -> Event | UnreadableEventError:
    if len(raw) > LARGEST_EVENT:
        return UnreadableEventError(f"{len(raw)} bytes, more than {LARGEST_EVENT}")
    try:
        return decode(raw)
    except UnreadableEventError as fault:
        return fault
    except RecursionError:
        return UnreadableEventError("nested too deeply")


def _is_sound(event: Event, raw: bytes) -> bool:
    """Whether the row is beyond doubt the canonical writing of a known event."""
    try:
        if tuple(event) != _ENVELOPE or encode(event) != raw:
            return False
        source = event["source"]
        if not (
            event["cause"].__class__ is int
            and event["seq"].__class__ is int
            and event["time"].__class__ is int
            and event["version"].__class__ is int
            and event["stream"].__class__ is str
            and source.__class__ is dict
            and _is_ordered(source)
            and _is_ordered(event["data"])
        ):
            return False
        for value in source.values():
            if value.__class__ is not str and value.__class__ is not int:
                return False
        validate(event)
    except (TypeError, ValueError, AttributeError, Rejected, RecursionError):
        return False
    return True


def _is_ordered(value: Any) -> bool:
    """Whether every object has printable ASCII keys in ascending order."""
    if value.__class__ is dict:
        keys = tuple(value)
        if keys not in _ordered_keys and not _learn(keys):
            return False
        value = value.values()
    for item in value:
        if (item.__class__ is dict or item.__class__ is list) and not _is_ordered(item):
            return False
    return True


def _learn(keys: tuple[Any, ...]) -> bool:
    if list(keys) != sorted(keys) or not all(key.isascii() and key.isprintable() for key in keys):
        return False
    if len(_ordered_keys) < _KEYS_REMEMBERED:
        _ordered_keys.add(keys)
    return True
