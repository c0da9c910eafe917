"""How does a page reach the caller: table, JSON, NDJSON or CSV?

Bytes, always UTF-8, whatever the locale. Away from a terminal there are no boxes, no colour and
nothing is cut off.
"""

import csv
import errno
import io
import sys
from collections.abc import Iterable, Mapping
from typing import IO, TextIO

import click

from cli.errors import talk
from cli.plain import plain_text
from cli.settings import settings_of
from reports.page import AsOf, Json, Page, Row, json_text

CHARACTERS_AT_ONCE = 1 << 16


def show(context: click.Context, page: Page) -> None:
    """Print a page in the format that was asked for."""
    match settings_of(context).output_format:
        case "json":
            write(json_text(page.object()) + "\n")
        case "ndjson":
            write_many(json_text(part) + "\n" for part in _ndjson_parts(page))
        case "csv":
            write(_csv_text(page))
        case _:
            _show_table(page)


def show_rows(context: click.Context, page: Page, none: str) -> None:
    """Print a page; where CSV has no line to print, `none` says why on stderr."""
    show(context, page)
    if settings_of(context).output_format == "csv" and not page.lines():
        note(context, none)


def note(context: click.Context, text: str) -> None:
    """Talk, on stderr; `-q` silences it."""
    if not settings_of(context).is_quiet:
        talk(text)


def write(text: str) -> None:
    """Text to stdout as UTF-8."""
    out = _stdout()
    out.write(text.encode("utf-8"))
    out.flush()


def write_many(texts: Iterable[str]) -> None:
    """Many texts, gathered so that a long answer is not one write per line."""
    out, gathered, size = _stdout(), list[str](), 0
    for text in texts:
        gathered.append(text)
        size += len(text)
        if size >= CHARACTERS_AT_ONCE:
            out.write("".join(gathered).encode("utf-8"))
            gathered, size = [], 0
    out.write("".join(gathered).encode("utf-8"))
    out.flush()


def as_of_line(as_of: AsOf) -> str:
    """For which point of the log an answer holds, in words."""
    if as_of.time is None:
        return "As of seq 0: the log is empty."
    return f"As of seq {as_of.seq}, {as_of.time_text}, root {as_of.root}"


def csv_line(cells: Iterable[Json]) -> str:
    """One CSV record."""
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerow([_cell(value) for value in cells])
    return out.getvalue()


def _stdout() -> IO[bytes]:
    out = open_stdout()
    out.flush()
    return out.buffer


def open_stdout() -> TextIO:
    """Standard output; closed before the program began, it is a pipe that nobody reads."""
    # Python has None where the caller closed the descriptor; type checkers do not know.
    out: TextIO | None = sys.stdout
    if out is None:
        raise BrokenPipeError(errno.EPIPE, "standard output is closed")
    return out


def _ndjson_parts(page: Page) -> Iterable[Mapping[str, Json]]:
    """The rows, one a line, then everything else as the last line."""
    yield from page.lines()
    yield page.rest()


def _csv_text(page: Page) -> str:
    rows = page.lines() if page.rows is not None else [page.body]
    columns: Iterable[str] = rows[0] if rows else ()
    if page.flat is not None:
        rows, columns = page.flat.rows, page.flat.columns
    elif not rows:
        return ""
    moment: Row = {}
    if page.as_of is not None:
        moment = {"as_of_seq": page.as_of.seq, "as_of_time": page.as_of.time_text}
    head = csv_line([*columns, *moment])
    return head + "".join(csv_line([*row.values(), *moment.values()]) for row in rows)


def _cell(value: Json) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (str, int)):
        return str(value)
    return json_text(value)


def _show_table(page: Page) -> None:
    head = "" if page.as_of is None else as_of_line(page.as_of)
    if open_stdout().isatty():
        # rich is slow to load and only a terminal needs it.
        from cli.terminal import show_on_terminal

        show_on_terminal(head, page.parts)
    else:
        write(plain_text(head, page.parts))
