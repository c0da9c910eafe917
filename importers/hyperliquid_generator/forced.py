"""What happens to an account whose value is below its maintenance margin?

After each mark update every account is tested once, vaults first, in the order of the accounts:
below zero it is auto-deleveraged, below two thirds of its maintenance a vault with room takes all,
else its largest position is sold in the book, a large one in fifths with half a minute between.
"""

from operator import mul
from typing import Final

from importers.hyperliquid_generator.coins import COINS, MONEY
from importers.hyperliquid_generator.deleveraging import Deleveraging
from importers.hyperliquid_generator.misc import Misc
from importers.hyperliquid_generator.people import VAULTS
from importers.hyperliquid_generator.tape import Tape
from importers.hyperliquid_generator.texts import decimal, money
from importers.hyperliquid_generator.trading import Trading
from importers.hyperliquid_generator.truth import Truth

LARGE: Final = 100_000 * MONEY
PATIENCE: Final = 30_000
"""Milliseconds between the first fifth of a large order and the rest."""


class Forced:
    """Liquidations after a mark update."""

    def __init__(self, tape: Tape, trading: Trading, truth: Truth, misc: Misc) -> None:
        self._tape = tape
        self._books = tape.books
        self._trading = trading
        self._truth = truth
        self._misc = misc
        self._vaults = range(VAULTS)
        self._deleveraging = Deleveraging(tape, truth)
        self._waiting: dict[int, int] = {}
        self._takeovers = 0

    def test_all(self) -> None:
        """Test every account once."""
        books = self._books
        rates = [
            mark * (400 // coin.leverage) for mark, coin in zip(books.mark, COINS, strict=True)
        ]
        for account in range(books.accounts):
            sizes = books.size[account]
            if not any(sizes):
                continue
            value = books.raw[account] + sum(map(mul, sizes, books.mark))
            # 800 times the maintenance, uncut: whoever is above it is safe.
            if value * 800 < sum(map(mul, map(abs, sizes), rates)):
                self._act(account, value)

    def _act(self, account: int, value: int) -> None:
        books = self._books
        maintenance = books.maintenance(account)
        if value < 0:
            self._say(account, value, maintenance, "adl")
            self._deleveraging.deleverage(account)
        elif value * 3 < maintenance * 2 and account not in self._vaults:
            vault = self._vault_with_room(account)
            if vault is not None:
                self._say(account, value, maintenance, "backstop")
                self._take_over(account, vault, value)
        elif value < maintenance and account not in self._vaults:
            self._sell(account, value, maintenance)

    def _sell(self, account: int, value: int, maintenance: int) -> None:
        """A market order for the largest position."""
        books, now = self._books, self._tape.now.milliseconds
        waits_until = self._waiting.get(account)
        if waits_until is not None and now < waits_until:
            return
        notionals = list(map(mul, map(abs, books.size[account]), books.mark))
        coin = notionals.index(max(notionals))
        held = books.size[account][coin]
        lots = abs(held)
        if notionals[coin] > LARGE and waits_until is None:
            self._waiting[account] = now + PATIENCE
            lots = max(1, lots // 5)
        else:
            self._waiting.pop(account, None)
        self._say(account, value, maintenance, "market")
        side = -1 if held > 0 else 1
        order = self._tape.order(account, coin, side)
        order.builder, order.client, order.twap = False, "", None
        parts = 2 if lots > 1 and lots & 1 else 1
        for part in range(parts, 0, -1):
            some = lots // part
            maker = self._trading.maker(coin, -side * some)
            price = self._trading.price(coin, side)
            self._tape.trade(order, maker, some, price, liquidated=account)
            lots -= some

    def _vault_with_room(self, account: int) -> int | None:
        """A vault whose value stays above twice its maintenance with the account's positions."""
        books = self._books
        for vault in self._vaults:
            sizes = map(sum, zip(books.size[vault], books.size[account], strict=True))
            needed = sum(
                abs(size) * mark // (2 * coin.leverage)
                for size, mark, coin in zip(sizes, books.mark, COINS, strict=True)
            )
            if books.value(vault) > 2 * needed:
                return vault
        return None

    def _take_over(self, account: int, vault: int, value: int) -> None:
        """Move every position at a price that leaves the account with nothing, or nearly so.

        The value is split over the positions by maintenance; a price moves by whole units, so what
        stays behind is less than one unit times the size.
        """
        books, truth = self._books, self._truth
        parts = [books.maintenance_of(account, coin.number) for coin in COINS]
        whole = sum(parts)
        positions = list(books.size[account])
        for coin, part in zip(COINS, parts, strict=True):
            held = positions[coin.number]
            if not held:
                continue
            share = value * part // whole // abs(held)
            mark = books.mark[coin.number]
            price = mark - share if held > 0 else mark + share
            if price <= 0:
                continue
            before = (money(books.value(account)), money(books.value(vault)))
            was_flat = not books.size[vault][coin.number]
            tid, _ = self._tape.forced(coin.number, account, vault, -held, price)
            self._takeovers += 1
            truth.took_over(vault, coin.number, self._takeovers, was_flat=was_flat)
            truth.takeovers.row(
                self._takeovers,
                self._tape.now.block,
                self._tape.now.milliseconds,
                coin.name,
                self._tape.crowd[account].user,
                self._tape.crowd[vault].user,
                decimal(held, coin.size_places),
                decimal(price, coin.price_places),
                decimal(mark, coin.price_places),
                *before,
                tid,
            )

    def _say(self, account: int, value: int, maintenance: int, kind: str) -> None:
        """The venue's own statement: information, not a movement."""
        books, tape = self._books, self._tape
        user = tape.crowd[account].user
        positions = ",".join(
            f'{{"coin":"{coin.name}","szi":"{decimal(size, coin.size_places)}"}}'
            for coin, size in zip(COINS, books.size[account], strict=True)
            if size
        )
        notional = money(books.notional(account))
        fields = (
            f'"liquidatedNtlPos":"{notional}",'
            f'"accountValue":"{money(value)}","leverageType":"Cross",'
            f'"liquidatedPositions":[{positions}]'
        )
        self._misc.update("liquidation", [user], fields)
        self._truth.liquidations.row(
            tape.now.block,
            tape.now.milliseconds,
            user,
            kind,
            money(value),
            notional,
            money(maintenance),
        )
