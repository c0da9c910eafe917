"""Is the log what was written, and do the rules of the books hold?

Everything is read once, in order, in one read transaction, so a live writer causes no alarm. The
checks and verdicts are those of docs/explanation/what-a-proof-proves.md; the named invariants of
the domain examine every event.
"""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from operator import itemgetter
from typing import Final

from sqlalchemy import Connection, select

from domain.adl.row_key import RowKey
from domain.collector import quiet_collector
from domain.events import Event
from domain.examination import Examination
from domain.invariants import INVARIANTS
from domain.snapshot import state_digest
from domain.venue import Venue
from ledger import schema, shapes
from ledger.beside import KeyExamination, examine_transactions
from ledger.checkpoints import Anchors, CheckpointExamination
from ledger.errors import StoreError
from ledger.folding import written_state
from ledger.ledger import Ledger
from ledger.reader import EVENTS_AT_ONCE, chunks, raw_rows
from ledger.report import SEAL_CHECKS, Check, Finding, Report, unreadable
from ledger.sealing import OrderExamination, RawRow, SealExamination
from ledger.store import sealed_state
from ledger.strict import strict_events
from ledger.tree import Tile

DECIDED_ONLY: Final = (
    "closures_meet_the_need",
    "victims_closed_within_their_positions",
    "better_ranks_close_first",
    "every_candidate_is_ranked",
    "deficit_paid_in_full",
    "bystanders_keep_their_equity",
    "adl_comes_last",
    "takeovers_name_both_sides",
    "decisions_recompute",
    "shortfalls_are_named",
)
"""Invariants about decisions: what a venue decided elsewhere is audited, not verified."""


@dataclass(frozen=True, slots=True)
class ExpectedRoot:
    """A root known from elsewhere; without a size it is the root of the whole log."""

    root: bytes
    size: int | None = None


NO_ANCHORS: Final = Anchors()


def verify_store(
    url: str,
    expected: ExpectedRoot | None = None,
    anchors: Anchors = NO_ANCHORS,
    row_key: RowKey | None = None,
) -> Report:
    """Verify the store at a URL, opened for reading; one that cannot be opened is unreadable."""
    try:
        with Ledger.open(url, readonly=True) as ledger:
            return verify(ledger, expected, anchors, row_key)
    except StoreError as fault:
        return unreadable(f"{fault.code}: {fault}")


def verify(
    ledger: Ledger,
    expected: ExpectedRoot | None = None,
    anchors: Anchors = NO_ANCHORS,
    row_key: RowKey | None = None,
) -> Report:
    """Examine the whole log and what stands beside it, as of one moment.

    Ranking roots over salted rows are recomputed with the row key and left out without it.
    """
    try:
        store = ledger.store
        with (
            quiet_collector(ledger.head),
            store.read() as connection,
            store.database.texts_as_they_are(connection),
        ):
            fold = _Fold(connection, row_key)
            changed = store.database.changed_guards(connection)
            return _Pass(connection, ledger.origin, expected, anchors, fold, changed).report()
    except StoreError as fault:
        return unreadable(f"{fault.code}: {fault}")


