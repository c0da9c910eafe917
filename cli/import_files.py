"""How does the account that an import gives of itself become files?

The page and the file of rejected rows appear under their names when they are complete; the same
import writes the same bytes.
"""

from pathlib import Path
from typing import Any

import click

from cli.exporting import target, write_lines
from cli.output import note
from cli.settings import settings_of
from importers.hyperliquid.importing import HyperliquidImport
from reports.html.reconciliation import reconciliation_html
from reports.page import AsOf


def write_report(
    context: click.Context, path: Path, body: dict[str, Any], moment: AsOf | None, origin: str
) -> None:
    """The reconciliation as one HTML page."""
    content = reconciliation_html(body, moment, origin).encode("utf-8")
    with target(path) as out:
        out.write(content)
    _note(context, f"wrote {path}, {len(content):,} bytes")


def write_rejects(context: click.Context, path: Path, found: HyperliquidImport) -> None:
    """Every row that was not applied, as its file has it, one JSON object a line."""
    rejects = found.rejects
    if rejects is None:
        return
    try:
        write_lines(path, rejects.lines())
    finally:
        rejects.close()
    count = found.report.rejected_rows - found.report.recorded_before
    _note(context, f"wrote {path}, {count:,} rejected rows")


def _note(context: click.Context, text: str) -> None:
    """Said to people only: for programs a refusal is the one thing on stderr."""
    if settings_of(context).output_format not in ("json", "ndjson"):
        note(context, text)
