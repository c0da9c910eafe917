"""Which decisions were explained into this folder?

One line per decision in the order of the log, each with a link to its page. For traders and the
public a line names neither accounts nor amounts.
"""

from collections.abc import Sequence

from reports.audience import Audience, Document
from reports.html.amounts import grouped
from reports.html.blocks import Cell, Column, Facts, Row, Section, Sheet, Table, said
from reports.html.rendering import rendered
from reports.html.view import number
from reports.page import AsOf


def page_name(decision_id: str) -> str:
    """The file of one decision."""
    return f"{decision_id}.html"


def index_html(
    decisions: Sequence[Document],
    origin: str,
    quote: str,
    at: AsOf,
    audience: Audience,
) -> str:
    """The index page; `decisions` are the rows of `adl list`."""
    is_auditor = audience is Audience.AUDITOR
    rows = tuple(_row(found, is_auditor=is_auditor) for found in decisions)
    table = Table(
        "Each decision has a page of its own", _columns(quote, is_auditor=is_auditor), rows
    )
    count = len(decisions)
    header = Facts(
        (
            ("Log", Cell(origin)),
            ("Up to", Cell(f"seq {grouped(str(at.seq))}, {_clock(at.time_text)}")),
            ("Audience", Cell(str(audience))),
            ("Decisions", Cell(grouped(str(count)))),
        )
    )
    nothing = said("No account was auto-deleveraged.")
    section = Section(0, "decisions", "Decisions", (table,) if rows else (nothing,))
    title = "Every auto-deleveraging decision, explained"
    return rendered("index.html", page=Sheet(title, origin, at.root, header, (section,)))


def _clock(time: str | None) -> str:
    if time is None:
        return "no events"
    return f"{time.replace('T', ' ')[:-1].removesuffix('.000000000')} UTC"


def _columns(quote: str, *, is_auditor: bool) -> tuple[Column, ...]:
    columns = (
        Column("decision", is_word=True),
        Column("time", "UTC", is_word=True),
        Column("market", is_word=True),
        Column("policy", is_word=True),
        Column("close price", quote),
    )
    if not is_auditor:
        return columns
    return (
        *columns,
        Column("bankrupt", is_word=True),
        Column("closed"),
        Column("victims"),
        Column("deficit", quote),
        Column("cost", quote),
    )


def _row(found: Document, *, is_auditor: bool) -> Row:
    cells = (
        Cell(found["id"], href=page_name(found["id"])),
        Cell(_clock(found["time"]).removesuffix(" UTC")),
        Cell(found["market"]),
        Cell(found["policy"]),
        number(found["close_price"]),
    )
    if not is_auditor:
        return Row(cells)
    return Row(
        (
            *cells,
            Cell(f"{found['bankrupt']} ({found['side']})"),
            number(found["quantity"]),
            number(str(found["victims"])),
            number(found["deficit"]),
            number(found["cost"]),
        )
    )
