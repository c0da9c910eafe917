"""What did the caller choose for every question: which store, which format, which moment?

The same options stand before and after a subcommand; the last one said wins.
"""

import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import click

DEFAULT_STORE = "sqlite:///zerosum.db"
FORMATS = ("table", "json", "ndjson", "csv")

Asks = Literal["present", "past"]


@dataclass(slots=True)
class Settings:
    """The options that belong to no single command."""

    store: str | None = None
    format: str | None = None
    is_quiet: bool = False
    at: str | None = None
    before: str | None = None

    @property
    def url(self) -> str:
        """`--store`, else `ZEROSUM_STORE`, else the default in the working directory."""
        url = self.store or os.environ.get("ZEROSUM_STORE")
        return DEFAULT_STORE if not url else _named(url)

    @property
    def output_format(self) -> str:
        """`table` unless something else was asked for."""
        return self.format or "table"


def _named(url: str) -> str:
    """The URL, if it names a store at all; whether there is one is seen when it is opened."""
    # Here, because whoever asks for the URL opens the store next.
    from ledger.errors import BadStoreUrl, StoreUnreadable
    from ledger.store import database_of

    try:
        database_of(url)
    except StoreUnreadable as fault:
        raise BadStoreUrl(str(fault)) from fault
    return url


def settings_of(context: click.Context) -> Settings:
    """The one object that all commands of a call share."""
    settings: Settings = context.ensure_object(Settings)
    return settings


def shared_options() -> list[click.Parameter]:
    """Options of every command: store, format, silence."""
    return [
        click.Option(
            ["--store"],
            metavar="URL",
            callback=_noted("store"),
            expose_value=False,
            help=f"Store to use; else ZEROSUM_STORE, else {DEFAULT_STORE}.",
        ),
        click.Option(
            ["--format", "format_"],
            type=click.Choice(FORMATS),
            callback=_noted("format"),
            expose_value=False,
            help="How to answer.",
        ),
        click.Option(
            ["--json", "json_"],
            is_flag=True,
            callback=_json_noted,
            expose_value=False,
            help="Short for --format json.",
        ),
        click.Option(
            ["-q", "--quiet"],
            is_flag=True,
            callback=_quiet_noted,
            expose_value=False,
            help="No progress, no notes.",
        ),
    ]


def moment_options() -> list[click.Parameter]:
    """Options of questions that can be asked about the past."""
    return [
        click.Option(
            ["--at"],
            metavar="X",
            callback=_noted("at"),
            expose_value=False,
            help="State after X: seq, ADL-n, LIQ-n, T-n, head, or a time with zone.",
        ),
        click.Option(
            ["--before"],
            metavar="X",
            callback=_noted("before"),
            expose_value=False,
            help="State just before X.",
        ),
    ]


Callback = Callable[[click.Context, click.Parameter, Any], None]


def _noted(field: str) -> Callback:
    def note(context: click.Context, _parameter: click.Parameter, value: str | None) -> None:
        if value is not None:
            setattr(settings_of(context), field, value)

    return note


def _json_noted(context: click.Context, _parameter: click.Parameter, value: bool) -> None:
    if value:
        settings_of(context).format = "json"


def _quiet_noted(context: click.Context, _parameter: click.Parameter, value: bool) -> None:
    if value:
        settings_of(context).is_quiet = True


class Question(click.Command):
    """A command with the shared options, about the present or about any moment of the past."""

    asks: Asks = "present"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.params += shared_options() + (moment_options() if self.asks == "past" else [])

    def invoke(self, ctx: click.Context) -> Any:
        """Refuse a moment where it would silently mean nothing."""
        settings = settings_of(ctx)
        if self.asks == "present" and (settings.at or settings.before):
            named = "--at" if settings.at else "--before"
            message = f"{named} says nothing to {ctx.command_path}"
            raise click.UsageError(message, ctx)
        return super().invoke(ctx)


class PastQuestion(Question):
    """A question that takes `--at` and `--before`."""

    asks: Asks = "past"
