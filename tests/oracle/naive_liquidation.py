"""Which accounts are liquidated after a command, and what does each step of a pass take?"""

from fractions import Fraction

from tests.oracle import naive_adl, naive_book, naive_takeover
from tests.oracle import naive_margin as margin

SYSTEM = ("insurance", "rounding", "treasury", "uncovered")


def is_flat(venue, account: str) -> bool:
    return not margin.held(venue, account)


def is_liquidatable(venue, account: str) -> bool:
    if account in SYSTEM or is_flat(venue, account):
        return False
    return margin.equity(venue, account) < margin.maintenance(venue, account)


def urgency(venue, account: str) -> tuple:
    """Lowest E/M first; accounts that need no margin before all others, by E; then the id."""
    equity, needed = margin.equity(venue, account), margin.maintenance(venue, account)
    if needed == 0:
        return (0, Fraction(equity), account)
    return (1, Fraction(equity, needed), account)


def check(venue) -> None:
    """Liquidate until nobody who was touched is left below its maintenance margin."""
    for account in sorted(venue.in_liquidation):
        if margin.equity(venue, account) >= margin.maintenance(venue, account):
            end(venue, account, "healthy")
    cover_flat_deficits(venue)
    waiting: set[str] = set()
    while True:
        due = [a for a in venue.touched if a not in waiting and is_liquidatable(venue, a)]
        if not due:
            return
        account = min(due, key=lambda a: urgency(venue, a))
        if Pass(venue, account).run() == "waiting":
            waiting.add(account)
        cover_flat_deficits(venue)


def cover_flat_deficits(venue) -> None:
    for account in sorted(venue.touched):
        if account not in SYSTEM and is_flat(venue, account) and venue.cash[account] < 0:
            cover(venue, account)


def cover(venue, account: str) -> None:
    """Pay the deficit of a flat account: vault of the market last closed, insurance, uncovered."""
    payers = []
    market = venue.last_closed.get(account)
    if market is not None and venue.markets[market]["vault"] not in (None, account):
        payers.append(venue.markets[market]["vault"])
    for payer in [*payers, "insurance", "uncovered"]:
        missing = -venue.cash[account]
        amount = missing
        if payer != "uncovered":
            amount = min(missing, margin.free_collateral(venue, payer))
        if amount > 0:
            venue.emit("deficit_covered", account, payer, amount)
            venue.cash[payer] -= amount
            venue.cash[account] += amount
            venue.touched.add(payer)


def end(venue, account: str, outcome: str) -> None:
    del venue.in_liquidation[account]
    venue.emit("ended", account, outcome)


