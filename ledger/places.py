"""Which row of which file did a fact come from, and was it recorded before?

A place is (file, line, part): one row may state several facts. The same fact from the same row
again counts as repeated; another fact in its place is a conflict. Files are known by name; their
SHA-256 is kept beside it for people who compare archives.
"""

from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from typing import Final

from sqlalchemy import func, select

from domain.events import Event
from domain.venue import Fact, Venue
from ledger import schema
from ledger.errors import SourceConflict
from ledger.reader import sealed_events
from ledger.store import Store
from ledger.writer import SourceKey

OPENING: Final = frozenset({"venue.opened/1", "market.listed/1", "account.opened/1"})
"""Facts that open a stream: without a place in a file they are known by their stream."""

# A named tuple's own constructor costs twice as much.
_key_of = partial(tuple.__new__, SourceKey)

_event = schema.event.c
_key = schema.source_key.c
_file = schema.source_file.c


class Places:
    """The places that this log has facts from, during one import."""

    def __init__(self, store: Store, digests: Mapping[str, bytes]) -> None:
        self._store = store
        self._digests = digests
        with store.read() as connection:
            files = connection.execute(select(_file.name, _file.id))
            self._files: dict[str, int] = {row[0]: row[1] for row in files}
            last = select(_key.file, func.max(_key.line)).group_by(_key.file)
            self._last_line: dict[int, int] = {row[0]: row[1] for row in connection.execute(last)}
        self._before = dict(self._last_line)
        self._new_files: list[tuple[int, str, bytes]] = []
        self._new_keys: list[SourceKey] = []
        # The greatest part by place, of places that are not written yet.
        self._parts: dict[tuple[int, int], int] = {}

    def fresh(self, facts: Sequence[Fact], venue: Venue) -> Sequence[Fact]:
        """The facts that were not recorded before this import; a changed one is a conflict."""
        if not venue.head:
            return facts
        asked = self._asked(facts)
        if asked:
            recorded = self._recorded(asked)
        elif not any(fact.type in OPENING for fact in facts):
            return facts
        fresh = []
        for fact in facts:
            place = self._place(fact.source)
            if place is None:
                earlier = self._opening(fact, venue) if fact.type in OPENING else []
            else:
                earlier = recorded.get(place, []) if place in asked else []
            if not earlier:
                fresh.append(fact)
            elif not any(_states(event, fact) for event in earlier):
                where = f"line {place[1]} of {fact.source['file']}" if place else fact.stream
                raise SourceConflict(
                    f"{where}: {fact.type} was recorded as event {earlier[0]['seq']}"
                    f" ({earlier[0]['type']}) with another content"
                )
        return fresh

    def refuse_changed(self, events: Sequence[Event]) -> None:
        """Refuse events from rows of which something else was recorded before this import.

        Whoever hands in events has passed over the rows that were recorded as they are.
        """
        asked = self._asked(events)
        if not asked:
            return
        recorded = self._recorded(asked)
        for event in events:
            source = event["source"]
            place = self._place(source)
            for earlier in recorded.get(place, []) if place in asked and place else []:
                if earlier["source"].get("row") == source.get("row"):
                    raise SourceConflict(
                        f"line {source['line']} of {source['file']}: {event['type']} was recorded"
                        f" as event {earlier['seq']} ({earlier['type']}) with another content"
                    )

    def note(self, events: Iterable[Event]) -> None:
        """Key the events that come from rows, numbered within their row."""
        keys, parts = self._new_keys, self._parts
        last_line, place_of = self._last_line, self._place
        for event in events:
            place = place_of(event["source"])
            if place is None:
                continue
            number, line = place
            part = 0
            if line > last_line.get(number, -1):
                last_line[number] = line
            elif place in parts:
                part = parts[place] + 1
            else:
                part = self._next_part(number, line)
            parts[place] = part
            keys.append(_key_of((number, line, part, event["seq"])))

    def taken(self) -> tuple[list[SourceKey], list[tuple[int, str, bytes]]]:
        """Keys noted and files first met since the last call, to be written in one transaction."""
        found = self._new_keys, self._new_files
        self._new_keys, self._new_files, self._parts = [], [], {}
        return found

    def _place(self, source: Mapping[str, str | int]) -> tuple[int, int] | None:
        name, line = source.get("file"), source.get("line")
        if not isinstance(name, str) or not isinstance(line, int):
            return None
        number = self._files.get(name)
        return (self._new_file(name) if number is None else number), line

    def _new_file(self, name: str) -> int:
        number = self._files[name] = len(self._files) + 1
        self._new_files.append((number, name, self._digests.get(name, b"")))
        return number

    def _asked(self, facts: Sequence[Fact] | Sequence[Event]) -> set[tuple[int, int]]:
        """Places that lie in what earlier imports have read."""
        if not self._before:
            return set()
        places = (
            self._place(fact.source if isinstance(fact, Fact) else fact["source"]) for fact in facts
        )
        return {place for place in places if place and place[1] <= self._before.get(place[0], -1)}

    def _recorded(self, places: Iterable[tuple[int, int]]) -> dict[tuple[int, int], list[Event]]:
        """What was recorded from these rows."""
        found: dict[tuple[int, int], list[Event]] = {}
        spans: dict[int, tuple[int, int]] = {}
        for number, line in places:
            low, high = spans.get(number, (line, line))
            spans[number] = (min(low, line), max(high, line))
        with self._store.read() as connection:
            for number, (low, high) in spans.items():
                query = (
                    select(_key.line, _event.seq, _event.bytes, _event.leaf)
                    .join(schema.event, _event.seq == _key.seq)
                    .where(_key.file == number, _key.line.between(low, high))
                    .order_by(_key.line, _key.part)
                )
                rows = connection.execute(query).all()
                events = sealed_events([(seq, raw, leaf) for _, seq, raw, leaf in rows])
                for (line, *_), event in zip(rows, events, strict=True):
                    found.setdefault((number, line), []).append(event)
        return found

    def _opening(self, fact: Fact, venue: Venue) -> list[Event]:
        """The event that opened the fact's stream, if it is open."""
        if fact.stream not in venue.versions:
            return []
        query = (
            select(_event.seq, _event.bytes, _event.leaf)
            .join(schema.stream, schema.stream.c.id == _event.stream)
            .where(schema.stream.c.name == fact.stream, _event.type == fact.type)
            .order_by(_event.seq)
            .limit(1)
        )
        with self._store.read() as connection:
            rows = [tuple(row) for row in connection.execute(query)]
        return sealed_events(rows) if rows else []

    def _next_part(self, number: int, line: int) -> int:
        query = select(func.max(_key.part)).where(_key.file == number, _key.line == line)
        with self._store.read() as connection:
            part = connection.execute(query).scalar_one()
        return 0 if part is None else part + 1


def _states(event: Event, fact: Fact) -> bool:
    return (
        event["type"] == fact.type
        and event["stream"] == fact.stream
        and event["data"] == fact.data
        and event["time"] == fact.time
        and event["source"] == fact.source
    )
