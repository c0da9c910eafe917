"""How do facts come back: in order, as they were written, at any point of the past?

Rows are read in explicit transactions and their leaves recomputed in the same pass, so bytes that
were changed behind the log's back are never taken for a fact.
"""

from collections.abc import Iterable, Iterator, Sequence
from hashlib import sha256
from itertools import count
from typing import Any, Final, NamedTuple

from sqlalchemy import Connection, Select, bindparam, select

from domain.envelope import UnreadableEventError, decode, decode_many
from domain.events import Event
from ledger import schema
from ledger.errors import StoreUnreadable, UnknownSeq
from ledger.store import Store, sealed_state
from ledger.tree import TILE_LEAVES, StoredTree

EVENTS_AT_ONCE: Final = 256
"""Events that are read and folded together: few enough to stay in the processor's cache until they
are folded. A thousand would take half as long again."""
_ROWS_PER_ANSWER: Final = 2_048
"""Rows that a server sends at a time: each answer costs a journey."""
LEAVES_AT_ONCE: Final = 4_096
"""Leaves between two sizes that are read to get from one root to the next; farther, tiles are."""


class Row(NamedTuple):
    """A stored event as its table has it, with the stream's name."""

    seq: int
    stream: str
    version: int
    type: str
    time: int
    raw: bytes
    leaf: bytes


# Several of them may be open in one transaction.
_cursor_numbers = count(1)

_event = schema.event.c
_tile = schema.tile.c
_sealed = select(_event.seq, _event.bytes, _event.leaf).order_by(_event.seq)
_leaves = (
    select(_event.leaf)
    .where(_event.seq.between(bindparam("first"), bindparam("last")))
    .order_by(_event.seq)
)
_rows = (
    select(
        _event.seq,
        schema.stream.c.name,
        _event.version,
        _event.type,
        _event.time,
        _event.bytes,
        _event.leaf,
    )
    # An unknown stream must not hide its events.
    .join(schema.stream, schema.stream.c.id == _event.stream, isouter=True)
    .order_by(_event.seq)
)


class Reader:
    """Reads one store."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._leaves = store.driver_text(_leaves)

    def events(self, first: int, last: int | None, batch: int) -> Iterator[Event]:
        """Events `first` … `last` (the head when None) as of one moment, today's shape."""
        with self._store.read() as connection:
            for events in event_batches(connection, first, last, batch):
                yield from events

    def rows(self, first: int, last: int | None) -> Iterator[Row]:
        """Rows `first` … `last` as of one moment, with the bytes that are hashed."""
        with self._store.read() as connection:
            for chunk in chunks(connection, _between(_rows, first, last), EVENTS_AT_ONCE):
                yield from map(Row._make, chunk)

    def row_at(self, seq: int) -> Row:
        """The row of one event; raises `UnknownSeq` when there is none."""
        with self._store.read() as connection:
            found = connection.execute(_rows.where(_event.seq == seq)).one_or_none()
        if found is None:
            raise UnknownSeq(f"the log has no event {seq}")
        return Row(*found)

    def event_at(self, seq: int) -> Event:
        """One event."""
        row = self.row_at(seq)
        return sealed_events([(row.seq, row.raw, row.leaf)])[0]

    def size(self, connection: Connection) -> int:
        """Number of sealed events as of this connection's moment."""
        return sealed_state(connection).size

    def root_at(self, size: int) -> bytes:
        """Root over the first `size` events, from tiles."""
        with self._store.read() as connection:
            return self._tree(connection, size).root(size)

    def roots_in(self, connection: Connection, sizes: Sequence[int]) -> dict[int, bytes]:
        """Roots over so many events each, ascending: near ones by growing one tree."""
        roots: dict[int, bytes] = {}
        if not sizes:
            return roots
        stored = self._tree(connection, sizes[-1])
        at = 0
        while at < len(sizes):
            # From the last whole tile on: the edge there takes few selects.
            start = sizes[at] - sizes[at] % TILE_LEAVES
            near = at
            while near < len(sizes) and sizes[near] - start <= LEAVES_AT_ONCE:
                near += 1
            tree, leaves = (
                stored.grown_to(start),
                self._leaves_of(connection, start, sizes[near - 1]),
            )
            for size in sizes[at:near]:
                tree.extend(leaves[tree.size - start : size - start])
                roots[size] = tree.root()
            at = near
        return roots

    def _leaves_of(self, connection: Connection, start: int, size: int) -> list[bytes]:
        if size == start:
            return []
        rows = connection.exec_driver_sql(self._leaves, (start + 1, size)).all()
        if len(rows) != size - start:
            raise StoreUnreadable(f"leaves of events {start + 1} to {size} are missing")
        return [leaf for (leaf,) in rows]

    def inclusion_path(self, seq: int, size: int) -> list[bytes]:
        """Siblings that lead from the leaf of `seq` to the root over `size` events."""
        with self._store.read() as connection:
            tree = self._tree(connection, size)
            if not 0 < seq <= size:
                raise UnknownSeq(f"the first {size} events have no event {seq}")
            return tree.inclusion_path(seq - 1, size)

    def consistency_path(self, earlier: int, size: int) -> list[bytes]:
        """Hashes that show the first `earlier` events unchanged among `size`."""
        with self._store.read() as connection:
            tree = self._tree(connection, size)
            if not 0 <= earlier <= size:
                raise UnknownSeq(f"the first {size} events are not as many as {earlier}")
            return tree.consistency_path(earlier, size)

    def _tree(self, connection: Connection, size: int) -> StoredTree:
        held = self.size(connection)
        if not 0 <= size <= held:
            raise UnknownSeq(f"the log has {held} events, not {size}")
        return stored_tree(connection)

    def seq_at_time(self, time: int) -> int:
        """Greatest seq whose event's time is at most `time`; 0 when there is none.

        Times may go back, seqs never do: the state at a time is the state after this event.
        """
        query = select(_event.seq).where(_event.time <= time).order_by(_event.seq.desc()).limit(1)
        with self._store.read() as connection:
            return connection.execute(query).scalar_one_or_none() or 0


