"""How does a PostgreSQL server hold the same log: same bytes, same root, same tables?

Everything that only PostgreSQL knows is here. Readers see one moment (REPEATABLE READ, read only);
the writer works under READ COMMITTED, so that a second writer waits at the row of the tree, then
matches none and is told that the head is stale. seq comes from that row, never from a sequence: a
sequence has gaps, and its order is not the order of commits. The driver is an extra and is imported
when a server is asked for.
"""

import logging
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from importlib.util import find_spec
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from sqlalchemy import (
    URL,
    BigInteger,
    Connection,
    Engine,
    Integer,
    LargeBinary,
    SmallInteger,
    Table,
    Text,
    create_engine,
    event,
    inspect,
)
from sqlalchemy.dialects.postgresql.psycopg import dialect as psycopg_dialect

from ledger.database import Access, DriverTexts
from ledger.errors import (
    LedgerError,
    MissingExtra,
    StaleHead,
    StoreConflict,
    StoreError,
    StoreExists,
    StoreFull,
    StoreLocked,
    StoreMissing,
    StoreReadOnly,
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

PARAMETER_STYLE: Final = "format"
"""Placeholders by position, as SQLite has them: rows are plain tuples everywhere."""

COPIED_FROM: Final = 32
"""From so many rows on COPY is faster than a statement per row, even with its round trips."""

# Per connection. Waiting for another writer ends after five seconds, as on SQLite. What a server
# says about long statements and idle transactions is meant for others: `verify` takes its time.
# A commit that is not on the disk when it is acknowledged is none.
_SETTINGS: Final = """
SET lock_timeout = '5s';
SET statement_timeout = 0;
SET idle_in_transaction_session_timeout = 0;
SELECT set_config('synchronous_commit', 'on', false)
 WHERE current_setting('synchronous_commit') = 'off';
"""

_WANTED: Final[dict[str, str]] = {
    "fsync": "on",
    "full_page_writes": "on",
    "server_encoding": "UTF8",
    "standard_conforming_strings": "on",
}
_SHOWN: Final = (*_WANTED, "synchronous_commit", "lock_timeout", "block_size", "server_version")

_NOBODY_LISTENS: Final = logging.NullHandler()

_CREATION_LOCK: Final = 0x7A65_726F
"""Two `init` at once: one makes the tables, the other finds them."""

_REFUSES: Final = """
BEGIN
    RAISE EXCEPTION USING
        MESSAGE = TG_TABLE_NAME || ' is never changed', ERRCODE = 'restrict_violation';
END """
_REFUSAL: Final = (
    f"CREATE FUNCTION zerosum_refuses_change() RETURNS trigger LANGUAGE plpgsql AS $${_REFUSES}$$"
)

_BEFORE_EACH_CHANGE: Final = 1 + 2 + 8 + 16
_BEFORE_TRUNCATION: Final = 2 + 32
"""As `pg_trigger.tgtype` has it: for each row 1, before 2, delete 8, update 16, truncate 32."""

_TRIGGERS: Final = """
SELECT t.tgname, t.tgtype::int, t.tgenabled IN ('O', 'A'), t.tgqual IS NULL,
       t.tgattr::text = '', p.prosrc
FROM pg_trigger t JOIN pg_proc p ON p.oid = t.tgfoid
WHERE NOT t.tgisinternal AND t.tgrelid IN ({tables})
"""
_INDEX: Final = """
SELECT i.indisunique AND i.indisvalid AND i.indimmediate AND i.indpred IS NULL,
       array_to_string(ARRAY(SELECT pg_get_indexdef(i.indexrelid, n, false)
                             FROM generate_series(1, i.indnatts) n ORDER BY n), ', ')
FROM pg_index i WHERE i.indexrelid = to_regclass('event_of_stream')
  AND i.indrelid = to_regclass('event')
"""

_OWNS: Final = """
SELECT pg_has_role(current_user, relowner, 'USAGE') FROM pg_class WHERE oid = 'event'::regclass
"""

# By SQLSTATE: whole codes first, then their classes.
_MEANINGS: Final[dict[str, type[LedgerError]]] = {
    "25006": StoreReadOnly,  # read_only_sql_transaction
    "3D000": StoreMissing,  # invalid_catalog_name: no such database
    "40001": StaleHead,  # serialization_failure
    "40P01": StaleHead,  # deadlock_detected
    "42501": StoreReadOnly,  # insufficient_privilege
    "42P07": StoreExists,  # duplicate_table
    "42723": StoreExists,  # duplicate_function
    "53100": StoreFull,  # disk_full
    "53300": StoreLocked,  # too_many_connections
    "55P03": StoreLocked,  # lock_not_available
    "57014": StoreLocked,  # query_canceled
    "57P03": StoreLocked,  # cannot_connect_now: starting up or shutting down
}
_CLASSES: Final[dict[str, type[LedgerError]]] = {
    "23": StoreConflict,  # integrity_constraint_violation
}
_UNREACHABLE: Final = ("08", "28", "57")
_REACH_HINT: Final = (
    "check that the server runs and that the URL names it, then send the same commands again"
)

_COPY_TYPES: Final[tuple[tuple[type[Any], str], ...]] = (
    (LargeBinary, "bytea"),
    (Text, "text"),
    (BigInteger, "int8"),
    (SmallInteger, "int2"),
    (Integer, "int4"),
)


class PostgresqlServer:
    """A log in one database (or one schema of it) on a server."""

    writes: Mapping[str, Any] = MappingProxyType(
        {"isolation_level": "READ COMMITTED", "postgresql_readonly": False}
    )
    page_size: int = 8_192
    path: Path | None = None
    without_log: type[StoreError] = StoreMissing

    def __init__(self, url: URL) -> None:
        self._address = url.set(drivername="postgresql+psycopg")
        self.url = self._address.render_as_string(hide_password=False)
        secrets = [name for name in url.query if "password" in name]
        masked = self._address.difference_update_query(secrets)
        self.place = masked.render_as_string(hide_password=True)
        self._texts = DriverTexts(psycopg_dialect(paramstyle=PARAMETER_STYLE))  # type: ignore[no-untyped-call]

    def reserve(self) -> None:
        """Nothing: the tables are made in one transaction, or not at all."""

    def release(self) -> None:
        """Nothing is left of a transaction that failed."""

    def new_engine(self) -> Engine:
        """The same engine as always."""
        return self._reading()

    def engines(self, access: Access) -> Iterator[Engine]:  # noqa: ARG002 - the writer says so itself
        """One engine: connections read unless they are told to write."""
        yield self._reading()

    def rows_engine(self, access: Access) -> Engine:
        """One that reads, or one whose every transaction may write."""
        return self._reading() if access == "read" else self._engine("READ COMMITTED")

    def _reading(self) -> Engine:
        return self._engine("REPEATABLE READ", postgresql_readonly=True)

    def _engine(self, isolation: str, **options: bool) -> Engine:
        if find_spec("psycopg") is None:
            raise MissingExtra("a store on a server needs the driver psycopg")
        try:
            engine = create_engine(
                self._address,
                paramstyle=PARAMETER_STYLE,
                pool_size=4,
                isolation_level=isolation,
                connect_args={"client_encoding": "utf8", **self._defaults()},
                execution_options=options,
            )
        except ImportError as fault:
            raise MissingExtra(f"the driver psycopg does not work here: {fault}") from fault
        event.listen(engine, "connect", _prepare)
        # What the driver remarks about a lost connection is said by our error already; whoever
        # configures logging still sees it.
        logging.getLogger("psycopg").addHandler(_NOBODY_LISTENS)
        return engine

    def _defaults(self) -> dict[str, Any]:
        wanted = {"connect_timeout": 10, "application_name": "zerosum"}
        return {name: value for name, value in wanted.items() if name not in self._address.query}

    def prepare(self, connection: Connection) -> None:
        """Nobody else makes a store here now, and none of its tables is there."""
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_CREATION_LOCK})")
        taken = sorted(metadata.tables.keys() & set(inspect(connection).get_table_names()))
        if taken:
            raise StoreExists(f"{self.place} has a table {taken[0]} already")

    def refuse_changes(self, connection: Connection) -> None:
        """Triggers, one that refuses for all tables."""
        connection.exec_driver_sql(_REFUSAL)
        for table in NEVER_CHANGED:
            for action, each in (("UPDATE OR DELETE", "ROW"), ("TRUNCATE", "STATEMENT")):
                name = f"{table.name}_refuses_{'truncate' if each == 'STATEMENT' else 'change'}"
                connection.exec_driver_sql(
                    f"CREATE TRIGGER {name} BEFORE {action} ON {table.name}"
                    f" FOR EACH {each} EXECUTE FUNCTION zerosum_refuses_change()"
                )

    def changed_guards(self, connection: Connection) -> list[str]:
        """Triggers on the log's tables and what they run, and the index."""
        tables = ", ".join(f"to_regclass('{name}')" for name in metadata.tables)
        made: dict[str, object] = {f"index {event_of_stream.name}": (True, "stream, version")}
        for table in NEVER_CHANGED:
            for what, kind in (("change", _BEFORE_EACH_CHANGE), ("truncate", _BEFORE_TRUNCATION)):
                name = f"trigger {table.name}_refuses_{what}"
                made[name] = (kind, True, True, True, _REFUSES)
        rows = connection.exec_driver_sql(_TRIGGERS.format(tables=tables))
        found: dict[str, object] = {f"trigger {name}": tuple(rest) for name, *rest in rows}
        for row in connection.exec_driver_sql(_INDEX):
            found[f"index {event_of_stream.name}"] = tuple(row)
        return changed(found, made, is_indexing=is_indexing(connection))

    def other_tables(self, connection: Connection) -> str | None:
        """Views and columns of other types may hold anything."""
        names = ", ".join(f"to_regclass('{name}')" for name in metadata.tables)
        rows = connection.exec_driver_sql(
            "SELECT c.relname, a.attname, t.typname FROM pg_class c"  # noqa: S608 - own names
            " JOIN pg_attribute a ON a.attrelid = c.oid JOIN pg_type t ON t.oid = a.atttypid"
            f" WHERE c.oid IN ({names}) AND c.relkind IN ('r', 'p') AND a.attnotnull"
        )
        return first_other({tuple(row) for row in rows}, lambda column: _copy_type(column.type))

    def may_change_tables(self, connection: Connection) -> bool:
        """Whether the role owns the table of events, or is a member of who does."""
        return bool(connection.exec_driver_sql(_OWNS).scalar_one())

    def texts_as_they_are(self, connection: Connection) -> AbstractContextManager[None]:  # noqa: ARG002 - nothing to set
        """The server has only text that is some: it is told its encoding, and holds to it."""
        return nullcontext()

    def make_durable(self, engine: Engine) -> None:
        """Nothing: the server's settings are its owner's."""

    def settings(self, connection: Connection) -> dict[str, int | str]:
        """What the server says about durability."""
        names = ", ".join(f"'{name}'" for name in _SHOWN)
        rows = connection.exec_driver_sql(
            f"SELECT name, setting FROM pg_settings WHERE name IN ({names})"  # noqa: S608 - own names
        )
        found = dict(sorted((name, setting) for name, setting in rows))
        return {name: found[name] for name in _SHOWN}

    def wrong_settings(self, connection: Connection) -> dict[str, int | str]:
        """Settings with which a committed fact could be lost, or a name be stored as another."""
        found = self.settings(connection)
        wrong = {name: found[name] for name, value in _WANTED.items() if found[name] != value}
        if found["synchronous_commit"] == "off":
            wrong["synchronous_commit"] = "off"
        return wrong

    def much_is_written(self, connection: Connection) -> None:
        """The server looks after its own write-ahead log."""

    def little_is_written(self, connection: Connection) -> None:
        """The server looks after its own write-ahead log."""

    def insert(self, cursor: Any, table: Table, rows: Sequence[Sequence[Any]]) -> None:
        """Few rows by statements, many by COPY in its binary form."""
        if len(rows) < COPIED_FROM:
            text = self._texts.insert(table)
            if len(rows) == 1:
                cursor.execute(text, rows[0])
            else:
                cursor.executemany(text, rows)
            return
        names = ", ".join(f'"{column.name}"' for column in table.columns)
        with cursor.copy(f'COPY "{table.name}" ({names}) FROM STDIN (FORMAT BINARY)') as copy:
            copy.set_types([_copy_type(column.type) for column in table.columns])
            write_row = copy.write_row
            for row in rows:
                write_row(row)


