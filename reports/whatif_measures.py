"""What do the decisions of a range add up to under one policy?

Sums over decisions. A liquidation that was decided several times has its need and its deficit
counted once: a retry asks again for what the decision before it left open, and its account lacks
what it lacked before. What is a state and no sum (capacity, deficits of all accounts) is given for
a single decision here, and for a range as its extremes.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from domain.specification import MarketSpec
from domain.units import AccountId, Lots, MarketId, QuoteUnits
from reports.metrics import (
    Overshoot,
    Ratio,
    gini,
    largest_haircut_of_equity,
    largest_haircut_of_profit,
    largest_share,
    overshoot,
    severity,
)
from reports.whatif import Compared, Outcome
from reports.whatif_states import CAPACITY_AFTER_IS, DEFICIT_AFTER_IS, RATIO, State, state_of

GINI_IS: Final = (
    "Σ |x − y| over pairs of accounts that could be asked, x and y what they gave up (at least 0)",
    "2 · number of these accounts · Σ x",
)


COUNTED: Final = {
    "needed": (
        "lots that the liquidations of the range had to close, once for each liquidation and "
        "market: a retry adds only what the decision before it had not left open"
    ),
    "residual": "lots open after the last decision of the range of each liquidation and market",
    "deficit": (
        "max(−equity, 0) of the bankrupt accounts, once for each liquidation, where it was largest"
    ),
    "closed": (
        "lots of all decisions; a retry is decided again on the recorded venue, so what another "
        "policy had closed before it may be closed again in it, and its cost with it"
    ),
    "overshoot_quantity": "lots closed beyond the need of each decision, summed",
    RATIO: f"of each decision alone, never summed: {CAPACITY_AFTER_IS}; over {DEFICIT_AFTER_IS}",
}
"""Over what each measure of a range is counted."""


class _Part(NamedTuple):
    """The lots of a liquidation that several decisions may have tried to close."""

    liquidation: str
    market: MarketId
    side: int


@dataclass(frozen=True, slots=True)
class Measures:
    """All measures of one policy over a range; None where a sum would mean nothing."""

    market: MarketSpec | None
    """The one market of the range; lots of several markets do not add up."""
    accounts_touched: int
    closed: Lots
    needed: Lots
    """Once for each liquidation and market."""
    residual: Lots
    """What the last decision of each liquidation and market leaves open."""
    liquidations: int
    cost: QuoteUnits
    deficit: QuoteUnits
    overshoot: Overshoot
    state: State
    ratios: dict[str, Ratio]


def measured(decisions: Sequence[Compared], at: int | None) -> Measures:
    """The measures of what was done (None) or of the choice at this index."""
    outcomes = [found.outcome(at) for found in decisions]
    taken = [row for outcome in outcomes for row in outcome.taken]
    markets = {found.spec.id: found.spec for found in decisions}
    closed = sum(row.closed for row in taken)
    # Lots of a retry are needed once, but each decision alone can close too many.
    beyond = sum(
        max(0, -found.residual(one)) for found, one in zip(decisions, outcomes, strict=True)
    )
    cost, deficit = sum(row.cost for row in taken), _deficit(decisions)
    realized = sum(row.realized for row in taken)
    ratios = {
        "largest_share": largest_share(taken),
        "gini": _gini(decisions, outcomes),
        "severity": severity(cost, deficit),
        "largest_haircut_of_equity": largest_haircut_of_equity(taken),
        "largest_haircut_of_profit": largest_haircut_of_profit(taken),
    }
    state = State()
    if len(decisions) == 1:
        state, ratios[RATIO] = state_of(decisions[0], outcomes[0])
    return Measures(
        next(iter(markets.values())) if len(markets) == 1 else None,
        len({row.account for row in taken}),
        closed,
        _needed(decisions),
        _left_open(decisions, outcomes),
        len({found.liquidation for found in decisions}),
        cost,
        deficit,
        overshoot(needed=0, closed=beyond, cost=cost, realized=realized, deficit=deficit),
        state,
        ratios,
    )


def _needed(decisions: Sequence[Compared]) -> Lots:
    """A retry needs again what the decision before it left open: only what is more is added."""
    needed, left = 0, dict[_Part, Lots]()
    for found in decisions:
        part = _part(found)
        needed += max(0, found.needed - left.get(part, 0))
        left[part] = max(0, found.residual(found.actual))
    return needed


def _left_open(decisions: Sequence[Compared], outcomes: Sequence[Outcome]) -> Lots:
    last: dict[_Part, Lots] = {}
    for found, outcome in zip(decisions, outcomes, strict=True):
        last[_part(found)] = max(0, found.residual(outcome))
    return sum(last.values())


def _part(found: Compared) -> "_Part":
    return _Part(found.liquidation, found.spec.id, found.side)


def _deficit(decisions: Sequence[Compared]) -> QuoteUnits:
    largest: dict[str, QuoteUnits] = {}
    for found in decisions:
        largest[found.liquidation] = max(found.deficit, largest.get(found.liquidation, 0))
    return sum(largest.values())


def _gini(decisions: Sequence[Compared], outcomes: Sequence[Outcome]) -> Ratio:
    """Over everybody who could have been asked, whether or not they were."""
    costs: dict[AccountId, QuoteUnits] = {
        holder.account: 0 for found in decisions for holder in found.holders
    }
    for outcome in outcomes:
        for row in outcome.taken:
            costs[row.account] += row.cost
    amounts = [max(0, cost) for cost in costs.values()]
    value, whole = gini(amounts), 2 * len(amounts) * sum(amounts)
    return Ratio(value, (value or 0) * whole, whole, *GINI_IS)
