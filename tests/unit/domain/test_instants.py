"""Is an instant the nanosecond that the standard library says it is?"""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.instants import LATEST, instant_text, parse_instant

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
zones = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
moments = st.datetimes(
    min_value=datetime(1970, 1, 3),  # noqa: DTZ001 - Hypothesis adds the zone
    max_value=datetime(2262, 4, 1),  # noqa: DTZ001 - Hypothesis adds the zone
    timezones=zones,
)


def nanoseconds(moment: datetime) -> int:
    return (moment - EPOCH) // timedelta(microseconds=1) * 1_000


@given(moments)
def test_a_text_with_a_zone_is_the_instant_that_datetime_reads(moment: datetime) -> None:
    assert parse_instant(moment.isoformat(timespec="microseconds")) == nanoseconds(moment)
    assert parse_instant(moment.isoformat(" ", "microseconds")) == nanoseconds(moment)


@given(st.integers(0, LATEST))
def test_an_instant_reads_back_as_it_was_written(instant: int) -> None:
    assert parse_instant(instant_text(instant)) == instant


@given(moments)
def test_an_instant_is_written_like_datetime_does(moment: datetime) -> None:
    expected = moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f") + "000Z"

    assert instant_text(nanoseconds(moment)) == expected


def test_every_day_until_2262_has_its_place() -> None:
    day = EPOCH
    while day.year < 2262:
        assert parse_instant(day.strftime("%Y-%m-%dT00:00Z")) == nanoseconds(day)
        day += timedelta(days=1)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1970-01-01T00:00:00Z", 0),
        ("1970-01-01T00:00:00.000000001Z", 1),
        ("1970-01-01T00:00:00.1Z", 100_000_000),
        ("1970-01-01T02:00:00+02:00", 0),
        ("1969-12-31T19:00:00-05:00", 0),
        ("2262-04-11T23:47:16.854775807Z", LATEST),
    ],
)
def test_nanoseconds_and_zones_are_exact(text: str, expected: int) -> None:
    assert parse_instant(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "2026-01-01T00:00:00",
        "2026-01-01",
        "1969-12-31T23:59:59Z",
        "1970-01-01T00:00:00+00:01",
        "2262-04-11T23:47:16.854775808Z",
        "2026-02-29T00:00:00Z",
        "2100-02-29T00:00:00Z",
        "2026-00-01T00:00:00Z",
        "2026-13-01T00:00:00Z",
        "2026-01-00T00:00:00Z",
        "2026-04-31T00:00:00Z",
        "2026-01-01T24:00:00Z",
        "2026-01-01T00:60:00Z",
        "2026-01-01T00:00:60Z",
        "2026-01-01T00:00:00.Z",
        "2026-01-01T00:00:00.1234567890Z",
        "2026-01-01T00:00:00+24:00",
        "2026-01-01T00:00:00+00:60",
        "2026-01-01t00:00:00Z",
        "2026-01-01T00:00:00z",
        "2026-01-01T00:00:00Z\n",
        "\u0662\u0660\u0662\u0666-01-01T00:00:00Z",
        "",
    ],
)
def test_what_is_no_instant_is_refused(text: str) -> None:
    assert parse_instant(text) is None


def test_a_leap_day_is_a_day_in_leap_years_only() -> None:
    assert parse_instant("2000-02-29T00:00:00Z") == 951_782_400 * 10**9
    assert parse_instant("2024-02-29T00:00:00Z") == 1_709_164_800 * 10**9


def test_texts_without_a_zone_take_the_one_that_is_assumed() -> None:
    assert parse_instant("1970-01-01T00:00:01", zone="Z") == 10**9
    assert parse_instant("1970-01-01T01:00:01", zone="+01:00") == 10**9
    assert parse_instant("1970-01-01T00:00:01Z", zone="+01:00") == 10**9
