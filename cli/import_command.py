"""How does a venue's archive become a recorded log?

Facts are recorded in bulk; what became of every row is the answer. A dry run says the same and
writes nothing. Rows of an earlier import are passed over: importing twice changes nothing.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, NamedTuple

import click

from cli.errors import CommandFailed, Failure, wrong_usage
from cli.import_beginnings import books_of
from cli.import_endings import import_body, leave_import, show_import
from cli.import_files import write_rejects, write_report
from cli.lazy import Lazy, LazyGroup
from cli.output import note
from cli.progress import Progress
from cli.reading import as_of, rows_follow
from cli.settings import Question, settings_of
from domain.envelope import validated
from domain.events import Event
from domain.units import is_identifier
from importers.hyperliquid.books import VENUE
from importers.hyperliquid.importing import HyperliquidImport, UnknownReading
from importers.hyperliquid.ledger_updates import READINGS
from importers.hyperliquid.reader_process import ReaderLost
from importers.hyperliquid.rendering import report_object, report_text
from importers.hyperliquid.rows import STREAM_ORDERS, StreamOrder
from importers.hyperliquid.unpacking import UnreadablePath
from importers.hyperliquid.window import BadWindow
from ledger.errors import StoreMissing
from ledger.ledger import Ledger
from ledger.recording import Recorded
from reports.page import AsOf

EVENTS_TO_FOLLOW: Final = 100_000
"""Events of an import that are counted into the rows at once; more wait for the first question."""


@click.group(
    name="import",
    cls=LazyGroup,
    lazy={
        "dydx": Lazy("cli.import_dydx_command:dydx", "Record what dYdX's indexer says."),
        "hyperliquid": Lazy(
            "cli.import_command:hyperliquid", "Record what Hyperliquid's archive says."
        ),
        "ndjson": Lazy(
            "cli.import_ndjson_command:import_ndjson",
            "Append the events of a raw export; the root is the same.",
        ),
    },
    no_args_is_help=True,
)
def import_group() -> None:
    """Record what a venue's archive says."""


@click.command(cls=Question)
@click.argument(
    "paths", nargs=-1, required=True, metavar="PATH...", type=click.Path(path_type=Path)
)
@click.option("--dry-run", is_flag=True, help="Read and reconcile, write nothing.")
@click.option(
    "--account", metavar="ADDRESS", help="Whose rows they are, in files that do not say it."
)
@click.option(
    "--reading",
    "readings",
    multiple=True,
    metavar="KIND=READING",
    help="How to book a kind of ledger update whose effect is uncertain.",
)
@click.option(
    "--order",
    type=click.Choice(tuple(STREAM_ORDERS)),
    default="misc-first",
    show_default=True,
    help="What comes first inside one block; the venue does not publish it.",
)
@click.option(
    "--workers",
    type=click.IntRange(1, 2),
    help="Processes to read and book with; by default 2 for large archives, the result is one.",
)
@click.option(
    "--from-snapshot", is_flag=True, help="Begin with the first snapshot among the files."
)
@click.option(
    "--until", metavar="BLOCK|TIME", help="The last block, or instant (ISO, with zone), to book."
)
@click.option(
    "--report",
    "page",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE.html",
    help="Also write the reconciliation as one HTML page.",
)
@click.option(
    "--rejects",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE.ndjson",
    help="Also write every rejected row as its file has it.",
)
@click.option("--allow-rejects", is_flag=True, help="Exit 0 although rows were rejected.")
@click.pass_context
def hyperliquid(
    context: click.Context,
    paths: tuple[Path, ...],
    dry_run: bool,
    account: str | None,
    readings: tuple[str, ...],
    order: StreamOrder,
    workers: int | None,
    from_snapshot: bool,
    until: str | None,
    page: Path | None,
    rejects: Path | None,
    allow_rejects: bool,
) -> None:
    r"""Record what Hyperliquid's archive says.

    Reads API dumps, socket messages, fills and misc events by block, the oldest trades, asset
    contexts and meta, plain or packed (gzip, zstd, LZ4 frames, split parts), and says what became
    of every row. An import that was interrupted goes on when the same command is given again.

    \b
    Example:  zerosum import hyperliquid fills.json --account 0x1234... --dry-run
    """
    if account is not None and not is_identifier(account):
        raise wrong_usage("bad_value", f"--account {account} names no account")
    chosen = _chosen(readings)
    named = None if account is None else account.lower()
    archive = _Archive(
        paths, named, chosen, order, workers, from_snapshot, until, rejects is not None
    )
    run = _Run(context, archive)
    found, recorded, moment = run.dry() if dry_run else run.record()
    body = import_body(report_object(found.report), found.report.facts, recorded, moment)
    if rejects is not None:
        write_rejects(context, rejects, found)
    if page is not None:
        write_report(context, page, body, moment, run.origin)
    show_import(context, body, report_text(found.report), recorded, moment)
    leave_import(found.report, allow_rejects=allow_rejects)


