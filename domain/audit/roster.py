"""Who held the side that was closed, just before, and how much of each is known?

Every holder that the books have is looked at. One whose money, basis or marks are in doubt stands
aside with the codes of its doubts; the others stand in columns. What was found is kept: a burst
closes thousands within one mark, and then only who was touched is looked at again.
"""

from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from functools import cached_property
from operator import add, sub
from typing import NamedTuple

from domain.account import Account
from domain.adl.candidate import Candidate, Score
from domain.adl.selection import Circumstances, Columns
from domain.audit.knowledge import Doubt
from domain.audit.readings import Reading
from domain.margin import Schedule
from domain.position import Position
from domain.units import AccountId, Lots, MarketId, QuoteUnits, Ticks

SHIFT = 40
"""Bits behind the point of a key: it orders like its score, save what differs by less."""


class Doubted(NamedTuple):
    """A holder whose score nobody can know; `unrealized` is known where basis and mark are."""

    account: AccountId
    quantity: Lots
    unrealized: QuoteUnits | None
    doubts: tuple[Doubt, ...]
    markets: tuple[MarketId, ...]
    """Markets whose marks are among the doubts."""

    @property
    def size(self) -> Lots:
        """Quantity without its sign."""
        return abs(self.quantity)


class Known(NamedTuple):
    """A holder about whom everything is known, as the columns are made of."""

    account: AccountId
    position: Position
    owner: Account
    cash: QuoteUnits
    elsewhere: tuple[QuoteUnits, QuoteUnits] | None
    """Equity and maintenance margin, where it holds other markets too."""


class Register:
    """What of the known holders no mark changes, by column; shared by rosters, never changed."""

    def __init__(self, known: Sequence[Known]) -> None:
        """`known` in the order in which they were found."""
        self.known = list(known)
        self.accounts = [row[0] for row in known]
        self.quantities = [row[1][0] for row in known]
        self.costs = [row[1][1] for row in known]
        self.cash = [row[3] for row in known]
        self.elsewhere = [at for at, row in enumerate(known) if row[4] is not None]

    def replaced(self, rows: Mapping[AccountId, Known]) -> "Register":
        """The same accounts, with other rows for a few who hold nothing elsewhere."""
        found = Register.__new__(Register)
        found.accounts, found.elsewhere = self.accounts, self.elsewhere
        found.__dict__["places"] = self.places
        found.known, found.quantities = list(self.known), list(self.quantities)
        found.costs, found.cash = list(self.costs), list(self.cash)
        for name, row in rows.items():
            place = self.places[name]
            found.known[place] = row
            found.quantities[place], found.costs[place] = row.position[:2]
            found.cash[place] = row.cash
        return found

    @cached_property
    def places(self) -> Mapping[AccountId, int]:
        """Where each known holder stands in the columns."""
        return {account: at for at, account in enumerate(self.accounts)}

    @cached_property
    def sizes(self) -> list[Lots]:
        """Lots of each known holder, without sign."""
        return list(map(abs, self.quantities))

    @cached_property
    def cost_notionals(self) -> list[QuoteUnits]:
        """Cost of each without sign, at least one quote unit."""
        return [abs(cost) or 1 for cost in self.costs]


