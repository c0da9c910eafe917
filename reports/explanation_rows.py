"""How do the steps, the totals and the sums of an explanation read?

The same members for decisions of this log and for recorded ones; of those some are not known.
"""

from typing import NamedTuple

from domain.specification import MarketSpec
from domain.units import Lots, QuoteUnits
from projections.answers import Totals
from reports.figures import amount_text, quantity_text
from reports.page import Json


class Step(NamedTuple):
    """One step of a liquidation in one market; None for what is not known."""

    step: str
    offered: Lots | None
    used: Lots
    left: Lots | None
    reason: str | None
    seqs: tuple[int, ...]


def step_row(spec: MarketSpec, step: Step) -> dict[str, Json]:
    """What one step of a liquidation offered, gave and left, why it stopped, and its events."""
    return {
        "step": step.step,
        "offered": _lots(step.offered, spec),
        "used": _lots(step.used, spec),
        "left": _lots(step.left, spec),
        "reason": step.reason,
        "seqs": list(step.seqs),
    }


def totals_row(
    spec: MarketSpec,
    *,
    closed: Lots,
    needed: Lots | None,
    cost: QuoteUnits | None,
    deficit: QuoteUnits | None,
    realized: QuoteUnits,
) -> dict[str, Json]:
    """What was closed, what it cost, and by how much it went beyond need and deficit.

    What is beyond something that is not known is not known.
    """
    is_paid = deficit is not None
    beyond = None if needed is None else max(0, closed - needed)
    over_cost = None if cost is None or not is_paid else max(0, cost - (deficit or 0))
    return {
        "closed": _lots(closed, spec),
        "needed": _lots(needed, spec),
        "cost": _money(cost, spec),
        "deficit": _money(deficit, spec),
        "overshoot_quantity": _lots(beyond, spec),
        "overshoot_cost": _money(over_cost, spec),
        "overshoot_profit": _money(max(0, realized - (deficit or 0)) if is_paid else None, spec),
    }


def conservation_row(spec: MarketSpec, totals: Totals) -> dict[str, Json]:
    """Both sides of the market, all equity, and what was brought in."""
    return {
        "open_interest_long": quantity_text(totals.open_interest_long, spec),
        "open_interest_short": quantity_text(totals.open_interest_short, spec),
        "equity_sum": amount_text(totals.equity_sum, spec.quote_unit),
        "net_deposits": amount_text(totals.net_deposits, spec.quote_unit),
    }


def _lots(value: Lots | None, spec: MarketSpec) -> str | None:
    return None if value is None else quantity_text(value, spec)


def _money(value: QuoteUnits | None, spec: MarketSpec) -> str | None:
    return None if value is None else amount_text(value, spec.quote_unit)
