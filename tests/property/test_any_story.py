"""Do all invariants hold after every step of any story?"""

import os
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from domain.adl.selections import SELECTIONS
from domain.canonical import canonical_bytes
from domain.envelope import encode
from domain.examination import Examination
from domain.invariants import violations
from domain.redecide import decide_again
from domain.respond import respond
from domain.snapshot import state_digest, state_of, venue_from
from domain.submission import read_command
from domain.venue import Venue
from domain.watch import MarginWatch

TRADERS = ("alice", "bob", "carol", "dave")
HOLDERS = (*TRADERS, "vault")
MARKETS = ("A", "B")

traders = st.sampled_from(TRADERS)
holders = st.sampled_from(HOLDERS)
markets = st.sampled_from(MARKETS)
sides = st.sampled_from(("buy", "sell"))
lots = st.integers(1, 12).map(str)
prices = st.integers(1, 40).map(str)
amounts = st.integers(1, 60).map(str)
PARAMETERS = {
    "seeded-rotation@1": {"seed": "12345678901"},
    "capped-pro-rata@1": {"cap": "2/5"},
    "risk-aware-pro-rata@1": {"k": "2"},
}
policies = st.fixed_dictionaries(
    {
        "policy": st.sampled_from(sorted(SELECTIONS)),
        "close_price": st.sampled_from(("bankruptcy", "mark", "previous_mark", "mark_capped")),
        "trigger": st.sampled_from(("negative_equity", "vault_exhausted")),
        "vault_candidate": st.sampled_from(("excluded", "same-rules", "first", "last")),
    }
).map(lambda chosen: {**chosen, "parameters": PARAMETERS.get(chosen["policy"], {})})
rates = st.sampled_from((("1/10", "1/20"), ("1/4", "1/7"), ("1/3", "0"), ("1/50", "1/100")))


