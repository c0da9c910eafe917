"""How do commands from a file or a pipe become events?

Lines are read as they come: a file of any size needs the memory of one batch. Each receipt is
printed only after its commit.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import chain, islice
from pathlib import Path
from typing import IO

import click

from cli.errors import REJECTED, CommandFailed, Failure
from cli.output import note, show, write, write_many
from cli.progress import Progress
from cli.reading import as_of, rows_follow
from cli.settings import Question, settings_of
from domain.errors import Rejected, RejectedUnread
from domain.scenario import ScenarioReader, is_scenario
from ledger.ledger import Ledger
from ledger.submitting import Command, Receipt
from reports.page import Json, Page, json_text

COMMANDS_PER_COMMIT = 1_000
LINES_LOOKED_AT = 200
LONGEST_LINE = 1 << 20
BYTE_ORDER_MARK = b"\xef\xbb\xbf"


@dataclass(slots=True)
class Summary:
    """What became of all lines so far."""

    lines: int = 0
    blank: int = 0
    applied: int = 0
    repeated: int = 0
    rejected: list[dict[str, Json]] = field(default_factory=list)
    events: int = 0
    first_seq: int | None = None
    last_seq: int | None = None
    root: str = ""

    def count(self, line: int, receipt: Receipt) -> None:
        """Take one receipt into account."""
        self.root = receipt.root.hex()
        if receipt.first_seq is not None and receipt.last_seq is not None and not receipt.repeated:
            self.first_seq = self.first_seq or receipt.first_seq
            self.last_seq = receipt.last_seq
            self.events += receipt.last_seq - receipt.first_seq + 1
        if receipt.repeated:
            self.repeated += 1
        elif receipt.rejected is not None:
            self.rejected.append(rejection(line, receipt.rejected))
        else:
            self.applied += 1

    def body(self) -> dict[str, Json]:
        """The summary's JSON members."""
        return {
            "lines": self.lines,
            "applied": self.applied,
            "rejected": self.rejected,
            "events": self.events,
            "first_seq": self.first_seq,
            "last_seq": self.last_seq,
            "root": self.root,
            "blank": self.blank,
            "repeated": self.repeated,
        }


@click.command(cls=Question, epilog="Example: zerosum apply commands.ndjson --batch 1000")
@click.argument(
    "file", type=click.Path(exists=True, dir_okay=False, allow_dash=True), metavar="FILE|-"
)
@click.option(
    "--batch",
    type=click.IntRange(1, 1_000_000),
    metavar="N",
    help="Commands per commit: 1,000 for a file, 1 for a pipe.",
)
@click.option("--allow-rejects", is_flag=True, help="Exit 0 although lines were rejected.")
@click.pass_context
def apply(
    context: click.Context,
    file: str,
    batch: int | None,
    allow_rejects: bool,
) -> None:
    """Run commands (NDJSON or scenario notation).

    One JSON command a line, or one scenario sentence a line. Prints receipts and a summary; a line
    that breaks a rule is rejected with its code and changes nothing else.
    """
    length = Path(file).stat().st_size if Path(file).is_file() and file != "-" else 0
    # Whoever types or pipes commands waits for each receipt; a file is read as fast as it goes.
    size = batch or (1 if file == "-" else COMMANDS_PER_COMMIT)
    with Ledger.open(settings_of(context).url) as ledger, click.open_file(file, "rb") as lines:
        run = _Run(context, ledger, size, length)
        try:
            run.all(lines)
        finally:
            rows_follow(context, ledger)
        run.finish()
    if run.summary.rejected and not allow_rejects:
        count = len(run.summary.rejected)
        raise CommandFailed(
            Failure(
                "rejected_lines",
                REJECTED,
                f"{count} of {run.summary.lines} lines {'was' if count == 1 else 'were'} rejected",
                hint="--allow-rejects takes that for a success",
            )
        )


