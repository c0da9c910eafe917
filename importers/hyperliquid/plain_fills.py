"""How is an ordinary line of fills read without asking each field by itself?

Nearly all rows of the archive are printed in one shape. A row that has exactly this shape is JSON,
and each of its fields is what it must be: one pattern says both. Any other row is read field by
field in `shapes` and `fill_rows`, which alone decide what is refused and why. Both give the same
row (a property test compares them).
"""

import re
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Final

from importers.hyperliquid.fields import utc_of
from importers.hyperliquid.fill_rows import Block, account_in, liquidation_in
from importers.hyperliquid.rows import MONEY_PLACES, NANOSECONDS, Fill, Place, Row, RowRefused
from importers.hyperliquid.strict_json import NotJson, parse_json
from importers.hyperliquid.venue_facts import block_in, is_of_other_network

_NUMBER: Final = r"(?:0|[1-9][0-9]{0,17}+)(?:\.[0-9]{1,18}+)?+"
_SHAPE: Final = re.compile(
    r'(0x[0-9a-f]{40})",\{"coin":"([A-Za-z0-9_.-]{1,32}+(?::[A-Za-z0-9_.-]{1,32}+)?+)"'
    rf',"px":"({_NUMBER})","sz":"(?!0(?:\.0*)?")({_NUMBER})","side":"([AB])","time":([0-9]{{13}})'
    rf',"startPosition":"(-?{_NUMBER})","dir":"([ !#-\[\]-~]{{0,200}}+)"'
    rf',"closedPnl":"(-?{_NUMBER})","hash":"(0x[0-9a-fA-F]{{64}})","oid":(0|[1-9][0-9]{{0,17}})'
    rf',"crossed":(true|false),"fee":"(-?{_NUMBER})"'
    r'(,"builderFee":"[0-9.]{1,40}")?,"tid":([1-9][0-9]{0,17})(?:,"cloid":(?:null|"0x[0-9a-f]{32}"))?'
    r'(,"liquidation":\{"liquidatedUser":"0x[0-9a-f]{40}","markPx":"[0-9.]{1,40}"'
    r',"method":"[a-z]{1,20}"\})?,"feeToken":"USDC"'
    r'(?(14)|(?:,"builderFee":"[0-9.]{1,40}")?)(?:,"builder":"[0-9A-Za-z]{0,64}")?'
    r'(?:,"twapId":(?:null|[0-9]{1,18}))?',
    re.ASCII,
)
"""A row between the brackets that all rows of a line share."""
_ENVELOPE: Final = re.compile(
    r'\{(?:"local_time":"[0-9T:.-]{0,40}",)?"block_time":"([0-9-]{10}T[0-9]{2}:[0-9]{2}:)'
    r'([0-5][0-9])\.([0-9]{9})","block_number":([1-9][0-9]{0,17}),"events":\[\["',
    re.ASCII,
)
_END: Final = "}]]}"
_BETWEEN: Final = '}],["'
_SCALES: Final = tuple(
    tuple(10 ** (places - digits) for digits in range(places + 1))
    for places in range(MONEY_PLACES + 1)
)
"""By decimals of the unit, then by digits after the point; too many digits are no entry."""
_MONEY: Final = _SCALES[MONEY_PLACES]
_KEPT: Final = 1 << 16
_SECOND: Final = 1_000_000_000

# A named tuple's own constructor costs twice as much.
new_fill = partial(tuple.__new__, Fill)
new_place = partial(tuple.__new__, Place)

ReadRow = Callable[[Place, Any, Block], Row]
"""How a row is read field by field."""


