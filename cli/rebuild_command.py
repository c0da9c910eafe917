"""How are all projections made again from the log?"""

import click

from cli.output import note, show
from cli.progress import Progress
from cli.reading import as_of, catch_up, writable_rows
from cli.settings import Question, settings_of
from ledger.failures import translated
from ledger.ledger import Ledger
from projections.digests import digest
from projections.read_model import ReadModel
from reports.page import Page


@click.command(cls=Question, epilog="Example: zerosum rebuild")
@click.pass_context
def rebuild(context: click.Context) -> None:
    """Drop every projection and make it again.

    The log is not touched. Says how many events were counted and the digest of the rows; the rate
    is said on stderr.
    """
    url = settings_of(context).url
    with Ledger.open(url, readonly=True) as ledger, translated():
        # Opened for reading, so that a log never changes by rebuilding what is derived from it.
        engine = writable_rows(url)
        try:
            progress = Progress(context, "rebuilding")
            ReadModel(engine).drop()
            count = catch_up(context, ledger, engine)
            progress.add(count)
            progress.end()
            note(context, f"{count} events, {progress.rate:,} a second")
            rows = digest(engine)
        finally:
            engine.dispose()
        page = Page(
            "rebuild/1",
            as_of(ledger, ledger.head),
            {"events": count, "digest": rows},
            None,
            (f"{count} events counted; digest of all rows {rows}.",),
        )
    show(context, page)
