"""How does the log leave as lines?"""

from collections.abc import Iterator
from pathlib import Path

import click

from cli.errors import wrong_usage
from cli.exporting import Choice, Window, export_options, window_of, write_lines
from cli.settings import Question
from domain.events import Event
from reports.exports.ndjson import events_of, human_lines


@click.command(
    "ndjson", cls=Question, epilog="Example: zerosum export ndjson --raw -o events.ndjson"
)
@export_options
@click.option("--raw", is_flag=True, help="The stored bytes, which import ndjson takes.")
@click.pass_context
def export_ndjson(
    context: click.Context,
    output: Path | None,
    from_: str | None,
    to: str | None,
    account: str | None,
    names: bool,
    raw: bool,
) -> None:
    """Events, one JSON object a line.

    With --raw the bytes that are sealed: imported elsewhere they have the same root.
    """
    if raw and names:
        raise wrong_usage("usage", "--raw and --names exclude each other", hint="keep one of them")
    with window_of(context, Choice(output, from_, to, account, names)) as window:
        if raw:
            write_lines(output, _raw(window))
        else:
            lines = human_lines(_events(window), window.venue(), window.persons)
            write_lines(output, lines)


def _raw(window: Window) -> Iterator[str]:
    """Rows as they are stored; those of an account are told apart by reading along."""
    if window.last < window.first:
        return
    wanted = None if window.account is None else _events(window)
    following = _next_seq(wanted)
    for row in window.ledger.rows(window.first, window.last):
        if wanted is None:
            yield row.raw.decode("utf-8") + "\n"
        elif row.seq == following:
            yield row.raw.decode("utf-8") + "\n"
            following = _next_seq(wanted)


def _next_seq(events: Iterator[Event] | None) -> int | None:
    following = None if events is None else next(events, None)
    return None if following is None else following["seq"]


def _events(window: Window) -> Iterator[Event]:
    if window.account is None:
        return window.events()
    return events_of(window.account, window.events(), window.venue())
