"""How does an import, of whatever venue, say what it did, and how does it leave?"""

from collections.abc import Iterable
from typing import Any

import click

from cli.errors import REJECTED, CommandFailed, Failure
from cli.output import show, write
from cli.settings import settings_of
from importers.hyperliquid.report import ImportReport
from ledger.recording import Recorded
from reports.page import AsOf, Page, json_text


def import_body(
    report: dict[str, Any], facts: int, recorded: Recorded | None, moment: AsOf | None
) -> dict[str, Any]:
    """The JSON object: the summary, then everything the report says; no `recorded` is a dry run."""
    return {
        "lines": report["lines"],
        "applied": report["applied"],
        "rejected": report["rejected"],
        "events": recorded.events if recorded else 0,
        "first_seq": recorded.first_seq if recorded else None,
        "last_seq": recorded.last_seq if recorded else None,
        "root": recorded.root.hex() if recorded else (moment.root if moment else ""),
        "dry_run": recorded is None,
        "facts": facts,
        **report,
    }


def show_import(
    context: click.Context,
    body: dict[str, Any],
    said: Iterable[str],
    recorded: Recorded | None,
    moment: AsOf | None,
) -> None:
    """Show what was found, and what became of it."""
    if recorded is None:
        ending = f"Dry run: {body['facts']} facts were not written."
    elif recorded.events:
        ending = f"{recorded.events} events, seq {recorded.first_seq} to {recorded.last_seq}"
    else:
        ending = "Nothing new: no events were written."
    page = Page("import/1", moment, body, None, ("\n".join((*said, ending)),))
    if settings_of(context).output_format == "ndjson":
        write(json_text(page.object()) + "\n")
    else:
        show(context, page)


def leave_import(report: ImportReport, *, allow_rejects: bool) -> None:
    """Fail where sums do not agree, or where rows were rejected now."""
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
