"""Do the books say what the venue says in passing?

Sizes in funding rows, account values in liquidation rows and account states are statements, not
movements: they are compared with the books at their instant and never change them. Where the books
themselves are in doubt, or a mark is missing, there is nothing to compare with, and that is said.
"""

from dataclasses import dataclass, field
from fractions import Fraction
from typing import Final, NamedTuple

from domain.units import fraction_text
from domain.venue import Venue
from importers.hyperliquid.rows import Place

LISTED_DIFFERENCES: Final = 1_000
VALUE_ORDER: Final = "before the fills of its block, else before the account's first forced close"
"""When the account value of a liquidation row is compared: a choice, the venue does not say."""


class Difference(NamedTuple):
    """A statement that the books do not share: exact decimals."""

    name: str
    place: str
    subject: str
    said: str
    booked: str


class CashCompared(NamedTuple):
    """Raw cash of an account as a state says it and as the books have it, exact."""

    account: str
    place: str
    said: Fraction
    booked: Fraction
    quantum: Fraction

    @property
    def difference(self) -> Fraction:
        """Books less statement."""
        return self.booked - self.said


@dataclass(slots=True)
class Compared:
    """How often a kind of statement was met, was not, or could not be compared."""

    met: int = 0
    differs: int = 0
    undecidable: int = 0

    @property
    def checked(self) -> int:
        """All statements of the kind."""
        return self.met + self.differs + self.undecidable


@dataclass(slots=True)
class Assertions:
    """All statements by name, and those that were not met."""

    kinds: dict[str, Compared] = field(default_factory=dict)
    differences: list[Difference] = field(default_factory=list)

    def compare(
        self,
        name: str,
        place: Place,
        subject: str,
        said: Fraction,
        booked: Fraction | None,
        within: Fraction = Fraction(0),
    ) -> bool:
        """Whether the books agree; `booked` is None where they cannot tell."""
        found = self.kinds.setdefault(name, Compared())
        if booked is None:
            found.undecidable += 1
        elif abs(said - booked) <= within:
            found.met += 1
        else:
            found.differs += 1
            if len(self.differences) < LISTED_DIFFERENCES:
                self.differences.append(
                    Difference(
                        name, place.text(), subject, fraction_text(said), fraction_text(booked)
                    )
                )
            return False
        return True


def account_value(venue: Venue, account: str) -> int | None:
    """Cash and open results at the marks in quote units; None where a mark is missing."""
    value = venue.cash.get(account)
    if value is None:
        return None
    for name in venue.holdings.get(account, ()):
        market = venue.markets[name]
        if market.mark is None:
            return None
        position = market.positions[account]
        value += position.quantity * market.mark * market.point_value - position.cost
    return value


def notional_of(venue: Venue, sizes: dict[str, Fraction]) -> Fraction | None:
    """Σ |size|·mark in quote currency; None where a mark or a market is missing."""
    total = Fraction(0)
    for coin, size in sizes.items():
        market = venue.markets.get(coin)
        if market is None or market.mark is None:
            return None
        total += abs(size) * market.mark * market.spec.tick_size.fraction()
    return total
