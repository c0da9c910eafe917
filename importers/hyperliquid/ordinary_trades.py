"""How is an ordinary match booked without asking each question by itself?

Nearly all matches have both rows, plain labels, accounts that stand where their rows begin, and a
printed result that the books repeat. They are told by a few tests and booked in one step; whatever
fails one of them goes to `match_books`, which knows every case. Both give the same facts (a test
compares them over whole archives).
"""

from typing import Any, Final

from domain.position import Position
from importers.hyperliquid.books import Books
from importers.hyperliquid.match_books import Before, MatchBooks
from importers.hyperliquid.pairing import Match

_SIGN: Final = {
    "Close Long": -1,
    "Close Short": 1,
    "Long > Short": -1,
    "Open Long": 1,
    "Open Short": -1,
    "Short > Long": 1,
}
_GROWING: Final = frozenset({"Open Long", "Open Short"})
_FLIPPING: Final = frozenset({"Long > Short", "Short > Long"})


class OrdinaryTrades:
    """Books matches of the ordinary kind."""

    def __init__(self, books: Books, matches: MatchBooks) -> None:
        self._books = books
        self._matches = matches

    def book(self, match: Match) -> bool:
        """Book a match if it is an ordinary one; false, with nothing done, if it is not."""
        buyer, seller = match.buyer, match.seller
        if buyer is None or seller is None:
            return False
        bought, sold = buyer.fill, seller.fill
        books, coin = self._books, bought.coin
        market = books.venue.markets.get(coin)
        name, other = bought.account, sold.account
        if (
            market is None
            or name == other
            or bought.liquidation is not None
            or sold.liquidation is not None
            or bought.closed_pnl is None
            or sold.closed_pnl is None
        ):
            return False
        positions, met, accounts = market.positions, books.memory.met, books.venue.accounts
        held, owed = positions.get(name), positions.get(other)
        lots, price = buyer.change, buyer.price
        if (
            name not in accounts
            or other not in accounts
            or (held is not None and not held.basis_known)
            or (owed is not None and not owed.basis_known)
            or (0 if held is None else held.quantity) != buyer.start
            or (0 if owed is None else owed.quantity) != seller.start
            or not _is_labelled(bought.label, buyer.start, lots)
            or not _is_labelled(sold.label, seller.start, -lots)
        ):
            return False
        time = bought.time if bought.place < sold.place else sold.time
        gains, losses = books.sums(name), books.sums(other)
        realized = market.realized
        before, before_other = realized.get(name, 0), realized.get(other, 0)
        if bought.closed_pnl:
            self._matches.check_result(buyer, bought.closed_pnl)
        if sold.closed_pnl:
            self._matches.check_result(seller, sold.closed_pnl)
        source = _source(match)
        books.emit_trade(coin, _data(match, held, owed), time, source)
        if held is None:
            met.add((name, coin))
        if owed is None:
            met.add((other, coin))
        if (
            realized.get(name, 0) - before != bought.closed_pnl
            or realized.get(other, 0) - before_other != sold.closed_pnl
        ):
            is_known = books.memory.is_basis_known
            earlier = {
                name: Before(held, before, is_known(name, coin, held)),
                other: Before(owed, before_other, is_known(other, coin, owed)),
            }
            self._matches._settle(match, earlier, dict(source))
            return True
        self._matches.note_closed(name, coin, held, lots)
        self._matches.note_closed(other, coin, owed, lots)
        amount = lots * price
        gains.rows += 1
        gains.fees += bought.fee
        gains.flow -= amount
        gains.closed_pnl += bought.closed_pnl
        losses.rows += 1
        losses.fees += sold.fee
        losses.flow += amount
        losses.closed_pnl += sold.closed_pnl
        return True


def _is_labelled(label: str | None, held: int, change: int) -> bool:
    """Whether a label is one of the ordinary ones and says what the row does."""
    if label is None or _SIGN.get(label, 0) * change <= 0:
        return False
    after = held + change
    if held * after < 0:
        return label in _FLIPPING
    return (label in _GROWING) == (abs(after) > abs(held)) and label not in _FLIPPING


def _data(match: Match, held: Position | None, owed: Position | None) -> dict[str, Any]:
    """The trade as it is recorded, keys in order; printed results only where they decide."""
    buyer, seller = match.buyer, match.seller
    if buyer is None or seller is None:
        raise ValueError(match)
    bought, sold = buyer.fill, seller.fill
    lots = buyer.change
    first = bought if bought.place < sold.place else sold
    data: dict[str, Any] = {"buyer": bought.account, "buyer_fee": bought.fee}
    if held is not None and held.quantity < -lots:
        data["buyer_realized"] = bought.closed_pnl
    data["price"] = buyer.price
    data["purpose"] = "recorded"
    data["quantity"] = lots
    data["seller"] = sold.account
    data["seller_fee"] = sold.fee
    if owed is not None and owed.quantity > lots:
        data["seller_realized"] = sold.closed_pnl
    number = first.match if first.match is not None else first.order
    data["trade_id"] = f"{number or 0}:{first.block or first.time}"
    return data


def _source(match: Match) -> dict[str, str | int]:
    """Where both rows stand, keys in order."""
    buyer, seller = match.buyer, match.seller
    if buyer is None or seller is None:
        raise ValueError(match)
    first, other = buyer.fill, seller.fill
    if other.place < first.place:
        first, other = other, first
    file, line, row = first.place
    source: dict[str, str | int] = {}
    if first.block is not None:
        source["block"] = first.block
    source["file"] = file
    if first.hash:
        source["hash"] = first.hash
    source["key"] = first.key
    source["key_of_partner"] = other.key
    if first.label is not None:
        source["label"] = first.label
    if other.label is not None:
        source["label_of_partner"] = other.label
    source["line"] = line
    if other.place != first.place:
        source["place_of_partner"] = other.place.text()
    source["row"] = row
    if first.match is not None:
        source["tid"] = first.match
    return source
