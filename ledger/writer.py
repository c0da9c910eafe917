"""How do events get into the log: next seq or nothing, sealed in the same transaction?

One transaction: compare-and-swap on the tree, event rows with their leaves, completed tiles,
idempotency keys, source keys, and a row that says when. A writer that read an older head matches no
row of the tree, writes nothing, and forgets what it knew.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from importlib.metadata import PackageNotFoundError, version
from typing import NamedTuple, Self

from sqlalchemy import Connection, bindparam, select

from domain.canonical import canonical_bytes
from domain.events import Event
from ledger import schema, shapes
from ledger.clock import recording_time
from ledger.errors import StaleHead, StoreUnreadable
from ledger.store import Store, sealed_state
from ledger.tree import Tree, unpacked


class CommandKey(NamedTuple):
    """An idempotency key, the digest of the command that consumed it, and what it caused."""

    id: str
    digest: bytes
    first_seq: int
    last_seq: int


class SourceKey(NamedTuple):
    """A fact's place in a file, and its seq."""

    file: int
    line: int
    part: int
    seq: int


class TransactionRow(NamedTuple):
    """Which events one transaction added, when, and by which program."""

    first_seq: int
    last_seq: int
    recorded_at: int
    software_version: str


EventRow = tuple[int, int, int, str, int, bytes, bytes]
"""seq, number of the stream, version, type, time, bytes, leaf."""


class EventRows:
    """Rows of the next events of a log, which `Writer.rows` begins.

    Many events are added some hundred at a time, while they are still in the processor's cache.
    """

    def __init__(self, known: "_Known") -> None:
        self.known = known
        self.rows: list[EventRow] = []

    def __len__(self) -> int:
        return len(self.rows)

    def add(self, events: Sequence[Event], raws: Sequence[bytes]) -> Self:
        """Events in their order, with the bytes that are kept and hashed."""
        streams = self.known.streams
        self.rows += [
            (
                event["seq"],
                streams[event["stream"]],
                event["version"],
                event["type"],
                event["time"],
                raw,
                sha256(b"\x00" + raw).digest(),
            )
            for event, raw in zip(events, raws, strict=True)
        ]
        return self


@dataclass(frozen=True, slots=True)
class Addition:
    """What one transaction adds: the rows of events, and the keys they consume."""

    events: EventRows
    commands: Sequence[CommandKey] = ()
    sources: Sequence[SourceKey] = ()
    files: Sequence[tuple[int, str, bytes]] = ()
    ends: Sequence[int] = ()
    """Sizes of the log, in ascending order, at which a receipt wants to know the root."""


class _Streams(dict[str, int]):
    """Ids of stream names; an unknown name gets the next one and is remembered as new."""

    def __init__(self, rows: Sequence[tuple[str, int]]) -> None:
        super().__init__(rows)
        self.new: list[tuple[int, str]] = []

    def __missing__(self, name: str) -> int:
        number = self[name] = len(self) + 1
        self.new.append((number, name))
        return number


class _Known:
    """What the single writer knows of the log between two transactions."""

    def __init__(self, connection: Connection, origin: str) -> None:
        size, edge, self.root = sealed_state(connection)
        self.tree = Tree(size, unpacked(edge))
        if len(self.tree.edge) != size.bit_count() or self.tree.root() != self.root:
            # What is sealed from here would follow from nothing that was written.
            raise StoreUnreadable("the tree's edge does not lead to its root")
        names = select(schema.stream.c.name, schema.stream.c.id)
        streams = [(name, number) for name, number in connection.execute(names)]
        self.streams = _Streams(streams)
        latest = connection.execute(
            select(schema.transaction.c.recorded_at, schema.transaction.c.seal)
            .order_by(schema.transaction.c.first_seq.desc())
            .limit(1)
        ).one_or_none()
        self.recorded_at: int
        self.seal: bytes
        self.recorded_at, self.seal = latest or (0, first_seal(origin))
        if not (
            shapes.all_fit(streams, shapes.STREAM)
            and shapes.fits((self.recorded_at, self.seal), shapes.LATEST)
        ):
            raise StoreUnreadable("a row beside the log holds what its columns cannot hold")


