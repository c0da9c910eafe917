"""What does a fill say, and which fills are refused before anything is booked?

The same object stands in API dumps (no user, no block), in archive lines (`[user, fill]` inside a
block) and in socket messages. The oldest trades have other names and carry both sides at once.
"""

import re
from fractions import Fraction
from typing import Any, Final, NamedTuple

from importers.hyperliquid.fields import (
    Raw,
    address_of,
    decimal_of,
    decimal_text_of,
    milliseconds_of,
    money_of,
    text_of,
    text_or_none,
    utc_of,
    whole_or_none,
)
from importers.hyperliquid.rows import (
    NANOSECONDS,
    NOTHING,
    Fill,
    Liquidation,
    Place,
    Refused,
    RowRefused,
)
from importers.hyperliquid.venue_facts import block_in, is_hash, is_of_other_network

KNOWN_FIELDS: Final = frozenset(
    {
        "builder",
        "builderFee",
        "cloid",
        "closedPnl",
        "coin",
        "crossed",
        "deployerFee",
        "dir",
        "fee",
        "feeToken",
        "hash",
        "liquidation",
        "oid",
        "px",
        "side",
        "startPosition",
        "sz",
        "tid",
        "time",
        "twapId",
    }
)
COIN = re.compile(r"[A-Za-z0-9_.-]{1,32}(?::[A-Za-z0-9_.-]{1,32})?", re.ASCII)
_SIDES: Final = {"B": 1, "A": -1}


class Block(NamedTuple):
    """The envelope of an archive line; number 0 where a line states its time alone."""

    number: int
    time: int


def account_in(user: str, coin: str) -> str:
    """The margin unit: an account per builder dex, since each has cash of its own."""
    dex, colon, _ = coin.partition(":")
    return f"{user}@{dex}" if colon else user


def is_perpetual(coin: str) -> bool:
    """Spot pairs (`@107`, `PURR/USDC`) and outcome tokens (`#25510`) are not booked here."""
    return not coin.startswith(("@", "#")) and "/" not in coin


def coin_of(raw: Raw) -> str:
    """The coin of a perpetual market; others are out of scope."""
    coin = text_of(raw, "coin")
    if not is_perpetual(coin):
        raise RowRefused("out_of_scope", f"{coin[:40]} is no perpetual market")
    if COIN.fullmatch(coin) is None:
        raise RowRefused("bad_field", f"coin is {coin[:40]!r}")
    return coin


def fill_row(place: Place, user: str, raw: Raw, block: Block | None) -> Fill | Refused:
    """The fill of one account, or why it is refused."""
    time = block.time if block else _time_or_none(raw)
    key = fill_key(user, raw)
    try:
        return _fill(place, user, raw, block, key)
    except RowRefused as fault:
        return Refused(
            place,
            time,
            key,
            fault.code,
            fault.detail,
            "fill",
            amount_in(raw),
            user,
            block.number if block else None,
        )


def fill_key(user: str, raw: Raw) -> str:
    """What identifies a row: coin, time, match, account, side; without a match the row's numbers.

    The time in milliseconds stands for the block: both kinds of source print it.
    """
    parts = [raw.get("coin"), raw.get("time"), raw.get("tid"), user, raw.get("side")]
    if not raw.get("tid"):
        parts += [raw.get(name) for name in ("oid", "hash", "px", "sz", "startPosition")]
    return "fill|" + "|".join("" if part is None else str(part)[:80] for part in parts)


def amount_in(raw: Raw) -> Fraction:
    """Price times size of a refused row, as far as it can be read."""
    try:
        return abs(decimal_of(raw, "px").fraction() * decimal_of(raw, "sz").fraction())
    except RowRefused:
        return NOTHING


