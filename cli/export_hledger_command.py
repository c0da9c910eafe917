"""How do the books leave for hledger?"""

from pathlib import Path

import click

from cli.exporting import Choice, export_options, window_of, write_lines
from cli.settings import Question
from reports.exports.hledger import hledger_lines
from reports.exports.journal import Journal
from reports.exports.movements import movements


@click.command("hledger", cls=Question, epilog="Example: zerosum export hledger -o books.journal")
@export_options
@click.pass_context
def export_hledger(
    context: click.Context,
    output: Path | None,
    from_: str | None,
    to: str | None,
    account: str | None,
    names: bool,
) -> None:
    """A journal that hledger checks and adds up.

    Check it with: hledger -f FILE check -s balancednoautoconversion ordereddates
    """
    with window_of(context, Choice(output, from_, to, account, names)) as window:
        journal = Journal(window.venue(), account)
        moved = movements(journal.venue, window.events())
        write_lines(output, hledger_lines(journal, moved, window.title, window.persons))
