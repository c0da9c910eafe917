"""What would one candidate have given with other numbers of its own, everybody else unchanged?

The decision is prepared once. A changed candidate is put in its new place among the others, who
keep theirs, and gives what its place leaves to it: the same as deciding again, without ranking
everybody again. Only more equity (more cash) and fewer lots (at the same entry and cash) are asked
about: less equity or insolvency would be no escape.
"""

from collections.abc import Sequence
from fractions import Fraction
from functools import cached_property
from typing import NamedTuple

from domain.adl.allocation import allocated
from domain.adl.candidate import Candidate, Ranked, Ranking, Score
from domain.adl.decision import Decision, candidates, circumstances, decision
from domain.adl.policies import selection_of
from domain.adl.ranking import ranked, tie
from domain.margin import capacity
from domain.market import Market
from domain.position import Position
from domain.rounding import half_even
from domain.specification import AdlPolicy
from domain.units import AccountId, Lots, QuoteUnits
from domain.venue import Venue
from reports.escape_levels import Levels


class Place(NamedTuple):
    """What decides where a candidate stands; compared by `stands_before`."""

    group: tuple[int, int]
    """Admitted losers after winners; vaults by the vault rule."""
    scores: tuple[Score, ...]
    """Higher first, one after the other."""
    ties: tuple[int | AccountId, ...]
    """Lower first."""


def stands_before(one: Place, other: Place) -> bool:
    """Whether `one` is ahead of `other`; no two candidates are equal, their ids differ."""
    if one.group != other.group:
        return one.group < other.group
    for mine, theirs in zip(one.scores, other.scores, strict=True):
        left, right = mine[0] * theirs[1], theirs[0] * mine[1]
        if left != right:
            return left > right
    return one.ties < other.ties


