"""How does the venue print whole numbers, instants and transactions?"""

from typing import Final

from importers.hyperliquid_generator.chance import Chance, mixed

NANOSECONDS: Final = 1_000_000_000
DAY: Final = "20251010"
_DATE: Final = "2025-10-10"
_MIDNIGHT: Final = 1_760_054_400
OPENING: Final = 17 * 3600
"""Second of the day at which block numbers begin to count."""
BLOCK_NANOSECONDS: Final = 84_350_000
_WITHIN_BLOCK: Final = 60_000_000
_FIRST_BLOCK: Final = 758_618_474
NO_HASH: Final = "0x" + "0" * 64


def decimal(number: int, places: int) -> str:
    """A whole number of 10^-places as the venue prints it: at least one decimal, no zero beyond."""
    sign = "-" if number < 0 else ""
    if not places:
        return f"{number}.0"
    digits = str(abs(number)).zfill(places + 1)
    return f"{sign}{digits[:-places]}.{digits[-places:].rstrip('0') or '0'}"


def money(number: int) -> str:
    """Money in units of 1e-6."""
    return decimal(number, 6)


class Instant:
    """A block: number, time as text and in milliseconds, and the hour of its file."""

    __slots__ = ("block", "hour", "local", "milliseconds", "text", "tick")

    def __init__(self, tick: int) -> None:
        self.tick = tick
        self.block = _FIRST_BLOCK + tick
        noise = mixed(tick)
        nanoseconds = OPENING * NANOSECONDS + tick * BLOCK_NANOSECONDS + noise % _WITHIN_BLOCK
        self.text = _text(nanoseconds)
        self.local = _text(nanoseconds + 120_000_000 + (noise >> 32) % 260_000_000)
        self.milliseconds = _MIDNIGHT * 1000 + nanoseconds // 1_000_000
        self.hour = nanoseconds // (3600 * NANOSECONDS)


def tick_at(nanoseconds: int) -> int:
    """The block that is under way so long after midnight."""
    return (nanoseconds - OPENING * NANOSECONDS) // BLOCK_NANOSECONDS


def minute_text(minute: int) -> str:
    """The start of a minute of the day, with its zone."""
    return f"{_DATE}T{minute // 60:02}:{minute % 60:02}:00Z"


def _text(nanoseconds: int) -> str:
    seconds, rest = divmod(nanoseconds, NANOSECONDS)
    minutes, second = divmod(seconds, 60)
    hour, minute = divmod(minutes, 60)
    return f"{_DATE}T{hour:02}:{minute:02}:{second:02}.{rest:09}"


def transaction(block: int, sequence: int, chance: Chance) -> str:
    """A transaction hash: noise, `04`, the block, a length-prefixed position, noise."""
    if sequence == 0:
        position = "0000"
    elif sequence < 256:
        position = f"01{sequence:02x}00"
    else:
        position = f"02{sequence:04x}00"
    noise = f"{chance.bits():016x}{chance.bits():016x}"
    head = f"{noise[:16]}{sequence & 0xFFFF:04x}04{block:08x}{position}"
    return "0x" + head + (noise[16:] + noise)[: 64 - len(head)]
