"""In which order do the known candidates stand under a reading, and who stands level with whom?

Scores and ties are the policies' own. A key has all digits of a score but the last ones; where two
keys are equal the scores themselves decide, so equal levels are exactly equal scores.
"""

from collections.abc import Sequence
from fractions import Fraction
from typing import NamedTuple

from domain.adl.allocation import allocated
from domain.adl.candidate import Candidate
from domain.adl.ranking import Standing, ranked, tie
from domain.adl.selection import Circumstances
from domain.audit.holders import Holder
from domain.audit.readings import Reading
from domain.units import AccountId, Lots


class Line(NamedTuple):
    """The known candidates of a reading, best first.

    Equal `levels` mean that the reading says nothing about who comes first. Winners end where
    `winners` says; who follows is admitted only when they do not suffice.
    """

    holders: list[Holder]
    levels: list[int]
    winners: int

    def shares(self, need: Lots) -> dict[AccountId, Lots]:
        """Who gives how many of `need` lots when the line is closed from its top."""
        found: dict[AccountId, Lots] = {}
        for holder in self.holders:
            if not need:
                break
            given = min(need, holder.size)
            found[holder.account] = given
            need -= given
        return found


def line_of(holders: Sequence[Holder], reading: Reading, at: int, need: Lots) -> Line:
    """The line of the reading at index `at`, for a need of so many lots."""
    known = [holder for holder in holders if holder.keys]
    if reading.selection.score is None:
        return _in_policy_order(known, reading, need)
    if not reading.selection.in_profit_only:
        order, levels = _by_score(known, at)
        return Line(order, levels, len(order))
    # Zero profit is none.
    winners = [holder for holder in known if (holder.unrealized or 0) > 0]
    order, levels = _by_score(winners, at)
    if sum(holder.size for holder in winners) < need:
        losers = [holder for holder in known if (holder.unrealized or 0) <= 0]
        behind, more = _by_score(losers, at)
        above = levels[-1] + 1 if levels else 0
        return Line(order + behind, levels + [above + level for level in more], len(order))
    return Line(order, levels, len(order))


def _by_score(holders: list[Holder], at: int) -> tuple[list[Holder], list[int]]:
    keys = [holder.keys[at] for holder in holders]
    order = sorted(range(len(keys)), key=keys.__getitem__, reverse=True)
    found = [holders[index] for index in order]
    ordered = [keys[index] for index in order]
    if len(set(ordered)) == len(ordered):
        return found, list(range(len(found)))
    return _settled(found, ordered, at)


def _settled(holders: list[Holder], keys: list[int], at: int) -> tuple[list[Holder], list[int]]:
    """Equal keys put into the exact order of their scores, exact ties in the policies' order."""
    found: list[Holder] = []
    levels: list[int] = []
    start = 0
    while start < len(holders):
        end = start + 1
        while end < len(holders) and keys[end] == keys[start]:
            end += 1
        run = [(_score(holder, at), holder) for holder in holders[start:end]]
        run.sort(key=lambda pair: (-pair[0], *tie(_candidate(pair[1]))))
        last: Fraction | None = None
        for score, holder in run:
            if score != last:
                level = len(found)
            levels.append(level)
            found.append(holder)
            last = score
        start = end
    return found, levels


def _score(holder: Holder, at: int) -> Fraction:
    score = holder.scores[at]
    return Fraction(0) if score is None else score.fraction()


def _candidate(holder: Holder) -> Candidate:
    if holder.candidate is None:
        message = f"{holder.account} is in doubt and stands in no line"
        raise ValueError(message)
    return holder.candidate


def standings(holders: Sequence[Holder]) -> list[Standing]:
    """The known candidates as a policy takes them."""
    return [Standing(h.candidate, False, True) for h in holders if h.candidate is not None]


def _in_policy_order(known: list[Holder], reading: Reading, need: Lots) -> Line:
    """The order of a policy that compares, places or shares; nobody stands level."""
    about = Circumstances(reading.policy.parameters)
    queue = ranked(standings(known), reading.policy, reading.selection, need, about)
    by_account = {holder.account: holder for holder in known}
    order = [by_account[row.candidate.account] for row in queue.rows]
    winners = sum(1 for row in queue.rows if not row.admitted_loser)
    return Line(order, list(range(len(order))), winners)


def shares_of(holders: Sequence[Holder], reading: Reading, need: Lots) -> dict[AccountId, Lots]:
    """Who gives how many of `need` lots under a policy of shares."""
    about = Circumstances(reading.policy.parameters)
    queue = ranked(standings(holders), reading.policy, reading.selection, need, about)
    rows = allocated(queue.rows, reading.selection, need, about)
    return {row.candidate.account: row.closed for row in rows if row.closed}
