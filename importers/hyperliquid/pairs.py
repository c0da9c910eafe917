"""What do the two rows of a match say together, where one stands beside the other?

Nearly all fills of an archive are printed two by two. What both have in common is then read, held
and handed on once. Whoever must look at each row by itself gets both as they were printed.
"""

from collections.abc import Iterable
from functools import partial
from typing import NamedTuple

from importers.hyperliquid.pairing import Match, Side
from importers.hyperliquid.rows import Fill, Liquidation, Place, Row


class Pair(NamedTuple):
    """Two rows of two accounts, in the same line one after the other, on the grid of their coin.

    `row` is the number of the first one; `start` the position that a row says it met, in lots and
    as printed; `price` in ticks is `ticks`.
    """

    file: str
    line: int
    row: int
    time: int
    coin: str
    match: int
    hash: str
    block: int
    price: str
    size: str
    lots: int
    ticks: int
    is_buyer_first: bool
    is_buyer_taker: bool
    buyer: str
    key_of_buyer: str
    start_of_buyer: int
    printed_start_of_buyer: str
    result_of_buyer: int
    fee_of_buyer: int
    label_of_buyer: str | None
    order_of_buyer: int
    seller: str
    key_of_seller: str
    start_of_seller: int
    printed_start_of_seller: str
    result_of_seller: int
    fee_of_seller: int
    label_of_seller: str | None
    order_of_seller: int
    liquidation_of_buyer: Liquidation | None
    liquidation_of_seller: Liquidation | None

    @property
    def sides(self) -> tuple[Side, Side]:
        """Buyer and seller."""
        number = self.row if self.is_buyer_first else self.row + 1
        other = 2 * self.row + 1 - number
        buyer = Fill(
            Place(self.file, self.line, number),
            self.time,
            self.key_of_buyer,
            self.buyer,
            self.coin,
            1,
            self.price,
            self.size,
            self.printed_start_of_buyer,
            self.result_of_buyer,
            self.fee_of_buyer,
            self.label_of_buyer,
            self.is_buyer_taker,
            self.match,
            self.order_of_buyer,
            self.hash,
            self.block,
            self.liquidation_of_buyer,
            grid=(self.lots, self.start_of_buyer, self.ticks),
        )
        seller = Fill(
            Place(self.file, self.line, other),
            self.time,
            self.key_of_seller,
            self.seller,
            self.coin,
            -1,
            self.price,
            self.size,
            self.printed_start_of_seller,
            self.result_of_seller,
            self.fee_of_seller,
            self.label_of_seller,
            not self.is_buyer_taker,
            self.match,
            self.order_of_seller,
            self.hash,
            self.block,
            self.liquidation_of_seller,
            grid=(-self.lots, self.start_of_seller, self.ticks),
        )
        return (
            Side(buyer, self.lots, self.start_of_buyer, self.ticks),
            Side(seller, -self.lots, self.start_of_seller, self.ticks),
        )

    def as_match(self, place: int) -> Match:
        """The match of the two; `place` orders it among its instant."""
        return Match(place, *self.sides)

    def fills(self) -> tuple[Fill, Fill]:
        """Both rows in their order."""
        buyer, seller = self.sides
        if self.is_buyer_first:
            return buyer.fill, seller.fill
        return seller.fill, buyer.fill


# A named tuple's own constructor costs twice as much.
new_pair = partial(tuple.__new__, Pair)

RowOrPair = Row | Pair


def row_by_row(rows: Iterable[RowOrPair]) -> list[Row]:
    """The same rows, each by itself."""
    found: list[Row] = []
    for row in rows:
        if type(row) is Pair:
            found += row.fills()
        else:
            found.append(row)  # type: ignore[arg-type]  # no pair
    return found


def count_of(rows: Iterable[RowOrPair]) -> int:
    """How many rows these are."""
    types = [*map(type, rows)]
    return len(types) + types.count(Pair)


def pair_of(match: Match) -> Pair | None:
    """The pair that a match is, if it is one: both rows there, side by side, of two accounts."""
    _, buyer, seller = match
    if buyer is None or seller is None:
        return None
    bought, lots, start, price = buyer
    sold = seller.fill
    (file, line, row), (other_file, other_line, other_row) = bought.place, sold.place
    if (
        file != other_file
        or line != other_line
        or abs(row - other_row) != 1
        or bought.account == sold.account
        or bought.closed_pnl is None
        or sold.closed_pnl is None
        or not bought.match
        or not bought.block
        or (bought.match, bought.block, bought.hash) != (sold.match, sold.block, sold.hash)
        or not (bought.counts and sold.counts)
        or bought.notes
        or sold.notes
    ):
        return None
    return Pair(
        file,
        line,
        min(row, other_row),
        bought.time,
        bought.coin,
        bought.match,
        bought.hash,
        bought.block,
        bought.price,
        bought.size,
        lots,
        price,
        row < other_row,
        bool(bought.taker),
        bought.account,
        bought.key,
        start,
        bought.start,
        bought.closed_pnl,
        bought.fee,
        bought.label,
        bought.order or 0,
        sold.account,
        sold.key,
        seller.start,
        sold.start,
        sold.closed_pnl,
        sold.fee,
        sold.label,
        sold.order or 0,
        bought.liquidation,
        sold.liquidation,
    )
