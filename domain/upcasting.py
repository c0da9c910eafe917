"""How is an event that was stored in an older shape read today?

Stored bytes are never rewritten. An upcaster turns one version into the next, says what the new
version knows, and invents nothing. Every version that was ever written stays in `EVENT_TYPES` and
has a golden file that must load for ever.
"""

from collections.abc import Callable
from typing import Any, Final

from domain.events import Event

Upcaster = Callable[[dict[str, Any]], dict[str, Any]]

UPCASTERS: Final[dict[str, tuple[str, Upcaster]]] = {}
"""Stored name of an old version → (stored name of the next version, data in its shape)."""


def upcast(event: Event) -> Event:
    """The event in the newest shape of its type; the same object when it is there already."""
    while event["type"] in UPCASTERS:
        name, convert = UPCASTERS[event["type"]]
        event = {**event, "type": name, "data": convert(event["data"])}
    return event