class PlainFills:
    """Reads lines of fills of one file; remembers accounts, and the match of the row before."""

    def __init__(self, file: str, places: Mapping[str, int], read: ReadRow) -> None:
        """`places` are the size decimals of the coins that were known before the reading."""
        self._file = file
        self._places = places
        self._read = read
        self._accounts: dict[tuple[str, str], tuple[str, int]] = {}
        self._minute: tuple[str, int] = ("", 0)

    def rows(self, line: int, raw: bytes) -> tuple[Block, list[Row]] | None:
        """The block of a line and its rows; None where the line must be doubted as a whole."""
        try:
            text = raw.decode("ascii").rstrip()
        except UnicodeDecodeError:
            return None
        envelope = _ENVELOPE.match(text)
        if envelope is None or not text.endswith(_END):
            return None
        minute, seconds, digits, number = envelope.groups()
        before, start = self._minute
        if minute != before:
            try:
                start = utc_of({"time": f"{minute}00.000000000"}, "time")
            except RowRefused:
                return None
            self._minute = (minute, start)
        block = Block(int(number), start + int(seconds) * _SECOND + int(digits))
        try:
            return block, self._rows(line, text[envelope.end() : -len(_END)], block)
        except NotJson:
            return None

    def _rows(self, line: int, text: str, block: Block) -> list[Row]:
        file, fill, shaped = self._file, self._fill, _SHAPE.fullmatch
        block_number, time = block
        milliseconds = str(time // NANOSECONDS)
        other = is_of_other_network(block_number, time)
        rows: list[Row] = []
        before: tuple[str | None, ...] = ()
        for number, piece in enumerate(text.split(_BETWEEN)):
            place = new_place((file, line, number))
            match = shaped(piece)
            row: Row | None = None
            if match is not None and not other:
                groups = match.groups()
                if groups[5] == milliseconds:
                    row = fill(place, groups, before, rows, block)
                    before = groups
            if row is None:
                before = ()
                row = self._read(place, parse_json(f'["{piece}}}]'), block)
            rows.append(row)
        return rows

    def _fill(
        self,
        place: Place,
        groups: tuple[str | Any, ...],
        before: tuple[str | Any, ...],
        rows: list[Row],
        block: Block,
    ) -> Fill | None:
        (
            user,
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
            _,
            match,
            liquidation,
        ) = groups
        account, places = self._accounts.get((user, coin)) or self._account(user, coin)
        sign = 1 if side == "B" else -1
        try:
            grid = None
            if (
                before
                and match == before[14]
                and before[1:4] == groups[1:4]
                and hashed == before[9]
            ):
                # The other row of the same match: what they have in common is known.
                partner: Any = rows[-1]
                key_start = partner.key[: -len(before[0]) - 2]
                lots, ticks = (0, 0) if partner.grid is None else partner.grid[::2]
                lots = abs(lots)
                match, hashed = partner.match, partner.hash
            else:
                decoded = block_in(hashed)
                if decoded is not None and decoded != block.number:
                    return None
                key_start = f"fill|{coin}|{time}|{match}|"
                match = int(match)
                if places >= 0:
                    whole, _, digits = size.partition(".")
                    digits = "" if digits == "0" else digits
                    lots = int(whole + digits) * _SCALES[places][len(digits)]
                    whole, _, digits = price.partition(".")
                    digits = "" if digits == "0" else digits
                    ticks = int(whole + digits) * _SCALES[MONEY_PLACES - places][len(digits)]
            if places >= 0:
                held = 0
                if start != "0.0":
                    whole, _, digits = start.partition(".")
                    digits = "" if digits == "0" else digits
                    held = int(whole + digits) * _SCALES[places][len(digits)]
                grid = (sign * lots, held, ticks)
            closed_pnl = 0
            if result != "0.0":
                whole, _, digits = result.partition(".")
                closed_pnl = int(whole + digits) * _MONEY[len(digits)]
            whole, _, digits = fee.partition(".")
            paid = int(whole + digits) * _MONEY[len(digits)]
            forced = None
            if liquidation is not None:
                forced = liquidation_in(parse_json(f"{{{liquidation[1:]}}}")["liquidation"])
        except (IndexError, RowRefused):
            return None
        return new_fill(
            (
                place,
                block.time,
                f"{key_start}{user}|{side}",
                account,
                coin,
                sign,
                price,
                size,
                start,
                closed_pnl,
                paid,
                label,
                taker == "true",
                match,
                int(order),
                hashed,
                block.number,
                forced,
                (),
                True,
                grid,
            )
        )

    def _account(self, user: str, coin: str) -> tuple[str, int]:
        """The margin unit of an address and a coin, and the coin's size decimals or -1."""
        if len(self._accounts) >= _KEPT:
            self._accounts.clear()
        found = self._accounts[user, coin] = (account_in(user, coin), self._places.get(coin, -1))
        return found
