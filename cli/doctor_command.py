"""Is this machine fit to keep the books?"""

import os
import platform
import shutil
import sqlite3
import tempfile
from importlib.metadata import version
from pathlib import Path
from time import perf_counter

import click

from cli.errors import failure_of
from cli.output import show
from cli.settings import Question, settings_of
from ledger.errors import StoreError
from ledger.failures import translated
from ledger.ledger import Ledger
from ledger.schema import SCHEMA_VERSION, is_indexing
from ledger.store import database_of, rows_engine
from projections.errors import ProjectionError
from projections.read_model import ReadModel
from reports.page import Json, Page, Table

OLDEST_SQLITE = (3, 37, 0)
SMALLEST_FREE_SPACE = 1 << 30
SYNCS = 20
SLOWEST_SYNC_RATE = 20
SHOWN_GUARDS = 3
REMADE = "zerosum verify, then export ndjson and import it into a new store"
COLUMNS = {"result": "result", "name": "what", "detail": "detail"}

Line = dict[str, Json]


@click.command(cls=Question, epilog="Example: zerosum doctor")
@click.pass_context
def doctor(context: click.Context) -> None:
    """Is this machine fit to keep the books?

    Versions, the store's settings, schema, triggers and index, room on the disk, how many durable
    writes a second it makes, and whether the read model is behind the log.
    """
    url = settings_of(context).url
    path = database_of(url).path
    lines = [*_versions(), *([] if path is None else _place(path.absolute().parent)), *_store(url)]
    body: dict[str, Json] = {"checks": lines}
    table = Table(COLUMNS, lines, frozenset(COLUMNS))
    show(context, Page("doctor/1", None, body, "checks", (table,)))
    context.exit(1 if any(line["result"] == "failed" for line in lines) else 0)


def _line(name: str, detail: str, *, is_well: bool = True) -> Line:
    return {"name": name, "result": "ok" if is_well else "failed", "detail": detail}


def _versions() -> list[Line]:
    return [
        _line("zerosum", version("zerosum")),
        _line("python", platform.python_version()),
        _line(
            "sqlite",
            sqlite3.sqlite_version,
            is_well=sqlite3.sqlite_version_info >= OLDEST_SQLITE,
        ),
        *(_line(name, version(name)) for name in ("sqlalchemy", "eventsourcing", "pydantic")),
    ]


def _place(folder: Path) -> list[Line]:
    if not folder.is_dir():
        return [_line("folder", f"there is no folder {folder}", is_well=False)]
    free = shutil.disk_usage(folder).free
    lines = [
        _line("disk space", f"{free >> 20} MiB free", is_well=free >= SMALLEST_FREE_SPACE),
    ]
    if not os.access(folder, os.W_OK):
        return [*lines, _line("folder", f"{folder} cannot be written to", is_well=False)]
    rate = _durable_writes_a_second(folder)
    lines.append(_line("durable writes", f"{rate} a second", is_well=rate >= SLOWEST_SYNC_RATE))
    return lines


def _durable_writes_a_second(folder: Path) -> int:
    with tempfile.NamedTemporaryFile(dir=folder, prefix=".zerosum-doctor-") as file:
        started = perf_counter()
        for _ in range(SYNCS):
            file.write(b"\0" * 4096)
            file.flush()
            os.fsync(file.fileno())
        return round(SYNCS / max(perf_counter() - started, 1e-9))


def _store(url: str) -> list[Line]:
    path = database_of(url).path
    if path is not None and not path.exists():
        return [
            {
                "name": "store",
                "result": "skipped",
                "detail": f"there is no store at {path}: zerosum init",
            }
        ]
    try:
        with Ledger.open(url, readonly=True) as ledger:
            with ledger.store.read() as connection:
                settings = ledger.store.database.settings(connection)
                wrong = ledger.store.database.wrong_settings(connection)
                changed = ledger.store.database.changed_guards(connection)
                indexing = is_indexing(connection)
            shown = ", ".join(f"{name} {value}" for name, value in settings.items())
            lines = [
                _line("store", f"origin {ledger.origin}, {ledger.head} events"),
                _line("schema", f"version {SCHEMA_VERSION}"),
                _line("settings", shown, is_well=not wrong),
                _line("guards", _guards(changed, indexing=indexing), is_well=not changed),
            ]
            return [*lines, _read_model(url, ledger)]
    except StoreError as fault:
        failure = failure_of(fault)
        return [_line("store", f"{failure.code}: {failure.message}", is_well=False)]


def _guards(changed: list[str], *, indexing: bool) -> str:
    """What the database refuses by itself, and what no longer is as it was made."""
    if changed:
        more = f" and {len(changed) - SHOWN_GUARDS} more" if len(changed) > SHOWN_GUARDS else ""
        return f"{'; '.join(changed[:SHOWN_GUARDS])}{more}: {REMADE}"
    if indexing:
        return "as made; an import has yet to build the index over streams"
    return "triggers and the index over streams are as they were made"


def _read_model(url: str, ledger: Ledger) -> Line:
    try:
        with translated():
            engine = rows_engine(url, "read")
            counted = ReadModel(engine).seq
            engine.dispose()
    except (StoreError, ProjectionError) as fault:
        return _line("read model", f"{fault}: zerosum rebuild", is_well=False)
    behind = ledger.head - counted
    said = "counted to the head" if not behind else f"{behind} events behind, caught up on use"
    return _line("read model", said, is_well=behind >= 0)
