"""In which order do the known candidates stand under a reading, and who stands level with whom?

Scores and ties are the policies' own. A key has all digits of a score but the last ones; where two
keys are equal the scores themselves decide, so equal levels are exactly equal scores.
"""

from collections.abc import Mapping, Sequence
from fractions import Fraction
from itertools import islice
from operator import eq
from typing import NamedTuple

from domain.adl.allocation import allocated
from domain.adl.ranking import Queue, ranked, tie
from domain.adl.selection import Circumstances
from domain.audit.roster import Roster
from domain.units import AccountId, Lots


class Line(NamedTuple):
    """Places (in the roster) of the known candidates of a reading, best first.

    Equal `levels` mean that the reading says nothing about who comes first; a level is the index of
    the first who stands there. The first `winners` are in profit, or the reading does not ask; who
    follows is admitted only when they do not suffice.
    """

    order: Sequence[int]
    levels: Sequence[int]
    winners: int

    def shares(self, roster: Roster, need: Lots) -> dict[AccountId, Lots]:
        """Who gives how many of `need` lots when the line is closed from its top."""
        found: dict[AccountId, Lots] = {}
        sizes = roster.sizes
        for place in self.order:
            if not need:
                break
            given = min(need, sizes[place])
            found[roster.accounts[place]] = given
            need -= given
        return found


def ranks_of(roster: Roster, at: int, need: Lots) -> dict[AccountId, int]:
    """Rank of every known candidate of a reading; who stands level has the same."""
    line = line_of(roster, at, need)
    places = zip(line.order, line.levels, strict=True)
    return {roster.accounts[place]: level + 1 for place, level in places}


def line_of(roster: Roster, at: int, need: Lots) -> Line:
    """The line of the reading at index `at`, for a need of so many lots."""
    reading = roster.readings[at]
    if reading.selection.score is None:
        return _in_policy_order(roster, at, need)
    equities = roster.equities
    solvent: Sequence[int] = range(len(equities))
    if not roster.is_solvent:
        solvent = [place for place in solvent if equities[place] > 0]
    if not reading.selection.in_profit_only:
        order, levels = _by_key(roster, at, solvent)
        return Line(order, levels, len(order))
    unrealized, winners = roster.unrealized, roster.winners
    order, levels = _by_key(roster, at, winners)
    if len(winners) < len(solvent) and sum(map(roster.sizes.__getitem__, winners)) < need:
        behind, more = _by_key(roster, at, [place for place in solvent if unrealized[place] <= 0])
        levels = [*levels, *(len(order) + level for level in more)]
        return Line([*order, *behind], levels, len(order))
    return Line(order, levels, len(order))


def _by_key(roster: Roster, at: int, places: Sequence[int]) -> tuple[list[int], Sequence[int]]:
    keys = roster.keys(at)
    last = roster.orders.get(at)
    is_everybody = len(places) == len(keys)
    # Sorting what is nearly sorted costs little, and little changes from close to close.
    start = last if last is not None and is_everybody else places
    order = sorted(start, key=keys.__getitem__, reverse=True)
    if is_everybody:
        roster.orders[at] = order
    ordered = [keys[place] for place in order]
    if not any(map(eq, ordered, islice(ordered, 1, None))):
        return order, range(len(order))
    return _settled(roster, at, list(order), ordered)


def _settled(
    roster: Roster, at: int, order: list[int], keys: list[int]
) -> tuple[list[int], list[int]]:
    """Equal keys put into the exact order of their scores, exact ties in the policies' order."""
    levels = list(range(len(order)))
    start = 0
    while start < len(order):
        end = start + 1
        while end < len(order) and keys[end] == keys[start]:
            end += 1
        if end - start > 1:
            run = [(_exact(roster, at, place), place) for place in order[start:end]]
            run.sort(key=lambda pair: (-pair[0], *tie(roster.candidate(pair[1]))))
            level, last = start, run[0][0]
            for index, (score, place) in enumerate(run, start):
                if score != last:
                    level, last = index, score
                levels[index], order[index] = level, place
        start = end
    return order, levels


def _exact(roster: Roster, at: int, place: int) -> Fraction:
    score = roster.score(at, place)
    return Fraction(0) if score is None else Fraction(*score)


def _in_policy_order(roster: Roster, at: int, need: Lots) -> Line:
    """The order of a policy that compares, places or shares; nobody stands level."""
    queue, _ = queue_of(roster, at, need)
    order = [roster.places[row.candidate.account] for row in queue.rows]
    winners = sum(1 for row in queue.rows if not row.admitted_loser)
    return Line(order, range(len(order)), winners)


def queue_of(roster: Roster, at: int, need: Lots) -> tuple[Queue, Circumstances]:
    """The known candidates as the policy of a reading ranks them."""
    reading, about = roster.readings[at], roster.abouts[at]
    everybody = map(roster.candidate, range(len(roster.accounts)))
    return ranked(everybody, reading.policy, reading.selection, need, about), about


def shares_of(roster: Roster, at: int, need: Lots) -> Mapping[AccountId, Lots]:
    """Who gives how many of `need` lots under a policy of shares."""
    queue, about = queue_of(roster, at, need)
    rows = allocated(queue.rows, roster.readings[at].selection, need, about)
    return {row.candidate.account: row.closed for row in rows if row.closed}
