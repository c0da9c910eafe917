"""`hyperliquid-recovered@1`: leverage times profit ratio, both with a floor."""

from operator import mul
from typing import Final

from domain.adl.candidate import Candidate, Score
from domain.adl.selection import Circumstances, Columns, ScoreColumns, Selection

FLOOR_IS_ONE_OVER: Final = 10**8


def score(candidate: Candidate, _: Circumstances) -> Score:
    """`max(λ, 1e-8) · max(max(u, 0)/N0, 1e-8)`: whoever has no profit stands at the floor."""
    c, k = candidate, FLOOR_IS_ONE_OVER
    leverage = max(c.notional * k, c.equity)
    profit = max(c.unrealized * k, c.cost_notional)
    return leverage * profit, c.equity * c.cost_notional * k * k


def many(columns: Columns) -> ScoreColumns:
    """The same by column, in smaller numbers where both factors are above their floors."""
    k = FLOOR_IS_ONE_OVER
    _, notionals, costs, unrealized, equities = columns
    if max(equities) <= min(notionals) * k and max(costs) <= min(unrealized) * k:
        above = list(map(mul, notionals, unrealized))
        return ScoreColumns(above, list(map(mul, equities, costs)))
    square = k * k
    leverages = map(max, [n * k for n in notionals], equities)
    profits = map(max, [u * k for u in unrealized], costs)
    below = [e * cost * square for cost, e in zip(costs, equities, strict=True)]
    return ScoreColumns(list(map(mul, leverages, profits)), below)


HYPERLIQUID_RECOVERED = Selection(
    name="hyperliquid-recovered@1",
    rule=(
        "Accounts are closed in the order of leverage multiplied by profit in percent of entry; "
        "neither factor counts as less than a hundred-millionth, so accounts without profit come "
        "last."
    ),
    formula="score = max(λ, 1e-8) · max(max(u, 0)/N0, 1e-8);  λ = N/E",
    models="Hyperliquid, as recovered from a test-net node binary; not confirmed by the venue",
    source="OtterSec, reverse engineering of the risk engine, June 2026",
    in_profit_only=False,
    score=score,
    many=many,
)