class Writer:
    """Appends to one store; the only code that inserts into the log."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._known: _Known | None = None
        tree = schema.tree.c
        self._swap = store.driver_text(
            schema.tree.update()
            .values(
                size=bindparam("next"), edge=bindparam("edge_next"), root=bindparam("root_next")
            )
            .where(tree.size == bindparam("held"), tree.root == bindparam("root_held"))
        )

    @property
    def head(self) -> int:
        """Last seq."""
        return self.head_and_root()[0]

    @property
    def root(self) -> bytes:
        """Root over all events."""
        return self.head_and_root()[1]

    def head_and_root(self) -> tuple[int, bytes]:
        """Last seq and the root there; a reader looks each time, since the log grows meanwhile."""
        if self._store.access == "write":
            known = self._state()
            return known.tree.size, known.root
        with self._store.read() as connection:
            size, _, root = sealed_state(connection)
            return size, root

    def forget(self) -> None:
        """Read the head anew next time: somebody else may have written."""
        self._known = None

    def rows(self) -> EventRows:
        """No rows yet, of events that continue the log as this writer knows it."""
        return EventRows(self._state())

    def append(self, addition: Addition) -> list[bytes]:
        """Write it durably, all or nothing; gives the roots at `ends`, then the root after all.

        The seqs continue the head; a log that has moved on since raises `StaleHead`.
        """
        try:
            with self._store.write() as connection:
                return self.append_in(connection, addition)
        except BaseException:
            self.forget()
            raise

    def append_in(self, connection: Connection, addition: Addition) -> list[bytes]:
        """`append` in the caller's write transaction; when that fails the caller must `forget`."""
        known = self._state()
        rows, size = addition.events.rows, known.tree.size
        if addition.events.known is not known:
            raise StaleHead(f"these rows continue a log that was read before seq {size}")
        leaves = [row[-1] for row in rows]
        grown = known.tree.copy()
        tiles, roots, start = [], [], 0
        for end in addition.ends:
            tiles += grown.extend(leaves[start : end - size])
            roots.append(grown.root())
            start = end - size
        tiles += grown.extend(leaves[start:])
        root = grown.root()
        # The driver's own cursor: SQLAlchemy's work per statement would cost a single commit as
        # much as the disk does.
        cursor = connection.connection.cursor()
        cursor.execute(self._swap, (grown.size, grown.packed(), root, size, known.root))
        if cursor.rowcount != 1:
            raise StaleHead(f"the log has moved on from seq {size}")
        now = recording_time(known.recorded_at)
        transaction = TransactionRow(size + 1, grown.size, now, software_version())
        seal = next_seal(known.seal, transaction, addition.commands)
        for table, added in (
            (schema.stream, known.streams.new),
            (schema.event, rows),
            (schema.tile, tiles),
            (schema.idempotency, addition.commands),
            (schema.source_file, addition.files),
            (schema.source_key, addition.sources),
            (schema.transaction, [(*transaction, seal)]),
        ):
            if added:
                self._store.insert(cursor, table, added)
        known.streams.new = []
        known.tree, known.root, known.recorded_at, known.seal = grown, root, now, seal
        return [*roots, root]

    def _state(self) -> _Known:
        if self._known is None:
            with self._store.read() as connection:
                self._known = _Known(connection, self._store.origin)
        return self._known


def first_seal(origin: str) -> bytes:
    """The seal before the first transaction: it binds the chain to the log's name."""
    return sha256(origin.encode()).digest()


def next_seal(previous: bytes, row: TransactionRow, commands: Sequence[CommandKey]) -> bytes:
    """Seal of a transaction: what stands beside the log cannot be changed row by row unnoticed."""
    keys = [[key.id, key.digest.hex(), key.first_seq, key.last_seq] for key in commands]
    return sha256(previous + canonical_bytes([*row, keys])).digest()


@cache
def software_version() -> str:
    """Version of this program; written beside the log, never into it."""
    try:
        return version("zerosum")
    except PackageNotFoundError:
        return "unknown"
