"""How does an explanation become a file: a page, or a PDF?

A file appears under its name when it is complete; the same log writes the same bytes.
"""

from pathlib import Path

import click

from cli.adl_pages import Explained
from cli.exporting import target
from cli.output import note
from reports.html.pdf import sheet_pdf
from reports.html.rendering import sheet_html


def write_html(context: click.Context, made: Explained, path: Path) -> None:
    """One decision's page."""
    _write(context, path, sheet_html(made.sheet).encode("utf-8"))


def write_pdf(context: click.Context, made: Explained, path: Path) -> None:
    """One decision's PDF, the JSON answer attached."""
    _write(context, path, sheet_pdf(made.sheet, made.evidence, made.time))


def _write(context: click.Context, path: Path, content: bytes) -> None:
    with target(path) as out:
        out.write(content)
    note(context, f"wrote {path}, {len(content):,} bytes")
