"""How do all movements leave as columns?"""

from pathlib import Path

import click

from cli.errors import wrong_usage
from cli.exporting import Choice, export_options, target, window_of
from cli.output import note
from cli.settings import Question
from reports.exports.parquet import write_parquet
from reports.exports.rows import LegRows


@click.command(
    "parquet", cls=Question, epilog="Example: zerosum export parquet -o movements.parquet"
)
@export_options
@click.pass_context
def export_parquet(
    context: click.Context,
    output: Path | None,
    from_: str | None,
    to: str | None,
    account: str | None,
    names: bool,
) -> None:
    """The same rows in columns of whole numbers.

    Lots and money are decimals of 38 digits, never floating point. Needs the extra `frames`.
    """
    if output is None:
        raise wrong_usage("usage", "Parquet is no text: name a file with -o FILE")
    with window_of(context, Choice(output, from_, to, account, names)) as window:
        found = LegRows(window.venue(), window.earlier())
        with target(output) as file:
            count = write_parquet(file, found.over(window.events(), account), found, window.persons)
        note(context, f"{count} rows")
