"""How are liquidations, takeovers and auto-deleveraging closes booked?

A liquidation has a name, a mark, and a statement of the venue about its account. A close whose
other row is missing names the outside account in its place; what cannot be named is left to be
booked as a recorded trade, and is a finding.
"""

from collections.abc import Mapping
from typing import Any, Final

from importers.hyperliquid.books import Books
from importers.hyperliquid.checks import Close
from importers.hyperliquid.forced_closes import (
    MARKET,
    ForcedClose,
    forced_close,
    liquidated_in,
)
from importers.hyperliquid.labels import is_free_of_fees
from importers.hyperliquid.liquidation_rows import LiquidationRows
from importers.hyperliquid.pairing import Match, Side
from importers.hyperliquid.recorded_books import OUTSIDE, Source
from importers.hyperliquid.rows import Liquidation, Place, RowRefused

RESIDUE: Final = "outside:liquidation-residue"


class ForcedBooks:
    """Books forced closes into the `Books` it writes to."""

    def __init__(self, books: Books, choices: Mapping[str, str]) -> None:
        self._books = books
        self._choices = choices
        self._closed_again: set[tuple[str, str]] = set()
        self._taken: dict[str, int] = {}
        self.broken: set[Place] = set()
        self.statements = LiquidationRows(books)

    def book(self, match: Match, source: Source) -> bool:
        """Book a match if it is a forced close that can be named; else leave it as it is."""
        forced = self._forced(match)
        if forced is None or forced.kind is None:
            return False
        if forced.kind == "adl":
            self._check_close(forced, source)
            self._deleveraged(match, forced, source)
        else:
            self._taken_over(match, forced, source)
        return True

    def close_instant(self) -> None:
        """What can only be said when all rows of an instant are booked."""
        self.statements.close()
        self._books.report.checks.end_block()
        self._closed_again.clear()
        self._taken.clear()
        self.broken.clear()

    def liquidated(self, match: Match, liquidation: Liquidation, source: Source) -> Source:
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
        position = self._books.position(account, match.coin)
        if position is None:
            return None
        chains = self._books.memory.chains
        return chains.takeovers_behind(account, match.coin, position.opened_seq)

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
        held = self._books.position(f"{OUTSIDE}counterparty:{match.coin}", match.coin)
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
                fill_.place not in self.broken if again else None,
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
        held = self._books.held(side.fill.account, side.fill.coin) or 0
        return held * side.change < 0 and abs(side.change) <= abs(held)

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
        self._emit("market.position_taken_over/1", match, data, source)
        self._leave_residue(bankrupt, match, abs(lots), source)

    def _leave_residue(self, account: str, match: Match, lots: int, source: Source) -> None:
        """What a takeover leaves of an account: at most one price step for each lot.

        It stays with the account, or by the other reading goes to `outside:liquidation-residue`.
        """
        books = self._books
        taken = self._taken[account] = self._taken.get(account, 0) + lots
        residue = books.venue.cash[account]
        is_known = not account.startswith(OUTSIDE) and not books.memory.doubts.get(account)
        if not is_known or books.venue.holdings.get(account) or not residue:
            return
        is_small = abs(residue) <= taken
        books.report.count("takeovers_that_leave_a_residue" if is_small else "takeovers_that_leave")
        if not is_small or self._choices.get("takeoverResidue", "kept") == "kept":
            return
        sums = books.sums(account)
        sums.transfers -= residue
        payer, receiver = (account, RESIDUE) if residue > 0 else (RESIDUE, account)
        time = match.first.fill.time
        books.move(payer, receiver, abs(residue), "liquidation_residue", time, source)

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
        self._emit("market.position_deleveraged/1", match, data, source)

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

    def check_fees(self, match: Match) -> None:
        """Look at the fees of rows for which the venue charges nothing."""
        for side in match.sides:
            if is_free_of_fees(side.fill.label):
                holds = not side.fill.fee
                self._books.report.checks.say("F8", side.fill.place, holds=holds)

    def _emit(self, kind: str, match: Match, data: dict[str, Any], source: Source) -> None:
        in_order = dict(sorted(data.items()))
        time = match.first.fill.time
        self._books.emit(kind, f"market/{match.coin}", in_order, time, source)


def _unnamed(match: Match, account: str) -> str:
    """The liquidation of a takeover whose rows do not say whom it liquidates."""
    first = match.first.fill
    return f"{first.block or first.time}:{account}"
