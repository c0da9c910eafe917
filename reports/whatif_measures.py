"""What do the decisions of a range add up to under one policy?

Sums over decisions; a liquidation that was decided several times has its deficit counted once,
where it was largest. What is a state and no sum (capacity, deficits of all accounts) is given for a
single decision only.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from domain.specification import MarketSpec
from domain.units import AccountId, Lots, QuoteUnits
from reports.metrics import (
    Overshoot,
    Ratio,
    gini,
    largest_haircut_of_equity,
    largest_haircut_of_profit,
    largest_share,
    overshoot,
    ratio,
    severity,
)
from reports.whatif import Compared, Outcome

GINI_IS: Final = (
    "Σ |x − y| over pairs of accounts that could be asked, x and y what they gave up (at least 0)",
    "2 · number of these accounts · Σ x",
)


@dataclass(frozen=True, slots=True)
class State:
    """Winners' capacity and deficits of all accounts around one decision; None for several."""

    capacity: QuoteUnits | None = None
    capacity_after: QuoteUnits | None = None
    open_profit_after: QuoteUnits | None = None
    deficit_before: QuoteUnits | None = None
    deficit_after: QuoteUnits | None = None


@dataclass(frozen=True, slots=True)
class Measures:
    """All measures of one policy over a range; None where a sum would mean nothing."""

    market: MarketSpec | None
    """The one market of the range; lots of several markets do not add up."""
    accounts_touched: int
    closed: Lots
    needed: Lots
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
    closed, needed = sum(row.closed for row in taken), sum(found.needed for found in decisions)
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
        state, ratios["capacity_over_deficit"] = _around(decisions[0], outcomes[0])
    return Measures(
        next(iter(markets.values())) if len(markets) == 1 else None,
        len({row.account for row in taken}),
        closed,
        needed,
        cost,
        deficit,
        overshoot(needed=needed, closed=closed, cost=cost, realized=realized, deficit=deficit),
        state,
        ratios,
    )


def _around(found: Compared, outcome: Outcome) -> tuple[State, Ratio]:
    """What winners had and what was missing, before and after one decision."""
    # Capacity is what may be taken: who gives up money has less of it, who gains has not more.
    given = sum(min(max(0, row.unrealized), max(0, row.cost)) for row in outcome.taken)
    capacity_after = found.capacity - given
    deficit_after = max(0, found.deficit_of_all - outcome.cost)
    state = State(
        found.capacity,
        capacity_after,
        found.open_profit_after(outcome),
        found.deficit_of_all,
        deficit_after,
    )
    over = ratio(
        capacity_after,
        deficit_after,
        "winners' capacity after: max(unrealised profit, 0) of all accounts that could be asked, "
        "less what they gave up",
        "deficit after: max(−equity, 0) of all accounts, less what victims gave up",
    )
    return state, over


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
