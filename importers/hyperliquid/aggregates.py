"""Does a funding payment say again, for several hours at once, what other rows say by the hour?"""

from collections.abc import Callable, Iterable
from typing import Final

from importers.hyperliquid.rows import NANOSECONDS, Funding, Row, RowRefused

HOUR: Final = 3_600_000 * NANOSECONDS


class Aggregates:
    """Finds payments over several hours whose hours are in the input too."""

    def __init__(self, rows: Callable[[], Iterable[Row]]) -> None:
        """`rows` reads all rows of the input once more: asked for when the first such row comes."""
        self._rows = rows
        self._hourly: set[tuple[str, str, int]] | None = None

    def check(self, row: Funding) -> None:
        """Refuse a payment that would count twice beside the hours themselves."""
        if row.samples < 2:
            return
        hour, hours = row.time // HOUR, self._found()
        if any(
            (row.account, row.coin, one) in hours for one in range(hour - row.samples + 1, hour + 1)
        ):
            raise RowRefused("aggregate", f"{row.samples} hours in one row, hours are there too")

    def _found(self) -> set[tuple[str, str, int]]:
        """Hours with rows of their own, of the accounts that have rows of several hours."""
        if self._hourly is None:
            fundings = (row for row in self._rows() if isinstance(row, Funding))
            accounts = {row.account for row in fundings if row.samples > 1}
            self._hourly = {
                (row.account, row.coin, row.time // HOUR)
                for row in self._rows()
                if isinstance(row, Funding) and row.samples == 1 and row.account in accounts
            }
        return self._hourly
