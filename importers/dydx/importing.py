"""How do dumps of the indexer become one ordered stream of facts?

The indexer answers for one account and at most some hundred thousand rows, newest first: all rows
are held, put into the order of blocks, and paired block by block. A row ends as exactly one of
moved, no effect, or rejected with a reason.
"""

from collections.abc import Iterable, Iterator
from fractions import Fraction
from itertools import groupby
from pathlib import Path
from typing import NamedTuple

from domain.events import Event
from domain.venue import Venue
from importers.dydx.books import Books
from importers.dydx.checks import Checks
from importers.dydx.fills import DELEVERAGED, FORCED, Fill
from importers.dydx.markets import Markets
from importers.dydx.pairing import Match, matches_of
from importers.dydx.shapes import Shapes
from importers.hyperliquid.memory import Memory
from importers.hyperliquid.reading import LineReader
from importers.hyperliquid.report import FileCount, ImportReport
from importers.hyperliquid.rows import READ_BEFORE, RECORDED_BEFORE, Place, Reason, Refused
from importers.hyperliquid.rows import RowRefused as Fault
from importers.hyperliquid.source_files import SourceFile, source_files
from importers.hyperliquid.unpacking import digest_of

Row = Fill | Refused


class Ordered(NamedTuple):
    """A row and its place in the order of all rows."""

    time: int
    height: int
    event: str
    file: int
    number: int
    row: Row


class DydxImport:
    """One import. `events` runs it; the report is complete when they are exhausted."""

    def __init__(
        self,
        paths: Iterable[Path],
        *,
        account: str | None = None,
        venue: Venue | None = None,
        memory: Memory | None = None,
    ) -> None:
        """`venue` and `memory` are the log's, and this import's own from now on.

        `account` is the address whose answers these are, where they do not say it.
        """
        self._files, left_out = source_files(paths)
        self._account = account
        self._memory = memory or Memory()
        self._markets = Markets()
        self.report = ImportReport(left_out=left_out)
        self.checks = Checks()
        self._books = Books(venue or Venue(), self._memory, self._markets, self.report, self.checks)
        self._seen: dict[str, tuple[object, ...]] = {}
        self._total = 0
        self.rows = 0

    @property
    def venue(self) -> Venue:
        """The books after the events given out so far."""
        return self._books.venue

    @property
    def share(self) -> Fraction:
        """Rows booked so far, of all rows."""
        return Fraction(self.rows, self._total or 1)

    def events(self) -> Iterator[list[Event]]:
        """The facts as events after `venue`, which has them already, block by block."""
        rows = self._read()
        self._total = len(rows)
        opened_at = max(next((entry.time for entry in rows if entry.time), 0), 0)
        for _, block in groupby(rows, key=lambda entry: (entry.time, entry.height)):
            found = [entry.row for entry in block]
            self._books.open_venue(opened_at)
            self._book_block(found)
            self.rows += len(found)
            events = self._books.taken()
            if events:
                self.report.facts += len(events)
                yield events
        self._close()

    def _read(self) -> list[Ordered]:
        self._markets.learn_listed(self.venue)
        found: list[Ordered] = []
        for number, file in enumerate(self._files):
            found += self._rows_of(number, file)
        self._markets.infer(entry.row for entry in found if isinstance(entry.row, Fill))
        # What says no time comes first, so that it is refused before anything is booked after it.
        return sorted(found, key=lambda entry: entry[:5])

    def _rows_of(self, number: int, file: SourceFile) -> list[Ordered]:
        reader, shapes = LineReader(file), Shapes(file.name, self._account)
        count = self.report.files[file.name] = FileCount()
        rows = [row for raw in reader.raw_lines() for row in shapes.rows(raw)]
        count.lines = reader.lines
        self.report.digests[file.name] = digest_of(file.parts)
        if shapes.is_derived:
            self.report.derived_accounts.add(file.name)
        for raw in shapes.markets:
            try:
                self._markets.learn(raw)
            except Fault as fault:
                self.report.find(f"market_unread: {fault.detail}"[:120], Place(file.name, 1, 0))
        times = [row.time for row in rows if row.time is not None]
        step = -1 if times and times[0] > times[-1] else 1
        return [
            Ordered(
                row.time or 0,
                (row.height or 0) if isinstance(row, Fill) else 0,
                row.event if isinstance(row, Fill) else "",
                number,
                step * place,
                row,
            )
            for place, row in enumerate(rows)
        ]

    def _book_block(self, rows: list[Row]) -> None:
        fills: list[Fill] = []
        for row in rows:
            if not self._is_new(row):
                continue
            if isinstance(row, Refused):
                self._refuse(row, row.code, row.detail)
                continue
            try:
                self._check(row)
            except Fault as fault:
                self._refuse(row, fault.code, fault.detail)
            else:
                fills.append(row)
        named = [row for row in fills if row.account is not None]
        public = [row for row in fills if row.account is None]
        matches = matches_of(named)
        told = {(row.market, row.size, row.price) for row in named}
        for row in public:
            # A public trade names nobody: only a deleveraging that no fill tells is booked.
            if row.kind == DELEVERAGED and (row.market, row.size, row.price) not in told:
                matches.append(Match(row, None))
            else:
                self.report.pass_row(row.place, "trade")
        self.checks.block(matches, self.report.find)
        for match in matches:
            self._books.book(match)
            self._count(match)

    def _check(self, row: Fill) -> None:
        """Refuse what the market's scale cannot hold, before anything of it is booked."""
        self._markets.lots(row)
        if row.start is not None:
            self._markets.in_lots(row.market, row.start, "positionSizeBefore")
        if row.kind not in FORCED and row.account is not None:
            self._markets.ticks(row)

    def _count(self, match: Match) -> None:
        for row in match.rows:
            self.report.apply_row(row.place, "fill" if row.account is not None else "trade")
            for note in row.notes:
                self.report.find(note, row.place)
        self.report.count("pairs" if match.second is not None else "single_sides")

    def _is_new(self, row: Row) -> bool:
        """Whether a row was delivered before, by an earlier import or by this one."""
        core = row.core if isinstance(row, Fill) else (row.code, row.detail)
        if row.key in self._seen:
            same = self._seen[row.key] == core
            why = READ_BEFORE if same else "a row of this key says something else"
            self._refuse(row, "duplicate" if same else "conflict", why)
            return False
        if self._memory.knows(row.key):
            self._refuse(row, "duplicate", RECORDED_BEFORE)
            return False
        self._seen[row.key] = core
        return True

    def _refuse(self, row: Row, code: Reason, detail: str) -> None:
        refused = _refused(row, code, detail)
        if self._memory.knows(refused.key):
            self.report.pass_known(refused)
        else:
            self.report.refuse_row(refused)
            self._books.refuse(refused)

    def _close(self) -> None:
        report, places = self.report, self._markets.places
        used = sorted(self.venue.markets)
        report.inferred_scales = {
            name: places[name] for name in used if name in self._markets.inferred
        }
        report.single_tier = [name for name in used if self._markets.is_single_tier(name)]
        report.close(self.venue)
        # Those are the other venue's regularities; the ones of this venue are in `checks`.
        report.checks.found.clear()


def _refused(row: Row, code: Reason, detail: str) -> Refused:
    """A row with the reason for which it is not applied; a second delivery has its own key."""
    key = row.key
    if code == "conflict" or (code == "duplicate" and detail == READ_BEFORE):
        key = f"{code}|{row.place.text()}|{row.key}"
    if isinstance(row, Refused):
        return row._replace(code=code, detail=detail, key=key)
    return Refused(row.place, row.time, key, code, detail, "fill", row.amount, row.account)
