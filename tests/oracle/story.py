"""What might happen next on a venue, so that a random story reaches the interesting places?"""

from collections.abc import Iterator
from fractions import Fraction

from tests.oracle import naive_margin as margin
from tests.oracle import profiles
from tests.oracle.bad_commands import CODES, bad_command
from tests.oracle.profiles import text
from tests.oracle.world import World


class Story(World):
    """A stream of commands: a beginning, then actions drawn by the weights of the profile."""

    def tell(self) -> Iterator[dict]:
        """Endless; each command is executed here before it is handed out."""
        for command in self.beginning():
            yield self.told(command)
        self.traded = [m for m, price in self.venue.marks.items() if price is not None]
        actions = profiles.ACTIONS[self.profile]
        names, weights = list(actions), list(actions.values())
        while True:
            if self.rng.random() < 0.05:
                batch = [bad_command(self, self.rng.choice(CODES))]
            else:
                name = self.rng.choices(names, weights)[0]
                batch = getattr(self, name)()
            for command in batch or []:
                if command is not None:
                    yield self.told(command)

    # Actions: each returns the next commands, or none

    def place(self) -> tuple[str, str, str, int]:
        market, account = self.rng.choice(self.traded), self.somebody()
        if self.affordable(market, account) == 0:
            account = self.somebody()
        most = max(1, self.affordable(market, account))
        lots = self.rng.choice((self.rng.randint(1, 4), self.rng.randint(1, most), most))
        return market, account, self.side(), lots

    def limit_order(self, market: str, account: str, side: str, lots: int) -> dict:
        price = self.near(market)
        best = [o[2] for o in self.venue.orders[market].values() if o[1] != side]
        if best and self.rng.random() < 0.35:
            price = min(best) if side == "buy" else max(best)
        command = self.order(market, account, side, lots, price)
        chosen = self.rng.choice((None, None, None, "gtc", "ioc", "post_only"))
        return command if chosen is None else {**command, "time_in_force": chosen}

    def rest(self) -> list[dict]:
        return [self.limit_order(*self.place())]

    def pair(self) -> list[dict]:
        """Two orders that meet at the mark, the second as levered as it may be."""
        market = self.rng.choice(self.traded)
        accounts = self.free_traders()
        if len(accounts) < 2:
            return []
        maker, taker = self.rng.sample(accounts, 2)
        side, price = self.side(), self.near(market, 200)
        most = min(self.affordable(market, maker), self.affordable(market, taker))
        if most == 0 and self.rng.random() < 0.7:
            return []
        lots = max(1, most * self.rng.choice((3, 9, 10)) // 10)
        first = self.order(market, maker, "sell" if side == "buy" else "buy", lots, price)
        return [first, self.order(market, taker, side, lots, price)]

    def market(self) -> list[dict]:
        market, account, side, lots = self.place()
        return [self.order(market, account, side, lots, None)]

    def holding(self) -> tuple[str, str, int] | None:
        held = [(*k, q) for k, (q, _) in sorted(self.venue.positions.items())]
        return self.rng.choice(held) if held else None

    def reduce(self) -> list[dict]:
        found = self.holding()
        if found is None:
            return []
        market, account, quantity = found
        side = "sell" if quantity > 0 else "buy"
        lots = max(1, abs(quantity) * self.rng.choice((1, 2, 4, 8)) // 4)
        if self.rng.random() < 0.3:
            command = self.order(market, account, side, lots, None)
        else:
            command = self.limit_order(market, account, side, lots)
        return [{**command, "reduce_only": True}]

    def cancel(self) -> list[dict]:
        market = self.rng.choice(self.traded)
        resting = list(self.venue.orders[market])
        if not resting:
            return []
        order_id = self.rng.choice(resting)
        return [{"command": "cancel_order", "market": market, "order_id": order_id}]

    def recorded(self, market: str, buyer: str, seller: str, price: int, lots: int) -> dict:
        command = {
            "command": "trade",
            "market": market,
            "buyer": buyer,
            "seller": seller,
        }
        return command | {
            "price": self.price(market, price),
            "quantity": self.lots(market, lots),
        }

    def trade(self) -> list[dict]:
        buyer, seller = self.somebody(), self.somebody()
        market = self.rng.choice(self.traded)
        if buyer == seller:
            return []
        most = max(1, min(self.affordable(market, buyer), self.affordable(market, seller)))
        return [self.recorded(market, buyer, seller, self.near(market), self.rng.randint(1, most))]

    def close_out(self) -> list[dict]:
        """A recorded trade that makes somebody flat at a price beyond its bankruptcy price."""
        found = self.holding()
        if found is None:
            return []
        market, account, quantity = found
        others = [a for a in self.free_traders() if a != account]
        bust = margin.bankruptcy_price(self.venue, account, market)
        if not others or account in self.venue.in_liquidation:
            return []
        if quantity > 0:
            price = max(1, int(bust) - self.rng.randint(1, 5))
            return [self.recorded(market, self.rng.choice(others), account, price, quantity)]
        price = max(1, int(bust) + self.rng.randint(1, 5))
        return [self.recorded(market, account, self.rng.choice(others), price, -quantity)]

    def vault_trade(self) -> list[dict]:
        """The vault trades for itself, at times with all it has."""
        market, vault = self.rng.choice(self.traded), self.rng.choice(self.vaults)
        lots = self.affordable(market, vault)
        others = [a for a in self.free_traders() if self.affordable(market, a) >= 1]
        if lots < 1 or not others or vault in self.venue.in_liquidation:
            return []
        other, price = self.rng.choice(others), self.venue.marks[market]
        lots = max(1, min(lots, self.affordable(market, other)))
        buyer, seller = self.rng.sample((vault, other), 2)
        return [self.recorded(market, buyer, seller, price, lots)]

    def mark(self) -> list[dict]:
        market = self.rng.choice(self.traded)
        ticks = self.near(market, self.rng.choice((20, 50, 200)))
        return [self.marked(market, ticks)]

    def marked(self, market: str, ticks: int) -> dict:
        ticks = min(max(1, ticks), self.base[market] * 20)
        return {"command": "mark", "market": market, "price": self.price(market, ticks)}

    def crash(self) -> list[dict]:
        """A mark at, around or beyond the price at which somebody has nothing left."""
        found = self.holding()
        if found is None:
            return []
        market, account, quantity = found
        mark, sign = self.venue.marks[market], 1 if quantity > 0 else -1
        if self.rng.random() < 0.1:
            return [self.marked(market, self.rng.choice((1, self.base[market])))]
        value = abs(quantity) * self.venue.markets[market]["point_value"]
        to_zero = Fraction(self.venue.equity(account), value)
        share = self.rng.choice((60, 80, 90, 97, 99, 100, 101, 103, 110, 150))
        distance = to_zero * share / 100
        after = mark - sign * distance
        ticks = round(after) + self.rng.choice((0, 0, -1, 1))
        if self.rng.random() < 0.3:
            halfway = round(mark - sign * distance / 2)
            return [self.marked(market, halfway), self.marked(market, ticks)]
        return [self.marked(market, ticks)]

    def deposit(self) -> list[dict]:
        venue, rng = self.venue, self.rng
        troubled = sorted(venue.in_liquidation)
        if troubled and rng.random() < 0.5:
            account = rng.choice(troubled)
            missing = venue.maintenance(account) - venue.equity(account)
            amount = max(
                1,
                rng.choice((missing, missing, missing - 1, missing // 2, missing * 3)),
            )
            return [
                {
                    "command": "deposit",
                    "account": account,
                    "amount": text(amount * self.unit),
                }
            ]
        if rng.random() < 0.1:
            account = rng.choice(("insurance", "treasury", "rounding", *self.vaults))
            return [self.money(account, rng.uniform(0.01, 1))]
        poorest = sorted(self.traders, key=lambda a: (venue.equity(a), a))[:3]
        return [self.money(rng.choice(poorest), rng.uniform(0.2, 3))]

    def withdraw(self) -> list[dict]:
        account = self.somebody() if self.rng.random() < 0.9 else "insurance"
        free = margin.free_collateral(self.venue, account)
        amount = self.rng.choice((free, free // 2, free // 10, free + 1))
        if amount < 1:
            return []
        return [
            {
                "command": "withdraw",
                "account": account,
                "amount": text(amount * self.unit),
            }
        ]

    def funding(self) -> list[dict]:
        market = self.rng.choice(self.traded)
        if self.rng.random() < 0.6:
            rate = self.rng.choice(("0.0001", "-0.0003", "1/3000", "-1/70", "0.02", "0"))
            return [{"command": "funding", "market": market, "rate": rate}]
        lot = self.venue.marks[market] * self.venue.markets[market]["point_value"]
        most = max(3, lot // 100)
        amount = self.rng.randint(-most, most)
        return [
            {
                "command": "funding",
                "market": market,
                "per_lot": text(amount * self.unit),
            }
        ]

    def policy(self) -> list[dict]:
        market = self.rng.choice(self.traded)
        return [
            {"command": "set_adl_policy", "market": market, **profiles.adl(self.rng, self.policies)}
        ]

    def keeper_list(self) -> list[dict]:
        """An order of some or all accounts, wherever an external list may be in force."""
        market = self.rng.choice(self.traded)
        everybody = [*self.traders, *self.vaults, "insurance"]
        accounts = self.rng.sample(everybody, self.rng.randint(0, len(everybody)))
        return [{"command": "adl_list", "market": market, "accounts": accounts}]
