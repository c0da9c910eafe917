"""Is the log what was written, and do the rules of the books hold after every event?

Everything is read once, in order, in one read transaction, so a live writer causes no alarm. The
checks and verdicts are those of docs/explanation/what-a-proof-proves.md; rules about the venue are
handed in as `FoldCheck`s and are asked after every event.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from sqlalchemy import Connection, select

from domain.events import Event
from domain.snapshot import state_digest
from domain.venue import Venue, apply
from ledger import schema
from ledger.beside import KeyExamination, examine_transactions
from ledger.errors import StoreError
from ledger.folding import kept_state, quiet_collector
from ledger.ledger import Ledger
from ledger.reader import EVENTS_AT_ONCE, chunks, raw_rows
from ledger.report import SEAL_CHECKS, Check, Finding, Report, Verdict, unreadable
from ledger.sealing import OrderExamination, RawRow, SealExamination
from ledger.store import sealed_state
from ledger.strict import strict_events
from ledger.tree import Tile


class FoldCheck(Protocol):
    """A rule about the venue; yields what breaks it, in words."""

    @property
    def name(self) -> str:
        """Name of the rule, and of its line in the report."""

    def after_event(self, venue: Venue, event: Event) -> Iterable[str]:
        """What is broken right after this event."""

    def at_end(self, venue: Venue) -> Iterable[str]:
        """What is broken after the last event."""


@dataclass(frozen=True, slots=True)
class ExpectedRoot:
    """A root known from elsewhere; without a size it is the root of the whole log."""

    root: bytes
    size: int | None = None


def verify_store(
    url: str,
    expected: ExpectedRoot | None = None,
    fold_checks: Sequence[FoldCheck] = (),
) -> Report:
    """Verify the store at a URL, opened for reading; one that cannot be opened is unreadable."""
    try:
        with Ledger.open(url, readonly=True) as ledger:
            return verify(ledger, expected, fold_checks)
    except StoreError as fault:
        return unreadable(f"{fault.code}: {fault}")


def verify(
    ledger: Ledger,
    expected: ExpectedRoot | None = None,
    fold_checks: Sequence[FoldCheck] = (),
) -> Report:
    """Examine the whole log and what stands beside it, as of one moment."""
    try:
        with quiet_collector(ledger.head), ledger.store.read() as connection:
            return _Examination(connection, ledger.origin, expected, fold_checks).report()
    except StoreError as fault:
        return unreadable(f"{fault.code}: {fault}")


class _Examination:
    """One pass over one moment of a log."""

    def __init__(
        self,
        connection: Connection,
        origin: str,
        expected: ExpectedRoot | None,
        fold_checks: Sequence[FoldCheck],
    ) -> None:
        tile = schema.tile.c
        tiles = connection.execute(select(tile.level, tile.n, tile.hash))
        self._connection = connection
        self._origin = origin
        self._expected = expected
        self._root_seen: bytes | None = None
        self._order = OrderExamination()
        self._seal = SealExamination(*sealed_state(connection), [Tile(*row) for row in tiles])
        self._keys = KeyExamination(connection)
        self._envelopes = Finding("envelopes")
        self._fold = _Fold(connection, fold_checks)

    def report(self) -> Report:
        """All checks, in order."""
        size = self._seal.size
        for rows in chunks(self._connection, raw_rows(), EVENTS_AT_ONCE):
            for part in self._parts(rows):
                self._rows_seen(part)
        self._note_root()
        self._order.ended(size)
        self._seal.ended()
        self._keys.ended()
        examine_transactions(
            self._connection,
            self._origin,
            size,
            self._order.finding,
            self._keys.doubted,
        )
        self._envelopes.detail = f"{self._order.rows} events"
        self._fold.ended()
        checkpoints = Finding("checkpoints", skipped="no checkpoint was given or kept")
        checks = [
            Check(
                "store",
                "ok",
                f"schema version {schema.SCHEMA_VERSION}, origin {self._origin}",
            ),
            self._order.finding.check(),
            self._seal.leaves.check(),
            self._seal.tree.check(),
            checkpoints.check(),
            self._expected_root(),
            self._envelopes.check(),
            self._keys.finding.check(),
            *self._fold.checks(),
        ]
        return _judged(tuple(checks), self._expected, size)

    def _parts(self, rows: list[RawRow]) -> Iterable[list[RawRow]]:
        """The rows, cut where the expected root's size ends, so that the root there is seen."""
        size = self._expected.size if self._expected else None
        if size is None or not rows[0][0] <= size <= rows[-1][0]:
            return [rows]
        before = [row for row in rows if row[0] <= size]
        return [part for part in (before, rows[len(before) :]) if part]

    def _rows_seen(self, rows: list[RawRow]) -> None:
        self._note_root()
        self._order.rows_seen(rows)
        self._seal.rows_seen(rows)
        events = strict_events([row[5] for row in rows])
        for row, event in zip(rows, events, strict=True):
            if isinstance(event, Exception):
                self._envelopes.fail(row[0], f"event {row[0]}: {event}")
        self._order.events_seen(rows, events)
        self._keys.events_seen(rows, events)
        damage = (self._order.finding, self._seal.leaves, self._envelopes)
        seqs = [finding.seq for finding in damage if finding.seq is not None]
        self._fold.events_seen(events, min(seqs, default=None))
        self._note_root()

    def _note_root(self) -> None:
        if self._expected is not None and self._expected.size == self._seal.grown:
            self._root_seen = self._seal.root_now()

    def _expected_root(self) -> Check:
        expected = self._expected
        if expected is None:
            return Check("expected_root", "skipped", "no expected root was given")
        size = self._seal.size if expected.size is None else expected.size
        found = self._seal.root_now() if expected.size is None else self._root_seen
        if found is None:
            return Check("expected_root", "failed", f"the log has no {size} events", None)
        if found != expected.root:
            return Check(
                "expected_root",
                "failed",
                f"{expected.root.hex()} was expected over {size} events, found {found.hex()}",
            )
        return Check("expected_root", "ok", f"root over {size} events as expected")


