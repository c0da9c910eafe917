"""How does the eventsourcing library see our log?

Its extension point is a recorder and a mapper. Ours keep the library away from the bytes: stored
are canonical envelopes, and the stored name of an event is its `type`, never a module path.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from eventsourcing.persistence import (
    ApplicationRecorder,
    IntegrityError,
    JSONTranscoder,
    Mapper,
    Notification,
    StoredEvent,
    Subscription,
)
from sqlalchemy import select

from domain.envelope import decode, encode, validate_data
from domain.events import Event
from ledger import schema
from ledger.errors import StaleHead, StoreConflict
from ledger.reader import refuse_unsealed
from ledger.store import Store
from ledger.writer import Addition, Writer

_event = schema.event.c


@dataclass(frozen=True, slots=True)
class RecordedEvent:
    """An event of a stream, in the shape in which the library passes events around."""

    envelope: Event

    @property
    def originator_id(self) -> str:
        """The stream."""
        return self.envelope["stream"]

    @property
    def originator_version(self) -> int:
        """Its version inside the stream."""
        return self.envelope["version"]


class EnvelopeMapper(Mapper[str]):
    """Turns envelopes into their canonical bytes and back; no transcoder, cipher or compressor."""

    def __init__(self) -> None:
        super().__init__(transcoder=JSONTranscoder())

    def to_stored_event(self, domain_event: Any) -> StoredEvent:
        """The event's canonical bytes; a fact of the wrong shape is refused here."""
        envelope: Event = domain_event.envelope
        validate_data(envelope)
        return StoredEvent(
            originator_id=envelope["stream"],
            originator_version=envelope["version"],
            topic=envelope["type"],
            state=encode(envelope),
        )

    def to_domain_event(self, stored_event: StoredEvent) -> Any:
        """The event that the bytes state, strictly read."""
        return RecordedEvent(decode(stored_event.state))


class LogRecorder(ApplicationRecorder):
    """The library's view of one store."""

    def __init__(self, store: Store, writer: Writer) -> None:
        self._store = store
        self._writer = writer

    def insert_events(
        self, stored_events: Sequence[StoredEvent], **kwargs: Any
    ) -> Sequence[int] | None:
        """Append; `expected_head` must be the head that the caller's seqs continue."""
        expected: Final = kwargs.get("expected_head")
        events = [decode(stored.state) for stored in stored_events]
        head = self._writer.head
        if expected is not None and expected != head:
            self._writer.forget()
            raise StaleHead(f"the log is at seq {head}, not {expected}")
        if [event["seq"] for event in events] != list(range(head + 1, head + 1 + len(events))):
            self._writer.forget()
            raise StaleHead(f"these events do not continue seq {head}")
        if not events:
            return []
        raws = [stored.state for stored in stored_events]
        try:
            self._writer.append(Addition(self._writer.rows().add(events, raws)))
        except StoreConflict as fault:
            raise IntegrityError(str(fault)) from fault
        return [event["seq"] for event in events]

    def select_events(
        self,
        originator_id: UUID | str,
        *,
        gt: int | None = None,
        lte: int | None = None,
        desc: bool = False,
        limit: int | None = None,
    ) -> Sequence[StoredEvent]:
        """Events of one stream, by version."""
        query = (
            select(_event.version, _event.type, _event.bytes, _event.leaf, _event.seq)
            .join(schema.stream, schema.stream.c.id == _event.stream)
            .where(schema.stream.c.name == str(originator_id))
            .order_by(_event.version.desc() if desc else _event.version)
        )
        if gt is not None:
            query = query.where(_event.version > gt)
        if lte is not None:
            query = query.where(_event.version <= lte)
        if limit is not None:
            query = query.limit(limit)
        with self._store.read() as connection:
            rows = connection.execute(query).all()
        refuse_unsealed((seq, raw, leaf) for *_, raw, leaf, seq in rows)
        return [
            StoredEvent(originator_id=originator_id, originator_version=v, topic=t, state=raw)
            for v, t, raw, *_ in rows
        ]

    def select_notifications(
        self,
        start: int | None,
        limit: int,
        stop: int | None = None,
        topics: Sequence[str] = (),
        *,
        inclusive_of_start: bool = True,
    ) -> Sequence[Notification]:
        """Events of the whole log, by seq."""
        query = (
            select(
                _event.seq,
                schema.stream.c.name,
                _event.version,
                _event.type,
                _event.bytes,
            )
            .join(schema.stream, schema.stream.c.id == _event.stream)
            .order_by(_event.seq)
            .limit(limit)
        )
        if start is not None:
            query = query.where(_event.seq >= start if inclusive_of_start else _event.seq > start)
        if stop is not None:
            query = query.where(_event.seq <= stop)
        if topics:
            query = query.where(_event.type.in_(topics))
        with self._store.read() as connection:
            rows = connection.execute(query).all()
        return [
            Notification(id=seq, originator_id=name, originator_version=v, topic=t, state=raw)
            for seq, name, v, t, raw in rows
        ]

    def max_notification_id(self) -> int | None:
        """Last seq, None in an empty log."""
        return self._writer.head or None

    def subscribe(
        self, gt: int | None = None, topics: Sequence[str] = ()
    ) -> Subscription[ApplicationRecorder]:
        """Readers pull: a lost notice must never park a projection."""
        raise NotImplementedError("read the events after the last seq instead")
