"""How does a page read without a terminal: aligned columns, nothing drawn, nothing cut off?"""

from collections.abc import Iterable, Sequence

from reports.page import Json, Row, Table

GAP = "  "
NOTHING = "-"


def plain_text(head: str, parts: Sequence[Table | str]) -> str:
    """The head line, then every part, with an empty line between them."""
    blocks = [head] if head else []
    blocks += [part if isinstance(part, str) else table_text(part) for part in parts]
    return "\n\n".join(blocks) + "\n"


def table_text(table: Table) -> str:
    """Headings and rows; numbers to the right, words to the left."""
    lines = [list(table.columns.values()), *(shown_cells(table, row) for row in table.rows)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    is_word = [key in table.words for key in table.columns]
    text = "\n".join(_aligned(line, widths, is_word) for line in lines)
    return f"{table.title}\n{text}" if table.title else text


def shown_cells(table: Table, row: Row) -> list[str]:
    """A row's cells as text, in the order of the columns."""
    return [shown(row.get(key, "")) for key in table.columns]


def shown(value: Json) -> str:
    """One cell."""
    return NOTHING if value is None else str(value)


def _aligned(cells: Iterable[str], widths: Sequence[int], is_word: Sequence[bool]) -> str:
    line = GAP.join(
        cell.ljust(width) if word else cell.rjust(width)
        for cell, width, word in zip(cells, widths, is_word, strict=True)
    )
    return line.rstrip()
