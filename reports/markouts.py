"""Was it good or bad luck to be closed: what did a close cost against the marks that came later?

For a signed quantity `Q` that an account traded at price `P`, with the mark `M0` of the decision
and a later mark `MD`: `Q(M0 − P) + Q(MD − M0) = Q(MD − P)`, negative is worse for the account.

The mark after a time is that in force when the log first passes the instant: the last one, by seq,
before the first event whose time is later. After 0 s it is the mark of the decision itself. It is
known as soon as the log holds an event at or after the instant.
"""

from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple

from domain.events import Event
from domain.units import AccountId, Lots, MarketId, QuoteUnits, Ticks

MILLISECOND: Final = 1_000_000
HORIZONS: Final[Mapping[str, int]] = {
    "0": 0,
    "0.5": 500 * MILLISECOND,
    "1": 1_000 * MILLISECOND,
    "2": 2_000 * MILLISECOND,
    "5": 5_000 * MILLISECOND,
    "60": 60_000 * MILLISECOND,
}
"""Seconds as people write them → nanoseconds."""
LOG_ENDS: Final = "the log ends before this time"


class MarkAfter(NamedTuple):
    """The mark in force some time after a decision, with the event that set it."""

    after: str
    price: Ticks | None
    seq: int | None


class Close(NamedTuple):
    """One victim's close: the signed lots it traded, and its cost against the decision's mark."""

    account: AccountId
    quantity: Lots
    cost: QuoteUnits


class MarkoutTotal(NamedTuple):
    """What all closes of a decision cost against one later mark; None where it is not known.

    `cost` is signed (positive: worse off than with the position kept until then); `positive_cost`
    adds up only those who are worse off.
    """

    after: str
    mark: Ticks | None
    mark_seq: int | None
    cost: QuoteUnits | None
    positive_cost: QuoteUnits | None
    reason: str | None


class MarkWatch:
    """Follows one market's mark from a decision on, until the last horizon is passed."""

    def __init__(self, decision: Event, mark: Ticks, mark_seq: int) -> None:
        self._market: MarketId = decision["stream"].partition("/")[2]
        self._start: int = decision["time"]
        self._now = MarkAfter("0", mark, mark_seq)
        self._reached = self._start
        self._found = {"0": self._now}

    @property
    def is_complete(self) -> bool:
        """Whether no later event can change an answer."""
        return len(self._found) == len(HORIZONS)

    def see(self, event: Event) -> None:
        """Take note of the next event after the decision."""
        if self.is_complete:
            return
        for after, delta in HORIZONS.items():
            if after not in self._found and event["time"] > self._start + delta:
                self._found[after] = self._now._replace(after=after)
        self._reached = max(self._reached, event["time"])
        is_mark = event["type"] == "market.mark_price_updated/1"
        if is_mark and event["stream"] == f"market/{self._market}":
            self._now = MarkAfter("", event["data"]["price"], event["seq"])

    def marks(self) -> list[MarkAfter]:
        """The mark after each horizon, as far as the log goes."""
        return [self._mark(after, delta) for after, delta in HORIZONS.items()]

    def _mark(self, after: str, delta: int) -> MarkAfter:
        if after in self._found:
            return self._found[after]
        if self._reached >= self._start + delta:
            return self._now._replace(after=after)
        return MarkAfter(after, None, None)


def cost_after(close: Close, mark: Ticks, later_mark: Ticks, point_value: int) -> QuoteUnits:
    """What a close cost against a later mark: `−Q(MD − P)`, the close's own rounding included.

    The close gave up `cost` against `mark`; the market's move since then is added exactly.
    """
    return close.cost - close.quantity * (later_mark - mark) * point_value


def markout_totals(
    closes: Iterable[Close], mark: Ticks, point_value: int, marks: Iterable[MarkAfter]
) -> list[MarkoutTotal]:
    """Signed and positive-part totals over all closes, one per horizon."""
    found = tuple(closes)
    totals = []
    for later in marks:
        if later.price is None:
            totals.append(MarkoutTotal(later.after, None, None, None, None, LOG_ENDS))
            continue
        costs = [cost_after(close, mark, later.price, point_value) for close in found]
        positive = sum(max(0, cost) for cost in costs)
        totals.append(MarkoutTotal(later.after, later.price, later.seq, sum(costs), positive, None))
    return totals
