"""How do the files of a venue, of whatever kind, get into the log, or only show what would?"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from fractions import Fraction
from typing import Final, Generic, Protocol, TypeVar

import click

from cli.errors import CommandFailed, Failure, wrong_usage
from cli.output import note
from cli.progress import Progress
from cli.reading import as_of, rows_follow
from cli.settings import settings_of
from domain.envelope import validated
from domain.events import Event
from domain.venue import Venue
from importers.hyperliquid.reader_process import ReaderLost
from importers.hyperliquid.report import ImportReport
from importers.hyperliquid.unpacking import UnreadablePath
from ledger.errors import StoreMissing
from ledger.ledger import Ledger
from ledger.recording import Recorded
from reports.page import AsOf

EVENTS_TO_FOLLOW: Final = 100_000
"""Events of an import that are counted into the rows at once; more wait for the first question."""


class Importing(Protocol):
    """An import that has begun: its events, its books after them, and how far it is."""

    report: ImportReport
    rows: int

    def events(self) -> Iterator[list[Event]]:
        """The events, whole instants at a time."""

    @property
    def venue(self) -> Venue:
        """The books after the events given out so far."""

    @property
    def share(self) -> Fraction:
        """Share of the files' bytes read so far."""


Found = TypeVar("Found", bound=Importing)


class ImportRun(Generic[Found]):
    """Some files on their way into the log."""

    def __init__(self, context: click.Context, begin: Callable[[Ledger | None], Found]) -> None:
        """`begin` gives the import over a log, or over none."""
        self._context = context
        self._begin = begin
        self._url = settings_of(context).url
        self.origin = "no store"

    def record(self) -> tuple[Found, Recorded, AsOf]:
        """Record the facts, durably."""
        with Ledger.open(self._url) as ledger:
            self.origin = ledger.origin
            with reading_failures():
                found = self._begin(ledger)
                digests = found.report.digests
                recorded = ledger.record_applied(self._watched(found), found.venue, files=digests)
            if recorded.events <= EVENTS_TO_FOLLOW:
                rows_follow(self._context, ledger)
            else:
                note(self._context, "the rows follow with the first question that needs them")
            return found, recorded, as_of(ledger, ledger.head)

    def dry(self) -> tuple[Found, None, AsOf | None]:
        """Do all of it but the writing; without a store as if into an empty one."""
        with reading_failures():
            try:
                ledger = Ledger.open(self._url, readonly=True)
            except StoreMissing:
                found, moment = self._begin(None), None
            else:
                with ledger:
                    self.origin = ledger.origin
                    found, moment = self._begin(ledger), as_of(ledger, ledger.head)
            for events in self._watched(found):
                validated(events)
        return found, None, moment

    def _watched(self, found: Found) -> Iterator[list[Event]]:
        """The facts, with the share of bytes read and the rows per second on the terminal."""
        progress = Progress(self._context, "rows", share=lambda: found.share)
        before = 0
        for events in found.events():
            yield events
            progress.add(found.rows - before)
            before = found.rows
        progress.end()


@contextmanager
def reading_failures() -> Iterator[None]:
    """What goes wrong while files are read, as an import says it."""
    try:
        yield
    except UnreadablePath as fault:
        raise wrong_usage("unreadable_path", str(fault), hint=fault.hint) from fault
    except ReaderLost as fault:
        message = f"{fault}; what was committed stays, the same command goes on from there"
        hint = "--workers 1 reads in this process; was memory short?"
        raise CommandFailed(Failure("reader_lost", 1, message, hint=hint)) from fault
