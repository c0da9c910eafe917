"""Which facts does a match become, and what if one of its sides is not there?

Positions are met before they are changed: an account first seen with a position opens it against
`outside:opening`, a row that begins elsewhere than its account stands is a gap against
`outside:gap`. The venue's printed result is booked as stated; what closing everything releases
beyond it is named.
"""

from collections.abc import Mapping
from typing import Any, Final, Literal, NamedTuple

from domain.position import Position
from domain.rounding import half_even
from importers.hyperliquid.books import Books
from importers.hyperliquid.checks import Check
from importers.hyperliquid.forced_books import ForcedBooks
from importers.hyperliquid.forced_closes import liquidation_of
from importers.hyperliquid.labels import FREE_OF_FEES, SETTLEMENT, label_faults
from importers.hyperliquid.memory import UNCERTAIN_CASH
from importers.hyperliquid.pairing import Match, Side
from importers.hyperliquid.recorded_books import OUTSIDE, Source, place_source
from importers.hyperliquid.rows import FEE_NOT_PRINTED, Place

ENTRY_PRICES_CUT_SINCE: Final = 1_735_689_600_000_000_000
"""The first instant of 2025: fills of 2023 do not follow the rule of cut entry prices."""


class Before(NamedTuple):
    """What an account had in a market before an event."""

    position: Position | None
    realized: int
    basis_known: bool


