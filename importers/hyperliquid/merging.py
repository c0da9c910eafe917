"""How do many files become one stream of instants, in the venue's order and in bounded memory?

Files are opened when their turn comes and closed when they end. The next piece is always that with
the smallest (instant, rank, file, position); all rows of one instant are given out together, so
that a block that is split over lines or spilt over files is whole again.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from heapq import heappop, heappush, heapreplace
from typing import NamedTuple

from importers.hyperliquid.file_rows import LOOK_AHEAD, Choices, FileRows, Head, Piece
from importers.hyperliquid.pairs import RowOrPair, row_by_row
from importers.hyperliquid.report import ImportReport
from importers.hyperliquid.rows import Place
from importers.hyperliquid.unpacking import digest_of

TOO_LATE = f"the line comes more than {LOOK_AHEAD} rows after later ones"


class Instant(NamedTuple):
    """All rows of one millisecond, and how many of them, at the end, came too late for theirs."""

    time: int
    rows: list[RowOrPair]
    late: int = 0


class FileTally(NamedTuple):
    """What was counted in a file when it ended."""

    name: str
    lines: int
    blocks: int
    events: int
    is_derived: bool
    metas: int


@dataclass(slots=True)
class Reached:
    """How far the reading is. Digests of files are there before their first row is."""

    done: int = 0
    digests: dict[str, bytes] = field(default_factory=dict)
    ended: list[FileTally] = field(default_factory=list)

    def tell(self, report: ImportReport) -> None:
        """Put what was counted in the files into the report."""
        for tally in self.ended:
            report.files[tally.name].lines = tally.lines
            report.blocks += tally.blocks
            report.block_events += tally.events
            if tally.is_derived:
                report.derived_accounts.add(tally.name)
            if tally.metas:
                report.find("meta_after_rows", Place(tally.name, 1, 0))


class Merge:
    """One reading of all files."""

    def __init__(self, heads: Sequence[Head], choices: Choices, reached: Reached) -> None:
        self._waiting = sorted(heads, key=lambda head: (head.start, head.number), reverse=True)
        self._choices = choices
        self._open: dict[int, FileRows] = {}
        self._behind = 0
        self.reached = reached

    def instants(self) -> Iterator[Instant]:
        """The rows of all files, instant by instant."""
        time: int | None = None
        rows: list[RowOrPair] = []
        late = 0
        for piece in self._pieces():
            if time is not None and piece.instant > time:
                self._note_done()
                yield Instant(time, rows, late)
                time, rows, late = piece.instant, list(piece.rows), 0
            elif time is None or piece.instant == time:
                time = piece.instant
                # What is not late stands before what is.
                rows[len(rows) - late : len(rows) - late] = piece.rows
            else:
                singles = row_by_row(piece.rows)
                rows += singles
                late += len(singles)
        self._note_done()
        if time is not None:
            yield Instant(time, rows, late)

    def _note_done(self) -> None:
        done = self._behind
        for rows in self._open.values():
            done += rows.reader.done
        self.reached.done = done

    def _pieces(self) -> Iterator[Piece]:
        heap: list[tuple[Piece, Iterator[Piece]]] = []
        waiting = self._waiting
        while heap or waiting:
            while waiting and (not heap or waiting[-1].start <= heap[0][0].instant):
                rows = self._opened(waiting.pop())
                pieces = rows.pieces()
                self._push(heap, rows.head.number, pieces)
            if not heap:
                continue
            piece, pieces = heap[0]
            yield piece
            following = next(pieces, None)
            if following is None:
                heappop(heap)
                self._closed(piece.file)
            else:
                heapreplace(heap, (following, pieces))

    def _push(
        self, heap: list[tuple[Piece, Iterator[Piece]]], number: int, pieces: Iterator[Piece]
    ) -> None:
        first = next(pieces, None)
        if first is None:
            self._closed(number)
        else:
            heappush(heap, (first, pieces))

    def _opened(self, head: Head) -> FileRows:
        self.reached.digests[head.file.name] = digest_of(head.file.parts)
        rows = FileRows(head, self._choices)
        self._open[head.number] = rows
        return rows

    def _closed(self, number: int) -> None:
        rows = self._open.pop(number)
        shapes = rows.shapes
        self._behind += rows.head.file.size
        self.reached.ended.append(
            FileTally(
                rows.head.file.name,
                rows.reader.lines,
                shapes.blocks,
                shapes.events,
                shapes.derived,
                len(shapes.metas) - len(rows.head.metas),
            )
        )
