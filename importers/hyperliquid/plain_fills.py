"""How is an ordinary line of fills read without asking each field by itself?

Nearly all rows of the archive are printed in one shape. A row that has exactly this shape is JSON,
and each of its fields is what it must be: one pattern says both. Any other row is read field by
field in `shapes` and `fill_rows`, which alone decide what is refused and why. Both give the same
row (a property test compares them).
"""

import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from importers.hyperliquid.fields import utc_of
from importers.hyperliquid.fill_rows import Block, account_in, liquidation_in
from importers.hyperliquid.pairs import Pair, RowOrPair, new_pair
from importers.hyperliquid.rows import (
    MONEY_PLACES,
    NANOSECONDS,
    Fill,
    Liquidation,
    Place,
    Row,
    RowRefused,
    new_place,
)
from importers.hyperliquid.strict_json import NotJson, parse_json
from importers.hyperliquid.venue_facts import block_carried, is_of_other_network

# No number of this shape is near 10^30: what lies beyond is refused field by field.
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
_SCALES: Final[tuple[tuple[int, ...], ...]] = tuple(
    tuple(10 ** (places - digits) for digits in range(places + 1))
    for places in range(MONEY_PLACES + 1)
)
"""By decimals of the unit, then by digits after the point; too many digits are no entry."""
_MONEY: Final[tuple[int, ...]] = _SCALES[MONEY_PLACES]
_KEPT: Final = 1 << 16
_SECOND: Final = 1_000_000_000

_Groups = tuple[Any, ...]

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

    def rows(self, line: int, raw: bytes) -> tuple[Block, list[RowOrPair]] | None:
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

    def _rows(self, line: int, text: str, block: Block) -> list[RowOrPair]:
        pieces = text.split(_BETWEEN)
        milliseconds = str(block.time // NANOSECONDS)
        # One more: the last row has no partner behind it.
        shaped: list[_Groups | None] = [None] * (len(pieces) + 1)
        if not is_of_other_network(*block):
            for number, match in enumerate(map(_SHAPE.fullmatch, pieces)):
                if match is not None and match[6] == milliseconds:
                    shaped[number] = match.groups()
        rows: list[RowOrPair] = []
        number = 0
        while number < len(pieces):
            row: Row | None = None
            groups, partner = shaped[number], shaped[number + 1]
            if groups is not None and partner is not None:
                pair = self._pair(line, number, groups, partner, block)
                if pair is not None:
                    rows.append(pair)
                    number += 2
                    continue
            place = new_place((self._file, line, number))
            if groups is not None:
                row = self._fill(place, groups, block)
            if row is None:
                row = self._read(place, parse_json(f'["{pieces[number]}}}]'), block)
            rows.append(row)
            number += 1
        return rows

    def _pair(
        self, line: int, number: int, first: _Groups, second: _Groups, block: Block
    ) -> Pair | None:
        """Both rows of a match; None where these are no match, or one of them is not plain."""
        is_buyer_first = first[4] == "B"
        buyer, seller = (first, second) if is_buyer_first else (second, first)
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
        ) = buyer
        (
            other_user,
            other_coin,
            other_price,
            other_size,
            other_side,
            _,
            other_start,
            other_label,
            other_result,
            other_hash,
            other_order,
            other_taker,
            other_fee,
            _,
            other_match,
            other_liquidation,
        ) = seller
        if (
            match != other_match
            or coin != other_coin
            or price != other_price
            or size != other_size
            or side == other_side
            or taker == other_taker
            or hashed != other_hash
            or user == other_user
        ):
            return None
        # The shape of a hash is known.
        decoded = block_carried(hashed)
        if decoded is not None and decoded != block.number:
            return None
        name, places = self._accounts.get((user, coin)) or self._account(user, coin)
        other, _ = self._accounts.get((other_user, coin)) or self._account(other_user, coin)
        if places < 0:
            return None
        key = f"fill|{coin}|{time}|{match}|"
        try:
            lots, ticks = _scaled(size, places), _scaled(price, MONEY_PLACES - places)
            held = 0 if start == "0.0" else _scaled(start, places)
            other_held = 0 if other_start == "0.0" else _scaled(other_start, places)
            gain = 0 if result == "0.0" else _money(result)
            loss = 0 if other_result == "0.0" else _money(other_result)
            paid, other_paid = _money(fee), _money(other_fee)
            forced = None if liquidation is None else _forced(liquidation)
            other_forced = None if other_liquidation is None else _forced(other_liquidation)
        except (IndexError, RowRefused):
            return None
        return new_pair(
            (
                self._file,
                line,
                number,
                block.time,
                coin,
                int(match),
                hashed,
                block.number,
                price,
                size,
                lots,
                ticks,
                is_buyer_first,
                taker == "true",
                name,
                f"{key}{user}|B",
                held,
                start,
                gain,
                paid,
                label,
                int(order),
                other,
                f"{key}{other_user}|A",
                other_held,
                other_start,
                loss,
                other_paid,
                other_label,
                int(other_order),
                forced,
                other_forced,
            )
        )

    def _fill(self, place: Place, groups: _Groups, block: Block) -> Fill | None:
        """A row by itself; None where it is not plain."""
        user, coin, price, size, side, time, start, label, result, hashed, order = groups[:11]
        taker, fee, _, match, liquidation = groups[11:]
        decoded = block_carried(hashed)
        if decoded is not None and decoded != block.number:
            return None
        account, places = self._accounts.get((user, coin)) or self._account(user, coin)
        sign = 1 if side == "B" else -1
        try:
            grid = None
            if places >= 0:
                lots, ticks = _scaled(size, places), _scaled(price, MONEY_PLACES - places)
                grid = (sign * lots, _scaled(start, places), ticks)
            closed_pnl, paid = _money(result), _money(fee)
            forced = None if liquidation is None else _forced(liquidation)
        except (IndexError, RowRefused):
            return None
        return Fill(
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
            taker == "true",
            int(match),
            int(order),
            hashed,
            block.number,
            forced,
            grid=grid,
        )

    def _account(self, user: str, coin: str) -> tuple[str, int]:
        """The margin unit of an address and a coin, and the coin's size decimals or -1."""
        if len(self._accounts) >= _KEPT:
            self._accounts.clear()
        found = self._accounts[user, coin] = (account_in(user, coin), self._places.get(coin, -1))
        return found


def _scaled(text: str, places: int) -> int:
    """A decimal in steps of so many decimals; raises `IndexError` for one between two steps."""
    whole, _, digits = text.partition(".")
    if digits == "0":
        digits = ""
    return int(whole + digits) * _SCALES[places][len(digits)]


def _money(text: str) -> int:
    """An amount in the smallest unit of money; raises `IndexError` for a part of it."""
    whole, _, digits = text.partition(".")
    return int(whole + digits) * _MONEY[len(digits)]


def _forced(text: str) -> Liquidation | None:
    """The liquidation mark as the pattern cuts it out, with the comma before it."""
    return liquidation_in(parse_json(f"{{{text[1:]}}}")["liquidation"])
