"""How is one field of a raw row read, and with which reason is it refused?"""

from typing import Any, Final

from domain.instants import parse_instant
from domain.rounding import half_even
from domain.units import LARGEST_DECIMAL, Decimal10, parse_decimal
from importers.hyperliquid.rows import MONEY_PLACES, NANOSECONDS, RowRefused

LATEST_MILLISECOND: Final = 9_000_000_000_000
LONGEST_DECIMAL: Final = 40
LONGEST_TEXT: Final = 200
LARGEST_WHOLE: Final = 2**63 - 1
ADDRESS_LENGTH: Final = 42
_HEX: Final = frozenset("0123456789abcdef")

Raw = dict[str, Any]


def text_of(raw: Raw, name: str) -> str:
    """A text that is there."""
    value = raw.get(name)
    if type(value) is not str:
        raise RowRefused("bad_field", _found(name, value, "a text"))
    if len(value) > LONGEST_TEXT:
        raise RowRefused("bad_field", f"{name} has {len(value)} characters")
    return value


def decimal_of(raw: Raw, name: str) -> Decimal10:
    """An exact decimal of at most 10^30 in size, written as a text."""
    value = raw.get(name)
    number = None
    if type(value) is str and len(value) <= LONGEST_DECIMAL:
        number = parse_decimal(value)
    if number is None:
        raise RowRefused("bad_field", _found(name, value, "a decimal as text"))
    if abs(number.mantissa) > LARGEST_DECIMAL * 10**number.places:
        raise RowRefused("bad_field", f"{name} {value} is beyond 10^30")
    return number


def decimal_text_of(raw: Raw, name: str) -> str:
    """An exact decimal as it is written."""
    decimal_of(raw, name)
    text: str = raw[name]
    return text


def money_of(raw: Raw, name: str) -> int:
    """Whole quote units; finer money has no place in the books."""
    number = decimal_of(raw, name)
    if number.places > MONEY_PLACES:
        raise RowRefused("bad_scale", f"{name} {raw[name]} is finer than 0.000001")
    return in_units(number, MONEY_PLACES)


def quantised_money_of(raw: Raw, name: str) -> tuple[int, bool]:
    """Whole quote units, half to even, and whether something was rounded off.

    Only ledger updates are read like this: the venue prints their amounts with float noise.
    """
    number = decimal_of(raw, name)
    if number.places <= MONEY_PLACES:
        return in_units(number, MONEY_PLACES), False
    return half_even(number.mantissa, 10 ** (number.places - MONEY_PLACES)), True


def in_units(number: Decimal10, places: int) -> int:
    """The decimal in units of `10^-places`, which must be fine enough."""
    scaled: int = number.mantissa * 10 ** (places - number.places)
    return scaled


def milliseconds_of(raw: Raw) -> int:
    """Nanoseconds of a `time` in whole milliseconds."""
    value = raw.get("time")
    if type(value) is not int or not 0 <= value <= LATEST_MILLISECOND:
        raise RowRefused("bad_time", _found("time", value, "whole milliseconds"))
    return value * NANOSECONDS


def utc_of(raw: Raw, name: str) -> int:
    """Nanoseconds of a text that the venue writes without a zone and means as UTC."""
    value = raw.get(name)
    time = parse_instant(value, zone="Z") if type(value) is str else None
    if time is None:
        raise RowRefused("bad_time", _found(name, value, "an instant"))
    return time


def address_of(value: object) -> str:
    """An account address in lower case."""
    address = value.lower() if type(value) is str else ""
    if (
        len(address) != ADDRESS_LENGTH
        or not address.startswith("0x")
        or not _HEX.issuperset(address[2:])
    ):
        raise RowRefused("bad_field", _found("user", value, "an address"))
    return address


def whole_or_none(raw: Raw, name: str) -> int | None:
    """A whole number, or nothing."""
    value = raw.get(name)
    if value is not None and (type(value) is not int or not 0 <= value <= LARGEST_WHOLE):
        raise RowRefused("bad_field", _found(name, value, "a whole number"))
    return value


def text_or_none(raw: Raw, name: str) -> str | None:
    """A text, or nothing."""
    return None if raw.get(name) is None else text_of(raw, name)


def _found(name: str, value: object, wanted: str) -> str:
    if value is None:
        return f"{name} is missing"
    return f"{name} is {ascii(value)[:60]} ({type(value).__name__.lower()}), wanted {wanted}"