class Round:
    """A decision with everything it was made from."""

    def __init__(
        self,
        venue: Venue,
        market: Market,
        bankrupt: AccountId,
        bankruptcy_price: Fraction,
        policy: AdlPolicy | None = None,
        decided: Decision | None = None,
    ) -> None:
        self.venue, self.market, self.bankrupt = venue, market, bankrupt
        self.bankruptcy_price = bankruptcy_price
        self.policy = policy or market.policy
        self.selection = selection_of(self.policy)
        self.about = circumstances(market, self.policy)
        self.decided = decided or decision(venue, market, bankrupt, bankruptcy_price, self.policy)
        self.need = self.decided.needed
        self._levels: dict[tuple[bool, bool], Levels] = {}
        self.at = {row.candidate.account: at for at, row in enumerate(self.decided.rows)}

    def row(self, account: AccountId) -> Ranked | None:
        """The account's row in the ranking; None when it does not stand there."""
        at = self.at.get(account)
        return None if at is None else self.decided.rows[at]

    @cached_property
    def holders(self) -> list[Candidate]:
        """All holders of the other side, ranked or not."""
        side = -self.market.positions[self.bankrupt].sign
        return candidates(self.venue, self.market, side, self.decided.close_price)

    @cached_property
    def places(self) -> dict[AccountId, int]:
        """Places of a rule that gives them: they follow from ids or a list, not from numbers."""
        if self.selection.place is None:
            return {}
        line = self.decided.rows.candidates()
        given = self.selection.place(line, self.about)
        return {c.account: place for c, place in zip(line, given, strict=True)}

    def scores(self, candidate: Candidate) -> tuple[Score, ...]:
        """The candidate's scores, higher first."""
        if self.selection.score is not None:
            return (self.selection.score(candidate, self.about),)
        if self.selection.parts is not None:
            return self.selection.parts(candidate, self.about)
        return ((-self.places.get(candidate.account, 0), 1),)

    def place(self, candidate: Candidate, *, is_loser: bool) -> Place:
        """Where a candidate stands in the queue."""
        vaults = {"first": -1, "last": 1}.get(self.policy.vault_candidate, 0)
        return Place(
            (int(is_loser), vaults if candidate.is_vault else 0),
            self.scores(candidate),
            tie(candidate),
        )

    def place_of_row(self, row: Ranked) -> Place:
        """Where a ranked row stands."""
        return self.place(row.candidate, is_loser=row.admitted_loser)

    def with_equity(self, candidate: Candidate, equity: QuoteUnits) -> Candidate:
        """The candidate with another equity: its cash differs, its position does not."""
        return candidate._replace(
            equity=equity, capacity=self._capacity(equity, candidate.quantity)
        )

    def with_size(self, candidate: Candidate, size: Lots) -> Candidate:
        """The candidate with fewer lots at the same entry and the same cash.

        The cost is what a close of the rest at its own cost would have left.
        """
        market = self.market
        held = candidate.size
        quantity = size if candidate.quantity > 0 else -size
        cost = candidate.cost - half_even(candidate.cost * (held - size), held)
        value = quantity * market.price * market.point_value
        unrealized = value - cost
        equity = candidate.equity - candidate.unrealized + unrealized
        requirement = market.maintenance.requirement
        return candidate._replace(
            quantity=quantity,
            cost=cost,
            unrealized=unrealized,
            notional=abs(value),
            equity=equity,
            maintenance_margin=candidate.maintenance_margin
            - requirement(candidate.notional)
            + requirement(abs(value)),
            capacity=self._capacity(equity, quantity),
        )

    def _capacity(self, equity: QuoteUnits, quantity: Lots) -> Lots:
        return capacity(
            equity=equity,
            quantity=quantity,
            mark_price=self.market.price,
            price=self.decided.close_price,
            point_value=self.market.point_value,
        )

    def blocker(self, row: Ranked, most: Lots) -> Ranked | None:
        """The row behind which `row` must stand for the need to leave it at most `most` lots.

        The others keep their order. None when they cannot absorb that much in the same pass.
        """
        left = self.need - most
        for other in self.decided.rows:
            if other.candidate is row.candidate or other.admitted_loser > row.admitted_loser:
                continue
            left -= other.candidate.capacity
            if left <= 0:
                return other
        return None

    def left_for(self, row: Ranked, changed: Candidate) -> Lots:
        """Lots of the need that those ahead of the changed candidate leave open."""
        place = self.place(changed, is_loser=row.admitted_loser)
        others = self._others(row)
        low, high = 0, len(others)
        while low < high:
            middle = (low + high) // 2
            if stands_before(self.place_of_row(others[middle]), place):
                low = middle + 1
            else:
                high = middle
        return max(0, self.need - sum(other.candidate.capacity for other in others[:low]))

    def _others(self, row: Ranked) -> Sequence[Ranked]:
        at = self.at[row.candidate.account]
        return self.decided.rows[:at] + self.decided.rows[at + 1 :]

    def levels(self, *, is_loser: bool, is_limited: bool) -> Levels:
        """Whole weights of a sharing pass, with capacities or with the rule's own limits."""
        key = (is_loser, is_limited)
        if key not in self._levels:
            rows = [row for row in self.decided.rows if row.admitted_loser == is_loser]
            sharing = [row.candidate for row in rows]
            weigh, limit = self.selection.weight, self.selection.limit
            weights = [
                one.size if is_loser or weigh is None else int(weigh(one, self.about))
                for one in sharing
            ]
            limits = [
                min(one.capacity, limit(one, self.about))
                if is_limited and limit is not None
                else one.capacity
                for one in sharing
            ]
            before = sum(
                row.closed for row in self.decided.rows if is_loser and not row.admitted_loser
            )
            self._levels[key] = Levels(weights, limits, self.need - before)
        return self._levels[key]

    def closed(self, row: Ranked, changed: Candidate) -> Lots | None:
        """Lots that the changed candidate gives; None when it would be no candidate at all."""
        if changed.equity <= 0 or changed.capacity == 0:
            return None
        loses_its_pass = (
            self.selection.in_profit_only and not row.admitted_loser and changed.unrealized <= 0
        )
        if loses_its_pass:
            return self._ranked_again(changed)
        if self.selection.is_queue:
            return min(changed.capacity, self.left_for(row, changed))
        return self._shared_again(row, changed)

    def _shared_again(self, row: Ranked, changed: Candidate) -> Lots:
        at = self.at[row.candidate.account]
        rows = list(self.decided.rows)
        rows[at] = row._replace(candidate=changed)
        again = allocated(Ranking.of(rows), self.selection, self.need, self.about)
        return again[at].closed

    def _ranked_again(self, changed: Candidate) -> Lots:
        """Rank everybody again, for a change that may move the candidate to the other pass."""
        holders = [changed if one.account == changed.account else one for one in self.holders]
        rows = ranked(holders, self.policy, self.selection, self.need, self.about).rows
        closed = allocated(rows, self.selection, self.need, self.about)
        return sum(row.closed for row in closed if row.candidate.account == changed.account)

    def on_a_fork(self, candidate: Candidate) -> Decision:
        """Decide the whole case again on a fork in which one account is as `candidate` says."""
        fork = self.venue.fork()
        market = fork.market_to_change(self.market.id)
        before = market.positions[candidate.account]
        market.positions[candidate.account] = before._replace(
            quantity=candidate.quantity, cost=candidate.cost
        )
        fork.cash[candidate.account] += candidate.equity - fork.equity(candidate.account)
        return decision(fork, market, self.bankrupt, self.bankruptcy_price, self.policy)

    def as_the_venue_sees(self, candidate: Candidate) -> Candidate:
        """The same candidate, worked out by the domain from a fork that holds its changed numbers.

        Only this account stands in the forked market: nobody else's numbers are needed for it.
        """
        fork = self.venue.fork()
        market = fork.market_to_change(self.market.id)
        before = market.positions[candidate.account]
        changed = Position(
            candidate.quantity, candidate.cost, before.opened_seq, before.basis_known
        )
        market.positions = {candidate.account: changed}
        fork.cash[candidate.account] += candidate.equity - fork.equity(candidate.account)
        return candidates(fork, market, changed.sign, self.decided.close_price)[0]
