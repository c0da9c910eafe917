"""Of which markets does the log hold every mark, each with the block from which it is in force?

Marks by block are all there, so none of them is ever old, until a forced row prints a mark that
they lack: the file of marks has ended, for every market at once. A market whose marks by block go
on is trusted again. The mark of a snapshot belongs to a market without marks by block and says
nothing of the others.
"""

from typing import Final

from domain.events import Event
from domain.units import MarketId

MARK_KEY: Final = "mark|"
"""Keys of rows that are marks begin like this; those of forced rows do not."""

STATE_KEYS: Final = ("state|", "alone|state|")
"""Keys of rows of snapshots and account states begin like this."""


class ExactMarks:
    """The markets whose mark is the one of the instant; told of every mark of the log in order."""

    def __init__(self) -> None:
        self.markets: set[MarketId] = set()
        """Always the same set."""

    def meet(self, event: Event) -> None:
        """Learn from a `market.mark_price_updated`."""
        source = event["source"]
        key = str(source.get("key", ""))
        if key.startswith(MARK_KEY):
            if "block" in source:
                self.markets.add(event["stream"][7:])
        elif not key.startswith(STATE_KEYS):
            # Had all marks by block been there, a forced row had told nothing new.
            self.markets.clear()
