"""Which rows lie between the snapshot that an import begins with and the moment it ends at?

A snapshot stands after the last event of its block. Rows that carry a block are judged by it, all
others by their millisecond; where the end is a block, rows without one end with the first instant
that is known to lie beyond it. What is outside stays out of the log and may come another time.
"""

from collections.abc import Callable, Sequence
from typing import Final

from domain.instants import instant_text, parse_instant
from importers.hyperliquid.pairs import RowOrPair
from importers.hyperliquid.rows import NANOSECONDS, Reason, Row, Stated
from importers.hyperliquid.state_rows import SnapshotInstant, instant_in

OUTSIDE_WINDOW: Final = frozenset({"before_snapshot", "after_end"})


class BadWindow(ValueError):
    """No snapshot to begin with, or an end that is neither a block nor an instant."""

    def __init__(self, message: str, code: str) -> None:
        super().__init__(message)
        self.code = code


class Window:
    """The imported range of blocks and instants."""

    def __init__(
        self,
        begin: SnapshotInstant | None,
        last_block: int | None,
        last_time: int | None,
        *,
        states_first: bool = False,
    ) -> None:
        if begin is not None and states_first:
            # The snapshot's own block comes after it.
            block = None if begin.block is None else begin.block - 1
            begin = SnapshotInstant(begin.time - NANOSECONDS, block)
        self._begin = begin
        self._last_block = last_block
        self._last_time = last_time
        self._ended: int | None = None

    def inside(self, rows: list[Row], refuse: Callable[[Row, Reason, str], None]) -> list[Row]:
        """The rows in the range; the others are refused."""
        inside: list[Row] = []
        for row in rows:
            outside = self.refusal(row)
            if outside is None:
                inside.append(row)
            else:
                refuse(row, *outside)
        return inside

    def refusal(self, row: RowOrPair) -> tuple[Reason, str] | None:
        """Why a row is outside; None inside, and for rows of no believable time."""
        if row.time is None:
            return None
        if self._begin is not None and self._is_before(row, self._begin):
            at = instant_text(self._begin.time)
            return "before_snapshot", f"the log begins with the snapshot of {at}"
        if self._is_after(row):
            return "after_end", "the import ends before this row"
        return None

    def _is_before(self, row: RowOrPair, begin: SnapshotInstant) -> bool:
        if isinstance(row, Stated):
            return row.time < begin.time
        block = getattr(row, "block", None)
        if block is not None and begin.block is not None:
            return bool(block <= begin.block)
        return (row.time or 0) // NANOSECONDS <= begin.time // NANOSECONDS

    def _is_after(self, row: RowOrPair) -> bool:
        time = row.time or 0
        if self._last_time is not None:
            return time > self._last_time
        if self._last_block is None:
            return False
        block = getattr(row, "block", None)
        if block is not None:
            if block <= self._last_block:
                return False
            self._ended = time if self._ended is None else min(time, self._ended)
            return True
        return self._ended is not None and time >= self._ended


def window_of(
    files: Sequence[str],
    began: tuple[int, int | None] | None,
    until: str | None,
    *,
    from_snapshot: bool,
    states_first: bool = False,
) -> Window | None:
    """The window of an import; None where everything is in it. Raises `BadWindow`."""
    begin = None if began is None else SnapshotInstant(*began)
    if from_snapshot and begin is None:
        found = sorted(at for name in files if (at := instant_in(name)) is not None)
        if not found:
            message = "no file among these is named like a snapshot"
            raise BadWindow(message, "no_snapshot")
        begin = found[0]
    block, time = (None, None) if until is None else _end(until)
    if begin is None and until is None:
        return None
    return Window(begin, block, time, states_first=states_first)


def _end(text: str) -> tuple[int | None, int | None]:
    if text.isascii() and text.isdigit() and len(text) <= 18:
        return int(text), None
    time = parse_instant(text)
    if time is None:
        message = f"{text[:40]} is neither a block number nor an instant with its zone"
        raise BadWindow(message, "bad_value")
    return None, time
