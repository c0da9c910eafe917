"""The books: how are commands and facts taken in, and how is every moment of the past read back?

One writer per log. What a `Ledger` object derived is dropped as soon as a write does not come
about, so a phantom never outlives a failed transaction. Reading order: `store`, `writer`,
`reader`, `folding`, `submitting`, `recording`.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Self

from eventsourcing.application import Application
from eventsourcing.persistence import ApplicationRecorder, EventStore, Mapper
from eventsourcing.utils import Environment, EnvType

from domain.adl.row_key import RowKey
from domain.events import Event
from domain.venue import Fact, Venue
from ledger.errors import UnknownSeq
from ledger.folding import LiveVenue, newest_snapshot_seq, venue_at
from ledger.reader import EVENTS_AT_ONCE, Reader, Row
from ledger.recorder import EnvelopeMapper, LogRecorder
from ledger.recording import FactRecorder, Recorded, finish_import
from ledger.store import Access, Store
from ledger.submitting import Command, Receipt, Submitter
from ledger.writer import Writer

COMMANDS_PER_COMMIT = 1_000
FACTS_PER_COMMIT = 10_000


class EventLog(EventStore[str]):
    """The library's event store; called, it reads the whole log in order."""

    def __init__(self, mapper: Mapper[str], recorder: ApplicationRecorder, reader: Reader) -> None:
        super().__init__(mapper, recorder)
        self._reader = reader

    def __call__(
        self, first: int = 1, last: int | None = None, batch: int = EVENTS_AT_ONCE
    ) -> Iterator[Event]:
        """Events `first` … `last` (the head when None) as of one moment."""
        return self._reader.events(first, last, batch)


class Ledger(Application[str]):
    """One log of facts, sealed, and the venue that it adds up to."""

    name = "zerosum"
    log_section_size = 1_000
    events: EventLog

    def __init__(self, store: Store, row_key: RowKey | None = None) -> None:
        self._store = store
        self._writer = Writer(store)
        self._reader = Reader(store)
        self._live = LiveVenue(store)
        self._submitter = Submitter(store, self._reader, self._writer, self._live, row_key)
        self._facts = FactRecorder(store, self._writer, self._live)
        super().__init__()

    @classmethod
    def create(cls, url: str, name: str = "zerosum", *, row_key: RowKey | None = None) -> Self:
        """An empty log under a name that never changes; raises `StoreExists`.

        With a row key, rankings commit to salted rows in every market whose policy is set with it.
        """
        return cls(Store.create(url, name), row_key)

    @classmethod
    def open(cls, url: str, *, readonly: bool = False, row_key: RowKey | None = None) -> Self:
        """The log that is there; an import that died is finished when opened for writing.

        A log that names a row key takes commands only with that key (`RowKeyUnfit`).
        """
        access: Access = "read" if readonly else "write"
        store = Store.open(url, access)
        if access == "write":
            try:
                with store.write() as connection:
                    finish_import(connection)
            except BaseException:
                store.close()
                raise
        return cls(store, row_key)

    @property
    def origin(self) -> str:
        """The log's name."""
        return self._store.origin

    @property
    def store(self) -> Store:
        """The opened store, for what reads its tables directly."""
        return self._store

    @property
    def head(self) -> int:
        """Last seq; 0 in an empty log."""
        return self._writer.head

    @property
    def root(self) -> bytes:
        """Root over all events."""
        return self._writer.root

    @property
    def head_time(self) -> int:
        """Time of the last event; 0 in an empty log."""
        head = self.head
        return self._reader.row_at(head).time if head else 0

    @property
    def venue(self) -> Venue:
        """The venue at the head. It belongs to the ledger: whoever wants to try things forks it."""
        return self._live.at(self.head)

    def submit(self, command: Command) -> Receipt:
        """Decide one command; its receipt is given once what it caused is durable."""
        return self._submitter.submit([command])[0]

    def submit_many(
        self, commands: Iterable[Command], batch: int = COMMANDS_PER_COMMIT
    ) -> Iterator[Receipt]:
        """The same decisions and receipts as one by one, up to `batch` commands per commit."""
        return self._submitter.submit_many(commands, batch)

    def record(
        self,
        facts: Iterable[Fact],
        batch: int = FACTS_PER_COMMIT,
        files: Mapping[str, bytes] | None = None,
    ) -> Recorded:
        """Record what a venue did elsewhere; `files` names the SHA-256 of each source file."""
        return self._facts.record(facts, batch, {} if files is None else files)

    def record_applied(
        self,
        chunks: Iterable[Sequence[Event]],
        venue: Venue,
        batch: int = FACTS_PER_COMMIT,
        files: Mapping[str, bytes] | None = None,
    ) -> Recorded:
        """Record events that were applied to `venue`, the state at the head, as they were made.

        The venue belongs to the ledger afterwards. Chunks are written whole.
        """
        return self._facts.record_applied(chunks, venue, batch, {} if files is None else files)

    def append_events(self, events: Iterable[Event], batch: int = FACTS_PER_COMMIT) -> Recorded:
        """Append the events of another log byte for byte; they must continue this one."""
        return self._facts.append_events(events, batch)

    def rows(self, first: int = 1, last: int | None = None) -> Iterator[Row]:
        """Stored rows with the bytes that are hashed."""
        return self._reader.rows(first, last)

    def event_at(self, seq: int) -> Event:
        """One event; raises `UnknownSeq`."""
        return self._reader.event_at(seq)

    def leaf_at(self, seq: int) -> bytes:
        """Leaf hash of one event; raises `UnknownSeq`."""
        return self._reader.row_at(seq).leaf

    def root_at(self, size: int) -> bytes:
        """Root over the first `size` events; raises `UnknownSeq`."""
        return self._reader.root_at(size)

    def inclusion_path(self, seq: int, size: int) -> list[bytes]:
        """Siblings that lead from the leaf of `seq` to the root over `size` events."""
        return self._reader.inclusion_path(seq, size)

    def consistency_path(self, earlier: int, size: int) -> list[bytes]:
        """Hashes that show the first `earlier` events unchanged among `size`."""
        return self._reader.consistency_path(earlier, size)

    def seq_at_time(self, time: int) -> int:
        """Greatest seq whose event's time is at most `time`; 0 when there is none."""
        return self._reader.seq_at_time(time)

    def venue_at(self, seq: int) -> Venue:
        """The venue after event `seq`, the caller's own; 0 is before the first event."""
        with self._store.read() as connection:
            head = self._reader.size(connection)
            if not 0 <= seq <= head:
                raise UnknownSeq(f"the log has {head} events, not {seq}")
            return venue_at(connection, seq)

    def snapshot(self) -> None:
        """Keep the state at the head, so that later readings start there."""
        self._live.at(self.head)
        self._live.snapshot()

    def has_snapshot(self) -> bool:
        """Whether any state was kept."""
        with self._store.read() as connection:
            return newest_snapshot_seq(connection) > 0

    def close(self) -> None:
        """Give the store back; closing twice is fine."""
        super().close()
        self._store.close()

    def construct_env(self, name: str, env: EnvType | None = None) -> Environment:  # noqa: ARG002
        """Nothing: no variable of the process may change what is stored."""
        return Environment(name, {})

    def construct_mapper(self) -> Mapper[str]:
        """Canonical envelopes."""
        return EnvelopeMapper()

    def construct_recorder(self) -> ApplicationRecorder:
        """Our store."""
        return LogRecorder(self._store, self._writer)

    def construct_event_store(self) -> EventLog:
        """Streams for the library, the whole log for everybody else."""
        return EventLog(self.mapper, self.recorder, self._reader)
