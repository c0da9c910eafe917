"""What did each step of a liquidation do, and why did it stop?"""

from collections.abc import Mapping, Sequence

from domain.specification import MarketSpec
from domain.units import Decimal10
from projections.answers import Timeline, TimelineStep
from reports.figures import amount_text, price_text, quantity_text
from reports.page import AsOf, Json, Page, Table

COLUMNS = {
    "seq": "seq",
    "step": "step",
    "market": "market",
    "quantity": "quantity",
    "price": "price",
    "loss": "loss",
    "left": "left",
    "reason": "reason",
}
WORDS = frozenset({"step", "market", "reason"})


def timeline_page(
    timelines: Sequence[Timeline],
    specs: Mapping[str, MarketSpec],
    quote_unit: Decimal10,
    as_of: AsOf,
) -> Page:
    """Liquidations in the order in which they started."""
    found = [_liquidation(timeline, specs, quote_unit) for timeline in timelines]
    parts: list[Table | str] = []
    for timeline, shown in zip(timelines, found, strict=True):
        parts.append(
            f"{timeline.id}: {timeline.account} from seq {timeline.started_seq}, equity "
            f"{shown['equity']} below maintenance margin {shown['maintenance_margin']}: "
            f"{timeline.outcome}"
        )
        parts.append(Table(COLUMNS, _steps(timeline, specs, quote_unit), WORDS))
    if not parts:
        parts.append("No liquidation.")
    body: dict[str, Json] = {"liquidations": found}
    return Page("timeline/1", as_of, body, "liquidations", tuple(parts))


def _liquidation(
    timeline: Timeline, specs: Mapping[str, MarketSpec], quote_unit: Decimal10
) -> dict[str, Json]:
    return {
        "id": timeline.id,
        "account": timeline.account,
        "started_seq": timeline.started_seq,
        "equity": amount_text(timeline.equity, quote_unit),
        "maintenance_margin": amount_text(timeline.maintenance_margin, quote_unit),
        "steps": _steps(timeline, specs, quote_unit),
    }


def _steps(
    timeline: Timeline, specs: Mapping[str, MarketSpec], quote_unit: Decimal10
) -> list[dict[str, Json]]:
    return [_step(step, specs, quote_unit) for step in timeline.steps]


def _step(
    step: TimelineStep, specs: Mapping[str, MarketSpec], quote_unit: Decimal10
) -> dict[str, Json]:
    spec = specs[step.market] if step.market is not None else None

    def lots(value: int | None) -> str | None:
        if value == 0:
            return "0"
        return None if value is None or spec is None else quantity_text(value, spec)

    price = None if step.price is None or spec is None else price_text(step.price, spec)
    return {
        "seq": step.seq,
        "step": step.step,
        "market": step.market,
        "quantity": lots(step.quantity),
        "price": price,
        "loss": amount_text(step.loss, quote_unit),
        "left": lots(step.left),
        "reason": step.reason,
    }
