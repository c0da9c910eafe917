"""How does a sheet become one HTML file that needs nothing else?

Templates are strict: a name that is missing fails, everything is escaped. The file holds its own
style, forbids everything that could be fetched, and has no script.
"""

from functools import cache
from typing import TYPE_CHECKING, Any

from reports.audience import Document
from reports.html.amounts import pieces
from reports.html.blocks import Sheet
from reports.html.page import sheet
from reports.html.surroundings import Surroundings

if TYPE_CHECKING:
    from jinja2 import Environment
    from markupsafe import Markup


def explanation_html(document: Document, around: Surroundings) -> str:
    """The page of one decision."""
    return sheet_html(sheet(document, around))


def sheet_html(page: Sheet) -> str:
    """A sheet as HTML."""
    return rendered("page.html", page=page)


def rendered(template: str, **names: Any) -> str:
    """A template of this package, filled in."""
    text: str = environment().get_template(template).render(**names)
    return text


@cache
def environment() -> "Environment":
    """Where templates come from; jinja is loaded with the first page only."""
    from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

    found = Environment(
        loader=PackageLoader("reports.html", "templates"),
        undefined=StrictUndefined,
        autoescape=select_autoescape(["html", "svg"], default=False),
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    found.filters["breakable"] = _breakable
    return found


def _breakable(text: str) -> "Markup":
    """Long fractions and long names may go on in the next line; what is copied stays whole."""
    from markupsafe import Markup, escape

    return Markup("<wbr>").join(escape(piece) for piece in pieces(text))
