"""How does a test write down what a venue did elsewhere?

A small recorded log: whole lots, ticks and quote units, one market `M` unless another is named.
Every second is a block of its own.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from domain.audit.auditing import Audit
from domain.audit.decisions import AuditedDecision, Terms
from domain.envelope import encode, validate_data
from domain.events import Event
from domain.specification import MarketSpec, Tier, listed_fact
from domain.units import Decimal10
from domain.venue import Fact, Venue, apply, enveloped

START = 1_760_130_000_000_000_000
SECOND = 10**9
SYSTEM = ["insurance", "rounding", "treasury", "uncovered"]


@dataclass
class RecordedLog:
    """Facts as they are written down, and the books that they lead to."""

    markets: tuple[str, ...] = ("M",)
    venue: Venue = field(default_factory=Venue)
    facts: list[Fact] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    now: int = START
    block: int | None = 1000
    trades: int = 0

    def __post_init__(self) -> None:
        data = {"kind": "recorded", "name": "elsewhere", "quote": "USDC", "quote_unit": "1"}
        self.fact("venue.opened/1", "venue", {**data, "system_accounts": SYSTEM})
        for name in self.markets:
            one = Decimal10(1, 0)
            tiers = (Tier(0, Fraction(1, 10), Fraction(1, 20)),)
            spec = MarketSpec(name, one, one, one, 1, tiers)
            self.fact("market.listed/1", f"market/{name}", dict(listed_fact(spec)))

    def fact(self, kind: str, stream: str, data: dict[str, Any], **source: str | int) -> Event:
        """Write down any fact; its source names the block and a row of its own."""
        more = {} if self.block is None else {"block": self.block}
        where = {"file": "story", "key": f"row-{len(self.facts)}", "line": 1, "row": 0}
        in_order = dict(sorted(data.items()))
        fact = Fact(kind, stream, in_order, self.now, dict(sorted((where | more | source).items())))
        event = enveloped(self.venue, fact)
        validate_data(event)
        encode(event)
        apply(self.venue, event)
        self.facts.append(fact)
        self.events.append(event)
        return event

    def later(self, seconds: int = 1) -> None:
        """The next block, so many seconds on."""
        self.now += seconds * SECOND
        if self.block is not None:
            self.block += seconds

    def open(self, *accounts: str, role: str = "trader") -> None:
        """Accounts are opened before their first use."""
        for account in accounts:
            if account not in self.venue.accounts:
                data = {"label": "", "role": role}
                self.fact("account.opened/1", f"account/{account}", data)

    def deposit(self, account: str, amount: int) -> None:
        """Money comes in."""
        self.open(account)
        data = {"amount": amount, "reference": ""}
        self.fact("account.collateral_deposited/1", f"account/{account}", data)

    def move(self, payer: str, receiver: str, amount: int, reason: str) -> None:
        """Money from one account to another."""
        self.open(payer, receiver)
        data = {"amount": amount, "from": payer, "reason": reason, "to": receiver}
        self.fact("account.collateral_moved/1", f"account/{payer}", data)

    def mark(self, price: int, market: str = "M") -> None:
        """The mark from now on."""
        data = {"previous_price": self.venue.markets[market].mark, "price": price}
        self.fact("market.mark_price_updated/1", f"market/{market}", data)

    def trade(
        self,
        buyer: str,
        seller: str,
        lots: int,
        price: int,
        market: str = "M",
        purpose: str = "recorded",
    ) -> None:
        """A match, or an opening or gap against an outside account."""
        self.open(buyer, seller)
        self.trades += 1
        data = {
            "buyer": buyer,
            "buyer_fee": 0,
            "price": price,
            "purpose": purpose,
            "quantity": lots,
            "seller": seller,
            "seller_fee": 0,
            "trade_id": str(self.trades),
        }
        self.fact("market.trade_executed/1", f"market/{market}", data)

    def refuse(self, code: str, **source: str) -> None:
        """A row that could not be applied."""
        self.fact("venue.fact_rejected/1", "venue", {"code": code, "detail": "x"}, **source)

    def close(
        self,
        bankrupt: str,
        victim: str,
        lots: int,
        price: int,
        market: str = "M",
        realized: int | None = None,
        **source: str,
    ) -> Event:
        """An ADL close of the victim against the bankrupt account."""
        held = self.venue.markets[market].positions[victim]
        side = held.sign
        if realized is None:
            gain = side * lots * price - Fraction(held.cost * lots, abs(held.quantity)) * 1
            realized = int(gain)
        data = {
            "amount": -side * lots * price,
            "bankrupt": bankrupt,
            "cost": None,
            "decision_id": None,
            "quantity": lots,
            "quantity_after": held.quantity - side * lots,
            "quantity_before": held.quantity,
            "rank": None,
            "realized": realized,
            "score_denominator": None,
            "score_numerator": None,
            "victim": victim,
        }
        named = {"liquidated": bankrupt} | source
        return self.fact("market.position_deleveraged/1", f"market/{market}", data, **named)

    def audited(self, terms: Terms | None = None) -> list[AuditedDecision]:
        """What an audit says of it."""
        return audited(self.events, terms)


def audited(events: Iterable[Event], terms: Terms | None = None) -> list[AuditedDecision]:
    """What an audit says of these events."""
    venue, audit, found = Venue(), Audit(terms), []
    for event in events:
        found += audit.see(venue, event)
        apply(venue, event)
    return [*found, *audit.rest()]


def crash(*shorts: tuple[str, int, int, int], need: int = 10) -> RecordedLog:
    """A log up to the moment at which `bust`, long `need` lots, is under water at mark 90.

    Each short is (account, deposit, lots, entry price); `maker` stands against all of them. Before
    the mark of 90 there was one of 95.
    """
    log = RecordedLog()
    log.deposit("bust", need * 5)
    log.deposit("maker", 10**6)
    for account, deposit, _, _ in shorts:
        log.deposit(account, deposit)
    log.trade("bust", "maker", need, 100)
    for account, _, lots, entry in shorts:
        log.trade("maker", account, lots, entry)
    log.later()
    log.mark(100)
    log.later()
    log.mark(95)
    log.later()
    log.mark(90)
    return log
