"""What did each step of a liquidation do, where a venue decided it elsewhere?

A recorded log has the fills, takeovers and closes of a liquidation, linked by its name, and nothing
of how it was decided. One pass over the events puts them in their order; what no event says is
None. An account has one liquidation at a time, so what is held is one of each account and whatever
answers the question.
"""

from dataclasses import dataclass, field, replace
from fractions import Fraction

from domain.audit.closes import CloseKey, Instant, close_of, is_recorded_close, key_of
from domain.audit.decisions import OLDEST_MARK
from domain.audit.holders import Holders, Marks
from domain.audit.knowledge import Knowledge, is_outside
from domain.events import Event
from domain.specification import MarketSpec
from domain.units import AccountId, MarketId, QuoteUnits
from domain.venue import Venue, apply
from projections.answers import RecordedStep, RecordedTimeline
from projections.errors import UnknownLiquidation

OUTCOMES = {"book": "closed", "takeover": "taken_over", "adl": "deleveraged"}
"""What the last step has done to an account that holds nothing afterwards."""
_ALL = {"takeover": "all_taken", "adl": "all_closed"}
"""Why a step stopped that left nothing; of any other the venue's reason is not in the record."""
_FORCED = frozenset({"market.position_taken_over/1", "market.position_deleveraged/1"})


@dataclass(slots=True)
class _Liquidation:
    """One liquidation as far as it was read."""

    id: str
    account: AccountId
    seq: int
    equity: QuoteUnits | None
    maintenance_margin: QuoteUnits | None
    steps: list[RecordedStep] = field(default_factory=list)
    amounts: dict[int, Fraction] = field(default_factory=dict)
    """Ticks times lots of each auto-deleveraging step, by its place."""
    is_flat: bool = False
    """Whether the books are certain of the account, and that it holds nothing any more."""
    passed_on: list[str] = field(default_factory=list)

    def timeline(self) -> RecordedTimeline:
        """The liquidation from its first forced row to its last."""
        first, last = self.seq, self.steps[-1]
        outcome = OUTCOMES[last.step] if self.is_flat else None
        return RecordedTimeline(
            id=self.id,
            account=self.account,
            started_seq=first,
            equity=self.equity,
            maintenance_margin=self.maintenance_margin,
            outcome=outcome,
            steps=(
                RecordedStep(first, "start", None, 0, None, 0, None, ""),
                *self.steps,
                RecordedStep(last.seq, "end", None, 0, None, 0, None, outcome),
            ),
            deleveraged_in=tuple(self.passed_on),
        )


