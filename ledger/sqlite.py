"""How is one SQLite file opened so that a committed fact survives, and reads see one moment?

Everything that only SQLite knows is here: pragmas per connection, explicit transactions, triggers,
and what its failures mean. The reasons for each setting are in docs/decisions/0010 and 0011.
"""

import os
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from sqlalchemy import Connection, Engine, Table, create_engine, event
from sqlalchemy.dialects.sqlite import dialect as sqlite_dialect
from sqlalchemy.pool import QueuePool
from sqlalchemy.schema import CreateIndex

from ledger.database import Access, DriverTexts
from ledger.errors import (
    LedgerError,
    StoreConflict,
    StoreError,
    StoreExists,
    StoreFull,
    StoreLocked,
    StoreMissing,
    StoreReadOnly,
    StoreSchema,
    StoreUnreadable,
)
from ledger.schema import (
    NEVER_CHANGED,
    changed,
    event_of_stream,
    first_other,
    is_indexing,
    metadata,
)

PAGE_SIZE: Final = 16_384

# Per connection, every time: a connection without them is slower, forgets triggers, or loses the
# last commits when power fails.
PRAGMAS: Final[dict[str, int]] = {
    "busy_timeout": 5_000,
    "synchronous": 2,  # FULL
    "wal_autocheckpoint": 1_000,
    "cache_size": -65_536,
    "recursive_triggers": 1,
    "foreign_keys": 1,
}

BULK_WAL_PAGES: Final = 16_384
"""Pages of write-ahead log between checkpoints while history is taken in: 256 MB.

Otherwise 16 MB: the log is then soon overwritten in place, and a durable commit that need not grow
a file takes half the time (docs/decisions/0010).
"""

WRITES: Final = "zerosum_writes"
"""Execution option of the connection that writes: its transactions take the write lock at BEGIN."""

SIDE_FILES: Final = ("", "-wal", "-shm", "-journal")

_MEANINGS: Final[dict[int, type[LedgerError]]] = {
    sqlite3.SQLITE_BUSY: StoreLocked,
    sqlite3.SQLITE_LOCKED: StoreLocked,
    sqlite3.SQLITE_FULL: StoreFull,
    sqlite3.SQLITE_READONLY: StoreReadOnly,
    sqlite3.SQLITE_PERM: StoreReadOnly,
    sqlite3.SQLITE_AUTH: StoreReadOnly,
    sqlite3.SQLITE_CONSTRAINT: StoreConflict,
}


def engine_for(path: Path, mode: str) -> Engine:
    """An engine over one file: `rwc` makes it, `rw` writes, `ro` and `immutable` read.

    `immutable` is for media that cannot be written at all: SQLite then neither locks nor looks for
    a write-ahead log.
    """
    query = "mode=ro&immutable=1" if mode == "immutable" else f"mode={mode}"
    address = f"{path.absolute().as_uri()}?{query}"

    def connect() -> sqlite3.Connection:
        return sqlite3.connect(
            address,
            uri=True,
            isolation_level=None,
            check_same_thread=False,
            cached_statements=256,
        )

    engine = create_engine("sqlite://", creator=connect, poolclass=QueuePool, pool_size=4)
    event.listen(engine, "connect", _prepare_new_file if mode == "rwc" else _prepare)
    event.listen(engine, "begin", _begin)
    return engine


def _prepare_new_file(connection: Any, record: object) -> None:
    # Afterwards the page size would be ignored without a word.
    connection.execute(f"PRAGMA page_size={PAGE_SIZE}")
    connection.execute("PRAGMA journal_mode=WAL")
    _prepare(connection, record)


def _prepare(connection: Any, _record: object) -> None:
    for name, value in PRAGMAS.items():
        connection.execute(f"PRAGMA {name}={value}").fetchall()


