"""How is a side's roster found without looking at everybody again?

The last roster of each side is kept. While no mark has changed only who was touched since is looked
at; after a mark everybody is valued again, from what is known about each.
"""

from collections.abc import Mapping
from typing import NamedTuple

from domain.account import SYSTEM_ACCOUNTS
from domain.adl.decision import circumstances
from domain.audit.knowledge import Doubt, Knowledge, is_outside
from domain.audit.readings import Reading
from domain.audit.roster import Doubted, Known, Register, Roster
from domain.market import Market
from domain.position import Position
from domain.units import AccountId, MarketId
from domain.venue import Venue

FEW = 32
"""So many changes are patched into the last roster; after more of them it is made anew."""


class Marks(NamedTuple):
    """How fresh a mark has to be to be known, in nanoseconds; None takes any."""

    oldest: int | None

    def doubt(self, venue: Venue, knowledge: Knowledge, market: MarketId, now: int) -> Doubt | None:
        """Why the mark of a market is not known now."""
        if venue.markets[market].mark is None:
            return Doubt.MARK_MISSING
        set_at, _ = knowledge.mark_times.get(market, (None, None))
        if market in knowledge.exactly_marked:
            return None
        if self.oldest is not None and (set_at is None or now - set_at > self.oldest):
            return Doubt.MARK_OLD
        return None


class _Side:
    """What was found on one side last: who, at which marks, and up to which change.

    `accounts` and `places` are never changed in place: rosters share them.
    """

    def __init__(self) -> None:
        self.marks_seq = -1
        self.doubtful: Mapping[MarketId, Doubt] = {}
        self.generation = -1
        self.changes = 0
        self.known: dict[AccountId, Known] = {}
        self.doubted: dict[AccountId, Doubted] = {}
        self.elsewhere: set[AccountId] = set()
        """Who is known and holds other markets too: valued by their marks as well."""
        self.register: Register | None = None
        self.roster: Roster | None = None

    def put(self, account: AccountId, row: Known | Doubted | None) -> None:
        """What is found about an account now; None for who does not hold the side any more."""
        if type(row) is Known:
            self.known[account] = row
            self.doubted.pop(account, None)
            if row.elsewhere is None:
                self.elsewhere.discard(account)
            else:
                self.elsewhere.add(account)
            return
        self.known.pop(account, None)
        self.elsewhere.discard(account)
        if type(row) is Doubted:
            self.doubted[account] = row
        else:
            self.doubted.pop(account, None)


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
        knowledge = self._knowledge
        found = self._sides.get((market.id, side))
        if found is None:
            found = self._sides[market.id, side] = _Side()
        is_valued = found.marks_seq == knowledge.marks_seq
        names: set[AccountId] | None = None
        if found.generation == knowledge.generation and found.doubtful == doubtful:
            names = set(knowledge.changed[found.changes :])
            if not is_valued:
                # Who stands elsewhere, or is in doubt, moves with marks of other markets.
                names |= found.elsewhere | found.doubted.keys()
        if names is None:
            names = found.known.keys() | found.doubted.keys() | market.positions.keys()
        replaced: dict[AccountId, Known] = {}
        same_holders = found.register is not None
        for account in sorted(names):
            row = self._seen(venue, market, side, account, doubtful)
            before = found.known.get(account)
            if type(row) is Known and before is not None:
                replaced[account] = row
                same_holders &= row.elsewhere is before.elsewhere is None
            else:
                same_holders &= before is None and type(row) is not Known
            found.put(account, row)
        if found.register is None or not same_holders:
            found.register = Register(list(found.known.values()))
        elif replaced:
            found.register = found.register.replaced(replaced)
        roster, register = found.roster, found.register
        if roster is None or not is_valued or len(names) > FEW:
            roster = self._roster(market, side, register, found)
        elif names:
            roster = roster.patched(register, sorted(names), list(found.doubted.values()))
        if found.roster is not None and found.roster.accounts is register.accounts:
            roster.orders = dict(found.roster.orders)
        found.roster = roster
        found.marks_seq, found.doubtful = knowledge.marks_seq, doubtful
        found.generation, found.changes = knowledge.generation, len(knowledge.changed)
        return roster

    def _seen(
        self,
        venue: Venue,
        market: Market,
        side: int,
        account: AccountId,
        doubtful: Mapping[MarketId, Doubt],
    ) -> Known | Doubted | None:
        position = market.positions.get(account)
        if position is None or position.sign != side:
            return None
        if is_outside(account) or account in SYSTEM_ACCOUNTS:
            return None
        return self._look(venue, market, account, position, doubtful)

    def _roster(self, market: Market, side: int, register: Register, found: _Side) -> Roster:
        return Roster(
            self._readings,
            tuple(circumstances(market, reading.policy) for reading in self._readings),
            side,
            market.mark,
            market.point_value,
            market.maintenance,
            register,
            list(found.doubted.values()),
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
