"""Which orders wait in a market, and who is next?

Price, then time. An order that may rest stands in its price level behind earlier ones, from before
it is matched on arrival; an order that may not stands only in the register.
"""

from bisect import bisect_left, insort
from collections import OrderedDict
from collections.abc import Iterator, MutableMapping
from typing import NamedTuple, TypeVar, cast

from domain.layer import Layer
from domain.units import AccountId, Lots, Ticks

K = TypeVar("K")


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
    """Open lots of an account's orders in one market that may increase its position."""

    bids: Lots
    asks: Lots


Line = MutableMapping[str, None]
"""Order ids in the order in which they joined; joining and leaving cost the same at any length."""

_NOTHING = Resting(0, 0)


class Book:
    """Resting orders of one market, the orders of each account, and every id ever used."""

    __slots__ = (
        "_ids",
        "_is_fork",
        "_levels",
        "_prices",
        "_prices_shared",
        "_resting",
        "orders",
        "used",
    )

    def __init__(self) -> None:
        self.orders: MutableMapping[str, Order] = {}
        self.used: MutableMapping[str, None] = {}
        self._resting: MutableMapping[AccountId, Resting] = {}
        self._ids: MutableMapping[AccountId, Line] = {}
        self._levels: dict[int, MutableMapping[Ticks, Line]] = {1: {}, -1: {}}
        self._prices: dict[int, list[Ticks]] = {1: [], -1: []}
        self._prices_shared = False
        self._is_fork = False

    def fork(self) -> "Book":
        """A book to try things out on; this one stays as it is."""
        book = Book.__new__(Book)
        book.orders = Layer(self.orders)
        book.used = Layer(self.used)
        book._resting = Layer(self._resting)
        book._ids = Layer(self._ids)
        book._levels = {side: Layer(levels) for side, levels in self._levels.items()}
        book._is_fork = True
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
        return self.orders[next(iter(self._levels[side][price]))]

    def orders_of(self, account: AccountId) -> list[Order]:
        """An account's orders here, earliest first."""
        return [self.orders[order_id] for order_id in self._ids.get(account, ())]

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
        bids, asks = self._counted(order, order.quantity)
        resting = self.resting_of(order.account)
        self._resting[order.account] = Resting(resting.bids + bids, resting.asks + asks)
        self._line(self._ids, order.account)[order.id] = None
        if order.rests and order.price is not None:
            levels = self._levels[order.side]
            if order.price not in levels:
                insort(self._own_prices()[order.side], order.price)
            self._line(levels, order.price)[order.id] = None

    def reduce(self, order_id: str, lots: Lots) -> None:
        """Take filled or cancelled lots off an order; an empty order leaves the book."""
        order = self.orders[order_id]
        left = order.quantity - lots
        bids, asks = self._counted(order, lots)
        resting = self._resting[order.account]
        self._resting[order.account] = Resting(resting.bids - bids, resting.asks - asks)
        if left:
            self.orders[order_id] = order._replace(quantity=left)
            return
        del self.orders[order_id]
        self._leave(self._ids, order.account, order_id)
        if order.rests and order.price is not None:
            levels = self._levels[order.side]
            if self._leave(levels, order.price, order_id):
                prices = self._own_prices()[order.side]
                del prices[bisect_left(prices, order.price)]

    def _line(self, lines: MutableMapping[K, Line], key: K) -> Line:
        """The line under `key` to change; in a fork, the fork's own layer over it."""
        line = lines.get(key)
        if line is None:
            line = lines[key] = OrderedDict()
        elif self._is_fork and key not in cast("Layer[K, Line]", lines).own:
            line = lines[key] = Layer(line)
        return line

    def _leave(self, lines: MutableMapping[K, Line], key: K, order_id: str) -> bool:
        """Take an order out of a line; whether the line is gone with it."""
        line = self._line(lines, key)
        del line[order_id]
        if next(iter(line), None) is not None:
            return False
        del lines[key]
        return True

    @staticmethod
    def _counted(order: Order, lots: Lots) -> tuple[Lots, Lots]:
        """How many lots count toward the account's open bids and asks: reduce-only orders do
        not.
        """
        if order.reduce_only:
            return 0, 0
        return (lots, 0) if order.side > 0 else (0, lots)

    def _own_prices(self) -> dict[int, list[Ticks]]:
        if self._prices_shared:
            self._prices = {side: prices.copy() for side, prices in self._prices.items()}
            self._prices_shared = False
        return self._prices
