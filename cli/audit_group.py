"""Does what a venue did conform to what it says?"""

import click

from cli.lazy import Lazy, LazyGroup

QUESTIONS = {
    "adl": Lazy(
        "cli.audit_adl_command:audit_adl", "Does each recorded ADL close conform to the rule?"
    ),
}


@click.group(cls=LazyGroup, lazy=QUESTIONS)
def audit() -> None:
    """Does what a venue did conform to what it says?"""
