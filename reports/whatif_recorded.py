"""What would another policy have done in decisions that a venue made elsewhere?

The same comparison as for decided logs, on the venue just before the first close. Nobody can decide
again where a holder's money, a mark or a row is missing: such decisions are left out, with the
reasons. What the venue's own policy was is not in the record.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from domain.account import SYSTEM_ACCOUNTS
from domain.audit.auditing import Audit
from domain.audit.closes import CloseKey, is_recorded_close, key_of
from domain.audit.decisions import AuditedDecision, Terms
from domain.audit.knowledge import is_outside
from domain.audit.readings import SYMMETRIC
from domain.bankruptcy import bankruptcy_quote
from domain.events import Event
from domain.market import Market
from domain.specification import AdlPolicy
from domain.venue import Venue
from reports.markouts import MarkWatch
from reports.metrics import Taken
from reports.whatif import Case, Choice, Compared, Outcome, holders_of

BASE = AdlPolicy(SYMMETRIC, "previous_mark", "negative_equity", "same-rules")
"""What a choice does not replace: the price and candidates of the venue's published text."""
NOT_RECORDED = "not-recorded"


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A decision that cannot be made again, and what is missing for it."""

    id: str
    seq: int
    reasons: tuple[str, ...]


class RecordedStudy:
    """Compares recorded decisions one after the other; `see` takes every event of the log."""

    def __init__(
        self, choices: Sequence[Choice], terms: Terms, *, follow_marks: bool = False
    ) -> None:
        self._choices = tuple(choices)
        self._audit = Audit(replace(terms, readings=()))
        self._follow_marks = follow_marks
        self._begun: dict[CloseKey, Compared | None] = {}
        """None for a decision whose state does not suffice."""
        self._watched: list[MarkWatch] = []
        self.compared: list[Compared] = []
        self.left_out: list[LeftOut] = []
        self.last_used = 0
        """The last seq on which the answer depends."""

    @property
    def is_complete(self) -> bool:
        """Whether no later event is needed any more."""
        return not self._audit.is_open and not self._watched

    def see(self, venue: Venue, event: Event, *, is_asked: bool = True) -> None:
        """Take the next event; a decision that begins here is compared if it is asked for."""
        if self._watched:
            self.last_used = event["seq"]
        for watch in self._watched:
            watch.see(event)
        self._watched = [watch for watch in self._watched if not watch.is_complete]
        for found in self._audit.see(venue, event, is_asked=is_asked):
            self._ended(found)
        if is_asked and is_recorded_close(event):
            key = key_of(event)
            if key not in self._begun:
                self._begun[key] = self._compared(venue, event, key)

    def finish(self) -> None:
        """The log ends here."""
        for found in self._audit.rest():
            self._ended(found)

    def _ended(self, found: AuditedDecision) -> None:
        self.last_used = max(self.last_used, found.last_seq)
        begun = self._begun.pop(found.key, None)
        reasons = reasons_against(found)
        if begun is None or reasons:
            self.left_out.append(LeftOut(found.id, found.seq, reasons or ("mark_missing",)))
            return
        self.compared.append(_with_closes(replace(begun, liquidation=found.scope), found))
        if self._follow_marks:
            self._watched.append(begun.watch)

    def _compared(self, venue: Venue, event: Event, key: CloseKey) -> Compared | None:
        market = venue.markets[key.market]
        position = market.positions.get(key.bankrupt)
        if position is None or not _all_marked(venue, market):
            return None
        quote, _ = bankruptcy_quote(venue, market, key.bankrupt)
        equity, maintenance = venue.standing(key.bankrupt)
        data = {
            "equity": equity,
            "maintenance_margin": maintenance,
            "policy": BASE.fact(),
            "steps": [],
        }
        case = Case(venue, market, key.bankrupt, quote, data)
        return Compared(
            id=f"ADL-{event['seq']}",
            seq=event["seq"],
            time=event["time"],
            liquidation="",
            bankrupt=key.bankrupt,
            side=position.sign,
            spec=market.spec,
            mark=market.price,
            equity=equity,
            deficit_of_all=sum(
                max(0, -venue.equity(account))
                for account in venue.holdings
                if account not in SYSTEM_ACCOUNTS
                and not is_outside(account)
                and all(venue.markets[held].mark for held in venue.holdings[account])
            ),
            needed=abs(position.quantity),
            holders=holders_of(venue, market, position.sign),
            actual=Outcome(AdlPolicy(NOT_RECORDED, NOT_RECORDED), quote),
            others=tuple(case.outcome(choice.policy_for(BASE)) for choice in self._choices),
            watch=MarkWatch(event, market.price, market.mark_seq),
        )


def reasons_against(found: AuditedDecision) -> tuple[str, ...]:
    """What is missing to make a decision again."""
    reasons = {one.code.partition(":")[0] for one in found.missing}
    reasons |= {code.partition(":")[0] for code in found.bankrupt_doubts}
    if found.roster is not None:
        reasons |= {str(doubt) for row in found.roster.doubted for doubt in row.doubts}
    return tuple(sorted(reasons))


def _all_marked(venue: Venue, market: Market) -> bool:
    return all(
        venue.markets[held].mark is not None
        for account in market.positions
        for held in venue.holdings.get(account, ())
    )


def _with_closes(compared: Compared, found: AuditedDecision) -> Compared:
    """The comparison with what was done as the record says it."""
    before = {holder.account: holder for holder in compared.holders}
    taken = tuple(
        Taken(
            one.close.victim,
            one.close.quantity,
            one.cost or 0,
            one.close.realized,
            one.close.quantity * compared.mark * compared.spec.point_value,
            before[one.close.victim].unrealized if one.close.victim in before else 0,
            before[one.close.victim].equity if one.close.victim in before else 0,
        )
        for one in found.closes
    )
    actual = replace(compared.actual, close_price=found.price, taken=taken)
    return replace(compared, actual=actual)
