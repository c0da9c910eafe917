"""Does every single event keep the invariants, seen from the state just before it?

One examination serves `verify`, the property tests and replay: it folds an event with the one
`apply` and yields each violation under the name of its invariant.
"""

from collections.abc import Collection, Iterable, Iterator
from fractions import Fraction
from typing import Any, Final, NamedTuple

from domain.account import TREASURY
from domain.adl.decision import (
    Decision,
    closure_amount,
    closure_cost,
    decision,
    ranking_root,
)
from domain.adl.policies import selection_of
from domain.adl.row_key import RowKey, salts_of
from domain.bankruptcy import bankruptcy_quote
from domain.errors import RowKeyDiffers, RowKeyMissing
from domain.events import Event
from domain.instants import LATEST
from domain.invariants import violations
from domain.margin import bankruptcy_amount
from domain.market import Market
from domain.parties import parties
from domain.units import AccountId
from domain.venue import Venue, apply
from domain.watch import MarginWatch

Violation = tuple[str, str]

EVENTS_BETWEEN_STATE_CHECKS: Final = 10_000


class _Sums(NamedTuple):
    """What the accounts that an event may touch hold together, just before or after it."""

    cash: int
    quantity: int
    cost: int
    net_deposits: int


class Examination:
    """Folds events into a venue and reports what breaks; keeps an open decision until it is
    done.
    """

    def __init__(self, venue: Venue, row_key: RowKey | None = None) -> None:
        self.venue = venue
        self.open_roots = 0
        """Ranking roots that could not be recomputed without the row key; all else was."""
        self._row_key = row_key
        self._open: _OpenDecision | None = None
        self._next_state_check = venue.head + EVENTS_BETWEEN_STATE_CHECKS
        self._cause = 0
        self._refused = False
        self._concerned: dict[AccountId, None] = {}

    def apply(self, event: Event) -> list[Violation]:
        """Fold one event; what it breaks, by name of the invariant."""
        venue = self.venue
        found: list[Violation] = []
        kind = event["type"]
        if event["cause"] != self._cause:
            found += self._end_of_chain()
        if self._refused and event["cause"] == self._cause:
            found.append(
                ("rejections_change_nothing", f"seq {event['seq']} follows from a refusal")
            )
        self._refused = kind == "venue.command_rejected/1"
        if self._refused and event["cause"] != event["seq"]:
            found.append(("rejections_change_nothing", "a refusal stands inside a chain"))
        self._cause = event["cause"]
        if venue.kind == "decided":
            self._concern(event)
        if not 0 <= event["time"] <= LATEST:
            found.append(("time_is_data", f"time {event['time']} is no nanosecond"))
        if kind in _BALANCED_BY_SHAPE:
            apply(venue, event)
            return found
        touched = self._touched(event)
        market = self._market(event)
        before = self._sums(touched, market)
        if kind == "market.deleveraging_decided/1" and venue.kind == "decided":
            self._open = _OpenDecision(venue, event)
            found += self._open.violations()
            found += self._ranking_root(self._open)
        apply(venue, event)
        after = self._sums(touched, market)
        found += _unbalanced(event, before, after)
        if kind == "market.position_taken_over/1" and venue.kind == "decided":
            found += _takeover_faults(venue, event)
        elif kind == "market.position_deleveraged/1" and self._open is not None:
            found += self._open.closure(event)
            if self._open.is_done:
                found += self._open.faults_at_end()
                self._open = None
        return found

    def _ranking_root(self, decided: "_OpenDecision") -> Iterator[Violation]:
        try:
            root = decided.root_again(self._row_key)
        except RowKeyMissing:
            self.open_roots += 1
        except RowKeyDiffers as fault:
            yield "decisions_recompute", str(fault)
        else:
            if root != decided.root:
                yield "decisions_recompute", f"ranking root {decided.root}, again: {root}"

    def at_end(self) -> list[Violation]:
        """What is broken after the last event."""
        found = [*self._end_of_chain(), *violations(self.venue)]
        if self._open is not None and not self._open.is_done:
            found.append(("closures_meet_the_need", "the last decision lacks closures"))
        return found

    def _concern(self, event: Event) -> None:
        """Note whom the event may have brought below its margin: its parties, and holders whom a
        mark leaves outside the band in which they are safe for sure.
        """
        venue = self.venue
        if venue.watch is None:
            venue.watch = MarginWatch(venue)
        accounts: Iterable[AccountId] = parties(event)
        if event["type"] == "market.mark_price_updated/1":
            market = event["stream"].partition("/")[2]
            accounts = venue.watch.in_danger(venue, market, event["data"]["price"])
        elif event["type"] == "market.funding_settled/1":
            accounts = self._touched(event)
        for account in accounts:
            self._concerned[account] = None

    def _end_of_chain(self) -> Iterator[Violation]:
        """After all events of a command: nobody whom they concerned was passed over.

        The sums over everybody follow from each event's own balance; they are added up anew every
        10,000 events and at the end.
        """
        venue, concerned, self._concerned = self.venue, self._concerned, {}
        for account in concerned:
            owner = venue.accounts.get(account)
            if owner is None or owner.role == "system" or owner.in_liquidation:
                continue
            equity, maintenance = venue.standing(account)
            if equity < 0:
                yield "shortfalls_are_named", f"{account} has equity {equity}, not in liquidation"
            if equity < maintenance:
                yield (
                    "decisions_recompute",
                    f"{account} is {maintenance - equity} below its margin, not in liquidation",
                )
        if venue.head >= self._next_state_check:
            self._next_state_check = venue.head + EVENTS_BETWEEN_STATE_CHECKS
            yield from violations(venue)

    def _touched(self, event: Event) -> Collection[AccountId]:
        """Whose lots and money the event may change, each once: both parties can be the same."""
        if event["type"] == "market.funding_settled/1":
            return tuple(self._market(event).positions)  # type: ignore[union-attr]
        if event["type"] == "market.trade_executed/1":
            data = event["data"]
            return {data["buyer"], data["seller"], TREASURY}
        return set(parties(event))

    def _market(self, event: Event) -> Market | None:
        kind, _, name = event["stream"].partition("/")
        return self.venue.markets.get(name) if kind == "market" else None

    def _sums(self, touched: Collection[AccountId], market: Market | None) -> _Sums:
        cash = quantity = cost = 0
        held = self.venue.cash
        for account in touched:
            cash += held.get(account, 0)
            if market is not None:
                position = market.positions.get(account)
                if position is not None:
                    quantity += position.quantity
                    cost += position.cost
        return _Sums(cash, quantity, cost, self.venue.net_deposits)


