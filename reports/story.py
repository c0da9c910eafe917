"""How is a liquidation told in sentences, one per step?"""

from collections.abc import Iterator, Mapping, Sequence

from domain.specification import MarketSpec
from domain.units import Decimal10
from projections.answers import Timeline, TimelineStep
from reports.explanation_words import REASON_WORDS
from reports.figures import amount_text, price_text, quantity_text

WHO = {
    "book": "The order book takes",
    "takeover": "The vault takes",
    "adl": "Auto-deleveraging closes",
}
OUTCOMES = {
    "healthy": "equity covers the maintenance margin again",
    "closed": "the book closed everything",
    "taken_over": "the vault took the rest",
    "deleveraged": "auto-deleveraging closed the rest",
    "waiting": "it waits for the next check",
}


def told(
    timelines: Sequence[Timeline],
    specs: Mapping[str, MarketSpec],
    quote_unit: Decimal10,
    first_seq: int,
) -> Iterator[str]:
    """What the liquidations did from `first_seq` on."""
    for timeline in timelines:
        for step in timeline.steps:
            if step.seq < first_seq:
                continue
            if step.step == "start":
                yield (
                    f"{timeline.account} has equity {amount_text(timeline.equity, quote_unit)}, "
                    "below the maintenance margin "
                    f"{amount_text(timeline.maintenance_margin, quote_unit)}: "
                    f"liquidation {timeline.id} starts."
                )
            elif step.step == "end":
                yield f"{timeline.id}: {OUTCOMES.get(step.reason, step.reason)} ({step.reason})."
            elif step.market is not None:
                yield _step(step, specs[step.market], quote_unit)


def _step(step: TimelineStep, spec: MarketSpec, quote_unit: Decimal10) -> str:
    at = f" at {price_text(step.price, spec)}" if step.price is not None else ""
    loss = f", a loss of {amount_text(step.loss, quote_unit)}" if step.quantity else ""
    left = f"; {quantity_text(step.left, spec)} left" if step.left is not None else ""
    return (
        f"{WHO[step.step]} {quantity_text(step.quantity, spec)}{at}{loss}{left}: "
        f"{REASON_WORDS.get(step.reason, step.reason)}."
    )
