"""How is an instant written, and which nanosecond is it?

Instants are whole nanoseconds since 1970 UTC. Texts carry a zone; without one they are refused.
Nothing here asks a clock, and no float or time-zone table is involved.
"""

import re
from typing import Final

LATEST: Final = 2**63 - 1
_SECOND: Final = 1_000_000_000
_DAY: Final = 86_400
_TEXT = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)[T ](\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?(Z|[+-]\d\d:\d\d)?",
    re.ASCII,
)
_MONTH_DAYS: Final = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


def parse_instant(text: str, *, zone: str | None = None) -> int | None:
    """Nanoseconds for an ISO-8601 text, None when it is no instant between 1970 and 2262.

    `zone` is assumed for texts without one (archives whose times are UTC by definition).
    """
    match = _TEXT.fullmatch(text)
    if match is None:
        return None
    year, month, day, hour, minute = (int(part) for part in match.groups()[:5])
    second = int(match.group(6) or 0)
    offset = match.group(8) or zone
    if offset is None or not _is_date(year, month, day) or hour > 23 or minute > 59 or second > 59:
        return None
    shift = 0
    if offset != "Z":
        hours, minutes = int(offset[1:3]), int(offset[4:6])
        if hours > 23 or minutes > 59:
            return None
        shift = (hours * 60 + minutes) * 60 * (1 if offset[0] == "+" else -1)
    seconds = _days(year, month, day) * _DAY + hour * 3600 + minute * 60 + second - shift
    nanoseconds = seconds * _SECOND + int((match.group(7) or "").ljust(9, "0"))
    return nanoseconds if 0 <= nanoseconds <= LATEST else None


def instant_text(nanoseconds: int) -> str:
    """`2026-10-10T21:20:00.431000000Z`: always UTC, always nine digits."""
    seconds, rest = divmod(nanoseconds, _SECOND)
    days, second = divmod(seconds, _DAY)
    year, month, day = _date(days)
    return (
        f"{year:04}-{month:02}-{day:02}T{second // 3600:02}:{second // 60 % 60:02}:{second % 60:02}"
        f".{rest:09}Z"
    )


def _is_leap(year: int) -> bool:
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)


def _is_date(year: int, month: int, day: int) -> bool:
    if not 1 <= month <= 12:
        return False
    return 1 <= day <= _MONTH_DAYS[month - 1] + (month == 2 and _is_leap(year))


def _days(year: int, month: int, day: int) -> int:
    """Days since 1970-01-01, counted in 400-year cycles that begin in March."""
    year -= month <= 2
    cycle = year // 400
    of_cycle = year - cycle * 400
    of_year = (153 * (month + (-3 if month > 2 else 9)) + 2) // 5 + day - 1
    return cycle * 146_097 + of_cycle * 365 + of_cycle // 4 - of_cycle // 100 + of_year - 719_468


def _date(days: int) -> tuple[int, int, int]:
    days += 719_468
    cycle, of_cycle = divmod(days, 146_097)
    year = (of_cycle - of_cycle // 1460 + of_cycle // 36_524 - of_cycle // 146_096) // 365
    of_year = of_cycle - (365 * year + year // 4 - year // 100)
    month = (5 * of_year + 2) // 153
    day = of_year - (153 * month + 2) // 5 + 1
    month += 3 if month < 10 else -9
    return year + cycle * 400 + (month <= 2), month, day
