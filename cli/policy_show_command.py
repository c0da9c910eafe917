"""What does one selection say?"""

import click

from cli.errors import not_found
from cli.output import show
from cli.settings import Question
from domain.adl.selections import SELECTIONS
from reports.policies import policy_page


@click.command("show", cls=Question, epilog="Example: zerosum policy show pnl-leverage@1")
@click.argument("name", metavar="P")
@click.pass_context
def policy_show(context: click.Context, name: str) -> None:
    """What does one selection say?"""
    if name not in SELECTIONS:
        raise not_found(
            "unknown_policy", f"there is no selection {name!r}", "zerosum policy list shows all"
        )
    show(context, policy_page(SELECTIONS[name]))
