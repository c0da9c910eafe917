"""What is the nearest change in a victim's own numbers that would have spared it?

Only the victim's equity is varied, everything else stays: with more equity the account is less
leveraged and stands further back. The threshold is found on the order of the queue and then
proved by deciding the whole case again, once with it and once with one quote unit less.
"""

from typing import NamedTuple

from domain.adl.allocation import allocated
from domain.adl.candidate import Candidate, Ranked
from domain.adl.decision import Decision, circumstances, standings
from domain.adl.policies import selection_of
from domain.adl.ranking import Standing, ranked
from domain.margin import capacity
from domain.market import Market
from domain.specification import AdlPolicy
from domain.units import AccountId, Lots, QuoteUnits
from domain.venue import Venue

MORE_THAN_ANYBODY_HOLDS: Lots = 10**40
LARGEST_EQUITY: QuoteUnits = 10**40


class Case(NamedTuple):
    """A decision with everything it was made from."""

    venue: Venue
    market: Market
    policy: AdlPolicy
    decided: Decision
    side: int


def equity_that_spares(case: Case, victim: AccountId) -> QuoteUnits | None:
    """The smallest equity with which `victim` would not have been closed; None when no equity does.

    None too where candidates share instead of standing in line.
    """
    selection = selection_of(case.policy)
    # A place that is given, by a list or a seed, does not follow from anybody's equity.
    if not selection.is_queue or selection.place is not None:
        return None
    row = next(row for row in case.decided.rows if row.candidate.account == victim)
    last = _last_needed_without(case.decided, victim)
    if last is None or not row.closed:
        return None
    low, high = row.candidate.equity, row.candidate.equity + 1
    while not _stands_behind(case, row.candidate, last.candidate, high):
        low, high = high, high * 2
        if high > LARGEST_EQUITY:
            return None
    while high - low > 1:
        middle = (low + high) // 2
        if _stands_behind(case, row.candidate, last.candidate, middle):
            high = middle
        else:
            low = middle
    is_threshold = not _is_closed(case, victim, high) and _is_closed(case, victim, high - 1)
    return high if is_threshold else None


def _last_needed_without(decided: Decision, victim: AccountId) -> Ranked | None:
    """The row at which the others alone meet the need; None when they cannot."""
    left = decided.needed
    for row in decided.rows:
        if row.candidate.account != victim:
            left -= row.candidate.capacity
            if left <= 0:
                return row
    return None


def _stands_behind(case: Case, victim: Candidate, other: Candidate, equity: QuoteUnits) -> bool:
    pair = [
        Standing(_with_equity(case, victim, equity), in_liquidation=False, basis_known=True),
        Standing(other, in_liquidation=False, basis_known=True),
    ]
    about = circumstances(case.market, case.policy)
    selection = selection_of(case.policy)
    rows = ranked(pair, case.policy, selection, MORE_THAN_ANYBODY_HOLDS, about).rows
    return rows[0].candidate.account == other.account


def _is_closed(case: Case, victim: AccountId, equity: QuoteUnits) -> bool:
    """Decide again, with the victim's equity changed and nothing else."""
    selection = selection_of(case.policy)
    holders = [
        standing._replace(candidate=_with_equity(case, standing.candidate, equity))
        if standing.candidate.account == victim
        else standing
        for standing in standings(case.venue, case.market, case.side, case.decided.close_price)
    ]
    about = circumstances(case.market, case.policy)
    rows = ranked(holders, case.policy, selection, case.decided.needed, about).rows
    closed = allocated(rows, selection, case.decided.needed, about)
    return any(row.closed for row in closed if row.candidate.account == victim)


def _with_equity(case: Case, candidate: Candidate, equity: QuoteUnits) -> Candidate:
    return candidate._replace(
        equity=equity,
        capacity=capacity(
            equity=equity,
            quantity=candidate.quantity,
            mark_price=case.market.price,
            price=case.decided.close_price,
            point_value=case.market.point_value,
        ),
    )
