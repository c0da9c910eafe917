"""What does a JSON text say, and what in it is not to be believed?

Archives print numbers as decimal strings. A number with a point, NaN or a key that stands twice is
kept as a fault inside the value, so that one bad row does not take its neighbours with it.
"""

import json
from typing import Any, NamedTuple, cast

from pydantic_core import from_json


class NotJson(ValueError):
    """The text is no JSON value at all."""


class Inexact(str):
    """A JSON number with a point or an exponent, as written; never a decimal string."""

    __slots__ = ()


class Doubled(dict[str, Any]):
    """An object in which a key stands twice."""


class NoNumber:
    """NaN or Infinity, which JSON does not know."""

    def __init__(self, text: str) -> None:
        self._text = text

    def __str__(self) -> str:
        return self._text


class Parsed(NamedTuple):
    """A JSON value; `is_plain` says that nothing in it can be a fault of `fault_in`."""

    value: Any
    is_plain: bool


def parse_json(raw: bytes) -> Parsed:
    """The value of a JSON text; raises `NotJson`, or `UnicodeDecodeError`."""
    if _FILLS in raw[:_ENVELOPE]:
        block = _plain_block(raw)
        if block is not None:
            return Parsed(block, is_plain=True)
    try:
        value = json.loads(
            raw.decode("utf-8"),
            parse_float=Inexact,
            parse_constant=NoNumber,
            object_pairs_hook=_object,
        )
    except UnicodeDecodeError:
        raise
    except (ValueError, RecursionError) as fault:
        raise NotJson(str(fault).split("\n")[0][:120]) from fault
    return Parsed(value, is_plain=False)


_FILLS = b'"events":[["0x'
_ENVELOPE = 400


def _plain_block(raw: bytes) -> dict[str, Any] | None:
    """A block of fills, read by the fast parser where it cannot differ from the careful one.

    Plain is ASCII without escapes and without a number that has a point. In such a text each key
    is followed by a colon at once, and the keys that were kept are as many as those that were
    written: none stands twice.
    """
    if not raw.isascii() or b"\\" in raw or b'" ' in raw or b'"\t' in raw or b'"\r' in raw:
        return None
    try:
        value = from_json(raw, allow_inf_nan=False, cache_strings="keys")
        keys = len(value)
        for _, fill in value["events"]:
            keys += len(fill)
            if "liquidation" in fill:
                keys += len(fill["liquidation"])
            if float in set(map(type, fill.values())):
                return None
    except (ValueError, TypeError, KeyError, AttributeError):
        return None
    return cast("dict[str, Any]", value) if keys == raw.count(b'":') else None


def fault_in(value: object) -> str | None:
    """What in a row makes it no JSON row; None when it is sound."""
    if isinstance(value, NoNumber):
        return "NaN and Infinity are no JSON numbers"
    if isinstance(value, Doubled):
        return "a key stands twice in one object"
    if isinstance(value, str):
        return None if value.isascii() or _has_bytes(value) else "a text is no Unicode"
    if isinstance(value, dict):
        value = [*value, *value.values()]
    if isinstance(value, list):
        for part in value:
            if found := fault_in(part):
                return found
    return None


def _has_bytes(text: str) -> bool:
    """Whether a text can be written: JSON can name halves of characters."""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    return found if len(found) == len(pairs) else Doubled(found)
