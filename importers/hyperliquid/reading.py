"""Which raw rows stand in these files, and where exactly?

Lines are read one at a time, plain or gzip; a file that is one JSON value counts each element as a
line. A damaged line is a raw row with a fault, so that nothing is passed over in silence.
"""

import gzip
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import IO, Any, Final, NamedTuple

from importers.hyperliquid.strict_json import NotJson, parse_json

READ: Final = (".json", ".jsonl", ".ndjson", ".csv")
PACKED_UNREAD: Final = (".lz4", ".zst", ".zstd")
ARCHIVE_FOLDERS: Final = frozenset(
    {"asset_ctxs", "misc_events_by_block", "node_fills", "node_fills_by_block", "node_trades"}
)
_PIECE: Final = 1 << 20


class UnreadablePath(Exception):
    """A path that cannot be imported at all: missing, unreadable, or packed in a foreign way."""

    def __init__(self, path: Path, why: str, hint: str) -> None:
        super().__init__(f"{path}: {why}")
        self.hint = hint


class RawLine(NamedTuple):
    """A line of a file: its value, or why it has none."""

    line: int
    value: Any
    fault: str | None = None


class Header(list[str]):
    """The first line of a CSV file."""


class Cells(list[str]):
    """A further line of a CSV file."""


@dataclass(slots=True)
class SourceFile:
    """A file to import, under a name that does not depend on the machine."""

    path: Path
    name: str
    lines: int = 0
    digest: bytes = b""

    def raw_lines(self) -> Iterator[RawLine]:
        """Every line, or every element of a file that is one JSON value."""
        kind = _suffix(self.path)
        for raw in self._values() if kind == ".json" else self._per_line(kind):
            self.lines += 1
            yield raw
        self.digest = _digest(self.path)

    def _values(self) -> Iterator[RawLine]:
        try:
            with _opened(self.path) as stream:
                raw = stream.read()
        except (OSError, EOFError, zlib.error) as fault:
            yield RawLine(1, None, f"the file cannot be unpacked: {fault}")
            return
        try:
            value = parse_json(raw.decode("utf-8"))
        except (NotJson, UnicodeDecodeError) as fault:
            lines = raw.splitlines()
            if len(lines) > 1 and _value(lines[0], 1).fault is None:
                yield from _some_lines(lines, ended=raw.endswith(b"\n"))
            else:
                yield RawLine(1, None, f"no JSON: {fault}")
            return
        if isinstance(value, list) and value and all(isinstance(part, dict) for part in value):
            yield from (RawLine(number, part) for number, part in enumerate(value, start=1))
        elif value != []:
            yield RawLine(1, value)

    def _per_line(self, kind: str) -> Iterator[RawLine]:
        number = 0
        try:
            with _opened(self.path) as stream:
                for number, raw in enumerate(stream, start=1):
                    if not raw.strip():
                        continue
                    if kind == ".csv":
                        yield _cells(raw, number)
                    else:
                        yield _value(raw, number)
        except (OSError, EOFError, zlib.error) as fault:
            yield RawLine(number + 1, None, f"the file cannot be unpacked further: {fault}")


def source_files(paths: Iterable[Path]) -> tuple[list[SourceFile], list[str]]:
    """The files behind these paths in the order of their names, and the names of those left out."""
    found: list[Path] = []
    left_out: list[Path] = []
    for path in paths:
        if path.is_dir():
            for inside in sorted(path.rglob("*")):
                if inside.is_file():
                    (found if _is_read(inside) else left_out).append(inside)
        elif not path.exists():
            raise UnreadablePath(path, "there is no such file or folder", "check the path")
        elif _is_read(path):
            found.append(path)
        else:
            unpacked = path.suffix in PACKED_UNREAD
            hint = "unpack it first" if unpacked else f"read are {', '.join(READ)}, also as .gz"
            raise UnreadablePath(path, f"a {path.suffix or 'nameless'} file is not read", hint)
    unique = sorted({path.resolve(): path for path in found}.values())
    names = _names(unique)
    files = [SourceFile(path, names[path]) for path in unique]
    return sorted(files, key=lambda file: file.name), sorted(path.name for path in left_out)


def _names(paths: list[Path]) -> dict[Path, str]:
    """Base names; inside the venue's archive from its folder on; longer where two are equal."""
    names = {path: _own_name(path) for path in paths}
    depth = 2
    while twice := {name for name, count in Counter(names.values()).items() if count > 1}:
        for path, name in names.items():
            if name in twice:
                names[path] = _written("/".join(path.resolve().parts[-depth:]))
        depth += 1
    return names


def _own_name(path: Path) -> str:
    parts = path.resolve().parts
    for place, part in enumerate(parts[:-1]):
        if part in ARCHIVE_FOLDERS:
            return _written("/".join(parts[place:]))
    return _written(path.name)


def _written(name: str) -> str:
    """The name as text, whatever bytes the file system has."""
    return name.encode("utf-8", "backslashreplace").decode("utf-8")


def _suffix(path: Path) -> str:
    return Path(path.stem).suffix if path.suffix == ".gz" else path.suffix


def _is_read(path: Path) -> bool:
    return _suffix(path) in READ


@contextmanager
def _opened(path: Path) -> Iterator[IO[bytes] | gzip.GzipFile]:
    try:
        plain = path.open("rb")
    except OSError as fault:
        raise UnreadablePath(path, str(fault.strerror), "check the permissions") from fault
    with plain:
        if path.suffix == ".gz":
            with gzip.GzipFile(fileobj=plain) as unpacked:
                yield unpacked
        else:
            yield plain


def _digest(path: Path) -> bytes:
    found = sha256()
    with path.open("rb") as stream:
        while piece := stream.read(_PIECE):
            found.update(piece)
    return found.digest()


def _some_lines(lines: list[bytes], *, ended: bool) -> Iterator[RawLine]:
    for number, raw in enumerate(lines, start=1):
        if raw.strip():
            is_last = number == len(lines)
            yield _value(raw if is_last and not ended else raw + b"\n", number)


def _value(raw: bytes, number: int) -> RawLine:
    try:
        return RawLine(number, parse_json(raw.decode("utf-8")))
    except UnicodeDecodeError:
        return RawLine(number, None, "the line is no UTF-8 text")
    except NotJson as fault:
        if raw.endswith(b"\n"):
            return RawLine(number, None, f"the line is no JSON: {fault}")
        return RawLine(number, None, "the last line ends before its JSON does")


def _cells(raw: bytes, number: int) -> RawLine:
    try:
        cells = raw.decode("utf-8").rstrip("\r\n").split(",")
    except UnicodeDecodeError:
        return RawLine(number, None, "the line is no UTF-8 text")
    return RawLine(number, Header(cells) if number == 1 else Cells(cells))
