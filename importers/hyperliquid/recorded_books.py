"""How does a fact of a recorded venue become an event that is already folded?

Shared by every importer: a venue of its own, into which each fact is applied as it is given out, so
that the next row meets the state that the log will have.
"""

from typing import Any, Final

from domain.events import Event
from domain.position import Position
from domain.venue import Venue, apply, next_event
from importers.hyperliquid.memory import Memory
from importers.hyperliquid.rows import Place, Refused
from importers.hyperliquid.scales import QUOTE_UNIT

OUTSIDE: Final = "outside:"
Source = dict[str, str | int]


def place_source(place: Place, key: str, **more: str | int | None) -> Source:
    """Where a fact comes from; keys in order, nothing that is absent."""
    if len(more) == 1 and (block := more.get("block")) is not None:
        # Nearly all places are like this.
        file, line, row = place
        return {"block": block, "file": file, "key": key, "line": line, "row": row}
    found: dict[str, str | int | None] = {
        "file": place.file,
        "key": key,
        "line": place.line,
        "row": place.row,
        **more,
    }
    return {name: value for name, value in sorted(found.items()) if value is not None}


class RecordedBooks:
    """A venue that facts are applied to, and the events that this gives out."""

    def __init__(self, venue: Venue, memory: Memory, name: str) -> None:
        """`name` is the venue's in the first fact of an empty log."""
        self.venue = venue
        self.memory = memory
        self._name = name
        self._events: list[Event] = []

    def taken(self) -> list[Event]:
        """The facts since the last call, as events after what the venue was."""
        events, self._events = self._events, []
        return events

    def emit(self, kind: str, stream: str, data: dict[str, Any], time: int, source: Source) -> None:
        """Give out a fact and apply it."""
        event = next_event(self.venue, kind, stream, data, time, source)
        apply(self.venue, event)
        self.memory.meet(event)
        self._events.append(event)

    def open_venue(self, time: int) -> None:
        """The first fact of an empty log."""
        if self.venue.kind is None:
            data = {
                "kind": "recorded",
                "name": self._name,
                "quote": "USDC",
                "quote_unit": QUOTE_UNIT.text(),
                "system_accounts": ["insurance", "rounding", "treasury", "uncovered"],
            }
            self.emit("venue.opened/1", "venue", data, time, {})

    def refuse(self, row: Refused) -> None:
        """Keep a row that is not applied."""
        data = {"code": row.code, "detail": row.detail}
        source = place_source(
            row.place,
            row.key,
            account=row.account,
            account_of_partner=row.partner,
            block=row.block,
            kind=row.kind,
        )
        time = self.venue.time if row.time is None else row.time
        self.emit("venue.fact_rejected/1", "venue", data, time, source)

    def position(self, account: str, market: str) -> Position | None:
        """What the account holds in the market."""
        found = self.venue.markets.get(market)
        return None if found is None else found.positions.get(account)
