"""How do answers of dYdX's indexer become a recorded log?"""

from collections.abc import Iterator
from pathlib import Path

import click

from cli.errors import wrong_usage
from cli.import_beginnings import books_of
from cli.import_endings import import_body, leave_import, show_import
from cli.progress import Progress
from cli.reading import as_of, rows_follow
from cli.settings import Question, settings_of
from domain.envelope import validated
from domain.events import Event
from domain.units import is_identifier
from importers.dydx.books import VENUE
from importers.dydx.importing import DydxImport
from importers.dydx.rendering import report_object, report_text
from importers.hyperliquid.unpacking import UnreadablePath
from ledger.errors import StoreMissing
from ledger.ledger import Ledger
from ledger.recording import Recorded
from reports.page import AsOf


@click.command(cls=Question)
@click.argument(
    "paths", nargs=-1, required=True, metavar="PATH...", type=click.Path(path_type=Path)
)
@click.option("--dry-run", is_flag=True, help="Read and reconcile, write nothing.")
@click.option(
    "--account", metavar="ADDRESS", help="Whose answers they are, in files that do not say it."
)
@click.option("--allow-rejects", is_flag=True, help="Exit 0 although rows were rejected.")
@click.pass_context
def dydx(
    context: click.Context,
    paths: tuple[Path, ...],
    dry_run: bool,
    account: str | None,
    allow_rejects: bool,
) -> None:
    r"""Record what dYdX's indexer says.

    Reads fills, public trades and markets as the indexer answers them or sends them on its socket
    (JSON, JSON lines, also packed). Deleveraging is booked with its exact amount of money; price,
    sides and sizes are checked, and what no row can tell is said.

    \b
    Example:  zerosum import dydx fills.json --account dydx1... --dry-run
    """
    if account is not None and not is_identifier(account):
        raise wrong_usage("bad_value", f"--account {account} names no account")
    run = _Run(context, paths, account)
    try:
        found, recorded, moment = run.dry() if dry_run else run.record()
    except UnreadablePath as fault:
        raise wrong_usage("unreadable_path", str(fault), hint=fault.hint) from fault
    report = found.report
    body = import_body(report_object(report, found.checks), report.facts, recorded, moment)
    show_import(context, body, report_text(report, found.checks), recorded, moment)
    leave_import(report, allow_rejects=allow_rejects)


class _Run:
    """Some files on their way into the log."""

    def __init__(
        self, context: click.Context, paths: tuple[Path, ...], account: str | None
    ) -> None:
        self._context = context
        self._paths = paths
        self._account = account
        self._url = settings_of(context).url

    def record(self) -> tuple[DydxImport, Recorded, AsOf]:
        """Record the facts, durably."""
        with Ledger.open(self._url) as ledger:
            found = self._found(ledger)
            digests = found.report.digests
            recorded = ledger.record_applied(self._watched(found), found.venue, files=digests)
            rows_follow(self._context, ledger)
            return found, recorded, as_of(ledger, ledger.head)

    def dry(self) -> tuple[DydxImport, None, AsOf | None]:
        """Do all of it but the writing; without a store as if into an empty one."""
        try:
            ledger = Ledger.open(self._url, readonly=True)
        except StoreMissing:
            found, moment = self._found(None), None
        else:
            with ledger:
                found, moment = self._found(ledger), as_of(ledger, ledger.head)
        for events in self._watched(found):
            validated(events)
        return found, None, moment

    def _watched(self, found: DydxImport) -> Iterator[list[Event]]:
        progress = Progress(self._context, "rows", share=lambda: found.share)
        before = 0
        for events in found.events():
            yield events
            progress.add(found.rows - before)
            before = found.rows
        progress.end()

    def _found(self, ledger: Ledger | None) -> DydxImport:
        venue, memory = books_of(ledger, VENUE)
        return DydxImport(self._paths, account=self._account, venue=venue, memory=memory)
