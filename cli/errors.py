"""What went wrong, where, what was expected, and what to try next?

Whatever a caller can cause ends in a `Failure`: a stable code, an exit code of the contract, and a
hint. What nobody can cause is a defect of zerosum: exit 70, with a traceback only when asked for.

    exit 1    a check failed, or compared things differ
    exit 2    wrong usage
    exit 3    what was asked for does not exist
    exit 4    the store cannot be used
    exit 5    input was rejected
    exit 70   a defect in zerosum
"""

import errno
import json
import os
import sys
import traceback
from contextlib import suppress
from dataclasses import dataclass
from typing import TextIO

import click

USAGE = 2
NOT_FOUND = 3
STORE = 4
REJECTED = 5
DEFECT = 70
INTERRUPTED = 130
CLOSED_PIPE = 141

DISK_HINT = "the disk refuses to read or write: check it, its quota and the limit of file sizes"
_DISK_FAILS = 10  # SQLITE_IOERR; the module of the database is not loaded for a usage error.


@dataclass(frozen=True, slots=True)
class Failure:
    """Everything that is said about an error."""

    code: str
    exit_code: int
    message: str
    where: str = ""
    expected: str = ""
    hint: str = ""

    def text(self) -> str:
        """For people."""
        lines = [f"error[{self.code}]: {self.message}"]
        lines += [f"  where: {self.where}"] if self.where else []
        lines += [f"  expected: {self.expected}"] if self.expected else []
        lines += [f"hint: {self.hint}"] if self.hint else []
        return "\n".join(lines)

    def json(self) -> str:
        """For programs: one object on one line."""
        found = {
            "schema": "error/1",
            "code": self.code,
            "exit": self.exit_code,
            "message": self.message,
            "where": self.where or None,
            "expected": self.expected or None,
            "hint": self.hint or None,
        }
        return json.dumps(found, ensure_ascii=False)


class CommandFailed(Exception):
    """A command ends here, for a reason that its caller can act on."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.message)
        self.failure = failure


def not_found(code: str, message: str, hint: str = "") -> CommandFailed:
    """What was asked for does not exist."""
    return CommandFailed(Failure(code, NOT_FOUND, message, hint=hint))


def wrong_usage(code: str, message: str, *, expected: str = "", hint: str = "") -> CommandFailed:
    """The command line says something that cannot be meant."""
    return CommandFailed(Failure(code, USAGE, message, expected=expected, hint=hint))


def failure_of(fault: BaseException) -> Failure:
    """The failure that an exception stands for."""
    if isinstance(fault, CommandFailed):
        return fault.failure
    if isinstance(fault, click.ClickException):
        return _usage(fault)
    if isinstance(fault, (KeyboardInterrupt, EOFError, click.Abort)):
        return Failure("interrupted", INTERRUPTED, "stopped; what was acknowledged is kept")
    # Errors of the layers below carry code, exit code and hint themselves.
    code, exit_code = getattr(fault, "code", None), getattr(fault, "exit_code", None)
    if isinstance(code, str) and isinstance(exit_code, int):
        hint = DISK_HINT if _disk_failed(fault) else str(getattr(fault, "hint", ""))
        return Failure(code, exit_code, str(fault), hint=hint)
    if isinstance(fault, OSError):
        where = str(fault.filename) if fault.filename else ""
        return Failure("file_error", STORE, fault.strerror or str(fault), where=where)
    return Failure(
        "defect",
        DEFECT,
        f"{type(fault).__name__}: {fault}",
        where=_place_of(fault),
        hint="this is a defect in zerosum, please report it; ZEROSUM_DEBUG=1 shows more",
    )


def _disk_failed(fault: BaseException | None) -> bool:
    """Whether the disk is to blame for what the database could not do, and not the file."""
    while fault is not None:
        number = getattr(getattr(fault, "orig", fault), "sqlite_errorcode", 0)
        if number & 0xFF == _DISK_FAILS:
            return True
        fault = fault.__cause__
    return False


def is_closed_pipe(fault: BaseException) -> bool:
    """Whether the reader of our output has gone away."""
    return isinstance(fault, OSError) and fault.errno == errno.EPIPE


def report(fault: BaseException, *, for_programs: bool) -> int:
    """Say on stderr what went wrong; gives the exit code."""
    failure = failure_of(fault)
    if failure.exit_code == DEFECT and os.environ.get("ZEROSUM_DEBUG"):
        traceback.print_exception(fault)
    said = failure.json() if for_programs else failure.text()
    say(said)
    return failure.exit_code


def say(text: str) -> None:
    """One message on stderr; when nobody can hear it, the exit code still says what happened."""
    with suppress(OSError):
        talk(text)


def talk(text: str) -> None:
    """A line on stderr, in UTF-8 whatever the locale; a disk without room for it stops nothing."""
    try:
        click.echo(text.encode("utf-8", "backslashreplace"), err=True)
    except OSError as fault:
        if is_closed_pipe(fault):
            raise
        _leave(sys.stderr)


def _usage(fault: click.ClickException) -> Failure:
    context = fault.ctx if isinstance(fault, click.UsageError) else None
    path = context.command_path if context is not None else "zerosum"
    expected = context.command.get_usage(context) if context is not None else ""
    return Failure(
        "usage",
        USAGE,
        fault.format_message(),
        expected=expected.removeprefix("Usage: ").replace("\n", " "),
        hint=f"{path} --help",
    )


def _place_of(fault: BaseException) -> str:
    frames = traceback.extract_tb(fault.__traceback__)
    if not frames:
        return ""
    last = frames[-1]
    return f"{os.path.basename(last.filename)}:{last.lineno}"  # noqa: PTH119 - a name, not a file


def leave_closed_pipe() -> None:
    """Let the interpreter end without another complaint about the closed pipe."""
    _leave(sys.stdout, sys.stderr)


def leave_unwritten() -> None:
    """Let the interpreter end without trying once more to write what the disk had no room for."""
    try:
        if sys.stdout is not None:
            sys.stdout.flush()
    except (OSError, ValueError):
        _leave(sys.stdout)


def _leave(*streams: TextIO | None) -> None:
    """Whatever is still to be written there goes nowhere."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for stream in streams:
        try:
            os.dup2(nowhere, stream.fileno())  # type: ignore[union-attr]
        except (AttributeError, OSError, ValueError):
            continue  # No stream at all where the caller closed it.
    os.close(nowhere)
