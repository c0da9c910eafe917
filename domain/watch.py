"""Which accounts could a new mark price push below their maintenance margin?

A cache beside the venue, never part of its state. For every account it keeps, per market held, a
band of mark prices in which the account is safe for sure; a mark inside all bands needs no look at
anybody. Bands are conservative: the account's slack `E − M` is shared out over its markets, and a
position uses up at most `|q|·v` (long, falling) or `|q|·v·(1 + f)` (short, rising, f the highest
maintenance rate) of it per tick. The exact test decides; a band only says who is tested.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from heapq import heapify, heappop, heappush
from typing import TYPE_CHECKING

from domain.parties import parties
from domain.units import AccountId, MarketId, Ticks

if TYPE_CHECKING:
    from domain.events import Event
    from domain.venue import Venue

_Entry = tuple[int, int, AccountId]


class MarginWatch:
    """Bands of safe marks; `lows` and `highs` are heaps with the band that breaks first on top."""

    __slots__ = ("_dirty", "_highs", "_lows", "_stamps", "_tick")

    def __init__(self, venue: Venue) -> None:
        self._stamps: dict[AccountId, int] = {}
        self._tick = 0
        self._lows: dict[MarketId, list[_Entry]] = {}
        self._highs: dict[MarketId, list[_Entry]] = {}
        self._dirty: dict[AccountId, None] = dict.fromkeys(
            account for account, held in venue.holdings.items() if held
        )

    def touched(self, accounts: Iterable[AccountId]) -> None:
        """These accounts changed: their bands no longer hold."""
        for account in accounts:
            self._dirty[account] = None

    def seen(self, venue: Venue, event: Event) -> None:
        """An event of a market that was applied: whom it concerns needs new bands."""
        kind = event["type"]
        market = event["stream"].partition("/")[2]
        if kind == "market.mark_price_updated/1":
            self._left_their_bands(market, event["data"]["price"])
        elif kind == "market.funding_settled/1":
            self.touched(venue.markets[market].positions)
        else:
            self.touched(parties(event))

    def _left_their_bands(self, market: MarketId, price: Ticks) -> None:
        for heap, sign in (
            (self._lows.get(market, []), -1),
            (self._highs.get(market, []), 1),
        ):
            while heap and sign * price > heap[0][0]:
                _, stamp, account = heappop(heap)
                if self._stamps.get(account) == stamp:
                    self._dirty[account] = None

    def in_danger(self, venue: Venue, market: MarketId, price: Ticks) -> list[AccountId]:
        """Holders in `market` who are not safe for sure at `price`, and were not in liquidation."""
        self._refresh(venue)
        stamps = self._stamps
        found = {
            account
            for heap, sign in (
                (self._lows.get(market), -1),
                (self._highs.get(market), 1),
            )
            for bound, stamp, account in _broken(heap or [], sign, price)
            if stamps.get(account) == stamp
        }
        return sorted(found)

    def _refresh(self, venue: Venue) -> None:
        dirty, self._dirty = self._dirty, {}
        for account in dirty:
            self._stamps.pop(account, None)
            if venue.holdings.get(account) and account not in venue.liquidations:
                self._set_bands(venue, account)
        for heaps in (self._lows, self._highs):
            for market, heap in heaps.items():
                if len(heap) > 64 and len(heap) > 4 * len(venue.markets[market].positions):
                    heaps[market] = [e for e in heap if self._stamps.get(e[2]) == e[1]]
                    heapify(heaps[market])

    def _set_bands(self, venue: Venue, account: AccountId) -> None:
        held = venue.holdings[account]
        self._tick += 1
        self._stamps[account] = self._tick
        equity, maintenance = venue.standing(account)
        share = (equity - maintenance) // len(held)
        for market_id in held:
            market = venue.markets[market_id]
            quantity, price = market.positions[account].quantity, market.price
            if quantity > 0:
                bound = share // (quantity * market.point_value) - price
                heappush(self._lows.setdefault(market_id, []), (bound, self._tick, account))
            else:
                rate = market.maintenance.largest_rate
                steepest = (rate.denominator + rate.numerator) * -quantity * market.point_value
                bound = price + share * rate.denominator // steepest
                heappush(self._highs.setdefault(market_id, []), (bound, self._tick, account))


def _broken(heap: list[_Entry], sign: int, price: Ticks) -> Iterator[_Entry]:
    """Entries whose bound the price has passed; a heap's children never break before their
    parent.
    """
    todo = [0]
    while todo:
        at = todo.pop()
        if at < len(heap) and sign * price > heap[at][0]:
            yield heap[at]
            todo += (2 * at + 1, 2 * at + 2)