def _copy_type(column_type: Any) -> str:
    return next(name for kind, name in _COPY_TYPES if isinstance(column_type, kind))


def _prepare(connection: Any, _record: object) -> None:
    connection.autocommit, before = True, connection.autocommit
    with connection.cursor() as cursor:
        cursor.execute(_SETTINGS)
    connection.autocommit = before


def meaning(fault: BaseException) -> LedgerError:
    """The ledger's error for one of this driver's."""
    state = getattr(fault, "sqlstate", None) or ""
    said = _said(fault)
    kind = _MEANINGS.get(state) or _CLASSES.get(state[:2]) or _unanswered(said, state)
    error = kind(said)
    if kind is StoreUnreadable and (not state or state[:2] in _UNREACHABLE):
        # The log is well, as far as anybody knows: no backup is called for.
        error.hint = _REACH_HINT
    return error


def _unanswered(said: str, state: str) -> type[LedgerError]:
    """Why a connection did not come about; the driver passes on the sentence, not the code."""
    if not state and "FATAL:" in said:
        if re.search(r'database ".*" does not exist', said):
            return StoreMissing
        if "the database system is " in said or "too many" in said:
            return StoreLocked
    return StoreUnreadable


def _said(fault: BaseException) -> str:
    """The server's own sentence; of what the driver says, the first line."""
    primary = getattr(getattr(fault, "diag", None), "message_primary", None)
    return str(primary or fault).strip().split("\n", 1)[0]
