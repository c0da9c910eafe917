"""Is the state at any moment of the past the fold of what was written until then?"""

import pytest

from domain.snapshot import state_digest
from domain.venue import Venue, apply
from ledger.errors import UnknownSeq
from ledger.ledger import Ledger
from tests.unit.ledger.stories import archive, deposits, opened


def test_every_moment_is_the_fold_up_to_it(cascaded: Ledger) -> None:
    venue = Venue()

    assert state_digest(cascaded.venue_at(0)) == state_digest(venue)
    for event in cascaded.events():
        apply(venue, event)
        assert state_digest(cascaded.venue_at(event["seq"])) == state_digest(venue)
    assert state_digest(cascaded.venue) == state_digest(venue)


def test_a_snapshot_and_the_events_after_it_are_the_fold(cascaded: Ledger, url: str) -> None:
    cascaded.snapshot()
    at_snapshot = cascaded.head
    cascaded.submit({"command": "deposit", "account": "dave", "amount": "3"})
    with Ledger.open(url, readonly=True) as reader:
        assert reader.has_snapshot()
        assert state_digest(reader.venue) == state_digest(cascaded.venue)
        assert reader.venue_at(at_snapshot).head == at_snapshot


def test_the_same_snapshot_is_kept_once(cascaded: Ledger) -> None:
    cascaded.snapshot()
    cascaded.snapshot()

    with cascaded.store.read() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM snapshot").scalar_one() == 1


def test_a_long_apply_ends_with_a_snapshot(ledger: Ledger) -> None:
    list(ledger.submit_many([*opened(), *deposits(10_000)], batch=5_000))

    assert ledger.has_snapshot()


def test_the_state_at_a_time_is_after_the_last_event_up_to_it(cascaded: Ledger) -> None:
    times = {event["seq"]: event["time"] for event in cascaded.events()}

    for time in (-1, 0, 999, 1_000, 4_999, 5_000, 5_003, 10**18):
        reached = [seq for seq, at in times.items() if at <= time]
        assert cascaded.seq_at_time(time) == max(reached, default=0)
    assert cascaded.head_time == times[cascaded.head]


@pytest.mark.parametrize("seq", [-1, 61, 10**9])
def test_a_place_that_the_log_does_not_have_is_unknown(cascaded: Ledger, seq: int) -> None:
    for question in (cascaded.venue_at, cascaded.root_at, cascaded.event_at, cascaded.leaf_at):
        with pytest.raises(UnknownSeq) as unknown:
            question(seq)
        assert (unknown.value.code, unknown.value.exit_code) == ("unknown_seq", 3)


def test_a_recorded_log_folds_the_same_way(ledger: Ledger) -> None:
    ledger.record(archive(30))
    live = state_digest(ledger.venue)

    assert state_digest(ledger.venue_at(ledger.head)) == live
