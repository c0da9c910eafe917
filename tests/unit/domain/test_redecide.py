"""Can every chain of a decided log be decided again from its own first event?"""

import pytest

from domain.redecide import command_of, decide_again
from domain.venue import Venue, apply
from tests.golden.lines import DEFICIT, OTHERS, RESIDUE
from tests.stories import CASCADE_MINI, attempt


@pytest.mark.parametrize("text", [CASCADE_MINI, OTHERS, DEFICIT, RESIDUE])
def test_deciding_again_gives_the_same_events(text: str) -> None:
    told = attempt(text)
    venue = Venue()
    for receipt in told.receipts:
        if receipt.events:
            assert decide_again(venue, receipt.events[0]) == receipt.events
        for event in receipt.events:
            apply(venue, event)


def test_an_event_that_another_caused_is_no_commands_own() -> None:
    told = attempt(CASCADE_MINI)
    derived = next(e for e in told.events if e["type"] == "account.liquidation_started/1")

    with pytest.raises(ValueError, match=r"account.liquidation_started/1 at seq \d+"):
        command_of(derived)


def test_a_command_that_would_be_refused_decides_nothing() -> None:
    told = attempt(CASCADE_MINI)
    opened = told.events[0]

    assert decide_again(told.venue, opened) == ()
