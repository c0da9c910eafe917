"""What does a slow audit that shares no code with the product say of a recorded log?

Everything is worked out anew for each decision, from the first event on, with fractions, and every
pair of accounts is looked at. Readings chosen as in the product: an account whose first row brings
money had none before; a mark counts for fifteen seconds; only facts before the close count.
"""

from fractions import Fraction

HARMLESS = ("out_of_scope", "duplicate", "aggregate", "before_snapshot", "after_end")
IN_PROFIT_ONLY = {"L": True, "S": True, "R": False}


class Books:
    """Cash, positions, marks and doubts after some events."""

    def __init__(self) -> None:
        self.cash: dict[str, int] = {}
        self.held: dict[tuple[str, str], list] = {}
        self.mark: dict[str, tuple[int, int]] = {}
        self.doubts: dict[str, set[str]] = {}
        self.midway: set[str] = set()
        self.refused = False

    def meet(self, account: str, *, with_money: bool = False) -> None:
        if account not in self.doubts:
            self.doubts[account] = set() if with_money else {"cash_unknown"}

    def change(self, market: str, account: str, lots: int, amount: int) -> None:
        """Lots and what was paid for them, signed alike."""
        quantity, cost, known = self.held.pop((market, account), [0, 0, True])
        cash = self.cash.get(account, 0)
        if quantity * lots < 0:
            closing = lots if abs(lots) <= abs(quantity) else -quantity
            paid = _half_even(Fraction(amount * closing, lots))
            if closing == lots:
                paid = amount
            released = (
                cost
                if closing == -quantity
                else _half_even(Fraction(cost * abs(closing), abs(quantity)))
            )
            self.cash[account] = cash - paid - released
            quantity, cost = quantity + closing, cost - released
            lots, amount = lots - closing, amount - paid
            if not quantity:
                known = True
        quantity, cost = quantity + lots, cost + amount
        if quantity:
            self.held[market, account] = [quantity, cost, known]

    def see(self, event: dict) -> None:
        data, kind = event["data"], event["type"]
        name = event["stream"].partition("/")[2]
        if kind == "account.collateral_deposited/1":
            self.meet(name, with_money=True)
            self.cash[name] = self.cash.get(name, 0) + data["amount"]
        elif kind == "account.collateral_moved/1":
            self.meet(data["from"])
            self.meet(data["to"], with_money=data["reason"] != "funding")
            self.cash[data["from"]] = self.cash.get(data["from"], 0) - data["amount"]
            self.cash[data["to"]] = self.cash.get(data["to"], 0) + data["amount"]
        elif kind == "market.mark_price_updated/1":
            self.mark[name] = (data["price"], event["time"])
        elif kind == "market.trade_executed/1":
            self.trade(name, data)
        elif kind == "market.position_deleveraged/1":
            side = 1 if data["quantity_before"] > 0 else -1
            lots = -side * data["quantity"]
            self.meet(data["bankrupt"])
            self.meet(data["victim"])
            self.change(name, data["bankrupt"], -lots, -data["amount"])
            self.change(name, data["victim"], lots, data["amount"])
        elif kind == "venue.fact_rejected/1" and data["code"] not in HARMLESS:
            if "account" in event["source"]:
                self.doubts.setdefault(event["source"]["account"], set()).add("cash_uncertain")
            else:
                self.refused = True

    def trade(self, market: str, data: dict) -> None:
        amount = data["quantity"] * data["price"]
        parties = (data["buyer"], data["seller"])
        for account, sign in zip(parties, (1, -1), strict=True):
            if data["purpose"] in ("opening", "gap"):
                word = "opening_unknown" if data["purpose"] == "opening" else "gap"
                self.doubts.setdefault(account, set()).add(word)
            self.meet(account)
            self.change(market, account, sign * data["quantity"], sign * amount)
            if data["purpose"] in ("opening", "gap") and (market, account) in self.held:
                self.held[market, account][2] = False
        if data["purpose"] in ("opening", "gap") or any(n.startswith("outside:") for n in parties):
            self.midway.add(market)


def _half_even(value: Fraction) -> int:
    return round(value)


