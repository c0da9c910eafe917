"""How is an ordinary match booked without asking each question by itself?

Nearly all matches have both rows, plain labels, accounts that stand where their rows begin, and a
printed result that the books repeat. They are told by a few tests and booked in one step; whatever
fails one of them goes to `match_books`, which knows every case. Both give the same facts (a test
compares them over whole archives).
"""

from collections import Counter
from typing import Any, Final

from importers.hyperliquid.books import Books
from importers.hyperliquid.match_books import Before, MatchBooks
from importers.hyperliquid.pairing import Match

_LABELS: Final[dict[str | None, tuple[bool, str]]] = {
    "Close Long": (False, "shrinks"),
    "Close Short": (True, "shrinks"),
    "Long > Short": (False, "flips"),
    "Open Long": (True, "grows"),
    "Open Short": (False, "grows"),
    "Short > Long": (True, "flips"),
}
"""Whether the row buys, and what it does to the position."""


class OrdinaryTrades:
    """Books matches of the ordinary kind."""

    def __init__(self, books: Books, matches: MatchBooks, moved: Counter[str]) -> None:
        """`moved` counts booked rows by file."""
        self._moved = moved
        self._books = books
        self._matches = matches

    def book(self, match: Match) -> bool:
        """Book a match if it is an ordinary one; false, with nothing done, if it is not."""
        _, buyer, seller = match
        if buyer is None or seller is None:
            return False
        # Unpacked at once: asked for one by one the fields of both rows would cost more than this.
        bought, lots, start, price = buyer
        sold, _, start_of_seller, _ = seller
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
        ) = bought[:18]
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
        ) = sold[:12]
        books = self._books
        venue = books.venue
        market, accounts = venue.markets.get(coin), venue.accounts
        if (
            market is None
            or name == other
            or gain is None
            or loss is None
            or label is None
            or other_label is None
            or liquidation is not None
            or sold.liquidation is not None
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
            or not _is_labelled(label, start, lots)
            or not _is_labelled(other_label, start_of_seller, -lots)
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
            source["place_of_partner"] = "{}:{}#{}".format(*other_place)
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
            matches.settle(match, earlier, source)
            self._moved[place.file] += 1
            self._moved[other_place.file] += 1
            return True
        if gain:
            matches.check_result(buyer, gain)
        if loss:
            matches.check_result(seller, loss)
        if start < 0 and held is not None:
            matches.check_share(buyer, held, gain, matches.note_closed(name, coin, held, lots))
        if start_of_seller > 0 and owed is not None:
            closed = matches.note_closed(other, coin, owed, -lots)
            matches.check_share(seller, owed, loss, closed)
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


def _is_labelled(label: str | None, held: int, change: int) -> bool:
    """Whether a label is one of the ordinary ones and says what the row does."""
    kind = _LABELS.get(label)
    if kind is None or kind[0] != (change > 0):
        return False
    if held == 0 or (held > 0) == (change > 0):
        return kind[1] == "grows"
    return kind[1] == ("shrinks" if abs(change) <= abs(held) else "flips")
