"""Which mark prices did a market have, and when?"""

from typing import Any

from projections import schema
from projections.observing import Observed
from projections.writing import Rows


class Marks:
    """Collects the mark updates of one batch."""

    def __init__(self) -> None:
        self._rows: list[tuple[Any, ...]] = []

    def project(self, seen: Observed) -> None:
        """Count one event."""
        event = seen.event
        if event["type"] == "market.mark_price_updated/1":
            self._rows.append(
                (seen.market, event["seq"], event["time"], str(event["data"]["price"]))
            )

    def flush(self, rows: Rows) -> None:
        """Hand the batch over and begin the next one."""
        rows.insert(schema.mark, self._rows)
        self._rows = []