def _keep_ahead(connection: Any, _record: object) -> None:
    """Write ahead from now on: a backup made by VACUUM INTO comes with a rollback journal."""
    if connection.execute("PRAGMA journal_mode").fetchone() != ("wal",):
        connection.execute("PRAGMA journal_mode=WAL").fetchall()


def _begin(connection: Connection) -> None:
    # A deferred transaction that turns into a writing one fails at once, whatever the timeout.
    writes = connection.get_execution_options().get(WRITES)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def checkpoint_after(connection: Connection, pages: int) -> None:
    """Let this connection's write-ahead log grow to so many pages between checkpoints."""
    connection.exec_driver_sql(f"PRAGMA wal_autocheckpoint={pages}").fetchall()


def settings_of(connection: Connection) -> dict[str, int | str]:
    """The settings that durability rests on, as this connection has them now."""
    names = (*PRAGMAS, "page_size", "journal_mode")
    return {name: connection.exec_driver_sql(f"PRAGMA {name}").scalar_one() for name in names}


def wrong_settings(connection: Connection) -> dict[str, int | str]:
    """Settings that are not as they must be; the cache of a read-only medium is of no interest."""
    wanted: dict[str, int | str] = {**PRAGMAS, "journal_mode": "wal"}
    found = settings_of(connection)
    return {name: found[name] for name, value in wanted.items() if found[name] != value}


def refusals() -> dict[str, str]:
    """The text of each trigger, by name."""
    return {
        (name := f"{table.name}_refuses_{action.lower()}"): (
            f"CREATE TRIGGER {name} BEFORE {action} "
            f"ON {table.name} BEGIN SELECT RAISE(ABORT, '{table.name} is never changed'); END"
        )
        for table in NEVER_CHANGED
        for action in ("UPDATE", "DELETE")
    }


def refuse_changes(connection: Connection) -> None:
    """Triggers against UPDATE and DELETE: they stop mistakes, the tree finds the rest."""
    for text in refusals().values():
        connection.exec_driver_sql(text)


def changed_guards(connection: Connection) -> list[str]:
    """The file keeps the text of what was made: any other text is another trigger or index."""
    rows = connection.exec_driver_sql(
        "SELECT type, name, sql FROM main.sqlite_schema"
        " WHERE type = 'trigger' OR (type = 'index' AND name = 'event_of_stream')"
    )
    index = str(CreateIndex(event_of_stream).compile(dialect=sqlite_dialect()))
    made = {f"trigger {name}": text for name, text in refusals().items()}
    return changed(
        {f"{kind} {name}": text for kind, name, text in rows},
        made | {f"index {event_of_stream.name}": index},
        is_indexing=is_indexing(connection),
    )


