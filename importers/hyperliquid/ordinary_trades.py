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
from importers.hyperliquid.pairs import Pair
from importers.hyperliquid.rows import new_place


class OrdinaryTrades:
    """Books matches of the ordinary kind."""

    def __init__(self, books: Books, matches: MatchBooks, moved: Counter[str]) -> None:
        """`moved` counts booked rows by file."""
        self._moved = moved
        self._books = books
        self._matches = matches

    def book(self, pair: Pair) -> bool:
        """Book a match if it is an ordinary one; false, with nothing done, if it is not."""
        # Unpacked at once: asked for one by one the fields would cost more than this.
        (
            file,
            line,
            row,
            time,
            coin,
            match,
            hashed,
            block,
            _,
            _,
            lots,
            price,
            is_buyer_first,
            _,
            name,
            key,
            start,
            _,
            gain,
            fee,
            label,
            _,
            other,
            other_key,
            start_of_seller,
            _,
            loss,
            other_fee,
            other_label,
            _,
            liquidation,
            other_liquidation,
        ) = pair
        books = self._books
        venue = books.venue
        market, accounts = venue.markets.get(coin), venue.accounts
        if (
            market is None
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
        if not is_buyer_first:
            key, other_key, label, other_label = other_key, key, other_label, label
        data["trade_id"] = f"{match}:{block}"
        source: dict[str, str | int] = {"block": block, "file": file}
        if hashed:
            source["hash"] = hashed
        source["key"] = key
        source["key_of_partner"] = other_key
        source["label"] = label
        source["label_of_partner"] = other_label
        source["line"] = line
        source["place_of_partner"] = f"{file}:{line}#{row + 1}"
        source["row"] = row
        source["tid"] = match
        books.emit_trade(coin, data, time, source)
        self._moved[file] += 2
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
            matches.settle(pair.as_match(0), earlier, source)
            return True
        if gain or start < 0:
            place = new_place((file, line, row if is_buyer_first else row + 1))
            if gain:
                matches.check_result(time, place, start, lots, gain)
            if start < 0 and held is not None:
                closed, holder = matches.note_closed(name, coin, held, lots), (name, coin)
                matches.check_share(holder, time, place, lots, price, held, gain, closed)
        if loss or start_of_seller > 0:
            place = new_place((file, line, row + 1 if is_buyer_first else row))
            if loss:
                matches.check_result(time, place, start_of_seller, -lots, loss)
            if start_of_seller > 0 and owed is not None:
                closed, holder = matches.note_closed(other, coin, owed, -lots), (other, coin)
                matches.check_share(holder, time, place, -lots, price, owed, loss, closed)
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
