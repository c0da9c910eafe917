"""How do answers of dYdX's indexer become a recorded log?"""

from pathlib import Path

import click

from cli.errors import wrong_usage
from cli.import_beginnings import books_of
from cli.import_endings import import_body, leave_import, show_import
from cli.import_run import ImportRun
from cli.settings import Question
from domain.units import is_identifier
from importers.dydx.books import VENUE
from importers.dydx.importing import DydxImport
from importers.dydx.rendering import report_object, report_text
from ledger.ledger import Ledger


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

    def begun(ledger: Ledger | None) -> DydxImport:
        venue, memory = books_of(ledger, VENUE)
        return DydxImport(paths, account=account, venue=venue, memory=memory)

    run = ImportRun(context, begun)
    found, recorded, moment = run.dry() if dry_run else run.record()
    report = found.report
    body = import_body(report_object(report, found.checks), report.facts, recorded, moment)
    show_import(context, body, report_text(report, found.checks), recorded, moment)
    leave_import(report, allow_rejects=allow_rejects)
