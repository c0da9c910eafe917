"""How does an order meet the book?

Price, then time; trades happen at the resting order's price. An order that meets one of its own
account stops there. Reduce-only fills are cut to what the account holds at that moment.
"""

from collections.abc import Callable
from fractions import Fraction
from typing import NamedTuple

from domain.book import Order
from domain.draft import Draft
from domain.market import Market
from domain.rounding import ceiling
from domain.units import AccountId, Lots, MarketId, QuoteUnits, Ticks


class Taker(NamedTuple):
    """Who takes liquidity, up to which price (None: any), and what its fills are charged."""

    account: AccountId
    side: int
    limit: Ticks | None
    order_id: str | None
    reduce_only: bool
    purpose: str
    liquidation: str | None
    fee: Callable[[Lots, Ticks], QuoteUnits]


class Matched(NamedTuple):
    """Lots that were filled, and why matching stopped before the order was done (None: it was)."""

    filled: Lots
    stopped: str | None


def fee(rate: Fraction, lots: Lots, price: Ticks, point_value: int) -> QuoteUnits:
    """`⌈rate · x·p·v⌉`, from the account to the treasury; rebates are negative. Rounded up."""
    return ceiling(rate.numerator * lots * price * point_value, rate.denominator)


def match(draft: Draft, market_id: MarketId, taker: Taker, lots: Lots) -> Matched:
    """Trade up to `lots` against the book, best price first, earliest first."""
    market = draft.venue.market_to_change(market_id)
    left = lots
    while left:
        if taker.reduce_only and not _reducible(market, taker.account, taker.side):
            return Matched(lots - left, "reduce_only")
        maker = market.book.best(-taker.side)
        if maker is None or not _reaches(taker, maker):
            return Matched(lots - left, "no_liquidity")
        if maker.account == taker.account:
            return Matched(lots - left, "self_trade")
        traded = min(left, maker.quantity)
        if taker.reduce_only:
            traded = min(traded, _reducible(market, taker.account, taker.side))
        if maker.reduce_only:
            reducible = _reducible(market, maker.account, maker.side)
            if not reducible:
                cancel(draft, market_id, maker, "reduce_only")
                continue
            traded = min(traded, reducible)
        _trade(draft, market, taker, maker, traded)
        left -= traded
    return Matched(lots, None)


def cancel(draft: Draft, market: MarketId, order: Order, reason: str) -> None:
    """Take what is open of an order out of the market, saying why."""
    draft.emit(
        "market.order_cancelled/1",
        f"market/{market}",
        {
            "account": order.account,
            "order_id": order.id,
            "quantity": order.quantity,
            "reason": reason,
        },
    )


def _reaches(taker: Taker, maker: Order) -> bool:
    if taker.limit is None or maker.price is None:
        return True
    return maker.price <= taker.limit if taker.side > 0 else maker.price >= taker.limit


def _reducible(market: Market, account: AccountId, side: int) -> Lots:
    """Lots of the account that an order on `side` would reduce."""
    position = market.positions.get(account)
    if position is None or position.sign == side:
        return 0
    return abs(position.quantity)


def _trade(draft: Draft, market: Market, taker: Taker, maker: Order, lots: Lots) -> None:
    price = maker.price
    if price is None:
        message = f"order {maker.id} rests without a price"
        raise LookupError(message)
    maker_fee = fee(market.spec.maker_fee, lots, price, market.point_value)
    taker_fee = taker.fee(lots, price)
    buys = taker.side > 0
    draft.emit(
        "market.trade_executed/1",
        f"market/{market.id}",
        {
            "buyer": taker.account if buys else maker.account,
            "buyer_fee": taker_fee if buys else maker_fee,
            **({"liquidation_id": taker.liquidation} if taker.liquidation is not None else {}),
            "maker_order_id": maker.id,
            "price": price,
            "purpose": taker.purpose,
            "quantity": lots,
            "seller": maker.account if buys else taker.account,
            "seller_fee": maker_fee if buys else taker_fee,
            **({"taker_order_id": taker.order_id} if taker.order_id is not None else {}),
            "trade_id": f"T-{draft.next_seq}",
        },
    )
