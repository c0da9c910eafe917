"""Who holds which position?"""

import click

from cli.output import show
from cli.reading import reading
from cli.settings import PastQuestion
from reports.positions import positions_page


@click.command(cls=PastQuestion, epilog="Example: zerosum positions bob dave --market BTC-PERP")
@click.argument("accounts", nargs=-1, metavar="[ACCOUNT]...")
@click.option("--market", metavar="MARKET", help="Positions in this market only.")
@click.pass_context
def positions(context: click.Context, accounts: tuple[str, ...], market: str | None) -> None:
    """Who holds which position?

    Quantity, entry, mark, unrealised result, maintenance margin and bankruptcy price.
    """
    with reading(context) as books:
        for account in accounts:
            books.account(account)
        if market is not None:
            books.market(market)
        show(context, positions_page(books.books, books.as_of, accounts, market))
