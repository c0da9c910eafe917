"""In which order do candidates stand, and who does not stand there at all?

Scores are exact fractions, compared through whole-number keys: two fractions with denominators
below 2^b that differ do so by more than 2^-2b, so their floors at shift 2b keep every difference
and every tie. Ties go by unrealised profit, notional, the older position, the account id.
"""

from collections.abc import Iterable, Sequence
from functools import partial
from typing import Final, NamedTuple

from domain.adl.candidate import Candidate, Ranked, Score
from domain.adl.selection import Circumstances, Selection
from domain.specification import AdlPolicy
from domain.units import Lots

Columns = list[list[int]]

# A named tuple's own constructor costs twice as much, and a ranking makes one per candidate.
_ranked = partial(tuple.__new__, Ranked)

EXCLUSIONS: Final = (
    "bankrupt",
    "not_in_profit",
    "in_liquidation",
    "vault_excluded",
    "would_be_bankrupt",
    "basis_missing",
)
"""Exclusion codes; a candidate is counted under the first that applies."""


class Standing(NamedTuple):
    """A candidate with the facts that may exclude it."""

    candidate: Candidate
    in_liquidation: bool
    basis_known: bool


class Queue(NamedTuple):
    """All ranked rows in order, how many were excluded by which code, and whether losers stand
    in it.
    """

    rows: tuple[Ranked, ...]
    excluded: dict[str, int]
    losers_included: bool


def ranked(
    standings: Iterable[Standing],
    policy: AdlPolicy,
    selection: Selection,
    need: Lots,
    circumstances: Circumstances | None = None,
) -> Queue:
    """Order the candidates by the policy; losers are admitted only when the others cannot
    absorb `need`.
    """
    circumstances = circumstances or Circumstances(policy.parameters)
    eligible: list[Candidate] = []
    losers: list[Candidate] = []
    excluded: dict[str, int] = {}
    asks_for_profit = selection.in_profit_only
    without_vaults = policy.vault_candidate == "excluded"
    for candidate, in_liquidation, basis_known in standings:
        if candidate.equity <= 0:
            code = "bankrupt"
        else:
            code = ""
            if in_liquidation:
                code = "in_liquidation"
            elif without_vaults and candidate.is_vault:
                code = "vault_excluded"
            elif candidate.capacity == 0:
                code = "would_be_bankrupt"
            elif not basis_known:
                code = "basis_missing"
            if asks_for_profit and candidate.unrealized <= 0:
                if not code:
                    losers.append(candidate)
                code = "not_in_profit"
            elif not code:
                eligible.append(candidate)
                continue
        excluded[code] = excluded.get(code, 0) + 1
    rows = _in_order(eligible, policy, selection, circumstances, admitted_losers=False)
    if losers and sum(candidate.capacity for candidate in eligible) < need:
        rows += _in_order(losers, policy, selection, circumstances, admitted_losers=True)
        excluded["not_in_profit"] -= len(losers)
        if not excluded["not_in_profit"]:
            del excluded["not_in_profit"]
    else:
        losers = []
    return Queue(tuple(rows), dict(sorted(excluded.items())), bool(losers))


def _in_order(
    candidates: Sequence[Candidate],
    policy: AdlPolicy,
    selection: Selection,
    circumstances: Circumstances,
    *,
    admitted_losers: bool,
) -> list[Ranked]:
    columns, scores, parts = _keys(candidates, selection, circumstances)
    if not selection.is_queue and admitted_losers:
        columns = [[-candidate.size for candidate in candidates]]
    if policy.vault_candidate in ("first", "last"):
        ahead = -1 if policy.vault_candidate == "first" else 1
        columns = [[ahead if candidate.is_vault else 0 for candidate in candidates], *columns]
    return [
        _ranked((candidates[at], scores[at], 0, admitted_losers, parts[at]))
        for at in _sorted_by(columns, candidates)
    ]


def _sorted_by(columns: Columns, candidates: Sequence[Candidate]) -> list[int]:
    """Indexes in the order of the columns, ties resolved.

    Whole numbers are sorted first; the longer key of the ties is made for equal ones only.
    """
    if not columns:
        return sorted(range(len(candidates)), key=lambda at: tie(candidates[at]))
    keys: Sequence[int] | list[tuple[int, ...]]
    keys = columns[0] if len(columns) == 1 else list(zip(*columns, strict=True))
    order = sorted(range(len(candidates)), key=keys.__getitem__)
    start = 0
    for end in range(1, len(order) + 1):
        if end == len(order) or keys[order[end]] != keys[order[start]]:
            if end - start > 1:
                order[start:end] = sorted(order[start:end], key=lambda at: tie(candidates[at]))
            start = end
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


def _keys(
    candidates: Sequence[Candidate], selection: Selection, circumstances: Circumstances
) -> tuple[Columns, Sequence[Score | None], Sequence[tuple[Score, ...]]]:
    """Columns of whole sort keys, lowest first, with the scores or parts that they stand for."""
    nothing: list[Score | None] = [None] * len(candidates)
    no_parts: list[tuple[Score, ...]] = [()] * len(candidates)
    if selection.score is not None:
        score = selection.score
        scores = [score(candidate, circumstances) for candidate in candidates]
        return [_whole_keys(scores)], scores, no_parts
    if selection.parts is not None:
        parts = [selection.parts(candidate, circumstances) for candidate in candidates]
        return [_whole_keys(column) for column in zip(*parts, strict=True)], nothing, parts
    if selection.place is not None:
        return [list(selection.place(candidates, circumstances))], nothing, no_parts
    return [], nothing, no_parts


def _whole_keys(scores: Sequence[Score]) -> list[int]:
    """Whole numbers that order like the scores, the highest first; equal scores get equal keys."""
    if not scores:
        return []
    shift = 2 * max(denominator for _, denominator in scores).bit_length()
    return [-((numerator << shift) // denominator) for numerator, denominator in scores]
