"""How does history from elsewhere get into the log fast, and only once?

Facts of an archive, or the events of another log: 10,000 per commit, with the same bytes and the
same seal as one by one. Into an empty store the unique index over streams is built at the end; a
flag makes the next opening finish an import that died. A row of a file counts once: importing it
again adds nothing.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from typing import Final

from sqlalchemy import Connection, func, select

from domain.collector import quiet_collector
from domain.envelope import UnreadableEventError, encode, validate_data, validated
from domain.events import Event
from domain.venue import Fact, Venue, apply, enveloped
from ledger import schema
from ledger.chains import keys_of_chains, whole_chains
from ledger.errors import DecidedLog, LogOutOfOrder
from ledger.folding import FACTS_PER_SNAPSHOT, LONG_FOLD, LiveVenue
from ledger.places import Places
from ledger.store import Store
from ledger.writer import Addition, CommandKey, EventRows, Writer

_event = schema.event.c
_STILL_AT_HAND: Final = 256
"""Events that are encoded, hashed and made rows together while they are still in the processor's
cache: later, each would take twice as long."""


@dataclass(frozen=True, slots=True)
class Recorded:
    """What an import added; `repeated` facts were there already."""

    first_seq: int | None
    last_seq: int | None
    events: int
    repeated: int
    root: bytes


class FactRecorder:
    """Appends facts and events in bulk."""

    def __init__(self, store: Store, writer: Writer, live: LiveVenue) -> None:
        self._store = store
        self._writer = writer
        self._live = live

    def record(self, facts: Iterable[Fact], batch: int, files: Mapping[str, bytes]) -> Recorded:
        """Append facts; those that were recorded before from the same row are passed over."""
        start, repeated = self._writer.head, 0
        with (
            self._dropping_what_failed(),
            quiet_collector(),
            self._store.bulk(),
            self._index_at_the_end(),
        ):
            if self._live.at(start).kind == "decided":
                raise DecidedLog("this log's venue decides here; it takes no recorded facts")
            places = Places(self._store, files)
            remaining = iter(facts)
            while chunk := list(islice(remaining, batch)):
                repeated += self._record(chunk, places)
                self._live.snapshot_when_due(FACTS_PER_SNAPSHOT)
        self._live.snapshot_when_due(LONG_FOLD)
        return self._recorded(start, repeated)

    def record_applied(
        self,
        chunks: Iterable[Sequence[Event]],
        venue: Venue,
        batch: int,
        files: Mapping[str, bytes],
    ) -> Recorded:
        """Append events that their maker has enveloped after `venue` and applied to it.

        Each is checked, written and sealed as in `record`; it is folded once, by its maker with the
        one fold that there is, and `venue` is the ledger's from then on. Chunks are never torn, so
        what was written can be continued at a chunk.
        """
        start = self._writer.head
        with (
            self._dropping_what_failed(),
            quiet_collector(),
            self._store.bulk(),
            self._index_at_the_end(),
        ):
            if venue.kind == "decided":
                raise DecidedLog("this log's venue decides here; it takes no recorded facts")
            if venue.head != start:
                raise LogOutOfOrder(f"the log ends at seq {start}, the venue at {venue.head}")
            places = Places(self._store, files)
            rows = self._writer.rows()
            some: list[Event] = []
            for chunk in chunks:
                some += chunk
                if len(some) >= min(batch, _STILL_AT_HAND):
                    self._add_applied(rows, some, venue, places)
                    some = []
                if len(rows) >= batch:
                    self._append_applied(rows, venue, places)
                    rows = self._writer.rows()
                    self._live.snapshot_when_due(FACTS_PER_SNAPSHOT)
            if some:
                self._add_applied(rows, some, venue, places)
            if rows:
                self._append_applied(rows, venue, places)
        self._live.snapshot_when_due(LONG_FOLD)
        return self._recorded(start, 0)

    def _add_applied(
        self, rows: EventRows, events: Sequence[Event], venue: Venue, places: Places
    ) -> None:
        """Check and encode events to which nothing but `venue` has been applied since."""
        last = self._writer.head + len(rows)
        if venue.kind == "decided":
            raise DecidedLog("a recorded fact opens a recorded log, not a decided one")
        if events[0]["seq"] != last + 1 or venue.head != events[-1]["seq"]:
            raise LogOutOfOrder(
                f"the log ends at seq {last}; the events say {events[0]['seq']} to"
                f" {events[-1]['seq']}, their venue {venue.head}"
            )
        places.refuse_changed(events)
        places.note(events)
        rows.add(events, validated(events))

    def _append_applied(self, rows: EventRows, venue: Venue, places: Places) -> None:
        self._append(rows, places)
        self._live.adopt(venue)

    def _append(self, rows: EventRows, places: Places, commands: Sequence[CommandKey] = ()) -> None:
        keys, files = places.taken()
        self._writer.append(Addition(rows, commands, keys, files))

    def append_events(self, events: Iterable[Event], batch: int) -> Recorded:
        """Append the events of another log, which must continue this one."""
        start = self._writer.head
        with (
            self._dropping_what_failed(),
            quiet_collector(),
            self._store.bulk(),
            self._index_at_the_end(),
        ):
            places = Places(self._store, {})
            versions, consumed = self._held()
            order = _Order(start, versions)
            for chunk in whole_chains(events, batch):
                if chunk[0]["cause"] != chunk[0]["seq"]:
                    raise LogOutOfOrder(
                        f"event {chunk[0]['seq']} belongs to the chain of {chunk[0]['cause']};"
                        " chains are appended whole"
                    )
                raws = [order.next(event) for event in chunk]
                places.note(chunk)
                rows = self._writer.rows().add(chunk, raws)
                self._append(rows, places, keys_of_chains(chunk, consumed))
        return self._recorded(start, 0)

    def _record(self, facts: Sequence[Fact], places: Places) -> int:
        venue = self._live.at(self._writer.head)
        fresh = places.fresh(facts, venue)
        rows = self._writer.rows()
        for start in range(0, len(fresh), _STILL_AT_HAND):
            events: list[Event] = []
            raws: list[bytes] = []
            for fact in fresh[start : start + _STILL_AT_HAND]:
                event = enveloped(venue, fact)
                validate_data(event)
                raws.append(encode(event))
                apply(venue, event)
                events.append(event)
            if venue.kind == "decided":
                raise DecidedLog("a recorded fact opens a recorded log, not a decided one")
            places.note(events)
            rows.add(events, raws)
        if rows:
            self._append(rows, places)
        return len(facts) - len(fresh)

    def _held(self) -> tuple[dict[str, int], set[str]]:
        """Versions of all streams, and all consumed idempotency keys."""
        query = (
            select(schema.stream.c.name, func.max(_event.version))
            .join(schema.stream, schema.stream.c.id == _event.stream)
            .group_by(schema.stream.c.name)
        )
        with self._store.read() as connection:
            versions: dict[str, int] = {row[0]: row[1] for row in connection.execute(query)}
            return versions, set(connection.execute(select(schema.idempotency.c.id)).scalars())

    def _recorded(self, start: int, repeated: int) -> Recorded:
        head = self._writer.head
        if head == start:
            return Recorded(None, None, 0, repeated, self._writer.root)
        return Recorded(start + 1, head, head - start, repeated, self._writer.root)

    @contextmanager
    def _dropping_what_failed(self) -> Iterator[None]:
        try:
            yield
        except BaseException:
            self._live.drop()
            self._writer.forget()
            raise

    @contextmanager
    def _index_at_the_end(self) -> Iterator[None]:
        """Into an empty log: without the stream index until the end, however it ends.

        A role that may only write rows keeps the index: it is slower, and all the same.
        """
        with self._store.read() as connection:
            may_drop = self._store.database.may_change_tables(connection)
        if self._writer.head or not may_drop:
            yield
            return
        with self._store.write() as connection:
            schema.event_of_stream.drop(connection, checkfirst=True)
            connection.execute(schema.log.update().values(import_unfinished=1))
        try:
            yield
        finally:
            with self._store.write() as connection:
                finish_import(connection)


def finish_import(connection: Connection) -> None:
    """Build the index that an import into an empty store leaves to its end, if one is missing.

    Every batch of an import is complete and sealed by itself, so an import that died is finished,
    never undone: what was acknowledged stays.
    """
    if schema.is_indexing(connection):
        schema.event_of_stream.create(connection, checkfirst=True)
        connection.execute(schema.log.update().values(import_unfinished=0))


class _Order:
    """Whether events continue a log: next seq, next version, a cause not after the event."""

    def __init__(self, head: int, versions: dict[str, int]) -> None:
        self._head = head
        self._versions = versions

    def next(self, event: Event) -> bytes:
        """The event's bytes; raises `LogOutOfOrder` for one that cannot come next."""
        seq, stream = self._head + 1, event["stream"]
        version = self._versions.get(stream, 0) + 1
        if event["seq"] != seq or event["version"] != version or not 0 < event["cause"] <= seq:
            raise LogOutOfOrder(
                f"seq {seq}, version {version} of {stream} comes next; the event says"
                f" seq {event['seq']}, version {event['version']}, cause {event['cause']}"
            )
        try:
            validate_data(event)
        except UnreadableEventError as fault:
            raise LogOutOfOrder(f"seq {seq}: {fault}") from fault
        self._head, self._versions[stream] = seq, version
        return encode(event)
