"""Commands and facts that the tests of the ledger tell again and again."""

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

from domain.account import SYSTEM_ACCOUNTS
from domain.specification import MarketSpec, Tier, listed_fact
from domain.units import Decimal10
from domain.venue import Fact

MARKET = "BTC-PERP"
TRADERS = ("alice", "bob", "carol", "dave", "erin")


def command(name: str, /, **fields: Any) -> dict[str, Any]:
    return {"command": name, **fields}


def order(account: str, number: str, side: str, quantity: str, price: str) -> dict[str, Any]:
    return command(
        "place_order",
        market=MARKET,
        account=account,
        order_id=number,
        side=side,
        quantity=quantity,
        price=price,
    )


def cascade() -> list[dict[str, Any]]:
    """Alice is liquidated, the vault takes its part, two victims are deleveraged."""
    return [
        command("open_venue", name="cascade", id="open"),
        command("open_account", account="vault", role="vault"),
        *(command("open_account", account=trader, id=f"open-{trader}") for trader in TRADERS),
        command(
            "list_market",
            market=MARKET,
            tick_size="0.1",
            lot_size="0.001",
            margin_tiers=[{"from": "0", "initial": "0.1", "maintenance": "0.05"}],
            vault={"account": "vault", "takeover_cap": "120000"},
        ),
        command("mark", market=MARKET, price="60000", time=1_000),
        command("deposit", account="alice", amount="102000", id="deposit-alice"),
        *(
            command("deposit", account=account, amount="150000", id=f"deposit-{account}")
            for account in ("bob", "carol", "dave", "erin", "vault")
        ),
        command("deposit", account="nobody", amount="1", id="refused"),
        order("bob", "b1", "sell", "6", "60000"),
        order("carol", "c1", "sell", "5", "60000"),
        {**order("alice", "a1", "buy", "10", "60000"), "id": "buy"},
        order("erin", "e1", "buy", "1", "50000"),
        command("withdraw", account="alice", amount="999999999"),
        command("mark", market=MARKET, price="48000", id="crash", time=5_000),
        *(
            command("deposit", account="dave", amount=f"{n}.25", id=f"more-{n}", time=5_000 + n)
            for n in range(1, 29)
        ),
    ]


def deposits(count: int, first: int = 0) -> Iterator[dict[str, Any]]:
    for n in range(first, first + count):
        yield command("deposit", account="alice", amount="1.5", id=f"deposit-{n}")


def opened() -> list[dict[str, Any]]:
    return [command("open_venue", name="small"), command("open_account", account="alice")]


def archive(trades: int, file: str = "fills.jsonl") -> list[Fact]:
    """A recorded venue: one market, two accounts, and a trade per line of a file."""
    spec = MarketSpec(
        id=MARKET,
        tick_size=Decimal10(1, 1),
        lot_size=Decimal10(1, 3),
        quote_unit=Decimal10(1, 6),
        point_value=100,
        tiers=(Tier(0, Fraction(1, 10), Fraction(1, 20)),),
    )
    venue = {
        "kind": "recorded",
        "name": "elsewhere",
        "quote": "USDC",
        "quote_unit": "0.000001",
        "system_accounts": sorted(SYSTEM_ACCOUNTS),
    }
    listed: Any = listed_fact(spec)
    facts = [
        Fact("venue.opened/1", "venue", venue, 0, {}),
        Fact("market.listed/1", f"market/{MARKET}", listed, 0, {}),
        *(
            Fact("account.opened/1", f"account/{name}", {"label": "", "role": "trader"}, 0, {})
            for name in ("alice", "bob")
        ),
    ]
    for n in range(trades):
        source: dict[str, str | int] = {"file": file, "line": n + 1}
        mark = {"previous_price": 600_000 + n - 1 if n else None, "price": 600_000 + n}
        facts += [
            Fact("market.mark_price_updated/1", f"market/{MARKET}", mark, 10 * n, source),
            Fact("market.trade_executed/1", f"market/{MARKET}", trade(n), 10 * n, source),
        ]
    return facts


def trade(number: int) -> dict[str, Any]:
    return {
        "buyer": "alice",
        "buyer_fee": 7,
        "price": 600_000 + number,
        "purpose": "recorded",
        "quantity": 1 + number % 5,
        "seller": "bob",
        "seller_fee": 0,
        "trade_id": str(number),
    }
