"""What does a policy know about an account that could be closed?"""

from fractions import Fraction
from functools import partial
from typing import NamedTuple

from domain.units import AccountId, Lots, QuoteUnits


class Candidate(NamedTuple):
    """An account on the side opposite to the bankrupt one, at the state just before the
    decision.
    """

    account: AccountId
    quantity: Lots
    cost: QuoteUnits
    unrealized: QuoteUnits
    notional: QuoteUnits
    equity: QuoteUnits
    maintenance_margin: QuoteUnits
    capacity: Lots
    opened_seq: int
    account_seq: int
    is_vault: bool

    @property
    def size(self) -> Lots:
        """Quantity without its sign."""
        return abs(self.quantity)

    @property
    def cost_notional(self) -> QuoteUnits:
        """`N0 = |n|`, at least one quote unit."""
        return abs(self.cost) or 1


class Score(NamedTuple):
    """A sort key as numerator and positive denominator; higher is closed earlier."""

    numerator: int
    denominator: int

    def fraction(self) -> Fraction:
        """The score in lowest terms."""
        return Fraction(self.numerator, self.denominator)


class Ranked(NamedTuple):
    """A candidate at its place, and the lots that it gives.

    `score` is None where the rule shares or places instead, and where it compares several numbers
    one after the other: those stand in `parts`.
    """

    candidate: Candidate
    score: Score | None
    closed: Lots = 0
    admitted_loser: bool = False
    parts: tuple[Score, ...] = ()

    def giving(self, lots: Lots) -> "Ranked":
        """The row with the lots that it gives."""
        candidate, score, _, admitted_loser, parts = self
        return ranked_row((candidate, score, lots, admitted_loser, parts))


# A named tuple's own constructor costs twice as much, and a ranking makes one per candidate.
ranked_row = partial(tuple.__new__, Ranked)
