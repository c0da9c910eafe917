"""What happens when, from the first deposit to the last trade of the evening?

Times are nanoseconds after midnight UTC. Between two entries of the agenda ordinary trades happen
at the marks that hold there.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal

from importers.hyperliquid_generator.chance import Chance
from importers.hyperliquid_generator.people import VAULTS, Person
from importers.hyperliquid_generator.texts import NANOSECONDS


def clock(text: str) -> int:
    """`21:14:40` as nanoseconds after midnight."""
    hour, minute, second = text.split(":")
    return (int(hour) * 3600 + int(minute) * 60 + int(second)) * NANOSECONDS


DEPOSITS: Final = (clock("17:05:00"), clock("17:25:00"))
TRADING: Final = clock("17:25:00")
SNAPSHOT: Final = clock("20:04:54") + 250_000_000
WINDOW: Final = clock("20:04:56")
CRASH: Final = clock("21:14:40")
REBOUND: Final = clock("21:21:00")
AFTER: Final = clock("21:22:50")
END: Final = clock("21:26:59")
FUNDING: Final = tuple(clock(f"{hour}:00:00") for hour in (18, 19, 20, 21))

SHARES: Final = ((TRADING, 0), (SNAPSHOT, 18), (CRASH, 45), (REBOUND, 66), (AFTER, 72))
"""How many of 100 fill rows exist at these times; the rest come in the end, up to the number."""

LEGS: Final = (
    ("21:14:40", "21:16:08", 44, -80_000),
    ("21:16:08", "21:16:28", 4, -120_000),
    ("21:16:30", "21:18:00", 30, 30_000),
    ("21:18:00", "21:18:20", 4, -105_000),
    ("21:18:22", "21:20:00", 30, -20_000),
    ("21:20:00", "21:20:13", 2, -90_000),
    ("21:20:16", "21:21:00", 12, 4_000),
    ("21:21:00", "21:21:30", 4, 150_000),
    ("21:21:32", "21:22:50", 20, 40_000),
)
"""Of the crash and the rebound: from, to, mark updates, and how far in all (parts per million)."""

What = Literal[
    "mark", "contexts", "deposit", "ledger", "funding", "snapshot", "order", "twin", "spot"
]


@dataclass(frozen=True, slots=True)
class Entry:
    """Something that happens at a time; `number` is an account, a kind or a step."""

    time: int
    what: What
    number: int = 0
    detail: int = 0


def agenda(crowd: list[Person], seed: int, fills: int) -> list[Entry]:
    """Everything but the ordinary trades, in order of time."""
    chance = Chance(seed, stream=2)
    entries = [Entry(clock("17:04:59"), "mark")]
    entries += _deposits(crowd, chance)
    entries += _marks(chance)
    entries += _updates(crowd, chance)
    entries += _orders(crowd, chance)
    entries += [Entry(hour, "funding") for hour in FUNDING]
    entries += [Entry(clock(f"{m // 60}:{m % 60}:00"), "contexts", m) for m in range(1025, 1287)]
    entries += [Entry(SNAPSHOT, "snapshot")]
    spots = max(4, fills // 500)
    span = (END - TRADING) // (spots + 1)
    entries += [Entry(TRADING + span * (number + 1), "spot") for number in range(spots)]
    return sorted(entries, key=lambda entry: entry.time)


def _deposits(crowd: list[Person], chance: Chance) -> Iterator[Entry]:
    start, end = DEPOSITS
    for person in crowd:
        yield Entry(start + chance.below(end - start), "deposit", person.number, person.deposit)


def _marks(chance: Chance) -> Iterator[Entry]:
    """Two updates a minute in quiet times, the legs of the crash, and quiet again."""
    for time in range(DEPOSITS[0], CRASH - NANOSECONDS, 30 * NANOSECONDS):
        yield Entry(time + chance.below(20 * NANOSECONDS), "mark")
    for begin, end, steps, move in LEGS:
        start, stop = clock(begin), clock(end)
        for step in range(steps):
            yield Entry(start + (stop - start) * step // steps, "mark", 1, move // steps)
    for time in range(AFTER, END - 6 * NANOSECONDS, 10 * NANOSECONDS):
        yield Entry(time + chance.below(5 * NANOSECONDS), "mark")


def _updates(crowd: list[Person], chance: Chance) -> Iterator[Entry]:
    """Transfers of every kind, each at least twice, spread over the evening."""
    start, end = clock("17:30:00"), clock("21:26:40")
    count = max(48, len(crowd) // 2)
    for number in range(count):
        yield Entry(start + (end - start) * number // count, "ledger", number, chance.bits())


def _orders(crowd: list[Person], chance: Chance) -> Iterator[Entry]:
    """Bold orders that the story needs: longs before the crash, shorts and longs at its bottom."""
    small = [person for person in crowd[VAULTS:] if person.kind == "retail"]
    large = [person for person in crowd[VAULTS:] if person.kind in ("mid", "whale")]
    bold = max(2, len(small) // 9)
    for person in small[:bold]:
        yield Entry(clock("20:40:00") + chance.below(1800 * NANOSECONDS), "order", person.number, 1)
    for person in small[bold : 3 * bold]:
        yield Entry(clock("21:20:18") + chance.below(38 * NANOSECONDS), "order", person.number, -1)
    for person in large[: max(2, len(large) // 5)]:
        yield Entry(clock("21:20:15") + chance.below(30 * NANOSECONDS), "order", person.number, 2)
    for person in crowd:
        if person.kind == "twin":
            yield Entry(clock("17:40:00"), "twin", person.number)
