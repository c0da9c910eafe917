"""How does a sheet read where there are no pages?

The same sections as plain parts, for a terminal; charts are left out, since the table beside each
says the same.
"""

from collections.abc import Iterator

from reports.html.blocks import Block, Chart, Facts, Paragraph, Sheet, Table, Tiles
from reports.page import Json
from reports.page import Table as PlainTable


def sheet_parts(page: Sheet) -> tuple[PlainTable | str, ...]:
    """The parts of a page for people."""
    parts: list[PlainTable | str] = [f"{page.title}\n{_facts(page.header)}"]
    for section in page.sections:
        heading = f"{section.number}. {section.heading}"
        for part in _parts(section.blocks):
            if heading and isinstance(part, str):
                parts.append(f"{heading}\n{part}")
            elif heading:
                parts += [heading, part]
            else:
                parts.append(part)
            heading = ""
    return tuple(parts)


def _parts(blocks: tuple[Block, ...]) -> Iterator[PlainTable | str]:
    for block in blocks:
        match block:
            case Paragraph():
                yield "".join(span.text for span in block.spans)
            case Facts():
                yield _facts(block)
            case Table():
                yield _table(block)
            case Tiles() | Chart():
                continue


def _facts(block: Facts) -> str:
    return "\n".join(
        f"{term}: {cell.text.replace(chr(10), ' ')}" + (f" ({cell.remark})" if cell.remark else "")
        for term, cell in block.items
    )


def _table(block: Table) -> PlainTable:
    keys = [f"{index}" for index in range(len(block.columns))]
    words = frozenset(key for key, c in zip(keys, block.columns, strict=True) if c.is_word)
    rows: list[dict[str, Json]] = []
    for row in block.rows:
        texts = [cell.text.replace("\n", " ") for cell in row.cells]
        if row.look in ("cut", "gap"):
            texts = ["" for _ in keys]
            texts[keys.index(min(words)) if words else 0] = f"-- {row.cells[0].text} --"
        rows.append(dict(zip(keys, texts, strict=True)))
    headings = {
        key: f"{column.heading} ({column.unit})" if column.unit else column.heading
        for key, column in zip(keys, block.columns, strict=True)
    }
    return PlainTable(headings, rows, words, block.caption)