def decisions(events: list[dict]) -> list[list[dict]]:
    """Closes of one block, market, bankrupt account and side, in the order of their first."""
    found: dict[tuple, list[dict]] = {}
    for event in events:
        if event["type"] == "market.position_deleveraged/1":
            data = event["data"]
            key = (
                event["source"].get("block", -event["time"]),
                event["stream"],
                data["bankrupt"],
                data["quantity_before"] > 0,
            )
            found.setdefault(key, []).append(event)
    return list(found.values())


def verdicts(events: list[dict], closes: list[dict]) -> dict[str, tuple[str, frozenset[str]]]:
    """Verdict and missing codes of each reading for one decision."""
    books = Books()
    for event in events:
        if event["seq"] < closes[0]["seq"]:
            books.see(event)
    market = closes[0]["stream"].partition("/")[2]
    side = 1 if closes[0]["data"]["quantity_before"] > 0 else -1
    now = closes[0]["time"]
    known, doubted = {}, {}
    for (where, account), (quantity, cost, basis) in books.held.items():
        if where != market or quantity * side < 0 or account.startswith("outside:"):
            continue
        doubts = set(books.doubts[account])
        if not basis:
            doubts.add("basis_unknown")
        profit = None
        if basis and not _mark_doubt(books, market, now):
            profit = quantity * books.mark[market][0] - cost
        for held_in, holder in books.held:
            if holder == account and (word := _mark_doubt(books, held_in, now)):
                doubts.add(word)
        if doubts:
            doubted[account] = (profit, doubts)
            continue
        equity = books.cash.get(account, 0) + sum(
            q * books.mark[m][0] - c for (m, a), (q, c, _) in books.held.items() if a == account
        )
        known[account] = (abs(quantity), cost, abs(quantity) * books.mark[market][0], equity)
    closed: dict[str, int] = {}
    left: dict[str, int] = {}
    for close in closes:
        name = close["data"]["victim"]
        closed[name] = closed.get(name, 0) + close["data"]["quantity"]
        left[name] = close["data"]["quantity_after"]
    missing = set()
    if market in books.midway:
        missing.add("unseen_holders")
    if books.refused:
        missing.add("refused_rows")
    return {
        letter: _verdict(letter, side, known, doubted, closed, left, set(missing))
        for letter in "LSR"
    }


def _mark_doubt(books: Books, market: str, now: int) -> str | None:
    if market not in books.mark:
        return "mark_missing"
    return "mark_old" if now - books.mark[market][1] > 0 else None


def _score(letter: str, side: int, row: tuple) -> Fraction:
    _, cost, notional, equity = row
    entry = max(1, abs(cost))
    ratio, leverage = Fraction(notional, entry), Fraction(notional, equity)
    if letter == "L":
        return ratio * leverage
    if letter == "S":
        return (ratio if side > 0 else 1 / ratio) * leverage
    floor = Fraction(1, 10**8)
    profit = Fraction(max(0, side * notional - cost), entry)
    return max(leverage, floor) * max(profit, floor)


def _verdict(
    letter: str,
    side: int,
    known: dict,
    doubted: dict,
    closed: dict[str, int],
    left: dict[str, int],
    missing: set[str],
) -> tuple[str, frozenset[str]]:
    scores, wins = {}, {}
    for name, row in known.items():
        if row[3] > 0:
            scores[name] = _score(letter, side, row)
            wins[name] = not IN_PROFIT_ONLY[letter] or side * row[2] - row[1] > 0
    broken = any(name in known and known[name][3] <= 0 for name in closed)
    for ahead, high in scores.items():
        for behind, low in scores.items():
            is_before = (wins[ahead], high) > (wins[behind], low)
            kept_something = closed.get(ahead, 0) < known[ahead][0]
            broken |= is_before and kept_something and behind in closed
    broken |= sum(1 for lots in left.values() if lots) > 1
    if broken:
        return "violates", frozenset()
    suffice = sum(known[name][0] for name in scores if wins[name]) >= sum(closed.values())
    no_losers = all(wins.get(name, True) for name in scores) or suffice
    for name, (profit, doubts) in doubted.items():
        harmless = IN_PROFIT_ONLY[letter] and no_losers and profit is not None and profit <= 0
        if name in closed or not harmless:
            missing |= doubts
    if any(name not in known and name not in doubted for name in closed):
        missing.add("unseen_holders")
    return ("undecidable" if missing else "conforms"), frozenset(missing)
