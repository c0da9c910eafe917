"""What did each step of a liquidation do, and why did it stop?"""

from collections.abc import Mapping, Sequence

from domain.specification import MarketSpec
from domain.units import Decimal10
from projections.answers import RecordedStep, RecordedTimeline, Timeline, TimelineStep
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
NAMED_IN_TEXT = 3
WORDS = frozenset({"step", "market", "reason"})


def timeline_page(
    timelines: Sequence[Timeline | RecordedTimeline],
    specs: Mapping[str, MarketSpec],
    quote_unit: Decimal10,
    as_of: AsOf,
) -> Page:
    """Liquidations in the order in which they started."""
    found = [_liquidation(timeline, specs, quote_unit) for timeline in timelines]
    parts: list[Table | str] = []
    for timeline, shown in zip(timelines, found, strict=True):
        parts.append(_heading(timeline, shown))
        parts.append(Table(COLUMNS, _steps(timeline, specs, quote_unit), WORDS))
        parts += _links(timeline)
    if not parts:
        parts.append("No liquidation.")
    body: dict[str, Json] = {"liquidations": found}
    return Page("timeline/1", as_of, body, "liquidations", tuple(parts))


def _heading(timeline: Timeline | RecordedTimeline, shown: Mapping[str, Json]) -> str:
    head = f"{timeline.id}: {timeline.account} from seq {timeline.started_seq}, equity "
    if isinstance(timeline, Timeline):
        margin = shown["maintenance_margin"]
        return f"{head}{shown['equity']} below maintenance margin {margin}: {timeline.outcome}"
    known = shown["equity"] or "not known"
    margin = shown["maintenance_margin"] or "not known"
    outcome = timeline.outcome or "how it ended is not in the record"
    return f"{head}{known}, maintenance margin {margin}: {outcome}"


def _links(timeline: Timeline | RecordedTimeline) -> list[str]:
    """Where a recorded liquidation comes from or goes on in a vault."""
    if isinstance(timeline, Timeline):
        return []
    said = [
        f"ADL-{step.seq} closed what a vault took over in {_few(step.takeovers)}."
        for step in timeline.steps
        if step.takeovers
    ]
    if timeline.deleveraged_in:
        said.append(f"The vault that took over was closed in {_few(timeline.deleveraged_in)}.")
    return said


def _few(names: Sequence[str]) -> str:
    """The first names, and how many more there are."""
    more = len(names) - NAMED_IN_TEXT
    tail = f" and {more} more (--json lists all)" if more > 0 else ""
    return ", ".join(names[:NAMED_IN_TEXT]) + tail


def _liquidation(
    timeline: Timeline | RecordedTimeline, specs: Mapping[str, MarketSpec], quote_unit: Decimal10
) -> dict[str, Json]:
    found: dict[str, Json] = {
        "id": timeline.id,
        "account": timeline.account,
        "started_seq": timeline.started_seq,
        "equity": _amount(timeline.equity, quote_unit),
        "maintenance_margin": _amount(timeline.maintenance_margin, quote_unit),
        "steps": _steps(timeline, specs, quote_unit),
    }
    if isinstance(timeline, RecordedTimeline):
        found["deleveraged_in"] = list(timeline.deleveraged_in)
    return found


def _amount(amount: int | None, quote_unit: Decimal10) -> str | None:
    return None if amount is None else amount_text(amount, quote_unit)


def _steps(
    timeline: Timeline | RecordedTimeline, specs: Mapping[str, MarketSpec], quote_unit: Decimal10
) -> list[dict[str, Json]]:
    return [_step(step, specs, quote_unit) for step in timeline.steps]


def _step(
    step: TimelineStep | RecordedStep, specs: Mapping[str, MarketSpec], quote_unit: Decimal10
) -> dict[str, Json]:
    spec = specs[step.market] if step.market is not None else None

    def lots(value: int | None) -> str | None:
        if value == 0:
            return "0"
        return None if value is None or spec is None else quantity_text(value, spec)

    price = None if step.price is None or spec is None else price_text(step.price, spec)
    found: dict[str, Json] = {
        "seq": step.seq,
        "step": step.step,
        "market": step.market,
        "quantity": lots(step.quantity),
        "price": price,
        "loss": _amount(step.loss, quote_unit),
        "left": lots(step.left),
        "reason": step.reason,
    }
    if isinstance(step, RecordedStep) and step.step == "adl":
        found["takeovers"] = list(step.takeovers)
    return found
