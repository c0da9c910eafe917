"""Do rows, leaves, tiles, edge and root agree, and which is the first event that does not?

One pass over the rows in order. Each examination takes some hundred rows at a time: it
compares them as a whole, and looks for the row only when something differs.
"""

from collections.abc import Iterable, Mapping, Sequence
from hashlib import sha256
from typing import Final

from domain.events import Event
from ledger import shapes
from ledger.report import Finding
from ledger.tree import TILE_LEAVES, Tile, Tree, unpacked

RawRow = tuple[int, str | None, int, str, int, bytes, bytes]
"""seq, stream name, version, type, time, bytes, leaf; a missing stream has no name."""

BAD_LEAVES_REMEMBERED: Final = 1_000

HIGHEST_LEVEL: Final = 7
"""A tile above it would be over more leaves than a seq of 64 bits can count."""


class OrderExamination:
    """`log_in_order`: gapless seqs, columns equal to the envelope, versions 1…k, cause ≤ seq."""

    def __init__(self) -> None:
        self.finding = Finding("log_in_order")
        self.rows = 0
        self._next = 1
        self._versions: dict[str, int] = {}

    def sound(self, rows: list[RawRow]) -> list[RawRow]:
        """The rows without those that hold something else than their columns declare."""
        if shapes.all_fit(rows, shapes.EVENT):
            return rows
        for row in rows:
            if not shapes.fits(row, shapes.EVENT):
                self.finding.fail(row[0], f"row {row[0]} holds what its columns cannot hold")
        return [row for row in rows if shapes.fits(row, shapes.EVENT)]

    def rows_seen(self, rows: Sequence[RawRow]) -> None:
        """Are these the next rows?"""
        self.rows += len(rows)
        if rows[0][0] == self._next and rows[-1][0] == self._next + len(rows) - 1:
            # Ascending and distinct by the primary key: both ends fit only when none is missing.
            self._next += len(rows)
            return
        for row in rows:
            seq = row[0]
            if seq < self._next:
                self.finding.fail(seq, f"row {seq} stands before the first event")
                continue
            if seq > self._next:
                self.finding.fail(self._next, f"event {self._next} is missing; {seq} comes next")
            self._next = seq + 1

    def events_seen(self, rows: Sequence[RawRow], events: Sequence[Event | Exception]) -> None:
        """Do columns and envelopes say the same, and does each stream count 1, 2, 3 …?"""
        versions = self._versions
        for row, event in zip(rows, events, strict=True):
            seq, stream, version, kind, time, _, _ = row
            if isinstance(event, Exception):
                if stream is not None:
                    versions[stream] = version
                continue
            name = event["stream"]
            expected = versions.get(name, 0) + 1
            if (
                event["seq"] == seq
                and name == stream
                and event["version"] == version == expected
                and event["type"] == kind
                and event["time"] == time
                and 0 < event["cause"] <= seq
            ):
                versions[name] = expected
                continue
            versions[name] = event["version"]
            self.finding.fail(seq, _difference(row, event, expected))

    def ended(self, size: int) -> None:
        """Are all events there that the tree has sealed?"""
        if self._next <= size:
            self.finding.fail(self._next, f"events {self._next} to {size} are sealed, but missing")


def _difference(row: RawRow, event: Event, expected: int) -> str:
    seq, stream, version, kind, time, *_ = row
    columns = {"seq": seq, "stream": stream, "version": version, "type": kind, "time": time}
    said: Mapping[str, object] = {**event}
    for name, value in columns.items():
        if said[name] != value:
            return f"row {seq} has {name} {value}, its envelope {said[name]}"
    if version != expected:
        return f"event {seq} is version {version} of {stream}; version {expected} comes next"
    return f"event {seq} names cause {event['cause']}, which is no event up to it"


