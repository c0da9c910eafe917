"""What does a policy know about an account that could be closed, and how does it stand in line?"""

from collections.abc import Iterator, Sequence
from functools import partial
from math import gcd
from operator import eq
from typing import Final, NamedTuple, overload

from domain.units import AccountId, Lots, QuoteUnits

Score = tuple[int, int]
"""A sort key as numerator and positive denominator; higher is closed earlier."""


NO_SCORE: Final[Score] = (0, 1)
"""What is written down where a rule has no single score."""


def in_lowest_terms(score: Score) -> Score:
    """The same score, numerator and denominator without a common divisor."""
    numerator, denominator = score
    divisor = gcd(numerator, denominator)
    return numerator // divisor, denominator // divisor


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
    in_liquidation: bool = False
    basis_known: bool = True

    @property
    def size(self) -> Lots:
        """Quantity without its sign."""
        return abs(self.quantity)

    @property
    def cost_notional(self) -> QuoteUnits:
        """`N0 = |n|`, at least one quote unit."""
        return abs(self.cost) or 1


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


class Ranking(Sequence[Ranked]):
    """Ranked candidates in their order.

    A row is put together when somebody looks at it: of a long line few are.
    """

    __slots__ = ("_candidates", "_closed", "_losers_from", "_order", "_parts", "_scores")

    def __init__(
        self,
        candidates: Sequence[Candidate],
        order: Sequence[int],
        scores: Sequence[Score | None],
        parts: Sequence[tuple[Score, ...]],
        losers_from: int,
        closed: Sequence[Lots] | None = None,
    ) -> None:
        """`order` are indexes of candidates, scores and parts; `closed` stands in rank order.

        From place `losers_from` on (counted from 0) rows are losers that were admitted.
        """
        self._candidates, self._order = candidates, order
        self._scores, self._parts = scores, parts
        self._losers_from = losers_from
        self._closed = [0] * len(order) if closed is None else closed

    @classmethod
    def of(cls, rows: Sequence[Ranked]) -> "Ranking":
        """Rows that stand in their order already, losers last."""
        return cls(
            [row.candidate for row in rows],
            range(len(rows)),
            [row.score for row in rows],
            [row.parts for row in rows],
            sum(not row.admitted_loser for row in rows),
            [row.closed for row in rows],
        )

    def giving(self, closed: Sequence[Lots]) -> "Ranking":
        """The same order with the lots that each gives, in rank order."""
        return Ranking(
            self._candidates, self._order, self._scores, self._parts, self._losers_from, closed
        )

    @property
    def winners(self) -> int:
        """How many rows stand before the admitted losers."""
        return self._losers_from

    @property
    def lots_closed(self) -> Lots:
        """What all rows give together."""
        return sum(self._closed)

    def closures(self) -> list[tuple[int, Ranked]]:
        """Rank (from 1) and row of everybody who gives something."""
        return [(place + 1, self._at(place)) for place, closed in enumerate(self._closed) if closed]

    def candidates(self) -> list[Candidate]:
        """The candidates in rank order."""
        candidates = self._candidates
        return [candidates[at] for at in self._order]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Ranking) and len(self) == len(other) and all(map(eq, self, other))

    def __hash__(self) -> int:
        return hash(tuple(self))

    def __len__(self) -> int:
        return len(self._order)

    def __iter__(self) -> Iterator[Ranked]:
        candidates, scores, parts = self._candidates, self._scores, self._parts
        losers_from = self._losers_from
        for place, (at, closed) in enumerate(zip(self._order, self._closed, strict=True)):
            yield _row((candidates[at], scores[at], closed, place >= losers_from, parts[at]))

    @overload
    def __getitem__(self, place: int) -> Ranked: ...
    @overload
    def __getitem__(self, place: slice) -> tuple[Ranked, ...]: ...
    def __getitem__(self, place: int | slice) -> Ranked | tuple[Ranked, ...]:
        places = range(len(self._order))[place]
        if isinstance(places, range):
            return tuple(map(self._at, places))
        return self._at(places)

    def _at(self, place: int) -> Ranked:
        at = self._order[place]
        return Ranked(
            self._candidates[at],
            self._scores[at],
            self._closed[place],
            place >= self._losers_from,
            self._parts[at],
        )


# A named tuple's own constructor costs twice as much, and a reader of a ranking makes many rows.
_row = partial(tuple.__new__, Ranked)
