"""Which commands were sent before, and what were their receipts?

Asked once per batch, in one read transaction with few statements: a file that is applied again
after a crash must not take longer than the first time.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Select, bindparam, select

from domain.errors import Rejected
from domain.submission import Submission
from ledger import schema
from ledger.errors import UnknownSeq
from ledger.reader import Reader, sealed_events
from ledger.store import Store
from ledger.writer import CommandKey

VALUES_AT_ONCE: Final = 1_024
"""Values in one list of a statement; both databases take 32,000 and more."""

REJECTED: Final = "venue.command_rejected/1"

_key = schema.idempotency.c
_event = schema.event.c


@dataclass(slots=True)
class Consumed:
    """Of some submissions: keys that were consumed before, and receipts of those sent again."""

    keys: dict[str, CommandKey] = field(default_factory=dict)
    refusals: dict[int, Rejected] = field(default_factory=dict)
    """Refusals by the seq of their event."""
    roots: dict[int, bytes] = field(default_factory=dict)
    """Roots by size."""


class Repeats:
    """Looks up what was consumed before."""

    def __init__(self, store: Store, reader: Reader) -> None:
        self._store = store
        self._reader = reader
        # The type of the first event says whether it is a refusal, without reading its bytes.
        keys = select(_key.id, _key.digest, _key.first_seq, _key.last_seq, _event.type).select_from(
            schema.idempotency.join(schema.event, _event.seq == _key.first_seq, isouter=True)
        )
        self._keys = _Listed(store, keys, _key.id)
        self._events = _Listed(store, select(_event.seq, _event.bytes, _event.leaf), _event.seq)

    def of(self, submissions: Sequence[Submission]) -> Consumed:
        """What these submissions' ids consumed, with all that a repeated receipt says."""
        # One id may stand in a batch with two contents: either may be the one of before.
        contents = {(s.id, s.digest) for s in submissions if s.id is not None}
        consumed = Consumed()
        if not contents:
            return consumed
        ends: set[int] = set()
        refused: set[int] = set()
        with self._store.read() as connection:
            for *row, kind in self._keys.rows(connection, sorted({name for name, _ in contents})):
                key = CommandKey(*row)
                consumed.keys[key.id] = key
                if (key.id, key.digest.hex()) in contents:
                    ends.add(key.last_seq)
                    if kind is None or kind == REJECTED:
                        refused.add(key.first_seq)
            if refused:
                consumed.refusals = self._refusals(connection, sorted(refused))
            if ends:
                consumed.roots = self._reader.roots_in(connection, sorted(ends))
        return consumed

    def _refusals(self, connection: Connection, seqs: Sequence[int]) -> dict[int, Rejected]:
        rows = {row[0]: row for row in self._events.rows(connection, seqs)}
        for seq in seqs:
            if seq not in rows:
                raise UnknownSeq(f"the log has no event {seq}")
        events = sealed_events([tuple(rows[seq]) for seq in seqs])
        return {
            event["seq"]: Rejected(event["data"]["code"], **event["data"]["facts"])
            for event in events
            if event["type"] == REJECTED
        }


class _Listed:
    """A query for the rows whose column is one of some values.

    Lists are filled up to a power of two by repeating a value: few texts are compiled, once each.
    """

    def __init__(self, store: Store, query: Select[Any], column: ColumnElement[Any]) -> None:
        self._store = store
        self._query = query
        self._column = column
        self._texts: dict[int, str] = {}

    def rows(self, connection: Connection, values: Sequence[Any]) -> Iterator[Any]:
        """The rows, in no order."""
        for start in range(0, len(values), VALUES_AT_ONCE):
            some = values[start : start + VALUES_AT_ONCE]
            places = 1 << (len(some) - 1).bit_length()
            filled = (*some, *[some[-1]] * (places - len(some)))
            yield from connection.exec_driver_sql(self._text(places), filled).all()

    def _text(self, places: int) -> str:
        text = self._texts.get(places)
        if text is None:
            asked = [
                bindparam(f"value_{number}", type_=self._column.type) for number in range(places)
            ]
            text = self._store.driver_text(self._query.where(self._column.in_(asked)))
            self._texts[places] = text
        return text
