"""Were those closed whom the reading closes, or is there a pair of accounts that shows otherwise?

A verdict is about the lots that were closed: did they come from the top of the order? `violates`
needs one pair of accounts that are both fully known, whatever is not known about others. `conforms`
needs everybody: one holder whose score is unknown, or who may exist unseen, leaves the decision
`undecidable`, with the list of what is missing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from typing import NamedTuple

from domain.audit.holders import Holder
from domain.audit.knowledge import Doubt, Missing
from domain.audit.line import Line, line_of, shares_of
from domain.audit.readings import Reading
from domain.units import AccountId, Lots

NAMED_AT_MOST = 10


class Verdict(StrEnum):
    """What an audit says about a decision under a reading."""

    CONFORMS = "conforms"
    VIOLATES = "violates"
    UNDECIDABLE = "undecidable"


class Answer(StrEnum):
    """What a check says."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"

    @classmethod
    def of(cls, value: bool | None) -> "Answer":
        """The answer that a truth value stands for; None is unknown."""
        return cls.UNKNOWN if value is None else cls.YES if value else cls.NO


class Pair(NamedTuple):
    """Two accounts that show a violation, with their exact scores where the reading has any.

    `kind` is `order` (the skipped one stands before the closed one), `two_partials` (both were
    closed in part, and only the last may be), `not_a_candidate` (the closed one could not be
    chosen; nobody need have been skipped) or `share` (one gave less than its share, one more).
    """

    kind: str
    skipped: AccountId | None
    skipped_score: Fraction | None
    closed: AccountId
    closed_score: Fraction | None


class MissingInput(NamedTuple):
    """Something that nobody can know from the log: its code, whose it is (the first), how many."""

    code: str
    accounts: tuple[AccountId, ...]
    number: int


class Distance(NamedTuple):
    """How far what was closed is from what the reading closes, among the known candidates.

    Lots that came from others than the reading says, and how many ranks the last account that was
    closed stands behind the last one that the reading closes.
    """

    quantity: Lots
    ranks: int
    is_complete: bool


@dataclass(frozen=True, slots=True)
class Finding:
    """The verdict on one decision under one reading, with what shows it."""

    reading: Reading
    verdict: Verdict
    pair: Pair | None
    missing: tuple[MissingInput, ...]
    skipped: tuple[AccountId, ...]
    ties: int
    candidates: int
    losers_included: bool
    rows_in_order: Answer
    ranks: Mapping[AccountId, int]
    would_close: Mapping[AccountId, Lots]
    distance: Distance | None


class Closed(NamedTuple):
    """What was closed in a decision: lots by account in the order of the rows, who kept a part."""

    lots: Mapping[AccountId, Lots]
    partial: tuple[AccountId, ...]

    @property
    def quantity(self) -> Lots:
        """Lots of all victims."""
        return sum(self.lots.values())


def finding(
    holders: Sequence[Holder],
    closed: Closed,
    reading: Reading,
    at: int,
    missing: Sequence[MissingInput],
) -> Finding:
    """The verdict of the reading at index `at` of those that the holders were scored by."""
    need = closed.quantity
    line = line_of(holders, reading, at, need)
    found = {holder.account: holder for holder in holders}
    place = {holder.account: index for index, holder in enumerate(line.holders)}
    unknown = [*missing, *_unknown(holders, found, closed, reading, line)]
    is_queue = reading.selection.is_queue
    would = line.shares(need) if is_queue else shares_of(holders, reading, need)
    if not is_queue:
        pair = None if unknown else _unequal(closed, would)
    elif reading.selection.place is not None and unknown:
        # A place depends on everybody who stands in the line.
        pair = None
    else:
        pair = _violation(line, place, found, closed, at)
    if pair is not None and any(one.code == Missing.ORDER_IN_BLOCK for one in missing):
        pair = None
    verdict = Verdict.CONFORMS
    if pair is not None:
        verdict = Verdict.VIOLATES
    elif unknown:
        verdict = Verdict.UNDECIDABLE
    levels = [line.levels[place[name]] for name in closed.lots if name in place]
    worst = max(levels, default=-1)
    left = [h for h in line.holders if closed.lots.get(h.account, 0) < h.size] if is_queue else []
    skipped = tuple(h.account for h in left if line.levels[place[h.account]] < worst)
    all_known = all(name in place for name in closed.lots)
    return Finding(
        reading,
        verdict,
        pair,
        tuple(unknown) if verdict is Verdict.UNDECIDABLE else (),
        skipped,
        sum(1 for h in left if line.levels[place[h.account]] == worst and len(levels) > 0),
        len(line.holders),
        any(place[name] >= line.winners for name in closed.lots if name in place),
        Answer.of(levels == sorted(levels) if all_known and is_queue else None),
        {name: _rank(line, place[name]) for name in closed.lots if name in place},
        would,
        _distance(line, place, closed, would, is_complete=not unknown) if all_known else None,
    )


