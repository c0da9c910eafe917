"""Which parsers read what comes from outside, and which errors do they declare?"""

import json
import tempfile
from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from cli.cascade_mini import SCENARIO
from domain.adl.candidate import Candidate, Ranked
from domain.adl.decision import ranking_row
from domain.adl.row_key import RowKey
from domain.canonical import canonical_bytes, parse_canonical
from domain.command_parsing import parse_command
from domain.envelope import UnreadableEventError, decode, encode
from domain.errors import Rejected
from domain.merkle import consistency_path, inclusion_path, leaf_hash, root_of
from domain.scenario import ScenarioReader, is_scenario
from domain.submission import read_command
from domain.venue import Venue, apply
from importers.dydx.importing import DydxImport
from importers.hyperliquid.importing import HyperliquidImport
from importers.hyperliquid.reading import RawLine, _cells, read_line
from importers.hyperliquid.shapes import Shapes
from ledger.keys import KeyUnreadable, SigningKey, parse_signing_key, parse_verifier
from ledger.notes import Checkpoint, NoteFault, read_note, signer_of
from ledger.proofs import (
    ConsistencyProof,
    InclusionProof,
    proven_continuation,
    proven_event,
    read_any,
)
from ledger.row_keys import parse_row_key, row_key_line
from ledger.strict import strict_events
from reports.verifier import verify
from tests.stories import story
from tests.unit.importers.archives import (
    ALICE,
    BLOCK,
    BOB,
    NOON,
    block_line,
    both,
    fill,
    ledger_update,
    misc_line,
    transaction,
)
from tests.unit.importers.dydx import answers as dydx

SECRET = b64encode(bytes([1]) + bytes(range(32))).decode()
KEY = SigningKey("venue.example/books", bytes(range(32)))


@dataclass(frozen=True)
class Parser:
    """One way in."""

    name: str
    samples: Callable[[], tuple[bytes, ...]]
    read: Callable[[bytes], object]
    """Raises a declared error, or nothing."""
    declared: tuple[type[Exception], ...]
    share: int = 100
    """How many inputs of a thousand."""
    times: int = 256
    """How many times its input it may take in memory."""


@cache
def told() -> tuple[Venue, tuple[bytes, ...], tuple[bytes, ...]]:
    """The worked example: its venue, its commands as lines, its events as bytes."""
    reader = ScenarioReader()
    lines = [json.dumps(one) for line in SCENARIO.splitlines() for one in reader.commands(line)]
    found = story(SCENARIO)
    return found.venue, tuple(map(str.encode, lines)), tuple(map(encode, found.events))


def commands() -> tuple[bytes, ...]:
    return told()[1]


def events() -> tuple[bytes, ...]:
    return told()[2]


def read_one_command(raw: bytes) -> None:
    submission = read_command(raw)
    if submission.fault is None:
        parse_command(told()[0], submission.fields)


def read_scenario(raw: bytes) -> None:
    text = raw.decode("utf-8", "replace")
    is_scenario(text.split("\n"))
    reader = ScenarioReader()
    for line in text.split("\n"):
        for command in reader.commands(line):
            # The reader gives texts; what they mean is judged as for any other command.
            found = read_command(command)
            if found.fault is None:
                parse_command(told()[0], found.fields)


def scenarios() -> tuple[bytes, ...]:
    lines = tuple(line.encode() for line in SCENARIO.splitlines() if line.strip())
    return (*lines, SCENARIO.encode()[:600])


def read_event(raw: bytes) -> None:
    """As `import ndjson` and `verify` do; what one accepts the other must accept."""
    (fast,) = strict_events([raw])
    try:
        event = decode(raw)
    except UnreadableEventError:
        assert isinstance(fast, UnreadableEventError), raw
        raise
    assert fast == event, raw


@cache
def leaves() -> tuple[bytes, ...]:
    return tuple(map(leaf_hash, events()))


@cache
def notes() -> tuple[bytes, ...]:
    sizes = (1, 20, len(leaves()))
    made = [KEY.signed(Checkpoint(KEY.name, n, root_of(leaves()[:n]))).raw() for n in sizes]
    other = SigningKey("elsewhere.example/x", bytes(32))
    line = other.signed(Checkpoint(KEY.name, 1, bytes(32))).raw().split(b"\n\n")[1]
    return (*made, made[0] + line)


