"""How much is open on both sides of each market?"""

import click

from cli.output import show
from cli.reading import reading
from cli.settings import PastQuestion
from reports.open_interest import open_interest_page


@click.command(cls=PastQuestion, epilog="Example: zerosum oi BTC-PERP --at 2026-10-10T21:20:00Z")
@click.argument("markets", nargs=-1, metavar="[MARKET]...")
@click.pass_context
def oi(context: click.Context, markets: tuple[str, ...]) -> None:
    """How much is open on both sides of each market?

    Open interest of longs and shorts, their difference, and how many hold it.
    """
    with reading(context) as books:
        for market in markets:
            books.market(market)
        show(context, open_interest_page(books.books, books.as_of, markets))
