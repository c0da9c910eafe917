"""Does the eventsourcing library work over our store, and never around it?"""

from collections.abc import Iterable
from typing import Any

import pytest
from eventsourcing.application import AggregateNotFoundError, Application

from domain.envelope import UnreadableEventError
from domain.events import EVENT_TYPES, Event
from domain.venue import Fact, enveloped
from ledger.errors import StaleHead
from ledger.ledger import Ledger
from ledger.recorder import RecordedEvent
from ledger.verification import verify


def versions(_: object, events: Iterable[Any]) -> list[int] | None:
    return [event.originator_version for event in events] or None


def deposit(ledger: Ledger, amount: Any = 5) -> Event:
    data = {"amount": amount, "reference": ""}
    return enveloped(
        ledger.venue, Fact("account.collateral_deposited/1", "account/bob", data, 9, {})
    )


def test_the_ledger_is_an_application_of_the_library(ledger: Ledger) -> None:
    assert isinstance(ledger, Application)


def test_a_stream_is_loaded_through_the_repository(cascaded: Ledger) -> None:
    market = cascaded.repository.get("market/BTC-PERP", projector_func=versions)

    assert market == list(range(1, len(market) + 1))
    assert cascaded.repository.get("market/BTC-PERP", version=3, projector_func=versions) == [
        1,
        2,
        3,
    ]
    with pytest.raises(AggregateNotFoundError):
        cascaded.repository.get("market/ETH-PERP", projector_func=versions)


def test_the_whole_log_is_read_as_notifications_under_stored_names(cascaded: Ledger) -> None:
    section = cascaded.notification_log.select(start=1, limit=1_000)

    assert [note.id for note in section] == list(range(1, cascaded.head + 1))
    assert {note.topic for note in section} <= set(EVENT_TYPES)
    only = cascaded.recorder.select_notifications(5, 3, topics=["market.trade_executed/1"])
    assert [note.topic for note in only] == ["market.trade_executed/1"] * 3
    assert cascaded.recorder.max_notification_id() == cascaded.head


def test_an_event_saved_through_the_library_is_sealed_like_any_other(cascaded: Ledger) -> None:
    event = deposit(cascaded)

    recordings = cascaded.save(RecordedEvent(event), expected_head=cascaded.head)

    assert [recording.notification.id for recording in recordings] == [event["seq"]]
    assert cascaded.head == cascaded.venue.head == event["seq"]
    assert verify(cascaded).verdict == "unsealed"


def test_a_save_that_does_not_continue_the_head_writes_nothing(cascaded: Ledger) -> None:
    event, head = deposit(cascaded), cascaded.head
    far: Event = {**event, "seq": head + 7}

    for wrong, expected in ((event, head - 1), (far, head)):
        with pytest.raises(StaleHead):
            cascaded.save(RecordedEvent(wrong), expected_head=expected)
    assert cascaded.head == head


@pytest.mark.parametrize("amount", [1.5, "5", True, None])
def test_a_fact_of_the_wrong_shape_is_not_saved(cascaded: Ledger, amount: Any) -> None:
    head = cascaded.head

    with pytest.raises(UnreadableEventError):
        cascaded.save(RecordedEvent(deposit(cascaded, amount)))

    assert cascaded.head == head


def test_nobody_waits_for_notices(ledger: Ledger) -> None:
    with pytest.raises(NotImplementedError):
        ledger.recorder.subscribe()
