"""How do thousands of rows reach their tables in one go?

Statements are written once per table and handed to the driver with plain tuples; the same text runs
on SQLite and on PostgreSQL.
"""

from collections.abc import Iterable
from typing import Any, Final

from sqlalchemy import Connection, Table

COPIED_FROM: Final = 32
"""From so many rows on a PostgreSQL server takes them faster in one stream."""

_TABLES_LOCK: Final = 0x726D_5F00


def only_one_makes_tables(connection: Connection) -> None:
    """Two programs that make the tables at once: one waits, then finds them.

    A transaction that writes to SQLite holds the only lock there is.
    """
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_TABLES_LOCK})")


class Rows:
    """Writes rows in one transaction; all columns of a table, in their order."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        style = connection.dialect.paramstyle
        self._mark = "?" if style == "qmark" else "%s"

    def insert(self, table: Table, rows: Iterable[tuple[Any, ...]]) -> None:
        """Rows that are not there yet."""
        found = list(rows)
        if self._mark == "?" or len(found) < COPIED_FROM:
            self._run(self._insert_text(table), found)
            return
        names = ", ".join(f'"{column.name}"' for column in table.columns)
        driver: Any = self._connection.connection
        with (
            driver.cursor() as cursor,
            cursor.copy(f'COPY "{table.name}" ({names}) FROM STDIN') as copy,
        ):
            for row in found:
                copy.write_row(row)

    def insert_missing(self, table: Table, rows: Iterable[tuple[Any, ...]]) -> None:
        """Rows that are not there yet; those that are stay as they are."""
        self._run(f"{self._insert_text(table)} ON CONFLICT DO NOTHING", rows)

    def upsert(self, table: Table, rows: Iterable[tuple[Any, ...]]) -> None:
        """Rows that take the place of those with the same key."""
        keys = _keys(table)
        changed = ", ".join(
            f'"{column.name}" = excluded."{column.name}"'
            for column in table.columns
            if column.name not in keys
        )
        conflict = ", ".join(f'"{key}"' for key in keys)
        self._run(
            f"{self._insert_text(table)} ON CONFLICT ({conflict}) DO UPDATE SET {changed}", rows
        )

    def update(
        self, table: Table, columns: tuple[str, ...], rows: Iterable[tuple[Any, ...]]
    ) -> None:
        """New values of some columns, followed by the key."""
        values = ", ".join(f'"{column}" = {self._mark}' for column in columns)
        self._run(f'UPDATE "{table.name}" SET {values} WHERE {self._where(table)}', rows)  # noqa: S608 - own names

    def delete(self, table: Table, keys: Iterable[tuple[Any, ...]]) -> None:
        """Rows by key; a row that never was there is as good as gone."""
        self._run(f'DELETE FROM "{table.name}" WHERE {self._where(table)}', keys)  # noqa: S608 - own names

    def _where(self, table: Table) -> str:
        return " AND ".join(f'"{key}" = {self._mark}' for key in _keys(table))

    def _insert_text(self, table: Table) -> str:
        names = ", ".join(f'"{column.name}"' for column in table.columns)
        marks = ", ".join(self._mark for _ in table.columns)
        return f'INSERT INTO "{table.name}" ({names}) VALUES ({marks})'  # noqa: S608 - own names

    def _run(self, text: str, rows: Iterable[tuple[Any, ...]]) -> None:
        found = list(rows)
        if found:
            self._connection.exec_driver_sql(text, found)


def _keys(table: Table) -> tuple[str, ...]:
    return tuple(column.name for column in table.primary_key.columns)
