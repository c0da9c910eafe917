"""Which ADL decisions were there?"""

import click

from cli.auditing import is_recorded
from cli.output import show
from cli.reading import log_only, reading
from cli.recorded_adl import show_list
from cli.settings import PastQuestion
from ledger.failures import translated
from projections import queries
from reports.adl_rounds import adl_list_page


@click.command("list", cls=PastQuestion, epilog="Example: zerosum adl list")
@click.pass_context
def adl_list(context: click.Context) -> None:
    """Which decisions were there?"""
    with log_only(context) as books:
        if is_recorded(books):
            show_list(context, books)
            return
    with reading(context) as books:
        with translated():
            found = queries.adl_rounds(books.rows, books.seq, "summary")
            rounds = [decided for decided in found if decided.last_seq <= books.seq]
        show(context, adl_list_page(rounds, books.as_of))
