"""What does each account hold in money?"""

import click

from cli.output import show
from cli.reading import reading
from cli.settings import PastQuestion
from reports.balances import balances_page


@click.command(cls=PastQuestion, epilog="Example: zerosum balances alice --before ADL-20")
@click.argument("accounts", nargs=-1, metavar="[ACCOUNT]...")
@click.pass_context
def balances(context: click.Context, accounts: tuple[str, ...]) -> None:
    """What does each account hold in money?

    Cash, unrealised result, equity, notional, maintenance margin and leverage at the marks, and
    whether everything adds up to what was brought in.
    """
    with reading(context) as books:
        for account in accounts:
            books.account(account)
        show(context, balances_page(books.books, books.quote_unit, books.as_of, accounts))