def note(raw: bytes) -> None:
    signer_of(read_note(raw), [KEY.verifier])


@cache
def proofs() -> tuple[bytes, ...]:
    size = len(leaves())
    head = read_note(notes()[2])
    found: list[bytes] = []
    for index in (0, 17, size - 1):
        path = tuple(inclusion_path(leaves(), index))
        found.append(InclusionProof(index, path, head, events()[index]).raw())
    found.append(InclusionProof(17, tuple(inclusion_path(leaves(), 17)), head).raw())
    path = tuple(consistency_path(leaves(), 20))
    return (*found, ConsistencyProof(20, path, head).raw(), notes()[2])


def proof(raw: bytes) -> None:
    found = read_any(raw)
    if isinstance(found, InclusionProof):
        proven_event(found, [KEY.verifier], found.event or events()[17])
    elif isinstance(found, ConsistencyProof):
        proven_continuation(found, [KEY.verifier], read_note(notes()[1]))


def keys() -> tuple[bytes, ...]:
    return KEY.verifier.line().encode(), KEY.secret_line().encode() + b"\n"


def key(raw: bytes) -> None:
    for read in (parse_verifier, parse_signing_key):
        try:
            read(raw)
        except KeyUnreadable as fault:
            if read is parse_signing_key:
                shown = str(fault)
                # A secret that was nearly readable is never shown.
                assert SECRET[:20] not in shown
                assert SECRET[-20:] not in shown


def rows() -> tuple[bytes, ...]:
    candidate = Candidate("bob", -1000, -60, 12, 47, 20, 2, 1000, 5, 4, is_vault=False)
    return (ranking_row(Ranked(candidate, (217, 450), 1000)), canonical_bytes({"seq": 5, "a": []}))


def row(raw: bytes) -> None:
    """A ranking row, as a verifier reads it and as the domain does: one is no laxer."""
    value = parse_canonical(raw)
    assert verify.canonical(verify.json_of(raw)) == raw == canonical_bytes(value)


def verifier_note(raw: bytes) -> None:
    """The stand-alone verifier accepts no note that the ledger refuses."""
    line = KEY.verifier.line().encode()
    try:
        origin, size, root = verify.note_from(raw, [verify.key_from(line)])
    except Exception:  # noqa: BLE001 - its main function calls all of these unreadable
        return
    accepted = read_note(raw)
    signer_of(accepted, [KEY.verifier])
    assert accepted.checkpoint == Checkpoint(origin, size, root)


FUNDING = {
    "type": "funding",
    "coin": "ETH",
    "usdc": "-1.25",
    "szi": "1.5",
    "fundingRate": "0.0000125",
    "nSamples": None,
}
COLUMNS = (
    "time,coin,funding,open_interest,prev_day_px,day_ntl_vlm,premium,oracle_px,mark_px,mid_px,"
    "impact_bid_px,impact_ask_px"
)


ORDER = "coin px sz side time startPosition dir closedPnl hash oid crossed fee tid feeToken"


def as_the_venue_writes(rows: list[tuple[str, dict[str, Any]]], second: int) -> str:
    """A block without spaces, its fields in the venue's order: the one that is read quickly."""
    events = []
    for user, found in rows:
        mine = {"time": NOON + second * 1000, "hash": transaction(BLOCK + second * 12)}
        whole = {"dir": "Close Short", **found, **mine}
        events.append([user, {name: whole[name] for name in ORDER.split()}])
    return json.dumps(json.loads(block_line(events, second)), separators=(",", ":"))


