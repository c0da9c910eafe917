"""What do the design's words say, read literally by somebody who never saw the product?

Readings chosen where the text leaves room:
* A command has one fault at a time in mind; with several, missing fields come before unknown ones
  and these before types, level by level; a malformed order id is a malformed id (`bad_value`).
* A name of a system account in an order, trade or withdrawal is `bad_value` after the references.
* Amounts, tier bounds and caps finer than the quote unit are `too_many_digits`; `self_trade` of a
  recorded trade is the first state fault; funding at a rate is the only `no_mark` of funding.
* `post_only` crosses any resting order of the other side, its own and dead reduce-only included.
* The own-order stop comes before a met reduce-only order with nothing to reduce is cancelled.
* An incoming reduce-only order that is flat with lots left is cancelled as `reduce_only`.
* Touched: every account named in an event of the command, all holders after `mark` and `funding`;
  a waiting liquidation is tried again only when its account is touched. System accounts never.
* A liquidation step visits the positions of its start by M_i, a whole number, descending.
* Takeover reasons: no_vault, vault_in_liquidation, above_backstop, then capacity, margin,
  all_taken; capacity when one more lot breaks the cap. Step 2 was entered when E < ratio · M, also
  if the vault then is in liquidation.
* "Did something" and "moved lots" are the same: lots traded, taken over or closed in the pass so
  far; a cancelled dead reduce-only order is not enough.
* Residue counts takeovers and closures whose price equals the bankruptcy price (by value, under
  any close price rule); it moves only when 0 < cash < count and step 2 or 3 made the account flat.
* `losers_included` says that a loser was admitted; without an admissible one it stays false.
* Excluded only as `not_in_profit`: no later code applies either. Otherwise it counts as that.
* Losers of a pro rata stand by lots, but the missing lots of their largest remainders use the ties.
* The market last closed is the one in which a position last became flat; a flip is not flat.
* An order id is used up when the order is accepted, in its market.
* The same `id` with the same content changes nothing and raises nothing, even when the first was
  refused; other content is `id_conflict`, judged before the keys.
"""

import json

from tests.oracle import naive_book, naive_commands, naive_formats, naive_liquidation
from tests.oracle import naive_margin as margin
from tests.oracle.naive_commands import SYSTEM
from tests.oracle.naive_rejected import NaiveRejected, require

__all__ = ["NaiveRejected", "NaiveVenue"]


