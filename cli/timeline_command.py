"""What did each step of a liquidation do?"""

import click

from cli.auditing import is_recorded
from cli.output import show
from cli.progress import Progress
from cli.reading import EVENTS_WORTH_PROGRESS, Reading, log_only, reading
from cli.settings import PastQuestion
from ledger.failures import translated
from projections import queries
from projections.recorded_timelines import RecordedTimelines
from reports.page import Page
from reports.waterfall import timeline_page


@click.command(cls=PastQuestion, epilog="Example: zerosum timeline alice")
@click.argument("name", metavar="LIQUIDATION|ACCOUNT|MARKET")
@click.pass_context
def timeline(context: click.Context, name: str) -> None:
    """What did each step of a liquidation do?

    The waterfall: order book, vault takeover, auto-deleveraging; what each step took, at which
    price, and why it stopped.
    """
    with log_only(context) as books:
        if is_recorded(books):
            show(context, _recorded(context, books, name))
            return
    with reading(context) as books:
        with translated():
            found = queries.timelines(books.rows, name, books.seq)
        show(context, timeline_page(found, books.specs, books.quote_unit, books.as_of))


def _recorded(context: click.Context, books: Reading, name: str) -> Page:
    """The same from the facts of a venue that decided elsewhere: one pass over the log."""
    timelines = RecordedTimelines(name)
    events = iter(books.ledger.events(1, books.seq))
    if books.seq >= EVENTS_WORTH_PROGRESS:
        events = Progress(context, "following liquidations", books.seq).over(events)
    for event in events:
        timelines.see(event)
    return timeline_page(timelines.found(), timelines.specs, books.quote_unit, books.as_of)
