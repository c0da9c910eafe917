"""Which canonical line stands for each stored shape of an event?

The lines are files, one for every event type and version that was ever written. They stay as they
are for ever: what they hold may be in somebody's log.
"""

import json
import os
from pathlib import Path
from typing import Final

from domain.canonical import canonical_bytes
from domain.envelope import encode
from domain.events import EVENT_TYPES, Event
from tests.stories import CASCADE_MINI, Told, attempt, story

FOLDER: Final = Path(__file__).parent / "events"
REWRITE: Final = "ZEROSUM_REWRITE_GOLDEN"

OTHERS: Final = """
    market M tick 1 lot 1 initial 10% maintenance 5% maker -0.01% taker 0.05%
    at 2026-10-10T21:20:00.431Z
    deposit alice 30
    deposit bob 1000
    mark 100
    buy alice 1 @ 90 as resting
    cancel resting
    sell bob 1 @ 100
    buy alice 1 @ 100 as taking
    funding rate 0.01%
    withdraw bob 5 to the bank
    policy pro-rata-size@1 trigger vault_exhausted
    adl_list bob alice
    withdraw alice 1000
"""
RESIDUE: Final = """
    market M tick 0.000001 lot 1 initial 10% maintenance 5%
    deposit alice 0.00001
    deposit bob 1
    deposit carol 1
    mark 0.0001
    trade alice bob 2 @ 0.0001
    trade alice carol 1 @ 0.0001
    mark 0.00009
"""
DEFICIT: Final = """
    market M tick 1 lot 1 initial 10% maintenance 5% close_price mark
    deposit alice 10
    deposit bob 1000
    mark 100
    trade alice bob 1 @ 100
    mark 85
"""
FACT_REJECTED: Final[Event] = {
    "cause": 7,
    "data": {"code": "bad_decimal", "detail": "column price of row 5"},
    "seq": 7,
    "source": {"file": "trades.csv", "line": 5},
    "stream": "venue",
    "time": 1_791_667_200_431_000_000,
    "type": "venue.fact_rejected/1",
    "version": 3,
}

KEY_ROTATED: Final[Event] = {
    "cause": 8,
    "data": {
        "key_id": "90057189",
        "name": "zerosum.example/cascade-mini",
        "previous_key_id": "a930a7c0",
        "public_key": "174553b456dddfc6908ecab1c101fe6ab21e2baa0617795b7d43a63482993fd5",
    },
    "seq": 8,
    "source": {},
    "stream": "venue",
    "time": 1_791_667_200_431_000_000,
    "type": "venue.key_rotated/1",
    "version": 4,
}

PERSON_ERASED: Final[Event] = {
    "cause": 9,
    "data": {
        "account": "p-8f14e45fceea167a5a36",
        "actor": "data protection officer",
        "reason": "request 17",
        "scope": "person",
    },
    "seq": 9,
    "source": {},
    "stream": "venue",
    "time": 1_791_667_200_431_000_000,
    "type": "venue.person_erased/1",
    "version": 5,
}


def path_of(name: str) -> Path:
    """The file of a stored name."""
    return FOLDER / f"{name.replace('/', '_')}.json"


def told_today() -> dict[str, bytes]:
    """The last event of each type in a few short stories, written as they are written today."""
    stories: tuple[Told, ...] = (attempt(OTHERS), story(RESIDUE), story(DEFICIT))
    events = [event for told in (*stories, story(CASCADE_MINI)) for event in told.events]
    rare = (FACT_REJECTED, KEY_ROTATED, PERSON_ERASED)
    return {event["type"]: encode(event) for event in (*events, *rare)}


def rewrite() -> None:
    """Write the line of every event type as it is written today."""
    FOLDER.mkdir(exist_ok=True)
    for name, line in told_today().items():
        path_of(name).write_bytes(line + b"\n")


if os.environ.get(REWRITE):
    rewrite()

LINES: Final[dict[str, bytes]] = {
    name: path_of(name).read_bytes().removesuffix(b"\n")
    for name in EVENT_TYPES
    if path_of(name).exists()
}
"""Stored name → its canonical line."""

assert all(canonical_bytes(json.loads(line)) == line for line in LINES.values())
