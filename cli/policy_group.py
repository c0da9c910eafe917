"""Which ADL policies are there?"""

import click

from cli.lazy import Lazy, LazyGroup

QUESTIONS = {
    "list": Lazy("cli.policy_list_command:policy_list", "Which selections can be chosen?"),
    "show": Lazy("cli.policy_show_command:policy_show", "What does one selection say?"),
}


@click.group(cls=LazyGroup, lazy=QUESTIONS)
def policy() -> None:
    """Which ADL policies are there?"""
