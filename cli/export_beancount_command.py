"""How do the books leave for beancount?"""

from pathlib import Path

import click

from cli.exporting import Choice, export_options, window_of, write_lines
from cli.settings import Question
from reports.exports.beancount import beancount_lines
from reports.exports.journal import Journal
from reports.exports.movements import movements


@click.command(
    "beancount", cls=Question, epilog="Example: zerosum export beancount -o books.beancount"
)
@export_options
@click.pass_context
def export_beancount(
    context: click.Context,
    output: Path | None,
    from_: str | None,
    to: str | None,
    account: str | None,
    names: bool,
) -> None:
    """A ledger that bean-check accepts.

    Beancount keeps 28 digits: a log that needs more is refused, never rounded.
    """
    with window_of(context, Choice(output, from_, to, account, names)) as window:
        journal = Journal(window.venue(), account)
        moved = movements(journal.venue, window.events())
        write_lines(output, beancount_lines(journal, moved, window.title, window.persons))
