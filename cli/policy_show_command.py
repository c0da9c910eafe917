"""What does one selection, close price, trigger or vault rule say?"""

import click

from cli.errors import not_found
from cli.output import show
from cli.settings import Question
from domain.adl.selections import SELECTIONS
from reports.policies import choice_page, policy_page
from reports.policy_choices import choice_named


@click.command("show", cls=Question, epilog="Example: zerosum policy show pnl-leverage@1")
@click.argument("name", metavar="P")
@click.pass_context
def policy_show(context: click.Context, name: str) -> None:
    """What does one selection say?

    Or one of the other three choices of a policy: a close price, trigger or vault rule by its name.
    """
    choice = choice_named(name)
    if choice is not None:
        show(context, choice_page(choice))
        return
    if name not in SELECTIONS:
        raise not_found(
            "unknown_policy", f"there is no selection {name!r}", "zerosum policy list shows all"
        )
    show(context, policy_page(SELECTIONS[name]))