_BALANCED_BY_SHAPE: Final = frozenset(
    {
        "market.order_placed/1",
        "market.order_cancelled/1",
        "market.mark_price_updated/1",
        "venue.command_rejected/1",
        "venue.fact_rejected/1",
        "venue.key_rotated/1",
        "venue.person_erased/1",
    }
)
"""Facts that carry neither lots nor money of an account, so there is nothing to add up."""


def _unbalanced(event: Event, before: _Sums, after: _Sums) -> Iterator[Violation]:
    name = "funding_cancels" if event["type"] == "market.funding_settled/1" else "events_balance"
    if before.quantity != after.quantity:
        yield name, f"lots changed by {after.quantity - before.quantity}"
    money = (after.cash - before.cash) - (after.cost - before.cost)
    if money != after.net_deposits - before.net_deposits:
        yield (
            name,
            f"money changed by {money - (after.net_deposits - before.net_deposits)}",
        )


def _takeover_faults(venue: Venue, event: Event) -> Iterator[Violation]:
    name, data = "takeovers_name_both_sides", event["data"]
    market = venue.markets[event["stream"].partition("/")[2]]
    vault, quote = data["vault"], data["quote"]
    sign = 1 if quote["quantity"] > 0 else -1
    amount = bankruptcy_amount(sign, data["quantity"], Fraction(quote["price"]), market.point_value)
    if amount != data["amount"]:
        yield name, f"amount {data['amount']} is not the bankruptcy quote {amount}"
    if venue.equity(vault) < venue.initial_margin(vault):
        yield name, f"{vault} does not cover its initial margin afterwards"
    position, cap = market.positions.get(vault), market.spec.takeover_cap
    if cap is not None and position is not None and abs(position.cost) > cap:
        yield name, f"{vault} holds cost {position.cost} beyond the cap {cap}"


