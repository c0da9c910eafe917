"""What is a page made of, before anybody chose HTML or PDF?

Sections of paragraphs, tables, tiles, facts and charts. A span may link to the place where its
number is shown; a cell may be such a place.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from reports.html.shapes import Shape


@dataclass(frozen=True, slots=True)
class Span:
    """A piece of a sentence, linked to a place on the page when `to` names one."""

    text: str
    to: str | None = None


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Sentences; a note is said more quietly."""

    spans: tuple[Span, ...]
    is_note: bool = False
    kind: str = "paragraph"


@dataclass(frozen=True, slots=True)
class Cell:
    """What stands in one cell: text, a quieter remark, the place it is for links, or a link."""

    text: str
    remark: str = ""
    place: str | None = None
    is_code: bool = False
    is_wide: bool = False
    href: str | None = None


@dataclass(frozen=True, slots=True)
class Column:
    """A heading with its unit; words stand left, numbers right."""

    heading: str
    unit: str = ""
    is_word: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """Cells, the first of which names the row; `look` is plain, own, cut or gap.

    A cut or gap row has one cell, over all columns.
    """

    cells: tuple[Cell, ...]
    look: str = "plain"


@dataclass(frozen=True, slots=True)
class Table:
    """A table with a caption that says what it shows."""

    caption: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    kind: str = "table"


@dataclass(frozen=True, slots=True)
class Facts:
    """Terms and what they are here."""

    items: tuple[tuple[str, Cell], ...]
    kind: str = "facts"


@dataclass(frozen=True, slots=True)
class Tile:
    """One number large, with its unit and a link to where it comes from."""

    label: str
    text: str
    unit: str = ""
    to: str | None = None


@dataclass(frozen=True, slots=True)
class Tiles:
    """Up to four numbers that a reader looks for first."""

    tiles: tuple[Tile, ...]
    kind: str = "tiles"


@dataclass(frozen=True, slots=True)
class Chart:
    """A drawing with a name of its own, a label that says it in words, and its caption."""

    name: str
    label: str
    caption: str
    width: int
    height: int
    shapes: tuple[Shape, ...]
    kind: str = "chart"


Block = Paragraph | Table | Facts | Tiles | Chart


@dataclass(frozen=True, slots=True)
class Section:
    """A numbered section."""

    number: int
    place: str
    heading: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class Sheet:
    """A whole page: heading, facts of the header, sections, and what stands on every foot."""

    title: str
    case: str
    root: str
    header: Facts
    sections: tuple[Section, ...] = field(default=())
    eyebrow: str = "Explanation of an auto-deleveraging decision"
    """What kind of page it is, in small letters above the title."""


def said(*texts: str, is_note: bool = False) -> Paragraph:
    """A paragraph without links."""
    return Paragraph((Span(" ".join(text for text in texts if text)),), is_note)


def cells(texts: Sequence[str]) -> tuple[Cell, ...]:
    """Plain cells."""
    return tuple(Cell(text) for text in texts)
