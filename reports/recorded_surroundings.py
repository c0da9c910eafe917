"""What happened around a recorded decision: which steps led to it, and do the books close over it?

A record has the fills, takeovers and closes of a liquidation, linked by its name. What each step
took and left is in it; what a step was offered, and why it stopped with lots left, is not. Takes a
log's events in their order, each before it is folded, on a venue that somebody else folds.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Final, NamedTuple

from domain.audit.closes import CloseKey, is_recorded_close, key_of
from domain.audit.decisions import AuditedDecision
from domain.audit.knowledge import is_outside
from domain.events import Event
from domain.units import AccountId, Lots, MarketId, QuoteUnits
from domain.venue import Venue
from projections.answers import Totals

TRADED: Final = "market.trade_executed/1"
TAKEN_OVER: Final = "market.position_taken_over/1"
STEPS: Final = {"book": "filled", "takeover": "all_taken", "adl": "all_closed"}
"""The steps in the order of a waterfall, and why one stopped that left nothing."""


class Moved(NamedTuple):
    """One forced row: what it took from the liquidated account, and what it left."""

    seq: int
    step: str
    market: MarketId
    quantity: Lots
    left: Lots | None
    """None where the account's own row is missing."""
    instant: int
    """Block or time that parts one decision from the next; 0 for other steps."""
    parties: frozenset[AccountId]


class RecordedStep(NamedTuple):
    """Forced rows of one kind together; `liquidations` are those that they belong to."""

    step: str
    used: Lots
    left: Lots | None
    rows: tuple[Moved, ...]
    liquidations: tuple[str, ...]

    @property
    def reason(self) -> str | None:
        """Why it stopped; nobody says so of a step that left lots."""
        return STEPS[self.step] if self.left == 0 else None


class Books(NamedTuple):
    """Both sides of the market, and all money, at one point of the log."""

    totals: Totals
    cash: QuoteUnits


@dataclass(frozen=True, slots=True)
class Around:
    """The steps up to a decision, and the books just before its first and after its last close."""

    steps: tuple[RecordedStep, ...]
    before: Books
    after: Books


@dataclass(slots=True)
class _Open:
    seq: int
    before: Books
    after: Books
    names: dict[str, None] = field(default_factory=dict)
    takeovers: dict[str, None] = field(default_factory=dict)


class RecordedSurroundings:
    """Follows liquidations and books through a log; `of` answers for a decision that is over."""

    def __init__(self) -> None:
        self._rows: dict[str, list[Moved]] = {}
        self._open: dict[CloseKey, _Open] = {}
        self._due: CloseKey | None = None
        """The decision that the last event belonged to."""
        self._costs: dict[MarketId, QuoteUnits] = {}

    def see(self, venue: Venue, event: Event, *, is_asked: bool = True) -> None:
        """Take the next event, not folded yet; books are kept of decisions that are asked for."""
        key = key_of(event) if is_recorded_close(event) else None
        if key != self._due:
            self.rest(venue)
        kind, data = event["type"], event["data"]
        if kind == TRADED and "liquidation_id" in data:
            name = str(data["liquidation_id"])
            account = name.partition(":")[2]
            parties = (data["buyer"], data["seller"])
            self._moved(venue, event, name, "book", account if account in parties else None)
        elif kind == TAKEN_OVER:
            self._moved(venue, event, str(data["liquidation_id"]), "takeover", data["bankrupt"])
        elif key is not None:
            # Who does not link its rows still has one liquidation in each block.
            name = str(event["source"].get("liquidation_id") or _unnamed(key))
            if is_asked:
                self._closed(venue, event, key, name)
            self._moved(venue, event, name, "adl", data["bankrupt"], key.instant.number)
        if event["stream"].startswith("market/"):
            self._costs.pop(event["stream"][7:], None)

    def rest(self, venue: Venue) -> None:
        """The closes of a decision have ended, or the log has."""
        if self._due is not None:
            found = self._open[self._due]
            found.after = self._books(venue, self._due.market)
            self._due = None

    def of(self, found: AuditedDecision) -> Around:
        """What was around a decision; it is told once and let go."""
        kept = self._open.pop(found.key)
        market = found.spec.id
        own = sorted(
            (row, name)
            for name in kept.names
            for row in self._rows[name]
            if row.market == market and row.seq <= found.last_seq
        )
        earlier = [
            (row, name)
            for name in kept.takeovers
            if name not in kept.names
            for row in self._rows.get(name, ())
            if row.market == market and row.seq < kept.seq
        ]
        return Around((*_by_step(earlier), *_in_turn(own)), kept.before, kept.after)

    def _closed(self, venue: Venue, event: Event, key: CloseKey, name: str) -> None:
        found = self._open.get(key)
        if found is None:
            before = self._books(venue, key.market)
            found = self._open[key] = _Open(event["seq"], before, before)
        found.names[name] = None
        behind = str(event["source"].get("takeovers", "")).split(",")
        found.takeovers |= dict.fromkeys(filter(None, behind))
        self._due = key

    def _moved(
        self,
        venue: Venue,
        event: Event,
        name: str,
        step: str,
        account: AccountId | None,
        instant: int = 0,
    ) -> None:
        data, market = event["data"], event["stream"][7:]
        is_known = account is not None and not is_outside(account)
        held = venue.markets[market].positions.get(account) if account and is_known else None
        left = None if held is None else abs(abs(held.quantity) - data["quantity"])
        named = ("buyer", "seller", "bankrupt", "vault", "victim")
        parties = frozenset(str(data[one]) for one in named if one in data)
        row = Moved(event["seq"], step, market, data["quantity"], left, instant, parties)
        self._rows.setdefault(name, []).append(row)

    def _books(self, venue: Venue, name: MarketId) -> Books:
        """Equity is the same at any marks: in every market the long lots cancel the short ones."""
        sizes = [position.quantity for position in venue.markets[name].positions.values()]
        long = sum(size for size in sizes if size > 0)
        for market in venue.markets.values():
            if market.id not in self._costs:
                self._costs[market.id] = sum(one.cost for one in market.positions.values())
        cash = sum(venue.cash.values())
        equity = cash - sum(self._costs.values())
        return Books(Totals(long, long - sum(sizes), equity, venue.net_deposits), cash)


def _unnamed(key: CloseKey) -> str:
    return f"{key.instant.number}:{key.bankrupt}"


def _by_step(found: Sequence[tuple[Moved, str]]) -> list[RecordedStep]:
    """The liquidations behind a vault's position, one step of each kind for all of them."""
    kinds = ([one for one in found if one[0].step == step] for step in STEPS)
    return [_step(rows) for rows in kinds if rows]


def _in_turn(found: Iterable[tuple[Moved, str]]) -> list[RecordedStep]:
    """The steps of one liquidation in their turn; each decision is a step of its own."""
    turns = groupby(found, lambda one: (one[0].step, one[0].instant, one[1]))
    return [_step(list(rows)) for _, rows in turns]


def _step(found: Sequence[tuple[Moved, str]]) -> RecordedStep:
    last = {name: row.left for row, name in found}
    known = [left for left in last.values() if left is not None]
    return RecordedStep(
        found[0][0].step,
        sum(row.quantity for row, _ in found),
        sum(known) if len(known) == len(last) else None,
        tuple(sorted(row for row, _ in found)),
        tuple(last),
    )
