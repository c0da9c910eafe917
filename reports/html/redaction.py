"""What of a decision's surroundings may a trader or the public see?

The market's own marks and the moments of trades are public; quantities and sides are not, but for
the reader's own. Like `reports.audience`, this names what is shown.
"""

from dataclasses import replace
from typing import Any

from reports.audience import Audience, Document, Viewer, has_totals
from reports.html.surroundings import StepLine, Surroundings, TradePoint


def surroundings_seen_by(
    whole: Document, shown: Document, surroundings: Surroundings, viewer: Viewer
) -> Surroundings:
    """The surroundings for the same reader; `whole` and `shown` before and after redaction."""
    if viewer.audience is Audience.AUDITOR:
        return surroundings
    own: dict[str, Any] = shown.get("account") or {}
    totals = has_totals(whole)
    return replace(
        surroundings,
        liquidation_id=None,
        # Where the price of the close is another rule's, the bankruptcy price is somebody's own.
        bankruptcy_price=(
            surroundings.bankruptcy_price if surroundings.close_price_rule == "bankruptcy" else None
        ),
        losers_included=surroundings.losers_included and totals,
        answer=own.get("answer") or shown.get("answer") or "",
        why_not_others=own.get("why_not_others") or "",
        trades=tuple(_trade(trade, viewer) for trade in surroundings.trades),
        flags=tuple(replace(flag, seq=None) for flag in surroundings.flags),
        steps=tuple(_step(step, viewer, totals=totals) for step in surroundings.steps),
        cash_sums=surroundings.cash_sums if totals else None,
        shared=surroundings.shared if totals and own else None,
    )


def _trade(trade: TradePoint, viewer: Viewer) -> TradePoint:
    if viewer.account is not None and viewer.account in trade.sides:
        return replace(trade, sides=(viewer.account,))
    return replace(trade, quantity=None, sides=())


def _step(step: StepLine, viewer: Viewer, *, totals: bool) -> StepLine:
    seq = step.seq if step.seq in viewer.seqs else None
    if totals:
        return replace(step, seq=seq)
    return replace(step, seq=seq, quantity=None, price=None, loss=None, left=None)
