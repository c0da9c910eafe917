"""In which order do the rows of one file come out, and what is seen at its head?

An archive file is read once, with a bounded look-ahead that puts lines right which stand a little
out of order. A dump that is newest first, or one JSON value, is held as a whole and turned round.
"""

from bisect import insort
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final, NamedTuple

from importers.hyperliquid.pairs import Pair, RowOrPair, count_of
from importers.hyperliquid.reading import LineReader
from importers.hyperliquid.rows import NANOSECONDS, Fill, Mark, Row, Stated, StreamOrder
from importers.hyperliquid.shapes import Shapes
from importers.hyperliquid.source_files import SourceFile

LOOK_AHEAD: Final = 20_000
"""Rows of a file that are held to put its lines into order."""
HEAD: Final = 64
"""Lines at the head of a file that say when it begins, and may hold a meta."""
SPILL: Final = 600_000
"""Milliseconds by which a file may begin before what its head says: hour files overlap."""


class Piece(NamedTuple):
    """Neighbouring rows of one line with one instant and rank; sorted by all but the rows."""

    instant: int
    rank: int
    file: int
    position: int
    rows: list[RowOrPair]


# A named tuple's own constructor costs twice as much.
new_piece = partial(tuple.__new__, Piece)


@dataclass(slots=True)
class Head:
    """What a first look at a file says."""

    file: SourceFile
    number: int
    start: int = 0
    metas: list[dict[str, Any]] = field(default_factory=list)
    is_turned: bool = False


def look_at(file: SourceFile, number: int, account: str | None) -> Head:
    """The head of a file; a file that is one JSON value is read as a whole."""
    shapes = Shapes(file.name, account)
    lines = LineReader(file).raw_lines()
    times: list[int] = []
    for seen, raw in enumerate(lines):
        times += [row.time for row in shapes.rows(raw) if row.time is not None]
        # An instant alone does not say which way the rows run.
        if seen >= HEAD and file.kind != ".json" and times[:1] != times[-1:]:
            break
    is_turned = bool(times) and times[0] > times[-1]
    if is_turned:
        for raw in lines:
            times += [row.time for row in shapes.rows(raw) if row.time is not None]
    start = min(times, default=0) // NANOSECONDS
    if file.kind != ".json" and not is_turned:
        start -= SPILL
    return Head(file, number, start, shapes.metas, is_turned)


class Choices(NamedTuple):
    """How files are read: whose rows a dump has, what comes first, size decimals by coin."""

    account: str | None
    order: StreamOrder
    places: dict[str, int]


class FileRows:
    """Reads the rows of one file once, in the venue's order."""

    def __init__(self, head: Head, choices: Choices) -> None:
        self.head = head
        self.reader = LineReader(head.file)
        self.shapes = Shapes(head.file.name, choices.account, choices.places)
        self._ranks = (0, 1) if choices.order == "misc-first" else (1, 0)

    def pieces(self) -> Iterator[Piece]:
        """All rows. Those without a time go with the row before them."""
        pieces = self._turned() if self.head.is_turned else self._pieces()
        held: deque[Piece] = deque()
        rows = 0
        for piece in pieces:
            if held and piece[:2] < held[-1][:2]:
                insort(held, piece, key=_place)
            else:
                held.append(piece)
            rows += count_of(piece.rows)
            while rows > LOOK_AHEAD and len(held) > 1:
                first = held.popleft()
                rows -= count_of(first.rows)
                yield first
        yield from held

    def _pieces(self) -> Iterator[Piece]:
        number, position, instant = self.head.number, 0, 0
        of_others, of_fills = self._ranks
        for raw in self.reader.raw_lines():
            rows = self.shapes.pairs_and_rows(raw)
            if not rows:
                continue
            if raw.is_unread and _FILLS.issuperset(map(type, rows)):
                instant = rows[0].time // NANOSECONDS  # type: ignore[operator]  # fills have one
                yield new_piece((instant, of_fills, number, position, rows))
                position += len(rows)
                continue
            some: list[RowOrPair] = []
            rank = 0
            for row in rows:
                now = instant if row.time is None else row.time // NANOSECONDS
                kind = type(row)
                its_rank = of_fills if kind in _FILLS else _RANKS.get(kind, of_others)
                if some and (now, its_rank) != (instant, rank):
                    yield Piece(instant, rank, number, position, some)
                    position += len(some)
                    some = []
                instant, rank = now, its_rank
                some.append(row)
            yield Piece(instant, rank, number, position, some)
            position += len(some)

    def _turned(self) -> Iterable[Piece]:
        """The rows of a dump that is newest first, read from its end."""
        rows: list[tuple[int, Row]] = []
        instant = 0
        for raw in self.reader.raw_lines():
            for row in self.shapes.rows(raw):
                instant = instant if row.time is None else row.time // NANOSECONDS
                rows.append((instant, row))
        of_others, of_fills = self._ranks
        pieces = [
            Piece(
                at,
                of_fills if isinstance(row, Fill) else _RANKS.get(type(row), of_others),
                self.head.number,
                -position,
                [row],
            )
            for position, (at, row) in enumerate(rows)
        ]
        return sorted(pieces, key=_place)


_FILLS: Final[frozenset[type]] = frozenset({Fill, Pair})
_RANKS: Final[dict[type, int]] = {Mark: -1, Stated: 2}
"""A mark is in force before everything else of its instant, a state is said after it."""


def _place(piece: Piece) -> tuple[int, int, int]:
    return piece.instant, piece.rank, piece.position
