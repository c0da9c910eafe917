"""Where can a store call fail, and how?

Real databases behind drivers that fail on order: the n-th call of an append raises before it is
made, after it was made (the answer is lost), or half way through its rows.
"""

import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, TypeVar

import pytest

T = TypeVar("T")
Moment = Literal["before", "after", "within"]
MOMENTS: tuple[Moment, ...] = ("before", "after", "within")


@dataclass
class Plan:
    """Which call fails; nothing does while `at` is 0."""

    at: int = 0
    moment: Moment = "before"
    fault: Callable[[], Exception] = RuntimeError
    cut: Callable[[Any], None] | None = None
    """What becomes of the connection besides."""
    is_counting: bool = False
    calls: int = 0
    names: list[str] = field(default_factory=list)

    def order(self, at: int, moment: Moment, fault: Callable[[], Exception]) -> None:
        """The `at`-th call from now on fails."""
        self.at, self.moment, self.fault, self.calls = at, moment, fault, 0
        self.names, self.is_counting = [], True

    def calm(self) -> None:
        """Nothing fails any more."""
        self.at, self.is_counting = 0, False

    def around(
        self, name: str, connection: Any, call: Callable[[], T], half: Callable[[], T] | None = None
    ) -> T:
        """Make the call, or fail as ordered."""
        if not self.is_counting:
            return call()
        self.calls += 1
        self.names.append(name)
        if self.calls != self.at:
            return call()
        self.is_counting = False
        if self.moment == "after":
            call()
        elif self.moment == "within" and half is not None:
            half()
        if self.cut is not None:
            self.cut(connection)
        raise self.fault()


def sqlite_fault(code: int, text: str) -> Callable[[], Exception]:
    def fault() -> Exception:
        error = sqlite3.OperationalError(text)
        error.sqlite_errorcode = code
        return error

    return fault


SQLITE_FAULTS = {
    "disk full": sqlite_fault(sqlite3.SQLITE_FULL, "database or disk is full"),
    "I/O error": sqlite_fault(sqlite3.SQLITE_IOERR, "disk I/O error"),
    "lock timeout": sqlite_fault(sqlite3.SQLITE_BUSY, "database is locked"),
    "interrupted": KeyboardInterrupt,
}


def faulty_sqlite(plan: Plan, monkeypatch: pytest.MonkeyPatch) -> None:
    """From now on SQLite's driver follows the plan."""

    class Cursor(sqlite3.Cursor):
        def execute(self, sql: str, values: Any = ()) -> Any:
            return plan.around(
                _verb(sql), self.connection, lambda: super(Cursor, self).execute(sql, values)
            )

        def executemany(self, sql: str, rows: Any) -> Any:
            found = list(rows)
            return plan.around(
                _verb(sql),
                self.connection,
                lambda: super(Cursor, self).executemany(sql, found),
                lambda: super(Cursor, self).executemany(sql, found[: len(found) // 2]),
            )

    class Connection(sqlite3.Connection):
        def cursor(self, factory: Any = Cursor) -> Any:
            return super().cursor(factory)

        def commit(self) -> None:
            plan.around("COMMIT", self, lambda: super(Connection, self).commit())

    connect = sqlite3.connect
    monkeypatch.setattr(
        "ledger.sqlite.sqlite3.connect",
        lambda *args, **options: connect(*args, **{**options, "factory": Connection}),
    )


def postgresql_faults() -> dict[str, Callable[[], Exception]]:
    from psycopg import OperationalError, errors

    return {
        "disk full": lambda: errors.DiskFull("could not extend file"),
        "I/O error": lambda: errors.IoError("could not write block"),
        "lock timeout": lambda: errors.LockNotAvailable("canceling statement due to lock timeout"),
        "serialization failure": lambda: errors.SerializationFailure("could not serialize access"),
        "connection reset": lambda: OperationalError("server closed the connection unexpectedly"),
        "interrupted": KeyboardInterrupt,
    }


def cut_connection(connection: Any) -> None:
    """The socket is gone; the server rolls back whatever was not committed."""
    connection.pgconn.finish()


def faulty_postgresql(plan: Plan, monkeypatch: pytest.MonkeyPatch) -> None:
    """From now on PostgreSQL's driver follows the plan."""
    import psycopg

    class Cursor(psycopg.Cursor[Any]):
        def execute(self, query: Any, *args: Any, **options: Any) -> Any:
            return plan.around(
                _verb(str(query)),
                self.connection,
                lambda: super(Cursor, self).execute(query, *args, **options),
            )

        def executemany(self, query: Any, rows: Any, **options: Any) -> Any:
            found: Sequence[Any] = list(rows)
            return plan.around(
                _verb(str(query)),
                self.connection,
                lambda: super(Cursor, self).executemany(query, found, **options),
                lambda: super(Cursor, self).executemany(query, found[:1], **options),
            )

        def copy(self, statement: Any, *args: Any, **options: Any) -> Any:
            return plan.around(
                _verb(str(statement)),
                self.connection,
                lambda: super(Cursor, self).copy(statement, *args, **options),
            )

    class Connection(psycopg.Connection[Any]):
        def __init__(self, *args: Any, **options: Any) -> None:
            super().__init__(*args, **options)
            self.cursor_factory = Cursor

        def commit(self) -> None:
            plan.around("COMMIT", self, lambda: super(Connection, self).commit())

    monkeypatch.setattr("psycopg.connect", Connection.connect)


def _verb(sql: str) -> str:
    return " ".join(sql.split()[:3])
