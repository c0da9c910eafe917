"""Which tables hold the log, and what stands in each?

Tables only, free of any one database: pragmas, triggers, locks and bulk loading are in
`ledger.sqlite` and `ledger.postgresql`. Streams and files are small
integers inside the store and have their names once in a table of their own.
"""

from collections.abc import Callable, Collection, Mapping
from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    Table,
    Text,
    select,
)

SCHEMA_VERSION: Final = 1

WHOLE: Final = BigInteger().with_variant(Integer(), "sqlite")
"""64-bit integers; SQLite's strict tables know them by the name INTEGER only."""

ID: Final = Text().with_variant(Text(collation="C"), "postgresql")
"""Names sort by code point in every database, whatever the server's locale."""

metadata: Final = MetaData()


def _table(name: str, *columns: Column[Any]) -> Table:
    return Table(name, metadata, *columns, sqlite_strict=True)


def _keyed_table(name: str, *columns: Column[Any]) -> Table:
    """A table that lives in its primary key: one tree of pages instead of two."""
    return Table(name, metadata, *columns, sqlite_strict=True, sqlite_with_rowid=False)


log: Final = _table(
    "log",
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("schema_version", Integer, nullable=False),
    Column("origin", Text, nullable=False),
    Column("page_size", Integer, nullable=False),
    # 1 while an import into an empty store has yet to build the unique index over streams.
    Column("import_unfinished", Integer, nullable=False),
)

stream: Final = _table(
    "stream",
    Column("id", WHOLE, primary_key=True, autoincrement=False),
    Column("name", ID, nullable=False, unique=True),
)

event: Final = _table(
    "event",
    Column("seq", WHOLE, primary_key=True, autoincrement=False),
    Column("stream", WHOLE, nullable=False),
    Column("version", WHOLE, nullable=False),
    Column("type", ID, nullable=False),
    Column("time", WHOLE, nullable=False),
    Column("bytes", LargeBinary, nullable=False),
    Column("leaf", LargeBinary, nullable=False),
)

event_of_stream: Final = Index("event_of_stream", event.c.stream, event.c.version, unique=True)
"""A stream's versions are unique; an import into an empty store builds this index at its end."""

tree: Final = _table(
    "tree",
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("size", WHOLE, nullable=False),
    Column("edge", LargeBinary, nullable=False),
    Column("root", LargeBinary, nullable=False),
)

tile: Final = _keyed_table(
    "tile",
    # Hash over leaves n·256^level … (n+1)·256^level − 1, written when the last of them arrives.
    Column("level", SmallInteger().with_variant(Integer(), "sqlite"), primary_key=True),
    Column("n", WHOLE, primary_key=True),
    Column("hash", LargeBinary, nullable=False),
)

transaction: Final = _table(
    "tx",
    Column("first_seq", WHOLE, primary_key=True, autoincrement=False),
    Column("last_seq", WHOLE, nullable=False),
    Column("recorded_at", WHOLE, nullable=False),
    Column("software_version", Text, nullable=False),
    # SHA-256 over the seal before, this row and the idempotency keys consumed in it.
    Column("seal", LargeBinary, nullable=False),
)

idempotency: Final = _keyed_table(
    "idempotency",
    Column("id", ID, primary_key=True),
    Column("digest", LargeBinary, nullable=False),
    Column("first_seq", WHOLE, nullable=False),
    Column("last_seq", WHOLE, nullable=False),
)

source_file: Final = _table(
    "source_file",
    Column("id", WHOLE, primary_key=True, autoincrement=False),
    Column("name", ID, nullable=False, unique=True),
    Column("digest", LargeBinary, nullable=False),
)

source_key: Final = _keyed_table(
    "source_key",
    # One row of a file may state several facts: they are its parts 0, 1, 2 …
    Column("file", WHOLE, primary_key=True),
    Column("line", WHOLE, primary_key=True),
    Column("part", WHOLE, primary_key=True),
    Column("seq", WHOLE, nullable=False),
)

snapshot: Final = _table(
    "snapshot",
    Column("seq", WHOLE, primary_key=True, autoincrement=False),
    Column("digest", LargeBinary, nullable=False),
    Column("state", LargeBinary, nullable=False),
)

checkpoint: Final = _keyed_table(
    # Copies of signed notes: a convenience that nobody trusts; a store without it gets it on use.
    "checkpoint",
    Column("size", WHOLE, primary_key=True),
    Column("key_id", Text, primary_key=True),
    Column("note", LargeBinary, nullable=False),
)


def first_other(found: Collection[tuple[str, str, str]], named: Callable[[Any], str]) -> str | None:
    """The first table or column, if any, that is not found as (table, column, type)."""
    for table in metadata.sorted_tables:
        missing = [c.name for c in table.columns if (table.name, c.name, named(c)) not in found]
        if table is checkpoint and len(missing) == len(table.columns):
            continue
        if missing:
            return f"table {table.name} is not the one that was made here: {', '.join(missing)}"
    return None


def is_indexing(connection: Connection) -> bool:
    """Whether an import has yet to build the index over streams."""
    query = select(log.c.import_unfinished).filter_by(id=1)
    return bool(connection.execute(query).scalar_one_or_none())


def changed(
    found: Mapping[str, object], made: Mapping[str, object], *, is_indexing: bool
) -> list[str]:
    """How triggers and index differ from those that were made, each in a sentence.

    While an import into an empty store is under way, the index over streams may be missing.
    """
    index = f"index {event_of_stream.name}"
    missing = [name for name in made if name not in found and not (is_indexing and name == index)]
    return [
        *(f"{name} is missing" for name in missing),
        *(f"{name} is another" for name in made if name in found and found[name] != made[name]),
        *(f"{name} is too much" for name in sorted(found.keys() - made.keys())),
    ]


NEVER_CHANGED: Final = (
    event,
    tile,
    transaction,
    idempotency,
    source_file,
    source_key,
    stream,
)
"""Tables whose rows are neither updated nor deleted: triggers refuse it."""
