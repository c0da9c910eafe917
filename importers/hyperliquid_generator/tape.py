"""How does a match become two rows, and the books after them?

Fees are cut toward zero at 1e-6; a rebate is a negative fee; what goes to a front end is inside
the fee. Takeovers and auto-deleveraging carry no fee.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from importers.hyperliquid_generator.archive import Archive
from importers.hyperliquid_generator.books import Books
from importers.hyperliquid_generator.chance import Chance
from importers.hyperliquid_generator.coins import COINS, SPOT_COIN
from importers.hyperliquid_generator.people import Person
from importers.hyperliquid_generator.texts import NO_HASH, Instant, decimal, money, transaction

TAKER_FEE: Final = 4_500
RESTING_FEE: Final = 1_500
MAKER_REBATE: Final = -300
BUILDER_FEE: Final = 1_000
FEE_SCALE: Final = 10**7
ADL: Final = "Auto-Deleveraging"
_BUILDER: Final = "0x1924b8561eef20e70ede628a296175d358be80e5"


@dataclass(slots=True)
class Order:
    """What the taker sent: `side` is +1 to buy. All its matches share hash and number."""

    taker: int
    coin: int
    side: int
    hash: str
    number: int
    client: str = ""
    builder: bool = False
    twap: int | None = None


@dataclass(slots=True)
class Side:
    """One side of a match that is about to be printed."""

    account: int
    change: int
    fee: int = 0
    label: str = ""
    crossed: bool = False
    number: int = 0
    client: str = ""
    builder_fee: int = 0
    twap: int | None = None
    held: int = 0
    gained: int = 0


@dataclass(slots=True)
class Tape:
    """Writes matches into the block that is under way."""

    books: Books
    crowd: Sequence[Person]
    archive: Archive
    chance: Chance
    rows: int = 0
    dirs: Counter[str] = field(default_factory=Counter)
    methods: Counter[str] = field(default_factory=Counter)
    hours: Counter[int] = field(default_factory=Counter)
    kinds: Counter[str] = field(default_factory=Counter)
    now: Instant = field(default_factory=lambda: Instant(0))
    _sequence: int = 0
    _order: int = 194_000_000_000
    _fresh: bool = True

    def reach(self, tick: int) -> None:
        """Go on to this block, or stay in a later one."""
        if tick > self.now.tick:
            self.now = Instant(tick)
            self._sequence = 0
            self._fresh = True

    def open_block(self, tick: int) -> None:
        """Go on to a block that has no fills yet."""
        self.reach(tick if self._fresh else max(tick, self.now.tick + 1))

    @property
    def next_event(self) -> int:
        """Where in the block's list the next row will stand."""
        return 0 if self._fresh else self.archive.events

    def transaction(self) -> str:
        """The hash of the next transaction of the block."""
        found = transaction(self.now.block, self._sequence, self.chance)
        self._sequence += 1
        return found

    def number(self) -> int:
        """The next order number."""
        self._order += 1 + self.chance.below(7)
        return self._order

    def order(self, taker: int, coin: int, side: int) -> Order:
        """An order that takes liquidity, with the odds and ends that orders have."""
        draw = self.chance.bits()
        found = Order(taker, coin, side, self.transaction(), self.number())
        if draw % 25 == 0:
            found.hash, found.twap = NO_HASH, 100_000 + (draw >> 40) % 900_000
        if draw % 3 == 0:
            found.client = f"0x{draw:016x}{self._order:016x}"
        found.builder = draw % 13 == 0
        return found

    def trade(
        self, order: Order, maker: int, lots: int, price: int, *, liquidated: int | None = None
    ) -> None:
        """Match an order with a resting one, at ordinary labels and fees."""
        amount = lots * price
        builder_fee = amount * BUILDER_FEE // FEE_SCALE if order.builder else 0
        taking = Side(
            order.taker,
            order.side * lots,
            amount * TAKER_FEE // FEE_SCALE + builder_fee,
            crossed=True,
            number=order.number,
            client=order.client,
            builder_fee=builder_fee,
            twap=order.twap,
        )
        fee = amount * RESTING_FEE // FEE_SCALE
        if self.crowd[maker].kind == "maker":
            fee = -(amount * -MAKER_REBATE // FEE_SCALE)
        resting = Side(
            maker, -taking.change, fee, number=order.number - 1 - self.chance.below(900_000)
        )
        self.books.totals.builder_fees_inside += builder_fee
        extra = "" if liquidated is None else self._liquidation(order.coin, liquidated, "market")
        sides = (taking, resting) if order.number & 1 else (resting, taking)
        self._match(order.coin, sides, price, order.hash, extra)

    def forced(
        self, coin: int, loser: int, other: int, change: int, price: int, *, label: str = ""
    ) -> tuple[int, int]:
        """Close a position of the loser against another account.

        `change` is the loser's; `label` stands on the other account's row. Gives the match number
        and the result of the other account.
        """
        text = f"Liquidated Cross {'Long' if change < 0 else 'Short'}"
        taking = Side(other, -change, label=label or text, crossed=True, number=self.number())
        losing = Side(loser, change, label=text, number=self.number())
        extra = self._liquidation(coin, loser, "backstop")
        tid = self._match(coin, (taking, losing), price, self.transaction(), extra)
        return tid, taking.gained

    def self_match(self, order: Order, lots: int, price: int) -> None:
        """An account meets its own order: nothing changes but the fees.

        Both rows print the position before the match, and no result.
        """
        amount = lots * price
        fees = (amount * TAKER_FEE // FEE_SCALE, amount * RESTING_FEE // FEE_SCALE)
        held = self.books.size[order.taker][order.coin]
        rows = []
        for fee, side, crossed in zip(fees, (order.side, -order.side), (True, False), strict=True):
            self.books.pay_fee(order.taker, fee)
            one = Side(order.taker, side * lots, fee, crossed=crossed, number=order.number)
            one.held = held
            one.label = label_of(held, one.change)
            one.number -= 0 if crossed else 12
            rows.append(one)
        self.books.volume[order.coin] += amount
        self._write(order.coin, rows, price, order.hash, "")
        self.kinds["self_matches"] += 1

    def spot(self, buyer: int, seller: int) -> None:
        """A spot trade: it moves nothing on the perpetual side."""
        size, price = self.chance.between(100, 90_000), self.chance.between(38_000, 44_000)
        hash_, tid = self.transaction(), self.chance.bits() >> 14
        head = f'"coin":"{SPOT_COIN}","px":"{decimal(price, 3)}","sz":"{decimal(size, 2)}"'
        paid = (decimal(size * TAKER_FEE // FEE_SCALE + 1, 2), money(size * price * 7 // 1_000))
        for account, side, label, fee, token in (
            (buyer, "B", "Buy", paid[0], "HYPE"),
            (seller, "A", "Sell", paid[1], "USDC"),
        ):
            row = (
                f'["{self.crowd[account].user}",{{{head},"side":"{side}",'
                f'"time":{self.now.milliseconds},"startPosition":"0.0","dir":"{label}",'
                f'"closedPnl":"0.0","hash":"{hash_}","oid":{self.number()},'
                f'"crossed":{"true" if side == "B" else "false"},"fee":"{fee}","tid":{tid},'
                f'"feeToken":"{token}","twapId":null}}]'
            )
            self._put(row, label)
        self.kinds["spot_fill_rows"] += 2

    def _liquidation(self, coin: int, loser: int, method: str) -> str:
        mark = decimal(self.books.mark[coin], COINS[coin].price_places)
        self.methods[method] += 2
        return (
            f',"liquidation":{{"liquidatedUser":"{self.crowd[loser].user}",'
            f'"markPx":"{mark}","method":"{method}"}}'
        )

    def _match(self, coin: int, sides: Sequence[Side], price: int, hash_: str, extra: str) -> int:
        books = self.books
        for side in sides:
            side.held, side.gained = books.fill(side.account, coin, side.change, price, side.fee)
            side.label = side.label or label_of(side.held, side.change)
        books.volume[coin] += abs(sides[0].change) * price
        return self._write(coin, sides, price, hash_, extra)

    def _write(self, coin: int, sides: Sequence[Side], price: int, hash_: str, extra: str) -> int:
        market = COINS[coin]
        places = market.size_places
        tid = self.chance.bits() >> 14
        head = (
            f'"coin":"{market.name}","px":"{decimal(price, market.price_places)}",'
            f'"sz":"{decimal(abs(sides[0].change), places)}","side":"'
        )
        for side in sides:
            client = f',"cloid":"{side.client}"' if side.client else ""
            builder = ""
            if side.builder_fee:
                fee = money(side.builder_fee)
                builder = f',"builderFee":"{fee}","builder":"{_BUILDER}"'
            row = (
                f'["{self.crowd[side.account].user}",{{{head}{"B" if side.change > 0 else "A"}",'
                f'"time":{self.now.milliseconds},"startPosition":"{decimal(side.held, places)}",'
                f'"dir":"{side.label}","closedPnl":"{money(side.gained)}","hash":"{hash_}",'
                f'"oid":{side.number},"crossed":{"true" if side.crossed else "false"},'
                f'"fee":"{money(side.fee)}","tid":{tid}{client}{extra},"feeToken":"USDC"{builder},'
                f'"twapId":{"null" if side.twap is None else side.twap}}}]'
            )
            self._put(row, side.label)
        return tid

    def _put(self, row: str, label: str) -> None:
        self._fresh = False
        self.archive.fill(self.now, row)
        self.rows += 1
        self.dirs[label] += 1
        self.hours[self.now.hour] += 1


def label_of(held: int, change: int) -> str:
    """What the venue's front end calls it."""
    after = held + change
    if held * change >= 0:
        return "Open Long" if after > 0 else "Open Short"
    if held * after < 0:
        return "Long > Short" if held > 0 else "Short > Long"
    return "Close Long" if held > 0 else "Close Short"
