"""Who is closed against a bankrupt position, in which order, at which price?"""

from collections import Counter
from fractions import Fraction

from tests.oracle import naive_margin as margin
from tests.oracle import naive_selections
from tests.oracle.naive_allocation import closed_of


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


def candidates(venue, market: str, bankrupt: str, price: Fraction):
    """Winners, admissible losers, and the code of everybody who is excluded."""
    policy = venue.markets[market]["adl"]
    currency = 1 / venue.venue["quote_unit"]
    quantity, _ = margin.position(venue, market, bankrupt)
    sign = 1 if quantity > 0 else -1
    winners, losers, excluded = [], [], Counter()
    for (where, account), (held, cost) in sorted(venue.positions.items()):
        if where != market or held * sign > 0:
            continue
        row = {
            "account": account,
            "quantity": held,
            "cost": cost,
            "unrealized": margin.unrealized(venue, market, account),
            "notional": margin.notional(venue, market, account),
            "equity": margin.equity(venue, account),
            "maintenance": margin.maintenance(venue, account),
            "opened": venue.opened[market, account],
            "account_opened": venue.account_opened[account],
            "vault": venue.roles[account] == "vault",
        }
        if row["equity"] <= 0:
            excluded["bankrupt"] += 1
            continue
        asks_for_profit = naive_selections.IN_PROFIT_ONLY[policy["policy"]]
        row["loses"] = asks_for_profit and row["unrealized"] <= 0
        row["score"] = naive_selections.score(policy["policy"], row, currency)
        row["capacity"] = capacity(venue, market, account, sign, price)
        if account in venue.in_liquidation:
            code = "in_liquidation"
        elif row["vault"] and policy["vault_candidate"] == "excluded":
            code = "vault_excluded"
        elif row["capacity"] == 0:
            code = "would_be_bankrupt"
        elif (market, account) in venue.basis_missing:
            code = "basis_missing"
        else:
            code = None
        if code is None:
            (losers if row["loses"] else winners).append(row)
        else:
            excluded["not_in_profit" if row["loses"] else code] += 1
    return winners, losers, excluded


def decision(venue, market: str, bankrupt: str) -> dict:
    """Who would be closed, in which order, at which price; nothing is changed."""
    policy = venue.markets[market]["adl"]
    listed = venue.adl_lists.get(market, [])
    need = abs(margin.position(venue, market, bankrupt)[0])
    price = close_price(venue, market, bankrupt)

    winners, losers, excluded = candidates(venue, market, bankrupt, price)
    rows = naive_selections.in_order(policy, winners, listed)
    closed = closed_of(policy, rows, need)
    absorbed = sum(closed.values())
    losers_included = absorbed < need and bool(losers)
    if losers_included:
        second = naive_selections.in_order(policy, losers, listed)
        closed |= closed_of(policy, second, need - absorbed)
        rows = rows + second
    else:
        excluded["not_in_profit"] += len(losers)
    return {
        "need": need,
        "price": price,
        "rows": [{**row, "closed": closed[row["account"]]} for row in rows],
        "excluded": {code: count for code, count in sorted(excluded.items()) if count},
        "losers_included": losers_included,
    }


def decide(venue, market: str, bankrupt: str, *, write_if_empty: bool) -> tuple[int, int]:
    """Close what can be closed; lots closed, and how many closes were at the bankruptcy price."""
    sign = 1 if margin.position(venue, market, bankrupt)[0] > 0 else -1
    found = decision(venue, market, bankrupt)
    price, rows = found["price"], found["rows"]
    at_bankruptcy = price == margin.bankruptcy_price(venue, bankrupt, market)
    total = sum(row["closed"] for row in rows)
    if total == 0 and not write_if_empty:
        return 0, 0
    facts = (len(rows), found["excluded"], found["losers_included"])
    venue.emit("decided", market, bankrupt, found["need"], price, *facts)
    venue.decided_by.append(venue.markets[market]["adl"]["policy"])
    closures = 0
    for rank, row in enumerate(rows, start=1):
        victim, lots = row["account"], row["closed"]
        if lots == 0:
            continue
        amount = margin.quote(sign, lots, price, venue.markets[market]["point_value"])
        venue.emit("closure", market, bankrupt, victim, rank, lots, amount, row["score"])
        venue.move(bankrupt, market, -sign * lots, amount)
        venue.move(victim, market, sign * lots, -amount)
        venue.touched.add(victim)
        closures += 1
    return total, closures if at_bankruptcy else 0
