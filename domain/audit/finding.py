"""Were those closed whom the reading closes, or is there a pair of accounts that shows otherwise?

A verdict is about the lots that were closed: did they come from the top of the order? `violates`
needs one pair of accounts that are both fully known, whatever is not known about others. `conforms`
needs everybody: one holder whose score is unknown, or who may exist unseen, leaves the decision
`undecidable`, with the list of what is missing.
"""

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Final, NamedTuple

from domain.audit.knowledge import Missing
from domain.audit.line import Line, line_of, shares_of
from domain.audit.roster import Roster, by_code
from domain.audit.verdict import Answer, Closed, Distance, Finding, MissingInput, Pair, Verdict
from domain.units import AccountId, Lots

NAMED_AT_MOST: Final = 10
"""So many accounts are named where there are many; how many there are is always said."""


def finding(roster: Roster, closed: Closed, at: int, missing: Sequence[MissingInput]) -> Finding:
    """The verdict of the reading at index `at` on what was closed of a roster."""
    reading = roster.readings[at]
    quick = _plainly_conforms(roster, closed, at, missing)
    if quick is not None:
        return quick
    need, is_queue = closed.quantity, reading.selection.is_queue
    line = line_of(roster, at, need)
    index = _indexes(roster, closed, line)
    unknown = [*missing, *_unknown(roster, closed, at, line)]
    would = line.shares(roster, need) if is_queue else shares_of(roster, at, need)
    case = _Case(
        roster, closed, at, line, index, frozenset(_closed_in_full(roster, closed, line, index))
    )
    pair = case.pair(would, is_sure=not unknown)
    if any(one.code == Missing.ORDER_IN_BLOCK for one in missing):
        pair = None
    verdict = Verdict.CONFORMS
    if pair is not None:
        verdict = Verdict.VIOLATES
    elif unknown:
        verdict = Verdict.UNDECIDABLE
    return Finding(
        reading,
        verdict,
        pair,
        tuple(unknown) if verdict is Verdict.UNDECIDABLE else (),
        case.skipped,
        case.skipped_count,
        case.ties,
        len(line.order),
        any(one >= line.winners for one in index.values()),
        Answer.of(case.rows_in_order),
        {name: line.levels[one] + 1 for name, one in index.items()},
        would,
        case.distance(would, is_complete=not unknown),
    )


def _plainly_conforms(
    roster: Roster, closed: Closed, at: int, missing: Sequence[MissingInput]
) -> Finding | None:
    """The finding where every key says that the top was closed, without sorting everybody."""
    reading = roster.readings[at]
    if missing or roster.doubted or reading.selection.score is None or not roster.is_solvent:
        return None
    keys, places = roster.keys(at), roster.places
    own = [(keys[places[name]], name) for name in closed.lots if name in places]
    if len(own) < len(closed.lots):
        return None
    in_rows = [key for key, _ in own]
    own.sort(reverse=True)
    part = closed.partial
    if len(part) > 1 or (part and part[0] != own[-1][1]) or len(set(in_rows)) < len(own):
        return None
    candidates = len(keys)
    winners = roster.winners
    if reading.selection.in_profit_only and len(winners) < len(keys):
        if min(roster.unrealized[places[name]] for name in closed.lots) <= 0:
            return None
        keys = [keys[place] for place in winners]
        candidates = len(keys)
    lowest = own[-1][0]
    if len([None for key in keys if key >= lowest]) > len(own):
        return None
    return Finding(
        reading,
        Verdict.CONFORMS,
        None,
        (),
        (),
        0,
        0,
        candidates,
        losers_included=False,
        rows_in_order=Answer.of(in_rows == [key for key, _ in own]),
        ranks={name: rank for rank, (_, name) in enumerate(own, start=1)},
        would_close={name: closed.lots[name] for _, name in own},
        distance=Distance(0, 0, is_complete=True),
    )


def _indexes(roster: Roster, closed: Closed, line: Line) -> dict[AccountId, int]:
    """Where in the line everybody stands who was closed and is known."""
    found = {}
    for name in closed.lots:
        place = roster.places.get(name)
        if place is not None:
            try:
                found[name] = line.order.index(place)
            except ValueError:
                continue
    return found


def _closed_in_full(
    roster: Roster, closed: Closed, line: Line, index: Mapping[AccountId, int]
) -> Iterator[int]:
    for name, at in index.items():
        if closed.lots[name] >= roster.sizes[line.order[at]]:
            yield at


