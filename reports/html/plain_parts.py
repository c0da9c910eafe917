"""How do tables and sentences for people become a page, where no page was drawn for them?

A titled table begins a section; sentences join the section before them, or open the page.
"""

from collections.abc import Sequence

from reports.html.blocks import Block, Cell, Column, Facts, Row, Section, Sheet, Table, said
from reports.html.rendering import sheet_html
from reports.html.view import number
from reports.page import Json
from reports.page import Table as PlainTable

OPENING = "Answer"


def parts_html(
    title: str,
    eyebrow: str,
    case: str,
    root: str,
    facts: Sequence[tuple[str, str]],
    parts: Sequence[PlainTable | str],
) -> str:
    """One HTML file of these parts."""
    return sheet_html(parts_sheet(title, eyebrow, case, root, facts, parts))


def parts_sheet(
    title: str,
    eyebrow: str,
    case: str,
    root: str,
    facts: Sequence[tuple[str, str]],
    parts: Sequence[PlainTable | str],
) -> Sheet:
    """The same before anybody chose HTML or PDF."""
    header = Facts(tuple((term, Cell(text)) for term, text in facts))
    return Sheet(title, case, root, header, _sections(parts), eyebrow)


def _sections(parts: Sequence[PlainTable | str]) -> tuple[Section, ...]:
    found: list[tuple[str, list[Block]]] = []
    for part in parts:
        if isinstance(part, str):
            if not found:
                found.append((OPENING, []))
            found[-1][1].extend(said(line) for line in part.splitlines() if line)
        else:
            if part.title or not found:
                found.append((part.title or OPENING, []))
            found[-1][1].append(_table(part, found[-1][0]))
    return tuple(
        Section(index, heading.lower().replace(" ", "-").replace(",", ""), heading, tuple(blocks))
        for index, (heading, blocks) in enumerate(found)
    )


def _table(part: PlainTable, caption: str) -> Table:
    columns = tuple(
        Column(heading, is_word=key in part.words) for key, heading in part.columns.items()
    )
    rows = tuple(
        Row(tuple(_cell(row.get(key), is_word=key in part.words) for key in part.columns))
        for row in part.rows
    )
    return Table(caption, columns, rows)


def _cell(value: Json, *, is_word: bool) -> Cell:
    if value is None:
        return Cell("–")
    text = str(value)
    return Cell(text) if is_word or not text[-1:].isdigit() else number(text)
