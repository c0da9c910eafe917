"""What do all exports share: which events, whose, with which names, and where to?

The window is half open: --from is in, --to is out. A file is written beside its place and moved
there when it is complete, so a reader never meets half an export under its name.
"""

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import IO, TypeVar

import click

from cli.errors import CommandFailed, Failure
from cli.moment import span_of
from cli.output import note, open_stdout
from cli.persons import known_persons
from cli.progress import Progress
from cli.reading import EVENTS_WORTH_PROGRESS, as_of
from cli.settings import settings_of
from domain.events import Event
from domain.venue import Venue
from ledger.ledger import Ledger
from projections.errors import UnknownAccount

CHARACTERS_AT_ONCE = 1 << 16
Decorated = TypeVar("Decorated", bound=Callable[..., object])


@dataclass(frozen=True, slots=True)
class Choice:
    """The options of one export, as they were given."""

    output: Path | None
    from_: str | None
    to: str | None
    account: str | None
    names: bool


def export_options(command: Decorated) -> Decorated:
    """The options that every export takes."""
    for option in (
        click.option("--names", is_flag=True, help="Also the persons behind the pseudonyms."),
        click.option("--account", metavar="A", help="What concerns this account."),
        click.option("--to", "to", metavar="Y", help="First event that is out again."),
        click.option("--from", "from_", metavar="X", help="First event that is in."),
        click.option(
            "-o",
            "--output",
            type=click.Path(dir_okay=False, path_type=Path),
            metavar="FILE",
            help="Write to FILE; without it to stdout.",
        ),
    ):
        command = option(command)
    return command


class Window:
    """The events that are exported: `first` to `last` of one opened ledger."""

    def __init__(self, context: click.Context, ledger: Ledger, choice: Choice) -> None:
        self._context = context
        self.ledger = ledger
        self.account = choice.account
        self.first = 1 if choice.from_ is None else max(1, span_of(ledger, choice.from_).first)
        head = ledger.head
        out = head + 1 if choice.to in (None, "head") else span_of(ledger, str(choice.to)).first
        self.last = min(out - 1, head)
        self._names = choice.names
        if choice.account is not None:
            accounts = ledger.venue_at(max(0, self.last)).accounts
            if choice.account not in accounts:
                raise UnknownAccount(choice.account)

    def venue(self) -> Venue:
        """The state before the first event, the caller's own."""
        return self.ledger.venue_at(min(self.first - 1, self.ledger.head))

    def events(self) -> Iterator[Event]:
        """The events of the window, with progress where there are many."""
        count = self.last - self.first + 1
        if count <= 0:
            return iter(())
        events = iter(self.ledger.events(self.first, self.last))
        if count < EVENTS_WORTH_PROGRESS:
            return events
        return Progress(self._context, "exporting events", count).over(events)

    def earlier(self) -> Iterator[Event]:
        """The events just before the window that belong to the chain of its first one."""
        if 1 < self.first <= self.last:
            cause = self.ledger.event_at(self.first)["cause"]
            if cause < self.first:
                yield from self.ledger.events(cause, self.first - 1)

    @cached_property
    def persons(self) -> Mapping[str, str] | None:
        """Names behind the pseudonyms, `erased` where they were; None when nobody asked."""
        return known_persons(self._context) if self._names else None

    @property
    def title(self) -> str:
        """What is exported, and of which moment."""
        if self.last < self.first:
            return f"zerosum log {self.ledger.origin}, no events"
        moment = as_of(self.ledger, self.last)
        return (
            f"zerosum log {self.ledger.origin}, events {self.first} to {self.last},"
            f" {moment.time_text}, root {moment.root}"
        )


@contextmanager
def window_of(context: click.Context, choice: Choice) -> Iterator[Window]:
    """The ledger opened for reading, and the window that was asked for."""
    with Ledger.open(settings_of(context).url, readonly=True) as ledger:
        window = Window(context, ledger, choice)
        yield window
        # Afterwards: with --json a refusal is the one thing on stderr.
        note(context, window.title)


@contextmanager
def target(output: Path | None) -> Iterator[IO[bytes]]:
    """Where the export goes; a file appears under its name when it is complete."""
    if output is None:
        out = open_stdout()
        out.flush()
        yield out.buffer
        out.buffer.flush()
        return
    if not output.parent.is_dir():
        raise CommandFailed(
            Failure("file_error", 4, f"there is no folder {output.parent}", where=str(output))
        )
    if output.is_dir():
        raise CommandFailed(Failure("file_error", 4, "that is a folder", where=str(output)))
    growing = output.with_name(f".{output.name}.{os.getpid()}.part")
    try:
        with growing.open("xb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        growing.replace(output)
    except BaseException:
        with suppress(OSError):
            growing.unlink(missing_ok=True)
        raise


def write_lines(output: Path | None, lines: Iterable[str]) -> None:
    """Texts as UTF-8, gathered so that a long export is not one write per line."""
    with target(output) as out:
        gathered, size = list[str](), 0
        for line in lines:
            gathered.append(line)
            size += len(line)
            if size >= CHARACTERS_AT_ONCE:
                out.write("".join(gathered).encode("utf-8"))
                gathered, size = [], 0
        out.write("".join(gathered).encode("utf-8"))