class SealExamination:
    """`leaves` and `tree`: bytes → leaves → tiles → edge → root."""

    def __init__(self, size: int, edge: bytes, root: bytes, tiles: Iterable[Tile]) -> None:
        self.leaves = Finding("leaves")
        self.tree = Finding("tree")
        self.size, self._edge, self._root = size, edge, root
        self._tiles = {(tile.level, tile.n): tile.hash for tile in tiles}
        self._grown = Tree()
        self._bad: list[int] = []
        self._whole = True
        self._beyond = False

    def rows_seen(self, rows: Sequence[RawRow]) -> None:
        """Does each leaf belong to its bytes, and do the leaves complete the stored tiles?"""
        stored = [row[6] for row in rows]
        if [sha256(b"\x00" + row[5]).digest() for row in rows] != stored:
            self._find_leaves(rows)
        last = rows[-1][0]
        if last > self.size:
            self._beyond = True
            self.tree.fail(self.size + 1, f"rows after the sealed size {self.size}")
            rows = [row for row in rows if row[0] <= self.size]
            stored = [row[6] for row in rows]
        if not self._whole or not rows:
            return
        if rows[0][0] != self._grown.size + 1 or last_of(rows) != self._grown.size + len(rows):
            self._whole = False
            seq = next(
                (n for n, row in enumerate(rows, self._grown.size + 1) if row[0] != n),
                self._grown.size + 1,
            )
            self.tree.fail(seq, f"without event {seq} the tree cannot be built")
            return
        for tile in self._grown.extend(stored):
            held = self._tiles.pop((tile.level, tile.n), None)
            if held != tile.hash:
                self._fail_between(*_span(tile.level, tile.n), f"the level-{tile.level} tile")

    def _find_leaves(self, rows: Sequence[RawRow]) -> None:
        for row in rows:
            if sha256(b"\x00" + row[5]).digest() != row[6]:
                self.leaves.fail(row[0], f"the bytes of event {row[0]} are not those of its leaf")
                if len(self._bad) < BAD_LEAVES_REMEMBERED:
                    self._bad.append(row[0])

    def _fail_between(self, first: int, end: int, what: str) -> None:
        """A hash over these events differs: name the smallest place that is known to be wrong."""
        if self.tree.seq is not None and first <= self.tree.seq <= end:
            return
        seq = next((bad for bad in self._bad if first <= bad <= end), first)
        self.tree.fail(seq, f"{what} over events {first} to {end} differs from what is sealed")

    def root_now(self) -> bytes:
        """Root over the leaves so far."""
        return self._grown.root()

    @property
    def grown(self) -> int:
        """How many leaves the tree has so far."""
        return self._grown.size

    def ended(self) -> None:
        """Do edge and root follow from the leaves?"""
        self._refuse_tiles_left()
        if not self._whole or self._beyond:
            return
        if self._grown.size != self.size:
            first = self._grown.size + 1
            self.tree.fail(first, f"the tree has {self.size} leaves, the log {first - 1}")
            return
        self._compare_edges()
        if self._grown.root() != self._root:
            self.tree.fail(
                self.tree.seq or self.size or None,
                f"root {self._root.hex()} is stored, {self._grown.root().hex()} follows",
            )
        self.tree.detail = f"root {self._root.hex()} over {self.size} events"

    def _refuse_tiles_left(self) -> None:
        """A stored tile that no leaves completed; of a place that no tree has, the size decides."""
        if not self._whole:
            return
        for level, n in self._tiles:
            if 1 <= level <= HIGHEST_LEVEL and n >= 0:
                first, end = _span(level, n)
                self.tree.fail(first, f"a level-{level} tile over {first} to {end} is too much")
            else:
                self.tree.fail(self.size + 1, f"no tree has a level-{level} tile {n}")

    def _compare_edges(self) -> None:
        """The first subtree of the edge that differs says where to look."""
        held, first = unpacked(self._edge), 1
        if held == self._grown.edge:
            return
        if self._grown.root() == self._root:
            self.tree.fail(self.size or None, "the stored edge does not lead to the stored root")
            return
        for bit in range(self.size.bit_length() - 1, -1, -1):
            if not self.size >> bit & 1:
                continue
            at = (self.size >> (bit + 1)).bit_count()
            end = first + (1 << bit) - 1
            if at >= len(held) or held[at] != self._grown.edge[at]:
                self._fail_between(first, end, "the edge")
                return
            first = end + 1


def last_of(rows: Sequence[RawRow]) -> int:
    """Seq of the last row."""
    return rows[-1][0]


def _span(level: int, n: int) -> tuple[int, int]:
    """First and last seq under a tile."""
    leaves = TILE_LEAVES**level
    return n * leaves + 1, (n + 1) * leaves
