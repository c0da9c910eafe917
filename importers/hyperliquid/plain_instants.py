"""Which instants hold nothing but plain rows, and how are these paired all at once?

Nearly all instants of an archive are fills alone, printed two by two. Their rows are looked at
column by column, so each question is asked once for all of them. Any other instant is booked row by
row in `importing`; both give the same facts (a test compares them over whole archives).
"""

from collections.abc import Callable, Sequence
from operator import attrgetter
from typing import Final, cast

from importers.hyperliquid.books import Books
from importers.hyperliquid.ordinary_trades import OrdinaryTrades
from importers.hyperliquid.pairing import Match, Side, are_paired
from importers.hyperliquid.rows import Fill, Row

Grid = tuple[int, int, int]
_GRID: Final = attrgetter("grid")
_HOLDER: Final = attrgetter("account", "coin")


class PlainInstants:
    """Books instants of fills that stand beside their partners, and chain as they stand."""

    def __init__(
        self, books: Books, ordinary: OrdinaryTrades, book: Callable[[Match], None]
    ) -> None:
        """`book` takes a match that is not ordinary."""
        self._books = books
        self._ordinary = ordinary
        self._book = book

    def book(self, rows: Sequence[Row], *, is_paired: bool = False) -> bool:
        """Book an instant if it is such a one; false, with nothing done, if it is not.

        `is_paired` where `are_paired` is known to hold.
        """
        if not is_paired and not are_paired(rows):
            return False
        fills = cast("Sequence[Fill]", rows)
        grids = cast("list[Grid]", [*map(_GRID, fills)])
        held = cast("list[tuple[str, str]]", [*map(_HOLDER, fills)])
        if not self._books.scales.are_native([coin for _, coin in held]):
            return False
        if len(set(held)) != len(held) and self._breaks(held, grids):
            return False
        self._book_pairs(fills, grids)
        return True

    def _breaks(self, held: Sequence[tuple[str, str]], grids: Sequence[Grid]) -> bool:
        """Whether a row does not begin where its account stood, in the order of the rows."""
        at: dict[tuple[str, str], int | None] = {}
        for key, (change, start, _) in zip(held, grids, strict=True):
            before = at[key] if key in at else self._books.held(*key)
            if before is not None and before != start:
                return True
            at[key] = start + change
        return False

    def _book_pairs(self, rows: Sequence[Fill], grids: Sequence[Grid]) -> None:
        book, pairs = self._ordinary.book, 0
        for place in range(0, len(rows), 2):
            fill, partner = rows[place], rows[place + 1]
            grid, other = grids[place], grids[place + 1]
            if grid[0] < 0:
                fill, partner, grid, other = partner, fill, other, grid
            change, start, price = grid
            if book(fill, partner, change, start, other[1], price):
                pairs += 1
            else:
                self._book(Match(place, Side(fill, *grid), Side(partner, *other)))
        counts = self._books.report.counts
        counts["rows_put_in_chain_order"] += 0
        counts["pairs"] += pairs
