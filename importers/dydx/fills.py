"""What does a fill of the indexer say, and which fills are refused before anything is booked?

The indexer's answers name no address: a dump belongs to the account that was asked for, a socket
message to the one it was subscribed for. Public trades name no account at all.
"""

from fractions import Fraction
from typing import Any, Final, NamedTuple

from domain.units import Decimal10
from importers.hyperliquid.fields import (
    Raw,
    decimal_of,
    money_of,
    text_of,
    text_or_none,
    utc_of,
    whole_or_none,
)
from importers.hyperliquid.rows import Place, Refused, RowRefused

DELEVERAGED: Final = "DELEVERAGED"
OFFSETTING: Final = "OFFSETTING"
FORCED: Final = frozenset({DELEVERAGED, OFFSETTING})
TYPES: Final = frozenset({*FORCED, "LIMIT", "LIQUIDATED", "LIQUIDATION", "MARKET", "TWAP_SUBORDER"})
"""A liquidated account's own row, its maker's row, and so on; the last fills an order in time."""
_SIDES: Final = {"BUY": 1, "SELL": -1}
_POSITIONS: Final = {"LONG": 1, "SHORT": -1}
_EVENT_DIGITS: Final = 24
_HEIGHT_DIGITS: Final = 8


class Fill(NamedTuple):
    """One side of a match; `account` is None for a public trade.

    `event` is the indexer's id of the event, which orders the rows of a block; `start` is the
    position before, where the row prints it.
    """

    place: Place
    time: int
    height: int | None
    event: str
    key: str
    account: str | None
    market: str
    sign: int
    kind: str
    is_taker: bool | None
    price: Decimal10
    size: Decimal10
    fee: int
    quote: int | None
    start: Fraction | None
    notes: tuple[str, ...]

    @property
    def core(self) -> tuple[object, ...]:
        """What must agree when the same row is delivered twice."""
        return (self.price, self.size, self.sign, self.kind, self.fee)

    @property
    def amount(self) -> Fraction:
        """Price times size, as printed."""
        return self.price.fraction() * self.size.fraction()


def fill_row(place: Place, raw: Raw, account: str | None) -> Fill | Refused:
    """The fill or public trade that an object states, or why it is refused."""
    key = key_of(place, raw, account)
    time = None
    try:
        time = utc_of(raw, "createdAt")
        return _fill(place, raw, account, key, time)
    except RowRefused as fault:
        return Refused(place, time, key, fault.code, fault.detail, "fill", account=account)


def key_of(place: Place, raw: Raw, account: str | None) -> str:
    """What identifies a row: its id; without one, everything it says."""
    kind = "fill" if account is not None else "trade"
    if isinstance(identity := raw.get("id"), str) and identity:
        return f"dydx|{kind}|{identity[:80]}"
    names = ("createdAt", "market", "ticker", "side", "liquidity", "price", "size", "orderId")
    parts = [str(raw.get(name, ""))[:80] for name in names]
    return "|".join(["dydx", kind, account or place.text(), *parts])


def account_of(raw: Raw, owner: str | None) -> str | None:
    """The subaccount: `ADDRESS:number`, or the indexer's own id where that is all there is."""
    address = text_or_none(raw, "address") or owner
    number = whole_or_none(raw, "subaccountNumber")
    if address is not None:
        return f"{address}:{number or 0}"
    return text_or_none(raw, "subaccountId")


def _fill(place: Place, raw: Raw, account: str | None, key: str, time: int) -> Fill:
    market = text_or_none(raw, "market") or text_of(raw, "ticker")
    if (text_or_none(raw, "marketType") or "PERPETUAL") != "PERPETUAL":
        raise RowRefused("out_of_scope", f"{market[:40]} is no perpetual market")
    kind = text_of(raw, "type")
    if kind not in TYPES:
        raise RowRefused("unknown_kind", f"a fill of type {kind[:40]}")
    sign = _SIDES.get(text_of(raw, "side"))
    size, price = decimal_of(raw, "size"), decimal_of(raw, "price")
    # A bankruptcy price may lie below zero: the account that takes over is paid for it.
    if sign is None or size.mantissa <= 0 or (price.mantissa < 0 and kind not in FORCED):
        raise RowRefused("bad_field", f"side {raw['side'][:9]}, size {raw['size']}, {raw['price']}")
    liquidity = text_or_none(raw, "liquidity")
    if liquidity not in (None, "TAKER", "MAKER"):
        raise RowRefused("bad_field", f"liquidity is {liquidity[:20]}")
    height, event, notes = _height_and_event(raw)
    if raw.get("builderFee") not in (None, "0"):
        notes += ("builder_fee_not_booked",)
    return Fill(
        place,
        time,
        height,
        event,
        key,
        account,
        market,
        sign,
        kind,
        None if liquidity is None else liquidity == "TAKER",
        price,
        size,
        money_of(raw, "fee") if raw.get("fee") is not None else 0,
        money_of(raw, "quoteAmount") if raw.get("quoteAmount") is not None else None,
        _start(raw),
        notes,
    )


def _height_and_event(raw: Raw) -> tuple[int | None, str, tuple[str, ...]]:
    """The block, from the row or from the id of its event, and that id."""
    height = _height(raw.get("createdAtHeight"))
    event = text_or_none(raw, "eventId") or text_or_none(raw, "id") or ""
    if len(event) != _EVENT_DIGITS or not _is_hexadecimal(event):
        return height, "", ()
    said = int(event[:_HEIGHT_DIGITS], 16)
    if height is not None and height != said:
        raise RowRefused("hash_mismatch", f"the event is of block {said}, the row of {height}")
    return said, event.lower(), ()


def _height(value: Any) -> int | None:
    """The indexer prints heights as text."""
    if value is None or (type(value) is int and value > 0):
        return value
    if type(value) is str and value.isascii() and value.isdigit() and 0 < len(value) < 20:
        return int(value)
    raise RowRefused("bad_field", f"createdAtHeight is {ascii(value)[:40]}")


def _start(raw: Raw) -> Fraction | None:
    """The signed position before the row, where the indexer prints it."""
    if raw.get("positionSizeBefore") is None:
        return None
    size = decimal_of(raw, "positionSizeBefore").fraction()
    if size < 0:
        return size
    sign = _POSITIONS.get(text_or_none(raw, "positionSideBefore") or "", 0)
    if size and not sign:
        raise RowRefused("bad_field", "positionSideBefore is neither LONG nor SHORT")
    return size * sign


def _is_hexadecimal(text: str) -> bool:
    return set(text.lower()) <= set("0123456789abcdef")