class _Run:
    """One file on its way into the log."""

    def __init__(self, context: click.Context, ledger: Ledger, batch: int, length: int) -> None:
        self._context = context
        self._ledger = ledger
        self._batch = batch
        self._length = length
        self._format = settings_of(context).output_format
        self._progress = Progress(context, "applying commands")
        self.summary = Summary(root=ledger.root.hex())

    def all(self, file: IO[bytes]) -> None:
        """Apply every line, a batch of commands per commit."""
        commands = self._commands(file)
        while some := list(islice(commands, self._batch)):
            self._submit(some)
            self._progress.add(len(some), self._expected(file, self._progress.count + len(some)))
        self._progress.end()

    def _expected(self, file: IO[bytes], count: int) -> int | None:
        """How many commands the file holds if all of it is like what was read; None for a pipe.

        Never fewer than the `count` that was read: others may still write to the file.
        """
        read = file.tell() if self._length else 0
        return max(count, count * self._length // read) if read else None

    def finish(self) -> None:
        """Print the summary."""
        summary, ledger = self.summary, self._ledger
        said = (
            f"{summary.lines} lines: {summary.applied} applied, {len(summary.rejected)} rejected, "
            f"{summary.repeated} repeated, {summary.blank} blank; {summary.events} events"
        )
        if summary.first_seq is not None:
            said += f", seq {summary.first_seq} to {summary.last_seq}"
        page = Page("apply/1", as_of(ledger, ledger.head), summary.body(), None, (said,))
        if self._format == "csv":
            note(self._context, said)
        elif self._format == "ndjson":
            write(json_text(page.object()) + "\n")
        else:
            show(self._context, page)

    def _submit(self, some: list[tuple[int, Command | Rejected]]) -> None:
        """One commit; lines that are no command keep their place among the receipts."""
        commands = [command for _, command in some if not isinstance(command, Rejected)]
        receipts = iter(self._ledger.submit_many(commands, self._batch) if commands else ())
        found: list[tuple[int, Receipt]] = []
        root = self._ledger.root
        for line, command in some:
            if isinstance(command, Rejected):
                found.append((line, Receipt(None, None, root, None, command, repeated=False)))
            else:
                receipt = next(receipts)
                root = receipt.root
                found.append((line, receipt))
        for line, receipt in found:
            self.summary.count(line, receipt)
        self._print(found)

    def _print(self, receipts: list[tuple[int, Receipt]]) -> None:
        if self._format == "ndjson":
            write_many(
                json_text(receipt_object(line, receipt)) + "\n" for line, receipt in receipts
            )
        elif self._format == "table":
            write_many(receipt_line(line, receipt) + "\n" for line, receipt in receipts)

    def _commands(self, file: IO[bytes]) -> Iterator[tuple[int, Command | Rejected]]:
        """Numbered commands; one line may stand for several."""
        lines = _lines(file)
        first = list(islice(lines, 1))
        while first and len(first) < LINES_LOOKED_AT and not _tells(first[-1]):
            more = list(islice(lines, 1))
            if not more:
                break
            first += more
        if is_scenario(line.decode("utf-8", "replace") for line in first):
            return self._scenario(chain(first, lines))
        return self._ndjson(chain(first, lines))

    def _ndjson(self, lines: Iterable[bytes]) -> Iterator[tuple[int, Command | Rejected]]:
        for number, line in enumerate(lines, start=1):
            self.summary.lines += 1
            if not line.strip(b" \t\r\n"):
                self.summary.blank += 1
                continue
            if len(line) == LONGEST_LINE:
                yield number, RejectedUnread("bad_json", reason="longer than a command can be")
                continue
            if not line.endswith(b"\n") and _is_cut_off(line):
                yield number, RejectedUnread("truncated_line", characters=len(line))
                continue
            yield number, line.removesuffix(b"\n")

    def _scenario(self, lines: Iterable[bytes]) -> Iterator[tuple[int, Command | Rejected]]:
        reader = ScenarioReader(self._ledger.venue)
        for number, line in enumerate(lines, start=1):
            self.summary.lines += 1
            try:
                commands = reader.commands(line.decode("utf-8").rstrip("\r\n"))
            except UnicodeDecodeError:
                yield number, RejectedUnread("bad_json", reason="not UTF-8")
                continue
            except RejectedUnread as refusal:
                yield number, refusal
                continue
            if not commands:
                self.summary.blank += 1
            for command in commands:
                yield number, command


def rejection(line: int, refusal: Rejected) -> dict[str, Json]:
    """A refused line as the summary has it."""
    return {"line": line, "code": refusal.code, "detail": str(refusal)}


def receipt_object(line: int, receipt: Receipt) -> dict[str, Json]:
    """A receipt for programs."""
    refusal = receipt.rejected
    return {
        "schema": "receipt/1",
        "line": line,
        "id": receipt.id,
        "first_seq": receipt.first_seq,
        "last_seq": receipt.last_seq,
        "root": receipt.root.hex(),
        "repeated": receipt.repeated,
        "rejected": None if refusal is None else rejection(line, refusal),
    }


def receipt_line(line: int, receipt: Receipt) -> str:
    """A receipt for people."""
    place = "nothing was written"
    if receipt.first_seq is not None:
        place = f"seq {receipt.first_seq}"
        if receipt.last_seq != receipt.first_seq:
            place += f"-{receipt.last_seq}"
    if receipt.rejected is not None:
        said = f"rejected[{receipt.rejected.code}]: {receipt.rejected}"
    else:
        said = "repeated" if receipt.repeated else "applied"
    return f"line {line}: {said}; {place}, root {receipt.root.hex()}"


def _tells(line: bytes) -> bool:
    """Whether a line says more than a comment or nothing."""
    return bool(line.strip()) and not line.lstrip().startswith(b"#")


def _lines(file: IO[bytes]) -> Iterator[bytes]:
    r"""Lines split on "\n" only, each with its end; of an endless line only the beginning.

    A byte order mark, which some editors put at the very start of a file, is no part of it.
    """
    start = BYTE_ORDER_MARK
    while line := file.readline(LONGEST_LINE):
        yield line.removeprefix(start)
        start = b""
        while len(line) == LONGEST_LINE and not line.endswith(b"\n"):
            line = file.readline(LONGEST_LINE)


def _is_cut_off(line: bytes) -> bool:
    """Whether the last line, which has no end, has no end of its JSON either."""
    from json import JSONDecodeError, loads

    try:
        loads(line)
    except (JSONDecodeError, UnicodeDecodeError):
        return True
    except (ValueError, RecursionError):
        return False
    return False
