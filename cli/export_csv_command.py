"""How do all movements leave as a table of text?"""

from pathlib import Path

import click

from cli.exporting import Choice, export_options, window_of, write_lines
from cli.settings import Question
from reports.exports.csv import csv_lines
from reports.exports.rows import LegRows


@click.command("csv", cls=Question, epilog="Example: zerosum export csv -o movements.csv")
@export_options
@click.pass_context
def export_csv(
    context: click.Context,
    output: Path | None,
    from_: str | None,
    to: str | None,
    account: str | None,
    names: bool,
) -> None:
    """Every movement as a row of exact decimals.

    One row per account that an event moved something of: positions are sums of lots_change, cash
    is the sum of cash_change, and so are fees, funding and results.
    """
    with window_of(context, Choice(output, from_, to, account, names)) as window:
        found = LegRows(window.venue(), window.earlier())
        rows = found.over(window.events(), account)
        write_lines(output, csv_lines(rows, found, window.persons))
