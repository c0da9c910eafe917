"""Was a liquidated account worth what the venue says?

A `liquidation` ledger row states the account value just before the liquidation and the notional of
what is liquidated. Which of the block's fills stand before that is not published: the value is
compared before all fills of the block, and where it differs once more before the account's first
forced close. Only what is met neither way is a finding.
"""

from collections.abc import Iterable
from fractions import Fraction
from typing import Any

from importers.hyperliquid.assertions import account_value, notional_of
from importers.hyperliquid.books import Books
from importers.hyperliquid.fields import decimal_of
from importers.hyperliquid.fill_rows import account_in, is_perpetual
from importers.hyperliquid.rows import MONEY_PLACES, RowRefused, Update

KIND = "liquidation"


class LiquidationRows:
    """The statements of one instant that are not met yet."""

    def __init__(self, books: Books) -> None:
        self._books = books
        self._waiting: dict[str, Update] = {}

    def meet(self, row: Update) -> None:
        """A statement; one that cannot be read moves nothing either, and is a finding."""
        try:
            self._meet(row)
        except RowRefused as fault:
            self._books.report.find(f"liquidation_unread: {fault.detail}"[:120], row.place)

    def _meet(self, row: Update) -> None:
        said = decimal_of(row.delta, "accountValue").fraction()
        notional = decimal_of(row.delta, "liquidatedNtlPos").fraction()
        sizes = _sizes(row.delta.get("liquidatedPositions"))
        if self._books.is_recorded(row.time):
            return
        self._compare_notional(row, notional, sizes)
        if row.delta.get("leverageType") == "Isolated" or not sizes:
            # The value is that of one leg, and the books know the whole account.
            self._say(row, row.subject, None)
            return
        account = account_in(row.subject, min(sizes))
        if self._value(account) != said:
            self._waiting[account] = row
        else:
            self._say(row, account, said)

    def before_forced(self, account: str) -> None:
        """The first forced close of an account is next: the statement holds now or never."""
        if self._waiting:
            row = self._waiting.pop(account, None)
            if row is not None:
                self._say(row, account, self._value(account))
                self._books.report.count("liquidation_values_compared_within_block")

    def close(self) -> None:
        """The instant is over: what is still waiting was not met before its fills."""
        waiting, self._waiting = self._waiting, {}
        for account in sorted(waiting):
            self._say(waiting[account], account, self._value(account))

    def _say(self, row: Update, account: str, booked: Fraction | None) -> None:
        said = decimal_of(row.delta, "accountValue").fraction()
        if booked != said and not self._are_exact(self._books.venue.holdings.get(account, ())):
            booked = None
        report = self._books.report
        if not report.assertions.compare(
            "liquidation_account_value", row.place, account, said, booked
        ):
            report.find("liquidation_account_value_differs", row.place)
            self._books.contradict(
                "liquidation_account_value", account, row.place, row.time, row.block
            )

    def _compare_notional(
        self, row: Update, said: Fraction, sizes: dict[str, Fraction] | None
    ) -> None:
        booked = None if sizes is None else notional_of(self._books.venue, sizes)
        if booked != said and not self._are_exact(sizes or ()):
            booked = None
        report = self._books.report
        if not report.assertions.compare(
            "liquidated_notional", row.place, row.subject, said, booked
        ):
            report.find("liquidated_notional_differs", row.place)

    def _are_exact(self, coins: Iterable[str]) -> bool:
        """Whether the marks of these coins are those of the instant: only then differ values."""
        return self._books.memory.exactly_marked.issuperset(coins)

    def _value(self, account: str) -> Fraction | None:
        """The books' value; None while they are in doubt about the account."""
        if self._books.memory.doubts.get(account):
            return None
        value = account_value(self._books.venue, account)
        return None if value is None else Fraction(value, 10**MONEY_PLACES)


def _sizes(positions: Any) -> dict[str, Fraction] | None:
    if not isinstance(positions, list):
        raise RowRefused("bad_field", "liquidatedPositions is no list")
    sizes: dict[str, Fraction] = {}
    for entry in positions:
        if not isinstance(entry, dict) or not isinstance(entry.get("coin"), str):
            raise RowRefused("bad_field", "a liquidated position has no coin")
        if not is_perpetual(entry["coin"]):
            return None
        sizes[entry["coin"]] = decimal_of(entry, "szi").fraction()
    return sizes or None
