"""Which facts does a match become, and what if one of its sides is not there?

Positions are met before they are changed: an account first seen with a position opens it against
`outside:opening`, a row that begins elsewhere than its account stands is a gap against
`outside:gap`. The venue's printed result is booked as stated; what closing everything releases
beyond it is named.
"""

from typing import Any, Literal, NamedTuple

from domain.position import Position, fill
from importers.hyperliquid.books import OUTSIDE, Books, Source, place_source
from importers.hyperliquid.labels import ADL, SETTLEMENT, is_forced, label_faults
from importers.hyperliquid.pairing import Match, Side
from importers.hyperliquid.rows import RowRefused


class Before(NamedTuple):
    """What an account had in a market before an event."""

    position: Position | None
    realized: int
    basis_known: bool


class MatchBooks:
    """Books matches; positions and money are in the `Books` it writes to."""

    def __init__(self, books: Books) -> None:
        self._books = books
        self._closed: dict[tuple[str, str], tuple[int, int]] = {}

    def position_of(self, account: str, coin: str) -> int | None:
        """Lots held; None when the account was never met in this coin."""
        if (account, coin) not in self._books.memory.met:
            return None
        position = self._position(account, coin)
        return 0 if position is None else position.quantity

    def book(self, match: Match) -> None:
        """Book one match, with all that has to be booked around it."""
        books, first = self._books, match.first.fill
        books.list_market(match.coin, first.time)
        outside = f"{OUTSIDE}{_outside(match)}:{match.coin}"
        buyer = match.buyer.fill.account if match.buyer else outside
        seller = match.seller.fill.account if match.seller else outside
        for account in (buyer, seller):
            books.open_account(account, first.time)
        source = _source(match)
        for side in match.sides[:1] if match.is_self_match else match.sides:
            self._meet(side, source)
        self._book_mark(match, source)
        before = {account: self._before(account, match.coin) for account in (buyer, seller)}
        for fault in label_faults(match, {name: b.position for name, b in before.items()}):
            books.report.find(fault, first.place)
        forced = self._forced(match)
        if forced == "adl":
            self._deleveraged(match, source)
        elif forced == "takeover":
            self._taken_over(match, source)
        else:
            self._traded(match, buyer, seller, source)
        self._settle(match, before, source)

    def _meet(self, side: Side, source: Source) -> None:
        """Bring the account to where the row says it stood."""
        account, coin = side.fill.account, side.fill.coin
        sums = self._books.sums(account)
        held = self.position_of(account, coin)
        if held is None and side.start:
            sums.doubts.add("unknown opening")
            self._adjust("opening", side, side.start, source)
        elif held is not None and held != side.start:
            sums.doubts.add("gap")
            self._books.report.chain_break(side.fill.place, account, coin, held, side.start)
            before = self._before(account, coin)
            self._adjust("gap", side, side.start - held, source)
            released = self._before(account, coin).realized - before.realized
            if released:
                sums.gap_basis -= released
                self._correct(account, -released, "gap", side, source)

    def _adjust(
        self, purpose: Literal["opening", "gap"], side: Side, lots: int, source: Source
    ) -> None:
        """Lots at price zero against an outside account: size known, cost not."""
        fill_ = side.fill
        outside = f"{OUTSIDE}{purpose}:{fill_.coin}"
        self._books.open_account(outside, fill_.time)
        buyer, seller = (fill_.account, outside) if lots > 0 else (outside, fill_.account)
        stated: dict[str, int | None] = {"buyer": None, "seller": None}
        if purpose == "gap":
            role = "buyer" if lots > 0 else "seller"
            stated[role] = _stated(self._position(fill_.account, fill_.coin), lots, 0)
        data = {
            "buyer": buyer,
            "buyer_fee": 0,
            "buyer_realized": stated["buyer"],
            "price": 0,
            "purpose": purpose,
            "quantity": abs(lots),
            "seller": seller,
            "seller_fee": 0,
            "seller_realized": stated["seller"],
            "trade_id": f"{purpose}:{_trade_id(side)}",
        }
        self._emit("market.trade_executed/1", side, _known(data), source)

    def _book_mark(self, match: Match, source: Source) -> None:
        """The mark printed for the venue's liquidation test; a trade price is never a mark."""
        for side in match.sides:
            liquidation = side.fill.liquidation
            if liquidation is None or liquidation.mark is None:
                continue
            try:
                price = self._books.scales.ticks(match.coin, liquidation.mark)
            except RowRefused:
                self._books.report.find("mark_off_tick", side.fill.place)
                continue
            if price and price != self._books.venue.markets[match.coin].mark:
                self._books.set_mark(match.coin, price, side.fill.time, source)
            return

    def _forced(self, match: Match) -> Literal["adl", "takeover"] | None:
        """Whether the match is a forced close that the books can name with both of its parties.

        Where a row is missing or shrinks nothing, the match is booked as a recorded trade; its
        source keeps the venue's label.
        """
        labels = [side.fill.label for side in match.sides]
        if not any(map(is_forced, labels)):
            return None
        report, place = self._books.report, match.first.fill.place
        if len(match.sides) < 2 or match.is_self_match:
            report.find("forced_close_with_one_row", place)
            return None
        losing, winning = _parties(match)
        shrinking = [losing, winning] if ADL in labels else [losing]
        if any(side.fill.fee for side in match.sides) or not all(map(self._shrinks, shrinking)):
            report.find("forced_close_unlike_its_label", place)
            return None
        return "adl" if ADL in labels else "takeover"

    def _shrinks(self, side: Side) -> bool:
        held = self.position_of(side.fill.account, side.fill.coin) or 0
        return held * side.change < 0 and abs(side.change) <= abs(held)

    def _traded(self, match: Match, buyer: str, seller: str, source: Source) -> None:
        lots, price = abs(match.sides[0].change), match.sides[0].price
        held = self._position(buyer, match.coin)
        bought = _stated(held, lots, _printed(match.buyer))
        after = held
        if buyer == seller:
            after = fill(held, lots, lots * price, 0, bought).position
        else:
            after = self._position(seller, match.coin)
        data = {
            "buyer": buyer,
            "buyer_fee": match.buyer.fill.fee if match.buyer else 0,
            "buyer_realized": bought,
            "price": price,
            "purpose": "recorded",
            "quantity": lots,
            "seller": seller,
            "seller_fee": match.seller.fill.fee if match.seller else 0,
            "seller_realized": _stated(after, -lots, _printed(match.seller)),
            "trade_id": _trade_id(match.first),
        }
        self._emit("market.trade_executed/1", match.first, _known(data), source)

    def _taken_over(self, match: Match, source: Source) -> None:
        losing, winning = _parties(match)
        data = {
            "amount": -losing.change * losing.price,
            "bankrupt": losing.fill.account,
            "liquidation_id": f"{losing.fill.block or losing.fill.time}:{losing.fill.account}",
            "quantity": abs(losing.change),
            "quote": None,
            "stopped_by": "all_taken",
            "vault": winning.fill.account,
        }
        self._books.report.count("taken_over")
        self._emit("market.position_taken_over/1", match.first, data, source)

    def _deleveraged(self, match: Match, source: Source) -> None:
        losing, winning = _parties(match)
        held = self.position_of(winning.fill.account, match.coin) or 0
        data = {
            "amount": -losing.change * losing.price,
            "bankrupt": losing.fill.account,
            "cost": None,
            "decision_id": None,
            "quantity": abs(losing.change),
            "quantity_after": held + winning.change,
            "quantity_before": held,
            "rank": None,
            "realized": winning.fill.closed_pnl or 0,
            "score_denominator": None,
            "score_numerator": None,
            "victim": winning.fill.account,
        }
        self._books.report.count("deleveraged")
        self._emit("market.position_deleveraged/1", match.first, data, source)

    def _settle(self, match: Match, before: dict[str, Before], source: Source) -> None:
        """Compare the books' results with the printed ones."""
        for account in sorted({side.fill.account for side in match.sides}):
            sides = [side for side in match.sides if side.fill.account == account]
            sums, earlier = self._books.sums(account), before[account]
            realized = self._before(account, match.coin).realized - earlier.realized
            printed = 0
            for side in sides:
                sums.rows += 1
                sums.fees += side.fill.fee
                sums.flow -= side.change * side.price
                if side.fill.closed_pnl is None:
                    sums.doubts.add("cash uncertain")
                    sums.add_residue("closed_pnl_unknown", realized)
                    printed += realized
                else:
                    sums.closed_pnl += side.fill.closed_pnl
                    printed += side.fill.closed_pnl
            difference = printed - realized
            lots = match.sides[0].change
            bound = self.note_closed(account, match.coin, earlier.position, lots)
            if not difference:
                continue
            if not earlier.basis_known:
                sums.opening_basis += difference
                self._correct(account, difference, "opening", sides[0], source)
            elif abs(difference) <= bound:
                sums.add_residue("average_price_truncation", -difference)
            else:
                sums.add_residue("closed_pnl_differs", -difference)
                self._books.report.find("closed_pnl_differs", sides[0].fill.place)

    def note_closed(self, account: str, coin: str, position: Position | None, lots: int) -> int:
        """The venue cuts its average price to a tick, so each lot closed may differ by one unit.

        Gives how many may have been closed since the position was opened.
        """
        if position is None:
            return 0
        key = (account, coin)
        opened, closed = self._closed.get(key, (position.opened_seq, 0))
        if opened != position.opened_seq:
            closed = 0
        closed += min(abs(lots), abs(position.quantity))
        self._closed[key] = (position.opened_seq, closed)
        return closed

    def _correct(self, account: str, amount: int, why: str, side: Side, source: Source) -> None:
        """Move what an unknown basis made too much or too little, openly."""
        outside = f"{OUTSIDE}{why}:{side.fill.coin}"
        payer, receiver = (outside, account) if amount > 0 else (account, outside)
        self._books.move(payer, receiver, abs(amount), f"{why}_basis", side.fill.time, source)

    def _emit(self, kind: str, side: Side, data: dict[str, Any], source: Source) -> None:
        in_order = dict(sorted(data.items()))
        self._books.emit(kind, f"market/{side.fill.coin}", in_order, side.fill.time, source)

    def _before(self, account: str, coin: str) -> Before:
        position = self._position(account, coin)
        realized = self._books.venue.markets[coin].realized.get(account, 0)
        known = self._books.memory.is_basis_known(account, coin, position)
        return Before(position, realized, known)

    def _position(self, account: str, coin: str) -> Position | None:
        market = self._books.venue.markets.get(coin)
        return None if market is None else market.positions.get(account)


