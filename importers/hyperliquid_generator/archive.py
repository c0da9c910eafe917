"""How are the files of an archive written, so that half an archive never looks whole?

Rows are appended to the file of their hour as they come, packed or plain. The list of checksums is
written last of all: without `truth/SHA256SUMS` an archive is not complete.
"""

import gzip
from collections import Counter
from contextlib import ExitStack
from hashlib import sha256
from importlib import import_module
from io import BufferedWriter
from pathlib import Path
from typing import Any, Final, Literal, Protocol

from importers.hyperliquid_generator.texts import DAY, Instant

Compression = Literal["none", "gzip", "lz4", "zstd"]
COMPRESSIONS: Final[tuple[Compression, ...]] = ("none", "gzip", "lz4", "zstd")
SUMS: Final = "truth/SHA256SUMS"
_SUFFIX: Final = {"none": "", "gzip": ".gz", "lz4": ".lz4", "zstd": ".zst"}
_LIBRARY: Final = {"lz4": "lz4.frame", "zstd": "zstandard"}
_PIECE: Final = 1 << 20


class Stream(Protocol):
    """Something that takes bytes, packed on their way or not."""

    def write(self, data: bytes, /) -> Any:
        """Take these bytes."""

    def close(self) -> Any:
        """Write what is left and give the file back."""


class PackerMissing(Exception):
    """The library that packs in the wanted way is not installed."""

    code = "missing_extra"
    exit_code = 2
    hint = "install the extra: pip install 'zerosum[archives]'; or take --compression gzip"

    def __init__(self, compression: str) -> None:
        library = _LIBRARY[compression].partition(".")[0]
        super().__init__(f"packing as {compression} needs the library {library}")


class Archive:
    """The files under one folder; closing it closes them all."""

    def __init__(self, folder: Path, compression: Compression = "none") -> None:
        self._folder = folder
        self._compression = compression
        self._library = import_packer(compression)
        self._open = ExitStack()
        self._streams: dict[str, tuple[int, Stream]] = {}
        self._plain: dict[str, BufferedWriter] = {}
        self._block: Instant | None = None
        self._fills: list[str] = []
        self._event_block: Instant | None = None
        self._misc: list[str] = []
        self.written: list[Path] = []
        self.lines: Counter[str] = Counter()
        self.lines_by_hour: Counter[tuple[str, int]] = Counter()

    @property
    def events(self) -> int:
        """Rows of the fill block that is under way."""
        return len(self._fills)

    def fill(self, block: Instant, row: str) -> None:
        """Append a fill row to its block."""
        if self._block is not block:
            self._end_block()
            self._block = block
        self._fills.append(row)

    def event(self, block: Instant, text: str) -> None:
        """Append a misc event to its block."""
        if self._event_block is not block:
            self._end_events()
            self._event_block = block
        self._misc.append(text)

    def line(self, name: str, text: str) -> None:
        """Append a line to a file that is never packed."""
        stream = self._plain.get(name)
        if stream is None:
            path = self._path(name)
            stream = self._plain[name] = self._open.enter_context(path.open("wb"))
        stream.write(text.encode() + b"\n")
        self.lines[name] += 1

    def text(self, name: str, text: str) -> None:
        """Write a small file at once."""
        self._path(name).write_bytes(text.encode())

    def close(self) -> None:
        """Write what is under way and close every file."""
        self._end_block()
        self._end_events()
        self.abandon()

    def abandon(self) -> None:
        """Close every file as it is."""
        self._open.close()
        for _, stream in self._streams.values():
            stream.close()

    def seal(self) -> None:
        """Write the checksums of all files: from now on the archive is whole."""
        lines = [
            f"{_digest(path)}  {path.relative_to(self._folder).as_posix()}\n"
            for path in sorted(self.written)
        ]
        self.text(SUMS, "".join(lines))

    def _end_block(self) -> None:
        block, rows = self._block, self._fills
        if block is not None and rows:
            self._put("node_fills_by_block", block, ",".join(rows))
            self._fills = []
        self._block = None

    def _end_events(self) -> None:
        block, events = self._event_block, self._misc
        if block is not None and events:
            self._put("misc_events_by_block", block, ",".join(events))
            self._misc = []
        self._event_block = None

    def _put(self, stream: str, block: Instant, events: str) -> None:
        line = (
            f'{{"local_time":"{block.local}","block_time":"{block.text}",'
            f'"block_number":{block.block},"events":[{events}]}}\n'
        )
        self._hourly(stream, block.hour).write(line.encode())
        self.lines[stream] += 1
        self.lines_by_hour[stream, block.hour] += 1

    def _hourly(self, stream: str, hour: int) -> Stream:
        """The file of this hour; that of the hour before is closed, for time only goes on."""
        known = self._streams.get(stream)
        if known is not None and known[0] == hour:
            return known[1]
        if known is not None:
            known[1].close()
        suffix = ".lz4" if self._compression == "lz4" else f".jsonl{_SUFFIX[self._compression]}"
        path = self._path(f"venue/{stream}/hourly/{DAY}/{hour}{suffix}")
        opened = self._packed(path.open("wb"))
        self._streams[stream] = (hour, opened)
        return opened

    def _packed(self, raw: BufferedWriter) -> Stream:
        if self._compression == "none":
            return raw
        if self._compression == "gzip":
            # Neither name nor time in the header: the same rows give the same bytes.
            return _Packed(gzip.GzipFile("", "wb", 6, raw, 0), raw)
        if self._compression == "lz4":
            return _Packed(self._library.LZ4FrameFile(raw, "wb"), raw)
        return _Packed(self._library.ZstdCompressor().stream_writer(raw, closefd=False), raw)

    def _path(self, name: str) -> Path:
        path = self._folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        self.written.append(path)
        return path


class _Packed:
    """A packer and the file below it, which it would leave open."""

    def __init__(self, packer: Any, file: BufferedWriter) -> None:
        self._packer = packer
        self._file = file

    def write(self, data: bytes, /) -> None:
        self._packer.write(data)

    def close(self) -> None:
        self._packer.close()
        self._file.close()


def import_packer(compression: Compression) -> Any:
    """The library that packs so; raises `PackerMissing`."""
    name = _LIBRARY.get(compression)
    if name is None:
        return None
    try:
        return import_module(name)
    except ImportError:
        raise PackerMissing(compression) from None


def _digest(path: Path) -> str:
    found = sha256()
    with path.open("rb") as stream:
        while piece := stream.read(_PIECE):
            found.update(piece)
    return found.hexdigest()
