"""Which events stand in the log?"""

from collections.abc import Callable, Iterator
from itertools import chain, islice, repeat
from typing import Any, NamedTuple

import click

from cli.errors import wrong_usage
from cli.moment import span_of
from cli.output import as_of_line, csv_line, note, write, write_many
from cli.plain import table_text
from cli.reading import Reading, as_of, log_only
from cli.settings import PastQuestion, settings_of
from domain.events import EVENT_TYPES, Event
from ledger.failures import translated
from projections import queries
from reports.facts import COLUMNS, CSV_COLUMNS, event_row, human_event
from reports.page import Json, Table, json_text

ROWS_PER_TABLE = 500

Picked = Callable[[int, str, str], bool]
"""Whether an event is asked for, from its seq, type and stream."""


class Window(NamedTuple):
    """First seq that is in, and first seq that is out again."""

    first: int
    out: int


class Filter(NamedTuple):
    """Which events are asked for; None asks for all."""

    types: tuple[str, ...]
    account: str | None
    market: str | None


@click.command(
    cls=PastQuestion,
    epilog="Example: zerosum events --type market.trade_executed --from 20 --format ndjson",
)
@click.option("--type", "types", multiple=True, metavar="T", help="Stored name; may be repeated.")
@click.option("--account", metavar="A", help="Events that name or pay this account.")
@click.option("--market", metavar="M", help="Events of this market.")
@click.option("--from", "from_", metavar="X", help="First event that is in.")
@click.option("--to", "to", metavar="Y", help="First event that is out again.")
@click.option("--raw", is_flag=True, help="The stored bytes, one event a line.")
@click.pass_context
def events(
    context: click.Context,
    types: tuple[str, ...],
    account: str | None,
    market: str | None,
    from_: str | None,
    to: str | None,
    raw: bool,
) -> None:
    """Which events stand in the log?

    The window is half open: --from is in, --to is out; --to head is everything up to the last.
    """
    wanted = Filter(tuple(map(_known_type, types)), account, market)
    with log_only(context) as books:
        window = _window(books, from_, to)
        # Before anything is printed: what was asked for may not exist.
        is_picked = _picked(books, wanted)
        if raw:
            note(context, _said(books, window))
            _print_raw(books, is_picked, window)
        else:
            _print(context, books, window, _events(books, is_picked, window))


def _known_type(name: str) -> str:
    known = sorted(EVENT_TYPES)
    found = [stored for stored in known if name in (stored, stored.partition("/")[0])]
    if not found:
        raise wrong_usage(
            "unknown_event_type",
            f"there is no event type {name[:80]!r}",
            expected=", ".join(known),
            hint="zerosum events lists the types that occur",
        )
    return found[0].partition("/")[0]


def _window(books: Reading, from_: str | None, to: str | None) -> Window:
    """The seqs that are meant; never beyond the moment that was asked for."""
    first = 1 if from_ is None else max(1, span_of(books.ledger, from_).first)
    out = books.seq + 1 if to in (None, "head") else span_of(books.ledger, str(to)).first
    return Window(first, min(out, books.seq + 1))


def _said(books: Reading, window: Window) -> str:
    last = window.out - 1
    if last < window.first:
        return f"window: from seq {window.first} to before seq {window.out}, no events"
    first, at_last = as_of(books.ledger, window.first), as_of(books.ledger, last)
    return (
        f"window: from seq {window.first} ({first.time_text}) to before seq {window.out}; last "
        f"event {at_last.time_text}"
    )


def _picked(books: Reading, wanted: Filter) -> Picked:
    """The filter as a question about one event; raises for what does not exist."""
    if wanted.market is not None:
        books.market(wanted.market)
    seqs: frozenset[int] | None = None
    if wanted.account is not None:
        with translated():
            queries.head(books.rows)
            found = queries.seqs_of(books.rows, wanted.account, 1, books.seq)
            seqs = frozenset(found)
    stream = f"market/{wanted.market}"

    def is_picked(seq: int, kind: str, of_stream: str) -> bool:
        return (
            (not wanted.types or kind.partition("/")[0] in wanted.types)
            and (wanted.market is None or of_stream == stream)
            and (seqs is None or seq in seqs)
        )

    return is_picked


def _events(books: Reading, is_picked: Picked, window: Window) -> Iterator[Event]:
    if window.out <= window.first:
        return
    for event in books.ledger.events(window.first, window.out - 1):
        if is_picked(event["seq"], event["type"], event["stream"]):
            yield event


def _print_raw(books: Reading, is_picked: Picked, window: Window) -> None:
    """Stored bytes, one event a line: they hold no newline."""
    if window.out <= window.first:
        return
    write_many(
        row.raw.decode("utf-8") + "\n"
        for row in books.ledger.rows(window.first, window.out - 1)
        if is_picked(row.seq, row.type, row.stream)
    )


def _print(context: click.Context, books: Reading, window: Window, found: Iterator[Event]) -> None:
    """Events as they are read: a log of any size needs no more memory than a few of them."""
    specs, unit = books.specs, books.quote_unit
    human = (human_event(event, specs, unit) for event in found)
    match settings_of(context).output_format:
        case "json":
            _print_json(books, window, human)
        case "ndjson":
            note(context, _said(books, window))
            write_many(json_text(event) + "\n" for event in human)
        case "csv":
            note(context, _said(books, window))
            write(csv_line(CSV_COLUMNS))
            write_many(csv_line(event[key] for key in CSV_COLUMNS) for event in human)
        case _:
            _print_table(books, window, human)


def _print_json(books: Reading, window: Window, human: Iterator[dict[str, Any]]) -> None:
    """One object, written as its rows are read."""
    head: dict[str, Json] = {
        "schema": "events/1",
        "as_of": books.as_of.body(),
        "window": {"from": window.first, "to": window.out},
    }
    separators = chain(("",), repeat(", "))
    write(json_text(head).removesuffix("}") + ', "rows": [')
    write_many(
        separator + json_text(event) for separator, event in zip(separators, human, strict=False)
    )
    write("]}\n")


def _print_table(books: Reading, window: Window, human: Iterator[dict[str, Any]]) -> None:
    """A table every few hundred rows: columns stay aligned without reading everything first."""
    write(f"{as_of_line(books.as_of)}\n{_said(books, window)}\n")
    while rows := [event_row(event) for event in islice(human, ROWS_PER_TABLE)]:
        write("\n" + table_text(Table(COLUMNS, rows, frozenset(COLUMNS) - {"seq"})) + "\n")
