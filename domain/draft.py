"""How does a decision write down its events while it still looks at what they do?

A draft folds every event it emits into a fork of the venue, with the one `apply`, and remembers who
was touched. The venue itself stays as it is; when the decision is done, its events are what
remains.
"""

from typing import Any

from domain.account import SYSTEM_ACCOUNTS
from domain.adl.row_key import HeldKey
from domain.events import Event
from domain.parties import parties
from domain.units import AccountId
from domain.venue import Fact, Venue, apply, enveloped


class Draft:
    """Events of one command in order of emission, and the venue after them."""

    __slots__ = ("_source", "_time", "before", "events", "row_key", "touched", "venue")

    def __init__(
        self,
        venue: Venue,
        time: int,
        source: dict[str, str | int],
        row_key: HeldKey = None,
    ) -> None:
        self.before = venue
        self.venue = venue.fork()
        self.events: list[Event] = []
        self.touched: dict[AccountId, None] = {}
        self.row_key = row_key
        self._time = time
        self._source = source

    def emit(self, kind: str, stream: str, data: dict[str, Any] | Any) -> Event:
        """Write one event down, and look at the venue after it from now on."""
        cause = self.events[0]["seq"] if self.events else None
        event = enveloped(self.venue, Fact(kind, stream, data, self._time, self._source), cause)
        apply(self.venue, event)
        self.events.append(event)
        for account in parties(event):
            self.touch(account)
        return event

    @property
    def next_seq(self) -> int:
        """Seq of the event that is emitted next; ids of trades and decisions are made of it."""
        return self.venue.head + 1

    def touch(self, account: AccountId) -> None:
        """Remember an account whose state may have changed; system accounts are never checked."""
        if account not in SYSTEM_ACCOUNTS:
            self.touched[account] = None
