"""Which bytes stand in a packed file, and what is still good in one that is damaged?

Plain, gzip, Zstandard and LZ4 frames, one or several in a row, in one file or in parts that are
read as one. Output comes in bounded pieces, so that a small file cannot fill the memory; everything
before a damaged place is given out, then `Damaged` says where it is.
"""

import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import IO, Any, Final, Protocol

PACKED: Final = (".gz", ".lz4", ".zst", ".zstd")
PIECE: Final = 1 << 16
WHOLE_PIECE: Final = 1 << 20
LONGEST_OUTPUT: Final = 1 << 22
"""Bytes that one step of unpacking gives at most (64 MB for Zstandard, fed 2 KiB at a time)."""
_ZSTANDARD_PIECE: Final = 1 << 11
_LARGEST_WINDOW: Final = 1 << 27


class UnreadablePath(Exception):
    """A path that cannot be imported at all: missing, unreadable, or packed in a foreign way."""

    def __init__(self, path: Path, why: str, hint: str) -> None:
        # These, so that the error can cross from one process to another.
        super().__init__(path, why, hint)
        self.hint = hint

    def __str__(self) -> str:
        path, why, _ = self.args
        return f"{path}: {why}"


class Damaged(Exception):
    """A packed file cannot be unpacked beyond this place."""

    def __init__(self, at: int, why: str) -> None:
        super().__init__(f"from byte {at} on the file cannot be unpacked: {why}")


class Unpacker(Protocol):
    """One frame on its way: bytes in, bytes out, until it ends."""

    @property
    def is_done(self) -> bool:
        """Whether the frame has ended."""

    @property
    def rest(self) -> bytes:
        """What followed the frame in the bytes that were fed."""

    def feed(self, packed: bytes) -> Iterator[bytes]:
        """Unpacked bytes in bounded pieces; raises one of `FAULTS` where they are damaged."""


class _Gzip:
    def __init__(self) -> None:
        self._inner = zlib.decompressobj(wbits=31)

    @property
    def is_done(self) -> bool:
        return self._inner.eof

    @property
    def rest(self) -> bytes:
        return self._inner.unused_data

    def feed(self, packed: bytes) -> Iterator[bytes]:
        while packed and not self._inner.eof:
            yield self._inner.decompress(packed, LONGEST_OUTPUT)
            packed = self._inner.unconsumed_tail


class _Lz4:
    def __init__(self, frame: Any) -> None:
        self._inner = frame.LZ4FrameDecompressor()

    @property
    def is_done(self) -> bool:
        return bool(self._inner.eof)

    @property
    def rest(self) -> bytes:
        return bytes(self._inner.unused_data or b"")

    def feed(self, packed: bytes) -> Iterator[bytes]:
        yield self._inner.decompress(packed, max_length=LONGEST_OUTPUT)
        while not self._inner.eof and not self._inner.needs_input:
            yield self._inner.decompress(b"", max_length=LONGEST_OUTPUT)


class _Zstandard:
    def __init__(self, library: Any) -> None:
        reader = library.ZstdDecompressor(max_window_size=_LARGEST_WINDOW)
        self._inner = reader.decompressobj()
        self._rest = b""

    @property
    def is_done(self) -> bool:
        return bool(self._inner.eof)

    @property
    def rest(self) -> bytes:
        return self._rest

    def feed(self, packed: bytes) -> Iterator[bytes]:
        # Two KiB of this format can become 64 MB, and its library knows no bound of its own.
        for start in range(0, len(packed), _ZSTANDARD_PIECE):
            yield self._inner.decompress(packed[start : start + _ZSTANDARD_PIECE])
            if self._inner.eof:
                self._rest = self._inner.unused_data + packed[start + _ZSTANDARD_PIECE :]
                return


