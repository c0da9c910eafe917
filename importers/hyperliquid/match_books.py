"""Which facts does a match become, and what if one of its sides is not there?

Positions are met before they are changed: an account first seen with a position opens it against
`outside:opening`, a row that begins elsewhere than its account stands is a gap against
`outside:gap`. The venue's printed result is booked as stated; what closing everything releases
beyond it is named.
"""

from collections.abc import Mapping
from typing import Any, Final, Literal, NamedTuple

from domain.position import Position, fill
from domain.rounding import half_even
from importers.hyperliquid.books import OUTSIDE, Books, Source, place_source
from importers.hyperliquid.checks import Close
from importers.hyperliquid.forced_closes import (
    MARKET,
    ForcedClose,
    forced_close,
    liquidated_in,
    liquidation_of,
)
from importers.hyperliquid.labels import FREE_OF_FEES, SETTLEMENT, is_free_of_fees, label_faults
from importers.hyperliquid.liquidation_rows import LiquidationRows
from importers.hyperliquid.pairing import Match, Side
from importers.hyperliquid.rows import Liquidation, Place, RowRefused

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
        self._choices = choices
        self._closed: dict[tuple[str, str], tuple[int, int]] = {}
        self._closed_again: set[tuple[str, str]] = set()
        self._broken: set[Place] = set()
        self.statements = LiquidationRows(books)

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
        liquidation = liquidation_of(match)
        if liquidation is not None:
            source = self._liquidated(match, liquidation, source)
        before = {account: self._before(account, match.coin) for account in (buyer, seller)}
        for fault in label_faults(match, {name: b.position for name, b in before.items()}):
            books.report.find(fault, first.place)
        if first.label in FREE_OF_FEES or liquidation is not None:
            self._check_fees(match)
        forced = self._forced(match)
        if forced is None or forced.kind is None:
            self._traded(match, buyer, seller, source)
        elif forced.kind == "adl":
            self._check_close(forced, source)
            self._deleveraged(match, forced, source)
        else:
            self._taken_over(match, forced, source)
        self._settle(match, before, source)

    def _check_fees(self, match: Match) -> None:
        for side in match.sides:
            if is_free_of_fees(side.fill.label):
                holds = not side.fill.fee
                self._books.report.checks.say("F8", side.fill.place, holds=holds)

    def close_instant(self) -> None:
        """What can only be said when all rows of an instant are booked."""
        self.statements.close()
        self._books.report.checks.end_block()
        self._closed_again.clear()
        self._broken.clear()

    def _liquidated(self, match: Match, liquidation: Liquidation, source: Source) -> Source:
        """Book the mark, compare what the venue says of the account, name the liquidation."""
        self._book_mark(match, liquidation, source)
        account = liquidated_in(match, liquidation)
        if account is None:
            return source
        self.statements.before_forced(account)
        first = match.first.fill
        name = self._books.memory.chains.id_of(account, first.block, first.time)
        more: Source = {"liquidation_id": name}
        taken = self._takeovers_behind(account, match)
        if taken is not None and liquidation.method != MARKET:
            more["takeovers"] = taken
        return dict(sorted({**source, **more}.items()))

    def _takeovers_behind(self, account: str, match: Match) -> str | None:
        position = self._position(account, match.coin)
        if position is None:
            return None
        chains = self._books.memory.chains
        return chains.takeovers_behind(account, match.coin, position.opened_seq)

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
            self._broken.add(side.fill.place)
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

    def _book_mark(self, match: Match, liquidation: Liquidation, source: Source) -> None:
        """The mark printed for the venue's liquidation test; a trade price is never a mark."""
        if liquidation.mark is None:
            return
        first = match.first.fill
        try:
            price = self._books.scales.ticks(match.coin, liquidation.mark)
        except RowRefused:
            self._books.report.find("mark_off_tick", first.place)
            return
        if price > 0 and price != self._books.venue.markets[match.coin].mark:
            self._books.set_mark(match.coin, price, first.time, source)

    def _forced(self, match: Match) -> ForcedClose | None:
        """The forced close that the books can name; what it lacks is a finding.

        Without a kind the match is booked as a recorded trade, and its source keeps the label.
        """
        found = forced_close(match)
        if found is None:
            return None
        report, place = self._books.report, match.first.fill.place
        for finding in found.findings:
            report.find(finding, place)
        if found.kind is None:
            return found
        lone_loser = found.winning is None
        if lone_loser and self._choices.get("loneLoser", "trade") == "trade":
            return found._replace(kind=None)
        shrinking = [found.losing, found.winning] if found.kind == "adl" else [found.losing]
        if any(side.fill.fee for side in match.sides) or not all(
            side is None or self._shrinks(side) for side in shrinking
        ):
            report.find("forced_close_unlike_its_label", place)
            return found._replace(kind=None)
        if found.kind == "takeover" and found.losing is None and not self._fits_outside(match):
            report.find("takeover_without_its_loser", place)
            return found._replace(kind=None)
        return found

    def _fits_outside(self, match: Match) -> bool:
        """Whether the outside account holds what the vault takes: a takeover follows its sign."""
        side = match.sides[0]
        held = self._position(f"{OUTSIDE}counterparty:{match.coin}", match.coin)
        return held is not None and 0 < side.change * held.sign <= abs(held.quantity)

    def _check_close(self, forced: ForcedClose, source: Source) -> None:
        """Look at a close as its winner's row prints it."""
        winning, losing = forced.winning, forced.losing
        if winning is None:
            return
        fill_ = winning.fill
        loser = str(source.get("liquidated", losing.fill.account if losing else ""))
        again = (fill_.account, fill_.coin) in self._closed_again
        self._closed_again.add((fill_.account, fill_.coin))
        self._books.report.checks.close(
            Close(
                fill_.place,
                fill_.coin,
                loser,
                fill_.account.partition("@")[0],
                winning.change,
                winning.start,
                winning.price,
                fill_.closed_pnl or 0,
                fill_.fee,
                None if losing is None else losing.start,
                fill_.place not in self._broken if again else None,
            )
        )
        market = self._books.venue.markets[fill_.coin]
        if market.previous_mark is None:
            self._books.report.count("closed_at_unknown_mark")
        elif winning.price == market.previous_mark:
            self._books.report.count("closed_at_previous_mark")
        else:
            self._books.report.count("closed_at_another_price")

    def _shrinks(self, side: Side) -> bool:
        held = self.position_of(side.fill.account, side.fill.coin) or 0
        return held * side.change < 0 and abs(side.change) <= abs(held)

    def _traded(self, match: Match, buyer: str, seller: str, source: Source) -> None:
        lots, price = abs(match.sides[0].change), match.sides[0].price
        held = self._position(buyer, match.coin)
        bought = self._result(match.buyer, held, lots)
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
            "liquidation_id": source.get("liquidation_id"),
            "seller_realized": self._result(match.seller, after, -lots),
            "trade_id": _trade_id(match.first),
        }
        self._emit("market.trade_executed/1", match.first, _known(data), source)

    def _taken_over(self, match: Match, forced: ForcedClose, source: Source) -> None:
        bankrupt, vault, lots = self._named(match, forced)
        data = {
            "amount": -lots * match.sides[0].price,
            "bankrupt": bankrupt,
            "liquidation_id": source.get("liquidation_id") or _unnamed(match, bankrupt),
            "quantity": abs(lots),
            "quote": None,
            "stopped_by": "all_taken",
            "vault": vault,
        }
        self._books.report.count("taken_over")
        self._emit("market.position_taken_over/1", match.first, data, source)

    def _deleveraged(self, match: Match, forced: ForcedClose, source: Source) -> None:
        bankrupt, victim, lots = self._named(match, forced)
        # Of a winner outside only that much is known: it held what it gave.
        held = lots if forced.winning is None else forced.winning.start
        data = {
            "amount": -lots * match.sides[0].price,
            "bankrupt": bankrupt,
            "cost": None,
            "decision_id": None,
            "quantity": abs(lots),
            "quantity_after": held - lots,
            "quantity_before": held,
            "rank": None,
            "realized": 0 if forced.winning is None else forced.winning.fill.closed_pnl or 0,
            "score_denominator": None,
            "score_numerator": None,
            "victim": victim,
        }
        self._books.report.count("deleveraged")
        self._emit("market.position_deleveraged/1", match.first, data, source)

    def _named(self, match: Match, forced: ForcedClose) -> tuple[str, str, int]:
        """Loser, winner, and the loser's change in lots; who has no row is the outside."""
        outside = f"{OUTSIDE}counterparty:{match.coin}"
        losing, winning = forced.losing, forced.winning
        change = losing.change if losing else -winning.change if winning else 0
        return (
            losing.fill.account if losing else outside,
            winning.fill.account if winning else outside,
            change,
        )

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
                if side.fill.closed_pnl:
                    self.check_result(side, side.fill.closed_pnl)
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

    def check_result(self, side: Side, printed: int) -> None:
        """A result belongs to lots that were closed, at an entry price on the grid."""
        checks, place = self._books.report.checks, side.fill.place
        if side.start * side.change >= 0:
            checks.say("F4", place, holds=False)
        elif side.fill.time >= ENTRY_PRICES_CUT_SINCE:
            closed = min(abs(side.start), abs(side.change))
            checks.say("F5", place, holds=printed % closed == 0)

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


def _known(data: dict[str, Any]) -> dict[str, Any]:
    """What is not known of a trade is not written."""
    return {name: value for name, value in data.items() if value is not None}


def _outside(match: Match) -> str:
    settled = match.first.fill.label == SETTLEMENT and len(match.sides) == 1
    return "settlement" if settled else "counterparty"


def _unnamed(match: Match, account: str) -> str:
    """The liquidation of a takeover whose rows do not say whom it liquidates."""
    first = match.first.fill
    return f"{first.block or first.time}:{account}"


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
