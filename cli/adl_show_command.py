"""Who was closed in one ADL decision?"""

import click

from cli.auditing import is_recorded
from cli.output import show
from cli.reading import as_of, log_only, reading
from cli.recorded_adl import show_one
from cli.settings import PastQuestion
from reports.adl_rounds import adl_show_page


@click.command("show", cls=PastQuestion, epilog="Example: zerosum adl show ADL-34")
@click.argument("decision", metavar="ID")
@click.pass_context
def adl_show(context: click.Context, decision: str) -> None:
    """Who was closed in one decision?"""
    with log_only(context) as books:
        if is_recorded(books):
            show_one(context, books, decision)
            return
    with reading(context) as books:
        found = books.decision(decision)
        show(context, adl_show_page(found, as_of(books.ledger, found.last_seq)))
