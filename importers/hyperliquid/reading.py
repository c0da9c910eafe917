"""Which raw rows stand in a file, and where exactly?

Lines are read one at a time; a file that is one JSON value counts each element as a line. What is
damaged or too long is a raw row with a fault, so that nothing is passed over in silence.
"""

from collections.abc import Iterator
from typing import Any, Final, NamedTuple

from importers.hyperliquid.source_files import SourceFile
from importers.hyperliquid.strict_json import NotJson, parse_json
from importers.hyperliquid.unpacking import Damaged, PackedFile

LONGEST_LINE: Final = 32 << 20
"""Bytes of a line; the longest of the archive, an hour's funding, has some 20 MB."""
_FILLS: Final = b'"events":[["0x'
_ENVELOPE: Final = 200
LARGEST_VALUE: Final = 64 << 20
"""Bytes of a file that is one JSON value and must be held as a whole."""


class RawLine(NamedTuple):
    """A line of a file: its value, or why it has none.

    Of a line that looks like a block of fills the value is its bytes, and `is_unread`.
    """

    line: int
    value: Any
    fault: str | None = None
    is_unread: bool = False


class Header(list[str]):
    """The first line of a CSV file."""


class Cells(list[str]):
    """A further line of a CSV file."""


class TooLong(NamedTuple):
    """A line of more than `LONGEST_LINE` bytes, which were passed over."""

    bytes: int


class LineReader:
    """Reads one file once. `lines` counts what was given out, `done` the packed bytes behind it."""

    def __init__(self, file: SourceFile) -> None:
        self._file = file
        self._packed = PackedFile(file.parts, file.suffix)
        self.lines = 0

    @property
    def done(self) -> int:
        """Packed bytes read so far."""
        return self._packed.done

    def raw_lines(self) -> Iterator[RawLine]:
        """Every line, or every element of a file that is one JSON value."""
        if self._file.kind == ".json":
            found = self._values()
        else:
            found = self._per_line(is_csv=self._file.kind == ".csv")
        for raw in found:
            self.lines += 1
            yield raw

    def _values(self) -> Iterator[RawLine]:
        pieces: list[bytes] = []
        size = 0
        try:
            for piece in self._packed.pieces():
                size += len(piece)
                if size > LARGEST_VALUE:
                    detail = f"a file that is one JSON value has more than {LARGEST_VALUE} bytes"
                    yield RawLine(1, None, detail)
                    return
                pieces.append(piece)
        except Damaged as fault:
            yield RawLine(1, None, str(fault))
            return
        raw = b"".join(pieces)
        del pieces
        try:
            value = parse_json(raw.decode("utf-8"))
        except (NotJson, UnicodeDecodeError) as fault:
            lines = raw.splitlines()
            if len(lines) > 1 and read_line(lines[0], 1).fault is None:
                yield from _some_lines(lines, ended=raw.endswith(b"\n"))
            else:
                yield RawLine(1, None, f"no JSON: {fault}")
            return
        if isinstance(value, list) and value and all(isinstance(part, dict) for part in value):
            yield from (RawLine(number, part) for number, part in enumerate(value, start=1))
        elif value != []:
            yield RawLine(1, value)

    def _per_line(self, *, is_csv: bool) -> Iterator[RawLine]:
        number = 0
        try:
            for number, raw in enumerate(lines_in(self._packed.pieces()), start=1):
                if isinstance(raw, TooLong):
                    detail = f"the line has {raw.bytes} bytes, at most {LONGEST_LINE} are read"
                    yield RawLine(number, None, detail)
                elif not raw.strip():
                    continue
                elif is_csv:
                    yield _cells(raw, number)
                elif _FILLS in raw[:_ENVELOPE]:
                    yield RawLine(number, raw, is_unread=True)
                else:
                    yield read_line(raw, number)
        except Damaged as fault:
            yield RawLine(number + 1, None, str(fault))


def lines_in(pieces: Iterator[bytes]) -> Iterator[bytes | TooLong]:
    """Lines with their ends; a line beyond the bound is told by its length alone.

    Raises what the pieces raise, after the last whole line before it.
    """
    begun: list[bytes] = []
    length = 0
    for piece in _small(pieces):
        whole = piece.splitlines(keepends=True) if b"\r" not in piece else _at_newlines(piece)
        for line in whole:
            if length:
                length += len(line)
                if length <= LONGEST_LINE:
                    begun.append(line)
                else:
                    begun.clear()
                if not line.endswith(b"\n"):
                    continue
                yield b"".join(begun) if length <= LONGEST_LINE else TooLong(length)
                begun.clear()
                length = 0
            elif line.endswith(b"\n"):
                yield line
            else:
                begun.append(line)
                length = len(line)
    if length:
        yield b"".join(begun) if length <= LONGEST_LINE else TooLong(length)


def _small(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """The same bytes in pieces that are shorter than the longest line."""
    for piece in pieces:
        if len(piece) <= LONGEST_LINE:
            yield piece
        else:
            for start in range(0, len(piece), LONGEST_LINE):
                yield piece[start : start + LONGEST_LINE]


def _at_newlines(piece: bytes) -> list[bytes]:
    """Lines end at a newline alone; a lone carriage return is part of its line."""
    lines = piece.split(b"\n")
    last = lines.pop()
    ended = [line + b"\n" for line in lines]
    return [*ended, last] if last else ended


def _some_lines(lines: list[bytes], *, ended: bool) -> Iterator[RawLine]:
    for number, raw in enumerate(lines, start=1):
        if raw.strip():
            is_last = number == len(lines)
            yield read_line(raw if is_last and not ended else raw + b"\n", number)


def read_line(raw: bytes, number: int) -> RawLine:
    """A line of JSON: its value, or why it has none."""
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
