"""In which order do candidates stand, and who does not stand there at all?

Scores are exact fractions, compared through whole-number keys: two fractions with denominators
below 2^b that differ do so by more than 2^-2b, so their floors at shift 2b keep every difference
and every tie. Ties go by unrealised profit, notional, the older position, the account id.
"""

from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

from domain.adl.candidate import Candidate, Ranked, Score
from domain.adl.selection import Circumstances, Selection
from domain.specification import AdlPolicy
from domain.units import Lots

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
    for standing in standings:
        code = _exclusion(standing, policy, selection)
        if code is None:
            eligible.append(standing.candidate)
            continue
        excluded[code] = excluded.get(code, 0) + 1
        if code == "not_in_profit" and _exclusion(standing, policy, None) is None:
            losers.append(standing.candidate)
    rows = _in_order(eligible, policy, selection, circumstances, admitted_losers=False)
    if losers and sum(candidate.capacity for candidate in eligible) < need:
        rows += _in_order(losers, policy, selection, circumstances, admitted_losers=True)
        excluded["not_in_profit"] -= len(losers)
        if not excluded["not_in_profit"]:
            del excluded["not_in_profit"]
    else:
        losers = []
    return Queue(tuple(rows), dict(sorted(excluded.items())), bool(losers))


def _exclusion(standing: Standing, policy: AdlPolicy, selection: Selection | None) -> str | None:
    """First code that excludes a candidate; without a selection, profit is not asked for."""
    candidate = standing.candidate
    if candidate.equity <= 0:
        return "bankrupt"
    if selection is not None and selection.in_profit_only and candidate.unrealized <= 0:
        return "not_in_profit"
    if standing.in_liquidation:
        return "in_liquidation"
    if candidate.is_vault and policy.vault_candidate == "excluded":
        return "vault_excluded"
    if candidate.capacity == 0:
        return "would_be_bankrupt"
    return None if standing.basis_known else "basis_missing"


def _in_order(
    candidates: Sequence[Candidate],
    policy: AdlPolicy,
    selection: Selection,
    circumstances: Circumstances,
    *,
    admitted_losers: bool,
) -> list[Ranked]:
    keys, scores, parts = _keys(candidates, selection, circumstances)
    if not selection.is_queue and admitted_losers:
        keys = [(-candidate.size,) for candidate in candidates]
    vaults = {"first": -1, "last": 1}.get(policy.vault_candidate, 0)
    order = sorted(
        range(len(candidates)),
        key=lambda at: (
            vaults if candidates[at].is_vault else 0,
            *keys[at],
            -candidates[at].unrealized,
            -candidates[at].notional,
            candidates[at].opened_seq,
            candidates[at].account,
        ),
    )
    return [Ranked(candidates[at], scores[at], 0, admitted_losers, parts[at]) for at in order]


Keys = list[tuple[int, ...]]


def _keys(
    candidates: Sequence[Candidate], selection: Selection, circumstances: Circumstances
) -> tuple[Keys, list[Score | None], list[tuple[Score, ...]]]:
    """Whole sort keys, lowest first, with the score or the parts they stand for."""
    nothing: list[Score | None] = [None] * len(candidates)
    no_parts: list[tuple[Score, ...]] = [()] * len(candidates)
    if selection.score is not None:
        scores = [selection.score(candidate, circumstances) for candidate in candidates]
        return [(-key,) for key in _whole_keys(scores)], list(scores), no_parts
    if selection.parts is not None:
        parts = [selection.parts(candidate, circumstances) for candidate in candidates]
        columns = [_whole_keys(column) for column in zip(*parts, strict=True)]
        return (
            [tuple(-key for key in row) for row in zip(*columns, strict=True)],
            nothing,
            parts,
        )
    if selection.place is not None:
        return (
            [(at,) for at in selection.place(candidates, circumstances)],
            nothing,
            no_parts,
        )
    return [()] * len(candidates), nothing, no_parts


def _whole_keys(scores: Sequence[Score]) -> list[int]:
    """Whole numbers that order exactly like the scores; equal scores get equal keys."""
    if not scores:
        return []
    shift = 2 * max(score.denominator for score in scores).bit_length()
    return [(score.numerator << shift) // score.denominator for score in scores]
