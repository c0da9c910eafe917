"""How does a venue's archive become a recorded log?

Facts are recorded in bulk; what became of every row is the answer. A dry run says the same and
writes nothing. Rows of an earlier import are passed over: importing twice changes nothing.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final, NamedTuple

import click

from cli.errors import REJECTED, CommandFailed, Failure, wrong_usage
from cli.lazy import Lazy, LazyGroup
from cli.output import note, show, write
from cli.progress import Progress
from cli.reading import as_of, rows_follow
from cli.settings import Question, settings_of
from domain.envelope import validated
from domain.events import Event
from domain.units import is_identifier
from domain.venue import Venue
from importers.hyperliquid.importing import HyperliquidImport, UnknownReading
from importers.hyperliquid.ledger_updates import READINGS
from importers.hyperliquid.memory import Memory
from importers.hyperliquid.rendering import report_object, report_text
from importers.hyperliquid.rows import STREAM_ORDERS, StreamOrder
from importers.hyperliquid.unpacking import UnreadablePath
from ledger.errors import DecidedLog, StoreMissing
from ledger.ledger import Ledger
from ledger.recording import Recorded
from reports.page import AsOf, Page, json_text

EVENTS_TO_FOLLOW: Final = 100_000
"""Events of an import that are counted into the rows at once; more wait for the first question."""


@click.group(
    name="import",
    cls=LazyGroup,
    lazy={
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
    run = _Run(context, _Archive(paths, named, chosen, order, workers))
    found, recorded, moment = run.dry() if dry_run else run.record()
    _show(context, found, recorded, moment)
    _leave(found, allow_rejects=allow_rejects)


class _Archive(NamedTuple):
    """What to import, and how."""

    paths: tuple[Path, ...]
    account: str | None
    readings: dict[str, str]
    order: StreamOrder
    workers: int | None


class _Run:
    """One archive on its way into the log."""

    def __init__(self, context: click.Context, archive: _Archive) -> None:
        self._context = context
        self._archive = archive
        self._url = settings_of(context).url

    def record(self) -> tuple[HyperliquidImport, Recorded, AsOf]:
        """Record the facts, durably."""
        with Ledger.open(self._url) as ledger:
            found = self._found(ledger)
            digests = found.report.digests
            try:
                recorded = ledger.record_applied(self._watched(found), found.venue, files=digests)
            except UnreadablePath as fault:
                raise _unreadable(fault) from fault
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
                found, moment = self._found(ledger), as_of(ledger, ledger.head)
        try:
            for events in self._watched(found):
                validated(events)
        except UnreadablePath as fault:
            raise _unreadable(fault) from fault
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
        venue, memory = Venue(), Memory()
        if ledger is not None and ledger.head:
            venue = ledger.venue_at(ledger.head)
            if venue.kind == "decided":
                message = "this log's venue decides here; it takes no recorded facts"
                raise DecidedLog(message)
            memory = Memory.of(ledger.events())
        try:
            return HyperliquidImport(
                archive.paths,
                account=archive.account,
                readings=archive.readings,
                venue=venue,
                memory=memory,
                order=archive.order,
                workers=archive.workers,
            )
        except UnreadablePath as fault:
            raise _unreadable(fault) from fault
        except UnknownReading as fault:
            raise _unknown_reading(str(fault)) from fault


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


def _show(
    context: click.Context, found: HyperliquidImport, recorded: Recorded | None, moment: AsOf | None
) -> None:
    report = report_object(found.report)
    body: dict[str, Any] = {
        "lines": report["lines"],
        "applied": report["applied"],
        "rejected": report["rejected"],
        "events": recorded.events if recorded else 0,
        "first_seq": recorded.first_seq if recorded else None,
        "last_seq": recorded.last_seq if recorded else None,
        "root": recorded.root.hex() if recorded else (moment.root if moment else ""),
        "dry_run": recorded is None,
        "facts": found.report.facts,
        **report,
    }
    said = tuple(report_text(found.report))
    if recorded is None:
        ending = f"Dry run: {found.report.facts} facts were not written."
    elif recorded.events:
        ending = f"{recorded.events} events, seq {recorded.first_seq} to {recorded.last_seq}"
    else:
        ending = "Nothing new: no events were written."
    page = Page("import/1", moment, body, None, ("\n".join((*said, ending)),))
    if settings_of(context).output_format == "ndjson":
        write(json_text(page.object()) + "\n")
    else:
        show(context, page)


def _leave(found: HyperliquidImport, *, allow_rejects: bool) -> None:
    """Fail where sums do not agree, or where rows were rejected now."""
    report = found.report
    if not report.holds:
        message = "the sums of the rows and the books do not agree"
        raise CommandFailed(Failure("sums_differ", 1, message, hint="--json shows each account"))
    if not report.is_complete and not allow_rejects:
        count = report.rejected_rows - report.recorded_before
        raise CommandFailed(
            Failure(
                "rejected_rows",
                REJECTED,
                f"{count} of {report.rows_in} rows {'was' if count == 1 else 'were'} rejected",
                hint="--allow-rejects takes that for a success",
            )
        )
