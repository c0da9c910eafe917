"""How is a side's roster found without looking at everybody again?

The last roster of each side is kept. While no mark has changed only who was touched since is looked
at; after a mark everybody is valued again, from what is known about each.
"""

from collections.abc import Mapping
from typing import NamedTuple

from domain.account import SYSTEM_ACCOUNTS
from domain.audit.knowledge import Doubt, Knowledge, is_outside
from domain.audit.readings import Reading
from domain.audit.roster import Doubted, Known, Roster
from domain.market import Market
from domain.position import Position
from domain.units import AccountId, MarketId
from domain.venue import Venue


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
    """What was found on one side last: at which marks, up to which event, and who."""

    marks_seq: int
    doubtful: Mapping[MarketId, Doubt]
    seq: int
    rows: Mapping[AccountId, Known | Doubted]
    roster: Roster | None


_NOBODY = _Side(-1, {}, -1, {}, None)


class Holders:
    """The holders of every market and side."""

    def __init__(self, readings: tuple[Reading, ...], knowledge: Knowledge, marks: Marks) -> None:
        self._readings = readings
        self._knowledge = knowledge
        self._marks = marks
        self._sides: dict[tuple[MarketId, int], _Side] = {}
        self._doubtful_at: tuple[int, int, int] = (-1, -1, 0)
        self._doubtful: Mapping[MarketId, Doubt] = {}

    def of(self, venue: Venue, market: Market, side: int, now: int) -> Roster:
        """Everybody who holds the side (+1 long) just after the venue's last event."""
        doubtful = self._doubtful_marks(venue, now)
        touched, marks_seq = self._knowledge.touched, self._knowledge.marks_seq
        last = self._sides.get((market.id, side), _NOBODY)
        same_marks = last.marks_seq == marks_seq and last.doubtful == doubtful
        same_doubts = same_marks or last.doubtful == doubtful
        before, seq = last.rows, last.seq
        rows: dict[AccountId, Known | Doubted] = {}
        changed = 0
        long = side > 0
        for account, position in market.positions.items():
            if (position[0] > 0) is not long:
                continue
            row = before.get(account)
            if (
                row is None
                or touched.get(account, 0) > seq
                # What stands elsewhere, or is in doubt, moves with marks of other markets.
                or not (same_marks or (same_doubts and type(row) is Known and row[4] is None))
            ):
                if row is None and (is_outside(account) or account in SYSTEM_ACCOUNTS):
                    continue
                row = self._look(venue, market, account, position, doubtful)
                changed += 1
            rows[account] = row
        roster = last.roster
        if roster is None or changed or not same_marks or len(rows) != len(before):
            roster = self._roster(market, side, rows)
        self._sides[market.id, side] = _Side(marks_seq, doubtful, venue.head, rows, roster)
        return roster

    def _roster(
        self, market: Market, side: int, rows: Mapping[AccountId, Known | Doubted]
    ) -> Roster:
        known = [row for row in rows.values() if type(row) is Known]
        doubted = [row for row in rows.values() if type(row) is Doubted]
        return Roster(
            self._readings,
            side,
            market.mark,
            market.point_value,
            market.maintenance,
            known,
            doubted,
        )

    def doubts_of(
        self, venue: Venue, account: AccountId, now: int
    ) -> tuple[tuple[Doubt, ...], tuple[MarketId, ...]]:
        """Why an account's equity is not known, and whose marks are among the reasons."""
        return self._doubts(venue, account, self._doubtful_marks(venue, now))

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
    ) -> Known | Doubted:
        doubts, marks = self._doubts(venue, account, doubtful)
        if not position.basis_known:
            doubts = (*doubts, Doubt.BASIS_UNKNOWN)
        if doubts:
            unrealized = None
            if position.basis_known and market.id not in doubtful and market.mark is not None:
                value = position.quantity * market.mark * market.point_value
                unrealized = value - position.cost
            return Doubted(account, position.quantity, unrealized, doubts, marks)
        single = len(venue.holdings[account]) == 1
        elsewhere = None if single else venue.standing(account)
        return Known(account, position, venue.accounts[account], venue.cash[account], elsewhere)
