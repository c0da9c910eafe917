"""Do the rows follow what was just written to the log?"""

import click

from cli.output import note
from cli.reading import catch_up, writable_rows
from cli.settings import settings_of
from ledger.errors import StoreError
from ledger.failures import translated
from ledger.ledger import Ledger
from projections.errors import ProjectionError


def rows_follow(context: click.Context, ledger: Ledger) -> None:
    """Bring the rows up to the log; what was written stays when that cannot be done now."""
    try:
        with translated():
            engine = writable_rows(settings_of(context).url)
            try:
                catch_up(context, ledger, engine)
            finally:
                engine.dispose()
    except (StoreError, ProjectionError) as fault:
        note(context, f"the rows are behind the log: {fault}")
