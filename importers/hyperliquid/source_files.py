"""Which files lie behind the paths that were named, what are they called, and in which order?

A name begins at the venue's own archive folder and never names the machine. Parts of a split file
are one file. Numbers in names are compared as numbers: hour 9 comes before hour 10.
"""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from importers.hyperliquid.unpacking import PACKED, UnreadablePath

READ: Final = (".json", ".jsonl", ".ndjson", ".csv")
NAMED: Final = 5
"""So many of the files that nobody reads are named."""
ARCHIVE_FOLDERS: Final = frozenset(
    {"asset_ctxs", "misc_events_by_block", "node_fills", "node_fills_by_block", "node_trades"}
)
UNREAD_FOLDERS: Final = frozenset(
    {"explorer_blocks", "market_data", "periodic_abci_states", "replica_cmds"}
)
"""Archives of the venue that say nothing about accounts here: order books, signed actions."""

_PART = re.compile(r"(.+)\.(?:part-?)?([0-9]{2,4}|[a-z]{2,3})", re.ASCII)
_NUMBER = re.compile(r"([0-9]+)", re.ASCII)
_A: Final = ord("a")


HINT: Final = f"read are {', '.join(READ)}, also packed as {', '.join(PACKED)}"


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file to import: its parts in order (most have one), its name, what its lines are."""

    parts: tuple[Path, ...]
    name: str
    kind: str
    suffix: str
    """Of the packing; empty when it is plain."""

    size: int
    """Bytes on disk when the import began."""


def source_files(paths: Iterable[Path]) -> tuple[list[SourceFile], list[str]]:
    """The files behind these paths in the order of their names, and the names of those left out.

    Raises `UnreadablePath` for a path that is not there or not read, and where folders hold nothing
    that is.
    """
    found: dict[Path, None] = {}
    left_out: list[Path] = []
    folder: Path | None = None
    for path in paths:
        if path.is_dir():
            folder = folder or path
            inside = sorted(path.rglob("*"))
            for file in inside:
                if file.is_file():
                    if _is_read(file) and UNREAD_FOLDERS.isdisjoint(file.parts[:-1]):
                        found[file.resolve()] = None
                    else:
                        left_out.append(file)
        elif not path.exists():
            raise UnreadablePath(path, "there is no such file or folder", "check the path")
        elif _is_read(path):
            found[path.resolve()] = None
        else:
            raise UnreadablePath(path, f"a {path.suffix or 'nameless'} file is not read", HINT)
    if folder is not None and not found:
        others = ", ".join(sorted({file.name for file in left_out})[:NAMED])
        told = f"none of the files in it is read: {others}" if others else "the folder is empty"
        raise UnreadablePath(folder, told, HINT)
    whole = _whole(found)
    names = _names(list(whole))
    files = [
        SourceFile(parts, names[path], *_kind(path), sum(part.stat().st_size for part in parts))
        for path, parts in whole.items()
    ]
    return (
        sorted(files, key=lambda file: natural(file.name)),
        sorted(path.name for path in left_out),
    )


def natural(name: str) -> tuple[tuple[int, str], ...]:
    """A key that orders numbers in names as numbers."""
    parts = _NUMBER.split(name)
    return (
        *((int(part), "") if number % 2 else (-1, part) for number, part in enumerate(parts)),
        (-2, name),
    )


def _whole(found: Iterable[Path]) -> dict[Path, tuple[Path, ...]]:
    """Files by the path of the whole, with their parts in order; a missing part is an error."""
    whole: dict[Path, tuple[Path, ...]] = {}
    split: dict[Path, dict[int, Path]] = {}
    for path in found:
        part = _part(path)
        if part is None:
            whole[path] = (path,)
        elif split.setdefault(part[0], {}).setdefault(part[1], path) != path:
            raise UnreadablePath(path, "another file is the same part", "name one of them alone")
    for path, parts in split.items():
        numbers = sorted(parts)
        missing = set(range(numbers[0], numbers[-1] + 1)).difference(numbers)
        if missing or numbers[0] > 1:
            where = min(missing) if missing else 0
            raise UnreadablePath(
                path, f"part {where} of it is missing", "name all parts, or their folder"
            )
        if path in whole:
            raise UnreadablePath(
                path, "the file and its parts are both there", "name one of them alone"
            )
        whole[path] = tuple(parts[number] for number in numbers)
    return whole


def _part(path: Path) -> tuple[Path, int] | None:
    """The whole of which a file is a part, and the part's number: `.part-00`, `.00` or `.aa`."""
    match = _PART.fullmatch(path.name)
    if match is None or path.suffix in (*PACKED, *READ):
        return None
    whole, number = path.with_name(match.group(1)), match.group(2)
    if whole.suffix not in (*PACKED, *READ) or not _kind(whole)[0]:
        return None
    if number.isdigit():
        return whole, int(number)
    place = 0
    for letter in number:
        place = place * 26 + ord(letter) - _A
    return whole, place


def _kind(path: Path) -> tuple[str, str]:
    """What its lines are, and how it is packed; hours are packed lines that say no kind."""
    suffix = path.suffix if path.suffix in PACKED else ""
    inner = Path(path.stem).suffix if suffix else path.suffix
    if suffix and not inner:
        inner = ".jsonl"
    return (inner if inner in READ else ""), suffix


def _is_read(path: Path) -> bool:
    return bool(_kind(path)[0]) or _part(path) is not None


def _names(paths: list[Path]) -> dict[Path, str]:
    """Base names; inside the venue's archive from its folder on; longer where two are equal."""
    names = {path: _own_name(path) for path in paths}
    depth = 2
    while twice := {name for name, count in Counter(names.values()).items() if count > 1}:
        for path, name in names.items():
            if name in twice:
                names[path] = _written("/".join(path.parts[-depth:]))
        depth += 1
    return names


def _own_name(path: Path) -> str:
    parts = path.parts
    for place, part in enumerate(parts[:-1]):
        if part in ARCHIVE_FOLDERS:
            return _written("/".join(parts[place:]))
    return _written(path.name)


def _written(name: str) -> str:
    """The name as text, whatever bytes the file system has."""
    return name.encode("utf-8", "backslashreplace").decode("utf-8")
