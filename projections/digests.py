"""Do two read models say the same?

One SHA-256 over all rows of all tables in key order. Compressed columns count with what they say:
two versions of a compressor may write the same text differently.
"""

import zlib
from hashlib import sha256

from pydantic_core import to_json
from sqlalchemy import Connection, Engine, Table, select

from projections import schema
from projections.packing import sound

ROWS_AT_ONCE = 1_000


def digest(engine: Engine) -> str:
    """Hex digest over every table; equal for rows made at once and rows made step by step."""
    with engine.connect() as connection, connection.begin():
        return digest_seen(connection)


def digest_seen(connection: Connection) -> str:
    """The same as of this connection's moment; raises `ReadModelDamaged` for unreadable rows."""
    found = sha256()
    for table in schema.metadata.sorted_tables:
        with sound(f"table {table.name}"):
            found.update(_table_digest(connection, table))
    return found.hexdigest()


def _table_digest(connection: Connection, table: Table) -> bytes:
    found = sha256(to_json(table.name) + b"\n")
    compressed = [place for place, column in enumerate(table.columns) if column in schema.PACKED]
    query = select(table).order_by(*table.primary_key.columns)
    for rows in connection.execute(query.execution_options(yield_per=ROWS_AT_ONCE)).partitions():
        for row in rows:
            values = list(row)
            for place in compressed:
                values[place] = zlib.decompress(values[place])
            plain = [value.hex() if isinstance(value, bytes) else value for value in values]
            found.update(to_json(plain) + b"\n")
    return found.digest()
