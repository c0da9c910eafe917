"""How many fills were recorded by an earlier import, and what did they amount to?

A repeated import passes over millions of rows: they are counted here and written into the report
at the end.
"""

from collections import Counter
from fractions import Fraction

from importers.hyperliquid.report import ImportReport
from importers.hyperliquid.rows import Fill, Place


class KnownFills:
    """Counts fills that the log has already."""

    def __init__(self) -> None:
        self._files: Counter[str] = Counter()
        self._amounts: Counter[int] = Counter()
        self._first: Place | None = None
        self._last: Place | None = None

    def add(self, row: Fill) -> None:
        """One more."""
        whole, _, digits = row.price.partition(".")
        lots, _, parts = row.size.partition(".")
        self._amounts[len(digits) + len(parts)] += int(whole + digits) * int(lots + parts)
        self._files[row.place.file] += 1
        self._last = row.place
        if self._first is None:
            self._first = row.place

    def put_into(self, report: ImportReport) -> None:
        """Add what was counted to the report."""
        if self._first is None or self._last is None:
            return
        amount = sum(
            (Fraction(mantissa, 10**places) for places, mantissa in self._amounts.items()),
            Fraction(0),
        )
        report.pass_known_fills(self._files, amount, self._first, self._last)
