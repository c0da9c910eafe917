"""How far are the rows counted, and how are many of them read at once?"""

from collections.abc import Iterator
from typing import Any, Final

from sqlalchemy import Connection, Select, func, inspect, select

from projections import schema
from projections.errors import ReadModelDamaged, ReadModelMissing
from projections.read_model import tracked_seq

ROWS_AT_ONCE: Final = 1_000


def head(connection: Connection) -> int:
    """Seq of the last event that was counted; raises `ReadModelMissing` without tables."""
    if not inspect(connection).has_table(schema.tracking.name):
        message = "there is no read model yet"
        raise ReadModelMissing(message)
    seq = tracked_seq(connection)
    if seq is None:
        message = "the read model has no tracking row"
        raise ReadModelMissing(message)
    return seq


def sound_head(connection: Connection) -> int:
    """The same, if no entry stands behind it; raises `ReadModelDamaged` for rows of another seq."""
    seq = head(connection)
    last = connection.execute(select(func.max(schema.entry.c.seq))).scalar_one()
    if last is not None and last > seq:
        message = f"the rows are said to end at seq {seq}, and there are some of seq {last}"
        raise ReadModelDamaged(message)
    return seq


def driver_rows(connection: Connection, query: Select[Any]) -> Iterator[tuple[Any, ...]]:
    """Plain tuples of the driver, a chunk at a time: no row objects where they can be avoided."""
    if connection.dialect.name == "postgresql":
        # The server keeps the cursor: its driver would hold all rows in memory at once.
        streamed = connection.execute(query.execution_options(yield_per=ROWS_AT_ONCE))
        for rows in streamed.partitions():
            yield from map(tuple, rows)
        return
    result = connection.execute(query)
    try:
        cursor = result.cursor
        while cursor is not None and (chunk := cursor.fetchmany(ROWS_AT_ONCE)):
            yield from chunk
    finally:
        result.close()