def _rank(line: Line, index: int) -> int:
    """The best rank that an account has among those it stands level with."""
    level = line.levels[index]
    while index and line.levels[index - 1] == level:
        index -= 1
    return index + 1


def _violation(
    line: Line,
    place: Mapping[AccountId, int],
    found: Mapping[AccountId, Holder],
    closed: Closed,
    at: int,
) -> Pair | None:
    for name in closed.lots:
        holder = found.get(name)
        if holder is not None and holder.candidate is not None and holder.candidate.equity <= 0:
            return Pair("not_a_candidate", None, None, name, None)
    known = [name for name in closed.lots if name in place]
    behind = [
        name
        for name in closed.lots
        if name not in place and (holder := found.get(name)) is not None and holder.keys
    ]
    # Known accounts outside the line: losers where winners suffice, so somebody stands before them.
    last = behind[-1] if behind else max(known, key=lambda name: place[name], default=None)
    if last is not None:
        level = line.levels[place[last]] if last in place else len(line.levels) + 1
        for holder in line.holders:
            if line.levels[place[holder.account]] >= level:
                break
            if closed.lots.get(holder.account, 0) < holder.size:
                return Pair(
                    "order",
                    holder.account,
                    _score(holder, at),
                    last,
                    _score(found[last], at),
                )
    if len(closed.partial) > 1:
        first, second = sorted(
            closed.partial[:2], key=lambda name: place.get(name, len(line.holders))
        )
        scores = (_score(found[n], at) if n in found else None for n in (first, second))
        return Pair("two_partials", first, next(scores), second, next(scores))
    return None


def _unequal(closed: Closed, would: Mapping[AccountId, Lots]) -> Pair | None:
    """One who gave less than its share and one who gave more; equal shares are no violation."""
    less = [name for name, lots in would.items() if closed.lots.get(name, 0) < lots]
    more = [name for name, lots in closed.lots.items() if lots > would.get(name, 0)]
    return Pair("share", less[0] if less else None, None, more[0], None) if more else None


def _score(holder: Holder, at: int) -> Fraction | None:
    score = holder.scores[at] if holder.scores else None
    return None if score is None else score.fraction()


def _unknown(
    holders: Sequence[Holder],
    found: Mapping[AccountId, Holder],
    closed: Closed,
    reading: Reading,
    line: Line,
) -> list[MissingInput]:
    """Whose numbers could change the answer, by code."""
    unseen = [name for name in closed.lots if name not in found]
    only_winners = reading.selection.in_profit_only and len(line.holders) == line.winners
    by_code: dict[str, list[AccountId]] = {}
    for holder in holders:
        if not holder.doubts:
            continue
        lots = closed.lots.get(holder.account, 0)
        profit = holder.unrealized
        if not lots and only_winners and profit is not None and profit <= 0:
            # Without profit it stands behind all winners, whatever its equity.
            continue
        for doubt in holder.doubts:
            by_code.setdefault(_code(doubt, holder), []).append(holder.account)
    if unseen:
        by_code.setdefault(Missing.UNSEEN_HOLDERS, []).extend(unseen)
    return [
        MissingInput(code, tuple(names[:NAMED_AT_MOST]), len(names))
        for code, names in sorted(by_code.items())
    ]


def _code(doubt: Doubt, holder: Holder) -> str:
    if doubt in (Doubt.MARK_MISSING, Doubt.MARK_OLD) and len(holder.doubtful_marks) == 1:
        return f"{doubt}:{holder.doubtful_marks[0]}"
    return str(doubt)


def _distance(
    line: Line,
    place: Mapping[AccountId, int],
    closed: Closed,
    would: Mapping[AccountId, Lots],
    *,
    is_complete: bool,
) -> Distance:
    moved = sum(max(0, lots - would.get(name, 0)) for name, lots in closed.lots.items())
    last = max((_rank(line, place[name]) for name in closed.lots), default=0)
    last_by_rule = max((place[name] + 1 for name in would if name in place), default=0)
    return Distance(moved, max(0, last - last_by_rule), is_complete)
