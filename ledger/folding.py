"""What is the venue's state at a point of the log, found from the nearest snapshot?

A snapshot is a shortcut, never a source: one that is torn, of another shape or larger than a state
can be is passed over for an older one or for the whole fold, and `verify` compares every one of
them with the fold.
"""

import json
import zlib
from hashlib import sha256
from typing import Final

from sqlalchemy import Connection, func, select

from domain.canonical import canonical_bytes
from domain.collector import quiet_collector
from domain.snapshot import state_of, venue_from
from domain.venue import Venue, apply
from ledger import schema
from ledger.errors import StoreUnreadable
from ledger.reader import event_batches
from ledger.store import Store

EVENTS_PER_SNAPSHOT: Final = 50_000
# An import writes a state of the same size in a fraction of the time.
FACTS_PER_SNAPSHOT: Final = 500_000
LONG_FOLD: Final = 10_000

SMALLEST_BOUND: Final = 1 << 20
BOUND_PER_EVENT: Final = 4_096
LARGEST_BOUND: Final = 1 << 30
"""How large a written state may be: a mebibyte and 4 KiB for each event, at most a gibibyte.

A million accounts with wallet addresses and positions in three markets take half of that. A forged
snapshot of some kilobytes could otherwise unpack to more than the machine has.
"""

_snapshot = schema.snapshot.c


def venue_at(connection: Connection, seq: int) -> Venue:
    """The venue after event `seq`, from the nearest sound snapshot and the events after it."""
    venue = nearest_snapshot(connection, seq)
    if venue is None:
        venue = Venue()
    fold_until(connection, venue, seq)
    return venue


def fold_until(connection: Connection, venue: Venue, seq: int) -> None:
    """Fold the stored events after the venue's head up to `seq` into it."""
    with quiet_collector(seq - venue.head):
        for events in event_batches(connection, venue.head + 1, seq):
            if events[0]["seq"] != venue.head + 1 or len(events) != events[-1]["seq"] - venue.head:
                raise StoreUnreadable(f"events after seq {venue.head} are missing")
            for event in events:
                apply(venue, event)
    if venue.head != seq:
        raise StoreUnreadable(f"the log ends at seq {venue.head}, before {seq}")


def nearest_snapshot(connection: Connection, seq: int) -> Venue | None:
    """The venue of the newest sound snapshot at or before `seq`."""
    seqs = select(_snapshot.seq).where(_snapshot.seq <= seq).order_by(_snapshot.seq.desc())
    for held in connection.execute(seqs).scalars().all():
        written = written_state(connection, held)
        venue = None if written is None else _venue_of(written)
        if venue is not None and venue.head == held:
            return venue
    return None


_MISSHAPEN: Final = (
    LookupError,
    TypeError,
    ValueError,
    ArithmeticError,
    AttributeError,
    RecursionError,
)
"""What reading a state raises that no venue wrote."""


def _venue_of(written: bytes) -> Venue | None:
    try:
        return venue_from(json.loads(written))
    except _MISSHAPEN:
        return None


def written_state(connection: Connection, seq: int) -> bytes | None:
    """The written state of the snapshot at `seq`; None when it is torn or larger than it can be."""
    bound = state_bound(seq)
    query = select(_snapshot.digest, _snapshot.state).where(
        _snapshot.seq == seq,
        # Compressed it is smaller, or larger by next to nothing.
        func.length(_snapshot.state) <= bound,
    )
    row = connection.execute(query).one_or_none()
    if row is None:
        return None
    digest, packed = row
    unpacking = zlib.decompressobj()
    try:
        written = unpacking.decompress(packed, bound)
    except (zlib.error, TypeError):
        return None
    is_whole = unpacking.eof and not unpacking.unused_data
    return written if is_whole and sha256(written).digest() == digest else None


def state_bound(seq: int) -> int:
    """Bytes that a written state after event `seq` may have; a larger one is passed over."""
    return min(SMALLEST_BOUND + BOUND_PER_EVENT * seq, LARGEST_BOUND)


def newest_snapshot_seq(connection: Connection) -> int:
    """Seq of the newest snapshot, sound or not; 0 when there is none."""
    query = select(_snapshot.seq).order_by(_snapshot.seq.desc()).limit(1)
    return connection.execute(query).scalar_one_or_none() or 0


def write_snapshot(store: Store, venue: Venue) -> None:
    """Keep the venue's state; one that is there already stays, one beyond the bound is not kept."""
    query = select(_snapshot.seq).where(_snapshot.seq == venue.head)
    with store.read() as connection:
        if connection.execute(query).one_or_none() is not None:
            return
    # The same bytes that `state_digest` hashes.
    written = canonical_bytes(state_of(venue))
    if len(written) > state_bound(venue.head):
        return
    row = {
        "seq": venue.head,
        "digest": sha256(written).digest(),
        "state": zlib.compress(written, 1),
    }
    with store.write() as connection:
        connection.execute(schema.snapshot.insert().values(row))


class LiveVenue:
    """The venue at the head, kept between commands; dropped whenever a write did not come about."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._venue: Venue | None = None
        self._snapshot_seq: int | None = None

    def at(self, head: int) -> Venue:
        """The live venue, brought up to `head`."""
        venue = self._venue
        if venue is not None and venue.head == head:
            return venue
        self._venue = None
        with self._store.read() as connection:
            if venue is None or venue.head > head:
                venue = venue_at(connection, head)
            else:
                fold_until(connection, venue, head)
        self._venue = venue
        return venue

    def adopt(self, venue: Venue) -> None:
        """Take over a venue to which everything up to the head was applied elsewhere."""
        self._venue = venue

    def drop(self) -> None:
        """Forget it: what was derived may not be what is written."""
        self._venue = None

    def snapshot(self) -> None:
        """Keep the live venue's state, if there is one."""
        if self._venue is not None and self._venue.head:
            write_snapshot(self._store, self._venue)
            self._snapshot_seq = self._venue.head

    def snapshot_when_due(self, events: int = EVENTS_PER_SNAPSHOT) -> None:
        """Keep the state when at least `events` were folded since the newest snapshot."""
        if self._venue is None:
            return
        if self._snapshot_seq is None:
            with self._store.read() as connection:
                self._snapshot_seq = newest_snapshot_seq(connection)
        if self._venue.head - self._snapshot_seq >= events:
            self.snapshot()
