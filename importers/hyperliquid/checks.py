"""Which of the venue's own regularities held in these rows, and where did they not?

The names F1 to F8 and A1 to A10 are those of the format reference. A broken one is a finding, never
a rejection by itself; a row that cannot be read is rejected, and counted here under its name.
"""

from dataclasses import dataclass, field
from typing import Final, NamedTuple

from importers.hyperliquid.rows import Place

STATEMENTS: Final[dict[str, str]] = {
    "F1": "a size is positive, a price is not negative",
    "F2": "sizes and prices are no finer than their coin's scale",
    "F3": "a row begins where its account stood",
    "F4": "growing a position has no result",
    "F5": "the result implies an entry price on the price grid",
    "F6": "the block in the hash is the block of the line",
    "F7": "the time of a row is the time of its block",
    "F8": "forced closes and settlements cost no fee",
    "A1": "winner's and loser's rows of a close are both there",
    "A2": "nobody is closed against himself",
    "A3": "a close shrinks the winner's position, without a flip",
    "A4": "a close costs no fee",
    "A5": "one price for each coin and block",
    "A6": "the winner is closed with a profit",
    "A7": "at most one partial close for each coin, block and loser",
    "A8": "the result implies an entry price on the price grid",
    "A9": "what the winners give is what the loser loses",
    "A10": "an account that is closed again in one block goes on where it stood",
}


@dataclass(slots=True)
class Check:
    """How often a statement was looked at, how often it did not hold, first and last."""

    checked: int = 0
    broken: int = 0
    first: str = ""
    last: str = ""

    def breaks(self, place: Place) -> None:
        """It did not hold here."""
        self.broken += 1
        self.first = self.first or place.text()
        self.last = place.text()


class Close(NamedTuple):
    """One auto-deleveraging close, as its winner's row prints it; lots and ticks, signed."""

    place: Place
    coin: str
    loser: str
    winner: str
    change: int
    start: int
    price: int
    result: int
    fee: int
    loser_start: int | None
    is_chained: bool | None


@dataclass(slots=True)
class Checks:
    """All statements by name, and the closes of the present block."""

    found: dict[str, Check] = field(default_factory=dict)
    _closes: list[Close] = field(default_factory=list)

    def say(self, name: str, place: Place, *, holds: bool) -> None:
        """One more look at a statement."""
        check = self.check(name)
        check.checked += 1
        if not holds:
            check.breaks(place)

    def check(self, name: str) -> Check:
        """What is counted under a name."""
        check = self.found.get(name)
        if check is None:
            check = self.found[name] = Check()
        return check

    def close(self, close: Close) -> None:
        """Everything that a single close must be."""
        place, closed = close.place, abs(close.change)
        self.say("A1", place, holds=close.loser_start is not None)
        self.say("A2", place, holds=close.loser != close.winner)
        shrinks = close.start * close.change < 0 and closed <= abs(close.start)
        self.say("A3", place, holds=shrinks)
        self.say("A4", place, holds=not close.fee)
        self.say("A6", place, holds=close.result > 0)
        self.say("A8", place, holds=close.result % closed == 0)
        if close.is_chained is not None:
            self.say("A10", place, holds=close.is_chained)
        self._closes.append(close)

    def end_block(self) -> None:
        """Everything that the closes of one block must be together."""
        if not self._closes:
            return
        closes, self._closes = self._closes, []
        prices: dict[str, list[Close]] = {}
        losers: dict[tuple[str, str], list[Close]] = {}
        for close in closes:
            prices.setdefault(close.coin, []).append(close)
            losers.setdefault((close.coin, close.loser), []).append(close)
        for group in prices.values():
            self.say("A5", group[0].place, holds=len({close.price for close in group}) == 1)
        for group in losers.values():
            partial = sum(abs(close.change) < abs(close.start) for close in group)
            self.say("A7", group[-1].place, holds=partial <= 1)
            first, last = group[0].loser_start, group[-1].loser_start
            if first is not None and last is not None:
                # What the loser held before the first close, and what the last one leaves.
                lost = last - group[-1].change - first
                given = sum(close.change for close in group)
                self.say("A9", group[0].place, holds=given + lost == 0)
