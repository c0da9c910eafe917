"""Small and large rounds for tests: one bankrupt account against many holders of the other side."""

import random
from fractions import Fraction

from domain.account import SYSTEM_ACCOUNTS, Account
from domain.adl.policies import policy_of
from domain.adl.selections import SELECTIONS
from domain.market import Market
from domain.position import Position
from domain.specification import AdlPolicy, MarketSpec, Tier
from domain.units import Decimal10
from domain.venue import Venue
from reports.escape_round import Round

PARAMETERS = {
    "seeded-rotation@1": {"seed": "5"},
    "capped-pro-rata@1": {"cap": "1/2"},
    "risk-aware-pro-rata@1": {"k": "1"},
}
ALL_SELECTIONS = tuple(SELECTIONS)


def policy(
    selection: str, close_price: str = "bankruptcy", vaults: str = "same-rules"
) -> AdlPolicy:
    return policy_of(
        {
            "policy": selection,
            "close_price": close_price,
            "vault_candidate": vaults,
            "parameters": PARAMETERS.get(selection, {}),
        }
    )


def venue_of(
    rng: random.Random,
    count: int,
    *,
    most_lots: int = 9,
    price: int = 50,
    unit: int = 1,
    need_share: Fraction = Fraction(1, 2),
    bankrupt_side: int = 1,
) -> tuple[Venue, Market]:
    """A market in which `bust` is bankrupt; costs are not whole multiples of lots."""
    venue = Venue()
    venue.head = 10
    venue.quote_unit = Decimal10(1, 0)
    for name in SYSTEM_ACCOUNTS:
        venue.accounts[name], venue.cash[name] = Account(name, "system", 1), 0
    tiers = (
        Tier(0, Fraction(1, 10), Fraction(1, 20)),
        Tier(price * unit * 4, Fraction(1, 5), Fraction(1, 10)),
    )
    spec = MarketSpec("M", Decimal10(1, 0), Decimal10(1, 0), Decimal10(1, 0), unit, tiers)
    market = Market(spec, 1)
    market.mark, market.previous_mark = price, price + bankrupt_side * max(1, price // 20)
    venue.markets["M"] = market
    market.adl_list = tuple(sorted(f"a{at:05}" for at in range(0, count, 2)))[::-1]
    lots = 0
    for at in range(count):
        size = rng.randint(1, most_lots)
        lots += size
        gain = rng.randint(-price // 8, price // 2)
        entry = price + gain if bankrupt_side > 0 else max(1, price - gain)
        cost = size * entry * unit + rng.randint(0, size)
        equity = rng.choice((rng.randint(1, 40), rng.randint(1, 900))) * size * unit * price // 50
        quantity = -bankrupt_side * size
        position = Position(quantity, -bankrupt_side * cost, rng.randint(20, 30))
        held = quantity * price * unit - position.cost
        hold(venue, market, f"a{at:05}", position, max(1, equity) - held, rng)
    need = max(1, int(lots * need_share))
    position = Position(bankrupt_side * need, bankrupt_side * need * price * unit, 9)
    hold(venue, market, "bust", position, -need * unit * rng.randint(0, 4), rng, "trader")
    return venue, market


def hold(
    venue: Venue,
    market: Market,
    name: str,
    position: Position,
    cash: int,
    rng: random.Random,
    role: str | None = None,
) -> None:
    role = role or ("vault" if rng.random() < 0.1 else "trader")
    venue.accounts[name] = Account(name, role, rng.randint(2, 9))
    venue.cash[name] = cash
    market.positions[name] = position
    venue.holdings[name] = ("M",)


def round_of(venue: Venue, market: Market, chosen: AdlPolicy) -> Round:
    held = market.positions["bust"]
    price = market.price - Fraction(venue.equity("bust"), held.quantity * market.point_value)
    return Round(venue, market, "bust", price, chosen)
