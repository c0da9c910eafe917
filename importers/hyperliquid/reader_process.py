"""How do two cores share an import, and what crosses from one to the other?

A second process unpacks, parses, shapes and merges; the first one books. Rows cross in batches as
plain tuples, so both ways give the same facts in the same order. The second process ends when it is
done, when the first one is gone, or when it is told to.
"""

import marshal
import pickle
import signal
from collections.abc import Iterator, Sequence
from multiprocessing import get_context
from multiprocessing.connection import Connection
from types import TracebackType
from typing import Any, Final, Self

from importers.hyperliquid.file_rows import Choices, Head
from importers.hyperliquid.merging import FileTally, Instant, Merge, Reached
from importers.hyperliquid.plain_fills import new_fill
from importers.hyperliquid.rows import Fill, Place, Row
from importers.hyperliquid.unpacking import UnreadablePath

ROWS_AT_ONCE: Final = 2_000


class ReaderLost(Exception):
    """The process that reads the files ended before the files did."""


class ReaderProcess:
    """Reads the files in a second process."""

    def __init__(self, heads: Sequence[Head], choices: Choices, reached: Reached) -> None:
        self._asked = (list(heads), choices)
        self._reached = reached

    def __enter__(self) -> Self:
        context = get_context("spawn")
        self._rows, theirs = context.Pipe(duplex=False)
        self._process = context.Process(target=_read, args=(theirs, *self._asked), daemon=True)
        self._process.start()
        # Only their end is left open: when they are gone, this one knows.
        theirs.close()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        fault: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._rows.close()
        if kind is not None:
            self._process.terminate()
        self._process.join()
        self._process.close()

    def instants(self) -> Iterator[Instant]:
        """What `Merge.instants` gives; raises `ReaderLost` when the process died."""
        while True:
            try:
                message = self._rows.recv_bytes()
            except EOFError as lost:
                self._process.join()
                raise ReaderLost(
                    f"the reading process ended with code {self._process.exitcode}"
                ) from lost
            instants, done, digests, ended, fault, is_last = marshal.loads(message)  # noqa: S302  # from the process started above
            self._reached.done = done
            self._reached.digests.update(digests)
            self._reached.ended += [FileTally(*tally) for tally in ended]
            if fault is not None:
                raise pickle.loads(fault)  # noqa: S301  # from the process started above
            for time, rows, late in instants:
                yield Instant(time, [_unpacked(row) for row in rows], late)
            if is_last:
                return


def _read(rows: Connection, heads: list[Head], choices: Choices) -> None:
    """The second process."""
    # Ctrl-C reaches both: the first one decides what happens.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    merge = Merge(heads, choices, Reached())
    sender = _Sender(rows, merge)
    try:
        try:
            for instant in merge.instants():
                sender.add(instant)
        except UnreadablePath as fault:
            sender.send(fault=fault)
        else:
            sender.send(is_last=True)
    except (BrokenPipeError, ConnectionResetError):
        # Nobody reads any more.
        return


class _Sender:
    def __init__(self, rows: Connection, merge: Merge) -> None:
        self._rows = rows
        self._merge = merge
        self._instants: list[tuple[int, list[Any], int]] = []
        self._held = 0
        self._known: set[str] = set()
        self._ended = 0

    def add(self, instant: Instant) -> None:
        self._instants.append((instant.time, [_packed(row) for row in instant.rows], instant.late))
        self._held += len(instant.rows)
        if self._held >= ROWS_AT_ONCE:
            self.send()

    def send(self, *, fault: Exception | None = None, is_last: bool = False) -> None:
        reached = self._merge.reached
        new = {name: raw for name, raw in reached.digests.items() if name not in self._known}
        self._known.update(new)
        ended = [tuple(tally) for tally in reached.ended[self._ended :]]
        self._ended = len(reached.ended)
        packed = None if fault is None else pickle.dumps(fault)
        message = (self._instants, reached.done, new, ended, packed, is_last)
        self._rows.send_bytes(marshal.dumps(message))
        self._instants, self._held = [], 0


def _packed(row: Row) -> Any:
    """A fill as a plain tuple, anything else as bytes."""
    if type(row) is Fill and row.liquidation is None:
        return (tuple(row[0]), *row[1:])
    return pickle.dumps(row)


def _unpacked(row: Any) -> Row:
    if type(row) is bytes:
        found: Row = pickle.loads(row)  # noqa: S301  # from the process started above
        return found
    return new_fill((Place(*row[0]), *row[1:]))
