"""Who trades with whom when an order arrives?"""

from fractions import Fraction

from tests.oracle import naive_margin as margin


def best_opposite(venue, market: str, side: str) -> str | None:
    """Id of the resting order that an order of `side` meets first: by price, then by time."""
    best, best_price = None, None
    for order_id, (_, maker_side, price, _, _) in venue.orders[market].items():
        if maker_side == side:
            continue
        better = (
            best is None
            or (side == "buy" and price < best_price)
            or (side == "sell" and price > best_price)
        )
        if better:
            best, best_price = order_id, price
    return best


def crosses(side: str, limit: int | None, price: int) -> bool:
    return limit is None or (price <= limit if side == "buy" else price >= limit)


def would_cross(venue, market: str, side: str, limit: int) -> bool:
    best = best_opposite(venue, market, side)
    return best is not None and crosses(side, limit, venue.orders[market][best][2])


def reducible(venue, market: str, account: str, side: str) -> int:
    """Lots that a fill on `side` can take from the account's position before it is flat."""
    quantity, _ = margin.position(venue, market, account)
    if side == "buy":
        return max(0, -quantity)
    return max(0, quantity)


def opposite(side: str) -> str:
    return "sell" if side == "buy" else "buy"


def match(
    venue,
    market: str,
    account: str,
    *,
    side: str,
    quantity: int,
    limit: int | None,
    reduce_only: bool,
    bankruptcy_price: Fraction | None = None,
) -> tuple[int, str | None]:
    """Lots left of the incoming order, and why it must not rest (None: nothing forbids it).

    With a `bankruptcy_price` it is the order of a liquidation and pays the liquidation fee.
    """
    book = venue.orders[market]
    left = quantity
    while left > 0:
        if reduce_only and reducible(venue, market, account, side) == 0:
            return left, "reduce_only"
        order_id = best_opposite(venue, market, side)
        if order_id is None:
            return left, None
        maker, maker_side, price, maker_open, maker_reduces = book[order_id]
        if not crosses(side, limit, price):
            return left, None
        if maker == account:
            return left, "self_trade"
        lots = min(left, maker_open)
        if reduce_only:
            lots = min(lots, reducible(venue, market, account, side))
        if maker_reduces:
            lots = min(lots, reducible(venue, market, maker, maker_side))
            if lots == 0:
                del book[order_id]
                venue.emit("order_cancelled", market, order_id, "reduce_only")
                venue.touched.add(maker)
                continue
        left -= lots
        if lots == maker_open:
            del book[order_id]
        else:
            book[order_id] = (
                maker,
                maker_side,
                price,
                maker_open - lots,
                maker_reduces,
            )
        fill(venue, market, account, maker, side, price, lots, bankruptcy_price)
    return 0, None


def fill(venue, market, taker, maker, side, price, lots, bankruptcy_price):
    """One match: both fees, one journal line, both positions."""
    rules = venue.markets[market]
    amount = lots * price * rules["point_value"]
    maker_fee = margin.fee(rules["maker_fee"], amount)
    if bankruptcy_price is None:
        taker_fee = margin.fee(rules["taker_fee"], amount)
    else:
        gain = lots * abs(price - bankruptcy_price) * rules["point_value"]
        gain = gain.numerator // gain.denominator
        taker_fee = min(margin.fee(rules["liquidation_fee"], amount), gain)
    purpose = "order" if bankruptcy_price is None else "liquidation"
    if side == "buy":
        trade(venue, market, taker, maker, price, lots, taker_fee, maker_fee, purpose)
    else:
        trade(venue, market, maker, taker, price, lots, maker_fee, taker_fee, purpose)


def trade(venue, market, buyer, seller, price, lots, buyer_fee, seller_fee, purpose) -> None:
    """Move `lots` from seller to buyer at `price`, and the fees to the treasury."""
    venue.emit("trade", market, buyer, seller, price, lots, buyer_fee, seller_fee, purpose)
    amount = lots * price * venue.markets[market]["point_value"]
    venue.move(buyer, market, lots, -amount)
    venue.move(seller, market, -lots, amount)
    venue.cash[buyer] -= buyer_fee
    venue.cash[seller] -= seller_fee
    venue.cash["treasury"] += buyer_fee + seller_fee
    venue.touched |= {buyer, seller}


def cancel_all_of(venue, account: str, reason: str) -> None:
    """Cancel every resting order of the account, by market, then by time."""
    for market in sorted(venue.orders):
        for order_id, order in list(venue.orders[market].items()):
            if order[0] == account:
                del venue.orders[market][order_id]
                venue.emit("order_cancelled", market, order_id, reason)
