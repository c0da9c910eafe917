"""How much of a position can the vault of its market take, and which limit stops it?"""

from tests.oracle import naive_margin as margin


def largest(venue, bankrupt: str, market: str) -> tuple[int, str]:
    """Largest number of lots that both limits allow, from the top down, and what stopped it."""
    held, _ = margin.position(venue, market, bankrupt)
    sign, left = (1, held) if held > 0 else (-1, -held)
    price = margin.bankruptcy_price(venue, bankrupt, market)
    rules = venue.markets[market]
    vault = rules["vault"]
    quantity, cost = margin.position(venue, market, vault)
    equity = margin.equity(venue, vault)
    elsewhere = margin.initial(venue, vault)
    elsewhere -= margin.initial_in(venue, market, vault, quantity=quantity)
    worth = sign * venue.marks[market] * rules["point_value"]

    def within_cap(lots: int) -> bool:
        if rules["takeover_cap"] is None:
            return True
        amount = margin.quote(sign, lots, price, rules["point_value"])
        _, cost_after, _ = margin.moved(quantity, cost, sign * lots, -amount)
        return abs(cost_after) <= rules["takeover_cap"]

    def within_margin(lots: int) -> bool:
        after = quantity + sign * lots
        needed = elsewhere + margin.initial_in(venue, market, vault, quantity=after)
        amount = margin.quote(sign, lots, price, rules["point_value"])
        return equity - amount + lots * worth >= needed

    for lots in range(left, 0, -1):
        if within_cap(lots) and within_margin(lots):
            break
    else:
        lots = 0
    if lots == left:
        return lots, "all_taken"
    return lots, "margin" if within_cap(lots + 1) else "capacity"