def _fill(place: Place, user: str, raw: Raw, block: Block | None, key: str) -> Fill:
    coin = coin_of(raw)
    time = milliseconds_of(raw)
    if block is not None:
        if block.time // NANOSECONDS * NANOSECONDS != time:
            raise RowRefused("bad_time", f"time {raw['time']} is not the block's")
        time = block.time
    notes = [f"extra field {name[:40]}" for name in sorted(raw.keys() - KNOWN_FIELDS)]
    number, note = block_of(text_or_none(raw, "hash"), block, time)
    token = text_or_none(raw, "feeToken")
    if token not in (None, "USDC"):
        raise RowRefused("fee_token", f"the fee is charged in {token}")
    sign = _SIDES.get(text_of(raw, "side"))
    size, price = decimal_of(raw, "sz"), decimal_of(raw, "px")
    if sign is None or size.mantissa <= 0 or price.mantissa < 0:
        raise RowRefused("bad_field", f"side {raw['side'][:9]}, sz {raw['sz']}, px {raw['px']}")
    return Fill(
        place,
        time,
        key,
        account_in(user, coin),
        coin,
        sign,
        raw["px"],
        raw["sz"],
        decimal_text_of(raw, "startPosition"),
        money_of(raw, "closedPnl"),
        money_of(raw, "fee"),
        text_or_none(raw, "dir"),
        _flag_or_none(raw, "crossed"),
        whole_or_none(raw, "tid") or None,
        whole_or_none(raw, "oid"),
        text_or_none(raw, "hash") or "",
        number,
        liquidation_in(raw.get("liquidation")),
        (*notes, *note),
    )


def block_of(
    transaction: str | None, block: Block | None, time: int
) -> tuple[int | None, tuple[str, ...]]:
    """The block of a row, from its envelope or its hash; refused where these disagree."""
    note: tuple[str, ...] = ()
    decoded = None
    if transaction is not None:
        decoded = block_in(transaction)
        if not is_hash(transaction):
            note = ("malformed hash",)
    if decoded is not None and block is not None and block.number not in (0, decoded):
        raise RowRefused(
            "hash_mismatch", f"the hash is of block {decoded}, the line of {block.number}"
        )
    number = (block.number if block is not None else None) or decoded
    if number is not None and is_of_other_network(number, time):
        raise RowRefused(
            "hash_mismatch", f"block {number} cannot be main-net's at this time: a test-net row"
        )
    return number, note


def trade_rows(place: Place, raw: Raw) -> list[Fill | Refused]:
    """The two sides of one of the oldest trades; fee and result are not known there."""
    row = {name: value for name, value in raw.items() if name != "side_info"}
    key = "trade|" + "|".join(str(raw.get(name))[:80] for name in ("coin", "time", "hash", "px"))
    time = None
    try:
        time = utc_of(raw, "time")
        coin = coin_of(row)
        sides = _buyer_and_seller(raw)
        number, note = block_of(text_or_none(row, "hash"), None, time)
        key += "|" + "|".join(str(side.get("oid"))[:80] for side in sides)
        return [
            Fill(
                place,
                time,
                f"{key}|{'BA'[index]}",
                account_in(address_of(side.get("user")), coin),
                coin,
                1 - 2 * index,
                decimal_text_of(row, "px"),
                decimal_text_of(row, "sz"),
                decimal_text_of(side, "start_pos"),
                None,
                0,
                None,
                None,
                None,
                whole_or_none(side, "oid"),
                text_or_none(row, "hash") or "",
                number,
                None,
                (*note, "fee and result unknown"),
                counts=index == 0,
            )
            for index, side in enumerate(sides)
        ]
    except RowRefused as fault:
        return [Refused(place, time, key, fault.code, fault.detail, "trade", amount_in(row))]


def _buyer_and_seller(raw: Raw) -> list[Raw]:
    sides = raw.get("side_info")
    if not isinstance(sides, list) or [isinstance(side, dict) for side in sides] != [True, True]:
        raise RowRefused("bad_field", "side_info is not a buyer and a seller")
    return sides


def liquidation_in(raw: Any) -> Liquidation | None:
    """The liquidation mark of a fill, if it has one."""
    if raw is None:
        return None
    if not isinstance(raw, dict):
        raise RowRefused("bad_field", "liquidation is no object")
    user = raw.get("liquidatedUser")
    return Liquidation(
        None if user is None else address_of(user),
        None if raw.get("markPx") is None else decimal_of(raw, "markPx"),
        text_or_none(raw, "method") or "",
    )


def _flag_or_none(raw: Raw, name: str) -> bool | None:
    value = raw.get(name)
    if value is not None and type(value) is not bool:
        raise RowRefused("bad_field", f"{name} is neither true nor false")
    return value


def _time_or_none(raw: Raw) -> int | None:
    try:
        return milliseconds_of(raw)
    except RowRefused:
        return None
