"""Do the passes of a story balance, and whom do they leave alone?

An onlooker folds the events one by one beside the venue that decides them, and adds up what each
pass of a liquidation takes from its counterparties.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from domain.account import SYSTEM_ACCOUNTS
from domain.events import Event
from domain.redecide import decide_again
from domain.respond import respond
from domain.submission import read_command
from domain.venue import Venue, apply

OF_A_PASS = (
    "account.liquidation_started",
    "market.position_taken_over",
    "market.deleveraging_decided",
    "account.liquidation_waiting",
)


@dataclass
class Pass:
    """One pass of one account: its equity before, and what its closes cost the others."""

    account: str
    equity: int
    cost: int = 0
    liquidation_fees: int = 0
    closes: int = 0
    residue: int = 0
    covered: int = 0
    at_bankruptcy: bool = True


@dataclass
class Onlooker:
    """A venue that is told every event, with the sums of the pass that is under way."""

    venue: Venue = field(default_factory=Venue)
    seen: Counter[str] = field(default_factory=Counter)
    running: Pass | None = None

    def watch(self, command: dict[str, Any]) -> None:
        """Let the venue answer the command, and judge each event of the answer."""
        events = respond(self.venue, read_command(command)).events
        assert decide_again(self.venue, events[0]) == events
        before: dict[str, int] | None = None
        named: set[str] = set()
        for event in events:
            if opens_a_pass(event) and before is None:
                before = self._equities()
            if before is not None:
                named |= {event["stream"].partition("/")[2], *words(event["data"])}
            self._judge(event)
        assert self.running is None
        if before is not None:
            after = self._equities()
            spared = set(before) - named - set(SYSTEM_ACCOUNTS)
            assert {name: after[name] for name in spared} == {name: before[name] for name in spared}
            self.seen["accounts that were not named"] += len(spared)

    def _equities(self) -> dict[str, int]:
        return {account: self.venue.equity(account) for account in self.venue.accounts}

    def _judge(self, event: Event) -> None:
        data = event["data"]
        if self.running is None and opens_a_pass(event):
            account = bankrupt_of(event, self.venue)
            self.running = Pass(account, self.venue.equity(account))
        found = self.running
        if found is not None:
            match event["type"].partition("/")[0]:
                case "market.trade_executed":
                    is_buyer = data["buyer"] == found.account
                    paid = data["quantity"] * data["price"] * self._point_value(event)
                    self._closed(found, event, data["quantity"], -paid if is_buyer else paid)
                    found.liquidation_fees += data["buyer_fee" if is_buyer else "seller_fee"]
                case "market.position_taken_over":
                    self._closed(found, event, data["quantity"], data["amount"])
                    found.closes += 1
                case "market.position_deleveraged":
                    assert data["quantity"] > 0
                    self._closed(found, event, data["quantity"], data["amount"])
                    found.closes += 1
                case "market.deleveraging_decided":
                    price = Fraction(data["close_price"]["price"])
                    found.at_bankruptcy &= price == Fraction(data["quote"]["price"])
                    self.seen["decisions"] += 1
                case "account.collateral_moved":
                    found.residue += data["amount"]
                case "venue.deficit_covered":
                    found.covered += data["amount"]
                case "account.liquidation_waiting" | "account.liquidation_ended":
                    self._ended(found, data.get("outcome"))
                case _:
                    pass
        apply(self.venue, event)

    def _point_value(self, event: Event) -> int:
        return self.venue.markets[event["stream"].partition("/")[2]].point_value

    def _closed(self, found: Pass, event: Event, lots: int, amount: int) -> None:
        """Add what the other side gave up against the mark: `s·x·(P − p)·v`, as it was rounded."""
        market = self.venue.markets[event["stream"].partition("/")[2]]
        sign = market.positions[found.account].sign
        found.cost += amount - sign * lots * market.price * market.point_value

    def _ended(self, found: Pass, outcome: str | None) -> None:
        self.running = None
        self.seen["passes that waited"] += outcome is None
        gained = found.cost - found.liquidation_fees + found.covered - found.residue
        assert self.venue.equity(found.account) == found.equity + gained
        if outcome in ("taken_over", "deleveraged") and found.at_bankruptcy:
            assert found.covered == 0
            assert found.cost == -found.equity + found.residue + found.liquidation_fees
            assert 0 <= found.residue < found.closes
            self.seen["passes that ended flat at bankruptcy prices"] += 1


def opens_a_pass(event: Event) -> bool:
    """Whether the event belongs to a pass, so that the first of them opens it."""
    kind = event["type"].partition("/")[0]
    return kind in OF_A_PASS or event["data"].get("purpose") == "liquidation"


def bankrupt_of(event: Event, venue: Venue) -> str:
    data = event["data"]
    if "bankrupt" in data:
        return str(data["bankrupt"])
    if data.get("purpose") == "liquidation":
        owners = {liquidation: account for account, liquidation in venue.liquidations.items()}
        return owners[data["liquidation_id"]]
    return str(event["stream"].partition("/")[2])


def words(data: object) -> Iterator[str]:
    """Every text that a fact holds, ids of accounts among them."""
    if isinstance(data, str):
        yield data
    elif isinstance(data, Mapping):
        for value in data.values():
            yield from words(value)
    elif isinstance(data, (list, tuple)):
        for value in data:
            yield from words(value)
