"""Is this line a command at all, and which one is it?

Reads one JSON object the way money should be read: no duplicate keys, no floats, no NaN. What comes
out still carries texts; `command_parsing` gives them units. The digest names the command: SHA-256
of its canonical writing, so spaces and key order do not matter.
"""

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, NoReturn

from domain.canonical import rewritten
from domain.errors import Rejected, RejectedUnread

LONGEST_NUMBER = 4_000
LONGEST_KEY = 200


@dataclass(frozen=True, slots=True)
class Submission:
    """A command as it was handed in: its fields, its idempotency key, and what it is known by."""

    fields: dict[str, Any]
    id: str | None
    digest: str
    fault: Rejected | None = None


def read_command(line: str | bytes | Mapping[str, Any]) -> Submission:
    """Read one command; raises `RejectedUnread` for what is no JSON object.

    Faults that still leave a command to remember (a duplicate key, a float) come back in `fault`.
    """
    if isinstance(line, Mapping):
        line = _written(line)
    try:
        text = (line.decode("utf-8") if isinstance(line, bytes) else line).strip(" \t\r\n")
        fields = _DECODE(text)
        if not isinstance(fields, dict):
            raise RejectedUnread("bad_json", reason="not a JSON object")
        return Submission(fields, _known_by(fields), sha256(rewritten(fields)).hexdigest())
    except _FaultyCommand as found:
        return _remembered(text, found.rejected)
    except (ValueError, RecursionError) as fault:
        raise RejectedUnread("bad_json", reason=_reason(fault)) from fault


class _FaultyCommand(Exception):
    def __init__(self, rejected: Rejected) -> None:
        super().__init__(rejected.code)
        self.rejected = rejected


def _unique(items: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(items)
    if len(found) != len(items):
        times = Counter(key for key, _ in items)
        twice = min(key for key, count in times.items() if count > 1)
        raise _FaultyCommand(Rejected("duplicate_key", key=_shown(twice)))
    return found


def _no_float(number: str) -> NoReturn:
    raise _FaultyCommand(Rejected("float_not_allowed", number=number[:64]))


def _whole(text: str) -> int:
    if len(text) > LONGEST_NUMBER:
        message = f"a number of {len(text)} digits"
        raise ValueError(message)
    return int(text)


def _no_json(text: str) -> NoReturn:
    message = f"{text} is no JSON"
    raise ValueError(message)


_DECODE = json.JSONDecoder(
    object_pairs_hook=_unique,
    parse_float=_no_float,
    parse_int=_whole,
    parse_constant=_no_json,
).decode
_DECODE_LOOSELY = json.JSONDecoder(
    parse_float=str, parse_int=_whole, parse_constant=_no_json
).decode


def _remembered(text: str, fault: Rejected) -> Submission:
    """A faulty command by the bytes it was written with: it has no canonical writing."""
    try:
        fields = _DECODE_LOOSELY(text)
        raw = text.encode("utf-8")
    except (ValueError, RecursionError) as unreadable:
        raise RejectedUnread("bad_json", reason=_reason(unreadable)) from unreadable
    if not isinstance(fields, dict):
        raise RejectedUnread("bad_json", reason="not a JSON object")
    return Submission(fields, _known_by(fields), sha256(raw).hexdigest(), fault)


def _known_by(fields: dict[str, Any]) -> str | None:
    identity = fields.get("id")
    return identity if isinstance(identity, str) and is_key(identity) else None


def _written(fields: Mapping[str, Any]) -> str:
    try:
        return json.dumps(dict(fields), ensure_ascii=False)
    except (TypeError, ValueError, RecursionError) as fault:
        raise RejectedUnread("bad_json", reason=_reason(fault)) from fault


def _reason(fault: Exception) -> str:
    if isinstance(fault, json.JSONDecodeError):
        return f"{fault.msg} at character {fault.pos + 1}"
    return str(fault)[:120] or type(fault).__name__


def is_key(text: str) -> bool:
    """Whether `text` may be an idempotency key: 1 to 200 printable characters."""
    return 0 < len(text) <= LONGEST_KEY and text.isprintable()


def _shown(key: str) -> str:
    return key if key.isprintable() and len(key) <= 64 else "unprintable"