class Pass:
    """One pass of one account through book, vault and ADL."""

    def __init__(self, venue, account: str) -> None:
        self.venue = venue
        self.account = account
        self.is_first = account not in venue.in_liquidation
        self.is_vault = venue.roles[account] == "vault"
        self.moved = False
        self.closes_at_bankruptcy = 0
        self.takeover_left_lots: set[str] = set()

    def run(self) -> str:
        """Outcome, or "waiting"."""
        if self.is_first:
            self.venue.liquidations += 1
            self.venue.in_liquidation[self.account] = self.venue.liquidations
            self.venue.emit("liquidation_started", self.account)
            naive_book.cancel_all_of(self.venue, self.account, "liquidation")
        steps = [
            (self.book, "closed"),
            (self.takeover, "taken_over"),
            (self.adl, "deleveraged"),
        ]
        for step, outcome_when_flat in steps[2:] if self.is_vault else steps:
            for market in self.by_margin():
                step(market)
                if is_flat(self.venue, self.account):
                    self.settle_flat()
                    end(self.venue, self.account, outcome_when_flat)
                    return outcome_when_flat
                if not is_liquidatable(self.venue, self.account):
                    end(self.venue, self.account, "healthy")
                    return "healthy"
        if self.moved or self.is_first:
            left = {m: self.left(m) for m in margin.held(self.venue, self.account)}
            self.venue.emit("waiting", self.account, left)
        return "waiting"

    def by_margin(self) -> list[str]:
        markets = margin.held(self.venue, self.account)
        return sorted(
            markets,
            key=lambda m: (-margin.maintenance_in(self.venue, m, self.account), m),
        )

    def left(self, market: str) -> int:
        return abs(margin.position(self.venue, market, self.account)[0])

    def sign(self, market: str) -> int:
        return 1 if margin.position(self.venue, market, self.account)[0] > 0 else -1

    def note(self, step: str, market: str, lots: tuple[int, int, int], reason: str) -> None:
        """Remember (account, step, market, before, offered, used, left, reason) for tests."""
        left = self.left(market)
        self.venue.steps.append((self.account, step, market, *lots, left, reason))
        self.moved = self.moved or lots[2] > 0

    def book(self, market: str) -> None:
        venue, size = self.venue, self.left(market)
        rules = venue.markets[market]["liquidation"]
        price = margin.bankruptcy_price(venue, self.account, market)
        lots = size
        above = margin.notional(venue, market, self.account) > rules["partial_above"]
        if rules["mode"] == "partial" and above:
            part = rules["partial_share"] * size
            lots = margin.ceiling(part.numerator, part.denominator)
        if self.sign(market) > 0:
            side, limit = (
                "sell",
                max(1, margin.ceiling(price.numerator, price.denominator)),
            )
        else:
            side, limit = "buy", price.numerator // price.denominator
        if limit < 1:
            self.note("book", market, (size, lots, 0), "no_order")
            return
        unfilled, _ = naive_book.match(
            venue,
            market,
            self.account,
            side=side,
            quantity=lots,
            limit=limit,
            reduce_only=True,
            bankruptcy_price=price,
        )
        reason = "filled" if unfilled == 0 else "no_liquidity"
        self.note("book", market, (size, lots, lots - unfilled), reason)

    def takeover(self, market: str) -> None:
        venue, left = self.venue, self.left(market)
        rules = venue.markets[market]
        equity = margin.equity(venue, self.account)
        needed = margin.maintenance(venue, self.account)
        is_entered = equity < rules["liquidation"]["backstop_ratio"] * needed
        vault, lots = rules["vault"], 0
        if vault is None:
            reason = "no_vault"
        elif vault in venue.in_liquidation:
            reason = "vault_in_liquidation"
        elif not is_entered:
            reason = "above_backstop"
        else:
            lots, reason = naive_takeover.largest(venue, self.account, market)
        if lots > 0:
            sign = self.sign(market)
            price = margin.bankruptcy_price(venue, self.account, market)
            amount = margin.quote(sign, lots, price, rules["point_value"])
            venue.emit("takeover", market, self.account, vault, lots, amount, reason)
            venue.move(self.account, market, -sign * lots, amount)
            venue.move(vault, market, sign * lots, -amount)
            venue.touched.add(vault)
            self.closes_at_bankruptcy += 1
        if lots < left and is_entered:
            self.takeover_left_lots.add(market)
        self.note("takeover", market, (left, left, lots), reason)

    def adl(self, market: str) -> None:
        venue, left = self.venue, self.left(market)
        rules = venue.markets[market]
        if rules["adl"]["trigger"] == "negative_equity":
            is_triggered = margin.equity(venue, self.account) < 0
        else:
            is_triggered = (
                self.is_vault or rules["vault"] is None or market in self.takeover_left_lots
            )
        if not is_triggered:
            self.note("adl", market, (left, left, 0), "not_triggered")
            return
        closed, at_bankruptcy = naive_adl.decide(
            venue, market, self.account, write_if_empty=self.moved or self.is_first
        )
        self.closes_at_bankruptcy += at_bankruptcy
        reason = "all_closed" if closed == left else "residual"
        self.note("adl", market, (left, left, closed), reason)

    def settle_flat(self) -> None:
        """Cover what is missing, or move what the roundings of bankruptcy quotes left over."""
        cash = self.venue.cash[self.account]
        if cash < 0:
            cover(self.venue, self.account)
        elif 0 < cash < self.closes_at_bankruptcy:
            self.venue.emit("residue", self.account, cash)
            self.venue.cash[self.account] -= cash
            self.venue.cash["rounding"] += cash
