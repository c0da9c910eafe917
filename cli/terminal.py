"""How does a page look on a terminal?

The one module that knows rich. Tables are as wide as what they hold: nothing is cut off or wrapped,
so the same answer has the same text in a narrow window and in a wide one.
"""

import os
from collections.abc import Sequence

from rich.box import SIMPLE_HEAD
from rich.console import Console, JustifyMethod
from rich.table import Table as DrawnTable
from rich.text import Text

from cli.plain import shown_cells
from reports.page import Table

WIDER_THAN_ANY_ROW = 100_000


def show_on_terminal(head: str, parts: Sequence[Table | str]) -> None:
    """Print the head line and every part; colour only where NO_COLOR allows it."""
    console = Console(
        width=WIDER_THAN_ANY_ROW,
        highlight=False,
        color_system=None if os.environ.get("NO_COLOR") else "auto",
    )
    if head:
        console.print(Text(head, style="dim"))
    for part in parts:
        console.print()
        console.print(Text(part) if isinstance(part, str) else _drawn(part))


def _drawn(table: Table) -> DrawnTable:
    drawn = DrawnTable(box=SIMPLE_HEAD, title=table.title or None, title_justify="left")
    for key, heading in table.columns.items():
        justify: JustifyMethod = "left" if key in table.words else "right"
        drawn.add_column(heading, justify=justify, no_wrap=True, overflow="ignore")
    for row in table.rows:
        drawn.add_row(*(Text(cell) for cell in shown_cells(table, row)))
    return drawn
