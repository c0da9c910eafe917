"""Which of the venue's own rules can be tested on these rows, and which cannot be known?

The chain chooses whom it offsets against from a start that differs with every block: there is no
queue to test. What can be tested is price, sides, size, and that nobody is on both ends.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, Final

from importers.dydx.fills import DELEVERAGED, OFFSETTING
from importers.dydx.pairing import Match, is_quotient, quote_of
from importers.hyperliquid.checks import Check
from importers.hyperliquid.rows import Place

STATEMENTS: Final[dict[str, str]] = {
    "D1": "the price is total quote divided by size",
    "D2": "both rows of a deleveraging are there",
    "D3": "the deleveraged account takes, the offsetting one makes",
    "D4": "a deleveraging costs no fee",
    "D5": "no account is deleveraged and offsetting in one block and market",
    "D6": "both accounts hold less afterwards, and none is turned around",
    "D7": "one block deleverages an account at one price",
}
UNKNOWN: Final = (
    "queue order: where the chain begins to look differs with every block, so nobody is first",
    "whether the deleveraged account was below zero: fills tell no collateral and no oracle price",
    "whether it was the final settlement of a delisted market, where nobody need be below zero",
    "who else could have offset: open positions are not among the fills",
    "cash: fills tell no deposits, transfers and funding payments",
)


@dataclass(slots=True)
class Checks:
    """How often each statement was looked at, and how often it did not hold."""

    found: dict[str, Check] = field(default_factory=dict)

    def say(self, name: str, place: Place, *, holds: bool) -> None:
        """One more look."""
        check = self.found.setdefault(name, Check())
        check.checked += 1
        if not holds:
            check.broken += 1
            check.first = check.first or place.text()
            check.last = place.text()

    def block(self, matches: Iterable[Match], find: Callable[[str, Place], None]) -> None:
        """What the deleveragings of one block must be; breaches are findings as well."""
        forced = [match for match in matches if match.is_forced]
        ends: dict[tuple[str, str | None], set[str]] = {}
        prices: dict[tuple[str, str | None], set[Any]] = {}
        for match in forced:
            place = match.first.place
            for row in match.rows:
                self._told("D1", row.place, find, holds=is_quotient(row))
                if row.is_taker is not None:
                    holds = row.is_taker == (row.kind == DELEVERAGED)
                    self._told("D3", row.place, find, holds=holds)
                if row.account is not None:
                    ends.setdefault((row.market, row.account), set()).add(row.kind)
                    self._told("D4", row.place, find, holds=not row.fee)
            if match.first.account is not None:
                self.say("D2", place, holds=match.second is not None)
            if match.second is not None and quote_of(match.first) != quote_of(match.second):
                find("deleveraging_amounts_differ", place)
            loser = match.of_kind(DELEVERAGED)
            if loser is not None and loser.account is not None:
                prices.setdefault((loser.market, loser.account), set()).add(loser.price)
        for match in forced:
            for row in match.rows:
                if row.account is not None:
                    kinds = ends[row.market, row.account]
                    overlap = kinds == {DELEVERAGED, OFFSETTING}
                    self._told("D5", row.place, find, holds=not overlap)
        for match in forced:
            loser = match.of_kind(DELEVERAGED)
            if loser is not None and loser.account is not None:
                # Totals are rounded to 1e-6 each, so equal prices may differ in late digits.
                self.say("D7", loser.place, holds=len(prices[loser.market, loser.account]) == 1)

    def reduces(self, place: Place, find: Callable[[str, Place], None], *, holds: bool) -> None:
        """Whether a side of a deleveraging made its position smaller."""
        self._told("D6", place, find, holds=holds)

    def _told(
        self, name: str, place: Place, find: Callable[[str, Place], None], *, holds: bool
    ) -> None:
        self.say(name, place, holds=holds)
        if not holds:
            find(f"{name}: not so: {STATEMENTS[name]}", place)
