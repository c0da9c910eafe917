"""How is a range of the log compared in one pass, while somebody else folds it?"""

from collections.abc import Mapping, Sequence
from typing import Any

from domain.events import Event
from domain.venue import Venue
from reports.markouts import MarkWatch
from reports.whatif import Choice, Compared, compared

DECIDED = "market.deleveraging_decided/1"
DELEVERAGED = "market.position_deleveraged/1"


class Study:
    """Compares decisions one after the other.

    `see` is called with every event, before it is folded into the venue that is handed over.
    """

    def __init__(self, choices: Sequence[Choice], *, follow_marks: bool = False) -> None:
        self._choices = tuple(choices)
        self._follow_marks = follow_marks
        self._closures: dict[str, list[Mapping[str, Any]]] = {}
        self._left: dict[str, int] = {}
        self._watched: list[MarkWatch] = []
        self._compared: dict[str, Compared] = {}
        self.last_used = 0
        """The last seq on which the answer depends."""

    @property
    def is_complete(self) -> bool:
        """Whether no later event is needed any more."""
        return not self._left and not self._watched

    @property
    def compared(self) -> list[Compared]:
        """All decisions so far, in the order of the log."""
        return list(self._compared.values())

    def see(self, venue: Venue, event: Event, *, is_asked: bool = True) -> None:
        """Take the next event; a decision is compared if it is asked for."""
        if self._watched:
            self.last_used = event["seq"]
        for watch in self._watched:
            watch.see(event)
        self._watched = [watch for watch in self._watched if not watch.is_complete]
        if event["type"] == DELEVERAGED:
            self._closed(event["seq"], event["data"])
        elif event["type"] == DECIDED and is_asked:
            self._decided(venue, event)

    def _decided(self, venue: Venue, event: Event) -> None:
        found = compared(venue, event, self._choices)
        self._compared[found.id] = found
        self.last_used = event["seq"]
        if self._follow_marks:
            self._watched.append(found.watch)
        if event["data"]["closures"]:
            self._left[found.id] = event["data"]["closures"]
            self._closures[found.id] = []

    def _closed(self, seq: int, closure: Mapping[str, Any]) -> None:
        """What was done is what the log says, not what deciding again would say."""
        name = closure["decision_id"]
        if name not in self._left:
            return
        self.last_used = seq
        self._closures[name].append(closure)
        self._left[name] -= 1
        if not self._left[name]:
            del self._left[name]
            self._compared[name] = self._compared[name].with_closures(self._closures.pop(name))
