"""On which venue does a random story play, and how does it begin?"""

import copy
import random
from collections.abc import Iterator
from contextlib import suppress
from fractions import Fraction

from tests.oracle import naive_margin as margin
from tests.oracle import profiles
from tests.oracle.naive_rejected import NaiveRejected
from tests.oracle.naive_venue import NaiveVenue
from tests.oracle.profiles import text

MOST_LOTS = 150


class World:
    """The naive venue that shows where a story stands, and what its commands are made of."""

    def __init__(
        self, seed: int, profile: str, policies: tuple[str, ...] = profiles.POLICIES
    ) -> None:
        self.rng = random.Random(f"{profile}/{seed}")
        self.profile = profile
        self.policies = policies
        self.venue = NaiveVenue()
        self.unit = Fraction(1)
        self.base: dict[str, int] = {}
        self.listings: dict[str, dict] = {}
        self.traders: list[str] = []
        self.vaults: list[str] = []
        self.traded: list[str] = []
        self.count = 0

    def told(self, command: dict) -> dict:
        self.count += 1
        command = dict(command)
        if "id" not in command and self.rng.random() < 0.02:
            command["id"] = f"key-{self.count}"
        if "time" not in command and self.rng.random() < 0.1:
            command["time"] = self.rng.choice((self.count * 10**9, "2026-01-01T00:00:00Z"))
        with suppress(NaiveRejected):
            self.venue.execute(copy.deepcopy(command))
        return command

    # The first commands

    def beginning(self) -> Iterator[dict]:
        rng = self.rng
        unit, sizes = profiles.units_of(rng, self.profile)
        self.unit = Fraction(unit)
        if rng.random() < 0.25:
            yield {"command": "deposit", "account": "alice", "amount": "1"}
        yield {
            "command": "open_venue",
            "name": "story",
            "quote": "USDC",
            "quote_unit": unit,
        }
        self.vaults = ["vault"] if rng.random() < 0.7 else ["vault", "vault-2"]
        self.traders = list(profiles.TRADERS[: rng.randint(5, 8)])
        for vault in self.vaults:
            yield {"command": "open_account", "account": vault, "role": "vault"}
        for trader in self.traders:
            yield {"command": "open_account", "account": trader}
        names = ["BTC-PERP", "ETH-PERP", "SOL-PERP"]
        lowest = 2 if self.profile == "cross" else 1
        names = names[: rng.randint(lowest, 3 if self.profile in ("mixed", "cross", "fees") else 2)]
        for name in names:
            size = rng.choice(sizes)
            self.base[name] = self.base_price()
            command = profiles.market(
                rng, self.profile, name, size, self.base[name], self.vaults, self.policies
            )
            self.listings[name] = command
            yield command
        yield from self.first_money()
        for name in names:
            yield {
                "command": "mark",
                "market": name,
                "price": self.price(name, self.base[name]),
            }
        if rng.random() < 0.5:
            command = profiles.market(
                rng, self.profile, "DARK", rng.choice(sizes), 100, [], self.policies
            )
            self.base["DARK"] = 100
            self.listings["DARK"] = command
            yield command

    def base_price(self) -> int:
        if self.profile == "fees":
            return self.rng.randint(5, 90)
        if self.profile == "big":
            return self.rng.randint(10**3, 10**7)
        return self.rng.choice((self.rng.randint(30, 300), self.rng.randint(500, 20_000)))

    def first_money(self) -> Iterator[dict]:
        for trader in self.traders:
            yield self.money(trader, self.rng.uniform(0.3, 6))
        for vault in self.vaults:
            yield self.money(vault, self.rng.uniform(0.2, 3 if self.profile == "vault" else 6))
        if self.rng.random() < 0.5:
            yield self.money("insurance", self.rng.uniform(0.01, 0.3))

    def worth(self, market: str) -> int:
        """Quote units of ten lots at the base price."""
        return 10 * self.base[market] * self.venue.markets[market]["point_value"]

    def money(self, account: str, tens_of_lots: float) -> dict:
        market = self.rng.choice([m for m in self.base if m != "DARK"])
        share = Fraction(int(tens_of_lots * 1000), 1000)
        amount = int(self.worth(market) * share) + self.rng.randint(1, 9)
        return {
            "command": "deposit",
            "account": account,
            "amount": text(amount * self.unit),
        }

    # What commands are made of

    def price(self, market: str, ticks: int) -> str:
        return text(max(1, ticks) * Fraction(self.listings[market]["tick_size"]))

    def lots(self, market: str, count: int) -> str:
        shown = text(count * Fraction(self.listings[market]["lot_size"]))
        return shown + ("0" if "." in shown and self.rng.random() < 0.1 else "")

    def order(self, market: str, account: str, side: str, lots: int, price: int | None) -> dict:
        self.count += 1
        command = {"command": "place_order", "market": market, "account": account}
        command |= {
            "order_id": f"o{self.count}",
            "side": side,
            "quantity": self.lots(market, lots),
        }
        if price is not None:
            command["price"] = self.price(market, price)
        return command

    def free_traders(self) -> list[str]:
        free = [a for a in self.traders if a not in self.venue.in_liquidation]
        return free or self.traders[:1]

    def somebody(self) -> str:
        if self.rng.random() < 0.08:
            return self.rng.choice(self.vaults)
        return self.rng.choice(self.free_traders())

    def affordable(self, market: str, account: str) -> int:
        """About how many lots the account's free collateral allows, at the first tier."""
        rules = self.venue.markets[market]
        free = margin.free_collateral(self.venue, account)
        lot = self.venue.marks[market] * rules["point_value"] * rules["tiers"][0]["initial"]
        return min(MOST_LOTS, int(free / lot)) if lot else 0

    def near(self, market: str, share: int = 50) -> int:
        mark = self.venue.marks[market]
        width = max(1, mark // share)
        return max(1, mark + self.rng.randint(-width, width))

    def side(self) -> str:
        return self.rng.choice(("buy", "sell"))
