"""Which rows does the log hold already, and which positions has it met?

Read from the events of the log: every event of a row carries the row's key, so the same row is
known again whatever file brings it.
"""

from collections.abc import Iterable

from domain.events import Event
from domain.position import Position
from importers.hyperliquid.digests import Digests

KEYS = ("key", "key_of_partner")
ROLES = ("buyer", "seller", "bankrupt", "victim", "vault")


class Memory:
    """Keys of recorded rows as digests, and which positions were met or changed by a gap.

    `met` holds every (account, coin) that ever traded: flat is not the same as never seen.
    """

    def __init__(self) -> None:
        self._keys = Digests()
        self.met: set[tuple[str, str]] = set()
        self._gaps: dict[tuple[str, str], int] = {}

    @classmethod
    def of(cls, events: Iterable[Event]) -> "Memory":
        """What a log remembers."""
        memory = cls()
        for event in events:
            source = event["source"]
            for name in KEYS:
                if name in source:
                    memory._keys.add(str(source[name]))
            memory.meet(event)
        return memory

    @property
    def is_empty(self) -> bool:
        """Whether no row was recorded before."""
        return not self._keys

    def knows(self, key: str) -> bool:
        """Whether a row of this key was recorded by an earlier import."""
        return key in self._keys

    def meet(self, event: Event) -> None:
        """Learn which positions an event touches."""
        if not event["type"].startswith("market."):
            return
        data, coin = event["data"], event["stream"].partition("/")[2]
        for role in ROLES:
            name = data.get(role)
            if isinstance(name, str):
                self.met.add((name, coin))
                if data.get("purpose") == "gap":
                    self._gaps[name, coin] = event["seq"]

    def is_basis_known(self, account: str, coin: str, position: Position | None) -> bool:
        """Whether a position's cost is what its holder paid; after a gap only once it was flat."""
        if position is None:
            return True
        return position.basis_known and position.opened_seq > self._gaps.get((account, coin), -1)
