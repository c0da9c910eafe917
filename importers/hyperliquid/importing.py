"""How does an archive become one ordered stream of facts?

Rows come instant by instant in the venue's order (`merging`). Within an instant rows are told apart
from those that were there before, paired and chained; then they are booked. A row ends as exactly
one of moved, no effect, or rejected with a reason. Nothing is held for longer than its instant but
the books themselves.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from fractions import Fraction
from pathlib import Path

from domain.events import Event
from domain.venue import Fact, Venue
from importers.hyperliquid.aggregates import Aggregates
from importers.hyperliquid.books import Books
from importers.hyperliquid.chaining import in_chain_order
from importers.hyperliquid.file_rows import Choices, FileRows, look_at
from importers.hyperliquid.funding_rounds import FundingRounds
from importers.hyperliquid.known_fills import KnownFills
from importers.hyperliquid.ledger_updates import LIQUIDATION, READINGS
from importers.hyperliquid.match_books import MatchBooks
from importers.hyperliquid.memory import UNCERTAIN_CASH, Memory, is_doubtful
from importers.hyperliquid.merging import TOO_LATE, Instant, Merge, Reached
from importers.hyperliquid.ordinary_trades import OrdinaryTrades
from importers.hyperliquid.pairing import Match, Side, matches_of, new_side
from importers.hyperliquid.pairs import count_of, pair_of, row_by_row
from importers.hyperliquid.plain_instants import PlainInstants
from importers.hyperliquid.reader_process import ReaderProcess, workers_for
from importers.hyperliquid.refusing import core_of, refused_row
from importers.hyperliquid.rejects import Rejects
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
    StreamOrder,
    Update,
)
from importers.hyperliquid.scales import Scales
from importers.hyperliquid.snapshots import Snapshots
from importers.hyperliquid.source_files import source_files
from importers.hyperliquid.window import OUTSIDE_WINDOW, window_of


class UnknownReading(ValueError):
    """A kind without readings to choose from, or a reading that it does not have."""


class HyperliquidImport:
    """One import. `facts` or `events` runs it; the report is complete when they are exhausted."""

    def __init__(
        self,
        paths: Iterable[Path],
        *,
        account: str | None = None,
        readings: Mapping[str, str] | None = None,
        venue: Venue | None = None,
        memory: Memory | None = None,
        order: StreamOrder = "misc-first",
        workers: int | None = 1,
        from_snapshot: bool = False,
        until: str | None = None,
        keeps_rejects: bool = False,
    ) -> None:
        """`venue` and `memory` are the log's, and this import's own from now on.

        `from_snapshot` begins at the first snapshot among the files; `until` is the last block or
        instant that is booked. Raises `BadWindow` where there is no such moment. With
        `keeps_rejects` every refused row can be had afterwards as its file has it.

        With two workers the files are read by a second process; the facts are the same. None
        takes two where there are as many cores and enough to read.
        """
        self._choices = dict(readings or {})
        for kind, reading in self._choices.items():
            if reading not in READINGS.get(kind, ()):
                raise UnknownReading(f"{kind}={reading}")
        files, left_out = source_files(paths)
        self._bytes = sum(file.size for file in files)
        self._workers = workers or workers_for(self._bytes)
        self.rows = 0
        self._memory = memory or Memory()
        self._scales = Scales()
        self.report = ImportReport(left_out=left_out, readings=self._choices, order=order)
        self._books = Books(venue or Venue(), self._memory, self._scales, self.report)
        self.rejects = Rejects(files) if keeps_rejects else None
        self._matches = MatchBooks(self._books, self._choices)
        self._rounds = FundingRounds()
        self._snapshots = Snapshots(self._books)
        self._begins = from_snapshot
        self._states_first = self._choices.get("snapshot") == "before-block"
        self._window = window_of(
            [file.name for file in files],
            self._memory.began,
            until,
            from_snapshot=from_snapshot,
            states_first=self._states_first,
        )
        self._moved: Counter[str] = Counter()
        self._ordinary = OrdinaryTrades(self._books, self._matches, self._moved)
        self._plain = PlainInstants(self._books, self._ordinary, self._book_match)
        self._heads = [look_at(file, number, account) for number, file in enumerate(files)]
        # The digests are asked for while the reading goes on.
        self._reached = Reached(digests=self.report.digests)
        self._known_fills = KnownFills()
        self._aggregates = Aggregates(self._all_rows)
        self._is_inferred = False
        self._learn()
        self._reading = Choices(account, order, self._scales.known_places)

    @property
    def venue(self) -> Venue:
        """The books after the events given out so far."""
        return self._books.venue

    @property
    def share(self) -> Fraction:
        """Bytes that were read so far, of all bytes of the files as they are packed."""
        return Fraction(self._reached.done, self._bytes or 1)

    def facts(self) -> Iterator[Fact]:
        """The facts in order; afterwards `report` says what became of every row."""
        for events in self.events():
            for event in events:
                yield Fact(
                    event["type"], event["stream"], event["data"], event["time"], event["source"]
                )

    def events(self) -> Iterator[list[Event]]:
        """The facts as events after `venue`, which has them already; an instant is never torn."""
        books = self._books
        for instant in self._instants():
            if books.venue.kind is None and self._is_inside(instant):
                self._books.open_venue(max(instant.time, 0) * NANOSECONDS)
            self._book_instant(instant)
            self.rows += count_of(instant.rows)
            events = books.taken()
            if events:
                self.report.facts += len(events)
                yield events
        self._close()

    def _is_inside(self, instant: Instant) -> bool:
        """Whether a row of the instant lies in the imported range: the log begins with it."""
        window = self._window
        return window is None or any(window.refusal(row) is None for row in instant.rows)

    def _is_whole(self, instant: Instant) -> bool:
        """Whether all rows of the instant lie in the imported range."""
        window = self._window
        return window is None or all(window.refusal(row) is None for row in instant.rows)

    def _learn(self) -> None:
        """What the log and every meta say about coins, before anything is booked."""
        self._scales.learn_listed(self.venue)
        for head in self._heads:
            self.report.files[head.file.name] = FileCount()
            for meta in head.metas:
                try:
                    self._scales.learn_meta(meta)
                except RowRefused as fault:
                    self.report.find(
                        f"meta_unread: {fault.detail}"[:120], Place(head.file.name, 1, 0)
                    )

    def _instants(self) -> Iterator[Instant]:
        asked = (self._heads, self._reading, self._reached)
        if self._workers > 1:
            with ReaderProcess(*asked) as reader:
                yield from reader.instants()
            return
        yield from Merge(*asked).instants()

    def _all_rows(self) -> Iterator[Row]:
        """The rows of all files once more, for what must be known before the first is booked."""
        for head in self._heads:
            for piece in FileRows(head, self._reading).pieces():
                yield from row_by_row(piece.rows)

    def _book_instant(self, instant: Instant) -> None:
        remembers = not self._memory.is_empty
        is_plain = not instant.late and not remembers and self._is_whole(instant)
        # Nearly all rows are booked here.
        is_booked = is_plain and self._plain.book(instant.rows)
        rows = [] if is_booked else row_by_row(instant.rows)
        if instant.late:
            for row in rows[len(rows) - instant.late :]:
                self._refuse(row, "bad_time", TOO_LATE)
            rows = rows[: len(rows) - instant.late]
        sides: list[Side] = []
        seen: dict[str, Row] = {}
        if self._window is not None:
            rows = self._window.inside(rows, self._refuse)
        stated: list[Stated] = []
        if rows and type(rows[-1]) is Stated:
            rows, stated = self._states_apart(rows)
            if stated and self._states_first:
                self._book_stated(stated)
        for row in rows:
            key = row.key
            if type(row) is Funding and key not in seen:
                self._rounds.meet(row)
            if key in seen:
                self._repeated(row, seen[key])
                continue
            if remembers and self._is_known(row):
                continue
            seen[key] = row
            try:
                if type(row) is Fill:
                    sides.append(self._side(row))
                    notes = row.notes
                else:
                    if sides and self._reading.order == "fills-first":
                        self._book_matches(sides)
                        sides = []
                    self._book(row)
                    notes = getattr(row, "notes", ())
            except RowRefused as fault:
                self._refuse(row, fault.code, fault.detail)
            else:
                for note in notes:
                    self.report.find(note, row.place)
        rounds = self._rounds.closed()
        self._books.doubt_funding(rounds)
        if sides:
            self._book_matches(sides)
        for found, _ in rounds:
            self._books.round_funding(found)
        self._matches.forced.close_instant()
        if stated and not self._states_first:
            self._book_stated(stated)

    def _book_matches(self, sides: list[Side]) -> None:
        matches, moved = in_chain_order(matches_of(sides), self._books.held)
        self.report.counts["rows_put_in_chain_order"] += moved
        pairs = 0
        for match in matches:
            if self._is_ordinary(match):
                pairs += 1
            else:
                self._book_match(match)
        self.report.counts["pairs"] += pairs

    def _is_ordinary(self, match: Match) -> bool:
        """Book a match if it is an ordinary one."""
        pair = pair_of(match)
        return pair is not None and self._ordinary.book(pair)

    def _book_match(self, match: Match) -> None:
        self._matches.book(match)
        self._count(match)

    def _states_apart(self, rows: list[Row]) -> tuple[list[Row], list[Stated]]:
        """Statements about accounts apart from the rows that move something."""
        stated: dict[str, Stated] = {}
        for row in rows:
            if type(row) is not Stated:
                continue
            if row.key in stated:
                self._repeated(row, stated[row.key])
            elif not self._is_known(row):
                try:
                    self._scales.check_held(row)
                except RowRefused as fault:
                    self._refuse(row, fault.code, fault.detail)
                else:
                    stated[row.key] = row
        return [row for row in rows if type(row) is not Stated], list(stated.values())

    def _book_stated(self, rows: list[Stated]) -> None:
        """Book or compare what is stated about accounts."""
        if self._books.is_past(rows[0].time):
            self.report.count("statements_of_the_past", len(rows))
            for row in rows:
                self.report.pass_row(row.place, row.kind)
            return
        for row in rows:
            for held in row.held:
                self._need_scale(held.coin)
        for row, moved in self._snapshots.book(rows, begins=self._begins):
            if moved:
                self.report.apply_row(row.place, row.kind)
            else:
                self.report.pass_row(row.place, row.kind)

    def _repeated(self, row: Row, before: Row) -> None:
        """A row that was delivered before: of the same millisecond, since its key names that."""
        if core_of(row) == core_of(before):
            self._refuse(row, "duplicate", READ_BEFORE)
        elif isinstance(row, Refused):
            self._refuse(row, row.code, row.detail)
        else:
            other = before.place.text()
            self._refuse(row, "conflict", f"the row of this key at {other} says something else")

    def _is_known(self, row: Row) -> bool:
        """Whether an earlier import recorded a row; then it is counted, not kept."""
        if not self._memory.knows(row.key):
            return False
        if isinstance(row, Fill):
            if row.counts:
                self._known_fills.add(row)
        else:
            self.report.pass_known(refused_row(row, "duplicate", RECORDED_BEFORE))
        return True

    def _side(self, row: Fill) -> Side:
        scales, coin = self._scales, row.coin
        scales.check_collateral(row)
        if row.grid is not None:
            return new_side((row, *row.grid))
        self._need_scale(coin)
        lots = scales.lots(coin, row.size)
        start = scales.lots(coin, row.start)
        return Side(row, row.sign * lots, start, scales.printed_ticks(coin, row.price))

    def _need_scale(self, coin: str) -> None:
        """Scales that nobody stated are taken from all rows, before one is used."""
        if not self._scales.is_known(coin) and not self._is_inferred:
            self._is_inferred = True
            self._scales.infer(self._all_rows())

    def _book(self, row: Row) -> None:
        """Book a row that is no fill."""
        applied = True
        kind = "mark"
        if isinstance(row, Refused):
            self._refuse(row, row.code, row.detail)
            return
        if isinstance(row, Funding):
            kind = "funding"
            self._aggregates.check(row)
            applied = self._books.fund(row)
        elif isinstance(row, Update):
            kind = f"ledger {row.kind}"
            applied = self._books.update(row, self._choices)
            if row.kind == LIQUIDATION:
                self._matches.forced.statements.meet(row)
        elif isinstance(row, Idle):
            kind, applied = f"misc {row.kind}", False
        elif isinstance(row, Mark):
            self._need_scale(row.coin)
            applied = self._books.mark(row)
        if applied:
            self.report.apply_row(row.place, kind)
        else:
            self.report.pass_row(row.place, kind)

    def _refuse(self, row: Row, code: Reason, detail: str) -> None:
        if isinstance(row, Fill) and not row.counts:
            return
        refused = refused_row(row, code, detail)
        if refused.account is not None and is_doubtful(code):
            self._books.doubt(refused, UNCERTAIN_CASH)
        if self._memory.knows(refused.key):
            self.report.pass_known(refused)
        else:
            self.report.refuse_row(refused)
            if self.rejects is not None:
                self.rejects.add(refused)
            # What lies outside the window may be imported another time.
            if code not in OUTSIDE_WINDOW:
                self._books.refuse(refused)

    def _count(self, match: Match) -> None:
        counts = self.report.counts
        _, buyer, seller = match
        for side in (buyer, seller):
            if side is not None and side.fill.counts:
                self._moved[side.fill.place.file] += 1
        if buyer is None or seller is None:
            counts["single_sides"] += 1
        elif buyer.fill.account == seller.fill.account:
            counts["self_matches"] += 1
        else:
            counts["pairs"] += 1

    def _close(self) -> None:
        report = self.report
        for name, rows in self._moved.items():
            report.files[name].moved += rows
            report.kinds["fill", "moved"] += rows
        self._known_fills.put_into(report)
        self._reached.tell(report)
        self._scales.tell(report, self.venue)
        report.close(self.venue)