def unpacker_for(path: Path, suffix: str) -> tuple[Callable[[], Unpacker] | None, Any]:
    """What unpacks files of this suffix, and the errors it raises; None for plain files."""
    if suffix == ".gz":
        return _Gzip, zlib.error
    if suffix not in PACKED:
        return None, ()
    library = "lz4.frame" if suffix == ".lz4" else "zstandard"
    try:
        if suffix == ".lz4":
            from lz4 import frame  # type: ignore[import-untyped]

            return lambda: _Lz4(frame), RuntimeError
        import zstandard

        return lambda: _Zstandard(zstandard), zstandard.ZstdError
    except ImportError as fault:
        raise UnreadablePath(
            path,
            f"{suffix} files need the package {library.partition('.')[0]}, which is not installed",
            "pip install 'zerosum[archives]', or unpack the file first",
        ) from fault


class PackedFile:
    """The bytes of a file, or of its parts as one; `done` counts the packed bytes read so far."""

    def __init__(self, parts: Sequence[Path], suffix: str) -> None:
        self._parts = parts
        self._new, self._faults = unpacker_for(parts[0], suffix)
        # Zeros after a gzip file fill up a block of a tape: they are no damage.
        self._pads = suffix == ".gz"
        self.done = 0

    def pieces(self) -> Iterator[bytes]:
        """Unpacked bytes in order; raises `Damaged` after the last good ones."""
        if self._new is None:
            for piece in self._packed(WHOLE_PIECE):
                self.done += len(piece)
                yield piece
            return
        unpacker, frame_start, is_new = self._new(), 0, True
        for piece in self._packed(PIECE):
            rest = piece
            while rest:
                at = self.done + len(piece) - len(rest)
                if is_new:
                    frame_start = at
                    rest = rest.lstrip(b"\0") if self._pads else rest
                    if not rest:
                        break
                    is_new = False
                try:
                    yield from unpacker.feed(rest)
                except self._faults as fault:
                    yield from self._before_damage(frame_start, at)
                    raise Damaged(at, str(fault)[:120]) from fault
                if not unpacker.is_done:
                    break
                rest, unpacker, is_new = unpacker.rest, self._new(), True
            self.done += len(piece)
        if not is_new:
            raise Damaged(self.done, "it ends before its last frame does")

    def _before_damage(self, frame_start: int, at: int) -> Iterator[bytes]:
        """What the bytes after `at` still give when they are fed one by one.

        A step that fails gives nothing of what it had unpacked: the frame is begun anew, and what
        was given out already is passed over.
        """
        if self._new is None:
            return
        unpacker, place = self._new(), 0
        try:
            for piece in self._packed(PIECE):
                start, place = place, place + len(piece)
                if place <= frame_start:
                    continue
                known = piece[max(frame_start - start, 0) : max(at - start, 0)]
                for _ in unpacker.feed(known) if known else ():
                    pass
                for number in range(max(at - start, 0), len(piece)):
                    yield from unpacker.feed(piece[number : number + 1])
        except self._faults:
            return

    def _packed(self, size: int) -> Iterator[bytes]:
        for part in self._parts:
            with opened(part) as stream:
                while piece := self._read(stream, size):
                    yield piece

    def _read(self, stream: IO[bytes], size: int) -> bytes:
        try:
            return stream.read(size)
        except OSError as fault:
            raise Damaged(self.done, str(fault.strerror)) from fault


@contextmanager
def opened(path: Path) -> Iterator[IO[bytes]]:
    """A file to read; raises `UnreadablePath` when it may not be."""
    try:
        stream = path.open("rb")
    except OSError as fault:
        raise UnreadablePath(path, str(fault.strerror), "check the permissions") from fault
    with stream:
        yield stream


def digest_of(parts: Sequence[Path]) -> bytes:
    """SHA-256 over the packed bytes of a file, or of its parts as one."""
    found = sha256()
    for part in parts:
        with opened(part) as stream:
            while piece := stream.read(WHOLE_PIECE):
                found.update(piece)
    return found.digest()
