"""What does the venue publish besides rows: its coins, its marks, minutes and a snapshot?"""

import json

from importers.hyperliquid_generator.archive import Archive
from importers.hyperliquid_generator.coins import COINS, Coin, meta
from importers.hyperliquid_generator.tape import Tape
from importers.hyperliquid_generator.texts import DAY, decimal, minute_text, money

MARKS = "venue/marks_by_block.csv"
CONTEXTS = f"venue/asset_ctxs/{DAY}.csv"


class VenueFiles:
    """Files that stand beside fills and misc events; they are never packed."""

    def __init__(self, archive: Archive, tape: Tape) -> None:
        self._archive = archive
        self._tape = tape
        self._books = tape.books

    def begin(self) -> None:
        """The coins, and the heads of the tables."""
        self._archive.text("venue/meta.json", json.dumps(meta(), separators=(",", ":")) + "\n")
        self._archive.line(MARKS, "block_number,block_time,coin,mark_px,oracle_px")
        self._archive.line(
            CONTEXTS,
            "time,coin,funding,open_interest,prev_day_px,day_ntl_vlm,premium,oracle_px,mark_px,"
            "mid_px,impact_bid_px,impact_ask_px",
        )

    def marks(self) -> None:
        """The marks that hold from the start of this block."""
        now = self._tape.now
        for coin in COINS:
            self._archive.line(
                MARKS,
                f"{now.block},{now.text},{coin.name},{_price(coin, self._books.mark)},"
                f"{_price(coin, self._books.oracle)}",
            )

    def contexts(self, minute: int) -> None:
        """One row per coin and minute."""
        books = self._books
        for coin in COINS:
            mark, oracle = books.mark[coin.number], books.oracle[coin.number]
            premium = (mark - oracle) * 10**8 // oracle
            spread = [decimal(mark + side * coin.step, coin.price_places) for side in (-1, 1)]
            cells = (
                minute_text(minute),
                coin.name,
                "0.0000125",
                decimal(books.open_interest[coin.number], coin.size_places),
                decimal(coin.mark, coin.price_places),
                money(books.volume[coin.number]),
                decimal(premium, 8),
                decimal(oracle, coin.price_places),
                decimal(mark, coin.price_places),
                decimal(mark, coin.price_places),
                *spread,
            )
            self._archive.line(CONTEXTS, ",".join(cells))

    def snapshot(self) -> None:
        """The third-party kind: numbers without quotes, entry prices of five figures."""
        now, books = self._tape.now, self._books
        ending = f"{now.block}_{now.milliseconds}.json"
        rows = []
        for person in self._tape.crowd:
            held = [
                size * mark
                for size, mark in zip(books.size[person.number], books.mark, strict=True)
            ]
            longs = sum(amount for amount in held if amount > 0)
            shorts = -sum(amount for amount in held if amount < 0)
            rows.append(
                f'{{"user":"{person.user}","account_value":{money(books.value(person.number))},'
                f'"total_long_notional":{money(longs)},"total_short_notional":{money(shorts)}}}'
            )
        self._write(f"account_value_snapshot_{ending}", rows)
        markets = []
        for coin in COINS:
            positions = list(self._positions(coin))
            markets.append(
                f'{{"market_name":"hyperliquid:{coin.name}","snapshot_id":"custom_'
                f'{now.milliseconds}","position_count":{len(positions)},'
                f'"positions":[{",".join(positions)}]}}'
            )
        self._write(f"perp_positions_by_market_{ending}", markets)
        self._write(f"spot_balances__{ending}", [])

    def _positions(self, coin: Coin) -> list[str]:
        books, found = self._books, []
        for person in self._tape.crowd:
            size = books.size[person.number][coin.number]
            if not size:
                continue
            cost = abs(books.cost[person.number][coin.number])
            notional = abs(size) * books.mark[coin.number]
            entry = decimal(_five_figures(cost // abs(size)), coin.price_places)
            found.append(
                f'{{"user":"{person.user}","size":{decimal(size, coin.size_places)},'
                f'"notional_size":{money(notional)},'
                f'"funding_pnl":{money(books.funded[person.number][coin.number])},'
                f'"entry_price":{entry},"is_cross":true,"leverage":{person.leverage},'
                f'"liquidation_price":null,"account_value":{money(books.value(person.number))}}}'
            )
        return found

    def _write(self, name: str, rows: list[str]) -> None:
        self._archive.text(f"venue/snapshot/{name}", f"[{','.join(rows)}]\n")


def _price(coin: Coin, prices: list[int]) -> str:
    return decimal(prices[coin.number], coin.price_places)


def _five_figures(price: int) -> int:
    """The first five digits of a price, the rest zero."""
    beyond: int = 10 ** max(0, len(str(price)) - 5)
    return price // beyond * beyond
