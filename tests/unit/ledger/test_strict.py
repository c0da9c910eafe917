"""Does the fast look at rows accept exactly what the strict reader accepts?"""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain.envelope import LARGEST_EVENT, UnreadableEventError, decode
from ledger.ledger import Ledger
from ledger.strict import strict_events

PLAIN = (
    b'{"cause":3,"data":{"amount":5,"reference":"x"},"seq":3,"source":{"id":"a"},'
    b'"stream":"account/bob","time":9,"type":"account.collateral_deposited/1","version":2}'
)

FORGED = {
    "spaces": PLAIN.replace(b'"seq":3', b'"seq": 3'),
    "a trailing newline": PLAIN + b"\n",
    "keys out of order": PLAIN.replace(b'"seq":3,', b"").replace(
        b'"cause":3', b'"seq":3,"cause":3'
    ),
    "data keys out of order": PLAIN.replace(
        b'"amount":5,"reference":"x"', b'"reference":"x","amount":5'
    ),
    "a duplicate key": PLAIN.replace(b'"time":9', b'"time":8,"time":9'),
    "an unknown key": PLAIN.replace(b'"time":9', b'"time":9,"tool":1'),
    "a missing key": PLAIN.replace(b'"time":9,', b""),
    "a float": PLAIN.replace(b'"amount":5', b'"amount":5.0'),
    "an exponent": PLAIN.replace(b'"amount":5', b'"amount":5e0'),
    "minus zero": PLAIN.replace(b'"time":9', b'"time":-0'),
    "a float in the envelope": PLAIN.replace(b'"time":9', b'"time":9.0'),
    "a truth for a number": PLAIN.replace(b'"seq":3', b'"seq":true'),
    "a text for a number": PLAIN.replace(b'"amount":5', b'"amount":"5"'),
    "NaN": PLAIN.replace(b'"amount":5', b'"amount":NaN'),
    "an escaped letter": PLAIN.replace(b'"x"', b'"\\u0078"'),
    "an escaped slash": PLAIN.replace(b'"x"', b'"\\/"'),
    "a lone surrogate": PLAIN.replace(b'"x"', b'"\\ud800"'),
    "bytes that are no UTF-8": PLAIN.replace(b'"x"', b'"\xff"'),
    "a list as source": PLAIN.replace(b'{"id":"a"}', b'["id"]'),
    "a float in the source": PLAIN.replace(b'{"id":"a"}', b'{"id":1.0}'),
    "a nested source": PLAIN.replace(b'{"id":"a"}', b'{"id":{}}'),
    "a source key that is no ASCII": PLAIN.replace(b'"id":"a"', '"ä":"a"'.encode()),
    "source keys out of order": PLAIN.replace(b'{"id":"a"}', b'{"id":"a","file":"b"}'),
    "an unknown type": PLAIN.replace(b"deposited/1", b"deposited/9"),
    "two objects": PLAIN + b"," + PLAIN,
    "half an object": PLAIN[:40],
    "nothing": b"",
    "a list": b"[]",
    "deep nesting": b"[" * 5_000,
    "more bytes than an event may have": PLAIN.replace(b'"x"', b'"' + b"x" * LARGEST_EVENT + b'"'),
}


def test_a_plain_event_is_accepted() -> None:
    assert strict_events([PLAIN]) == [decode(PLAIN)]


@pytest.mark.parametrize("raw", FORGED.values(), ids=FORGED.keys())
def test_a_forged_row_is_refused_and_its_neighbours_are_not(raw: bytes) -> None:
    before, event, after = strict_events([PLAIN, raw, PLAIN])

    assert isinstance(event, UnreadableEventError)
    assert before == after == decode(PLAIN)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(at=st.integers(0, 200), byte=st.integers(0, 255))
def test_a_changed_byte_is_judged_as_the_strict_reader_judges_it(at: int, byte: int) -> None:
    raw = bytearray(PLAIN)
    raw[at % len(raw)] = byte
    (found,) = strict_events([bytes(raw)])

    try:
        expected = decode(bytes(raw))
    except UnreadableEventError:
        assert isinstance(found, UnreadableEventError)
    else:
        assert found == expected


def test_every_event_that_the_domain_writes_is_strictly_read(cascaded: Ledger) -> None:
    raws = [row.raw for row in cascaded.rows()]

    assert strict_events(raws) == [decode(raw) for raw in raws]
