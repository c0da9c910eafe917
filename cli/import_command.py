"""How does a venue's archive become a recorded log?

Facts are recorded in bulk; what became of every row is the answer. A dry run says the same and
writes nothing. Rows of an earlier import are passed over: importing twice changes nothing.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import Final, NamedTuple

import click

from cli.errors import CommandFailed, wrong_usage
from cli.import_beginnings import books_of
from cli.import_endings import import_body, leave_import, show_import
from cli.import_files import write_rejects, write_report
from cli.import_run import ImportRun
from cli.lazy import Lazy, LazyGroup
from cli.settings import Question
from domain.units import is_identifier
from importers.hyperliquid.books import VENUE
from importers.hyperliquid.importing import HyperliquidImport, UnknownReading
from importers.hyperliquid.ledger_updates import READINGS
from importers.hyperliquid.rendering import report_object, report_text
from importers.hyperliquid.rows import STREAM_ORDERS, StreamOrder
from importers.hyperliquid.window import BadWindow
from ledger.ledger import Ledger

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
    run = ImportRun(context, archive.begun)
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

    def begun(self, ledger: Ledger | None) -> HyperliquidImport:
        """The import over a log, or over none."""
        venue, memory = books_of(ledger, VENUE)
        try:
            return HyperliquidImport(
                self.paths,
                account=self.account,
                readings=self.readings,
                venue=venue,
                memory=memory,
                order=self.order,
                workers=self.workers,
                from_snapshot=self.from_snapshot,
                until=self.until,
                keeps_rejects=self.keeps_rejects,
            )
        except UnknownReading as fault:
            raise _unknown_reading(str(fault)) from fault
        except BadWindow as fault:
            raise wrong_usage(fault.code, str(fault)) from fault


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
