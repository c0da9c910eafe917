"""Which instants hold nothing but plain rows, and how are these paired all at once?

Nearly all instants of an archive are fills alone, printed two by two. Their rows are looked at
column by column, so each question is asked once for all of them. Any other instant is booked row by
row in `importing`; both give the same facts (a test compares them over whole archives).
"""

from collections.abc import Callable, Sequence
from operator import eq
from typing import cast

from importers.hyperliquid.books import Books
from importers.hyperliquid.ordinary_trades import OrdinaryTrades
from importers.hyperliquid.pairing import Match, Side
from importers.hyperliquid.rows import Fill, Row

Grid = tuple[int, int, int]
_FILLS = {Fill}


class PlainInstants:
    """Books instants of fills whose neighbours are their partners, and which chain as they stand."""

    def __init__(
        self, books: Books, ordinary: OrdinaryTrades, book: Callable[[Match], None]
    ) -> None:
        """`book` takes a match that is not ordinary."""
        self._books = books
        self._ordinary = ordinary
        self._book = book

    def book(self, rows: Sequence[Row]) -> bool:
        """Book an instant if it is such a one; false, with nothing done, if it is not."""
        if len(rows) % 2 or set(map(type, rows)) != _FILLS:
            return False
        columns = tuple(zip(*rows, strict=True))
        keys, accounts, coins, results = columns[2], columns[3], columns[4], columns[9]
        takers, numbers, counts, grids = columns[12], columns[13], columns[19], columns[20]
        matches = {*zip(coins, numbers, strict=True)}
        if (
            None in grids
            or None in numbers
            or None in results
            or not all(counts)
            # Numbers and coins are those of the neighbour, and stand in no other match.
            or numbers[::2] != numbers[1::2]
            or coins[::2] != coins[1::2]
            or 2 * len(matches) != len(rows)
            or any(map(eq, accounts[::2], accounts[1::2]))
            or any(map(eq, takers[::2], takers[1::2]))
            or len(set(keys)) != len(rows)
            or not self._books.scales.are_native(coins)
        ):
            return False
        for (change, _, price), (change_of_partner, _, price_of_partner) in zip(
            grids[::2], grids[1::2], strict=True
        ):
            if change != -change_of_partner or price != price_of_partner:
                return False
        held = [*zip(accounts, coins, strict=True)]
        if len(set(held)) != len(rows) and self._breaks(held, grids):
            return False
        self._book_pairs(cast("Sequence[Fill]", rows), grids)
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
