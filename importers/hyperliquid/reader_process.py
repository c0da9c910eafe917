"""How do two cores share an import, and what crosses from one to the other?

A second process unpacks, parses, shapes and merges; the first one books. Rows cross in batches as
plain tuples, so both ways give the same facts in the same order. The second process ends when it is
done, when the first one is gone, or when it is told to.
"""

import gc
import marshal
import os
import pickle
import signal
import struct
import subprocess
import sys
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import suppress
from threading import Condition, Thread
from types import TracebackType
from typing import IO, Any, Final, Self

from importers.hyperliquid.file_rows import Choices, Head
from importers.hyperliquid.merging import FileTally, Instant, Merge, Reached
from importers.hyperliquid.pairs import Pair, RowOrPair, new_pair
from importers.hyperliquid.unpacking import UnreadablePath

ROWS_AT_ONCE: Final = 2_000
BYTES_ON_THEIR_WAY: Final = 16 << 20
"""What may be read ahead of the other process: more rows than the look-ahead of a file holds."""
_SIZE: Final = struct.Struct("<I")

LARGE: Final = 4 << 20
"""Bytes of files, as they are packed, from which on a second process is worth its start."""


class ReaderLost(Exception):
    """The process that reads the files ended before the files did."""


class ReaderProcess:
    """Reads the files in a second process: this program, not the one that called it."""

    def __init__(self, heads: Sequence[Head], choices: Choices, reached: Reached) -> None:
        self._asked = (list(heads), choices)
        self._reached = reached

    def __enter__(self) -> Self:
        program = f"import sys; sys.path[:] = {sys.path!r}; from {__name__} import serve; serve()"
        self._process = subprocess.Popen(  # noqa: S603  # a program of our own
            [sys.executable, "-I", "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        asked, self._rows = self._process.stdin, self._process.stdout
        if asked is not None:
            # Whoever is gone before it was asked is missed when it does not answer.
            with suppress(BrokenPipeError), asked:
                asked.write(pickle.dumps(self._asked))
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        fault: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._rows is not None:
            self._rows.close()
        if kind is not None:
            self._process.kill()
        self._process.wait()

    def instants(self) -> Iterator[Instant]:
        """What `Merge.instants` gives; raises `ReaderLost` when the process died."""
        while True:
            message = self._message()
            instants, done, digests, ended, fault, is_last = marshal.loads(message)  # noqa: S302
            self._reached.done = done
            self._reached.digests.update(digests)
            self._reached.ended += [FileTally(*tally) for tally in ended]
            for time, rows, late in instants:
                yield Instant(time, [_unpacked(row) for row in rows], late)
            if fault is not None:
                raise pickle.loads(fault)  # noqa: S301  # from the process started above
            if is_last:
                return

    def _message(self) -> bytes:
        rows = self._rows
        size = b"" if rows is None else rows.read(_SIZE.size)
        if rows is not None and len(size) == _SIZE.size:
            (length,) = _SIZE.unpack(size)
            message = rows.read(length)
            if len(message) == length:
                return message
        code = self._process.wait()
        raise ReaderLost(f"the reading process ended with code {code}")


def serve() -> None:
    """The second process: reads what it is asked on its input, answers on its output."""
    # Ctrl-C reaches both: the first one decides what happens.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # Rows hold no cycles: looking for some among thousands of them would be in vain.
    gc.set_threshold(200_000, 50, 50)
    heads, choices = pickle.loads(sys.stdin.buffer.read())  # noqa: S301  # from who started us
    merge = Merge(heads, choices, Reached())
    outbox = _Outbox(sys.stdout.buffer)
    sender = _Sender(outbox, merge)
    try:
        for instant in merge.instants():
            sender.add(instant)
    except UnreadablePath as fault:
        sender.send(fault=fault)
    else:
        sender.send(is_last=True)
    outbox.close()


class _Outbox:
    """Messages on their way: reading goes on while the other process is busy with earlier ones.

    A file gives its first row when its look-ahead is full; without messages in hand the other
    process would stand still for as long.
    """

    def __init__(self, rows: IO[bytes]) -> None:
        self._rows = rows
        self._waiting: deque[bytes] = deque()
        self._bytes = 0
        self._changed = Condition()
        self._is_last = False
        self._thread = Thread(target=self._deliver, daemon=True)
        self._thread.start()

    def put(self, message: bytes) -> None:
        """Send it when those before it are sent; waits while too much is on its way."""
        with self._changed:
            self._changed.wait_for(lambda: self._bytes < BYTES_ON_THEIR_WAY)
            self._waiting.append(message)
            self._bytes += len(message)
            self._changed.notify_all()

    def close(self) -> None:
        """Wait until everything is sent."""
        with self._changed:
            self._is_last = True
            self._changed.notify_all()
        self._thread.join()

    def _deliver(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._waiting or self._is_last)
                if not self._waiting:
                    return
                message = self._waiting.popleft()
            try:
                self._rows.write(_SIZE.pack(len(message)))
                self._rows.write(message)
                self._rows.flush()
            except BrokenPipeError:
                # Nobody reads any more; nothing is left to flush at the end.
                os._exit(1)
            with self._changed:
                self._bytes -= len(message)
                self._changed.notify_all()


class _Sender:
    def __init__(self, outbox: _Outbox, merge: Merge) -> None:
        self._outbox = outbox
        self._merge = merge
        self._instants: list[tuple[int, list[Any], int]] = []
        self._held = 0
        self._known: set[str] = set()
        self._ended = 0

    def add(self, instant: Instant) -> None:
        time, rows, late = instant
        self._instants.append((time, [_packed(row) for row in rows], late))
        self._held += len(rows)
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
        self._outbox.put(marshal.dumps(message))
        self._instants, self._held = [], 0


def _packed(row: RowOrPair) -> Any:
    """An ordinary pair as a plain tuple, anything else as bytes."""
    if type(row) is Pair and row.liquidation_of_buyer is row.liquidation_of_seller is None:
        return tuple(row)
    return pickle.dumps(row)


def _unpacked(row: Any) -> RowOrPair:
    if type(row) is bytes:
        found: RowOrPair = pickle.loads(row)  # noqa: S301  # from the process started above
        return found
    return new_pair(row)


def workers_for(size: int) -> int:
    """Two where there are as many cores and enough to read, else one."""
    if hasattr(os, "sched_getaffinity"):
        cores = len(os.sched_getaffinity(0))
    else:
        cores = os.cpu_count() or 1
    return 2 if size >= LARGE and cores > 1 else 1
