"""Does the watch only save looks, and never change what is decided?"""

import pytest

from domain.respond import respond
from domain.submission import read_command
from domain.venue import Venue, apply
from domain.watch import MarginWatch
from tests.oracle.profiles import PROFILES
from tests.property.streams import stream


def decided_alike(seed: int, length: int, profile: str, *, begin: int = 0) -> int:
    """Follow a stream with and without a watch, the watch being put on after `begin` commands."""
    plain, watched = Venue(), Venue()
    events = 0
    for number, command in enumerate(stream(seed, length, profile)):
        if number == begin:
            watched.watch = MarginWatch(watched)
        submission = read_command(command)
        one, other = respond(plain, submission), respond(watched, submission)
        assert one.events == other.events, command
        for event in one.events:
            apply(plain, event)
            apply(watched, event)
        events += len(one.events)
    return events


@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize("begin", [0, 60])
def test_decisions_with_and_without_a_watch_are_identical(profile: str, begin: int) -> None:
    assert decided_alike(7_000 + begin, 200, profile, begin=begin) > 200


@pytest.mark.long
@pytest.mark.parametrize("profile", PROFILES)
def test_decisions_with_and_without_a_watch_are_identical_for_long(profile: str) -> None:
    for seed in range(7_100, 7_110):
        assert decided_alike(seed, 500, profile, begin=seed % 50) > 500
