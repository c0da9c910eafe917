"""Which selections can be chosen?"""

import click

from cli.output import show
from cli.settings import Question
from reports.policies import policy_list_page


@click.command("list", cls=Question, epilog="Example: zerosum policy list")
@click.pass_context
def policy_list(context: click.Context) -> None:
    """Which selections can be chosen?"""
    show(context, policy_list_page())
