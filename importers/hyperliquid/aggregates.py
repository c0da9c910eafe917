"""Would a payment over several hours count twice, because its hours are there as well?

The hours are read off all files only when such a payment comes, and only for its accounts.
"""

from collections.abc import Callable, Iterator
from typing import Final

from importers.hyperliquid.rows import NANOSECONDS, Funding, Row, RowRefused

_HOUR: Final = 3_600_000 * NANOSECONDS


class Aggregates:
    """Tells payments over several hours whose hours are paid by rows of their own."""

    def __init__(self, all_rows: Callable[[], Iterator[Row]]) -> None:
        self._all_rows = all_rows
        self._hourly: set[tuple[str, str, int]] | None = None

    def check(self, row: Funding) -> None:
        """Refuse a payment that would count twice."""
        if row.samples < 2:
            return
        hour, hours = row.time // _HOUR, self._hours()
        if any(
            (row.account, row.coin, one) in hours for one in range(hour - row.samples + 1, hour + 1)
        ):
            raise RowRefused("aggregate", f"{row.samples} hours in one row, hours are there too")

    def _hours(self) -> set[tuple[str, str, int]]:
        if self._hourly is None:
            rows = (row for row in self._all_rows() if isinstance(row, Funding))
            accounts = {row.account for row in rows if row.samples > 1}
            self._hourly = {
                (row.account, row.coin, row.time // _HOUR)
                for row in self._all_rows()
                if isinstance(row, Funding) and row.samples == 1 and row.account in accounts
            }
        return self._hourly
