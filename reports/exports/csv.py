"""How do the rows read as text that every spreadsheet and database takes?

Numbers are exact decimals. A text that a spreadsheet would take for a formula is left as it is:
account and market names of decided logs cannot begin like one, and what the log says is not edited.
"""

import re
from collections.abc import Iterable, Iterator, Mapping

from reports.exports.rows import LegRow, LegRows, shown

_MARK = re.compile(r'[,"\r\n]')


def csv_lines(
    rows: Iterable[LegRow], found: LegRows, persons: Mapping[str, str] | None = None
) -> Iterator[str]:
    """A heading and one record per row; with `persons` the name behind each account as well."""
    extra = () if persons is None else ("person",)
    yield _line((*LegRow._fields, *extra))
    for row in rows:
        cells = shown(row, found.venue.quote_unit)
        if persons is not None:
            cells["person"] = persons.get(row.account, "")
        yield _line(cells.values())


def _line(cells: Iterable[str]) -> str:
    return ",".join(map(_cell, cells)) + "\n"


def _cell(text: str) -> str:
    """Quoted where RFC 4180 asks for it; a lone carriage return ends a line in some readers."""
    if _MARK.search(text):
        return '"' + text.replace('"', '""') + '"'
    return text