@cache
def archives() -> tuple[bytes, ...]:
    pair = both(ALICE, BOB, "ETH", "1.5", "4000.5", 77, seller_start="0.5", buyer_dir="Open Long")
    liquidated = {"liquidatedUser": BOB, "markPx": "3990.1", "method": "market"}
    texts = [
        block_line([[user, raw] for user, raw in pair], 1),
        block_line([[ALICE, fill("BTC", "B", "0.1", "100000.0", liquidation=liquidated)]], 2),
        misc_line(3, ledger_update([ALICE], "deposit", usdc="100.5")),
        misc_line(4, ledger_update([ALICE], "withdraw", usdc="1.0", nonce=1, fee="1.0")),
        misc_line(5, {"Funding": {"coin": "ETH", "usdc": "-1.25", "szi": "1.5", "user": ALICE}}),
        json.dumps({"user": ALICE, "fill": {"coin": "ETH", "px": "1"}}),
        json.dumps({"time": 1760097600000, "hash": "0x00", "delta": FUNDING}),
        json.dumps({"universe": [{"name": "ETH", "szDecimals": 4, "maxLeverage": 25}]}),
        json.dumps({"channel": "userFills", "data": {"user": ALICE, "fills": []}}),
        COLUMNS,
        "2025-10-10T12:00:00Z,ETH,0.0000125,1.0,1.0,1.0,0.1,4000.1,4000.5,4000.2,4000.0,4000.3",
    ]
    texts += [as_the_venue_writes(pair, 1), as_the_venue_writes(pair[:1], 61)]
    return tuple(text.encode() + b"\n" for text in texts)


@cache
def answers() -> tuple[bytes, ...]:
    rows = [*dydx.deleveraging("1.5", "3000"), dydx.fill(dydx.CAROL, "BUY", "1", "2000")]
    return (
        *(json.dumps(one).encode() + b"\n" for one in rows),
        json.dumps({"fills": rows}).encode(),
    )


def archive_row(raw: bytes) -> None:
    """A line of a dump and of a table; what is wrong with it comes back as a refused row."""
    line = read_line(raw, 1)
    if raw.startswith(b'{"block_time"'):
        # Blocks have a quick reader, which must see what the thorough one sees.
        quick = Shapes("fuzz.jsonl", ALICE).rows(RawLine(1, raw, is_unread=True))
        assert list(quick) == list(Shapes("fuzz.jsonl", ALICE).rows(line))
    else:
        for _ in Shapes("fuzz.jsonl", ALICE).rows(line):
            pass
    table = Shapes("fuzz.csv")
    for number, line in enumerate((archives()[9], raw), start=1):
        for _ in table.rows(_cells(line, number)):
            pass


def archive_file(raw: bytes) -> None:
    """A whole file, booked to its end: rows are applied, pass without effect, or are refused."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / ("fuzz.json" if raw[:1] == b"[" else "fuzz.jsonl")
        path.write_bytes(raw + b"".join(archives()[:3]))
        run = HyperliquidImport([path], account=ALICE)
        venue = Venue()
        for some in run.events():
            for event in some:
                apply(venue, event)
    report = run.report
    assert report.rows_in == report.moved + report.no_effect + report.rejected_rows


def dydx_file(raw: bytes) -> None:
    """Answers of dYdX's indexer, booked to their end."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "fuzz.jsonl"
        path.write_bytes(raw + b"\n" + answers()[0] + answers()[1])
        run = DydxImport([path])
        venue = Venue()
        for some in run.events():
            for event in some:
                apply(venue, event)


def row_keys() -> tuple[bytes, ...]:
    line = row_key_line(RowKey(bytes(range(32))))
    return line.encode(), line.encode() + b"\n"


def row_key(raw: bytes) -> None:
    parse_row_key(raw)


PARSERS = (
    Parser("command", commands, read_one_command, (Rejected,), 180),
    Parser("scenario", scenarios, read_scenario, (Rejected,), 130),
    Parser("event", events, read_event, (UnreadableEventError,), 200),
    Parser("note", notes, note, (NoteFault,), 120),
    Parser("verifier's note", notes, verifier_note, (), 60),
    Parser("proof", proofs, proof, (NoteFault,), 120),
    Parser("key", keys, key, (), 40),
    Parser("row key", row_keys, row_key, (KeyUnreadable,), 20),
    Parser("ranking row", rows, row, (ValueError, verify.Fault), 60),
    Parser("archive row", archives, archive_row, (), 60),
    Parser("archive file", archives, archive_file, (), 5),
    # Its files are answers of an indexer, small and held as a whole, every element a row.
    Parser("dYdX file", answers, dydx_file, (), 5, 1_024),
)
"""Shares add up to 1,000."""

assert sum(parser.share for parser in PARSERS) == 1_000
