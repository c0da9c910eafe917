"""Does every value have one writing, and is every other writing refused?"""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.canonical import NotCanonicalError, canonical_bytes, parse_canonical, rewritten

keys = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=5)
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
values = st.recursive(
    st.none() | st.booleans() | st.integers() | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(keys, inner, max_size=4),
    max_leaves=15,
)


@given(values)
def test_a_value_reads_back_as_it_was_written(value: object) -> None:
    raw = canonical_bytes(value)

    assert parse_canonical(raw) == value
    assert rewritten(value) == raw
    assert json.loads(raw) == value


@given(values)
def test_spaces_are_not_canonical(value: object) -> None:
    for raw in (b" " + canonical_bytes(value), canonical_bytes(value) + b"\n"):
        with pytest.raises(NotCanonicalError):
            parse_canonical(raw)


@pytest.mark.parametrize(
    ("value", "raw"),
    [
        ({"b": 1, "a": [], "aa": None}, b'{"a":[],"aa":null,"b":1}'),
        ({"B": 1, "a": 2, "_": 3}, b'{"B":1,"_":3,"a":2}'),
        ("\u00e9\u2028/\u007f", '"\u00e9\u2028/\u007f"'.encode()),
        ('"\\\n\t\x01\x00', b'"\\"\\\\\\n\\t\\u0001\\u0000"'),
        (2**70, b"1180591620717411303424"),
        (True, b"true"),
    ],
)
def test_the_writing_is_the_one_of_the_design(value: object, raw: bytes) -> None:
    assert canonical_bytes(value) == raw


@pytest.mark.parametrize(
    "raw",
    [
        b'{"a":1,"a":1}',
        b'{"b":1,"a":1}',
        b'{"a": 1}',
        b"1.0",
        b"1e2",
        b"-0",
        b"NaN",
        b"Infinity",
        b'"\\u0041"',
        b'"\\/"',
        b'"\\u00e9"',
        b'"\\ud800"',
        b'{"\\u00e9":1}',
        '{"\u00e9":1}'.encode(),
        b"01",
        b"",
        b"{",
        b"\xff",
        b"\xef\xbb\xbf1",
        b"[" * 100_000 + b"]" * 100_000,
        b"9" * 5_000,
    ],
)
def test_another_writing_is_refused(raw: bytes) -> None:
    with pytest.raises(NotCanonicalError):
        parse_canonical(raw)


@pytest.mark.parametrize("value", [1.5, {1: 2}, {"\u00e9": 1}, "\ud800", {1, 2}, b"x", [1.0]])
def test_values_without_a_canonical_writing_are_refused(value: object) -> None:
    with pytest.raises(NotCanonicalError):
        canonical_bytes(value)