class _Pass:
    """One pass over one moment of a log."""

    def __init__(
        self,
        connection: Connection,
        origin: str,
        expected: ExpectedRoot | None,
        anchors: Anchors,
        fold: "_Fold",
        changed_guards: Sequence[str],
    ) -> None:
        tile = schema.tile.c
        tiles = shapes.fitting(
            connection.execute(select(tile.level, tile.n, tile.hash)), shapes.TILE
        )
        self._connection = connection
        self._origin = origin
        # They stop mistakes, not insiders: what was changed without them is found below.
        self._guards = f"; {len(changed_guards)} guards changed: doctor" if changed_guards else ""
        self._expected = expected
        self._checkpoints = CheckpointExamination(origin, anchors)
        self._checkpoints.noticed(connection)
        self._sizes = set(self._checkpoints.sizes)
        if expected is not None and expected.size is not None:
            self._sizes.add(expected.size)
        self._roots: dict[int, bytes] = {}
        self._order = OrderExamination()
        self._seal = SealExamination(*sealed_state(connection), [Tile(*row) for row in tiles])
        self._keys = KeyExamination(connection)
        self._envelopes = Finding("envelopes")
        self._fold = fold

    def report(self) -> Report:
        """All checks, in order."""
        size = self._seal.size
        self._note_root()
        for rows in chunks(self._connection, raw_rows(), EVENTS_AT_ONCE):
            if sound := self._order.sound(rows):
                self._rows_seen(sound)
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
        self._checkpoints.ended(size)
        checks = [
            Check(
                "store",
                "ok",
                f"schema version {schema.SCHEMA_VERSION}, origin {self._origin}{self._guards}",
            ),
            self._order.finding.check(),
            self._seal.leaves.check(),
            self._seal.tree.check(),
            self._checkpoints.check(),
            self._expected_root(),
            self._envelopes.check(),
            self._keys.finding.check(),
            *self._fold.checks(),
            *self._by_other_names(),
        ]
        return self._judged(tuple(checks))

    def _by_other_names(self) -> list[Check]:
        """Invariants that lines above have examined, and those that need another command."""
        tree = [finding.check() for finding in (self._seal.leaves, self._seal.tree)]
        broken = next((check for check in tree if check.result == "failed"), None)
        written = self._envelopes.check()
        return [
            Check("tree_matches_bytes", "failed", broken.detail, broken.seq)
            if broken
            else Check("tree_matches_bytes", "ok", "leaves and tree, as above"),
            Check("numbers_are_exact", written.result, "envelopes, as above", written.seq),
            Check("replay_is_deterministic", "skipped", "zerosum replay compares digests"),
            Check("corrections_cancel", "skipped", "no event of this version corrects another"),
        ]

    def _rows_seen(self, rows: list[RawRow]) -> None:
        self._order.rows_seen(rows)
        for part in self._parts(rows):
            self._seal.rows_seen(part)
            self._note_root()
        events = strict_events([row[5] for row in rows])
        for row, event in zip(rows, events, strict=True):
            if isinstance(event, Exception):
                self._envelopes.fail(row[0], f"event {row[0]}: {event}")
        self._order.events_seen(rows, events)
        self._keys.events_seen(rows, events)
        damage = (self._order.finding, self._seal.leaves, self._envelopes)
        seqs = [finding.seq for finding in damage if finding.seq is not None]
        self._fold.events_seen(events, min(seqs, default=None))

    def _parts(self, rows: list[RawRow]) -> Iterable[list[RawRow]]:
        """The rows, cut at each size whose root must be known."""
        cuts = sorted(size for size in self._sizes if rows[0][0] <= size < rows[-1][0])
        start = 0
        for cut in cuts:
            end = bisect_right(rows, cut, lo=start, key=lambda row: row[0])
            yield rows[start:end]
            start = end
        yield rows[start:]

    def _note_root(self) -> None:
        grown = self._seal.grown
        if grown in self._sizes:
            self._roots[grown] = self._seal.root_now()
            self._checkpoints.root_seen(grown, self._roots[grown])

    def _expected_root(self) -> Check:
        expected = self._expected
        if expected is None:
            return Check("expected_root", "skipped", "no expected root was given")
        size = self._seal.size if expected.size is None else expected.size
        found = self._seal.root_now() if expected.size is None else self._roots.get(size)
        if found is None:
            return Check(
                "expected_root",
                "failed",
                f"the log has {self._seal.grown} events, the root is over {size}",
                min(self._seal.size, self._seal.grown) + 1,
            )
        if found != expected.root:
            fit = self._checkpoints.fitting_up_to(size)
            text = f"{expected.root.hex()} was expected over {size} events, found {found.hex()}"
            if expected.size is None or fit == size:
                return Check("expected_root", "failed", text)
            between = f"; a change lies in events {fit + 1} to {size}"
            return Check("expected_root", "failed", text + between, fit + 1)
        return Check("expected_root", "ok", f"root over {size} events as expected")

    def _judged(self, checks: tuple[Check, ...]) -> Report:
        """The verdict; the worst that was found comes first."""
        found = self._checkpoints
        failed = {check.name for check in checks if check.result == "failed"}
        if found.unreadable is not None and found.finding.fault is None:
            failed.discard("checkpoints")
        if failed & SEAL_CHECKS:
            return Report(checks, "tampered", "the log is not what was sealed")
        if found.unreadable is not None:
            return Report(checks, "unreadable", found.unreadable)
        if found.strangers and not found.is_known:
            detail = f"signed by {found.stranger_names()}: no known key of this log"
            return Report(checks, "unknown_key", detail)
        if found.anchor is None and self._expected is None:
            return Report(
                checks,
                "unsealed",
                "nothing outside the store binds it: make a key with zerosum keygen, then zerosum "
                "checkpoint, and keep the note elsewhere; or keep a receipt and use --expect-root",
            )
        return Report(checks, "intact", self._anchored())

    def _anchored(self) -> str:
        size, known, expected = self._seal.size, self._checkpoints.anchor, self._expected
        anchors: list[tuple[int, str]] = []
        if known is not None:
            anchors.append((known.size, f"key {known.key}"))
        if expected is not None:
            bound = size if expected.size is None else expected.size
            anchors.append((bound, "the expected root"))
        # Of two that reach equally far the signed one is named: it comes first.
        reached, by = max(anchors, key=itemgetter(0))
        later = f"; events {reached + 1} to {size} came later" if reached < size else ""
        return f"anchored to size {reached} by {by}{later}"


