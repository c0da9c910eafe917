"""What happened to one account?"""

import click

from cli.output import show
from cli.reading import reading
from cli.settings import PastQuestion
from ledger.failures import translated
from projections import queries
from reports.statement import statement_page


@click.command(cls=PastQuestion, epilog="Example: zerosum history dave")
@click.argument("account")
@click.pass_context
def history(context: click.Context, account: str) -> None:
    """What happened to one account?

    Every event that touched it, with its cash and its position afterwards.
    """
    with reading(context) as books:
        with translated():
            rows = list(queries.statement(books.rows, account, books.seq))
        show(
            context,
            statement_page(account, rows, books.specs, books.quote_unit, books.as_of),
        )