class RecordedTimelines:
    """Takes a log's events in their order and keeps the liquidations that a name asks for.

    A name is that of a liquidation, of an account, or of a market. Equity and maintenance
    margin are those that the books have just before the first forced row; None where in doubt.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._venue = Venue()
        self._knowledge = Knowledge()
        self._holders = Holders((), self._knowledge, Marks(OLDEST_MARK))
        self._current: dict[AccountId, _Liquidation] = {}
        self._kept: dict[str, _Liquidation] = {}
        self._instant: Instant | None = None
        self._decisions: dict[CloseKey, tuple[_Liquidation, int]] = {}

    def see(self, event: Event) -> None:
        """Take the next event."""
        kind = event["type"]
        if kind == "market.trade_executed/1" and "liquidation_id" in event["data"]:
            self._filled(event)
        elif kind in _FORCED:
            self._forced(event)
        else:
            apply(self._venue, event)
        self._knowledge.see(event)

    @property
    def specs(self) -> dict[MarketId, MarketSpec]:
        """The markets that were listed up to here."""
        return {name: market.spec for name, market in self._venue.markets.items()}

    def found(self) -> tuple[RecordedTimeline, ...]:
        """The liquidations that were asked for, oldest first.

        An account or market without a liquidation has none; raises `UnknownLiquidation` for a name
        that is neither of the three.
        """
        name = self._name
        for liquidation in self._current.values():
            self._keep(liquidation)
        kept = sorted(self._kept.values(), key=lambda one: one.seq)
        named = [one for one in kept if one.id == name]
        if not named and name in self._venue.accounts:
            named = [one for one in kept if one.account == name]
        elif not named and name in self._venue.markets:
            named = kept
        elif not named:
            raise UnknownLiquidation(name)
        return tuple(one.timeline() for one in named)

    def _forced(self, event: Event) -> None:
        if event["type"] == "market.position_taken_over/1":
            self._taken_over(event)
        elif is_recorded_close(event):
            self._deleveraged(event)
        else:
            apply(self._venue, event)

    def _filled(self, event: Event) -> None:
        data = event["data"]
        found = self._of(data["liquidation_id"], event)
        side = next((one for one in ("buyer", "seller") if data[one] == found.account), None)
        stated = side is not None and f"{side}_realized" in data
        fee = 0 if side is None else data[f"{side}_fee"]
        price = Fraction(data["price"])
        self._step(found, event, "book", price, side, fee=fee, is_stated=stated)

    def _taken_over(self, event: Event) -> None:
        data = event["data"]
        found = self._of(data["liquidation_id"], event)
        point_value = self._venue.markets[event["stream"][7:]].point_value
        price = Fraction(abs(data["amount"]), data["quantity"] * point_value)
        self._step(found, event, "takeover", price, "bankrupt")

    def _deleveraged(self, event: Event) -> None:
        """A close is a step of its own, or more of the one that its decision has already."""
        key = key_of(event)
        if key.instant != self._instant:
            self._instant, self._decisions = key.instant, {}
        close = close_of(event, self._venue.markets[key.market].point_value)
        named = event["source"].get("liquidation_id")
        # Who does not link its rows still has one liquidation in each block.
        name = str(named or f"{key.instant.number}:{key.bankrupt}")
        open_step = self._decisions.get(key)
        if open_step is None:
            found = self._of(name, event)
            self._step(found, event, "adl", close.price, "bankrupt")
            place = len(found.steps) - 1
            found.amounts[place] = close.price * close.quantity
            self._decisions[key] = (found, place)
            self._pass_on(event, found, place)
            return
        found, place = open_step
        before = found.steps[place]
        self._step(found, event, "adl", close.price, "bankrupt")
        now = found.steps.pop()
        amount = found.amounts[place] = found.amounts[place] + close.price * close.quantity
        quantity = before.quantity + now.quantity
        lost = None if before.loss is None or now.loss is None else before.loss + now.loss
        found.steps[place] = replace(
            now,
            seq=before.seq,
            quantity=quantity,
            price=amount / quantity,
            loss=lost,
            takeovers=before.takeovers,
        )
        self._pass_on(event, found, place)

    def _pass_on(self, event: Event, found: _Liquidation, place: int) -> None:
        """Link a close of a vault with the takeovers that its position came from."""
        step = found.steps[place]
        named = str(event["source"].get("takeovers", ""))
        behind = tuple(dict.fromkeys((*step.takeovers, *filter(None, named.split(",")))))
        found.steps[place] = replace(step, takeovers=behind)
        decision = f"ADL-{step.seq}"
        for name in behind:
            earlier = self._kept.get(name) or self._current.get(name.partition(":")[2])
            if earlier is not None and earlier.id == name and decision not in earlier.passed_on:
                earlier.passed_on.append(decision)

    def _step(
        self,
        found: _Liquidation,
        event: Event,
        step: str,
        price: Fraction,
        role: str | None,
        *,
        fee: QuoteUnits = 0,
        is_stated: bool = False,
    ) -> None:
        """Fold the event and write down what it did to the liquidated account."""
        venue, data, market = self._venue, event["data"], event["stream"][7:]
        account = None if role is None else data[role]
        if account is None or is_outside(account):
            # The account's own row is missing: its books do not move.
            apply(venue, event)
            loss = left = None
        else:
            positions = venue.markets[market].positions
            before, cash = positions.get(account), venue.cash[account]
            apply(venue, event)
            after = positions.get(account)
            is_known = is_stated or before is None or before.basis_known
            loss = cash - venue.cash[account] - fee if is_known else None
            left = 0 if after is None else abs(after.quantity)
        is_certain = left is not None and not self._knowledge.doubts(found.account)
        found.is_flat = is_certain and not venue.holdings.get(found.account)
        reason = "filled" if step == "book" else _ALL[step] if left == 0 else None
        found.steps.append(
            RecordedStep(event["seq"], step, market, data["quantity"], price, loss, left, reason)
        )

    def _of(self, name: str, event: Event) -> _Liquidation:
        """The liquidation of this name; a new one ends the account's one before."""
        account = name.partition(":")[2]
        found = self._current.get(account)
        if found is None or found.id != name:
            if found is not None:
                self._keep(found)
            equity, margin = self._standing(account, event["time"])
            found = _Liquidation(name, account, event["seq"], equity, margin)
            self._current[account] = found
        return found

    def _standing(
        self, account: AccountId, now: int
    ) -> tuple[QuoteUnits | None, QuoteUnits | None]:
        """Equity and maintenance margin, each None where the books do not know it."""
        venue = self._venue
        if account not in venue.accounts:
            return None, None
        doubts, _ = self._holders.doubts_of(venue, account, now)
        if doubts:
            return None, None
        specs = (venue.markets[name].spec for name in venue.holdings.get(account, ()))
        # Where an archive has no margin tiers, a market is listed with none: a rate of zero.
        is_known = all(tier.maintenance for spec in specs for tier in spec.tiers)
        return venue.equity(account), venue.maintenance_margin(account) if is_known else None

    def _keep(self, found: _Liquidation) -> None:
        name = self._name
        if name in (found.id, found.account) or any(one.market == name for one in found.steps):
            self._kept[found.id] = found
