"""Where are the books kept, and are they really ours?

A `Store` is one opened database: it hands out read transactions that see one moment, and write
transactions that hold the write lock before they change anything. A log lives in a SQLite file or
on a PostgreSQL server; what differs stands behind `ledger.database`.
"""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple, Self

from sqlalchemy import Connection, Engine, Table, inspect, select
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DBAPIError
from sqlalchemy.sql import ClauseElement

from domain.merkle import EMPTY_ROOT
from ledger import schema, shapes
from ledger.database import Access, Database, DriverTexts
from ledger.errors import (
    LedgerError,
    StoreError,
    StoreReadOnly,
    StoreSchema,
    StoreSettings,
    StoreUnreadable,
)
from ledger.failures import translated
from ledger.schema import SCHEMA_VERSION, metadata
from ledger.sqlite import SqliteFile

__all__ = [
    "Access",
    "Sealed",
    "Store",
    "database_of",
    "path_of",
    "rows_engine",
    "sealed_state",
    "shown",
]

_SECRET = re.compile(r"(?<=:)[^:/@]*(?=@)|(?<=password=)[^&]*")


class Store:
    """One opened store."""

    def __init__(self, database: Database, engine: Engine, access: Access) -> None:
        self.database = database
        self.access = access
        self._engine = engine
        self._texts = DriverTexts(engine.dialect)
        self._writer: Connection | None = None
        self.origin = ""

    @classmethod
    def create(cls, url: str, origin: str) -> Self:
        """A new store with an empty log; whatever is in its place already stays as it is."""
        database = database_of(url)
        database.reserve()
        store = None
        try:
            store = cls(database, database.new_engine(), "write")
            with store.write() as connection:
                database.prepare(connection)
                metadata.create_all(connection)
                database.refuse_changes(connection)
                _write_first_rows(connection, origin, database.page_size)
            store._check()
        except BaseException:
            if store is not None:
                store.close()
            database.release()
            raise
        return store

    @classmethod
    def open(cls, url: str, access: Access) -> Self:
        """The store that is there, with its settings and its schema checked."""
        database = database_of(url)
        fault: StoreError | None = None
        for engine in database.engines(access):
            store = cls(database, engine, access)
            try:
                store._check()
            except (StoreUnreadable, StoreReadOnly) as failure:
                store.close()
                fault = fault or failure
            except BaseException:
                store.close()
                raise
            else:
                return store
        raise fault or StoreUnreadable(f"{database.place} cannot be opened")

    @property
    def url(self) -> str:
        """The store's URL, password included."""
        return self.database.url

    @property
    def path(self) -> Path | None:
        """The store's file; None on a server."""
        return self.database.path

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A read transaction: everything read in it is of one moment."""
        with translated():
            try:
                with self._engine.connect() as connection, connection.begin():
                    yield connection
            except DBAPIError as fault:
                if fault.connection_invalidated:
                    # What cut this connection cut the writer's as well.
                    self._leave_writer()
                raise

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """A write transaction: durable once it ended, undone as a whole when it failed."""
        if self.access == "read":
            raise StoreReadOnly(f"{self.database.place} was opened for reading")
        with translated():
            if self._writer is None:
                # One long-lived writer: a write-ahead log overwritten in place is faster.
                self._writer = self._engine.connect().execution_options(**self.database.writes)
            try:
                with self._writer.begin():
                    yield self._writer
            except LedgerError:
                raise
            except BaseException:
                self._leave_writer()
                raise

    @contextmanager
    def bulk(self) -> Iterator[None]:
        """Long writing ahead: checkpoints are rare until it ends."""
        with self.write() as connection:
            self.database.much_is_written(connection)
        try:
            yield
        finally:
            with self.write() as connection:
                self.database.little_is_written(connection)

    def driver_text(self, statement: ClauseElement) -> str:
        """A statement's text with this database's own placeholders, for driver-level execution."""
        return self._texts.text(statement)

    def insert(self, cursor: Any, table: Table, rows: Sequence[Sequence[Any]]) -> None:
        """Rows with all columns of a table in their order, by the fastest way in."""
        self.database.insert(cursor, table, rows)

    def close(self) -> None:
        """Give all connections back; closing twice is fine."""
        with translated():
            if self._writer is not None:
                self._writer.close()
                self._writer = None
            self._engine.dispose()

    def _leave_writer(self) -> None:
        """A connection that failed in the middle is not asked again: the next write opens one."""
        writer, self._writer = self._writer, None
        if writer is not None:
            try:
                writer.invalidate()
                writer.close()
            finally:
                # Whatever cut this connection has likely cut the idle ones as well.
                self._engine.dispose()

    def _check(self) -> None:
        with self.read() as connection:
            if not inspect(connection).has_table(schema.log.name):
                raise self.database.without_log(f"{self.database.place} holds no zerosum log")
            row = connection.execute(
                select(schema.log.c.schema_version, schema.log.c.origin).where(schema.log.c.id == 1)
            ).first()
            if row is None or row.schema_version != SCHEMA_VERSION:
                found = "none" if row is None else row.schema_version
                raise StoreSchema(
                    f"{self.database.place} has schema version {found};"
                    f" this program knows {SCHEMA_VERSION}"
                )
            if (other := self.database.other_tables(connection)) is not None:
                raise StoreSchema(f"{self.database.place}: {other}")
            if not isinstance(row.origin, str):
                raise StoreUnreadable(f"{self.database.place}: the log's name is no text")
            self.origin = row.origin
        if self.access == "write":
            # Only now: what is no log of ours stays as it is.
            with translated():
                self.database.make_durable(self._engine)
            with self.read() as connection:
                wrong = self.database.wrong_settings(connection)
            if wrong:
                raise StoreSettings(
                    f"{self.database.place}: settings that durability needs fail: {wrong}"
                )


def _write_first_rows(connection: Connection, origin: str, page_size: int) -> None:
    connection.execute(
        schema.log.insert().values(
            id=1,
            schema_version=SCHEMA_VERSION,
            origin=origin,
            page_size=page_size,
            import_unfinished=0,
        )
    )
    connection.execute(schema.tree.insert().values(id=1, size=0, edge=b"", root=EMPTY_ROOT))


class Sealed(NamedTuple):
    """The one row of the tree: how many events are sealed, under which root."""

    size: int
    edge: bytes
    root: bytes


def sealed_state(connection: Connection) -> Sealed:
    """The tree as of this connection's moment; a store without exactly one is unreadable."""
    rows = connection.execute(
        select(schema.tree.c.id, schema.tree.c.size, schema.tree.c.edge, schema.tree.c.root)
    ).all()
    if len(rows) != 1:
        raise StoreUnreadable(f"the store has {len(rows) or 'no'} tree{'s' * (len(rows) > 1)}")
    number, *tree = rows[0]
    if number != 1:
        raise StoreUnreadable(f"the store's tree has number {number}")
    if not shapes.fits(tree, shapes.TREE):
        raise StoreUnreadable("the store's tree holds what its columns cannot hold")
    return Sealed(*tree)


def database_of(url: str) -> Database:
    """The database that a store URL names; nothing is opened yet."""
    try:
        parsed = make_url(url)
    except ArgumentError as fault:
        raise StoreUnreadable(
            f"{_SECRET.sub('***', url)!r} is no store URL such as sqlite:///zerosum.db"
        ) from fault
    name = parsed.get_backend_name()
    if name in ("postgresql", "postgres"):
        from ledger.postgresql import PostgresqlServer

        return PostgresqlServer(parsed)
    if name == "sqlite" and parsed.database and parsed.database != ":memory:":
        return SqliteFile(Path(parsed.database))
    raise StoreUnreadable(
        f"{shown(url)}: a store is a file, such as sqlite:///zerosum.db, or on a server, such as"
        " postgresql+psycopg://user@host/database"
    )


def shown(url: str) -> str:
    """A store URL as it may be printed: without its password."""
    return _SECRET.sub("***", url)


def path_of(url: str) -> Path | None:
    """The file that a store URL names; None on a server."""
    return database_of(url).path


def rows_engine(url: str, access: Access) -> Engine:
    """An engine for the rows that live beside the log, which was opened before."""
    return database_of(url).rows_engine(access)
