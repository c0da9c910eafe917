"""How is a fact written so that its bytes can be hashed, and when are foreign bytes canonical?

Canonical JSON: UTF-8, object keys printable ASCII in ascending byte order, no spaces, integers only
(RFC 8785 without its number rule). Hashed bytes are written once and never written again.
"""

import json
import re
from typing import NoReturn

from pydantic_core import PydanticSerializationError, to_json

_KEY = re.compile(r"[\x20-\x7e]*", re.ASCII)
_SURROGATE = re.compile("[\ud800-\udfff]")

_encode = json.JSONEncoder(
    sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
).encode


class NotCanonicalError(ValueError):
    """Bytes that are not the one canonical writing of what they say."""


def canonical_bytes(value: object) -> bytes:
    """The canonical writing of a value made of None, bool, int, str, list and str-keyed dict."""
    _refuse_foreign_values(value)
    return _encode(value).encode("utf-8")


def rewritten(value: object) -> bytes:
    """The canonical writing of what a JSON parser gave back, floats having been refused there.

    Spares the walk over the value that `canonical_bytes` takes for values of unknown origin; raises
    `NotCanonicalError` for texts without UTF-8 bytes.
    """
    try:
        if isinstance(value, dict) and not any(
            isinstance(item, (dict, list)) for item in value.values()
        ):
            # A flat command: the fast writer gives the same bytes once the keys stand in order.
            return to_json({key: value[key] for key in sorted(value)})
        return _encode(value).encode("utf-8")
    except (UnicodeEncodeError, PydanticSerializationError) as fault:
        message = "a text with a lone surrogate has no UTF-8 bytes"
        raise NotCanonicalError(message) from fault


def parse_canonical(raw: bytes) -> object:
    """Read canonical bytes; raises `NotCanonicalError` for any other writing, floats included.

    Duplicate keys, `-0` and spaces parse as JSON; writing the value again finds them.
    """
    try:
        value = json.loads(raw, parse_float=_refuse_number, parse_constant=_refuse_number)
        again = canonical_bytes(value)
    except (ValueError, RecursionError) as fault:
        raise NotCanonicalError(str(fault)) from fault
    if again != raw:
        at = next(
            (i for i, (a, b) in enumerate(zip(again, raw, strict=False)) if a != b),
            min(len(again), len(raw)),
        )
        message = f"not the canonical writing: first difference at byte {at}"
        raise NotCanonicalError(message)
    return value


def _refuse_number(text: str) -> NoReturn:
    message = f"not an integer: {text[:40]}"
    raise NotCanonicalError(message)


def _refuse_foreign_values(value: object) -> None:
    if value is None or isinstance(value, (bool, int)):
        return
    if isinstance(value, str):
        if _SURROGATE.search(value):
            message = "a text with a lone surrogate has no UTF-8 bytes"
            raise NotCanonicalError(message)
    elif isinstance(value, dict):
        for key, item in value.items():
            if not isinstance(key, str) or not _KEY.fullmatch(key):
                message = f"object keys are printable ASCII: {key!r}"
                raise NotCanonicalError(message)
            _refuse_foreign_values(item)
    elif isinstance(value, (list, tuple)):
        for item in value:
            _refuse_foreign_values(item)
    else:
        message = f"no canonical writing for {type(value).__name__}"
        raise NotCanonicalError(message)
