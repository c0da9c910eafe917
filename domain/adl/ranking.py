"""In which order do candidates stand, and who does not stand there at all?

Scores are exact fractions, compared through whole-number keys. Rough keys, floors that fit one
machine digit, sort nearly all of a long line and never stand against the exact order; where they
are equal, exact keys decide: two fractions with denominators below 2^b that differ do so by more
than 2^-2b, so their floors at shift 2b keep every difference and every tie. Ties go by unrealised
profit, notional, the older position, the account id.
"""

from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

from domain.adl.candidate import Candidate, Ranking, Score
from domain.adl.selection import Circumstances, Selection
from domain.adl.sorting import in_order
from domain.collector import quiet_collector
from domain.specification import AdlPolicy
from domain.units import Lots

ROUGH_BITS: Final = 29
"""Sorting is fastest while all keys fit one digit of Python's whole numbers, 30 bits."""

EXCLUSIONS: Final = (
    "bankrupt",
    "not_in_profit",
    "in_liquidation",
    "vault_excluded",
    "would_be_bankrupt",
    "basis_missing",
)
"""Exclusion codes; a candidate is counted under the first that applies."""


class Queue(NamedTuple):
    """All ranked rows in order, how many were excluded by which code, and whether losers stand
    in it.
    """

    rows: Ranking
    excluded: dict[str, int]
    losers_included: bool


def ranked(
    candidates: Iterable[Candidate],
    policy: AdlPolicy,
    selection: Selection,
    need: Lots,
    circumstances: Circumstances,
) -> Queue:
    """Order the candidates by the policy; losers are admitted only when the others cannot
    absorb `need`.
    """
    eligible: list[Candidate] = []
    losers: list[Candidate] = []
    excluded: dict[str, int] = {}
    asks_for_profit = selection.in_profit_only
    without_vaults = policy.vault_candidate == "excluded"
    for candidate in candidates:
        _, _, _, unrealized, _, equity, _, capacity, _, _, is_vault, is_busy, basis = candidate
        code = ""
        if equity <= 0:
            code = "bankrupt"
        else:
            if is_busy:
                code = "in_liquidation"
            elif without_vaults and is_vault:
                code = "vault_excluded"
            elif capacity == 0:
                code = "would_be_bankrupt"
            elif not basis:
                code = "basis_missing"
            if asks_for_profit and unrealized <= 0:
                if not code:
                    losers.append(candidate)
                code = "not_in_profit"
            elif not code:
                eligible.append(candidate)
                continue
        excluded[code] = excluded.get(code, 0) + 1
    winners = len(eligible)
    line = _in_order(eligible, policy, selection, circumstances, admitted_losers=False)
    losers_included = bool(losers) and sum(c.capacity for c in eligible) < need
    if losers_included:
        behind = _in_order(losers, policy, selection, circumstances, admitted_losers=True)
        line = line.followed_by(behind, winners)
        eligible += losers
        excluded["not_in_profit"] -= len(losers)
        if not excluded["not_in_profit"]:
            del excluded["not_in_profit"]
    rows = Ranking(eligible, line.order, line.scores, line.parts, winners)
    return Queue(rows, dict(sorted(excluded.items())), losers_included)


class _Line(NamedTuple):
    """Indexes of one pass's candidates in rank order; scores and parts stand as the candidates."""

    order: list[int]
    scores: Sequence[Score | None]
    parts: Sequence[tuple[Score, ...]]

    def followed_by(self, other: "_Line", count: int) -> "_Line":
        """Both passes as one line; the second's candidates are counted on from `count`."""
        return _Line(
            self.order + [count + at for at in other.order],
            [*self.scores, *other.scores],
            [*self.parts, *other.parts],
        )


def _in_order(
    candidates: Sequence[Candidate],
    policy: AdlPolicy,
    selection: Selection,
    circumstances: Circumstances,
    *,
    admitted_losers: bool,
) -> _Line:
    count = len(candidates)
    scores: Sequence[Score | None] = [None] * count
    parts: Sequence[tuple[Score, ...]] = [()] * count
    if selection.score is not None:
        score = selection.score
        with quiet_collector(count):
            found = [score(candidate, circumstances) for candidate in candidates]
        order, scores = _by_scores([found], candidates), found
    elif selection.parts is not None:
        parts = [selection.parts(candidate, circumstances) for candidate in candidates]
        order = _by_scores(list(zip(*parts, strict=True)), candidates)
    elif selection.place is not None:
        order = _by_places(selection.place(candidates, circumstances), candidates)
    elif admitted_losers:
        order = _by_places([-candidate.size for candidate in candidates], candidates)
    else:
        order = sorted(range(count), key=lambda at: tie(candidates[at]))
    if policy.vault_candidate in ("first", "last"):
        vaults_first = policy.vault_candidate == "first"
        order.sort(key=lambda at: candidates[at].is_vault, reverse=vaults_first)
    return _Line(order, scores, parts)


def _by_places(places: Sequence[int], candidates: Sequence[Candidate]) -> list[int]:
    """Indexes by place, lowest first; ties resolved."""
    order, equal = in_order(places)
    for start, end in equal:
        order[start:end] = sorted(order[start:end], key=lambda at: tie(candidates[at]))
    return order


def _by_scores(columns: Sequence[Sequence[Score]], candidates: Sequence[Candidate]) -> list[int]:
    """Indexes by the scores of the first column, highest first, equal ones by the next column;
    ties resolved.
    """
    if not candidates:
        return []
    order, equal = in_order(_rough_keys(columns[0]))
    for start, end in equal:
        near = order[start:end]
        exact = [_whole_keys([column[at] for at in near]) for column in columns]
        ties = [tie(candidates[at]) for at in near]
        keyed = sorted(zip(*exact, ties, near, strict=True))
        order[start:end] = [at for *_, at in keyed]
    return order


def tie(candidate: Candidate) -> tuple[int, int, int, str]:
    """What decides between equals: profit, notional, the older position, the account id.

    The account id closes the key: two replays must never disagree about who is next.
    """
    return (
        -candidate.unrealized,
        -candidate.notional,
        candidate.opened_seq,
        candidate.account,
    )


def _rough_keys(scores: Sequence[Score]) -> list[int]:
    """Small whole numbers that never stand against the order of the scores, the highest first.

    Floors at one shift, which a sample chooses; what lies beyond it is cut off, so that one score
    of another magnitude does not make all others equal.
    """
    sample = scores[:: len(scores) // 256 + 1]
    sizes = sorted(n.bit_length() - d.bit_length() + 1 for n, d in sample)
    shift = ROUGH_BITS - sizes[-1 - len(sizes) // 16]
    if shift >= 0:
        keys = [-((numerator << shift) // denominator) for numerator, denominator in scores]
    else:
        keys = [-((numerator >> -shift) // denominator) for numerator, denominator in scores]
    most = 1 << ROUGH_BITS
    if max(keys) > most or min(keys) < -most:
        keys = [max(-most, min(key, most)) for key in keys]
    return keys


def _whole_keys(scores: Sequence[Score]) -> list[int]:
    """Whole numbers that order like the scores, the highest first; equal scores get equal keys."""
    shift = 2 * max(denominator for _, denominator in scores).bit_length()
    return [-((numerator << shift) // denominator) for numerator, denominator in scores]
