"""How does a case with decimals become a venue in whole units?

Built from the product's own parts, beside the commands: a panel need not balance, and a case may
give equities that no short story reaches.
"""

from collections.abc import Mapping
from fractions import Fraction
from typing import Any, Final

from domain.account import SYSTEM_ACCOUNTS, Account
from domain.market import Market
from domain.position import Position, unrealized
from domain.specification import AdlPolicy, LiquidationRule, MarketSpec, Tier
from domain.units import Decimal10, parse_decimal, parse_ratio
from domain.venue import Venue

Given = Mapping[str, Any]
UNIT: Final = "0.000001"


def number(text: str) -> Fraction:
    """A number of a vector, exactly."""
    value = parse_ratio(text)
    assert value is not None, text
    return value


def decimal(text: str) -> Decimal10:
    """A decimal of a vector."""
    value = parse_decimal(text)
    assert value is not None, text
    return value


def whole(value: Fraction) -> int:
    """A number that is known to be whole."""
    assert value.denominator == 1, value
    return value.numerator


def policy_of(given: Given) -> AdlPolicy:
    """The policy that a case names."""
    return AdlPolicy(
        selection=given.get("policy", "pnl-leverage@1"),
        close_price=given.get("close_price", "bankruptcy"),
        trigger=given.get("trigger", "negative_equity"),
        vault_candidate=given.get("vault_candidate", "excluded"),
    )


class CaseVenue:
    """A venue under construction, with the units of its case."""

    def __init__(self, quote_unit: str = UNIT) -> None:
        self.unit = decimal(quote_unit)
        self.venue = Venue()
        self.venue.kind = "decided"
        for name in SYSTEM_ACCOUNTS:
            self.venue.accounts[name] = Account(name, "system", 1)
            self.venue.cash[name] = 0

    def money(self, text: str) -> int:
        """An amount in quote units."""
        return whole(number(text) / self.unit.fraction())

    def market(
        self,
        name: str,
        given: Given,
        policy: AdlPolicy | None = None,
        rule: LiquidationRule | None = None,
        vault: tuple[str, str | None] | None = None,
    ) -> Market:
        """List a market at its mark; a tick that is not given is fine enough for the marks."""
        marks = [decimal(given[key]) for key in ("mark", "previous_mark") if key in given]
        tick = Decimal10(1, max(mark.places for mark in marks))
        if "tick_size" in given:
            tick = decimal(given["tick_size"])
        lot = decimal(given.get("lot_size", "1"))
        rows = given.get("tiers") or [
            {
                "from": "0",
                "initial": given.get("initial", "1"),
                "maintenance": given["maintenance"],
            }
        ]
        spec = MarketSpec(
            id=name,
            tick_size=tick,
            lot_size=lot,
            quote_unit=self.unit,
            point_value=whole(tick.fraction() * lot.fraction() / self.unit.fraction()),
            tiers=tuple(
                Tier(self.money(row["from"]), number(row["initial"]), number(row["maintenance"]))
                for row in rows
            ),
            liquidation=rule or LiquidationRule(),
            vault=None if vault is None else vault[0],
            takeover_cap=None if vault is None or vault[1] is None else self.money(vault[1]),
            adl=policy or AdlPolicy(),
        )
        market = Market(spec, 1)
        market.mark = self.ticks(market, given["mark"])
        if "previous_mark" in given:
            market.previous_mark = self.ticks(market, given["previous_mark"])
        self.venue.markets[name] = market
        return market

    def ticks(self, market: Market, price: str) -> int:
        """A price in whole ticks."""
        return whole(number(price) / market.spec.tick_size.fraction())

    def lots(self, market: Market, quantity: str) -> int:
        """A quantity in whole lots."""
        return whole(number(quantity) / market.spec.lot_size.fraction())

    def account(self, name: str, given: Given, cash: int = 0) -> None:
        """Open an account with its role and status."""
        liquidation = "LIQ-0" if given.get("status") == "in_liquidation" else None
        role = given.get("role", "trader")
        seq = int(given.get("account_seq", "1"))
        self.venue.accounts[name] = Account(name, role, seq, cash, liquidation)
        self.venue.cash[name] = cash
        if liquidation is not None:
            self.venue.liquidations[name] = liquidation

    def hold(self, name: str, market: Market, given: Given) -> None:
        """Give an account a position; without an entry its cost is not known."""
        quantity = self.lots(market, given["quantity"])
        if not quantity:
            return
        cost, known = 0, given.get("entry", "0") is not None
        if known:
            entry = number(given.get("entry", "0"))
            cost = whole(number(given["quantity"]) * entry / self.unit.fraction())
        seq = int(given.get("opened_seq", "1"))
        market.positions[name] = Position(quantity, cost, seq, known)
        held = self.venue.holdings.get(name, ())
        self.venue.holdings[name] = tuple(sorted((*held, market.id)))

    def with_equity(self, name: str, market: Market, given: Given) -> None:
        """An account with one position and a whole equity, its cash being what that leaves."""
        self.account(name, given)
        self.hold(name, market, given)
        position = market.positions.get(name)
        gain = 0 if position is None else unrealized(position, market.price, market.point_value)
        self.venue.cash[name] = self.money(given["equity"]) - gain

    def with_balance(self, name: str, given: Given) -> None:
        """An account with positions whose cost is zero, so that its cash is the quote balance."""
        self.account(name, given, self.money(given["quote_balance"]))
        for market, quantity in given["positions"].items():
            self.hold(name, self.venue.markets[market], {"quantity": quantity})