class Roster:
    """The holders of one side at one instant; never changed once it is made."""

    def __init__(
        self,
        readings: tuple[Reading, ...],
        abouts: tuple[Circumstances, ...],
        side: int,
        mark: Ticks | None,
        point_value: int,
        schedule: Schedule,
        register: Register,
        doubted: Sequence[Doubted],
    ) -> None:
        """`abouts`: what each reading may look at. Without a mark nobody is known."""
        self.readings, self.abouts = readings, abouts
        self.side = side
        self.mark = mark
        self.point_value = point_value
        self.schedule = schedule
        self.register = register
        self.known = register.known
        self.accounts = register.accounts
        self.doubted = doubted
        self.orders: dict[int, list[int]] = {}
        """The last order of everybody by reading, where one was made: a start for the next."""
        per_lot = (mark or 0) * point_value
        self.values = [quantity * per_lot for quantity in register.quantities]
        self.unrealized = list(map(sub, self.values, register.costs))
        self.equities = list(map(add, self.unrealized, register.cash))
        for at in register.elsewhere:
            self.equities[at] = (self.known[at].elsewhere or (0, 0))[0]

    def patched(
        self, register: Register, changed: Iterable[AccountId], doubted: Sequence[Doubted]
    ) -> "Roster":
        """The same at the same mark, with other rows for a few: keys of all others are kept."""
        found = Roster(
            self.readings,
            self.abouts,
            self.side,
            self.mark,
            self.point_value,
            self.schedule,
            register,
            doubted,
        )
        names = [name for name in changed if name in register.places]
        if register.accounts is self.accounts:
            for at, column in self._keys.items():
                keys = found._keys[at] = list(column)
                for name in names:
                    keys[register.places[name]] = found._key(at, register.places[name])
            return found
        fresh = sorted(register.places[name] for name in names)
        kept = [self.places[name] for name in register.accounts if name not in names]
        for at, column in self._keys.items():
            keys = found._keys[at] = [column[place] for place in kept]
            for place in fresh:
                keys.insert(place, found._key(at, place))
        return found

    @property
    def places(self) -> Mapping[AccountId, int]:
        """Where each known holder stands in the columns."""
        return self.register.places

    @property
    def sizes(self) -> list[Lots]:
        """Lots of each known holder, without sign."""
        return self.register.sizes

    @cached_property
    def doubts(self) -> Mapping[AccountId, Doubted]:
        """The holders in doubt by account."""
        return {row.account: row for row in self.doubted}

    @cached_property
    def winners(self) -> Sequence[int]:
        """Places of everybody with equity above zero and a profit; zero profit is none."""
        if min(self.unrealized, default=1) > 0 and self.is_solvent:
            return range(len(self.unrealized))
        rows = enumerate(zip(self.unrealized, self.equities, strict=True))
        return [place for place, (profit, equity) in rows if profit > 0 and equity > 0]

    @cached_property
    def is_solvent(self) -> bool:
        """Whether every known holder has equity above zero."""
        return min(self.equities, default=1) > 0

    @cached_property
    def _keys(self) -> dict[int, list[int]]:
        return {}

    def keys(self, at: int) -> list[int]:
        """Keys of the reading at this index for every known holder: they order like the scores.

        Whoever has no equity stands nowhere, and its key means nothing.
        """
        found = self._keys.get(at)
        if found is None:
            found = self._keys[at] = self._keyed(at)
        return found

    def _key(self, at: int, place: int) -> int:
        score = self.score(at, place)
        return 0 if score is None else (score[0] << SHIFT) // score[1]

    def _keyed(self, at: int) -> list[int]:
        selection = self.readings[at].selection
        if selection.many is None or not self.accounts or not self.is_solvent:
            return [self._key(at, place) for place in range(len(self.accounts))]
        columns = Columns(
            self.side,
            self._notionals,
            self.register.cost_notionals,
            self.unrealized,
            self.equities,
        )
        above, below = selection.many(columns)
        return [(n << SHIFT) // d for n, d in zip(above, below, strict=True)]

    @cached_property
    def _notionals(self) -> list[QuoteUnits]:
        return list(map(abs, self.values))

    def candidate(self, place: int) -> Candidate:
        """A known holder as policies see it; nothing limits what it may give."""
        account, position, owner, _, elsewhere = self.known[place]
        notional = abs(self.values[place])
        return Candidate(
            account,
            position.quantity,
            position.cost,
            self.unrealized[place],
            notional,
            self.equities[place],
            self.schedule.requirement(notional) if elsewhere is None else elsewhere[1],
            abs(position.quantity),
            position.opened_seq,
            owner.opened_seq,
            owner.role == "vault",
        )

    def score(self, at: int, place: int) -> Score | None:
        """Exact score of a known holder by the reading at this index; None where it has none."""
        rule = self.readings[at].selection.score
        if rule is None or self.equities[place] <= 0:
            return None
        return rule(self.candidate(place), self.abouts[at])

    def fraction(self, at: int, account: AccountId) -> Fraction | None:
        """The same by name, in lowest terms; None for who is not known."""
        place = self.places.get(account)
        score = None if place is None else self.score(at, place)
        return None if score is None else Fraction(*score)


def by_code(rows: Iterable[Doubted]) -> dict[str, list[AccountId]]:
    """Accounts by the code of their doubts; a mark's code names its market where it is one."""
    found: dict[str, list[AccountId]] = {}
    for row in rows:
        for doubt in row.doubts:
            is_mark = doubt in (Doubt.MARK_MISSING, Doubt.MARK_OLD)
            code = f"{doubt}:{row.markets[0]}" if is_mark and len(row.markets) == 1 else str(doubt)
            found.setdefault(code, []).append(row.account)
    return found
