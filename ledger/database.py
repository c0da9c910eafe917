"""What must a database be able to do before it may hold a log?

Everything in which SQLite and PostgreSQL differ stands behind this one shape: how a place for a new
store is taken, how connections are opened, how rows go in fast, and which settings a committed fact
rests on. `ledger.store` knows the shape only.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, Literal, Protocol

from sqlalchemy import Connection, Engine, Table
from sqlalchemy.engine import Dialect
from sqlalchemy.sql import ClauseElement

from ledger.errors import StoreError

Access = Literal["write", "read"]


class Database(Protocol):
    """One place for one log."""

    url: str
    """As it was given, password included: never shown."""
    place: str
    """As it is shown in messages."""

    @property
    def path(self) -> Path | None:
        """The file, where it is one."""

    @property
    def writes(self) -> Mapping[str, Any]:
        """Execution options of the connection that writes."""

    @property
    def page_size(self) -> int:
        """Bytes per page, noted in the log's first row."""

    @property
    def without_log(self) -> type[StoreError]:
        """What it means that no log is found in this place."""

    def reserve(self) -> None:
        """Take the place for a new store; raises `StoreExists` when it is taken."""

    def release(self) -> None:
        """Undo `reserve`."""

    def new_engine(self) -> Engine:
        """An engine for making the tables."""

    def engines(self, access: Access) -> Iterator[Engine]:
        """Engines to try one after the other, for a store that is there."""

    def rows_engine(self, access: Access) -> Engine:
        """An engine for the rows beside the log; for writing, it takes the lock at once."""

    def prepare(self, connection: Connection) -> None:
        """Make sure, in the transaction that makes the tables, that none is there."""

    def refuse_changes(self, connection: Connection) -> None:
        """Triggers against UPDATE and DELETE: they stop mistakes, the tree finds the rest."""

    def changed_guards(self, connection: Connection) -> list[str]:
        """Triggers and the index over streams that are missing, changed or too many, by name."""

    def other_tables(self, connection: Connection) -> str | None:
        """Which of the log's tables is missing or not as it was made; None when all are."""

    def may_change_tables(self, connection: Connection) -> bool:
        """Whether whoever is connected may drop and build indexes, not only write rows."""

    def texts_as_they_are(self, connection: Connection) -> AbstractContextManager[None]:
        """While it lasts, text that is none comes as bytes, not as a failure without a place."""

    def make_durable(self, engine: Engine) -> None:
        """Set what belongs to the place, not to a connection, before a log is written to."""

    def settings(self, connection: Connection) -> dict[str, int | str]:
        """The settings that durability rests on, as this connection has them now."""

    def wrong_settings(self, connection: Connection) -> dict[str, int | str]:
        """Settings that are not as they must be."""

    def much_is_written(self, connection: Connection) -> None:
        """Long writing ahead."""

    def little_is_written(self, connection: Connection) -> None:
        """Long writing is over."""

    def insert(self, cursor: Any, table: Table, rows: Sequence[Sequence[Any]]) -> None:
        """Rows with all columns of a table in their order, through the driver's own cursor."""


class DriverTexts:
    """Statements as one driver wants them, each compiled once."""

    def __init__(self, dialect: Dialect) -> None:
        self._dialect = dialect
        self._inserts: dict[str, str] = {}

    def text(self, statement: ClauseElement) -> str:
        """A statement's text with this database's own placeholders."""
        return str(statement.compile(dialect=self._dialect))

    def insert(self, table: Table) -> str:
        """The statement that inserts one row with all columns."""
        text = self._inserts.get(table.name)
        if text is None:
            text = self._inserts[table.name] = self.text(table.insert())
        return text
