"""What does a snapshot or an account state say that an account has?

Third-party snapshots print JSON floats: each is read as the exact decimal of its text, and is
quantised where it is booked. Their instant stands in the name of the file
(`…_<block>_<milliseconds>.json`) or in `snapshot_id`; without one a row is refused.
"""

import re
from collections.abc import Iterator
from fractions import Fraction
from typing import Any, Final, NamedTuple

from domain.units import LARGEST_DECIMAL
from importers.hyperliquid.fields import (
    LATEST_MILLISECOND,
    Raw,
    address_of,
    decimal_of,
    milliseconds_of,
    text_of,
)
from importers.hyperliquid.fill_rows import account_in, coin_of
from importers.hyperliquid.other_rows import refused_raw
from importers.hyperliquid.rows import (
    NANOSECONDS,
    Held,
    Place,
    Row,
    RowRefused,
    Stated,
)
from importers.hyperliquid.strict_json import Inexact

EXCHANGE: Final = "hyperliquid:"
_INSTANT = re.compile(r"_([0-9]{1,18})_([0-9]{13})\.json", re.ASCII)
_SNAPSHOT = re.compile(r"[a-z]+_([0-9]{13})", re.ASCII)
_NUMBER = re.compile(r"-?[0-9]{1,30}(?:\.[0-9]{1,40})?(?:[eE][-+]?[0-9]{1,2})?", re.ASCII)
SIGNIFICAND: Final = 52


class SnapshotInstant(NamedTuple):
    """After the last event of this block; the block is None where only the time is known."""

    time: int
    block: int | None


def instant_in(file: str) -> SnapshotInstant | None:
    """The instant that the name of a snapshot file states."""
    found = _INSTANT.search(file)
    if found is None:
        return None
    return SnapshotInstant(int(found[2]) * NANOSECONDS, int(found[1]))


def is_account_value(value: Raw) -> bool:
    """Whether an object is a row of a snapshot's account values."""
    return {"user", "account_value", "total_long_notional"} <= value.keys()


def is_market_of_positions(value: Raw) -> bool:
    """Whether an object is a market of a snapshot's positions."""
    return {"market_name", "positions"} <= value.keys()


def is_account_state(value: Raw) -> bool:
    """Whether an object is the venue's answer about one account."""
    return "assetPositions" in value and bool(
        {"marginSummary", "crossMarginSummary"} & value.keys()
    )


def value_row(place: Place, raw: Raw) -> Row:
    """An account's value at the snapshot's instant."""
    try:
        at = _instant(place, None)
        user = address_of(raw["user"])
        key = f"state|value|{user}|{at.time // NANOSECONDS}"
        value = _number(raw, "account_value")
        return Stated(
            place, at.time, key, user, "snapshot account value", (), value, block=at.block
        )
    except RowRefused as fault:
        return refused_raw(place, raw, fault, "snapshot account value")


def position_rows(place: Place, raw: Raw) -> Iterator[Row]:
    """The positions of one market at the snapshot's instant."""
    try:
        at = _instant(place, raw.get("snapshot_id"))
        coin = coin_of({"coin": text_of(raw, "market_name").removeprefix(EXCHANGE)})
        positions = _list_of(raw, "positions")
    except RowRefused as fault:
        yield refused_raw(place, raw, fault, "snapshot position")
        return
    for number, entry in enumerate(positions):
        here = place._replace(row=number)
        try:
            yield _position(here, at, coin, entry)
        except RowRefused as fault:
            yield refused_raw(here, entry, fault, "snapshot position")


def state_row(place: Place, user: str, raw: Raw) -> Row:
    """The venue's answer about one account: exact decimals, and the account's own time."""
    try:
        time = milliseconds_of(raw)
        summary = raw.get("marginSummary") or raw["crossMarginSummary"]
        if not isinstance(summary, dict):
            summary = {}
        held = tuple(_held(entry) for entry in _list_of(raw, "assetPositions"))
        account = account_in(user, held[0].coin) if held else user
        key = f"state|answer|{account}|{time // NANOSECONDS}"
        value = decimal_of(summary, "accountValue").fraction()
        total = decimal_of(summary, "totalNtlPos").fraction()
        is_whole = total == sum(abs(one.notional) for one in held)
        kind = "account state" if is_whole else "account state without its positions"
        return Stated(place, time, key, account, kind, held, value, answer=raw)
    except RowRefused as fault:
        return refused_raw(place, raw, fault, "account state")


def _list_of(raw: Raw, name: str) -> list[Any]:
    value = raw.get(name)
    if not isinstance(value, list):
        raise RowRefused("bad_field", f"{name} is no list")
    return value


def _held(entry: Any) -> Held:
    position = entry.get("position") if isinstance(entry, dict) else None
    if not isinstance(position, dict):
        raise RowRefused("bad_field", "an entry of assetPositions has no position")
    size = decimal_of(position, "szi").fraction()
    notional = decimal_of(position, "positionValue").fraction()
    return Held(coin_of(position), size, notional if size > 0 else -notional)


def _position(place: Place, at: SnapshotInstant, coin: str, raw: Any) -> Row:
    if not isinstance(raw, dict):
        raise RowRefused("bad_field", "a position is no object")
    user = address_of(raw.get("user"))
    size, notional = _number(raw, "size"), _number(raw, "notional_size")
    if not size or notional <= 0:
        raise RowRefused("bad_field", "a position has a size and a notional")
    key = f"state|position|{coin}|{user}|{at.time // NANOSECONDS}"
    held = Held(coin, size, notional if size > 0 else -notional)
    account = account_in(user, coin)
    return Stated(place, at.time, key, account, "snapshot position", (held,), None, block=at.block)


def _instant(place: Place, name: Any) -> SnapshotInstant:
    """The instant of a file and of a snapshot id, which must be the same."""
    stated = instant_in(place.file)
    found = _SNAPSHOT.fullmatch(name) if type(name) is str else None
    time = None if found is None else int(found[1])
    if time is not None and time > LATEST_MILLISECOND:
        raise RowRefused("bad_time", f"snapshot_id is {str(name)[:40]!r}")
    if stated is None and time is None:
        raise RowRefused("bad_time", "neither the file's name nor a snapshot_id says when this was")
    if stated is None:
        return SnapshotInstant((time or 0) * NANOSECONDS, None)
    if time is not None and stated.time != time * NANOSECONDS:
        raise RowRefused("bad_time", f"snapshot_id {name} is not the instant of the file's name")
    return stated


def _number(raw: Raw, name: str) -> Fraction:
    """The exact decimal of a JSON number or text, floats by their digits; at most 10^30 in size."""
    value = raw.get(name)
    if isinstance(value, (Inexact, str)):
        number = Fraction(value) if _NUMBER.fullmatch(value) is not None else None
    else:
        number = Fraction(value) if type(value) is int else None
    if number is None:
        raise RowRefused("bad_field", f"{name} is {ascii(value)[:60]}, wanted a number")
    if abs(number) > LARGEST_DECIMAL:
        raise RowRefused("bad_field", f"{name} is beyond 10^30")
    return number


def float_quantum(value: Fraction, unit: Fraction) -> Fraction:
    """How far apart the floats at this size are, at least one unit: what the print can resolve."""
    if not value:
        return unit
    size = abs(value)
    exponent = size.numerator.bit_length() - size.denominator.bit_length()
    step = Fraction(2) ** (exponent - SIGNIFICAND)
    return max(unit, step)
