"""What did each step of a liquidation do?"""

import click

from cli.output import show
from cli.reading import reading
from cli.settings import PastQuestion
from ledger.failures import translated
from projections import queries
from reports.waterfall import timeline_page


@click.command(cls=PastQuestion, epilog="Example: zerosum timeline alice")
@click.argument("name", metavar="LIQUIDATION|ACCOUNT|MARKET")
@click.pass_context
def timeline(context: click.Context, name: str) -> None:
    """What did each step of a liquidation do?

    The waterfall: order book, vault takeover, auto-deleveraging; what each step took, at which
    price, and why it stopped.
    """
    with reading(context) as books:
        with translated():
            found = queries.timelines(books.rows, name, books.seq)
        show(context, timeline_page(found, books.specs, books.quote_unit, books.as_of))
