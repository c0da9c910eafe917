"""What does one pass over a recorded log find out about each of its ADL decisions?

`see` takes every event before it is folded. A decision is judged on the venue just before its first
close and told when its block has ended, because one price per block is among the checks; nothing
after the block is looked at.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Final

from domain.audit.checks import (
    Circumstance,
    Prices,
    close_checks,
    decision_checks,
    partly_closed,
    unrealized_of,
)
from domain.audit.closes import (
    CloseKey,
    Instant,
    RecordedClose,
    close_of,
    comes_between,
    instant_of,
    is_recorded_close,
    key_of,
)
from domain.audit.decisions import AuditedClose, AuditedDecision, Terms
from domain.audit.finding import finding
from domain.audit.holders import Holders, Marks
from domain.audit.knowledge import (
    Assumption,
    Doubt,
    Knowledge,
    Missing,
    is_outside,
)
from domain.audit.verdict import Closed, Finding, MissingInput
from domain.bankruptcy import bankruptcy_quote
from domain.events import Event
from domain.market import Market
from domain.specification import MarketSpec
from domain.units import AccountId, Lots, MarketId, QuoteUnits
from domain.venue import Venue


@dataclass(slots=True)
class _Open:
    """A decision whose block has not ended."""

    time: int
    spec: MarketSpec
    mark_seq: int
    about: Circumstance
    missing: list[MissingInput]
    doubts: tuple[str, ...]
    scope: str
    closes: list[RecordedClose] = field(default_factory=list)
    findings: tuple[Finding, ...] = ()
    is_passed: bool = False
    """Whether something else has moved positions of its market since its last close."""
    is_interrupted: bool = False
    is_judged: bool = False
    is_told: bool = False


class Audit:
    """Audits the recorded decisions of a log, one after the other."""

    def __init__(self, terms: Terms | None = None) -> None:
        self._terms = terms or Terms()
        self.knowledge = Knowledge(self._terms.origin)
        self._takes_any_mark = Assumption.MARKS_STILL_HOLD in self._terms.assumptions
        oldest = None if self._takes_any_mark else self._terms.oldest_mark
        self._marks = Marks(oldest)
        self._holders = Holders(self._terms.readings, self.knowledge, self._marks)
        self._instant: Instant | None = None
        self._open: dict[CloseKey, _Open] = {}
        self._current: CloseKey | None = None
        self._passed_over: set[CloseKey] = set()
        """Decisions of one block that began before the window opened."""
        self._scopes: dict[AccountId, str] = {}
        self._first_equity: dict[AccountId, QuoteUnits | None] = {}
        """Equity of each bankrupt account before its first close of this block."""

    @property
    def is_open(self) -> bool:
        """Whether a decision waits for the end of its block."""
        return bool(self._open)

    def see(
        self, venue: Venue, event: Event, *, is_asked: bool = True
    ) -> Iterator[AuditedDecision]:
        """Take the next event, not folded yet; gives the decisions whose block it has ended."""
        self.knowledge.reach(event["time"])
        if self._open and instant_of(event) != self._instant:
            self._end_scopes(venue, event["time"])
            yield from self.rest()
        if is_recorded_close(event):
            key = key_of(event)
            if not is_asked:
                self._pass_over(key)
            elif self._asks_for(key):
                self._closed(venue, event, key)
        elif self._open:
            for key, found in self._open.items():
                found.is_passed |= comes_between(event, key)
        if event["type"] in _BRINGS_MONEY:
            self._brought(event)
        self.knowledge.see(event)

    def _pass_over(self, key: CloseKey) -> None:
        if any(other.instant != key.instant for other in self._passed_over):
            self._passed_over = set()
        self._passed_over.add(key)

    def _asks_for(self, key: CloseKey) -> bool:
        """Whether its decision is asked about: one that began before is none of the window's."""
        markets = self._terms.markets
        return key not in self._passed_over and (not markets or key.market in markets)

    def _end_scopes(self, venue: Venue, now: int) -> None:
        """Whose equity is not below zero after its block has had its deficit paid."""
        for key in self._open:
            name = key.bankrupt
            doubts, _ = self._holders.doubts_of(venue, name, now)
            if not doubts and name in venue.accounts and venue.equity(name) >= 0:
                self._scopes.pop(name, None)

    def rest(self) -> Iterator[AuditedDecision]:
        """The decisions of the block that has ended; call it once more at the end of the log."""
        self._judge_current()
        prices: dict[MarketId, set[Fraction]] = {}
        for key, found in self._open.items():
            prices.setdefault(key.market, set()).update(close.price for close in found.closes)
        decisions = [
            self._told(key, found, prices[key.market]) for key, found in self._open.items()
        ]
        self._open, self._current = {}, None
        self._first_equity = {}
        yield from decisions

    def _closed(self, venue: Venue, event: Event, key: CloseKey) -> None:
        market = venue.markets[key.market]
        if key != self._current:
            self._judge_current()
        found = self._open.get(key)
        if found is None:
            self._instant = key.instant
            found = self._open[key] = self._begun(venue, market, event, key)
        elif found.is_judged or found.is_passed:
            # It goes on after another decision or trade came between.
            found.is_interrupted, found.is_judged = True, False
        self._current = key
        close = close_of(event, market.point_value)
        found.closes.append(close)
        if close.victim not in found.about.basis:
            position = market.positions.get(close.victim)
            known = position is not None and position.basis_known
            found.about.basis[close.victim] = (
                (position.quantity, position.cost) if known and position is not None else None
            )

    def _begun(self, venue: Venue, market: Market, event: Event, key: CloseKey) -> _Open:
        now = event["time"]
        roster = self._holders.of(venue, market, key.side, now)
        position = market.positions.get(key.bankrupt)
        doubts, marks = self._holders.doubts_of(venue, key.bankrupt, now)
        equity: QuoteUnits | None = None
        bankruptcy: Fraction | None = None
        if is_outside(event["data"]["bankrupt"]):
            # The loser's own row is missing: its books do not move with this close.
            position = None
        if position is None:
            texts: tuple[str, ...] = (str(Missing.BANKRUPT_UNKNOWN),)
        else:
            texts = tuple(_doubt_text(doubt, marks) for doubt in doubts)
        if position is not None and not doubts:
            equity = venue.equity(key.bankrupt)
            bankruptcy, _ = bankruptcy_quote(venue, market, key.bankrupt)
        # A mark of some time ago is not the one in force: nothing is measured against it.
        is_sure = self._marks.doubt(venue, self.knowledge, market.id, now) is None
        prices = Prices(
            market.mark if is_sure else None,
            market.previous_mark if is_sure else None,
            self._is_previous_sure(market),
            bankruptcy,
        )
        about = Circumstance(
            key,
            None if position is None else position.quantity,
            equity,
            None,
            prices,
            market.point_value,
            roster,
            {},
        )
        is_first = key.bankrupt not in self._first_equity
        first_equity = self._first_equity.setdefault(key.bankrupt, equity)
        about = replace(about, equity_before_block=first_equity)
        scope = self._scopes.get(key.bankrupt)
        if scope is None or (is_first and equity is not None and equity >= 0):
            scope = self._scopes[key.bankrupt] = f"{key.bankrupt}@{event['seq']}"
        mark_seq = market.mark_seq if is_sure else 0
        return _Open(now, market.spec, mark_seq, about, self._missing(market), texts, scope)

    def _is_previous_sure(self, market: Market) -> bool:
        """Whether no mark can be missing between the current one and the one before."""
        now, before = self.knowledge.mark_times.get(market.id, (None, None))
        if now is None or before is None or market.previous_mark is None:
            return False
        if self._takes_any_mark or market.id in self.knowledge.exactly_marked:
            return True
        return 0 < now - before <= self._terms.oldest_mark

    def _missing(self, market: Market) -> list[MissingInput]:
        """What is missing for every verdict in this market so far."""
        found = []
        knowledge, assumptions = self.knowledge, self._terms.assumptions
        unseen = knowledge.unseen_holders(market)
        if unseen and Assumption.NO_UNSEEN_HOLDERS not in assumptions:
            found.append(MissingInput(Missing.UNSEEN_HOLDERS, (), unseen))
        refused = knowledge.unattributed_count
        if refused and Assumption.REFUSED_ROWS_MOVE_NOTHING not in assumptions:
            found.append(MissingInput(Missing.REFUSED_ROWS, (), refused))
        return found

    def _judge_current(self) -> None:
        if self._current is None:
            return
        found = self._open[self._current]
        if found.is_judged:
            return
        found.is_judged = True
        if found.is_interrupted and not found.is_told:
            found.is_told = True
            found.missing.append(MissingInput(Missing.ORDER_IN_BLOCK, (), 1))
        closed = _summed(found.closes)
        found.findings = tuple(
            finding(found.about.roster, closed, at, found.missing)
            for at in range(len(self._terms.readings))
        )

    def _told(self, key: CloseKey, found: _Open, prices: set[Fraction]) -> AuditedDecision:
        about = found.about
        seqs = [close.seq for close in found.closes]
        return AuditedDecision(
            f"ADL-{seqs[0]}",
            seqs[0],
            seqs[-1],
            found.time,
            key,
            found.spec,
            about.prices.mark,
            about.prices.previous_mark,
            found.mark_seq,
            found.closes[0].price,
            about.bankrupt_quantity,
            about.bankrupt_equity,
            found.doubts,
            about.prices.bankruptcy,
            found.scope,
            about.roster,
            tuple(_audited(about, close) for close in found.closes),
            decision_checks(about, found.closes, prices, is_everybody_seen=not found.missing),
            tuple(found.missing),
            found.findings,
        )

    def _brought(self, event: Event) -> None:
        """Money came to an account: what it lacks from here on is a new deficit."""
        data = event["data"]
        name = event["stream"][8:] if event["type"] == "account.collateral_deposited/1" else None
        name = name or data.get("bankrupt")
        if name is None and data["reason"] not in ("funding", "opening_basis", "gap_basis"):
            name = data["to"]
        self._scopes.pop(str(name), None)


_BRINGS_MONEY: Final = frozenset(
    {
        "account.collateral_deposited/1",
        "account.collateral_moved/1",
        "venue.deficit_covered/1",
    }
)


def _doubt_text(doubt: Doubt, marks: Sequence[MarketId]) -> str:
    is_mark = doubt in (Doubt.MARK_MISSING, Doubt.MARK_OLD)
    return f"{doubt}:{','.join(marks)}" if is_mark else str(doubt)


def _summed(closes: Sequence[RecordedClose]) -> Closed:
    lots: dict[AccountId, Lots] = {}
    for close in closes:
        lots[close.victim] = lots.get(close.victim, 0) + close.quantity
    return Closed(lots, partly_closed(closes))


def _audited(about: Circumstance, close: RecordedClose) -> AuditedClose:
    roster = about.roster
    place = roster.places.get(close.victim)
    side = 1 if close.before > 0 else -1
    mark = about.prices.mark
    # What the bankrupt gets is what the victim pays, so the victim's loss is signed by its side.
    cost = None if mark is None else side * close.quantity * mark * about.point_value + close.amount
    return AuditedClose(
        close,
        cost,
        unrealized_of(roster, close.victim),
        None if place is None else roster.equities[place],
        close_checks(about, close),
    )
