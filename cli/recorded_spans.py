"""From which close to which does a recorded decision go?

Its closes stand in one block, so only the neighbourhood of one of them is read.
"""

from collections.abc import Iterator
from typing import NamedTuple

from domain.audit.closes import instant_of, is_recorded_close, key_of
from domain.events import Event
from ledger.ledger import Ledger

EVENTS_AT_ONCE = 256


class CloseSpan(NamedTuple):
    """First and last close of a recorded decision."""

    first: int
    last: int


def recorded_span(ledger: Ledger, seq: int) -> CloseSpan | None:
    """The decision whose first close is the event `seq`; None where that is none."""
    if not 0 < seq <= ledger.head:
        return None
    event = ledger.event_at(seq)
    if not is_recorded_close(event):
        return None
    key = key_of(event)
    if any(is_recorded_close(other) and key_of(other) == key for other in _before(ledger, event)):
        return None
    last = seq
    for other in ledger.events(seq + 1, ledger.head):
        if instant_of(other) != key.instant:
            break
        if is_recorded_close(other) and key_of(other) == key:
            last = other["seq"]
    return CloseSpan(seq, last)


def _before(ledger: Ledger, event: Event) -> Iterator[Event]:
    """The events of the same instant that stand before it, the nearest first."""
    instant, end = instant_of(event), event["seq"] - 1
    while end > 0:
        start = max(1, end - EVENTS_AT_ONCE + 1)
        for other in reversed(list(ledger.events(start, end))):
            if instant_of(other) != instant:
                return
            yield other
        end = start - 1
