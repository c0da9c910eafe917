"""At which seq did a stream begin?"""

from sqlalchemy import select

from ledger import schema
from ledger.errors import UnknownSeq
from ledger.store import Store


def first_of(store: Store, stream: str) -> int:
    """Seq of the stream's first event; raises `UnknownSeq`."""
    event, names = schema.event.c, schema.stream.c
    query = (
        select(event.seq)
        .join(schema.stream, names.id == event.stream)
        .where(names.name == stream, event.version == 1)
    )
    with store.read() as connection:
        found = connection.execute(query).scalar()
    if found is None:
        raise UnknownSeq(f"the log has no stream {stream}")
    return int(found)
