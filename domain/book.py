"""Which orders wait in a market, and who is next?

Price, then time. An order that rests stands in its price level behind earlier ones; an order that
is being matched on arrival stands only in the register until its remainder rests or goes.
"""

from bisect import bisect_left, insort
from collections.abc import Iterator, MutableMapping
from typing import NamedTuple

from domain.layer import Layer
from domain.units import AccountId, Lots, Ticks


class Order(NamedTuple):
    """An order with the lots that are still open; side is +1 to buy, −1 to sell."""

    id: str
    account: AccountId
    side: int
    price: Ticks | None
    quantity: Lots
    reduce_only: bool
    seq: int
    rests: bool


class Resting(NamedTuple):
    """An account's orders in one market: open lots that may increase its position, and all ids."""

    bids: Lots
    asks: Lots
    ids: tuple[str, ...]


_NOTHING = Resting(0, 0, ())


class Book:
    """Resting orders of one market, the orders of each account, and every id ever used."""

    __slots__ = ("_levels", "_prices", "_prices_shared", "_resting", "orders", "used")

    def __init__(self) -> None:
        self.orders: MutableMapping[str, Order] = {}
        self.used: MutableMapping[str, None] = {}
        self._resting: MutableMapping[AccountId, Resting] = {}
        self._levels: dict[int, MutableMapping[Ticks, tuple[str, ...]]] = {
            1: {},
            -1: {},
        }
        self._prices: dict[int, list[Ticks]] = {1: [], -1: []}
        self._prices_shared = False

    def fork(self) -> "Book":
        """A book to try things out on; this one stays as it is."""
        book = Book.__new__(Book)
        book.orders = Layer(self.orders)
        book.used = Layer(self.used)
        book._resting = Layer(self._resting)
        book._levels = {side: Layer(levels) for side, levels in self._levels.items()}
        book._prices = self._prices
        book._prices_shared = True
        return book

    def resting_of(self, account: AccountId) -> Resting:
        """What an account has waiting here."""
        return self._resting.get(account, _NOTHING)

    def best(self, side: int) -> Order | None:
        """First in line of a side: best price, then earliest."""
        prices = self._prices[side]
        if not prices:
            return None
        price = prices[-1] if side > 0 else prices[0]
        return self.orders[self._levels[side][price][0]]

    def lots_within(self, side: int, limit: Ticks) -> Lots:
        """Open lots of a side at prices not worse than `limit` for somebody who takes them."""
        return sum(
            self.orders[order_id].quantity
            for price in self._prices[side]
            if (price >= limit if side > 0 else price <= limit)
            for order_id in self._levels[side][price]
        )

    def in_line(self, side: int) -> Iterator[Order]:
        """All orders of a side, in the order in which they would match."""
        prices = self._prices[side]
        for price in reversed(prices) if side > 0 else prices:
            for order_id in self._levels[side][price]:
                yield self.orders[order_id]

    def add(self, order: Order) -> None:
        """Register an order; one that rests joins the end of its price level."""
        self.orders[order.id] = order
        self.used[order.id] = None
        resting = self.resting_of(order.account)
        bids, asks = self._counted(order, order.quantity)
        self._resting[order.account] = Resting(
            resting.bids + bids, resting.asks + asks, (*resting.ids, order.id)
        )
        if order.rests and order.price is not None:
            levels = self._levels[order.side]
            line = levels.get(order.price)
            if line is None:
                insort(self._own_prices()[order.side], order.price)
                levels[order.price] = (order.id,)
            else:
                levels[order.price] = (*line, order.id)

    def reduce(self, order_id: str, lots: Lots) -> None:
        """Take filled or cancelled lots off an order; an empty order leaves the book."""
        order = self.orders[order_id]
        left = order.quantity - lots
        resting = self._resting[order.account]
        bids, asks = self._counted(order, lots)
        if left:
            self.orders[order_id] = order._replace(quantity=left)
            ids = resting.ids
        else:
            del self.orders[order_id]
            ids = tuple(other for other in resting.ids if other != order_id)
            self._leave_level(order)
        if ids:
            self._resting[order.account] = Resting(resting.bids - bids, resting.asks - asks, ids)
        else:
            del self._resting[order.account]

    @staticmethod
    def _counted(order: Order, lots: Lots) -> tuple[Lots, Lots]:
        """How many lots count toward the account's open bids and asks: reduce-only orders do
        not.
        """
        if order.reduce_only:
            return 0, 0
        return (lots, 0) if order.side > 0 else (0, lots)

    def _leave_level(self, order: Order) -> None:
        if not order.rests or order.price is None:
            return
        levels = self._levels[order.side]
        line = tuple(other for other in levels[order.price] if other != order.id)
        if line:
            levels[order.price] = line
        else:
            del levels[order.price]
            prices = self._own_prices()[order.side]
            del prices[bisect_left(prices, order.price)]

    def _own_prices(self) -> dict[int, list[Ticks]]:
        if self._prices_shared:
            self._prices = {side: prices.copy() for side, prices in self._prices.items()}
            self._prices_shared = False
        return self._prices
