"""Is this line a command at all, and which one is it?

Reads one JSON object the way money should be read: no duplicate keys, no floats, no NaN. What comes
out still carries texts; `command_parsing` gives them units. The digest names the command: SHA-256 of
its canonical writing, so spaces and key order do not matter.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, NoReturn

from domain.canonical import NotCanonicalError, canonical_bytes
from domain.errors import Rejected, RejectedUnread

LONGEST_NUMBER = 4_000


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
        text = line.decode("utf-8") if isinstance(line, bytes) else line
        text = text.strip(" \t\r\n")
        duplicates: list[str] = []
        floats: list[str] = []

        def pairs(items: list[tuple[str, Any]]) -> dict[str, Any]:
            found = dict(items)
            if len(found) != len(items):
                keys = [key for key, _ in items]
                duplicates.extend(sorted({key for key in keys if keys.count(key) > 1}))
            return found

        def noted(number: str) -> str:
            floats.append(number)
            return number

        value = json.loads(
            text,
            object_pairs_hook=pairs,
            parse_float=noted,
            parse_int=_whole,
            parse_constant=_no_json,
        )
        text.encode("utf-8")
    except (ValueError, RecursionError) as fault:
        raise RejectedUnread("bad_json", reason=_reason(fault)) from fault
    if not isinstance(value, dict):
        raise RejectedUnread("bad_json", reason="not a JSON object")
    identity = value.get("id")
    known_by = identity if isinstance(identity, str) and _is_plain(identity) else None
    raw = text.encode("utf-8")
    if duplicates:
        fault_found = Rejected("duplicate_key", key=_shown(duplicates[0]))
        return Submission(value, known_by, sha256(raw).hexdigest(), fault_found)
    if floats:
        fault_found = Rejected("float_not_allowed", number=floats[0][:64])
        return Submission(value, known_by, sha256(raw).hexdigest(), fault_found)
    try:
        digest = sha256(canonical_bytes(value)).hexdigest()
    except NotCanonicalError as fault:
        raise RejectedUnread("bad_json", reason=str(fault)[:120]) from fault
    return Submission(value, known_by, digest)


def _written(fields: Mapping[str, Any]) -> str:
    try:
        return json.dumps(dict(fields), ensure_ascii=False)
    except (TypeError, ValueError, RecursionError) as fault:
        raise RejectedUnread("bad_json", reason=_reason(fault)) from fault


def _whole(text: str) -> int:
    if len(text) > LONGEST_NUMBER:
        message = f"a number of {len(text)} digits"
        raise ValueError(message)
    return int(text)


def _no_json(text: str) -> NoReturn:
    message = f"{text} is no JSON"
    raise ValueError(message)


def _reason(fault: Exception) -> str:
    if isinstance(fault, json.JSONDecodeError):
        return f"{fault.msg} at character {fault.pos + 1}"
    return str(fault)[:120] or type(fault).__name__


def _is_plain(text: str) -> bool:
    return 0 < len(text) <= 200 and text.isprintable()


def _shown(key: str) -> str:
    return key if key.isprintable() and len(key) <= 64 else "unprintable"
