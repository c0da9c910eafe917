"""Who trades with whom in quiet times, how much, and at which price?

An account opens up to its own leverage, in the direction it likes, and closes or turns now and
then. The other side is a market maker, or another account that has room.
"""

from collections.abc import Sequence
from typing import Final

from importers.hyperliquid_generator.books import Books
from importers.hyperliquid_generator.chance import Chance
from importers.hyperliquid_generator.coins import COINS, MONEY
from importers.hyperliquid_generator.people import Person
from importers.hyperliquid_generator.tape import Order, Tape

POOREST: Final = 30 * MONEY
_TRIES: Final = 8
_PARTS: Final = 100
_PANIC: Final = 45


class Trading:
    """Ordinary orders and where they are filled."""

    def __init__(self, tape: Tape, crowd: Sequence[Person], seed: int, fills: int) -> None:
        self._tape = tape
        self._books: Books = tape.books
        self._crowd = crowd
        self._chance = Chance(seed, stream=3)
        self._makers = [person for person in crowd if person.kind == "maker"]
        self._traders = [person for person in crowd if person.kind in ("whale", "mid", "retail")]
        # An account's turnover should not depend on how many rows are wanted.
        turns = max(1, fills // 2 // len(self._traders))
        self._portion = max(1, min(4_000, 90_000 // turns))
        self.is_panic = False

    def go_on(self, goal: int) -> None:
        """Trade until so many rows exist; an even number is met exactly."""
        while self._tape.rows < goal:
            self.order(goal)

    def order(self, goal: int) -> None:
        """One order of somebody, filled in one to three parts."""
        for _ in range(_TRIES):
            person = self._chance.one_of(self._traders)
            coin = self._chance.below(len(COINS))
            change = self._wanted(person, coin)
            if change:
                self._fill(person.number, coin, change, goal)
                return
        first, second = self._two_makers()
        coin = self._chance.below(len(COINS))
        side = -1 if self._books.size[first][coin] > 0 else 1
        order = self._tape.order(first, coin, side)
        self._tape.trade(order, second, self._small(coin), self.price(coin, side))

    def bold(self, account: int, kind: int) -> None:
        """An order that the story needs: kind 1 goes all long, -1 all short, 2 buys carefully."""
        value = self._books.value(account)
        coin = COINS[account % len(COINS)]
        leverage = 3 if kind == 2 else coin.leverage * 85 // 100
        free = value * leverage - self._books.notional(account)
        lots = free // self._books.mark[coin.number]
        if value >= POOREST and lots > 0:
            side = 1 if kind > 0 else -1
            maker = self.maker(coin.number, -side * lots)
            order = self._tape.order(account, coin.number, side)
            self._tape.trade(order, maker, lots, self.price(coin.number, side))

    def twin(self, account: int) -> None:
        """The only trade of a twin: size, price and fee are those of the other twin."""
        coin = COINS[1]
        lots = self._crowd[account].deposit * 3 // coin.mark
        order = self._tape.order(account, coin.number, -1)
        order.builder = False
        price = coin.step * (self._books.mark[coin.number] // coin.step)
        self._tape.trade(order, self._makers[0].number, lots, price)

    def sell_down(self, vault: int) -> None:
        """A vault gives a part of what it holds back to the market."""
        for coin in COINS:
            held = self._books.size[vault][coin.number]
            if held and self._chance.one_in(3):
                lots = max(1, abs(held) // 25)
                side = -1 if held > 0 else 1
                order = self._tape.order(vault, coin.number, side)
                maker = self.maker(coin.number, -side * lots)
                self._tape.trade(order, maker, lots, self.price(coin.number, side))

    def maker(self, coin: int, change: int) -> int:
        """A market maker, if possible one with room for the change."""
        found = self._chance.one_of(self._makers).number
        for _ in range(3):
            if self._has_room(found, coin, change, 3):
                break
            found = self._chance.one_of(self._makers).number
        return found

    def price(self, coin: int, side: int) -> int:
        """A price near the mark, a little worse for the one who takes it."""
        step = COINS[coin].step
        away = self._chance.between(-1, 4)
        return max(step, step * (self._books.mark[coin] // step + side * away))

    def _wanted(self, person: Person, coin: int) -> int:
        books, chance, account = self._books, self._chance, person.number
        value = books.value(account)
        if value < POOREST:
            return 0
        held = books.size[account][coin]
        draw = chance.below(100)
        if held and draw < 34:
            return self._closing(held, draw)
        mark = books.mark[coin]
        longs = max(5, person.longs - _PANIC) if self.is_panic else person.longs
        side = 1 if chance.below(100) < longs else -1
        leverage = min(person.leverage, COINS[coin].leverage * 9 // 10)
        amount = value * leverage * chance.between(1, 10) * self._portion // 50_000
        if held * side >= 0:
            amount = min(amount, value * leverage - books.notional(account))
        lots = amount // mark
        return side * lots if lots > 0 else 0

    def _closing(self, held: int, draw: int) -> int:
        """All, a part, or more than all: the last turns the position around."""
        if draw < 2:
            return -2 * held
        if draw < 9:
            return -held
        share = self._portion * (1 + draw)
        return -(held * share // 40_000) if share < 40_000 else -held

    def _fill(self, account: int, coin: int, change: int, goal: int) -> None:
        tape, chance = self._tape, self._chance
        side = 1 if change > 0 else -1
        order = tape.order(account, coin, side)
        left = abs(change)
        draw = chance.below(400)
        if draw == 0:
            tape.self_match(order, left, self.price(coin, side))
            return
        parts = min(1 if draw < 300 else 2 if draw < 370 else 3, left, (goal - tape.rows) // 2)
        for part in range(parts, 0, -1):
            lots = left if part == 1 else max(1, left * chance.between(20, 60) // _PARTS)
            resting = self._resting(order, lots)
            tape.trade(order, resting, lots, self.price(coin, side))
            left -= lots
            if not left:
                return

    def _resting(self, order: Order, lots: int) -> int:
        """Who stands in the book: often a market maker, now and then somebody else."""
        change = -order.side * lots
        if self._chance.below(100) < 22:
            for _ in range(3):
                person = self._chance.one_of(self._traders)
                if person.number != order.taker and self._has_room(
                    person.number, order.coin, change, person.leverage
                ):
                    return person.number
        return self.maker(order.coin, change)

    def _has_room(self, account: int, coin: int, change: int, leverage: int) -> bool:
        held = self._books.size[account][coin]
        if held * change < 0 and abs(change) <= abs(held):
            return True
        value = self._books.value(account)
        added = abs(change) * self._books.mark[coin]
        return value > POOREST and self._books.notional(account) + added <= value * leverage

    def _two_makers(self) -> tuple[int, int]:
        first = self._chance.below(len(self._makers))
        second = (first + 1 + self._chance.below(len(self._makers) - 1)) % len(self._makers)
        return self._makers[first].number, self._makers[second].number

    def _small(self, coin: int) -> int:
        return max(1, self._chance.between(20, 900) * MONEY // self._books.mark[coin])