class _OpenDecision:
    """A decision made again from the state before it, and compared with what was written down."""

    def __init__(self, venue: Venue, event: Event) -> None:
        self._venue = venue
        self._data: dict[str, Any] = event["data"]
        self._market = venue.markets[event["stream"].partition("/")[2]]
        self._side = self._market.positions[self._data["bankrupt"]].sign
        price, self._quote = bankruptcy_quote(venue, self._market, self._data["bankrupt"])
        self._again: Decision = decision(venue, self._market, self._data["bankrupt"], price)
        self._left = list(self._again.closures)
        self._cost = 0
        self._before = self._register()
        self._named = {self._data["bankrupt"]}

    @property
    def is_done(self) -> bool:
        """Whether all closures that the decision announces were seen."""
        return not self._left

    @property
    def root(self) -> str:
        """The ranking root as the log has it."""
        return str(self._data["ranking_root"])

    def root_again(self, row_key: RowKey | None) -> str:
        """The ranking root over the rows that deciding again gives; raises `RowKeyUnfit`."""
        salts = salts_of(self._market.policy, row_key, self._data["decision_id"])
        return ranking_root(self._again.rows, salts)

    def violations(self) -> Iterator[Violation]:
        """What the decision's own event gets wrong."""
        data, again = self._data, self._again
        closed = sum(row.closed for _, row in again.closures)
        if data["needed"] != again.needed or data["residual"] != again.needed - closed:
            yield (
                "closures_meet_the_need",
                (
                    f"needed {data['needed']}, residual {data['residual']}; again: needed "
                    f"{again.needed}, closed {closed}"
                ),
            )
        if data["candidates"] != len(again.rows) or data["excluded"] != again.queue.excluded:
            yield (
                "every_candidate_is_ranked",
                (
                    f"{data['candidates']} ranked and {data['excluded']} excluded; again: "
                    f"{len(again.rows)} and {again.queue.excluded}"
                ),
            )
        price = f"{again.close_price.numerator}/{again.close_price.denominator}"
        if data["close_price"]["price"] != price:
            yield (
                "decisions_recompute",
                f"close price {data['close_price']['price']}, again: {price}",
            )
        yield from self._other_inputs()
        if not self._triggered():
            yield "adl_comes_last", f"trigger {data['policy']['trigger']} does not hold"
        partial = [row for row in again.rows if 0 < row.closed < row.candidate.capacity]
        if selection_of(self._market.policy).is_queue and len(partial) > 1:
            yield (
                "better_ranks_close_first",
                f"{len(partial)} candidates are closed in part",
            )

    def _other_inputs(self) -> Iterator[Violation]:
        """Inputs that the event states for its readers, compared with the state before it."""
        data, market = self._data, self._market
        equity, maintenance = self._venue.standing(data["bankrupt"])
        for name, again in (
            ("equity", equity),
            ("maintenance_margin", maintenance),
            ("mark_price", market.price),
            ("previous_mark_price", market.previous_mark),
            ("policy", market.policy.fact()),
            ("quote", self._quote),
            ("liquidation_id", self._venue.liquidations.get(data["bankrupt"])),
        ):
            if data[name] != again:
                yield "decisions_recompute", f"{name} {data[name]}, again: {again}"

    def closure(self, event: Event) -> Iterator[Violation]:
        """Compare one closure with the one that deciding again puts in its place."""
        data = event["data"]
        rank, row = self._left.pop(0)
        self._named.add(data["victim"])
        self._cost += data["cost"]
        if (data["rank"], data["victim"]) != (rank, row.candidate.account):
            yield (
                "better_ranks_close_first",
                (
                    f"rank {data['rank']} {data['victim']} was closed; again: rank {rank} "
                    f"{row.candidate.account}"
                ),
            )
        if not 0 < data["quantity"] <= row.candidate.capacity or data["quantity"] != row.closed:
            yield (
                "victims_closed_within_their_positions",
                (
                    f"{data['victim']} gave {data['quantity']} lots of {row.candidate.capacity}; "
                    f"again: {row.closed}"
                ),
            )
        amount = closure_amount(self._market, self._side, row.closed, self._again.close_price)
        cost = closure_cost(self._market, self._side, row.closed, amount)
        if (data["amount"], data["cost"]) != (amount, cost):
            yield (
                "decisions_recompute",
                (f"amount {data['amount']} and cost {data['cost']}; again: {amount} and {cost}"),
            )

    def faults_at_end(self) -> Iterator[Violation]:
        """What is wrong once all closures are done: who paid, and who should not have noticed."""
        data = self._data
        if data["close_price"]["rule"] == "bankruptcy" and data["closures"]:
            quote = data["quote"]
            closed = data["needed"] - data["residual"]
            share = Fraction(-quote["equity"] * quote["weight"] * closed, 1) / (
                quote["weight_total"] * data["needed"]
            )
            residue = self._cost - share
            if not 0 <= residue < data["closures"]:
                yield (
                    "deficit_paid_in_full",
                    f"victims gave {self._cost}, the share is {share}",
                )
        for account, held in self._register().items():
            if account not in self._named and self._before.get(account) != held:
                yield "bystanders_keep_their_equity", f"{account} changed"

    def _triggered(self) -> bool:
        data, market = self._data, self._market
        if data["policy"]["trigger"] == "negative_equity":
            return self._venue.equity(data["bankrupt"]) < 0
        if self._venue.accounts[data["bankrupt"]].role == "vault" or market.spec.vault is None:
            return True
        takeovers = [step for step in data["steps"] if step["step"] == "takeover"]
        ratio = market.spec.liquidation.backstop_ratio
        return bool(takeovers) and (
            takeovers[-1]["reason"] in ("capacity", "margin")
            or self._venue.equity(data["bankrupt"])
            < ratio * self._venue.maintenance_margin(data["bankrupt"])
        )

    def _register(self) -> dict[AccountId, tuple[int, object]]:
        positions = self._market.positions
        return {
            account: (cash, positions.get(account)) for account, cash in self._venue.cash.items()
        }
