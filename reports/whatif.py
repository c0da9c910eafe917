"""Who would have been closed in recorded decisions under another policy?

Each decision is made again on the venue just before it, which is the recorded one: what another
policy would have changed before is not simulated, and nothing after it is either.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Any, NamedTuple

from domain.account import SYSTEM_ACCOUNTS
from domain.adl.decision import closure_amount, closure_cost, decision
from domain.adl.policies import policy_of
from domain.adl.selections import SELECTIONS
from domain.events import Event
from domain.market import Market
from domain.position import fill
from domain.specification import AdlPolicy, MarketSpec, policy_from
from domain.units import AccountId, Lots, QuoteUnits, Ticks, parse_ratio
from domain.venue import Venue
from reports.markouts import Close, MarkoutTotal, MarkWatch, markout_totals
from reports.metrics import Taken

VAULT_EXHAUSTED = ("no_vault", "capacity", "margin")
"""Reasons of a takeover step after which `vault_exhausted` holds, if lots are left."""


@dataclass(frozen=True, slots=True)
class Choice:
    """What is replaced in every decision's policy; None keeps what the decision had."""

    selection: str | None = None
    close_price: str | None = None
    trigger: str | None = None
    vault_candidate: str | None = None
    parameters: Mapping[str, str] = field(default_factory=dict)

    def policy_for(self, recorded: AdlPolicy) -> AdlPolicy:
        """The recorded policy with the replacements; raises `Rejected` for one that is incomplete.

        A parameter that is not given is the recorded one of that name, else the default.
        """
        selection = self.selection or recorded.selection
        known = SELECTIONS[selection].parameters if selection in SELECTIONS else ()
        given = {parameter.name: recorded.parameter(parameter.name) for parameter in known}
        given |= {name: text for name, text in self.parameters.items() if name in given}
        return policy_of(
            {
                "policy": selection,
                "close_price": self.close_price or recorded.close_price,
                "trigger": self.trigger or recorded.trigger,
                "vault_candidate": self.vault_candidate or recorded.vault_candidate,
                "parameters": {name: text for name, text in given.items() if text is not None},
            }
        )


