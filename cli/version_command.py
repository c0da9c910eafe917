"""Which zerosum is this?"""

from importlib.metadata import version as installed_version

import click

from cli.output import show
from cli.settings import Question
from reports.page import Page


@click.command(cls=Question, epilog="Example: zerosum version")
@click.pass_context
def version(context: click.Context) -> None:
    """Which zerosum is this?"""
    found = installed_version("zerosum")
    show(context, Page("version/1", None, {"version": found}, None, (f"zerosum {found}",)))
