"""From which books does an import go on, and may it?

A log records one venue: its facts carry that venue's names of markets and accounts, its scales and
its quirks, so rows of another one would be added to books that they do not belong to.
"""

from domain.venue import Venue
from importers.hyperliquid.memory import Memory
from ledger.errors import DecidedLog, OtherVenue
from ledger.ledger import Ledger


def books_of(ledger: Ledger | None, venue_name: str) -> tuple[Venue, Memory]:
    """The books and the memory of a log that records this venue, or of none yet.

    Raises `DecidedLog` where the log's venue decides here, `OtherVenue` where it records another.
    """
    if ledger is None or not ledger.head:
        return Venue(), Memory()
    venue = ledger.venue_at(ledger.head)
    if venue.kind == "decided":
        message = "this log's venue decides here; it takes no recorded facts"
        raise DecidedLog(message)
    if venue.kind is not None and venue.name != venue_name:
        message = f"this log records {venue.name}; it takes no facts of {venue_name}"
        raise OtherVenue(message)
    return venue, Memory.of(ledger.events())