class Holder(NamedTuple):
    """An account on the side that can be closed, at the mark just before the decision."""

    account: AccountId
    unrealized: QuoteUnits
    equity: QuoteUnits


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one policy does in one decision."""

    policy: AdlPolicy
    close_price: Fraction
    taken: tuple[Taken, ...] = ()
    is_triggered: bool = True

    @property
    def closed(self) -> Lots:
        """Lots of all victims."""
        return sum(row.closed for row in self.taken)

    @property
    def cost(self) -> QuoteUnits:
        """What all victims gave up against the mark."""
        return sum(row.cost for row in self.taken)


@dataclass(frozen=True, slots=True)
class Compared:
    """One decision: what it was about, what was done, and what each choice would have done."""

    id: str
    seq: int
    time: int
    liquidation: str
    bankrupt: AccountId
    side: int
    spec: MarketSpec
    mark: Ticks
    equity: QuoteUnits
    deficit_of_all: QuoteUnits
    needed: Lots
    holders: tuple[Holder, ...]
    actual: Outcome
    others: tuple[Outcome, ...]
    watch: MarkWatch

    @property
    def deficit(self) -> QuoteUnits:
        """`max(0, −E)` of the bankrupt account."""
        return max(0, -self.equity)

    @property
    def capacity(self) -> QuoteUnits:
        """`U`: unrealised profit of all holders together, losses not counted against it."""
        return sum(max(0, holder.unrealized) for holder in self.holders)

    def open_profit_after(self, outcome: Outcome) -> QuoteUnits:
        """Unrealised profit of all holders that is still open after the closes of an outcome."""
        moved = sum(
            max(0, row.unrealized) - max(0, row.unrealized - row.realized - row.cost)
            for row in outcome.taken
        )
        return self.capacity - moved

    def residual(self, outcome: Outcome) -> Lots:
        """Lots that an outcome leaves open."""
        return self.needed - outcome.closed

    def with_closures(self, closures: Sequence[Mapping[str, Any]]) -> "Compared":
        """The same, with what was done as the log says it."""
        before = {holder.account: holder for holder in self.holders}
        point_value = self.spec.point_value
        taken = tuple(
            Taken(
                closure["victim"],
                closure["quantity"],
                closure["cost"],
                closure["realized"],
                closure["quantity"] * self.mark * point_value,
                before[closure["victim"]].unrealized,
                before[closure["victim"]].equity,
            )
            for closure in closures
        )
        return replace(self, actual=replace(self.actual, taken=taken))

    def outcome(self, at: int | None) -> Outcome:
        """What was done (None), or what the choice at this index would have done."""
        return self.actual if at is None else self.others[at]

    def markouts(self, outcome: Outcome) -> list[MarkoutTotal]:
        """What the closes of an outcome cost against later marks."""
        closes = [Close(row.account, self.side * row.closed, row.cost) for row in outcome.taken]
        marks = self.watch.marks()
        return markout_totals(closes, self.mark, self.spec.point_value, marks)


def compared(venue: Venue, event: Event, choices: Iterable[Choice]) -> Compared:
    """A decision and what each choice makes of it, on the venue just before it."""
    data = event["data"]
    market = venue.markets[event["stream"].partition("/")[2]]
    recorded = policy_from(data["policy"])
    bankrupt = data["bankrupt"]
    case = Case(venue, market, bankrupt, _price(data["quote"]["price"]), data)
    return Compared(
        id=data["decision_id"],
        seq=event["seq"],
        time=event["time"],
        liquidation=data["liquidation_id"],
        bankrupt=bankrupt,
        side=market.positions[bankrupt].sign,
        spec=market.spec,
        mark=market.price,
        equity=data["equity"],
        deficit_of_all=sum(
            max(0, -venue.equity(account))
            for account in venue.holdings
            if account not in SYSTEM_ACCOUNTS
        ),
        needed=data["needed"],
        holders=holders_of(venue, market, market.positions[bankrupt].sign),
        actual=Outcome(recorded, _price(data["close_price"]["price"])),
        others=tuple(case.outcome(choice.policy_for(recorded)) for choice in choices),
        watch=MarkWatch(event, market.price, market.mark_seq),
    )


def _price(text: str) -> Fraction:
    price = parse_ratio(text)
    if price is None:
        message = f"{text!r} is no price"
        raise ValueError(message)
    return price


def holders_of(venue: Venue, market: Market, bankrupt_side: int) -> tuple[Holder, ...]:
    """Everybody on the other side with equity above zero, by account id."""
    found = []
    for account in sorted(market.positions):
        position = market.positions[account]
        equity = venue.equity(account) if position.sign != bankrupt_side else 0
        if equity > 0:
            value = position.quantity * market.price * market.point_value
            found.append(Holder(account, value - position.cost, equity))
    return tuple(found)


class Case(NamedTuple):
    """A decision with everything that is the same under every policy."""

    venue: Venue
    market: Market
    bankrupt: AccountId
    bankruptcy_price: Fraction
    data: Mapping[str, Any]

    def outcome(self, policy: AdlPolicy) -> Outcome:
        """Who is closed under a policy; nobody where its trigger does not hold."""
        market = self.market
        side = market.positions[self.bankrupt].sign
        again = decision(self.venue, market, self.bankrupt, self.bankruptcy_price, policy)
        if not self._triggers(policy.trigger):
            return Outcome(policy, again.close_price, is_triggered=False)
        taken = []
        for _, row in again.closures:
            victim = row.candidate.account
            amount = closure_amount(market, side, row.closed, again.close_price)
            filled = fill(market.positions[victim], side * row.closed, amount, 0)
            cost = closure_cost(market, side, row.closed, amount)
            held = row.candidate
            notional = row.closed * market.price * market.point_value
            taken.append(
                Taken(
                    victim,
                    row.closed,
                    cost,
                    filled.realized,
                    notional,
                    held.unrealized,
                    held.equity,
                )
            )
        return Outcome(policy, again.close_price, tuple(taken))

    def _triggers(self, trigger: str) -> bool:
        """Whether ADL may start under a trigger, from the steps of the recorded pass."""
        if trigger == self.data["policy"]["trigger"]:
            return True
        if trigger == "negative_equity":
            return bool(self.data["equity"] < 0)
        takeovers = [step["reason"] for step in self.data["steps"] if step["step"] == "takeover"]
        # An account of role vault has no takeover step: nobody stands behind a vault.
        if not takeovers or takeovers[-1] in VAULT_EXHAUSTED:
            return True
        if takeovers[-1] != "vault_in_liquidation":
            return False
        backstop = self.market.spec.liquidation.backstop_ratio
        return bool(self.data["equity"] < backstop * self.data["maintenance_margin"])
