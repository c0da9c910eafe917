"""Does every event that was ever stored still read as it did?"""

from typing import Any

import pytest

from domain import upcasting
from domain.canonical import canonical_bytes
from domain.envelope import decode, decode_many, encode
from domain.events import EVENT_TYPES
from tests.golden.lines import FOLDER, LINES, path_of, told_today


def test_every_event_type_has_a_line() -> None:
    assert set(LINES) == set(EVENT_TYPES)
    assert {path.name for path in FOLDER.iterdir()} == {path_of(name).name for name in EVENT_TYPES}


@pytest.mark.parametrize("name", EVENT_TYPES)
def test_version_of_every_event_still_loads(name: str) -> None:
    line = LINES[name]

    event = decode(line)

    assert event["type"] == name
    assert encode(event) == line
    assert canonical_bytes(event) == line
    assert decode_many([line]) == [event]


def test_stories_of_today_write_every_type_and_the_same_fields() -> None:
    today = told_today()

    assert set(today) == set(EVENT_TYPES)
    for name, line in today.items():
        assert sorted(decode(line)["data"]) == sorted(decode(LINES[name])["data"])


def test_an_older_shape_is_read_as_the_newest(monkeypatch: pytest.MonkeyPatch) -> None:
    def with_index_price(data: dict[str, Any]) -> dict[str, Any]:
        return {**data, "index_price": None}

    def with_oracle(data: dict[str, Any]) -> dict[str, Any]:
        return {**data, "oracle": "unknown"}

    first, second = "market.mark_price_updated/1", "market.mark_price_updated/2"
    third = "market.mark_price_updated/3"
    monkeypatch.setitem(upcasting.UPCASTERS, first, (second, with_index_price))
    monkeypatch.setitem(upcasting.UPCASTERS, second, (third, with_oracle))

    for event in (decode(LINES[first]), decode_many([LINES[first]])[0]):
        assert event["type"] == third
        assert event["data"]["index_price"] is None
        assert event["data"]["oracle"] == "unknown"


def test_an_event_in_its_newest_shape_is_left_as_it_is() -> None:
    event = decode(LINES["account.opened/1"])

    assert upcasting.upcast(event) is event


def test_upcasters_lead_to_types_that_exist() -> None:
    for name, (following, _) in upcasting.UPCASTERS.items():
        assert name in EVENT_TYPES
        assert following in EVENT_TYPES
