"""How is an ordinary match booked without asking each question by itself?

Nearly all matches have both rows, plain labels, accounts that stand where their rows begin, and a
printed result that the books repeat. They are told by a few tests and booked in one step; whatever
fails one of them goes to `match_books`, which knows every case. Both give the same facts (a test
compares them over whole archives).
"""

from collections import Counter
from typing import Any

from importers.hyperliquid.books import Books
from importers.hyperliquid.match_books import Before, MatchBooks
from importers.hyperliquid.pairing import Match, Side
from importers.hyperliquid.rows import Fill


class OrdinaryTrades:
    """Books matches of the ordinary kind."""

    def __init__(self, books: Books, matches: MatchBooks, moved: Counter[str]) -> None:
        """`moved` counts booked rows by file."""
        self._moved = moved
        self._books = books
        self._matches = matches

    def book(
        self, bought: Fill, sold: Fill, lots: int, start: int, start_of_seller: int, price: int
    ) -> bool:
        """Book a match if it is an ordinary one; false, with nothing done, if it is not.

        `lots` change hands at `price` in ticks; the starts are what the rows say they met.
        """
        # Unpacked at once: asked for one by one the fields of both rows would cost more than this.
        (
            place,
            time,
            key,
            name,
            coin,
            _,
            _,
            _,
            _,
            gain,
            fee,
            label,
            _,
            match_id,
            order,
            hashed,
            block,
            liquidation,
            _,
            _,
            _,
        ) = bought
        (
            other_place,
            other_time,
            other_key,
            other,
            _,
            _,
            _,
            _,
            _,
            loss,
            other_fee,
            other_label,
            _,
            _,
            _,
            _,
            _,
            other_liquidation,
            _,
            _,
            _,
        ) = sold
        books = self._books
        venue = books.venue
        market, accounts = venue.markets.get(coin), venue.accounts
        if (
            market is None
            or name == other
            or gain is None
            or loss is None
            or liquidation is not None
            or other_liquidation is not None
            or name not in accounts
            or other not in accounts
        ):
            return False
        positions, realized = market.positions, market.realized
        held, owed = positions.get(name), positions.get(other)
        if (
            (start != 0 if held is None else held.quantity != start or not held.basis_known)
            or (
                start_of_seller != 0
                if owed is None
                else owed.quantity != start_of_seller or not owed.basis_known
            )
            or label != _label_of_buyer(start, lots)
            or other_label != _label_of_seller(start_of_seller, lots)
        ):
            return False
        known = books.report.accounts
        gains = known.get(name) or books.sums(name)
        losses = known.get(other) or books.sums(other)
        before, before_other = realized.get(name, 0), realized.get(other, 0)
        data: dict[str, Any] = {"buyer": name, "buyer_fee": fee}
        # A printed result decides where it leaves something of the position.
        if start < -lots:
            data["buyer_realized"] = gain
        data["price"] = price
        data["purpose"] = "recorded"
        data["quantity"] = lots
        data["seller"] = other
        data["seller_fee"] = other_fee
        if start_of_seller > lots:
            data["seller_realized"] = loss
        if other_place < place:
            place, other_place = other_place, place
            key, other_key = other_key, key
            label_first, label_second = other_label, label
            time, hashed, block = other_time, sold.hash, sold.block
            match_id, order = sold.match, sold.order
        else:
            label_first, label_second = label, other_label
        number = order if match_id is None else match_id
        data["trade_id"] = f"{number or 0}:{block or time}"
        file, line, row = place
        source: dict[str, str | int] = {} if block is None else {"block": block}
        source["file"] = file
        if hashed:
            source["hash"] = hashed
        source["key"] = key
        source["key_of_partner"] = other_key
        source["label"] = label_first
        source["label_of_partner"] = label_second
        source["line"] = line
        if other_place != place:
            file_of_partner, line, row_of_partner = other_place
            source["place_of_partner"] = f"{file_of_partner}:{line}#{row_of_partner}"
        source["row"] = row
        if match_id is not None:
            source["tid"] = match_id
        books.emit_trade(coin, data, time, source)
        met = books.memory.met
        if held is None:
            met.add((name, coin))
        if owed is None:
            met.add((other, coin))
        matches = self._matches
        if realized.get(name, 0) - before != gain or realized.get(other, 0) - before_other != loss:
            is_known = books.memory.is_basis_known
            earlier = {
                name: Before(held, before, is_known(name, coin, held)),
                other: Before(owed, before_other, is_known(other, coin, owed)),
            }
            buyer = Side(bought, lots, start, price)
            seller = Side(sold, -lots, start_of_seller, price)
            matches.settle(Match(0, buyer, seller), earlier, source)
            self._moved[place.file] += 1
            self._moved[other_place.file] += 1
            return True
        if gain:
            matches.check_result(bought, start, lots, gain)
        if loss:
            matches.check_result(sold, start_of_seller, -lots, loss)
        if start < 0 and held is not None:
            closed = matches.note_closed(name, coin, held, lots)
            matches.check_share(bought, lots, price, held, gain, closed)
        if start_of_seller > 0 and owed is not None:
            closed = matches.note_closed(other, coin, owed, -lots)
            matches.check_share(sold, -lots, price, owed, loss, closed)
        self._moved[place.file] += 1
        self._moved[other_place.file] += 1
        amount = lots * price
        gains.rows += 1
        gains.fees += fee
        gains.flow -= amount
        gains.closed_pnl += gain
        losses.rows += 1
        losses.fees += other_fee
        losses.flow += amount
        losses.closed_pnl += loss
        return True


def _label_of_buyer(held: int, lots: int) -> str:
    """What an ordinary purchase is called."""
    if held >= 0:
        return "Open Long"
    return "Close Short" if lots <= -held else "Short > Long"


def _label_of_seller(held: int, lots: int) -> str:
    """What an ordinary sale is called."""
    if held <= 0:
        return "Open Short"
    return "Close Long" if lots <= held else "Long > Short"
