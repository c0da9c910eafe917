"""Which instants hold nothing but plain pairs, and are booked as they stand?

Nearly all instants of an archive are fills alone, printed two by two. Any other instant is booked
row by row in `importing`; both give the same facts (a test compares them over whole archives).
"""

from collections.abc import Callable, Sequence
from typing import Final, cast

from importers.hyperliquid.books import Books
from importers.hyperliquid.ordinary_trades import OrdinaryTrades
from importers.hyperliquid.pairing import Match
from importers.hyperliquid.pairs import Pair, RowOrPair

_PAIRS: Final = {Pair}


class PlainInstants:
    """Books instants of fills that stand beside their partners, and chain as they stand."""

    def __init__(
        self, books: Books, ordinary: OrdinaryTrades, book: Callable[[Match], None]
    ) -> None:
        """`book` takes a match that is not ordinary."""
        self._books = books
        self._ordinary = ordinary
        self._book = book

    def book(self, rows: Sequence[RowOrPair]) -> bool:
        """Book an instant if it is such a one; false, with nothing done, if it is not."""
        if set(map(type, rows)) != _PAIRS:
            return False
        pairs = cast("Sequence[Pair]", rows)
        if len(pairs) > 1 and len({(pair.coin, pair.match) for pair in pairs}) != len(pairs):
            return False
        if not self._books.scales.are_native([pair.coin for pair in pairs]):
            return False
        if len(pairs) > 1 and self._breaks(pairs):
            return False
        book, booked = self._ordinary.book, 0
        for place, pair in enumerate(pairs):
            if book(pair):
                booked += 1
            else:
                self._book(pair.as_match(2 * place))
        counts = self._books.report.counts
        counts["rows_put_in_chain_order"] += 0
        counts["pairs"] += booked
        return True

    def _breaks(self, pairs: Sequence[Pair]) -> bool:
        """Whether somebody has two rows in a coin, and one does not begin where the account stood
        in the order of the rows.
        """
        holders = [(pair.buyer, pair.coin) for pair in pairs]
        holders += [(pair.seller, pair.coin) for pair in pairs]
        if len(set(holders)) == len(holders):
            return False
        at: dict[tuple[str, str], int | None] = {}
        for pair in pairs:
            for account, start, change in (
                (pair.buyer, pair.start_of_buyer, pair.lots),
                (pair.seller, pair.start_of_seller, -pair.lots),
            ):
                key = (account, pair.coin)
                before = at[key] if key in at else self._books.held(*key)
                if before is not None and before != start:
                    return True
                at[key] = start + change
        return False
