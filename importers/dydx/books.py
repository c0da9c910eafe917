"""Which facts does a match become?

A deleveraging is booked with its exact amount of money, never with a rounded price. What the rows
do not say is booked against an outside account that says so: a missing other side, a position that
was there before the first row.
"""

from typing import Any, Final, Literal

from domain.position import fill
from domain.venue import Venue
from importers.dydx.checks import Checks
from importers.dydx.fills import DELEVERAGED, OFFSETTING, Fill
from importers.dydx.markets import Markets
from importers.dydx.pairing import Match, quote_of
from importers.hyperliquid.accounts import AccountSums, Standing
from importers.hyperliquid.ledger_updates import TREASURY
from importers.hyperliquid.memory import UNKNOWN_CASH, Memory
from importers.hyperliquid.recorded_books import OUTSIDE, RecordedBooks, Source, place_source
from importers.hyperliquid.report import ImportReport

VENUE: Final = "dydx"
"""Name of the venue in the first fact of a log that records it."""
Purpose = Literal["opening", "gap"]
OPENING: Final = "unknown opening"
ROLES: Final = {DELEVERAGED: "deleveraged", OFFSETTING: "offsetting"}


class Books(RecordedBooks):
    """A venue that matches are booked into, and the events that this gives out."""

    def __init__(
        self,
        venue: Venue,
        memory: Memory,
        markets: Markets,
        report: ImportReport,
        checks: Checks,
    ) -> None:
        super().__init__(venue, memory, VENUE)
        self._markets = markets
        self._report = report
        self._checks = checks

    def book(self, match: Match) -> None:
        """Book one match, with all that has to be booked around it."""
        first = match.first
        if first.market not in self.venue.markets:
            listing = self._markets.listing(first.market)
            self.emit("market.listed/1", f"market/{first.market}", listing, first.time, {})
        for row in match.rows:
            if row.account is not None:
                self._open(row.account, row.time)
                self._meet(row, row.account, match)
        if match.is_forced:
            self._deleverage(match)
        else:
            self._trade(match)

    def _trade(self, match: Match) -> None:
        first = match.first
        lots, price = self._markets.lots(first), self._markets.ticks(first)
        outside = f"{OUTSIDE}counterparty:{first.market}"
        sides = {row.sign: row for row in match.rows}
        names = {sign: (row.account or outside) for sign, row in sides.items()}
        data: dict[str, Any] = {"price": price, "purpose": "recorded", "quantity": lots}
        for sign, role in ((1, "buyer"), (-1, "seller")):
            row = sides.get(sign)
            data[role] = names.get(sign, outside)
            data[f"{role}_fee"] = 0 if row is None else row.fee
        data["trade_id"] = first.key.rpartition("|")[2][:80]
        self._open(outside, first.time)
        before = self._realized(match)
        self._market_event("market.trade_executed/1", data, match)
        self._settle(match, lots * price, before)

    def _deleverage(self, match: Match) -> None:
        """Both sides give up lots; the one without a row is the outside, and may hold nothing."""
        first, market = match.first, match.first.market
        lots, amount = self._markets.lots(first), quote_of(first)
        named: dict[str, str] = {}
        for kind, role in ROLES.items():
            row = match.of_kind(kind)
            is_public = first.account is None
            outside = f"{OUTSIDE}{role if is_public else 'counterparty'}:{market}"
            named[kind] = outside if row is None or row.account is None else row.account
            self._open(named[kind], first.time)
        loser_sign = first.sign if first.kind == DELEVERAGED else -first.sign
        for kind, sign in ((DELEVERAGED, loser_sign), (OFFSETTING, -loser_sign)):
            if not named[kind].startswith(OUTSIDE):
                self._ensure(named[kind], match, sign * lots)
        victim = self.position(named[OFFSETTING], market)
        change = -loser_sign * lots
        # Whoever stands outside held at least what was taken: its side says which way.
        is_outside = named[OFFSETTING].startswith(OUTSIDE)
        held = -change if is_outside or victim is None else victim.quantity
        data = {
            "amount": -loser_sign * amount,
            "bankrupt": named[DELEVERAGED],
            "cost": None,
            "decision_id": None,
            "quantity": lots,
            "quantity_after": held + change,
            "quantity_before": held,
            "rank": None,
            "realized": fill(victim, change, -loser_sign * amount, 0).realized,
            "score_denominator": None,
            "score_numerator": None,
            "victim": named[OFFSETTING],
        }
        before = self._realized(match)
        self._market_event("market.position_deleveraged/1", data, match)
        for row in match.rows:
            if row.fee and row.account is not None:
                payer, receiver = (row.account, TREASURY)[:: 1 if row.fee > 0 else -1]
                self._move(payer, receiver, abs(row.fee), "fee", match)
        self._report.count("deleveraged")
        self._settle(match, amount, before)

    def _meet(self, row: Fill, account: str, match: Match) -> None:
        """Bring the account to where the row says it stood; without a word it began flat."""
        met = (account, row.market) in self.memory.met
        held = self._held(account, row.market)
        doubts = self.sums(account).doubts
        if row.start is None:
            if not met:
                doubts.add(OPENING)
            return
        start = self._markets.in_lots(row.market, row.start, "positionSizeBefore")
        if held == start:
            return
        if met:
            doubts.add("gap")
            self._report.chain_break(row.place, account, row.market, held, start)
        else:
            doubts.add(OPENING)
        self._adjust("gap" if met else "opening", account, start - held, match)

    def _ensure(self, account: str, match: Match, change: int) -> None:
        """A deleveraging shrinks what its accounts hold: what they must have held is opened.

        A stated position that says otherwise stays, and the check tells.
        """
        market, place = match.first.market, match.first.place
        held = self._held(account, market)
        shrinks = held * change < 0 and abs(change) <= abs(held)
        doubts = self.sums(account).doubts
        stated = any(row.account == account and row.start is not None for row in match.rows)
        # What was there before the first row may be more than was met so far.
        if stated or OPENING not in doubts:
            self._checks.reduces(place, self._report.find, holds=shrinks)
        if not shrinks:
            purpose: Purpose = "opening" if OPENING in doubts else "gap"
            doubts.add(OPENING if purpose == "opening" else "gap")
            self._adjust(purpose, account, -change - held, match)

    def _adjust(self, purpose: Purpose, account: str, lots: int, match: Match) -> None:
        """Lots at price zero against an outside account: size known, cost not."""
        first = match.first
        outside = f"{OUTSIDE}{purpose}:{first.market}"
        self._open(outside, first.time)
        buyer, seller = (account, outside) if lots > 0 else (outside, account)
        data = {
            "buyer": buyer,
            "buyer_fee": 0,
            "price": 0,
            "purpose": purpose,
            "quantity": abs(lots),
            "seller": seller,
            "seller_fee": 0,
            "trade_id": f"{purpose}:{first.place.text()}"[:80],
        }
        before = self._realized_of(account, first.market)
        self._market_event("market.trade_executed/1", data, match)
        released = self._realized_of(account, first.market) - before
        if released and not account.startswith(OUTSIDE):
            # Lots that vanish at price zero would lose all they cost: that is undone, openly.
            self.sums(account).gap_basis -= released
            payer, receiver = (outside, account) if released < 0 else (account, outside)
            self._move(payer, receiver, abs(released), "gap_basis", match)

    def _move(self, payer: str, receiver: str, amount: int, reason: str, match: Match) -> None:
        first = match.first
        data = {"amount": amount, "from": payer, "reason": reason, "to": receiver}
        source = _source(match)
        kind = "account.collateral_moved/1"
        self.emit(kind, f"account/{payer}", data, first.time, source)

    def _settle(self, match: Match, amount: int, before: dict[str, int]) -> None:
        """Add up what the rows say, beside what the books say."""
        for row in match.rows:
            if row.account is None:
                continue
            sums = self.sums(row.account)
            sums.rows += 1
            # Whatever became known of it: fills alone never tell an account's cash.
            sums.doubts.add(UNKNOWN_CASH)
            sums.fees += row.fee
            sums.flow -= row.sign * amount
            realized = self._realized_of(row.account, row.market) - before[row.account]
            # The indexer prints no result, so there is nothing to compare the books' one with.
            sums.add_residue("closed_pnl_unknown", realized)

    def sums(self, account: str) -> AccountSums:
        """The sums of an account; made before anything of this import touches it."""
        found = self._report.accounts.get(account)
        if found is None:
            doubts = self.memory.doubt(account)
            found = AccountSums(account, Standing.of(self.venue, account), doubts)
            self._report.accounts[account] = found
        return found

    def _open(self, account: str, time: int) -> None:
        if account not in self.venue.accounts:
            data = {"label": "", "role": "trader"}
            self.emit("account.opened/1", f"account/{account}", data, time, {})
        if not account.startswith(OUTSIDE):
            self.sums(account)

    def _market_event(self, kind: str, data: dict[str, Any], match: Match) -> None:
        first = match.first
        in_order = dict(sorted(data.items()))
        self.emit(kind, f"market/{first.market}", in_order, first.time, _source(match))

    def _held(self, account: str, market: str) -> int:
        position = self.position(account, market)
        return 0 if position is None else position.quantity

    def _realized(self, match: Match) -> dict[str, int]:
        return {
            row.account: self._realized_of(row.account, row.market)
            for row in match.rows
            if row.account is not None
        }

    def _realized_of(self, account: str, market: str) -> int:
        found: int = self.venue.markets[market].realized.get(account, 0)
        return found


def _source(match: Match) -> Source:
    first, other = match.first, match.second
    return place_source(
        first.place,
        first.key,
        block=first.height,
        event=first.event or None,
        key_of_partner=other.key if other else None,
        label=first.kind,
        label_of_partner=other.kind if other else None,
        place_of_partner=other.place.text() if other else None,
    )
