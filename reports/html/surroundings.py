"""What happened around a decision that its explanation object does not hold?

Marks, trades and flags for the charts, the steps of the liquidation with prices and losses, and
the inclusion proofs. Nothing from after the decision's last closure: its page is final.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from domain.events import Event
from domain.specification import MarketSpec
from projections.answers import AdlRound, MarkRow, Timeline
from reports.figures import amount_text, price_text, quantity_text

MARKS_AT_MOST: Final = 200
TRADES_AT_MOST: Final = 200
STEPS_AT_MOST: Final = 24
WINDOW_AT_LEAST: Final = 15 * 60 * 10**9
"""A quarter of an hour before the decision is always in view."""

FlagKind = Literal["breach", "book", "takeover", "adl"]


@dataclass(frozen=True, slots=True)
class MarkPoint:
    """A mark that came into force."""

    seq: int
    time: int
    price: str


@dataclass(frozen=True, slots=True)
class TradePoint:
    """A trade; `is_book` when a liquidation caused it. Redacted ones have no quantity, no sides."""

    seq: int
    time: int
    price: str
    quantity: str | None
    is_book: bool
    sides: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Flag:
    """Something that stands as a vertical line on the chart."""

    seq: int | None
    time: int
    kind: FlagKind


@dataclass(frozen=True, slots=True)
class StepLine:
    """One step of the liquidation in this market; None where it is withheld or does not apply."""

    seq: int | None
    step: str
    quantity: str | None
    price: str | None
    loss: str | None
    left: str | None
    reason: str


@dataclass(frozen=True, slots=True)
class EventProof:
    """An event's leaf and the hashes that lead from it to the root of the log."""

    seq: int
    type: str
    leaf: str
    path: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Surroundings:
    """Everything a page shows beside the explanation, as decimal strings and whole times."""

    venue: str
    origin: str
    quote: str
    side: str
    time: int
    version: str
    liquidation_id: str | None
    close_price_rule: str
    bankruptcy_price: str | None
    policy_digest: str
    policy_seq: int
    vault_candidate: str
    losers_included: bool
    answer: str
    why_not_others: str
    opens: int
    marks: tuple[MarkPoint, ...]
    trades: tuple[TradePoint, ...]
    trades_left_out: int
    flags: tuple[Flag, ...]
    steps: tuple[StepLine, ...]
    proofs: tuple[EventProof, ...]
    """Of the first events that this reader may see."""
    shared: tuple[str, str] | None
    """Lots and cost of the account under pro rata."""
    command: str
    digest: str
    """SHA-256 of the JSON answer to `command`, its newline included."""
    cash_sums: tuple[str, str] | None = None
    """Cash of all accounts before and after."""
    checkpoint: str | None = None
    objection: str | None = None


def window_opens(found: AdlRound, started: int) -> int:
    """From which time on a page shows the market.

    A quarter of an hour before the decision, or twice the time since the liquidation `started`,
    whichever is more.
    """
    return found.time - max(WINDOW_AT_LEAST, 2 * (found.time - started))


def first_seq_shown(found: AdlRound, marks: Sequence[MarkRow], opens: int) -> int:
    """The event from which a page shows the market: the last mark before its window `opens`."""
    before = [mark for mark in marks if mark.time < opens]
    inside = [mark for mark in marks if mark.time >= opens][-MARKS_AT_MOST:]
    if len(inside) == MARKS_AT_MOST or not before:
        return inside[0].seq if inside else found.seq
    return before[-1].seq


def marks_shown(marks: Sequence[MarkRow], first: int, spec: MarketSpec) -> tuple[MarkPoint, ...]:
    """The marks in view."""
    return tuple(
        MarkPoint(mark.seq, mark.time, price_text(mark.price, spec))
        for mark in marks
        if mark.seq >= first
    )


def trades_shown(events: Iterable[Event], spec: MarketSpec) -> tuple[tuple[TradePoint, ...], int]:
    """The latest trades among these events, and how many older ones were left out."""
    found = [
        TradePoint(
            event["seq"],
            event["time"],
            price_text(event["data"]["price"], spec),
            quantity_text(event["data"]["quantity"], spec),
            event["data"]["purpose"] == "liquidation",
            (event["data"]["buyer"], event["data"]["seller"]),
        )
        for event in events
        if event["type"] == "market.trade_executed/1" and event["stream"] == f"market/{spec.id}"
    ]
    return tuple(found[-TRADES_AT_MOST:]), max(0, len(found) - TRADES_AT_MOST)


def flags_shown(
    found: AdlRound, timelines: Sequence[Timeline], events: Iterable[Event]
) -> tuple[Flag, ...]:
    """When the bankrupt account fell below its margin, and what each step of the way did."""
    times = {event["seq"]: event["time"] for event in events}
    flags: list[Flag] = []
    for timeline in timelines:
        if timeline.account != found.bankrupt:
            continue
        for step in timeline.steps:
            kind = _flag_kind(step.step)
            here = step.market in (None, found.spec.id) and step.seq in times
            if kind is None or not here or step.seq > found.last_seq:
                continue
            if step.quantity or kind == "breach":
                flags.append(Flag(step.seq, times[step.seq], kind))
    return tuple(sorted(flags, key=lambda flag: (flag.time, flag.seq or 0, flag.kind)))


def _flag_kind(step: str) -> FlagKind | None:
    kinds: dict[str, FlagKind] = {
        "start": "breach",
        "book": "book",
        "takeover": "takeover",
        "adl": "adl",
    }
    return kinds.get(step)


def steps_shown(found: AdlRound, timelines: Sequence[Timeline]) -> tuple[StepLine, ...]:
    """The steps of the decision's own liquidation in its market, up to the decision."""
    spec = found.spec
    return tuple(
        StepLine(
            step.seq,
            step.step,
            quantity_text(step.quantity or 0, spec),
            None if step.price is None else price_text(step.price, spec),
            amount_text(step.loss, spec.quote_unit),
            None if step.left is None else quantity_text(step.left, spec),
            step.reason,
        )
        for timeline in timelines
        if timeline.id == found.liquidation_id
        for step in timeline.steps
        if step.market == spec.id and step.seq <= found.last_seq
    )
