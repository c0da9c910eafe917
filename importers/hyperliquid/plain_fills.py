"""How is an ordinary fill of an archive read without asking each field by itself?

Nearly all rows have all their fields in their ordinary shape. They are told by a few tests over the
whole row; whatever fails one of them is read field by field in `fill_rows`, which alone decides
what is refused and why. Both give the same row (a property test compares them).
"""

import re
from functools import partial
from operator import itemgetter
from typing import Any, Final

from importers.hyperliquid.fields import LARGEST_WHOLE, LONGEST_TEXT
from importers.hyperliquid.fill_rows import (
    COIN,
    KNOWN_FIELDS,
    Block,
    account_in,
    fill_row,
    is_perpetual,
)
from importers.hyperliquid.rows import MONEY_PLACES, NANOSECONDS, Fill, Place, Refused
from importers.hyperliquid.venue_facts import block_in, is_hash, is_of_other_network

_fields = itemgetter(
    "coin",
    "px",
    "sz",
    "side",
    "time",
    "startPosition",
    "dir",
    "closedPnl",
    "hash",
    "oid",
    "crossed",
    "fee",
    "tid",
    "feeToken",
)
_UNSIGNED: Final = r"(?:0|[1-9][0-9]{0,17})(?:\.[0-9]{1,18})?"
_DECIMALS: Final = re.compile(
    rf"{_UNSIGNED} (?!0(?:\.0*)? ){_UNSIGNED}(?: -?{_UNSIGNED}){{3}}", re.ASCII
)
"""Price, size above zero, start, result and fee."""
_ADDRESS: Final = re.compile(r"0x[0-9a-f]{40}", re.ASCII)
_SIGNS: Final = {"B": 1, "A": -1}
_POWERS: Final = tuple(10 ** (MONEY_PLACES - places) for places in range(MONEY_PLACES + 1))
_KEPT: Final = 1 << 16

_joined = " ".join
"""Takes texts only: a number where a text belongs makes the row no plain one."""

# A named tuple's own constructor costs twice as much.
new_fill = partial(tuple.__new__, Fill)
_place = partial(tuple.__new__, Place)


class PlainFills:
    """Reads the fills of one file's blocks; remembers coins, addresses and the last hash."""

    def __init__(self, file: str) -> None:
        self._file = file
        self._accounts: dict[tuple[str, str], str | None] = {}
        self._hash = ""
        self._decoded: int | None = None

    def rows(self, line: int, events: list[Any], block: Block) -> list[Fill | Refused]:
        """The rows of a block that `strict_json` found plain; raises `ValueError` for others."""
        file = self._file
        milliseconds = block.time // NANOSECONDS
        other = is_of_other_network(block.number, block.time)
        rows: list[Fill | Refused] = []
        for number, (user, raw) in enumerate(events):
            place = _place((file, line, number))
            row = None if other else self._fill(place, user, raw, block, milliseconds)
            if row is None:
                if type(user) is not str or _ADDRESS.fullmatch(user) is None:
                    raise ValueError(user)
                rows.append(fill_row(place, user, raw, block))
            else:
                rows.append(row)
        return rows

    def _fill(
        self, place: Place, user: str, raw: dict[str, Any], block: Block, milliseconds: int
    ) -> Fill | None:
        try:
            (
                coin,
                price,
                size,
                side,
                time,
                start,
                label,
                result,
                hashed,
                order,
                taker,
                fee,
                match,
                token,
            ) = _fields(raw)
            account = self._accounts.get((user, coin)) or self._account(user, coin)
            if (
                account is None
                or token != "USDC"  # noqa: S105
                or _DECIMALS.fullmatch(_joined((price, size, start, result, fee))) is None
                or type(time) is not int
                or time != milliseconds
                or type(label) is not str
                or len(label) > LONGEST_TEXT
                or type(taker) is not bool
                or type(order) is not int
                or not 0 <= order <= LARGEST_WHOLE
                or type(match) is not int
                or not 0 < match <= LARGEST_WHOLE
                or not KNOWN_FIELDS.issuperset(raw)
                or raw.get("liquidation") is not None
            ):
                return None
            sign = _SIGNS[side]
            if hashed != self._hash:
                if not is_hash(hashed):
                    return None
                self._hash, self._decoded = hashed, block_in(hashed)
            if self._decoded is not None and self._decoded != block.number:
                return None
            whole, _, digits = result.partition(".")
            closed_pnl = 0 if result == "0.0" else int(whole + digits) * _POWERS[len(digits)]
            whole, _, digits = fee.partition(".")
            paid = int(whole + digits) * _POWERS[len(digits)]
        except (TypeError, KeyError, IndexError):
            return None
        return new_fill(
            (
                place,
                block.time,
                f"fill|{coin}|{time}|{match}|{user}|{side}",
                account,
                coin,
                sign,
                price,
                size,
                start,
                closed_pnl,
                paid,
                label,
                taker,
                match,
                order,
                hashed,
                block.number,
                None,
                (),
                True,
            )
        )

    def _account(self, user: str, coin: str) -> str | None:
        """The margin unit of an address in lower case and a perpetual coin; None for others."""
        if _ADDRESS.fullmatch(user) is None or not is_perpetual(coin) or not COIN.fullmatch(coin):
            return None
        if len(self._accounts) >= _KEPT:
            self._accounts.clear()
        account = self._accounts[user, coin] = account_in(user, coin)
        return account
