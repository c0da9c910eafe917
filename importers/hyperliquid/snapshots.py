"""What becomes of a statement about everything that an account has?

An account that the books know for certain is compared with it, and nothing moves. An account that
they do not know begins there: its positions are opened against `outside:opening:<coin>` at price 0,
and its cash is what the stated value leaves beside them, so that its equity is known from then on
and its entry prices are not, until the venue prints a result. What rounding leaves between printed
notionals and marks on the price grid stands at `outside:snapshot-rounding`.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Final

from domain.rounding import half_even
from importers.hyperliquid.assertions import CashCompared
from importers.hyperliquid.books import Books
from importers.hyperliquid.identities import identities
from importers.hyperliquid.memory import OPENING_CASH, UNCERTAIN_CASH, UNKNOWN_CASH
from importers.hyperliquid.recorded_books import OUTSIDE, place_source
from importers.hyperliquid.rows import MONEY_PLACES, Held, RowRefused, Stated
from importers.hyperliquid.scales import QUOTE_UNIT
from importers.hyperliquid.state_rows import float_quantum

SNAPSHOT_ROUNDING: Final = "outside:snapshot-rounding"
OPENING: Final = "outside:opening"
_CAN_BEGIN: Final = frozenset({UNCERTAIN_CASH, UNKNOWN_CASH, "unknown opening"})
_UNIT: Final = QUOTE_UNIT.fraction()
_UNITS: Final = 10**MONEY_PLACES


@dataclass(slots=True)
class StatedAccount:
    """All rows of one instant about one account."""

    account: str
    value: Stated | None = None
    held: list[tuple[Stated, Held]] = field(default_factory=list)
    rows: list[Stated] = field(default_factory=list)

    def meet(self, row: Stated) -> None:
        """One more row."""
        self.rows.append(row)
        if row.value is not None:
            self.value = row
        self.held += [(row, one) for one in row.held]

    @property
    def is_whole(self) -> bool:
        """Whether it says all that the account has."""
        return self.value is not None and not self.value.kind.endswith("without its positions")

    @property
    def raw_cash(self) -> Fraction:
        """Value less all positions at their marks."""
        value = Fraction(0) if self.value is None else self.value.value or Fraction(0)
        return value - sum((one.notional for _, one in self.held), Fraction(0))

    @property
    def quantum(self) -> Fraction:
        """What the printed figures cannot resolve: one step of each of them."""
        if self.value is None or self.value.answer is not None:
            return Fraction(0)
        figures = [self.value.value or Fraction(0), *(one.notional for _, one in self.held)]
        return sum((float_quantum(figure, _UNIT) for figure in figures), Fraction(0))


class Snapshots:
    """Books the states of one instant, after everything else of it."""

    def __init__(self, books: Books) -> None:
        self._books = books
        self._marks: dict[str, int] = {}

    def book(self, rows: Iterable[Stated], *, begins: bool) -> list[tuple[Stated, bool]]:
        """Each row with whether it moved something; `begins` where the log starts here."""
        accounts: dict[str, StatedAccount] = {}
        self._marks = {}
        for row in rows:
            accounts.setdefault(row.account, StatedAccount(row.account)).meet(row)
        said: list[tuple[Stated, bool]] = []
        for stated in accounts.values():
            for row in stated.rows:
                if row.answer is not None:
                    self._check(row)
            moves = self._begins(stated)
            if moves:
                self._begin(stated, begins=begins)
            else:
                self._compare(stated)
            said += [(row, moves) for row in stated.rows]
        return said

    def _begins(self, stated: StatedAccount) -> bool:
        """Whether the books take the statement for what the account has."""
        known = stated.account in self._books.venue.accounts
        if not known:
            return True
        doubts = self._books.memory.doubts.get(stated.account)
        if not doubts or not doubts <= _CAN_BEGIN or not stated.is_whole:
            return False
        met = self._books.memory.met
        return all(
            said == booked or (stated.account, coin) not in met
            for coin, (said, booked) in self._sizes(stated).items()
        )

    def _begin(self, stated: StatedAccount, *, begins: bool) -> None:
        books, account = self._books, stated.account
        first = stated.rows[0]
        books.sums(account)
        books.open_account(account, first.time)
        for row, held in stated.held:
            if (account, held.coin) not in books.memory.met:
                self._open(stated, row, held, begins=begins)
        if stated.value is None or not stated.is_whole:
            books.report.find("snapshot_position_without_account_value", first.place)
            return
        sums = books.sums(account)
        value = stated.value
        marks = [(self._mark(row, held), held) for row, held in stated.held]
        lots = [(mark, self._lots(held)) for mark, held in marks]
        at_marks = sum(mark * size for mark, size in lots)
        exact = stated.raw_cash * _UNITS
        cash = half_even(exact.numerator, exact.denominator)
        books.report.quantised += exact.denominator != 1
        worth = (value.value or Fraction(0)) * _UNITS
        whole = half_even(worth.numerator, worth.denominator)
        rounding = whole - at_marks - cash
        # Where the books know a cash already, the statement replaces what they do not know.
        held_before = books.venue.cash[account] - self._cost(account)
        more = {"account": account, "block": value.block}
        if begins:
            more["start"] = "snapshot"
        source = place_source(value.place, value.key, **more)
        amount = cash - held_before
        sums.transfers += amount + rounding
        payer, receiver = (OPENING, account) if amount >= 0 else (account, OPENING)
        books.move(payer, receiver, abs(amount), OPENING_CASH, value.time, source)
        if rounding:
            pair = (SNAPSHOT_ROUNDING, account) if rounding > 0 else (account, SNAPSHOT_ROUNDING)
            books.move(*pair, abs(rounding), "snapshot_rounding", value.time, source)
        books.report.count("accounts_begun_by_a_state")

    def _open(self, stated: StatedAccount, row: Stated, held: Held, *, begins: bool) -> None:
        books, lots = self._books, self._lots(held)
        mark = self._mark(row, held)
        key = row.key if stated.is_whole else f"alone|{row.key}"
        if len(row.held) > 1 or row.value is not None:
            key = f"{key}|{held.coin}"
        more = {"block": row.block, "start": "snapshot" if begins else None}
        source = place_source(row.place, key, **more)
        books.list_market(held.coin, row.time)
        if not self._knows_mark(held.coin) and books.venue.markets[held.coin].mark != mark:
            books.set_mark(held.coin, mark, row.time, source)
        outside = f"{OUTSIDE}opening:{held.coin}"
        books.open_account(outside, row.time)
        buyer, seller = (row.account, outside) if lots > 0 else (outside, row.account)
        data = {
            "buyer": buyer,
            "buyer_fee": 0,
            "price": 0,
            "purpose": "opening",
            "quantity": abs(lots),
            "seller": seller,
            "seller_fee": 0,
            "trade_id": f"opening:{row.time // 1_000_000}:{held.coin}",
        }
        books.emit("market.trade_executed/1", f"market/{held.coin}", data, row.time, source)

    def _knows_mark(self, coin: str) -> bool:
        """Whether the books have the mark of this very instant."""
        return coin in self._books.memory.exactly_marked

    def _compare(self, stated: StatedAccount) -> None:
        """Positions, value and cash against the books; nothing moves."""
        books, account, first = self._books, stated.account, stated.rows[0]
        assertions = books.report.assertions
        is_known = not books.memory.doubts.get(account)
        for coin, (said, booked) in sorted(self._sizes(stated).items()):
            lot = books.venue.markets[coin].spec.lot_size.fraction()
            if not assertions.compare(
                "stated_position", first.place, f"{account} {coin}", said * lot, booked * lot
            ):
                books.report.find("stated_position_differs", first.place)
                books.contradict("stated_position", account, first.place, first.time, first.block)
        if not stated.is_whole or stated.value is None:
            return
        booked_cash = Fraction(books.venue.cash[account] - self._cost(account), _UNITS)
        compared = CashCompared(
            account, first.place.text(), stated.raw_cash, booked_cash, stated.quantum
        )
        books.report.cash_compared.append(compared)
        known = booked_cash if is_known else None
        if not assertions.compare(
            "stated_cash", first.place, account, compared.said, known, compared.quantum
        ):
            books.report.find("stated_cash_differs", first.place)
            books.contradict("stated_cash", account, first.place, first.time, first.block)
        value = self._value(account, stated)
        if not assertions.compare(
            "stated_account_value",
            first.place,
            account,
            stated.value.value or Fraction(0),
            value if is_known else None,
            compared.quantum,
        ):
            books.report.find("stated_account_value_differs", first.place)
            books.contradict("stated_account_value", account, first.place, first.time, first.block)

    def _value(self, account: str, stated: StatedAccount) -> Fraction | None:
        """The books' value at the statement's own marks; None where one of them is missing."""
        books = self._books
        total = Fraction(books.venue.cash[account] - self._cost(account), _UNITS)
        price = {one.coin: one.notional / one.size for _, one in stated.held}
        for coin in books.venue.holdings.get(account, ()):
            if coin not in price:
                return None
            market = books.venue.markets[coin]
            lots = market.positions[account].quantity
            total += lots * market.spec.lot_size.fraction() * price[coin]
        return total

    def _sizes(self, stated: StatedAccount) -> dict[str, tuple[int, int]]:
        """Lots by coin, as stated and as booked."""
        venue = self._books.venue
        found: dict[str, tuple[int, int]] = {}
        if stated.is_whole:
            for coin in venue.holdings.get(stated.account, ()):
                found[coin] = (0, venue.markets[coin].positions[stated.account].quantity)
        for row, held in stated.held:
            self._books.list_market(held.coin, row.time)
            booked = found.get(held.coin, (0, 0))[1]
            if held.coin not in found:
                position = venue.markets[held.coin].positions.get(stated.account)
                booked = 0 if position is None else position.quantity
            found[held.coin] = (self._lots(held), booked)
        return found

    def _cost(self, account: str) -> int:
        venue = self._books.venue
        return sum(
            venue.markets[coin].positions[account].cost for coin in venue.holdings.get(account, ())
        )

    def _lots(self, held: Held) -> int:
        return self._quantised(held.size / self._books.scales.lot(held.coin))

    def _mark(self, row: Stated, held: Held) -> int:
        """The state's mark in ticks, the same for all who hold the coin."""
        mark = self._quantised(held.notional / held.size / self._books.scales.tick(held.coin))
        first = self._marks.setdefault(held.coin, mark)
        if mark != first:
            self._books.report.find("snapshot_mark_differs_between_accounts", row.place)
        if self._knows_mark(held.coin):
            return self._books.venue.markets[held.coin].price
        return first

    def _quantised(self, value: Fraction) -> int:
        self._books.report.quantised += value.denominator != 1
        return half_even(value.numerator, value.denominator)

    def _check(self, row: Stated) -> None:
        """The identities of the venue's own answer."""
        if row.answer is None:
            return
        report, scales = self._books.report, self._books.scales
        places = {
            one.coin: scales.places(one.coin) for one in row.held if scales.is_stated(one.coin)
        }
        try:
            found = identities(row.answer, places)
        except RowRefused as fault:
            report.find(f"state_unread: {fault.detail}"[:120], row.place)
            return
        for (name, holds), times in sorted(found.items()):
            for _ in range(times):
                report.checks.say(name, row.place, holds=holds)