class _Case(NamedTuple):
    """What was closed, in the line of a reading.

    `places` say where in the line everybody stands who was closed; `full` are the places of those
    who kept nothing.
    """

    roster: Roster
    closed: Closed
    at: int
    line: Line
    places: Mapping[AccountId, int]
    full: frozenset[int]

    @property
    def worst(self) -> int:
        """Level of the last in line who was closed, which is where it begins; else 0."""
        return max((self.line.levels[one] for one in self.places.values()), default=0)

    @property
    def skipped_count(self) -> int:
        """How many stand before the last who was closed, and kept something."""
        if not self.roster.readings[self.at].selection.is_queue:
            return 0
        worst = self.worst
        return worst - sum(1 for one in self.full if one < worst)

    @property
    def skipped(self) -> tuple[AccountId, ...]:
        """The first of them."""
        if not self.skipped_count:
            return ()
        before = (one for one in range(self.worst) if one not in self.full)
        return tuple(self._name(one) for one in islice(before, NAMED_AT_MOST))

    @property
    def ties(self) -> int:
        """Who kept all and stands exactly level with the last who was closed."""
        levels, worst = self.line.levels, self.worst
        if not self.places:
            return 0
        closed = sum(1 for one in self.places.values() if levels[one] == worst)
        return bisect_right(levels, worst) - worst - closed

    @property
    def rows_in_order(self) -> bool | None:
        """Whether the rows stand in the order of the line; None where somebody is not known."""
        if len(self.places) < len(self.closed.lots):
            return None
        levels = [self.line.levels[self.places[name]] for name in self.closed.lots]
        return levels == sorted(levels)

    def _name(self, index: int) -> AccountId:
        return self.roster.accounts[self.line.order[index]]

    def pair(self, would: Mapping[AccountId, Lots], *, is_sure: bool) -> Pair | None:
        """Two accounts that show a violation; None where none do."""
        selection = self.roster.readings[self.at].selection
        if not selection.is_queue:
            return _unequal(self.closed, would) if is_sure else None
        if selection.place is not None and not is_sure:
            # A place depends on everybody who stands in the line.
            return None
        return self._not_a_candidate() or self._out_of_order() or self._two_partials()

    def _not_a_candidate(self) -> Pair | None:
        roster = self.roster
        for name in self.closed.lots:
            place = roster.places.get(name)
            if place is not None and roster.equities[place] <= 0:
                return Pair("not_a_candidate", None, None, name, None)
        return None

    def _out_of_order(self) -> Pair | None:
        roster, line = self.roster, self.line
        # Known and not in line: without profit, where winners suffice; all of them stand before.
        behind = [n for n in self.closed.lots if n in roster.places and n not in self.places]
        if behind:
            last, level = behind[-1], len(line.order)
        elif self.places:
            last = max(self.places, key=lambda name: self.places[name])
            level = line.levels[self.places[last]]
        else:
            return None
        first = next((one for one in range(level) if one not in self.full), None)
        if first is None:
            return None
        skipped = self._name(first)
        return Pair(
            "order",
            skipped,
            roster.fraction(self.at, skipped),
            last,
            roster.fraction(self.at, last),
        )

    def _two_partials(self) -> Pair | None:
        if len(self.closed.partial) < 2:
            return None
        nowhere = len(self.line.order)
        first, second = sorted(
            self.closed.partial, key=lambda name: self.places.get(name, nowhere)
        )[:2]
        score = self.roster.fraction
        return Pair("two_partials", first, score(self.at, first), second, score(self.at, second))

    def distance(
        self,
        would: Mapping[AccountId, Lots],
        *,
        is_complete: bool,
    ) -> Distance | None:
        """How far what was closed is from what the reading closes."""
        lots = self.closed.lots
        if any(name not in self.roster.places for name in lots):
            return None
        nowhere = len(self.line.order)
        moved = sum(max(0, given - would.get(name, 0)) for name, given in lots.items())
        levels = self.line.levels
        last = max(
            (
                levels[self.places[name]] + 1 if name in self.places else nowhere + 1
                for name in lots
            ),
            default=0,
        )
        # Who stands in a queue is closed from its top.
        return Distance(moved, max(0, last - len(would)), is_complete)


def _unequal(closed: Closed, would: Mapping[AccountId, Lots]) -> Pair | None:
    """One who gave less than its share and one who gave more; equal shares are no violation."""
    less = [name for name, lots in would.items() if closed.lots.get(name, 0) < lots]
    more = [name for name, lots in closed.lots.items() if lots > would.get(name, 0)]
    return Pair("share", less[0] if less else None, None, more[0], None) if more else None


def _unknown(roster: Roster, closed: Closed, at: int, line: Line) -> list[MissingInput]:
    """Whose numbers could change the answer, by code."""
    asks_for_profit = roster.readings[at].selection.in_profit_only
    only_winners = asks_for_profit and len(line.order) == line.winners
    # Without profit a holder stands behind all winners, whatever its equity.
    found = by_code(
        row
        for row in roster.doubted
        if not only_winners
        or row.unrealized is None
        or row.unrealized > 0
        or row.account in closed.lots
    )
    unseen = [
        name for name in closed.lots if name not in roster.places and name not in roster.doubts
    ]
    if unseen:
        found.setdefault(Missing.UNSEEN_HOLDERS, []).extend(unseen)
    return [
        MissingInput(code, tuple(names[:NAMED_AT_MOST]), len(names))
        for code, names in sorted(found.items())
    ]