def raw_rows() -> Select[Any]:
    """All rows in order, whatever they hold; an event of an unknown stream has no stream name."""
    return _rows


def sealed_batches(
    connection: Connection,
    first: int = 1,
    last: int | None = None,
    batch: int = EVENTS_AT_ONCE,
) -> Iterator[tuple[list[Event], list[bytes]]]:
    """Events in order with their leaves, `batch` at a time; the leaves are recomputed."""
    for chunk in chunks(connection, _between(_sealed, first, last), batch):
        seqs, raws, leaves = map(list, zip(*chunk, strict=True))
        if not set(map(type, raws)) <= {bytes} or (
            [sha256(b"\x00" + raw).digest() for raw in raws] != leaves
        ):
            refuse_unsealed(chunk)
        try:
            events = decode_many(raws)
        except (ValueError, KeyError, TypeError) as fault:
            raise StoreUnreadable(
                f"an event from seq {seqs[0]} to {seqs[-1]} cannot be read: {fault}"
            ) from fault
        if [event["seq"] for event in events] != seqs:
            raise StoreUnreadable(f"events from seq {seqs[0]} on do not stand in their places")
        yield events, leaves


def event_batches(
    connection: Connection,
    first: int = 1,
    last: int | None = None,
    batch: int = EVENTS_AT_ONCE,
) -> Iterator[list[Event]]:
    """Events in order, `batch` at a time, their leaves recomputed."""
    for events, _ in sealed_batches(connection, first, last, batch):
        yield events


def sealed_events(rows: Sequence[tuple[int, bytes, bytes]]) -> list[Event]:
    """The events of single rows (seq, bytes, leaf), strictly read."""
    refuse_unsealed(rows)
    try:
        return [decode(raw) for _, raw, _ in rows]
    except UnreadableEventError as fault:
        raise StoreUnreadable(
            f"an event from seq {rows[0][0]} on cannot be read: {fault}"
        ) from fault


def refuse_unsealed(rows: Iterable[tuple[int, bytes, bytes]]) -> None:
    """Raise for the first row (seq, bytes, leaf) whose leaf is not that of its bytes."""
    for seq, raw, leaf in rows:
        if raw.__class__ is not bytes or sha256(b"\x00" + raw).digest() != leaf:
            raise StoreUnreadable(f"the bytes of event {seq} are not those that were sealed")


def chunks(connection: Connection, query: Select[Any], size: int) -> Iterator[list[Any]]:
    """Plain driver rows of a query, `size` at a time: a million in a second."""
    if connection.dialect.name == "postgresql":
        yield from _server_chunks(connection, query, size)
        return
    result = connection.execute(query)
    try:
        cursor = result.cursor
        while cursor is not None and (chunk := cursor.fetchmany(size)):
            yield list(chunk)
    finally:
        result.close()


def _server_chunks(connection: Connection, query: Select[Any], size: int) -> Iterator[list[Any]]:
    """The same from a cursor that the server keeps, so that rows never pile up in the driver."""
    compiled = query.compile(dialect=connection.dialect)
    values = [compiled.params[name] for name in compiled.positiontup or ()]
    driver: Any = connection.connection
    with driver.cursor(f"zerosum_{next(_cursor_numbers)}") as cursor:
        cursor.execute(str(compiled), values, binary=True)
        while answer := cursor.fetchmany(max(size, _ROWS_PER_ANSWER)):
            for start in range(0, len(answer), size):
                yield answer[start : start + size]


def stored_tree(connection: Connection) -> StoredTree:
    """Leaves and tiles as of this connection's moment."""

    def hashes(level: int, first: int, count: int) -> list[bytes]:
        if level == 0:
            query = select(_event.leaf).where(_event.seq.between(first + 1, first + count))
            found = connection.execute(query.order_by(_event.seq)).scalars().all()
        else:
            query = select(_tile.hash).where(
                _tile.level == level, _tile.n.between(first, first + count - 1)
            )
            found = connection.execute(query.order_by(_tile.n)).scalars().all()
        if len(found) != count:
            raise StoreUnreadable(f"hashes of level {level} from {first} on are missing")
        if not all(hash_.__class__ is bytes for hash_ in found):
            raise StoreUnreadable(f"hashes of level {level} from {first} on are no hashes")
        return list(found)

    return StoredTree(hashes)


def _between(query: Select[Any], first: int, last: int | None) -> Select[Any]:
    found = query.where(_event.seq >= first)
    return found if last is None else found.where(_event.seq <= last)
