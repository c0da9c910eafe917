"""What does one event say?"""

import click

from cli.errors import not_found
from cli.moment import span_of
from cli.output import show, write
from cli.reading import as_of, log_only
from cli.settings import Question
from projections import queries
from reports.facts import event_page


@click.command(cls=Question, epilog="Example: zerosum event 20")
@click.argument("seq", metavar="SEQ|ID")
@click.option("--raw", is_flag=True, help="The stored bytes, as they are hashed.")
@click.pass_context
def event(context: click.Context, seq: str, raw: bool) -> None:
    """What does one event say?"""
    with log_only(context) as books:
        at = span_of(books.ledger, seq).first
        if not 0 < at <= books.ledger.head:
            raise not_found("unknown_seq", f"the log has no event {at}", "events begin at seq 1")
        if raw:
            row = next(iter(books.ledger.rows(at, at)))
            write(row.raw.decode("utf-8") + "\n")
            return
        venue = books.ledger.venue_at(at)
        specs = {market.spec.id: market.spec for market in queries.books_of(venue).markets}
        found = books.ledger.event_at(at)
        show(context, event_page(found, specs, venue.quote_unit, as_of(books.ledger, at)))
