"""Which forced rows belong to one liquidation, and which takeovers filled the vault?

All forced rows that name the same account, each at most a minute after the one before, are one
liquidation: `<block of the first>:<account>`. A vault that goes under water itself names the
takeovers that built its position since it was last flat. Everything is read off the events, so a
log remembers it.
"""

from typing import Final

from domain.events import Event

LONGEST_PAUSE: Final = 60_000_000_000
"""Nanoseconds: the venue retries a partial liquidation after thirty seconds."""


class LiquidationChains:
    """The last liquidation of each account, and the takeovers behind each vault's position."""

    def __init__(self) -> None:
        self._last: dict[str, tuple[str, int]] = {}
        self._taken: dict[tuple[str, str], list[tuple[int, str]]] = {}

    def id_of(self, account: str, block: int | None, time: int) -> str:
        """The liquidation that a forced row of this account belongs to."""
        last = self._last.get(account)
        if last is not None and 0 <= time - last[1] <= LONGEST_PAUSE:
            return last[0]
        return f"{block or time}:{account}"

    def takeovers_behind(self, vault: str, coin: str, opened_seq: int) -> str | None:
        """Ids of the takeovers that a position came from, in their order, between commas."""
        taken = [name for seq, name in self._taken.get((vault, coin), ()) if seq >= opened_seq]
        return ",".join(dict.fromkeys(taken)) if taken else None

    def meet(self, event: Event) -> None:
        """Learn from an event of a forced row."""
        liquidation = event["source"].get("liquidation_id")
        if liquidation is None:
            return
        name = str(liquidation)
        self._last[name.partition(":")[2]] = (name, event["time"])
        if event["type"] == "market.position_taken_over/1":
            coin = event["stream"].partition("/")[2]
            place = (event["data"]["vault"], coin)
            self._taken.setdefault(place, []).append((event["seq"], name))