class NaiveVenue:
    """The whole venue in dicts and whole numbers: ticks, lots, quote units."""

    def __init__(self) -> None:
        self.venue: dict | None = None
        self.ids: dict[str, str] = {}
        self.markets: dict[str, dict] = {}
        self.roles: dict[str, str] = {}
        self.cash: dict[str, int] = {}
        self.net_deposits = 0
        self.positions: dict[tuple[str, str], tuple[int, int]] = {}
        self.opened: dict[tuple[str, str], int] = {}
        self.last_closed: dict[str, str] = {}
        self.realized: dict[tuple[str, str], int] = {}
        self.marks: dict[str, int | None] = {}
        self.previous_marks: dict[str, int | None] = {}
        self.orders: dict[str, dict[str, tuple]] = {}
        self.used_order_ids: dict[str, set[str]] = {}
        self.adl_lists: dict[str, list[str]] = {}
        self.account_opened: dict[str, int] = {}
        self.basis_missing: set[tuple[str, str]] = set()
        self.in_liquidation: dict[str, int] = {}
        self.liquidations = 0
        self.touched: set[str] = set()
        self.journal: list[tuple] = []
        self.steps: list[tuple] = []
        self.decided_by: list[str] = []

    # Questions

    def equity(self, account: str) -> int:
        return margin.equity(self, account)

    def maintenance(self, account: str) -> int:
        return margin.maintenance(self, account)

    def initial(self, account: str) -> int:
        return margin.initial(self, account)

    # Commands

    def execute(self, command: dict) -> None:
        """Carry the command out, or raise `NaiveRejected` with nothing changed.

        Every refusal is raised before the first change, so there is nothing to restore.
        """
        if isinstance(command.get("id"), str):
            content = json.dumps(command, sort_keys=True)
            if command["id"] in self.ids:
                require(self.ids[command["id"]] == content, "id_conflict")
                return
            self.ids[command["id"]] = content
        naive_commands.check_keys(command)
        naive_commands.check_references(self, command)
        said = naive_formats.parse(self, command)
        getattr(self, command["command"])(said)
        naive_liquidation.check(self)
        self.touched = set()

    def open_venue(self, said: dict) -> None:
        self.venue = said
        self.emit("venue_opened", said["name"])
        for account in SYSTEM:
            self.roles[account] = "system"
            self.cash[account] = 0
            self.account_opened[account] = len(self.journal)

    def list_market(self, said: dict) -> None:
        market = said["market"]
        self.emit("market_listed", market)
        self.markets[market] = said
        self.marks[market] = self.previous_marks[market] = None
        self.orders[market] = {}
        self.used_order_ids[market] = set()

    def open_account(self, said: dict) -> None:
        self.emit("account_opened", said["account"], said["role"])
        self.roles[said["account"]] = said["role"]
        self.cash[said["account"]] = 0
        self.account_opened[said["account"]] = len(self.journal)

    def deposit(self, said: dict) -> None:
        self.emit("deposited", said["account"], said["amount"])
        self.cash[said["account"]] += said["amount"]
        self.net_deposits += said["amount"]
        self.touched.add(said["account"])

    def withdraw(self, said: dict) -> None:
        account, amount = said["account"], said["amount"]
        require(account not in self.in_liquidation, "in_liquidation")
        free = self.equity(account) - self.initial(account)
        require(free - amount >= 0, "insufficient_margin")
        self.emit("withdrawn", account, amount)
        self.cash[account] -= amount
        self.net_deposits -= amount
        self.touched.add(account)

    def mark(self, said: dict) -> None:
        market = said["market"]
        self.emit("marked", market, said["price"])
        self.previous_marks[market] = self.marks[market]
        self.marks[market] = said["price"]
        self.touched |= self.holders(market)

    def place_order(self, said: dict) -> None:
        market, account, order_id = said["market"], said["account"], said["order_id"]
        require(order_id not in self.used_order_ids[market], "order_exists")
        self.check_order(said)
        self.used_order_ids[market].add(order_id)
        shown = ("side", "quantity", "price", "time_in_force", "reduce_only")
        self.emit("order_placed", market, order_id, account, *(said[f] for f in shown))
        self.touched.add(account)
        left, reason = naive_book.match(
            self,
            market,
            account,
            side=said["side"],
            quantity=said["quantity"],
            limit=said["price"],
            reduce_only=said["reduce_only"],
        )
        if left > 0 and reason is None and said["time_in_force"] == "ioc":
            reason = "ioc"
        if reason is not None:
            self.emit("order_cancelled", market, order_id, reason)
        elif left > 0:
            rest = (account, said["side"], said["price"], left, said["reduce_only"])
            self.orders[market][order_id] = rest

    def check_order(self, said: dict) -> None:
        """State faults of a new order, in the order of the design."""
        market, account, side = said["market"], said["account"], said["side"]
        lots, price = said["quantity"], said["price"]
        self.check_tradable(market, [account])
        if said["reduce_only"]:
            can_reduce = naive_book.reducible(self, market, account, side) > 0
            require(can_reduce, "reduce_only_would_increase")
        else:
            conceded = 0
            if price is not None:
                sign = 1 if side == "buy" else -1
                worse = max(0, sign * (price - self.marks[market]))
                conceded = worse * lots * self.markets[market]["point_value"]
            needed = margin.initial_with_order(self, market, account, side, lots)
            require(self.equity(account) - conceded - needed >= 0, "insufficient_margin")
        if said["time_in_force"] == "post_only":
            crosses = naive_book.would_cross(self, market, side, price)
            require(not crosses, "post_only_would_cross")

    def check_tradable(self, market: str, accounts: list[str]) -> None:
        require(self.marks[market] is not None, "no_mark")
        require(not set(accounts) & set(self.in_liquidation), "in_liquidation")

    def cancel_order(self, said: dict) -> None:
        market, order_id = said["market"], said["order_id"]
        require(order_id in self.orders[market], "no_order")
        self.touched.add(self.orders[market].pop(order_id)[0])
        self.emit("order_cancelled", market, order_id, "requested")

    def trade(self, said: dict) -> None:
        market, buyer, seller = said["market"], said["buyer"], said["seller"]
        require(buyer != seller, "self_trade")
        self.check_tradable(market, [buyer, seller])
        price, lots = said["price"], said["quantity"]
        naive_book.trade(self, market, buyer, seller, price, lots, 0, 0, "recorded")

    def funding(self, said: dict) -> None:
        market = said["market"]
        if "rate" in said:
            require(self.marks[market] is not None, "no_mark")
            per_contract = self.marks[market] * self.markets[market]["point_value"]
            per_lot = round(said["rate"] * per_contract)
        else:
            per_lot = said["per_lot"]
        self.emit("funded", market, per_lot)
        for account in self.holders(market):
            self.cash[account] -= self.positions[market, account][0] * per_lot
        self.touched |= self.holders(market)

    def set_adl_policy(self, said: dict) -> None:
        self.emit("policy_changed", said["market"])
        self.markets[said["market"]]["adl"] = said["rules"]

    def adl_list(self, said: dict) -> None:
        self.emit("adl_list_set", said["market"])
        self.adl_lists[said["market"]] = said["accounts"]

    # Changes

    def emit(self, *line: object) -> None:
        self.journal.append(line)

    def holders(self, market: str) -> set[str]:
        return {account for where, account in self.positions if where == market}

    def move(self, account: str, market: str, change: int, amount: int) -> None:
        """Change a position by `change` lots for `amount`; call it after the event is emitted."""
        key = (market, account)
        before, cost = margin.position(self, market, account)
        after, cost_after, realized = margin.moved(before, cost, change, amount)
        self.cash[account] += amount + cost_after - cost
        self.realized[key] = self.realized.get(key, 0) + realized
        if after == 0:
            self.positions.pop(key)
            self.opened.pop(key)
            self.last_closed[account] = market
            return
        self.positions[key] = (after, cost_after)
        if before * after <= 0:
            self.opened[key] = len(self.journal)
