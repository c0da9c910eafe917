"""How does a test make the page of a decision?"""

from pathlib import Path

import click

from cli.adl_explain_command import asked_of
from cli.adl_pages import Explained, explained_for
from cli.cascade_mini import SCENARIO
from cli.reading import reading
from cli.settings import settings_of
from domain.adl.row_key import RowKey
from reports.audience import Audience
from reports.html.rendering import sheet_html
from tests.acceptance.calling import Books, books_with, cascade_mini

__all__ = ["SCENARIO", "Books", "books_with", "cascade_mini", "decision_of", "html_of"]


def decision_of(
    books: Books,
    decision: str,
    account: str | None = None,
    audience: Audience = Audience.AUDITOR,
    row_key: RowKey | None = None,
) -> Explained:
    """A decision as its reader may see it."""
    context = click.Context(click.Command("explain"))
    settings_of(context).store = books.url
    with reading(context) as read:
        asked = asked_of(read, read.decision(decision), account, row_key)
        return explained_for(read, asked, audience)


def html_of(
    folder: Path,
    account: str | None = None,
    audience: Audience = Audience.AUDITOR,
) -> str:
    """The page of the worked example's one decision."""
    return sheet_html(decision_of(cascade_mini(folder), "ADL-34", account, audience).sheet)
