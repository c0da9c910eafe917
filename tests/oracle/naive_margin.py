"""What does a fill change, what does a holding require, and which price leaves nothing?"""

from fractions import Fraction


def ceiling(numerator: int, denominator: int) -> int:
    """Quotient rounded toward plus infinity; needs denominator > 0."""
    return -(-numerator // denominator)


def half_even(numerator: int, denominator: int) -> int:
    """Quotient rounded to the nearest whole number, halves to the even one."""
    return round(Fraction(numerator, denominator))


def moved(quantity: int, cost: int, change: int, amount: int) -> tuple[int, int, int]:
    """Quantity and cost after `change` lots for `amount` of cash, and the realised result.

    `amount` is what the account gets (+) or pays (−): Δcash − Δcost = amount.
    """
    if quantity * change >= 0:
        return quantity + change, cost - amount, 0
    reducing = min(abs(change), abs(quantity))
    amount_reducing = half_even(amount * reducing, abs(change))
    released = half_even(cost * reducing, abs(quantity))
    after = quantity + change
    cost_after = cost - released - (amount - amount_reducing)
    return after, cost_after, amount_reducing - released


def fee(rate: Fraction, notional: int) -> int:
    """What the account pays to the treasury: rounded up, for rebates as well."""
    return ceiling(rate.numerator * notional, rate.denominator)


def requirement(tiers: list, notional: int, kind: str) -> int:
    """Margin for `notional`, each slice at its own rate, the sum rounded up.

    `kind` is "initial" or "maintenance".
    """
    total = Fraction(0)
    for place, tier in enumerate(tiers):
        if notional <= tier["from"]:
            break
        top = tiers[place + 1]["from"] if place + 1 < len(tiers) else notional
        total += (min(notional, top) - tier["from"]) * tier[kind]
    return ceiling(total.numerator, total.denominator)


def position(venue, market: str, account: str) -> tuple[int, int]:
    return venue.positions.get((market, account), (0, 0))


def held(venue, account: str) -> list[str]:
    """Markets in which the account has a position, in the order of their ids."""
    return [m for m in sorted(venue.markets) if (m, account) in venue.positions]


def unrealized(venue, market: str, account: str) -> int:
    quantity, cost = position(venue, market, account)
    if quantity == 0:
        return 0
    return quantity * venue.marks[market] * venue.markets[market]["point_value"] - cost


def notional(venue, market: str, account: str) -> int:
    quantity, _ = position(venue, market, account)
    if quantity == 0:
        return 0
    return abs(quantity) * venue.marks[market] * venue.markets[market]["point_value"]


def equity(venue, account: str) -> int:
    return venue.cash[account] + sum(unrealized(venue, m, account) for m in venue.markets)


def maintenance_in(venue, market: str, account: str) -> int:
    size = notional(venue, market, account)
    return requirement(venue.markets[market]["tiers"], size, "maintenance") if size else 0


def maintenance(venue, account: str) -> int:
    return sum(maintenance_in(venue, m, account) for m in venue.markets)


def initial_in(
    venue, market: str, account: str, *, quantity: int, bids: int = 0, asks: int = 0
) -> int:
    """Initial margin of a holding of `quantity` with the resting orders, and with more on top."""
    for owner, side, _, open_quantity, reduce_only in venue.orders[market].values():
        if owner == account and not reduce_only:
            if side == "buy":
                bids += open_quantity
            else:
                asks += open_quantity
    lots = max(abs(quantity), abs(quantity + bids), abs(quantity - asks))
    if lots == 0:
        return 0
    rules = venue.markets[market]
    size = lots * venue.marks[market] * rules["point_value"]
    return requirement(rules["tiers"], size, "initial")


def initial(venue, account: str) -> int:
    return sum(
        initial_in(venue, m, account, quantity=position(venue, m, account)[0])
        for m in venue.markets
    )


def initial_with_order(venue, market: str, account: str, side: str, lots: int) -> int:
    """Initial margin of the account as if an order of `lots` rested at its full quantity."""
    quantity, _ = position(venue, market, account)
    bids, asks = (lots, 0) if side == "buy" else (0, lots)
    here = initial_in(venue, market, account, quantity=quantity)
    with_order = initial_in(venue, market, account, quantity=quantity, bids=bids, asks=asks)
    return initial(venue, account) - here + with_order


def free_collateral(venue, account: str) -> int:
    return max(0, equity(venue, account) - initial(venue, account))


def bankruptcy_price(venue, account: str, market: str) -> Fraction:
    """Exact price in ticks at which this position takes its share of the equity with it."""
    weights = {m: maintenance_in(venue, m, account) for m in held(venue, account)}
    if sum(weights.values()) == 0:
        weights = {m: notional(venue, m, account) for m in held(venue, account)}
    share = Fraction(equity(venue, account) * weights[market], sum(weights.values()))
    quantity, _ = position(venue, market, account)
    return venue.marks[market] - share / (quantity * venue.markets[market]["point_value"])


def quote(sign: int, lots: int, price: Fraction, point_value: int) -> int:
    """Signed cash for the holder of side `sign` who gives up `lots` at `price`, in its favour."""
    amount = sign * lots * price * point_value
    return ceiling(amount.numerator, amount.denominator)
