"""What would everybody on the other side have lost, had the same cost been taken from profits?

One line per account: its profit, what a policy's closes cost it, and what an equal part of every
profit would have cost. A comparison of research; no venue of zerosum takes money this way.
"""

from collections.abc import Sequence
from fractions import Fraction
from typing import NamedTuple

from domain.units import AccountId, QuoteUnits, fraction_text
from reports.figures import amount_text, scaled_text
from reports.haircuts import Haircut, Infeasible, at_one_level, endowments_of, top_winner_gap
from reports.page import Row, Table
from reports.whatif import Compared, Outcome

HAIRCUT_NOTE = (
    "Haircut: the same cost taken as one part of every profit (pro rata in money, never more than "
    "the cap), instead of closes. `part` is over the profit just before the decision."
)
COLUMNS = {
    "id": "decision",
    "account": "account",
    "profit": "profit before",
    "cost": "actual cost",
    "cost_part": "part",
    "haircut": "haircut",
    "haircut_part": "part",
}


class _Beside(NamedTuple):
    """Profits, what an outcome cost, and the haircut beside it; None where it cannot be had."""

    profits: dict[AccountId, QuoteUnits]
    costs: dict[AccountId, QuoteUnits]
    haircut: Haircut | None


def haircut_object(found: Compared, outcome: Outcome, cap: Fraction) -> Row:
    """The haircut beside an outcome, with its level and the research's gap of the top winner."""
    beside, unit = _beside(found, outcome, cap), found.spec.quote_unit
    budget, capacity = _budget(outcome), sum(beside.profits.values())
    largest_first = sorted(beside.profits.values(), reverse=True)
    gap = top_winner_gap(largest_first, budget) if 0 < budget <= capacity else None
    level = None if beside.haircut is None else beside.haircut.level
    return {
        "id": found.id,
        "cap": fraction_text(cap),
        "budget": amount_text(budget, unit),
        "capacity": amount_text(capacity, unit),
        "level": None if level is None else fraction_text(level),
        "reason": "the profits within the cap do not reach the cost" if level is None else None,
        "top_winner_gap": None if gap is None else scaled_text(gap.gap, unit),
        "rows": haircut_rows(found, outcome, cap),
    }


def haircut_rows(found: Compared, outcome: Outcome, cap: Fraction) -> list[Row]:
    """A line for everybody who had a profit or was closed, by account."""
    beside, unit = _beside(found, outcome, cap), found.spec.quote_unit
    rows: list[Row] = []
    for account in sorted(beside.profits.keys() | beside.costs.keys()):
        profit, cost = beside.profits.get(account, 0), beside.costs.get(account, 0)
        taken = None if beside.haircut is None else beside.haircut.seized.get(account, Fraction(0))
        rows.append(
            {
                "account": account,
                "profit": amount_text(profit, unit),
                "cost": amount_text(cost, unit),
                "cost_part": _part(cost, profit),
                "haircut": None if taken is None else scaled_text(taken, unit),
                "haircut_part": None if taken is None else _part(taken, profit),
            }
        )
    return rows


def haircuts_table(decisions: Sequence[Compared], cap: Fraction) -> Table:
    """What was done, beside the haircut, for people."""
    rows = [
        {"id": found.id, **row}
        for found in decisions
        for row in haircut_rows(found, found.actual, cap)
    ]
    return Table(COLUMNS, rows, frozenset({"id", "account"}))


def _beside(found: Compared, outcome: Outcome, cap: Fraction) -> _Beside:
    endowments = endowments_of({holder.account: holder.unrealized for holder in found.holders})
    profits = {account: int(value) for account, value in endowments.items() if value}
    costs = {row.account: row.cost for row in outcome.taken}
    caps = dict.fromkeys(profits, cap)
    try:
        haircut = at_one_level(profits, _budget(outcome), caps)
    except Infeasible:
        haircut = None
    return _Beside(profits, costs, haircut)


def _budget(outcome: Outcome) -> QuoteUnits:
    """What there is to take; closes that cost nobody anything leave nothing."""
    return max(0, outcome.cost)


def _part(taken: Fraction | int, profit: int) -> str | None:
    return fraction_text(Fraction(taken) / profit) if profit else None