def _stated(position: Position | None, lots: int, printed: int | None) -> int | None:
    """The printed result where it decides: on a reduction that leaves something of the position."""
    if position is None or position.quantity * lots >= 0 or abs(lots) >= abs(position.quantity):
        return None
    return printed


def _printed(side: Side | None) -> int | None:
    return None if side is None else side.fill.closed_pnl


def _parties(match: Match) -> tuple[Side, Side]:
    """The losing side of a forced close, and the other: by label, name, who took liquidity."""
    first, second = match.sides
    if second.fill.label == ADL:
        return first, second
    if first.fill.label == ADL:
        return second, first
    liquidation = first.fill.liquidation or second.fill.liquidation
    named = None if liquidation is None else liquidation.user
    if named is not None and second.fill.account.partition("@")[0] == named:
        return second, first
    if named is not None and first.fill.account.partition("@")[0] == named:
        return first, second
    return (second, first) if first.fill.taker else (first, second)


def _known(data: dict[str, Any]) -> dict[str, Any]:
    """What is not known of a trade is not written."""
    return {name: value for name, value in data.items() if value is not None}


def _outside(match: Match) -> str:
    settled = match.first.fill.label == SETTLEMENT and len(match.sides) == 1
    return "settlement" if settled else "counterparty"


def _trade_id(side: Side) -> str:
    fill_ = side.fill
    number = fill_.match if fill_.match is not None else fill_.order
    return f"{number or 0}:{fill_.block or fill_.time}"


def _source(match: Match) -> Source:
    first = match.first.fill
    others = [side.fill for side in match.sides if side.fill is not first]
    other = others[0] if others else None
    forced = first.liquidation
    return place_source(
        first.place,
        first.key,
        block=first.block,
        hash=first.hash or None,
        key_of_partner=other.key if other else None,
        label=first.label,
        label_of_partner=other.label if other else None,
        liquidated=forced.user if forced else None,
        liquidation=forced.method if forced else None,
        place_of_partner=other.place.text() if other and other.place != first.place else None,
        tid=first.match,
    )
