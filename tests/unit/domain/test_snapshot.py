"""Does a venue that was written down go on as if it had not been?"""

import pytest

from domain.canonical import canonical_bytes
from domain.snapshot import state_digest, state_of, venue_from
from domain.venue import Venue, apply
from tests.stories import CASCADE_MINI, Told, story


def told_up_to(full: Told, seq: int) -> Venue:
    venue = Venue()
    for event in full.events[:seq]:
        apply(venue, event)
    return venue


def test_a_fold_may_start_at_any_seq() -> None:
    full = story(CASCADE_MINI)
    digest = state_digest(full.venue)

    for seq in range(len(full.events) + 1):
        venue = venue_from(state_of(told_up_to(full, seq)))
        for event in full.events[seq:]:
            apply(venue, event)
        assert state_digest(venue) == digest


def test_a_state_is_written_the_same_way_twice() -> None:
    venue = story(CASCADE_MINI).venue
    raw = canonical_bytes(state_of(venue))

    assert canonical_bytes(state_of(venue_from(state_of(venue)))) == raw


@pytest.mark.parametrize(
    "line",
    [
        "deposit bob 0.000001",
        "mark 47600.1",
        "buy bob 0.001 @ 40000",
        "adl_list bob",
        "policy pro-rata-size@1",
        "account zed",
    ],
)
def test_every_change_changes_the_digest(line: str) -> None:
    told = story(CASCADE_MINI)
    before = state_digest(told.venue)

    assert state_digest(told.then(line).venue) != before


def test_orders_of_one_price_keep_their_place_in_line() -> None:
    told = story("""
        market M tick 1 lot 1 initial 10% maintenance 5%
        deposit alice 100
        deposit bob 100
        deposit carol 100
        mark 100
        buy bob 1 @ 90
        buy alice 1 @ 90
        buy carol 1 @ 91
        cancel o1
        buy bob 1 @ 90
    """)

    again = venue_from(state_of(told.venue))
    for side in (1, -1):
        one, other = (venue.markets["M"].book.in_line(side) for venue in (told.venue, again))
        assert list(one) == list(other)
    assert [order.id for order in again.markets["M"].book.in_line(1)] == ["o3", "o2", "o4"]
