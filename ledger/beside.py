"""Does what stands beside the log still belong to it: recording times, idempotency keys, places?

None of it is in the hashed bytes, so none of it is under the root. Transactions are sealed in a
chain of their own, and every key and place can be read off the events.
"""

from collections.abc import Collection, Iterator, Sequence
from typing import Any, Final

from sqlalchemy import Connection, Select, select

from domain.events import Event
from ledger import schema, shapes
from ledger.chains import consumed_id
from ledger.report import Finding
from ledger.sealing import RawRow
from ledger.writer import CommandKey, TransactionRow, first_seal, next_seal

DOUBTS_REMEMBERED: Final = 1_000

_tx = schema.transaction.c
_key = schema.idempotency.c

ROWS_AT_ONCE: Final = 1_000


def _streamed(connection: Connection, query: Select[Any], shape: shapes.Shape) -> Iterator[Any]:
    """A server keeps the cursor, and a million keys never stand in memory at once."""
    found = connection.execute(query.execution_options(yield_per=ROWS_AT_ONCE))
    return shapes.fitting(found, shape)


def examine_transactions(
    connection: Connection, origin: str, size: int, order: Finding, doubted: Collection[int]
) -> None:
    """Do the transactions cover events 1 … size in order, and is each as it was sealed?

    `doubted` are seqs with wrong keys: the seal around them cannot fit, and one alarm is enough.
    """
    previous, following, recorded = first_seal(origin), 1, 0
    keys = _streamed(
        connection,
        select(_key.id, _key.digest, _key.first_seq, _key.last_seq).order_by(_key.first_seq),
        shapes.KEY,
    )
    key = next(keys, None)
    rows = _streamed(
        connection,
        select(
            _tx.first_seq, _tx.last_seq, _tx.recorded_at, _tx.software_version, _tx.seal
        ).order_by(_tx.first_seq),
        shapes.TRANSACTION,
    )
    for first, last, recorded_at, software, seal in rows:
        if first != following or last < first:
            order.fail(min(first, following), f"events from {following} on have no recording time")
        elif recorded_at < recorded:
            order.fail(first, f"events {first} to {last} were recorded before those that precede")
        consumed: list[CommandKey] = []
        while key is not None and key.first_seq <= last:
            if key.first_seq >= first:
                consumed.append(CommandKey(*key))
            key = next(keys, None)
        row = TransactionRow(first, last, recorded_at, software)
        sealed = next_seal(previous, row, consumed)
        if sealed != seal and not any(first <= seq <= last for seq in doubted):
            text = f"recording time, version or command digests of events {first} to {last} differ"
            order.fail(first, f"{text} from what was sealed")
        previous, following, recorded = seal, last + 1, recorded_at
    if following != size + 1:
        order.fail(min(following, size + 1), f"events after {following - 1} have no recording time")


class KeyExamination:
    """`counted_once`: each consumed id and each row of a file stands once, where its event says."""

    def __init__(self, connection: Connection) -> None:
        self.finding = Finding("counted_once")
        self.doubted: set[int] = set()
        self._keys = _streamed(
            connection,
            select(_key.first_seq, _key.id, _key.last_seq).order_by(_key.first_seq),
            shapes.NAMED_KEY,
        )
        self._next_key = next(self._keys, None)
        self._strays: dict[str, int] = {}
        self._open: tuple[int, str, int] | None = None
        self._last_of_open = 0
        place, file = schema.source_key.c, schema.source_file.c
        self._places = _streamed(
            connection,
            select(place.seq, file.name, place.line)
            .join(schema.source_file, file.id == place.file, isouter=True)
            .order_by(place.seq),
            shapes.PLACE,
        )
        self._next_place = next(self._places, None)

    def events_seen(self, rows: Sequence[RawRow], events: Sequence[Event | Exception]) -> None:
        """Are these events' keys and places there, and no others?"""
        for row, event in zip(rows, events, strict=True):
            if isinstance(event, Exception):
                self._unreadable_seen(row[0])
                continue
            source = event["source"]
            if source:
                self._event_seen(event)
            elif self._open is not None and event["cause"] == self._open[0]:
                self._last_of_open = event["seq"]

    def _event_seen(self, event: Event) -> None:
        seq, source = event["seq"], event["source"]
        if self._open is not None and event["cause"] == self._open[0]:
            self._last_of_open = seq
        identity = consumed_id(event)
        if identity is not None and not _is_conflict(event):
            self._close()
            self._pass_strays(seq)
            if self._next_key is not None and tuple(self._next_key[:2]) == (
                seq,
                identity,
            ):
                self._open, self._last_of_open = tuple(self._next_key), seq
                self._next_key = next(self._keys, None)
            else:
                self._strays.pop(identity, None)
                self._fail_key(seq, f"the key {identity!r} that event {seq} consumed is missing")
        name, line = source.get("file"), source.get("line")
        if isinstance(name, str) and isinstance(line, int):
            while self._next_place is not None and self._next_place[0] < seq:
                self._stray_place()
            if self._next_place is not None and tuple(self._next_place) == (
                seq,
                name,
                line,
            ):
                self._next_place = next(self._places, None)
            else:
                self.finding.fail(
                    seq, f"the place of event {seq}, line {line} of {name}, is missing"
                )

    def _unreadable_seen(self, seq: int) -> None:
        """Whatever belongs to an event that cannot be read is passed over: one alarm is enough."""
        self._open = None
        self._pass_strays(seq)
        while self._next_key is not None and self._next_key[0] == seq:
            self._next_key = next(self._keys, None)
        while self._next_place is not None and self._next_place[0] == seq:
            self._next_place = next(self._places, None)

    def _pass_strays(self, seq: int) -> None:
        while self._next_key is not None and self._next_key[0] < seq:
            self._strays[self._next_key[1]] = self._next_key[0]
            self._doubt(self._next_key[0])
            self._next_key = next(self._keys, None)

    def _fail_key(self, seq: int, fault: str) -> None:
        self.finding.fail(seq, fault)
        self._doubt(seq)

    def _doubt(self, seq: int) -> None:
        if len(self.doubted) < DOUBTS_REMEMBERED:
            self.doubted.add(seq)

    def _close(self) -> None:
        """The chain that was open has ended: does its key say where?"""
        if self._open is not None:
            first, identity, last = self._open
            if last != self._last_of_open:
                self.finding.fail(
                    first,
                    f"key {identity!r} ends at {last}, its events at {self._last_of_open}",
                )
        self._open = None

    def _stray_place(self) -> None:
        if self._next_place is not None:
            seq, name, line = self._next_place
            self.finding.fail(seq, f"line {line} of {name} is said to be event {seq}; it is not")
            self._next_place = next(self._places, None)

    def ended(self) -> None:
        """Is nothing left over?"""
        self._close()
        while self._next_key is not None:
            self._strays[self._next_key[1]] = self._next_key[0]
            self._doubt(self._next_key[0])
            self._next_key = next(self._keys, None)
        for identity, seq in self._strays.items():
            self.finding.fail(
                seq, f"key {identity!r} names event {seq}, which consumed no such key"
            )
        while self._next_place is not None:
            self._stray_place()


def _is_conflict(event: Event) -> bool:
    return event["type"] == "venue.command_rejected/1" and event["data"]["code"] == "id_conflict"
