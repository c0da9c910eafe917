"""Who held the side that was closed, just before, and how much of each is known?

Every holder that the books have is looked at, in the order of their books. One whose money, basis
or marks are in doubt has no candidate: its codes stand instead. What was found is kept as long as
neither the account nor a mark has changed, because a burst closes thousands within one mark.
"""

from collections.abc import Mapping
from functools import partial
from typing import NamedTuple

from domain.account import SYSTEM_ACCOUNTS
from domain.adl.candidate import Candidate, Score
from domain.adl.selection import Circumstances
from domain.audit.knowledge import Doubt, Knowledge, is_outside
from domain.audit.readings import Reading
from domain.market import Market
from domain.position import Position
from domain.units import AccountId, Lots, MarketId, QuoteUnits
from domain.venue import Venue

SHIFT = 96
"""Bits behind the point of a key: it orders like its score, save what differs by less."""


class Holder(NamedTuple):
    """An account on the side that was closed.

    `candidate` is None when anything about it is in doubt; `unrealized` is known on its own where
    basis and mark are. `scores` and `keys` are by reading, None for a reading without a score.
    """

    account: AccountId
    quantity: Lots
    unrealized: QuoteUnits | None
    candidate: Candidate | None
    doubts: tuple[Doubt, ...]
    doubtful_marks: tuple[MarketId, ...]
    scores: tuple[Score | None, ...]
    keys: tuple[int, ...]
    seq: int
    """The last event that touched the account."""

    @property
    def size(self) -> Lots:
        """Quantity without its sign."""
        return abs(self.quantity)


_holder = partial(tuple.__new__, Holder)
_candidate = partial(tuple.__new__, Candidate)


class Marks(NamedTuple):
    """How fresh a mark has to be to be known, in nanoseconds; None takes any."""

    oldest: int | None

    def doubt(self, venue: Venue, knowledge: Knowledge, market: MarketId, now: int) -> Doubt | None:
        """Why the mark of a market is not known now."""
        if venue.markets[market].mark is None:
            return Doubt.MARK_MISSING
        set_at, _ = knowledge.mark_times.get(market, (None, None))
        if self.oldest is not None and (set_at is None or now - set_at > self.oldest):
            return Doubt.MARK_OLD
        return None


class _Side(NamedTuple):
    """The holders of one side as they were found, and the marks that they were valued at."""

    marks_seq: int
    doubtful: Mapping[MarketId, Doubt]
    holders: dict[AccountId, Holder]


_NOBODY = _Side(-1, {}, {})


class Holders:
    """The holders of every market and side, as they were found last."""

    def __init__(self, readings: tuple[Reading, ...], knowledge: Knowledge, marks: Marks) -> None:
        self._score_rules = tuple(reading.selection.score for reading in readings)
        self._circumstances = tuple(Circumstances(r.policy.parameters) for r in readings)
        self._knowledge = knowledge
        self._marks = marks
        self._sides: dict[tuple[MarketId, int], _Side] = {}
        self._doubtful_at: tuple[int, int, int] = (-1, -1, 0)
        self._doubtful: Mapping[MarketId, Doubt] = {}

    def of(self, venue: Venue, market: Market, side: int, now: int) -> list[Holder]:
        """Everybody who holds the side (+1 long), in the order of the books."""
        doubtful = self._doubtful_marks(venue, now)
        touched, marks_seq = self._knowledge.touched, self._knowledge.marks_seq
        last = self._sides.get((market.id, side), _NOBODY)
        still = last.marks_seq == marks_seq and last.doubtful == doubtful
        kept = last.holders if still else {}
        found: dict[AccountId, Holder] = {}
        long = side > 0
        for account, position in market.positions.items():
            if (position.quantity > 0) is not long:
                continue
            holder = kept.get(account)
            if holder is None or holder.seq < touched.get(account, 0):
                if is_outside(account) or account in SYSTEM_ACCOUNTS:
                    continue
                holder = self._look(venue, market, account, position, doubtful)
            found[account] = holder
        self._sides[market.id, side] = _Side(marks_seq, doubtful, found)
        return list(found.values())

    def doubts_of(
        self, venue: Venue, account: AccountId, now: int
    ) -> tuple[tuple[Doubt, ...], tuple[MarketId, ...]]:
        """Why an account's equity is not known, and whose marks are among the reasons."""
        doubtful = self._doubtful_marks(venue, now)
        return self._doubts(venue, account, doubtful)

    def _doubtful_marks(self, venue: Venue, now: int) -> Mapping[MarketId, Doubt]:
        asked = self._knowledge.marks_seq, now, len(venue.markets)
        if asked != self._doubtful_at:
            found = {}
            for market in venue.markets:
                doubt = self._marks.doubt(venue, self._knowledge, market, now)
                if doubt is not None:
                    found[market] = doubt
            self._doubtful_at, self._doubtful = asked, found
        return self._doubtful

    def _doubts(
        self, venue: Venue, account: AccountId, doubtful: Mapping[MarketId, Doubt]
    ) -> tuple[tuple[Doubt, ...], tuple[MarketId, ...]]:
        doubts = self._knowledge.doubts(account)
        if not doubtful:
            return doubts, ()
        marks = tuple(held for held in venue.holdings.get(account, ()) if held in doubtful)
        if not marks:
            return doubts, ()
        return (*doubts, *sorted({doubtful[held] for held in marks})), marks

    def _look(
        self,
        venue: Venue,
        market: Market,
        account: AccountId,
        position: Position,
        doubtful: Mapping[MarketId, Doubt],
    ) -> Holder:
        quantity, cost, opened_seq, basis_known = position
        doubts, marks = self._doubts(venue, account, doubtful)
        if not basis_known:
            doubts = (*doubts, Doubt.BASIS_UNKNOWN)
        knowledge = self._knowledge
        seen = knowledge.touched.get(account, 0)
        mark = market.mark
        if mark is None or not basis_known or market.id in marks:
            return _holder((account, quantity, None, None, doubts, marks, (), (), seen))
        value = quantity * mark * market.point_value
        unrealized = value - cost
        if doubts:
            return _holder((account, quantity, unrealized, None, doubts, marks, (), (), seen))
        notional = abs(value)
        if len(venue.holdings[account]) == 1:
            equity = venue.cash[account] + unrealized
            maintenance = market.maintenance.requirement(notional)
        else:
            equity, maintenance = venue.standing(account)
        owner = venue.accounts[account]
        candidate = _candidate(
            (
                account,
                quantity,
                cost,
                unrealized,
                notional,
                equity,
                maintenance,
                abs(quantity),
                opened_seq,
                owner.opened_seq,
                owner.role == "vault",
            )
        )
        scores: list[Score | None] = []
        keys: list[int] = []
        if equity > 0:
            for rule, about in zip(self._score_rules, self._circumstances, strict=True):
                if rule is None:
                    scores.append(None)
                    keys.append(0)
                    continue
                score = rule(candidate, about)
                scores.append(score)
                keys.append((score[0] << SHIFT) // score[1])
        return _holder(
            (
                account,
                quantity,
                unrealized,
                candidate,
                (),
                (),
                tuple(scores),
                tuple(keys),
                seen,
            )
        )
