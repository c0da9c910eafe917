"""What does a JSON text say, and what in it is not to be believed?

Archives print numbers as decimal strings. A number with a point, NaN or a key that stands twice is
kept as a fault inside the value, so that one bad row does not take its neighbours with it.
"""

import json
from typing import Any


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


def parse_json(text: str) -> Any:
    """The value of a JSON text; raises `NotJson`."""
    try:
        return json.loads(
            text, parse_float=Inexact, parse_constant=NoNumber, object_pairs_hook=_object
        )
    except (ValueError, RecursionError) as fault:
        raise NotJson(str(fault).split("\n")[0][:120]) from fault


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