class _Archive(NamedTuple):
    """What to import, and how."""

    paths: tuple[Path, ...]
    account: str | None
    readings: dict[str, str]
    order: StreamOrder
    workers: int | None
    from_snapshot: bool
    until: str | None
    keeps_rejects: bool


class _Run:
    """One archive on its way into the log."""

    def __init__(self, context: click.Context, archive: _Archive) -> None:
        self._context = context
        self._archive = archive
        self._url = settings_of(context).url
        self.origin = "no store"

    def record(self) -> tuple[HyperliquidImport, Recorded, AsOf]:
        """Record the facts, durably."""
        with Ledger.open(self._url) as ledger:
            self.origin = ledger.origin
            found = self._found(ledger)
            digests = found.report.digests
            with reading_failures():
                recorded = ledger.record_applied(self._watched(found), found.venue, files=digests)
            if recorded.events <= EVENTS_TO_FOLLOW:
                rows_follow(self._context, ledger)
            else:
                note(self._context, "the rows follow with the first question that needs them")
            return found, recorded, as_of(ledger, ledger.head)

    def dry(self) -> tuple[HyperliquidImport, None, AsOf | None]:
        """Do all of it but the writing; without a store as if into an empty one."""
        try:
            ledger = Ledger.open(self._url, readonly=True)
        except StoreMissing:
            found, moment = self._found(None), None
        else:
            with ledger:
                self.origin = ledger.origin
                found, moment = self._found(ledger), as_of(ledger, ledger.head)
        with reading_failures():
            for events in self._watched(found):
                validated(events)
        return found, None, moment

    def _watched(self, found: HyperliquidImport) -> Iterator[list[Event]]:
        """The facts, with the share of bytes read and the rows per second on the terminal."""
        progress = Progress(self._context, "rows", share=lambda: found.share)
        before = 0
        for events in found.events():
            yield events
            progress.add(found.rows - before)
            before = found.rows
        progress.end()

    def _found(self, ledger: Ledger | None) -> HyperliquidImport:
        archive = self._archive
        venue, memory = books_of(ledger, VENUE)
        try:
            return HyperliquidImport(
                archive.paths,
                account=archive.account,
                readings=archive.readings,
                venue=venue,
                memory=memory,
                order=archive.order,
                workers=archive.workers,
                from_snapshot=archive.from_snapshot,
                until=archive.until,
                keeps_rejects=archive.keeps_rejects,
            )
        except UnreadablePath as fault:
            raise _unreadable(fault) from fault
        except UnknownReading as fault:
            raise _unknown_reading(str(fault)) from fault
        except BadWindow as fault:
            raise wrong_usage(fault.code, str(fault)) from fault


@contextmanager
def reading_failures() -> Iterator[None]:
    """What goes wrong while files are read, as this command says it."""
    try:
        yield
    except UnreadablePath as fault:
        raise _unreadable(fault) from fault
    except ReaderLost as fault:
        message = f"{fault}; what was committed stays, the same command goes on from there"
        hint = "--workers 1 reads in this process; was memory short?"
        raise CommandFailed(Failure("reader_lost", 1, message, hint=hint)) from fault


def _unreadable(fault: UnreadablePath) -> CommandFailed:
    return wrong_usage("unreadable_path", str(fault), hint=fault.hint)


def _chosen(readings: Iterable[str]) -> dict[str, str]:
    chosen = {}
    for text in readings:
        kind, equals, reading = text.partition("=")
        if not equals or reading not in READINGS.get(kind, ()):
            raise _unknown_reading(text)
        chosen[kind] = reading
    return chosen


def _unknown_reading(text: str) -> CommandFailed:
    known = "; ".join(f"{kind}={'|'.join(some)}" for kind, some in sorted(READINGS.items()))
    return wrong_usage("unknown_reading", f"there is no reading {text}", expected=known)
