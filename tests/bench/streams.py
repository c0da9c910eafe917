"""Which input is measured: seeded streams of commands and of recorded facts, any length."""

import random
from collections.abc import Iterator

from domain.venue import Fact

Command = dict[str, object]
MARKETS = ("BTC-PERP", "ETH-PERP", "SOL-PERP")


def opening(accounts: int, deposit: str = "1000000") -> Iterator[Command]:
    """A venue with three markets, a vault, and funded accounts."""
    yield {"command": "open_venue", "name": "bench"}
    yield {"command": "open_account", "account": "vault", "role": "vault"}
    yield {"command": "deposit", "account": "vault", "amount": "50000000"}
    for market in MARKETS:
        yield {
            "command": "list_market",
            "market": market,
            "tick_size": "0.1",
            "lot_size": "0.001",
            "margin_tiers": [
                {"from": "0", "initial": "0.05", "maintenance": "0.025"},
                {"from": "5000000", "initial": "0.1", "maintenance": "0.05"},
            ],
            "maker_fee": "0.0001",
            "taker_fee": "0.0005",
            "vault": {"account": "vault"},
        }
        yield {"command": "mark", "market": market, "price": "50000"}
    for number in range(accounts):
        name = f"account-{number:05}"
        yield {"command": "open_account", "account": name}
        yield {"command": "deposit", "account": name, "amount": deposit}


def mixed_commands(length: int, accounts: int = 1_000, seed: int = 7) -> Iterator[Command]:
    """Orders, cancellations, recorded trades and marks over many accounts in three markets."""
    chance = random.Random(seed)
    marks = dict.fromkeys(MARKETS, 500_000)
    for number in range(length):
        market = chance.choice(MARKETS)
        kind = chance.random()
        if kind < 0.10:
            marks[market] = max(1_000, marks[market] + chance.randint(-400, 400))
            yield {"command": "mark", "market": market, "price": _price(marks[market])}
            continue
        account = f"account-{chance.randrange(accounts):05}"
        if kind < 0.30:
            other = f"account-{chance.randrange(accounts):05}"
            if other != account:
                yield {
                    "command": "trade",
                    "market": market,
                    "buyer": account,
                    "seller": other,
                    "price": _price(marks[market] + chance.randint(-20, 20)),
                    "quantity": _quantity(chance),
                }
                continue
        side = chance.choice(("buy", "sell"))
        offset = chance.randint(-30, 60) * (-1 if side == "buy" else 1)
        yield {
            "command": "place_order",
            "market": market,
            "account": account,
            "order_id": f"o-{number}",
            "side": side,
            "quantity": _quantity(chance),
            "price": _price(marks[market] + offset),
            "time_in_force": "gtc" if chance.random() < 0.7 else "ioc",
        }


def _price(ticks: int) -> str:
    return f"{ticks // 10}.{ticks % 10}"


def _quantity(chance: random.Random) -> str:
    return f"0.{chance.randint(1, 500):03}"


def recorded_facts(length: int, accounts: int = 1_000, seed: int = 7) -> Iterator[Fact]:
    """A recorded log: a venue, three markets, accounts, then trades with source keys."""
    chance = random.Random(seed)
    time = 1_760_000_000_000_000_000
    yield Fact(
        "venue.opened/1",
        "venue",
        {
            "kind": "recorded",
            "name": "bench",
            "quote": "USDC",
            "quote_unit": "0.000001",
            "system_accounts": ["insurance", "rounding", "treasury", "uncovered"],
        },
        time,
        {},
    )
    names = [f"0x{chance.getrandbits(160):040x}" for _ in range(accounts)]
    for name in names:
        yield Fact(
            "account.opened/1",
            f"account/{name}",
            {"label": "", "role": "trader"},
            time,
            {},
        )
    for market in MARKETS:
        yield Fact("market.listed/1", f"market/{market}", _listed(), time, {})
    for number in range(length):
        buyer, seller = chance.sample(names, 2)
        time += 50_000_000
        yield Fact(
            "market.trade_executed/1",
            f"market/{chance.choice(MARKETS)}",
            {
                "buyer": buyer,
                "buyer_fee": chance.randint(0, 5_000_000),
                "price": 500_000 + chance.randint(-5_000, 5_000),
                "purpose": "recorded",
                "quantity": chance.randint(1, 5_000),
                "seller": seller,
                "seller_fee": chance.randint(-1_000_000, 5_000_000),
                "trade_id": f"{chance.getrandbits(50)}",
            },
            time,
            {"file": "bench.jsonl", "line": number + 1},
        )


def _listed() -> dict[str, object]:
    from fractions import Fraction

    from domain.specification import MarketSpec, Tier, listed_fact
    from domain.units import Decimal10

    spec = MarketSpec(
        id="any",
        tick_size=Decimal10(1, 1),
        lot_size=Decimal10(1, 3),
        quote_unit=Decimal10(1, 6),
        point_value=100,
        tiers=(Tier(0, Fraction(1, 20), Fraction(1, 40)),),
    )
    return dict(listed_fact(spec))
