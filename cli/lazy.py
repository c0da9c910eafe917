"""How does a group of commands answer `--help` without loading what its commands need?

Each line names a command, the module that holds it, and its one-line purpose; a module is imported
when its command is used (a test compares the purposes with the commands' own).
"""

from collections.abc import Mapping
from difflib import get_close_matches
from importlib import import_module
from typing import Any, NamedTuple

import click

from cli.settings import moment_options, shared_options


class Lazy(NamedTuple):
    """Where a command is, as `module:attribute`, and what it answers."""

    place: str
    purpose: str


class LazyGroup(click.Group):
    """A group whose commands are imported on use, with the shared options."""

    lazy: Mapping[str, Lazy]

    def __init__(self, *args: Any, lazy: Mapping[str, Lazy], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.lazy = lazy
        self.params += shared_options() + moment_options()

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """A group without a command is asked what it can answer."""
        return super().parse_args(ctx, args or ["--help"])

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Names in the order of the questions, not of the alphabet."""
        del ctx
        return list(self.lazy)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command, its module imported now."""
        del ctx
        if cmd_name not in self.lazy:
            return None
        module, _, attribute = self.lazy[cmd_name].place.partition(":")
        command: click.Command = getattr(import_module(module), attribute)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """As click does; for a name that is none of ours the nearest one is suggested."""
        name = args[0]
        if name in self.lazy or name.startswith("-") or ctx.resilient_parsing:
            return super().resolve_command(ctx, args)
        near = get_close_matches(name, self.lazy, n=1)
        suggestion = f" Did you mean {near[0]!r}?" if near else ""
        message = f"No such command {name!r}.{suggestion}"
        raise click.UsageError(message, ctx)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Names and purposes."""
        del ctx
        with formatter.section("Commands"):
            formatter.write_dl([(name, lazy.purpose) for name, lazy in self.lazy.items()])
