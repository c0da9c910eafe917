"""Was a liquidated account worth what the venue says?

A `liquidation` ledger row states the account value just before the liquidation and the notional of
what is liquidated. Which of the block's fills stand before that is not published: the value is
compared before all fills of the block, and where it differs once more before the account's first
forced close, after the mark that this one prints. Only what is met neither way is a finding.
"""

from collections.abc import Iterable
from fractions import Fraction
from typing import Any, Final, NamedTuple

from importers.hyperliquid.assertions import account_value, notional_of
from importers.hyperliquid.books import Books
from importers.hyperliquid.fields import decimal_of
from importers.hyperliquid.fill_rows import account_in, is_perpetual
from importers.hyperliquid.rows import MONEY_PLACES, RowRefused, Update

KIND = "liquidation"
NOTIONAL: Final = "liquidated_notional"
VALUE: Final = "liquidation_account_value"


class _Waiting(NamedTuple):
    """A statement that the books do not share, or not before the fills of its block."""

    row: Update
    value: Fraction | None
    """The value that is said; None once it was met, or where it is that of one leg."""
    notional: Fraction | None
    """The same of the notional."""
    sizes: dict[str, Fraction]


class LiquidationRows:
    """The statements of one instant that are not met yet."""

    def __init__(self, books: Books) -> None:
        self._books = books
        self._waiting: dict[str, _Waiting] = {}
        self._said: set[str] = set()

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
        if not sizes:
            self._say(NOTIONAL, row, row.subject, notional, None)
            self._say(VALUE, row, row.subject, said, None)
            return
        account = account_in(row.subject, min(sizes))
        waiting = _Waiting(row, said, notional, sizes)
        if notional_of(self._books.venue, sizes) == notional:
            self._say(NOTIONAL, row, account, notional, notional)
            waiting = waiting._replace(notional=None)
        if row.delta.get("leverageType") == "Isolated" or account in self._said:
            # The value is that of one leg, and the books know the whole account; or it is that
            # after some of the block's forced closes, and nobody knows after which.
            self._say(VALUE, row, account, said, None)
            waiting = waiting._replace(value=None)
        elif self._value(account) == said:
            self._say(VALUE, row, account, said, said)
            waiting = waiting._replace(value=None)
        self._said.add(account)
        if waiting.notional is not None and account in self._waiting:
            self._say(NOTIONAL, row, account, notional, None)
        elif waiting.notional is not None or waiting.value is not None:
            self._waiting[account] = waiting

    def before_forced(self, account: str) -> None:
        """The first forced close of an account is next: the statement holds now or never."""
        waiting = self._waiting.get(account)
        if waiting is not None:
            if waiting.value is not None:
                self._books.report.count("liquidation_values_compared_within_block")
            self._settle(account)

    def close(self) -> None:
        """The instant is over: what is still waiting was not met before its fills."""
        for account in sorted(self._waiting):
            self._settle(account)
        self._said.clear()

    def _settle(self, account: str) -> None:
        """Say what the books have now; where the marks turned out not to be those of the instant,
        as the forced row itself may show, they cannot tell.
        """
        row, value, notional, sizes = self._waiting.pop(account)
        worth = self._value(account)
        if notional is not None:
            booked = notional_of(self._books.venue, sizes)
            is_sure = booked == notional or self._are_exact(sizes)
            self._say(NOTIONAL, row, account, notional, booked if is_sure else None)
        if value is not None:
            held = self._books.venue.holdings.get(account, ())
            is_sure = worth == value or self._are_exact(held)
            self._say(VALUE, row, account, value, worth if is_sure else None)

    def _say(
        self, name: str, row: Update, account: str, said: Fraction, booked: Fraction | None
    ) -> None:
        books = self._books
        if not books.report.assertions.compare(name, row.place, account, said, booked):
            books.report.find(f"{name}_differs", row.place)
            books.contradict(name, account, row.place, row.time, row.block)

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
