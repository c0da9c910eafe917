"""How does a store begin?"""

import re

import click

from cli.errors import wrong_usage
from cli.output import show
from cli.reading import as_of, catch_up, writable_rows
from cli.settings import Question, settings_of
from ledger.failures import translated
from ledger.ledger import Ledger
from ledger.store import shown
from reports.page import Page

_NAME = re.compile(r"[!-*,-~]{1,200}", re.ASCII)


@click.command(
    cls=Question,
    epilog="Example: zerosum init --store sqlite:///books.db --name venue.example/books",
)
@click.option("--name", default="zerosum", show_default=True, help="Name of the log, for ever.")
@click.pass_context
def init(context: click.Context, name: str) -> None:
    """Create a store with an empty log.

    The name is part of every later proof and never changes. The first command of the log is
    open_venue.
    """
    if not _NAME.fullmatch(name):
        raise wrong_usage(
            "bad_name",
            f"{name[:80]!r} cannot name a log",
            expected="1 to 200 printable ASCII characters without space and +",
            hint="a name such as venue.example/books",
        )
    url = settings_of(context).url
    with Ledger.create(url, name) as ledger:
        with translated():
            engine = writable_rows(url)
            catch_up(context, ledger, engine)
            engine.dispose()
        place = shown(url)
        page = Page(
            "init/1",
            as_of(ledger, 0),
            {"store": place, "name": ledger.origin},
            None,
            (f"Created {place} for the log {ledger.origin}.",),
        )
    show(context, page)
