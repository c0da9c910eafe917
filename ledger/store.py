"""Where are the books kept, and are they really ours?

A `Store` is one opened database: it hands out read transactions that see one moment, and write
transactions that hold the write lock from their first statement. SQLite is the only database so
far.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, Literal, NamedTuple, Self

from sqlalchemy import Connection, Engine, inspect, select
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError
from sqlalchemy.sql import ClauseElement

from domain.merkle import EMPTY_ROOT
from ledger import schema
from ledger.errors import (
    StoreError,
    StoreExists,
    StoreMissing,
    StoreReadOnly,
    StoreSchema,
    StoreUnreadable,
)
from ledger.schema import SCHEMA_VERSION, metadata
from ledger.sqlite import (
    BULK_WAL_PAGES,
    PAGE_SIZE,
    PRAGMAS,
    WRITES,
    checkpoint_after,
    engine_for,
    refuse_changes,
    translated,
    wrong_settings,
)

Access = Literal["write", "read"]

SIDE_FILES: Final = ("", "-wal", "-shm", "-journal")


class Store:
    """One opened store."""

    def __init__(self, path: Path, engine: Engine, access: Access) -> None:
        self.path = path
        self.access = access
        self._engine = engine
        self._writer: Connection | None = None
        self.origin = ""
        self.url = f"sqlite:///{path}"

    @classmethod
    def create(cls, url: str, origin: str) -> Self:
        """A new store with an empty log; whatever is in its place already stays as it is."""
        path = path_of(url)
        if not path.parent.is_dir():
            raise StoreMissing(f"there is no folder {path.parent}")
        try:
            path.touch(exist_ok=False)
        except FileExistsError:
            raise StoreExists(f"{path} exists already") from None
        except OSError as fault:
            raise StoreReadOnly(f"{path}: {fault.strerror}") from fault
        store = cls(path, engine_for(path, "rwc"), "write")
        try:
            with store.write() as connection:
                metadata.create_all(connection)
                refuse_changes(connection)
                _write_first_rows(connection, origin)
            store._check()
        except StoreError:
            store.close()
            for suffix in SIDE_FILES:
                Path(f"{path}{suffix}").unlink(missing_ok=True)
            raise
        return store

    @classmethod
    def open(cls, url: str, access: Access) -> Self:
        """The store that is there, with its settings and its schema checked."""
        path = path_of(url)
        if not path.exists():
            raise StoreMissing(f"there is no store at {path}")
        if not path.is_file():
            raise StoreUnreadable(f"{path} is not a file")
        store = cls(path, engine_for(path, "ro" if access == "read" else "rw"), access)
        try:
            store._check()
        except (StoreUnreadable, StoreReadOnly):
            store.close()
            if access == "write" or not _cannot_be_written(path):
                raise
            store = cls(path, engine_for(path, "immutable"), access)
            store._check()
        except StoreError:
            store.close()
            raise
        return store

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A read transaction: everything read in it is of one moment."""
        with translated(), self._engine.connect() as connection, connection.begin():
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """A write transaction: durable once it ended, undone as a whole when it failed."""
        if self.access == "read":
            raise StoreReadOnly(f"{self.path} was opened for reading")
        with translated():
            if self._writer is None:
                # One long-lived writer: a write-ahead log overwritten in place is faster.
                self._writer = self._engine.connect().execution_options(**{WRITES: True})
            with self._writer.begin():
                yield self._writer

    @contextmanager
    def bulk(self) -> Iterator[None]:
        """Long writing ahead: checkpoints are rare until it ends."""
        with self.write() as connection:
            checkpoint_after(connection, BULK_WAL_PAGES)
        try:
            yield
        finally:
            with self.write() as connection:
                checkpoint_after(connection, PRAGMAS["wal_autocheckpoint"])

    def driver_text(self, statement: ClauseElement) -> str:
        """A statement's text with this database's own placeholders, for driver-level execution."""
        return str(statement.compile(dialect=self._engine.dialect))

    def close(self) -> None:
        """Give all connections back; closing twice is fine."""
        with translated():
            if self._writer is not None:
                self._writer.close()
                self._writer = None
            self._engine.dispose()

    def _check(self) -> None:
        with self.read() as connection:
            if not inspect(connection).has_table(schema.log.name):
                raise StoreSchema(f"{self.path} holds no zerosum log")
            row = connection.execute(
                select(schema.log.c.schema_version, schema.log.c.origin)
            ).one_or_none()
            if row is None or row.schema_version != SCHEMA_VERSION:
                found = "none" if row is None else row.schema_version
                raise StoreSchema(
                    f"{self.path} has schema version {found}; this program knows {SCHEMA_VERSION}"
                )
            self.origin = row.origin
            if self.access == "write" and (wrong := wrong_settings(connection)):
                raise StoreUnreadable(f"{self.path}: settings that durability needs fail: {wrong}")


def _write_first_rows(connection: Connection, origin: str) -> None:
    connection.execute(
        schema.log.insert().values(
            id=1,
            schema_version=SCHEMA_VERSION,
            origin=origin,
            page_size=PAGE_SIZE,
            import_unfinished=0,
        )
    )
    connection.execute(schema.tree.insert().values(id=1, size=0, edge=b"", root=EMPTY_ROOT))


def _cannot_be_written(path: Path) -> bool:
    """Whether nobody could be writing there: then reading needs neither locks nor side files."""
    log = Path(f"{path}-wal")
    return not os.access(path.parent, os.W_OK) and not (log.exists() and log.stat().st_size)


class Sealed(NamedTuple):
    """The one row of the tree: how many events are sealed, under which root."""

    size: int
    edge: bytes
    root: bytes


def sealed_state(connection: Connection) -> Sealed:
    """The tree as of this connection's moment; a store without one is unreadable."""
    row = connection.execute(
        select(schema.tree.c.size, schema.tree.c.edge, schema.tree.c.root)
    ).one_or_none()
    if row is None:
        raise StoreUnreadable("the store has no tree")
    return Sealed(*row)


def path_of(url: str) -> Path:
    """The file that a store URL names."""
    try:
        parsed = make_url(url)
    except ArgumentError as fault:
        raise StoreUnreadable(f"{url!r} is no store URL such as sqlite:///zerosum.db") from fault
    if (
        parsed.get_backend_name() != "sqlite"
        or not parsed.database
        or parsed.database == ":memory:"
    ):
        shown = parsed.render_as_string(hide_password=True)
        raise StoreUnreadable(f"{shown}: a store is a file, such as sqlite:///zerosum.db")
    return Path(parsed.database)