class AnyStory(RuleBasedStateMachine):
    """Four traders and a vault on two markets; prices and lots are small so that things happen."""

    def __init__(self) -> None:
        super().__init__()
        self.venue = Venue()
        self.watched = Venue()
        self.watched.watch = MarginWatch(self.watched)
        self.examination = Examination(self.venue)
        self.orders = 0

    @initialize(
        first=rates,
        second=rates,
        cap=st.none() | amounts,
        mode=st.sampled_from(("full", "partial")),
        fee=st.sampled_from(("0", "1/7", "1/1000")),
        unit=st.sampled_from(("1", "0.5", "0.000001")),
        policy=policies,
    )
    def open(
        self,
        *,
        first: tuple[str, str],
        second: tuple[str, str],
        cap: str | None,
        mode: str,
        fee: str,
        unit: str,
        policy: dict[str, Any],
    ) -> None:
        self.step({"command": "open_venue", "name": "any", "quote_unit": unit})
        for account in HOLDERS:
            role = "vault" if account == "vault" else "trader"
            self.step({"command": "open_account", "account": account, "role": role})
        vault = {"account": "vault"} | ({} if cap is None else {"takeover_cap": cap})
        for market, (initial, maintenance) in zip(MARKETS, (first, second), strict=True):
            tiers = [{"from": "0", "initial": initial, "maintenance": maintenance}]
            if market == "A":
                tiers.append({"from": "100", "initial": "1/2", "maintenance": "1/3"})
            self.step(
                {
                    "command": "list_market",
                    "market": market,
                    "tick_size": "1",
                    "lot_size": "1",
                    "margin_tiers": tiers,
                    "taker_fee": fee,
                    "maker_fee": f"-{fee}",
                    "liquidation_fee": fee,
                    "liquidation": {"mode": mode, "partial_share": "1/3"},
                    "adl": policy,
                }
                | ({"vault": vault} if market == "A" else {})
            )
            self.step({"command": "mark", "market": market, "price": "20"})

    def step(self, command: dict[str, Any]) -> None:
        before = state_of(self.venue)
        digest = state_digest(self.venue)
        response = respond(self.venue, read_command(command))
        assert state_digest(self.venue) == digest
        assert decide_again(self.venue, response.events[0]) == response.events
        assert respond(self.watched, read_command(command)).events == response.events

        watching = Examination(self.watched)
        for event in response.events:
            assert encode(event) == canonical_bytes(event)
            assert self.examination.apply(event) == []
            watching.apply(event)
        assert list(violations(self.venue)) == []
        assert self.examination.at_end() == []
        after = state_of(self.venue)
        if response.rejected is not None:
            assert len(response.events) == 1
            assert_equal_but_for_bookkeeping(before, after)
        assert state_of(venue_from(after)) == after
        assert state_of(self.watched) == after

    @rule(account=holders, amount=amounts)
    def deposit(self, account: str, amount: str) -> None:
        self.step({"command": "deposit", "account": account, "amount": amount})

    @rule(account=st.sampled_from((*HOLDERS, "insurance", "treasury")), amount=amounts)
    def withdraw(self, account: str, amount: str) -> None:
        self.step({"command": "withdraw", "account": account, "amount": amount})

    @rule(market=markets, price=prices)
    def mark(self, market: str, price: str) -> None:
        self.step({"command": "mark", "market": market, "price": price})

    @rule(
        market=markets,
        account=holders,
        side=sides,
        quantity=lots,
        price=st.none() | prices,
        force=st.sampled_from((None, "gtc", "ioc", "post_only")),
        reduce_only=st.booleans(),
    )
    def place(
        self,
        *,
        market: str,
        account: str,
        side: str,
        quantity: str,
        price: str | None,
        force: str | None,
        reduce_only: bool,
    ) -> None:
        self.orders += 1
        command: dict[str, Any] = {
            "command": "place_order",
            "market": market,
            "account": account,
            "order_id": f"o{self.orders}",
            "side": side,
            "quantity": quantity,
            "reduce_only": reduce_only,
        }
        if price is not None:
            command["price"] = price
        if force is not None:
            command["time_in_force"] = force
        self.step(command)

    @rule(market=markets, back=st.integers(0, 8))
    def cancel(self, market: str, back: int) -> None:
        order_id = f"o{max(1, self.orders - back)}"
        self.step({"command": "cancel_order", "market": market, "order_id": order_id})

    @rule(market=markets, buyer=holders, seller=holders, quantity=lots, price=prices)
    def trade(self, market: str, buyer: str, seller: str, quantity: str, price: str) -> None:
        parties = {"buyer": buyer, "seller": seller}
        terms = {"quantity": quantity, "price": price}
        self.step({"command": "trade", "market": market, **parties, **terms})

    @rule(market=markets, rate=st.fractions(-1, 1, max_denominator=20))
    def funding(self, market: str, rate: object) -> None:
        self.step({"command": "funding", "market": market, "rate": str(rate)})

    @rule(market=markets, policy=policies)
    def set_policy(self, market: str, policy: dict[str, Any]) -> None:
        self.step({"command": "set_adl_policy", "market": market, **policy})

    @rule(market=markets, accounts=st.permutations(HOLDERS), keep=st.integers(0, 5))
    def set_list(self, market: str, accounts: list[str], keep: int) -> None:
        self.step({"command": "adl_list", "market": market, "accounts": accounts[:keep]})


def assert_equal_but_for_bookkeeping(before: dict[str, Any], after: dict[str, Any]) -> None:
    for name in ("head", "versions"):
        before.pop(name)
        after = {key: value for key, value in after.items() if key != name}
    assert before == after


IS_LONG = os.environ.get("ZEROSUM_HYPOTHESIS") == "long"
TestAnyStory = AnyStory.TestCase
TestAnyStory.settings = settings(
    max_examples=400 if IS_LONG else 80, stateful_step_count=60 if IS_LONG else 40
)
