"""Which facts does a row become?

The books are a venue of their own: every fact is applied as it is given out, so the next row meets
the state that the log will have. Whatever the rows do not say is booked against an outside account
that says so; nothing is ever invented inside a user's account to make a sum fit.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from domain.audit.knowledge import FUNDING_AT_LATEST, FUNDING_INCOMPLETE
from domain.units import whole_steps
from domain.venue import Venue, apply, next_event
from importers.hyperliquid.accounts import AccountSums, Standing
from importers.hyperliquid.funding_rounds import ROUNDING, FundingRound
from importers.hyperliquid.ledger_updates import Leg, effect_of
from importers.hyperliquid.memory import Memory
from importers.hyperliquid.recorded_books import OUTSIDE, RecordedBooks, Source, place_source
from importers.hyperliquid.report import ImportReport
from importers.hyperliquid.rows import (
    NANOSECONDS,
    Funding,
    Mark,
    Place,
    Refused,
    RowRefused,
    Update,
)
from importers.hyperliquid.scales import Scales
from importers.hyperliquid.venue_facts import known_venue

VENUE: Final = "hyperliquid"
"""Name of the venue in the first fact of a log that records it."""


class Books(RecordedBooks):
    """A venue that rows are booked into, and the facts that this gives out."""

    def __init__(self, venue: Venue, memory: Memory, scales: Scales, report: ImportReport) -> None:
        super().__init__(venue, memory, VENUE)
        self.scales = scales
        self.report = report
        self._past = venue.time // NANOSECONDS

    def emit_trade(self, coin: str, data: dict[str, Any], time: int, source: Source) -> None:
        """Give out a trade of two accounts that were met before."""
        venue = self.venue
        event = next_event(venue, "market.trade_executed/1", f"market/{coin}", data, time, source)
        apply(venue, event)
        self._events.append(event)

    def open_account(self, account: str, time: int) -> None:
        """Accounts are opened before their first use; the venue's own vaults are known by date."""
        if account in self.venue.accounts:
            return
        label = known_venue().vaults.get(account.partition("@")[0])
        data = {"label": label or "", "role": "trader" if label is None else "vault"}
        self.emit("account.opened/1", f"account/{account}", data, time, {})

    def list_market(self, coin: str, time: int) -> None:
        """Markets are listed before their first use."""
        if coin not in self.venue.markets:
            self.emit("market.listed/1", f"market/{coin}", self.scales.listing(coin), time, {})

    def held(self, account: str, coin: str) -> int | None:
        """Lots held; None when the account was never met in this coin."""
        market = self.venue.markets.get(coin)
        position = None if market is None else market.positions.get(account)
        if position is not None:
            return position.quantity
        return 0 if (account, coin) in self.memory.met else None

    def sums(self, account: str) -> AccountSums:
        """The sums of an account; made before anything of this import touches it."""
        found = self.report.accounts.get(account)
        if found is None:
            doubts = self.memory.doubt(account)
            found = AccountSums(account, Standing.of(self.venue, account), doubts)
            self.report.accounts[account] = found
        return found

    def is_past(self, time: int) -> bool:
        """Whether the log went on after this instant: what is stated of its end was compared."""
        return time // NANOSECONDS < self._past

    def is_recorded(self, time: int) -> bool:
        """Whether the log has this instant already: what is stated within it was compared."""
        return time // NANOSECONDS <= self._past

    def doubt(self, row: Refused, why: str) -> None:
        """The accounts whose money a refused row would have moved are in doubt from now on."""
        for account in (row.account, row.partner):
            if account is not None:
                self.sums(account)
                self.memory.doubt(account).add(why)

    def contradict(
        self,
        statement: str,
        account: str,
        place: Place,
        time: int,
        block: int | None,
        code: str = "statement_differs",
    ) -> None:
        """Say in the log that the venue's own words about an account are not what the books say.

        Nobody knows what the account has from now on, until a state says it: said once till then.
        """
        if account in self.memory.uncertain:
            return
        self.sums(account)
        key = f"differs|{statement}|{account}|{time // NANOSECONDS}"
        source = place_source(place, key, account=account, block=block)
        data = {"code": code, "detail": statement}
        self.emit("venue.fact_rejected/1", "venue", data, time, source)

    def is_own(self, account: str) -> bool:
        """Whether rows speak about this account: neither outside nor the venue's own."""
        if account.startswith(OUTSIDE) or account == ROUNDING:
            return False
        known = self.venue.accounts.get(account)
        return known is None or known.role != "system"

    def move(
        self, payer: str, receiver: str, amount: int, reason: str, time: int, source: Source
    ) -> None:
        """Money from one account to another."""
        self.open_account(payer, time)
        self.open_account(receiver, time)
        data = {"amount": amount, "from": payer, "reason": reason, "to": receiver}
        self.emit("account.collateral_moved/1", f"account/{payer}", data, time, source)

    def fund(self, row: Funding) -> bool:
        """Book a payment as printed; false when it is zero."""
        self.scales.check_collateral(row)
        sums = self.sums(row.account)
        sums.rows += 1
        sums.funding += row.paid
        self._check_size(row)
        if not row.paid:
            return False
        outside = f"{OUTSIDE}funding:{row.coin}"
        payer, receiver = (outside, row.account) if row.paid > 0 else (row.account, outside)
        source = place_source(row.place, row.key, block=row.block)
        self.move(payer, receiver, abs(row.paid), "funding", row.time, source)
        return True

    def round_funding(self, found: FundingRound) -> None:
        """Move what rounding left of a complete round to where it is called rounding."""
        rounds = self.report.funding_rounds
        if rounds and found.time - rounds[-1].time > FUNDING_AT_LATEST:
            # An hour without any: its misc events are not among the files.
            self.report.find("funding_hour_missing", found.place)
        rounds.append(found)
        if not found.total or not found.is_complete or self.memory.knows(found.key):
            return
        outside = f"{OUTSIDE}funding:{found.coin}"
        payer, receiver = (ROUNDING, outside) if found.total > 0 else (outside, ROUNDING)
        source = place_source(found.place, found.key, block=found.block)
        self.move(payer, receiver, abs(found.total), "funding_rounding", found.time, source)

    def doubt_funding(self, rounds: Iterable[tuple[FundingRound, frozenset[str]]]) -> None:
        """Where payers are missing, who holds the coin and has no payment may be one of them.

        Asked before the block's fills, or in the other order after: funding is paid on that.
        """
        for found, paid in rounds:
            market = self.venue.markets.get(found.coin)
            if market is None or found.is_complete or self.is_recorded(found.time):
                continue
            holders = {name for name in market.positions if self.is_own(name)}
            for account in sorted(holders - paid or holders):
                self.contradict(
                    f"funding {found.coin}",
                    account,
                    found.place,
                    found.time,
                    found.block,
                    FUNDING_INCOMPLETE,
                )

    def _check_size(self, row: Funding) -> None:
        """The size in a funding row is an assertion: it never changes a position."""
        if row.size is None or row.samples > 1 or self.is_recorded(row.time):
            return
        booked = None
        if (row.account, row.coin) in self.memory.met:
            market = self.venue.markets[row.coin]
            position = market.positions.get(row.account)
            held = 0 if position is None else position.quantity
            lot = market.spec.lot_size
            if whole_steps(row.size, lot) == held:
                self.report.assertions.meet("funding_size")
                return
            booked = held * lot.fraction()
        elif row.size.mantissa and row.account in self.venue.accounts:
            # The account is there, and holds what no row of it has shown so far.
            self.contradict("funding_size", row.account, row.place, row.time, row.block)
        subject = f"{row.account} {row.coin}"
        if not self.report.assertions.compare(
            "funding_size", row.place, subject, row.size.fraction(), booked
        ):
            self.report.find("funding_size_differs", row.place)
            self.contradict("funding_size", row.account, row.place, row.time, row.block)

    def update(self, row: Update, choices: Mapping[str, str]) -> bool:
        """Book a ledger update by the table of effects; false when it moves nothing."""
        effect = effect_of(row, choices)
        self.report.quantised += effect.quantised
        for leg in effect.legs:
            self._book(leg, row)
        return bool(effect.legs)

    def _book(self, leg: Leg, row: Update) -> None:
        source = place_source(row.place, row.key, block=row.block, kind=row.kind)
        if leg.kind == "move":
            for account, amount in ((leg.payer, -leg.amount), (leg.receiver, leg.amount)):
                if self.is_own(account):
                    sums = self.sums(account)
                    sums.rows += 1
                    sums.transfers += amount
            self.move(leg.payer, leg.receiver, leg.amount, leg.reason, row.time, source)
            return
        account = leg.receiver or leg.payer
        sums = self.sums(account)
        sums.rows += 1
        self.open_account(account, row.time)
        data = {"amount": leg.amount, "reference": str(row.delta.get("nonce", ""))[:64]}
        if leg.kind == "deposit":
            sums.deposits += leg.amount
            kind = "account.collateral_deposited/1"
        else:
            sums.withdrawals += leg.amount
            kind = "account.collateral_withdrawn/1"
        self.emit(kind, f"account/{account}", data, row.time, source)

    def mark(self, row: Mark) -> bool:
        """Book a mark that changes something; a coin without any row of its own has no market."""
        if not self.scales.is_known(row.coin):
            raise RowRefused("out_of_scope", f"no row of the input tells the scale of {row.coin}")
        price = self.scales.ticks(row.coin, row.price)
        if price <= 0:
            raise RowRefused("bad_field", "a mark is at least one tick")
        market = self.venue.markets.get(row.coin)
        if market is not None and market.mark == price:
            self.report.count("marks_repeated")
            return False
        if row.time <= self.memory.marked.get(row.coin, -1):
            # Another source said the mark of this instant or of a later one already.
            self.report.count("marks_overtaken")
            return False
        self.set_mark(row.coin, price, row.time, place_source(row.place, row.key, block=row.block))
        return True

    def set_mark(self, coin: str, price: int, time: int, source: Source) -> None:
        """The mark price from now on."""
        self.list_market(coin, time)
        data = {"previous_price": self.venue.markets[coin].mark, "price": price}
        self.emit("market.mark_price_updated/1", f"market/{coin}", data, time, source)
