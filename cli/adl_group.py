"""Who was auto-deleveraged, why, and who would be next?"""

import click

from cli.lazy import Lazy, LazyGroup

QUESTIONS = {
    "list": Lazy("cli.adl_list_command:adl_list", "Which decisions were there?"),
    "show": Lazy("cli.adl_show_command:adl_show", "Who was closed in one decision?"),
    "explain": Lazy(
        "cli.adl_explain_command:adl_explain", "Why these, at this price, and no others?"
    ),
    "rank": Lazy("cli.adl_rank_command:adl_rank", "Who would be closed next?"),
}


@click.group(cls=LazyGroup, lazy=QUESTIONS)
def adl() -> None:
    """Who was auto-deleveraged, why, and who would be next?"""