class MatchBooks:
    """Books matches; positions and money are in the `Books` it writes to."""

    def __init__(self, books: Books, choices: Mapping[str, str]) -> None:
        self._books = books
        self._closed: dict[tuple[str, str], tuple[int, int]] = {}
        self._wrong: dict[tuple[str, str], int] = {}
        self._on_grid: Check | None = None
        self.forced = ForcedBooks(books, choices)

    def position_of(self, account: str, coin: str) -> int | None:
        """Lots held; None when the account was never met in this coin."""
        return self._books.held(account, coin)

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
        liquidation = liquidation_of(match)
        if liquidation is not None:
            source = self.forced.liquidated(match, liquidation, source)
        before = {account: self._before(account, match.coin) for account in (buyer, seller)}
        for fault in label_faults(match, {name: b.position for name, b in before.items()}):
            books.report.find(fault, first.place)
        if first.label in FREE_OF_FEES or liquidation is not None:
            self.forced.check_fees(match)
        if not self.forced.book(match, source):
            self._traded(match, buyer, seller, source)
        self.settle(match, before, source)

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
            self.forced.broken.add(side.fill.place)
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
            stated[role] = _stated(self._books.position(fill_.account, fill_.coin), lots, 0)
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

    def _traded(self, match: Match, buyer: str, seller: str, source: Source) -> None:
        lots, price = abs(match.sides[0].change), match.sides[0].price
        if buyer == seller:
            self._matched_itself(match, buyer, source)
            return
        held, owed = (self._books.position(name, match.coin) for name in (buyer, seller))
        data = {
            "buyer": buyer,
            "buyer_fee": match.buyer.fill.fee if match.buyer else 0,
            "buyer_realized": self._result(match.buyer, held, lots),
            "price": price,
            "purpose": "recorded",
            "quantity": lots,
            "seller": seller,
            "seller_fee": match.seller.fill.fee if match.seller else 0,
            "liquidation_id": source.get("liquidation_id"),
            "seller_realized": self._result(match.seller, owed, -lots),
            "trade_id": _trade_id(match.first),
        }
        self._emit("market.trade_executed/1", match.first, _known(data), source)

    def _matched_itself(self, match: Match, account: str, source: Source) -> None:
        """An account that trades with itself keeps its lots, their cost, and its cash but for fees.

        It first adds and then reduces by the same. A short that would first be bought beyond flat
        sells to an outside account instead and buys back: its entry price stays what it was.
        """
        lots = abs(match.sides[0].change)
        held = self._books.position(account, match.coin)
        fees = {
            "buyer_fee": match.buyer.fill.fee if match.buyer else 0,
            "seller_fee": match.seller.fill.fee if match.seller else 0,
        }
        if held is not None and held.quantity < 0 and lots >= -held.quantity:
            outside = f"{OUTSIDE}self-match:{match.coin}"
            self._books.open_account(outside, match.first.fill.time)
            sold = {**fees, "buyer": outside, "buyer_fee": 0, "seller": account}
            back = {**fees, "buyer": account, "seller": outside, "seller_fee": 0}
            self._emit_trade(match, sold, source)
            self._emit_trade(match, {**back, "buyer_realized": 0}, source)
            return
        whole: dict[str, Any] = {**fees, "buyer": account, "seller": account}
        if held is not None:
            whole["buyer_realized" if held.quantity < 0 else "seller_realized"] = 0
        self._emit_trade(match, whole, source)

    def _emit_trade(self, match: Match, parties: dict[str, Any], source: Source) -> None:
        side = match.first
        data = {
            **parties,
            "price": side.price,
            "purpose": "recorded",
            "quantity": abs(side.change),
            "trade_id": _trade_id(side),
        }
        self._emit("market.trade_executed/1", side, data, source)

    def settle(self, match: Match, before: dict[str, Before], source: Source) -> None:
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
                if side.fill.closed_pnl:
                    self.check_result(
                        side.fill.time,
                        side.fill.place,
                        side.start,
                        side.change,
                        side.fill.closed_pnl,
                    )
                if side.fill.closed_pnl is None:
                    sums.doubts.add(UNCERTAIN_CASH)
                    sums.add_residue("closed_pnl_unknown", realized)
                    printed += realized
                else:
                    sums.closed_pnl += side.fill.closed_pnl
                    printed += side.fill.closed_pnl
            difference = printed - realized
            if match.is_self_match:
                # One row may print a result, and yet nothing of the position was closed.
                if difference:
                    sums.add_residue("self_match", -difference)
                continue
            bound = self.note_closed(account, match.coin, earlier.position, sides[0].change)
            if earlier.position is not None and sides[0].fill.closed_pnl is not None:
                fill, change, _, price = sides[0]
                result = sides[0].fill.closed_pnl
                self.check_share(
                    (account, match.coin),
                    fill.time,
                    fill.place,
                    change,
                    price,
                    earlier.position,
                    result,
                    bound,
                )
            if not difference:
                continue
            if earlier.position is not None and self._is_given(account, earlier):
                # The state gave the equity, so only the unknown entry cost comes to light here.
                sums.add_residue("opening_cost", -difference)
            elif not earlier.basis_known:
                sums.opening_basis += difference
                self._correct(account, difference, "opening", sides[0], source)
            elif abs(difference) <= bound:
                sums.add_residue("average_price_truncation", -difference)
            else:
                sums.add_residue("closed_pnl_differs", -difference)
                self._books.report.find("closed_pnl_differs", sides[0].fill.place)

    def check_result(self, time: int, place: Place, start: int, change: int, printed: int) -> None:
        """A result belongs to lots that were closed, at an entry price on the grid."""
        if start * change >= 0:
            self._books.report.checks.say("F4", place, holds=False)
        elif time >= ENTRY_PRICES_CUT_SINCE:
            on_grid = self._on_grid
            if on_grid is None:
                on_grid = self._on_grid = self._books.report.checks.check("F5")
            on_grid.checked += 1
            if printed % min(abs(start), abs(change)):
                on_grid.breaks(place)

    def check_share(
        self,
        key: tuple[str, str],
        time: int,
        place: Place,
        change: int,
        price: int,
        position: Position,
        printed: int,
        bound: int,
    ) -> None:
        """What closing a part realises is that part of the whole result, but for cut entry prices.

        The printed result is booked all the same; closing everything compares what is then left.
        """
        size, closed = abs(position.quantity), abs(change)
        if bound == 0 or closed >= size or time < ENTRY_PRICES_CUT_SINCE:
            return
        off = (printed + change * price) * size + position.cost * closed
        if abs(off) > (bound + 1) * size:
            if self._wrong.get(key) == position.opened_seq:
                return  # The cost is wrong since the first one: its other parts differ with it.
            if self._books.memory.is_basis_known(*key, position):
                self._wrong[key] = position.opened_seq
                self._books.report.find("closed_pnl_differs", place)

    def _is_given(self, account: str, earlier: Before) -> bool:
        position = earlier.position
        return (
            not earlier.basis_known
            and position is not None
            and self._books.memory.is_given(account, position)
        )

    def _result(self, side: Side | None, position: Position | None, lots: int) -> int | None:
        """The result to state for a side: the printed one, where it decides.

        A position that a state brought has no entry price. The first printed result tells it, so
        the result is stated that leaves the remaining lots at this price; equity is the same.
        """
        stated = _stated(position, lots, None if side is None else side.fill.closed_pnl)
        if stated is None or side is None or position is None or position.basis_known:
            return stated
        if not self._books.memory.is_given(side.fill.account, position):
            return stated
        left = position.quantity + lots
        entry_left = left * side.price - half_even(abs(left) * stated, abs(lots))
        return -lots * side.price - position.cost + entry_left

    def note_closed(self, account: str, coin: str, position: Position | None, lots: int) -> int:
        """The venue cuts its average price to a tick, so each lot closed may differ by one unit.

        Gives how many may have been closed since the position was opened.
        """
        if position is None or position.quantity * lots >= 0:
            return 0
        quantity, _, since, _ = position
        key = (account, coin)
        opened, closed = self._closed.get(key, (since, 0))
        if opened != since:
            closed = 0
        closed += min(abs(lots), abs(quantity))
        self._closed[key] = (since, closed)
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
        position = self._books.position(account, coin)
        realized = self._books.venue.markets[coin].realized.get(account, 0)
        known = self._books.memory.is_basis_known(account, coin, position)
        return Before(position, realized, known)


def _stated(position: Position | None, lots: int, printed: int | None) -> int | None:
    """The printed result where it decides: on a reduction that leaves something of the position."""
    if position is None or position.quantity * lots >= 0 or abs(lots) >= abs(position.quantity):
        return None
    return printed


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
        fee="not printed" if FEE_NOT_PRINTED in first.notes else None,
        hash=first.hash or None,
        key_of_partner=other.key if other else None,
        label=first.label,
        label_of_partner=other.label if other else None,
        liquidated=forced.user if forced else None,
        liquidation=forced.method if forced else None,
        place_of_partner=other.place.text() if other and other.place != first.place else None,
        tid=first.match,
    )