def meaning(fault: sqlite3.Error) -> LedgerError:
    """The ledger's error for one of this driver's."""
    primary = getattr(fault, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF
    return _MEANINGS.get(primary, StoreUnreadable)(str(fault))


class SqliteFile:
    """A log in one file."""

    writes: Mapping[str, Any] = MappingProxyType({WRITES: True})
    page_size: int = PAGE_SIZE
    without_log: type[StoreError] = StoreSchema

    def __init__(self, path: Path) -> None:
        self.path = path
        self.place = str(path)
        self.url = f"sqlite:///{path}"
        self._texts = DriverTexts(sqlite_dialect())

    def reserve(self) -> None:
        """An empty file, where there was none."""
        if not self.path.parent.is_dir():
            raise StoreMissing(f"there is no folder {self.path.parent}")
        try:
            self.path.touch(exist_ok=False)
        except FileExistsError:
            raise StoreExists(f"{self.path} exists already") from None
        except OSError as fault:
            raise StoreReadOnly(f"{self.path}: {fault.strerror}") from fault

    def release(self) -> None:
        """No file, and none beside it."""
        for suffix in SIDE_FILES:
            Path(f"{self.path}{suffix}").unlink(missing_ok=True)

    def new_engine(self) -> Engine:
        """An engine that makes the file."""
        return engine_for(self.path, "rwc")

    def engines(self, access: Access) -> Iterator[Engine]:
        """The file as it is; on a medium that nobody can write to, without looking for locks."""
        if not self.path.exists():
            raise StoreMissing(f"there is no store at {self.path}")
        if not self.path.is_file():
            raise StoreUnreadable(f"{self.path} is not a file")
        yield engine_for(self.path, "ro" if access == "read" else "rw")
        if access == "read" and _cannot_be_written(self.path):
            yield engine_for(self.path, "immutable")

    def rows_engine(self, access: Access) -> Engine:
        """The same file; whoever writes rows holds the lock from BEGIN on."""
        if access == "read":
            return engine_for(self.path, "ro")
        engine = engine_for(self.path, "rw")
        # With a rollback journal, whoever reads the log would lock out the rows that follow it.
        event.listen(engine, "connect", _keep_ahead)
        return engine.execution_options(**self.writes)

    def prepare(self, connection: Connection) -> None:
        """A new file is empty."""

    def refuse_changes(self, connection: Connection) -> None:
        """Triggers."""
        refuse_changes(connection)

    def changed_guards(self, connection: Connection) -> list[str]:
        """Triggers on any table of the file, and the index."""
        return changed_guards(connection)

    def other_tables(self, connection: Connection) -> str | None:
        """Views and tables that are not strict may hold anything."""
        names = ", ".join(f"'{name}'" for name in metadata.tables)
        rows = connection.exec_driver_sql(
            'SELECT l.name, l.type, l.strict, c.name, c.type, c."notnull" FROM pragma_table_list l'  # noqa: S608 - own names
            f" JOIN pragma_table_info(l.name) c WHERE l.schema = 'main' AND l.name IN ({names})"
        )
        dialect = sqlite_dialect()
        return first_other(
            {
                (name, column, kind)
                for name, sort, strict, column, kind, never_null in rows
                if sort == "table" and strict and never_null
            },
            lambda column: column.type.compile(dialect),
        )

    def may_change_tables(self, connection: Connection) -> bool:  # noqa: ARG002 - no roles here
        """Whoever may write the file may do everything."""
        return True

    @contextmanager
    def texts_as_they_are(self, connection: Connection) -> Iterator[None]:
        """The driver decodes texts by itself, and fails for a whole query where one is none."""
        driver: Any = connection.connection.driver_connection
        driver.text_factory = _text_or_bytes
        try:
            yield
        finally:
            driver.text_factory = str

    def make_durable(self, engine: Engine) -> None:
        """A write-ahead log, which the file remembers."""
        connection = engine.raw_connection()
        try:
            _keep_ahead(connection.driver_connection, None)
        finally:
            connection.close()

    def settings(self, connection: Connection) -> dict[str, int | str]:
        """Pragmas."""
        return settings_of(connection)

    def wrong_settings(self, connection: Connection) -> dict[str, int | str]:
        """Pragmas that durability needs otherwise."""
        return wrong_settings(connection)

    def much_is_written(self, connection: Connection) -> None:
        """Checkpoints are rare."""
        checkpoint_after(connection, BULK_WAL_PAGES)

    def little_is_written(self, connection: Connection) -> None:
        """Checkpoints are as often as ever."""
        checkpoint_after(connection, PRAGMAS["wal_autocheckpoint"])

    def insert(self, cursor: Any, table: Table, rows: Sequence[Sequence[Any]]) -> None:
        """One prepared statement, run for each row inside the library."""
        cursor.executemany(self._texts.insert(table), rows)


def _text_or_bytes(raw: bytes) -> str | bytes:
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw


def _cannot_be_written(path: Path) -> bool:
    """Whether nobody could be writing there: then reading needs neither locks nor side files."""
    log = Path(f"{path}-wal")
    return not os.access(path.parent, os.W_OK) and not (log.exists() and log.stat().st_size)
