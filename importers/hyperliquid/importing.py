"""How does an archive become one ordered stream of facts?

All rows are read and put into one order: instant, then ledger and funding before fills (a choice:
the venue does not publish it), then file, line, row. Within an instant rows are paired and chained.
A row ends as exactly one of moved, no effect, or rejected with a reason.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from pathlib import Path
from typing import NamedTuple

from domain.venue import Fact, Venue
from importers.hyperliquid.books import Books
from importers.hyperliquid.chaining import in_chain_order
from importers.hyperliquid.funding_rounds import FundingRounds
from importers.hyperliquid.ledger_updates import LIQUIDATION, READINGS, parties_of
from importers.hyperliquid.match_books import MatchBooks
from importers.hyperliquid.memory import UNCERTAIN, Memory
from importers.hyperliquid.pairing import Match, Side, matches_of
from importers.hyperliquid.reading import SourceFile, source_files
from importers.hyperliquid.report import FileCount, ImportReport
from importers.hyperliquid.rows import (
    NANOSECONDS,
    READ_BEFORE,
    RECORDED_BEFORE,
    Fill,
    Funding,
    Idle,
    Mark,
    Place,
    Reason,
    Refused,
    Row,
    RowRefused,
    Stated,
    Update,
)
from importers.hyperliquid.scales import Scales
from importers.hyperliquid.shapes import Shapes
from importers.hyperliquid.snapshots import Snapshots
from importers.hyperliquid.window import OUTSIDE_WINDOW, window_of

_HOUR = 3_600_000 * NANOSECONDS


class UnknownReading(ValueError):
    """A kind without readings to choose from, or a reading that it does not have."""


class Ordered(NamedTuple):
    """A row and its place in the order of all rows."""

    instant: int
    rank: int
    file: int
    number: int
    row: Row


class HyperliquidImport:
    """One import. `facts` runs it; the report is complete when they are exhausted."""

    def __init__(
        self,
        paths: Iterable[Path],
        *,
        account: str | None = None,
        readings: Mapping[str, str] | None = None,
        venue: Venue | None = None,
        memory: Memory | None = None,
        from_snapshot: bool = False,
        until: str | None = None,
    ) -> None:
        """`venue` and `memory` are the log's, and this import's own from now on.

        `from_snapshot` begins at the first snapshot among the files; `until` is the last block or
        instant that is booked. Raises `BadWindow` where there is no such moment.
        """
        self._choices = dict(readings or {})
        for kind, reading in self._choices.items():
            if reading not in READINGS.get(kind, ()):
                raise UnknownReading(f"{kind}={reading}")
        self._files, left_out = source_files(paths)
        self._account = account
        self._memory = memory or Memory()
        self._scales = Scales()
        self.report = ImportReport(left_out=left_out, readings=self._choices)
        self._books = Books(venue or Venue(), self._memory, self._scales, self.report)
        self._matches = MatchBooks(self._books, self._choices)
        self._snapshots = Snapshots(self._books)
        self._begins = from_snapshot
        self._window = window_of(
            [file.name for file in self._files],
            self._memory.began,
            until,
            from_snapshot=from_snapshot,
        )
        self._rounds = FundingRounds()
        self._seen: dict[str, tuple[object, ...]] = {}
        self._hourly: set[tuple[str, str, int]] = set()
        self._rows: list[Ordered] | None = None

    @property
    def venue(self) -> Venue:
        """The books after the facts given out so far."""
        return self._books.venue

    def facts(self) -> Iterator[Fact]:
        """The facts in order; afterwards `report` says what became of every row."""
        self.read()
        rows, self._rows = self._rows or [], []
        self._hourly = {
            (row.account, row.coin, row.time // _HOUR)
            for entry in rows
            if isinstance(row := entry.row, Funding) and row.samples == 1
        }
        fresh = any(not self._memory.knows(entry.row.key) for entry in rows)
        if fresh:
            self._books.open_venue(max(rows[0].instant, 0) * NANOSECONDS)
        for _, group in groupby(rows, key=lambda entry: entry.instant):
            self._book_instant([entry.row for entry in group])
            for fact in self._books.taken():
                self.report.facts += 1
                yield fact
        self._close()

    def read(self) -> None:
        """Read all rows and put them into their order, once."""
        if self._rows is not None:
            return
        self._scales.learn_listed(self.venue)
        ordered: list[Ordered] = []
        for number, file in enumerate(self._files):
            self.report.files[file.name] = FileCount()
            ordered += _ordered(number, self._rows_of(file))
            self.report.files[file.name].lines = file.lines
            self.report.digests[file.name] = file.digest
        ordered.sort(key=lambda entry: entry[:4])
        self._scales.infer(entry.row for entry in ordered)
        self._rows = ordered

    def _rows_of(self, file: SourceFile) -> list[Row]:
        shapes = Shapes(file.name, self._account)
        rows: list[Row] = []
        for raw in file.raw_lines():
            found = list(shapes.rows(raw))
            rows += found
        for meta in shapes.metas:
            try:
                self._scales.learn_meta(meta)
            except RowRefused as fault:
                self.report.find(f"meta_unread: {fault.detail}"[:120], _start_of(file))
        self.report.blocks += shapes.blocks
        self.report.block_events += shapes.events
        if shapes.derived:
            self.report.derived_accounts.add(file.name)
        return rows

    def _book_instant(self, rows: Sequence[Row]) -> None:
        sides: list[Side] = []
        stated: list[Stated] = []
        for row in rows:
            if self._window is not None and (outside := self._window.refusal(row)):
                self._refuse(row, *outside)
                continue
            if isinstance(row, Funding):
                self._rounds.meet(row)
            if not self._is_new(row):
                continue
            try:
                if isinstance(row, Fill):
                    sides.append(self._side(row))
                elif isinstance(row, Stated):
                    self._scales.check_held(row)
                    stated.append(row)
                else:
                    self._book(row)
            except RowRefused as fault:
                self._refuse(row, fault.code, fault.detail)
            else:
                for note in getattr(row, "notes", ()):
                    self.report.find(note, row.place)
        matches, moved = in_chain_order(matches_of(sides), self._matches.position_of)
        self.report.count("rows_put_in_chain_order", moved)
        for match in matches:
            self._matches.book(match)
            self._count(match)
        for found in self._rounds.closed():
            self._books.round_funding(found)
        self._matches.close_instant()
        if stated:
            self._book_stated(stated)

    def _book_stated(self, rows: list[Stated]) -> None:
        """Book or compare what is stated about accounts, after everything else of the instant."""
        if self._books.is_past(rows[0].time):
            self.report.count("statements_of_the_past", len(rows))
            for row in rows:
                self.report.pass_row(row.place, row.kind)
            return
        for row, moved in self._snapshots.book(rows, begins=self._begins):
            if moved:
                self.report.apply_row(row.place, row.kind)
            else:
                self.report.pass_row(row.place, row.kind)

    def _is_new(self, row: Row) -> bool:
        """Whether a row was delivered before, by an earlier import or by this one."""
        core = row.core if not isinstance(row, Refused) else (row.code, row.detail)
        if row.key in self._seen:
            if self._seen[row.key] == core:
                self._refuse(row, "duplicate", READ_BEFORE)
            elif isinstance(row, Refused):
                return True
            else:
                self._refuse(row, "conflict", "a row of this key says something else")
            return False
        if self._memory.knows(row.key):
            self._refuse(row, "duplicate", RECORDED_BEFORE)
            return False
        self._seen[row.key] = core
        return True

    def _side(self, row: Fill) -> Side:
        self._scales.check_collateral(row)
        lots = self._scales.lots(row.coin, row.size)
        start = self._scales.lots(row.coin, row.start)
        return Side(row, row.sign * lots, start, self._scales.ticks(row.coin, row.price))

    def _book(self, row: Row) -> None:
        """Book a row that is no fill."""
        applied = True
        kind = "mark"
        if isinstance(row, Refused):
            self._refuse(row, row.code, row.detail)
            return
        if isinstance(row, Funding):
            kind = "funding"
            self._check_aggregate(row)
            applied = self._books.fund(row)
        elif isinstance(row, Update):
            kind = f"ledger {row.kind}"
            applied = self._books.update(row, self._choices)
            if row.kind == LIQUIDATION:
                self._matches.statements.meet(row)
        elif isinstance(row, Idle):
            kind, applied = f"misc {row.kind}", False
        elif isinstance(row, Mark):
            applied = self._books.mark(row)
        if applied:
            self.report.apply_row(row.place, kind)
        else:
            self.report.pass_row(row.place, kind)

    def _check_aggregate(self, row: Funding) -> None:
        """A payment over several hours would count twice beside the hours themselves."""
        hour = row.time // _HOUR
        hours = range(hour - row.samples + 1, hour + 1) if row.samples > 1 else range(0)
        if any((row.account, row.coin, one) in self._hourly for one in hours):
            raise RowRefused("aggregate", f"{row.samples} hours in one row, hours are there too")

    def _refuse(self, row: Row, code: Reason, detail: str) -> None:
        if isinstance(row, Fill) and not row.counts:
            return
        refused = refused_row(row, code, detail)
        self.report.refuse_row(refused)
        if refused.account is not None and code in UNCERTAIN:
            self._books.doubt(refused, "cash uncertain")
        if self._memory.knows(refused.key):
            self.report.recorded_before += 1
        elif code not in OUTSIDE_WINDOW:
            # What lies outside the window may be imported another time.
            self._books.refuse(refused)

    def _count(self, match: Match) -> None:
        for side in match.sides:
            if side.fill.counts:
                self.report.apply_row(side.fill.place, "fill")
        if match.is_self_match:
            self.report.count("self_matches")
        else:
            self.report.count("pairs" if len(match.sides) > 1 else "single_sides")

    def _close(self) -> None:
        used = [coin for coin in sorted(self.venue.markets) if self._scales.is_known(coin)]
        self.report.inferred_scales = {
            coin: self.venue.markets[coin].spec.lot_size.places
            for coin in used
            if coin in self._scales.inferred
        }
        self.report.single_tier = [coin for coin in used if self._scales.is_single_tier(coin)]
        self.report.close(self.venue)


def refused_row(row: Row, code: Reason, detail: str) -> Refused:
    """A row with the reason for which it is not applied.

    A second delivery gets a key of its own, unless an earlier import recorded the row itself.
    """
    key = row.key
    if code == "conflict" or (code == "duplicate" and detail == READ_BEFORE):
        key = f"{code}|{row.place.text()}|{row.key}"
    if isinstance(row, Refused):
        return row._replace(code=code, detail=detail, key=key)
    if isinstance(row, (Fill, Funding)):
        kind = "fill" if isinstance(row, Fill) else "funding"
        return Refused(
            row.place, row.time, key, code, detail, kind, row.amount, row.account, row.block
        )
    if isinstance(row, Update):
        subject, partner = parties_of(row)
        return Refused(
            row.place,
            row.time,
            key,
            code,
            detail,
            f"ledger {row.kind}",
            account=subject,
            block=row.block,
            partner=partner,
        )
    if isinstance(row, Stated):
        return Refused(
            row.place, row.time, key, code, detail, row.kind, account=row.account, block=row.block
        )
    kind = "mark" if isinstance(row, Mark) else "misc"
    return Refused(row.place, row.time, key, code, detail, kind)


def _ordered(file: int, rows: list[Row]) -> list[Ordered]:
    """Rows of a file with their order: a dump that is newest first is read from its end."""
    times = [row.time for row in rows if row.time is not None]
    step = -1 if times and times[0] > times[-1] else 1
    ordered = []
    time = 0
    for number, row in enumerate(rows):
        time = time if row.time is None else row.time
        rank = rank_of(row)
        ordered.append(Ordered(time // NANOSECONDS, rank, file, step * number, row))
    return ordered


def rank_of(row: Row) -> int:
    """The order within an instant: marks of its block, ledger and funding, fills, states."""
    if isinstance(row, Fill):
        return 2
    if isinstance(row, Stated):
        return 3
    return 0 if isinstance(row, Mark) else 1


def _start_of(file: SourceFile) -> Place:
    return Place(file.name, 1, 0)
