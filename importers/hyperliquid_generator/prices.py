"""How do marks, oracle prices and funding rates move?

In quiet times a coin moves by chance; in the crash and the rebound all coins follow the story, each
as lively as it is. Marks are whole price steps of an order.
"""

from importers.hyperliquid_generator.books import Books
from importers.hyperliquid_generator.chance import Chance
from importers.hyperliquid_generator.coins import COINS

_MILLION = 1_000_000
_QUIET = 260
"""Parts per million that a quiet step moves at most."""


class Prices:
    """Moves the marks in the books."""

    def __init__(self, books: Books, seed: int) -> None:
        self._books = books
        self._chance = Chance(seed, stream=6)

    def move(self, push: int, *, is_crash: bool) -> None:
        """The next mark of every coin; `push` is in parts per million."""
        books, chance = self._books, self._chance
        for coin in COINS:
            number = coin.number
            here = push * coin.liveliness * chance.between(70, 130) // 10_000
            if not is_crash:
                here += chance.between(-_QUIET, _QUIET)
            mark = books.mark[number]
            moved = mark * (_MILLION + here) // _MILLION
            books.previous[number] = mark
            books.mark[number] = max(coin.step, coin.step * (moved // coin.step))
            away = chance.between(-400, 400)
            oracle = books.mark[number] * (_MILLION + away) // _MILLION
            books.oracle[number] = max(coin.step, coin.step * (oracle // coin.step))

    def rates(self) -> list[int]:
        """The hourly funding rate of every coin, in units of 1e-10."""
        return [
            125_000 if self._chance.one_in(2) else self._chance.between(-40_000, 180_000)
            for _ in COINS
        ]

    def pair(self, first: int, end: int) -> tuple[int, int]:
        """Two different numbers from `first` up to `end`."""
        one = self._chance.between(first, end - 1)
        other = self._chance.between(first, end - 2)
        return one, other + (other >= one)