class _Fold:
    """The venue after each event, and every rule about it."""

    def __init__(self, connection: Connection, checks: Sequence[FoldCheck]) -> None:
        self._connection = connection
        self._venue = Venue()
        self._checks = [(check, Finding(check.name)) for check in checks]
        self._snapshots = Finding("snapshot_equals_fold")
        column = schema.snapshot.c
        held = connection.execute(select(column.seq).order_by(column.seq)).scalars().all()
        self._held = iter(held)
        self._next_held = next(self._held, None)
        self._compared = 0
        self._stopped: str | None = None

    def events_seen(self, events: Sequence[Event | Exception], damaged: int | None) -> None:
        """Fold on, up to the first event that is not what was written."""
        if self._stopped is not None:
            return
        venue, checks = self._venue, self._checks
        for event in events:
            if isinstance(event, Exception) or (damaged is not None and event["seq"] >= damaged):
                self._stopped = f"not examined after event {venue.head}: the log is damaged there"
                return
            try:
                apply(venue, event)
            except Exception as fault:  # noqa: BLE001 - whatever breaks, this event does not fit
                self._stopped = (
                    f"event {event['seq']} does not follow from the state before it: {fault!r}"
                )
                self._fail_all(event["seq"])
                return
            for check, finding in checks:
                for violation in check.after_event(venue, event):
                    finding.fail(event["seq"], violation)
            if self._next_held is not None and venue.head >= self._next_held:
                self._compare_snapshot(self._next_held)

    def ended(self) -> None:
        """Ask the rules once more at the end."""
        if self._stopped is not None:
            for _, finding in self._checks:
                finding.skipped = self._stopped
            self._snapshots.skipped = self._stopped
            return
        for check, finding in self._checks:
            for violation in check.at_end(self._venue):
                finding.fail(self._venue.head or None, violation)
        if self._next_held is not None:
            self._snapshots.fail(self._next_held, f"a snapshot after event {self._venue.head}")
        self._snapshots.detail = f"{self._compared} snapshots"

    def checks(self) -> list[Check]:
        """The finished lines."""
        return [
            *(finding.check() for _, finding in self._checks),
            self._snapshots.check(),
        ]

    def _fail_all(self, seq: int) -> None:
        for _, finding in self._checks:
            finding.fail(seq, self._stopped or "")
        self._snapshots.fail(seq, self._stopped or "")

    def _compare_snapshot(self, seq: int) -> None:
        kept = kept_state(self._connection, seq)
        if self._venue.head != seq or kept is None or kept[0] != state_digest(self._venue):
            self._snapshots.fail(seq, f"the snapshot at {seq} is not the state after event {seq}")
        self._compared += 1
        self._next_held = next(self._held, None)


def _judged(checks: tuple[Check, ...], expected: ExpectedRoot | None, size: int) -> Report:
    verdict: Verdict
    failed = {check.name for check in checks if check.result == "failed"}
    if failed & SEAL_CHECKS:
        verdict, detail = "tampered", "the log is not what was sealed"
    elif expected is not None:
        covered = size if expected.size is None else expected.size
        verdict, detail = "intact", f"anchored to size {covered} by the expected root"
    else:
        verdict = "unsealed"
        detail = "nothing outside the store binds it: keep a checkpoint or a receipt elsewhere"
    return Report(checks, verdict, detail)
