"""Does the log lead to the same state again, and do its commands lead to the same events?"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from time import perf_counter

from domain.collector import quiet_collector
from domain.envelope import encode
from domain.events import Event
from domain.redecide import with_logged_roots
from domain.snapshot import state_digest
from domain.venue import Venue, apply
from domain.watch import MarginWatch
from ledger.chains import whole_chains
from ledger.errors import RecordedLog
from ledger.ledger import Ledger
from ledger.reader import sealed_batches
from ledger.store import sealed_state
from ledger.tree import Tree

DecideAgain = Callable[[Venue, Event], Sequence[Event]]
"""The venue before a chain and the chain's first event → the events that the command causes."""


@dataclass(frozen=True, slots=True)
class ReplayReport:
    """What a fold from the first event gave; `equal` when root and state are the store's."""

    events: int
    seconds: float
    events_per_second: int
    root: bytes
    state_digest: str
    equal: bool


@dataclass(frozen=True, slots=True)
class Difference:
    """A chain that is decided otherwise today: from which seq on, and how."""

    cause: int
    seq: int
    stored: bytes | None
    decided: bytes | None


def replay(ledger: Ledger) -> ReplayReport:
    """Fold the whole log from its first event, its leaves and root recomputed in the same pass.

    The state is compared with the one that live use or the newest snapshot leads to.
    """
    tree, venue = Tree(), Venue()
    with quiet_collector(ledger.head), ledger.store.read() as connection:
        size, _, root = sealed_state(connection)
        started = perf_counter()
        for events, leaves in sealed_batches(connection, 1, size):
            tree.extend(leaves)
            for event in events:
                apply(venue, event)
        seconds = perf_counter() - started
    digest = state_digest(venue)
    known = ledger.venue_at(size) if ledger.has_snapshot() else None
    same_state = known is None or state_digest(known) == digest
    return ReplayReport(
        events=venue.head,
        seconds=seconds,
        events_per_second=round(venue.head / seconds) if seconds else 0,
        root=tree.root(),
        state_digest=digest,
        equal=tree.root() == root and tree.size == venue.head == size and same_state,
    )


def re_decide(ledger: Ledger, decide_again: DecideAgain) -> Iterator[Difference]:
    """Decide every command of a decided log again; yields each chain that comes out differently.

    Ranking roots that stayed open for want of the row key are not compared.
    """
    venue = Venue()
    venue.watch = MarginWatch(venue)
    for chain in whole_chains(ledger.events(), 1):
        again = with_logged_roots(decide_again(venue, chain[0]), chain)
        decided = [encode(event) for event in again]
        stored = [encode(event) for event in chain]
        if decided != stored:
            yield _difference(chain, stored, decided)
        for event in chain:
            apply(venue, event)
        if venue.kind == "recorded":
            raise RecordedLog("a recorded log was decided elsewhere; there is nothing to decide")


def _difference(
    chain: Sequence[Event], stored: Sequence[bytes], decided: Sequence[bytes]
) -> Difference:
    cause = chain[0]["seq"]
    for offset, (kept, again) in enumerate(zip_longest(stored, decided)):
        if kept != again:
            return Difference(cause, cause + offset, kept, again)
    return Difference(cause, cause, None, None)