class _Fold:
    """The venue after each event, and every invariant about it under its name."""

    def __init__(self, connection: Connection, row_key: RowKey | None) -> None:
        self._connection = connection
        self._examination = Examination(Venue(), row_key)
        self._findings = {
            invariant.name: Finding(invariant.name)
            for invariant in INVARIANTS.values()
            if invariant.where != "store"
        }
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
        examine, venue = self._examination.apply, self._examination.venue
        for event in events:
            if (
                isinstance(event, Exception)
                or event["seq"] != venue.head + 1
                or (damaged is not None and event["seq"] >= damaged)
            ):
                self._stopped = f"not examined after event {venue.head}: the log is damaged there"
                return
            try:
                violations = examine(event)
            except Exception as fault:  # noqa: BLE001 - whatever breaks, this event does not fit
                self._stopped = (
                    f"event {event['seq']} does not follow from the state before it: {fault!r}"
                )
                self._fail_all(event["seq"])
                return
            for name, detail in violations:
                self._findings[name].fail(event["seq"], detail)
            if self._next_held is not None and venue.head >= self._next_held:
                self._compare_snapshot(self._next_held)

    def ended(self) -> None:
        """Ask once more at the end, and say what a log of this kind cannot be asked."""
        if self._stopped is not None:
            for finding in (*self._findings.values(), self._snapshots):
                finding.skipped = self._stopped
            return
        head = self._examination.venue.head
        for name, detail in self._examination.at_end():
            self._findings[name].fail(head or None, detail)
        if open_roots := self._examination.open_roots:
            self._findings["decisions_recompute"].skipped = (
                f"ranking roots of {open_roots} decisions: their rows are salted and no row key "
                "is given (--row-key FILE); all else is decided again"
            )
        if self._examination.venue.kind == "recorded":
            for name in DECIDED_ONLY:
                self._findings[name].skipped = "a recorded log: its decisions were made elsewhere"
        if self._next_held is not None:
            self._snapshots.fail(self._next_held, f"a snapshot after event {head}")
        self._snapshots.detail = f"{self._compared} snapshots"

    def checks(self) -> list[Check]:
        """The finished lines."""
        return [finding.check() for finding in (*self._findings.values(), self._snapshots)]

    def _fail_all(self, seq: int) -> None:
        for finding in (*self._findings.values(), self._snapshots):
            finding.fail(seq, self._stopped or "")

    def _compare_snapshot(self, seq: int) -> None:
        kept, venue = written_state(self._connection, seq), self._examination.venue
        if venue.head != seq or kept is None or sha256(kept).hexdigest() != state_digest(venue):
            self._snapshots.fail(seq, f"the snapshot at {seq} is not the state after event {seq}")
        self._compared += 1
        self._next_held = next(self._held, None)
