"""Who is closed against a bankrupt position, in which order, at which price?"""

from collections import Counter
from fractions import Fraction

from tests.oracle import naive_margin as margin

IN_PROFIT_ONLY = {
    "pnl-leverage@1": False,
    "profit-leverage-size@1": True,
    "pro-rata-size@1": True,
}


def close_price(venue, market: str, bankrupt: str) -> Fraction:
    """The price of the whole decision, by the market's rule, from the state before it."""
    rule = venue.markets[market]["adl"]["close_price"]
    mark = Fraction(venue.marks[market])
    at_bankruptcy = margin.bankruptcy_price(venue, bankrupt, market)
    if rule == "bankruptcy":
        return at_bankruptcy
    if rule == "mark":
        return mark
    if rule == "previous_mark":
        previous = venue.previous_marks[market]
        return mark if previous is None else Fraction(previous)
    if margin.position(venue, market, bankrupt)[0] > 0:
        return max(mark, at_bankruptcy)
    return min(mark, at_bankruptcy)


def capacity(venue, market: str, victim: str, sign: int, price: Fraction) -> int:
    """Most lots that can be closed with the victim's equity still at least zero.

    The victim's loss, `s·x·(p − P)·v` rounded up, moves one way with x: bisection finds the edge.
    """
    point_value = venue.markets[market]["point_value"]
    equity = margin.equity(venue, victim)
    worth = sign * venue.marks[market] * point_value

    def survives(lots: int) -> bool:
        return equity - margin.quote(sign, lots, price, point_value) + lots * worth >= 0

    size = abs(margin.position(venue, market, victim)[0])
    if survives(size):
        return size
    lowest, highest = 0, size
    while highest - lowest > 1:
        middle = (lowest + highest) // 2
        if survives(middle):
            lowest = middle
        else:
            highest = middle
    return lowest


def score(policy: str, row: dict) -> Fraction | None:
    leverage = Fraction(row["notional"], row["equity"])
    ratio = Fraction(row["unrealized"], max(1, abs(row["cost"])))
    if policy == "pro-rata-size@1":
        return None
    if policy == "profit-leverage-size@1":
        return ratio * leverage * row["notional"]
    return ratio * leverage if row["unrealized"] >= 0 else ratio / leverage


def ties(row: dict) -> tuple:
    return (-row["unrealized"], -row["notional"], row["opened"], row["account"])


def candidates(venue, market: str, bankrupt: str, price: Fraction):
    """Winners, admissible losers, and the code of everybody who is excluded."""
    policy = venue.markets[market]["adl"]
    quantity, _ = margin.position(venue, market, bankrupt)
    sign = 1 if quantity > 0 else -1
    winners, losers, excluded = [], [], Counter()
    for (where, account), (held, cost) in sorted(venue.positions.items()):
        if where != market or held * sign > 0:
            continue
        row = {
            "account": account,
            "size": abs(held),
            "cost": cost,
            "unrealized": margin.unrealized(venue, market, account),
            "notional": margin.notional(venue, market, account),
            "equity": margin.equity(venue, account),
            "opened": venue.opened[market, account],
            "vault": venue.roles[account] == "vault",
        }
        if row["equity"] <= 0:
            excluded["bankrupt"] += 1
            continue
        loses = IN_PROFIT_ONLY[policy["policy"]] and row["unrealized"] <= 0
        row["score"] = score(policy["policy"], row)
        row["capacity"] = capacity(venue, market, account, sign, price)
        if account in venue.in_liquidation:
            code = "in_liquidation"
        elif row["vault"] and policy["vault_candidate"] == "excluded":
            code = "vault_excluded"
        elif row["capacity"] == 0:
            code = "would_be_bankrupt"
        else:
            code = None
        if code is None:
            (losers if loses else winners).append(row)
        else:
            excluded["not_in_profit" if loses else code] += 1
    return winners, losers, excluded


def ranked(policy: dict, rows: list[dict], pass_number: int) -> list[dict]:
    """Rows of one pass in the order in which they stand."""

    def key(row: dict) -> tuple:
        vault_place = 0
        if policy["vault_candidate"] == "first":
            vault_place = 0 if row["vault"] else 1
        if policy["vault_candidate"] == "last":
            vault_place = 1 if row["vault"] else 0
        if row["score"] is not None:
            return (vault_place, -row["score"], *ties(row))
        return (vault_place, -row["size"] if pass_number == 2 else 0, *ties(row))

    return sorted(rows, key=key)


def close_in_queue(rows: list[dict], need: int) -> dict[str, int]:
    closed = {}
    for row in rows:
        closed[row["account"]] = min(need, row["capacity"])
        need -= closed[row["account"]]
    return closed


def close_by_share(rows: list[dict], need: int) -> dict[str, int]:
    """Shares by lots: water-filled, rounded down, missing lots to the largest remainders."""
    need = min(need, sum(row["capacity"] for row in rows))
    share = {}
    open_rows, open_need = list(rows), need
    while open_rows:
        lots = sum(row["size"] for row in open_rows)
        full = [
            r
            for r in open_rows
            if Fraction(open_need * r["size"], lots) > r["capacity"]
        ]
        if not full:
            share |= {
                r["account"]: Fraction(open_need * r["size"], lots) for r in open_rows
            }
            break
        for row in full:
            share[row["account"]] = Fraction(row["capacity"])
            open_need -= row["capacity"]
            open_rows.remove(row)
    closed = {account: int(exact) for account, exact in share.items()}
    by_remainder = sorted(
        rows, key=lambda r: (-(share[r["account"]] - closed[r["account"]]), *ties(r))
    )
    for row in by_remainder[: need - sum(closed.values())]:
        closed[row["account"]] += 1
    return closed


def decide(
    venue, market: str, bankrupt: str, *, write_if_empty: bool
) -> tuple[int, int]:
    """Close what can be closed; lots closed, and how many closes were at the bankruptcy price."""
    policy = venue.markets[market]["adl"]
    quantity, _ = margin.position(venue, market, bankrupt)
    sign, need = (1, quantity) if quantity > 0 else (-1, -quantity)
    price = close_price(venue, market, bankrupt)
    at_bankruptcy = price == margin.bankruptcy_price(venue, bankrupt, market)
    allot = close_by_share if policy["policy"] == "pro-rata-size@1" else close_in_queue

    winners, losers, excluded = candidates(venue, market, bankrupt, price)
    rows = ranked(policy, winners, 1)
    closed = allot(rows, need)
    absorbed = sum(closed.values())
    losers_included = absorbed < need and bool(losers)
    if losers_included:
        second = ranked(policy, losers, 2)
        closed |= allot(second, need - absorbed)
        rows = rows + second
    else:
        excluded["not_in_profit"] += len(losers)

    total = sum(closed.values())
    if total == 0 and not write_if_empty:
        return 0, 0
    counts = {code: count for code, count in sorted(excluded.items()) if count}
    venue.emit(
        "decided", market, bankrupt, need, price, len(rows), counts, losers_included
    )
    closures = 0
    for rank, row in enumerate(rows, start=1):
        victim, lots = row["account"], closed[row["account"]]
        if lots == 0:
            continue
        amount = margin.quote(sign, lots, price, venue.markets[market]["point_value"])
        venue.emit(
            "closure", market, bankrupt, victim, rank, lots, amount, row["score"]
        )
        venue.move(bankrupt, market, -sign * lots, amount)
        venue.move(victim, market, sign * lots, -amount)
        venue.touched.add(victim)
        closures += 1
    return total, closures if at_bankruptcy else 0
