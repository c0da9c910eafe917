"""What do the venue and its slow twin make of the same random stream of commands?"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from domain.canonical import canonical_bytes
from domain.envelope import encode
from domain.events import Event
from domain.respond import Response, respond
from domain.submission import read_command
from domain.venue import Venue, apply
from tests.oracle.generator import commands
from tests.oracle.naive_venue import NaiveRejected, NaiveVenue
from tests.oracle.profiles import POLICIES


def without_id(command: dict[str, Any]) -> dict[str, Any]:
    """Idempotency belongs to the ledger: a command as the venue alone sees it."""
    return {key: value for key, value in command.items() if key != "id"}


def stream(
    seed: int, length: int, profile: str, policies: tuple[str, ...] = POLICIES
) -> Iterator[dict[str, Any]]:
    """Commands of one random story that sets only these policies."""
    return (without_id(command) for command in commands(seed, length, profile, policies))


@dataclass
class Twins:
    """A venue and the oracle, led through the same commands and compared after each of them."""

    venue: Venue = field(default_factory=Venue)
    naive: NaiveVenue = field(default_factory=NaiveVenue)
    reached: Counter[str] = field(default_factory=Counter)

    def both(self, command: dict[str, Any]) -> Response:
        """Give both the command, and insist that they answer alike."""
        line = len(self.naive.journal)
        refused = None
        try:
            self.naive.execute(command)
        except NaiveRejected as refusal:
            refused = refusal.code
        response = respond(self.venue, read_command(command))
        assert (response.rejected.code if response.rejected else None) == refused, command
        for event in response.events:
            assert encode(event) == canonical_bytes(event)
            apply(self.venue, event)
        self._agree(command)
        assert said_by(response.events) == told_by(self.naive.journal[line:]), command
        self._count(response)
        return response

    def _agree(self, command: dict[str, Any]) -> None:
        venue, naive = self.venue, self.naive
        assert dict(venue.cash) == naive.cash, command
        held = {
            (market.id, account): (position.quantity, position.cost)
            for market in venue.markets.values()
            for account, position in market.positions.items()
        }
        assert held == naive.positions, command
        assert set(venue.liquidations) == set(naive.in_liquidation), command
        assert venue.net_deposits == naive.net_deposits, command
        for market in venue.markets.values():
            resting = {
                order.id: (
                    order.account,
                    "buy" if order.side > 0 else "sell",
                    order.price,
                    order.quantity,
                    order.reduce_only,
                )
                for order in market.book.orders.values()
            }
            assert resting == naive.orders[market.id], command
            assert market.mark == naive.marks[market.id]

    def _count(self, response: Response) -> None:
        started = 0
        victims: Counter[str] = Counter()
        for event in response.events:
            kind, data = event["type"].partition("/")[0], event["data"]
            self.reached[kind] += 1
            started += kind == "account.liquidation_started"
            if kind == "market.position_deleveraged":
                victims[data["decision_id"]] += 1
            if kind == "venue.deficit_covered":
                role = self.venue.accounts[data["payer"]].role
                payer = "vault" if role == "vault" else data["payer"]
                self.reached[f"covered by {payer}"] += 1
            if kind == "market.deleveraging_decided":
                bankrupt = self.venue.accounts[data["bankrupt"]]
                self.reached["vault bankruptcy"] += bankrupt.role == "vault"
                self.reached["short bankrupt"] += data["side"] == "short"
                self.reached["losers included"] += data["losers_included"]
                self.reached[f"policy {data['policy']['policy']}"] += 1
                self.reached[f"close price {data['policy']['close_price']}"] += 1
                for code in data["excluded"]:
                    self.reached[f"excluded {code}"] += 1
            if kind in ("account.liquidation_waiting", "account.liquidation_ended"):
                self._count_steps(data["steps"])
        self.reached["several victims"] += any(count > 1 for count in victims.values())
        self.reached["several bankrupts at one mark"] += (
            started > 1 and response.events[0]["type"] == "market.mark_price_updated/1"
        )

    def _count_steps(self, steps: list[dict[str, Any]]) -> None:
        for step in steps:
            self.reached[f"{step['step']} {step['reason']}"] += 1
            partly = step["step"] == "book" and step["reason"] == "filled" and step["left"]
            self.reached["partial liquidation"] += bool(partly)
        self.reached["cross-market liquidation"] += len({step["market"] for step in steps}) > 1


def said_by(events: tuple[Event, ...]) -> list[tuple[Any, ...]]:
    """What the venue decided, in the words of the oracle's journal."""
    found: list[tuple[Any, ...]] = []
    for event in events:
        kind, data = event["type"].partition("/")[0], event["data"]
        market = account = event["stream"].partition("/")[2]
        match kind:
            case "market.deleveraging_decided":
                price = Fraction(data["close_price"]["price"])
                counts = (data["candidates"], data["excluded"], data["losers_included"])
                found.append(("decided", market, data["bankrupt"], data["needed"], price, *counts))
            case "market.position_deleveraged":
                score = Fraction(data["score_numerator"], data["score_denominator"])
                closed = (data["rank"], data["quantity"], data["amount"], score)
                found.append(("closure", market, data["bankrupt"], data["victim"], *closed))
            case "market.position_taken_over":
                taken = (data["quantity"], data["amount"], data["stopped_by"])
                found.append(("takeover", market, data["bankrupt"], data["vault"], *taken))
            case "venue.deficit_covered":
                found.append((kind, data["bankrupt"], data["payer"], data["amount"]))
            case "account.liquidation_started":
                found.append(("liquidation_started", account))
            case "account.liquidation_ended":
                found.append(("ended", account, data["outcome"]))
            case "account.liquidation_waiting":
                found.append(("waiting", account))
            case "account.collateral_moved":
                found.append(("residue", data["from"], data["amount"]))
            case "market.trade_executed":
                fees = (data["buyer_fee"], data["seller_fee"], data["purpose"])
                traded = (data["buyer"], data["seller"], data["price"], data["quantity"])
                found.append(("trade", market, *traded, *fees))
            case _:
                pass
    return found


def told_by(journal: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """The same from the oracle: lines that both write, a closure without a score having zero."""
    found: list[tuple[Any, ...]] = []
    for line in journal:
        match line[0]:
            case "closure":
                found.append((*line[:7], line[7] if line[7] is not None else Fraction(0)))
            case "deficit_covered":
                found.append(("venue.deficit_covered", *line[1:]))
            case "waiting":
                found.append(line[:2])
            case "decided" | "takeover" | "liquidation_started" | "ended" | "residue" | "trade":
                found.append(line)
            case _:
                pass
    return found
