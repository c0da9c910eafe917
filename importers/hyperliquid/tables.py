"""Which tables (CSV files) are read, and what is a line of each?

A table is known by its header. The list of auto-deleveraging closes is a third party's: it keeps
what the venue printed, without the columns that follow from others.
"""

from collections.abc import Callable
from typing import Final

from importers.hyperliquid.fields import (
    LATEST_MILLISECOND,
    address_of,
    decimal_of,
    money_of,
    text_of,
)
from importers.hyperliquid.fill_rows import account_in, coin_of
from importers.hyperliquid.labels import ADL
from importers.hyperliquid.other_rows import (
    BLOCK_MARK_COLUMNS,
    MARK_COLUMNS,
    block_mark_row,
    mark_row,
    refused_raw,
)
from importers.hyperliquid.reading import Cells
from importers.hyperliquid.rows import (
    FEE_NOT_PRINTED,
    NANOSECONDS,
    Fill,
    Liquidation,
    Place,
    Row,
    RowRefused,
)

CLOSE_COLUMNS: Final = [
    "user",
    "coin",
    "time_ms",
    "px",
    "sz",
    "start_position",
    "closed_pnl",
    "liquidated_user",
]


def close_row(place: Place, cells: Cells) -> Row:
    """The winner's row of an auto-deleveraging close: its side is the one that shrinks it."""
    try:
        return _close(place, cells)
    except RowRefused as fault:
        return refused_raw(place, list(cells), fault, "fill")


def _close(place: Place, cells: Cells) -> Fill:
    if len(cells) != len(CLOSE_COLUMNS):
        raise RowRefused("bad_field", f"{len(cells)} columns, wanted {len(CLOSE_COLUMNS)}")
    raw = dict(zip(CLOSE_COLUMNS, cells, strict=True))
    coin, time = coin_of(raw), _milliseconds(text_of(raw, "time_ms"))
    user, loser = address_of(raw["user"]), address_of(raw["liquidated_user"])
    size, start = decimal_of(raw, "sz"), decimal_of(raw, "start_position")
    price = decimal_of(raw, "px")
    if size.mantissa <= 0 or price.mantissa <= 0 or not start.mantissa:
        raise RowRefused("bad_field", "a close has a price, a size, and something to close")
    # One account can be closed several times in one instant, each time for another loser.
    key = "|".join(["close", coin, raw["time_ms"], user, loser, *cells[3:7]])
    return Fill(
        place,
        time,
        key,
        account_in(user, coin),
        coin,
        -1 if start.mantissa > 0 else 1,
        raw["px"],
        raw["sz"],
        raw["start_position"],
        money_of(raw, "closed_pnl"),
        0,
        ADL,
        True,
        None,
        None,
        "",
        None,
        Liquidation(loser, None, "backstop"),
        (FEE_NOT_PRINTED,),
    )


def _milliseconds(digits: str) -> int:
    if not digits.isascii() or not digits.isdigit() or int(digits) > LATEST_MILLISECOND:
        raise RowRefused("bad_time", f"time_ms is {digits[:20]!r}")
    return int(digits) * NANOSECONDS


TABLES: Final[dict[tuple[str, ...], Callable[[Place, Cells], Row]]] = {
    tuple(MARK_COLUMNS): mark_row,
    tuple(BLOCK_MARK_COLUMNS): block_mark_row,
    tuple(CLOSE_COLUMNS): close_row,
}
"""How a line is read, by the header of its table."""
