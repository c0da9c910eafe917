"""Which rows were not applied, exactly as they stood in their files?

Refusals are written down file by file while the import runs, so that millions of them need no
memory; afterwards each file is read once more and every refused row gets what the file has in its
place. A line that is no JSON is kept as text.
"""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from domain.instants import instant_text
from domain.units import fraction_text
from importers.hyperliquid.reading import LineReader, TooLong, lines_in
from importers.hyperliquid.rows import Refused
from importers.hyperliquid.source_files import SourceFile
from importers.hyperliquid.strict_json import NotJson, parse_json
from importers.hyperliquid.unpacking import Damaged, PackedFile

KEPT: Final = 2_000
"""Refusals of one file that are held before they are written down."""
LONGEST_TEXT: Final = 100_000
Record = dict[str, Any]


class Rejects:
    """Collects refusals; `lines` gives them with their raw rows, in the order of the files."""

    def __init__(self, files: Sequence[SourceFile]) -> None:
        self._files = {file.name: file for file in files}
        self._numbers = {file.name: number for number, file in enumerate(files)}
        self._held: dict[str, list[Record]] = {}
        self._folder = TemporaryDirectory(prefix="zerosum-rejects-")

    def close(self) -> None:
        """Forget everything."""
        self._folder.cleanup()

    def add(self, row: Refused) -> None:
        """One more refusal."""
        held = self._held.setdefault(row.place.file, [])
        held.append(_record(row))
        if len(held) >= KEPT:
            self._put_away(row.place.file)

    def lines(self) -> Iterator[str]:
        """Every refused row as a line of JSON."""
        for name in self._files:
            self._put_away(name)
            path = self._path(name)
            if path.exists():
                for record in self._with_raw(name, _records(path)):
                    yield json.dumps(record, ensure_ascii=False, default=str) + "\n"

    def _put_away(self, name: str) -> None:
        held = self._held.pop(name, [])
        if held:
            with self._path(name).open("a", encoding="utf-8") as file:
                file.writelines(json.dumps(record) + "\n" for record in held)

    def _path(self, name: str) -> Path:
        return Path(self._folder.name) / f"{self._numbers[name]}.ndjson"

    def _with_raw(self, name: str, records: list[Record]) -> Iterator[Record]:
        records.sort(key=lambda record: (record["line"], record["row"]))
        wanted: dict[int, list[Record]] = {}
        for record in records:
            wanted.setdefault(record["line"], []).append(record)
        for number, value in _raw_lines(self._files[name], frozenset(wanted)):
            for record in wanted.pop(number, []):
                yield {**record, "raw": part_of(value, record["row"])}
        for rest in wanted.values():
            # A damaged file may end before the line that told of the damage.
            yield from ({**record, "raw": None} for record in rest)


def part_of(value: Any, row: int) -> Any:
    """The part of a line's value that is the row of this number."""
    match value:
        case {"events": [[*_], *_] as fills}:
            return fills[row]
        case {"events": list(events)}:
            return _event_part(events, row)
        case {"channel": _, "data": dict(data)}:
            lists = [part for part in data.values() if isinstance(part, list)]
            return lists[0][row] if lists else value
        case {"positions": list(positions)} if positions:
            return positions[row]
        case [str(), dict()]:
            return value
        case [dict(), *_] if row < len(value):
            return value[row]
        case _:
            return value


def _event_part(events: list[Any], row: int) -> Any:
    """Each payment of a funding event is a row of its own."""
    for event in events:
        inner = event.get("inner") if isinstance(event, dict) else None
        funding = inner.get("Funding") if isinstance(inner, dict) else None
        deltas = funding.get("deltas") if isinstance(funding, dict) else None
        count = len(deltas) if isinstance(deltas, list) else 1
        if row < count:
            return deltas[row] if isinstance(deltas, list) else event
        row -= count
    return None


def _raw_lines(file: SourceFile, wanted: frozenset[int]) -> Iterator[tuple[int, Any]]:
    """The values of the wanted lines; text where a line has no value."""
    if file.kind == ".json":
        for raw in LineReader(file).raw_lines():
            if raw.line in wanted:
                yield raw.line, raw.value
        return
    number = 0
    try:
        for number, line in enumerate(lines_in(PackedFile(file.parts, file.suffix).pieces()), 1):
            if number in wanted:
                yield number, _value(line, is_csv=file.kind == ".csv")
    except Damaged as fault:
        yield number + 1, str(fault)


def _value(line: bytes | TooLong, *, is_csv: bool) -> Any:
    if isinstance(line, TooLong):
        return f"a line of {line.bytes} bytes"
    if not is_csv:
        try:
            return parse_json(line.decode("utf-8"))
        except (NotJson, UnicodeDecodeError):
            pass
    return line.decode("utf-8", "backslashreplace").rstrip("\r\n")[:LONGEST_TEXT]


def _record(row: Refused) -> Record:
    found: Record = {
        "file": row.place.file,
        "line": row.place.line,
        "row": row.place.row,
        "kind": row.kind,
        "code": row.code,
        "detail": row.detail,
        "account": row.account,
        "account_of_partner": row.partner,
        "block": row.block,
        "time": None if row.time is None else instant_text(row.time),
        "amount": fraction_text(row.amount) if row.amount else None,
        "key": row.key,
    }
    return {name: value for name, value in found.items() if value is not None}


def _records(path: Path) -> list[Record]:
    with path.open(encoding="utf-8") as file:
        return [json.loads(line) for line in file]
