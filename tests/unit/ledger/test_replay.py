"""Does the log lead to the same state, and its commands to the same events?"""

from collections.abc import Sequence

import pytest

from domain.events import Event
from domain.redecide import decide_again
from domain.snapshot import state_digest
from domain.venue import Venue
from ledger.errors import RecordedLog
from ledger.ledger import Ledger
from ledger.replay import re_decide, replay
from tests.unit.ledger.stories import archive


def test_a_replay_leads_to_the_root_and_state_of_live_use(cascaded: Ledger) -> None:
    cascaded.snapshot()

    report = replay(cascaded)

    assert report.equal
    assert (report.events, report.root) == (cascaded.head, cascaded.root)
    assert report.state_digest == state_digest(cascaded.venue)


def test_an_empty_log_replays_to_nothing(ledger: Ledger) -> None:
    assert replay(ledger).equal
    assert list(re_decide(ledger, decide_again)) == []


def test_every_chain_is_decided_the_same_way_again(cascaded: Ledger) -> None:
    assert list(re_decide(cascaded, decide_again)) == []


def test_a_chain_that_is_decided_otherwise_is_named_with_its_first_difference(
    cascaded: Ledger,
) -> None:
    def forgetful(venue: Venue, own: Event) -> Sequence[Event]:
        events = decide_again(venue, own)
        return events[:2] if own["type"] == "market.mark_price_updated/1" else events

    (difference,) = re_decide(cascaded, forgetful)

    assert difference.seq == difference.cause + 2
    assert difference.decided is None
    assert difference.stored is not None


def test_a_recorded_log_was_not_decided_here(ledger: Ledger) -> None:
    ledger.record(archive(2))

    with pytest.raises(RecordedLog):
        list(re_decide(ledger, lambda _, own: (own,)))
