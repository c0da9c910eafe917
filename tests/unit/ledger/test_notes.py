"""Is only that believed which is written exactly as it should be, and signed by a known key?"""

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.merkle import EMPTY_ROOT
from ledger.keys import SigningKey, VerifierKey
from ledger.notes import (
    Checkpoint,
    NoteFault,
    NoteTampered,
    NoteUnknownKey,
    NoteUnreadable,
    SignedNote,
    read_note,
    signer_of,
)

NAME = "venue.example/books"
KEY = SigningKey(NAME, bytes(range(32)))
OTHER = SigningKey(NAME, bytes(range(1, 33)))
HEAD = Checkpoint(NAME, 8, bytes(range(100, 132)))
NOTE = KEY.signed(HEAD)


def verdict_of(raw: bytes, *keys: VerifierKey) -> str:
    try:
        signer_of(read_note(raw), keys or (KEY.verifier,))
    except NoteFault as fault:
        return fault.verdict
    return "good"


def resigned(text: bytes) -> bytes:
    """A note over any bytes, with a good signature."""
    signature = KEY._key().sign(text)
    line = NOTE.signatures[0]._replace(signature=signature)
    return SignedNote(text, HEAD, (line,)).raw()


def test_a_note_is_read_as_it_was_written() -> None:
    assert read_note(NOTE.raw()) == NOTE
    assert verdict_of(NOTE.raw()) == "good"
    assert KEY.signed(HEAD) == NOTE


@given(st.integers(0, 10**18), st.binary(min_size=32, max_size=32))
def test_any_head_survives_signing_and_reading(size: int, root: bytes) -> None:
    note = KEY.signed(Checkpoint(NAME, size, root))

    assert read_note(note.raw()).checkpoint == Checkpoint(NAME, size, root)


def test_every_changed_bit_of_a_note_is_refused() -> None:
    raw = NOTE.raw()
    accepted = [
        (at, bit)
        for at, bit in product(range(len(raw)), range(8))
        if verdict_of(raw[:at] + bytes([raw[at] ^ 1 << bit]) + raw[at + 1 :]) == "good"
    ]

    assert accepted == []


@given(st.binary(max_size=300))
def test_bytes_that_are_no_note_are_unreadable(raw: bytes) -> None:
    with pytest.raises(NoteUnreadable):
        read_note(raw)


@given(st.data())
def test_a_note_with_a_piece_cut_out_or_put_in_is_refused(data: st.DataObject) -> None:
    raw = NOTE.raw()
    start = data.draw(st.integers(0, len(raw)))
    end = data.draw(st.integers(start, len(raw)))
    put = data.draw(st.binary(max_size=8))
    changed = raw[:start] + put + raw[end:]

    assert changed == raw or verdict_of(changed) != "good"


UNREADABLE = {
    "a size with a leading zero": HEAD.raw().replace(b"\n8\n", b"\n08\n"),
    "a size with a sign": HEAD.raw().replace(b"\n8\n", b"\n+8\n"),
    "a size of twenty digits": HEAD.raw().replace(b"\n8\n", b"\n" + b"9" * 20 + b"\n"),
    "a size in other digits": HEAD.raw().replace(b"\n8\n", "\n٨\n".encode()),
    "a carriage return": HEAD.raw().replace(b"\n", b"\r\n"),
    "a root of another length": f"{NAME}\n8\nAAAA\n".encode(),
    "a root with unused bits": HEAD.raw()[:-3] + bytes([HEAD.raw()[-3] + 1]) + b"=\n",
    "an empty origin": HEAD.raw().removeprefix(NAME.encode()),
    "two lines": f"{NAME}\n8\n".encode(),
    "a null byte": HEAD.raw().replace(b"/", b"\0"),
    "a text that is no UTF-8": HEAD.raw().replace(b"/", b"\xff"),
}


@pytest.mark.parametrize("text", UNREADABLE.values(), ids=UNREADABLE.keys())
def test_a_signed_text_of_another_shape_is_unreadable(text: bytes) -> None:
    assert text != HEAD.raw()
    assert verdict_of(resigned(text)) == "unreadable"


def test_further_lines_are_tolerated_when_they_are_signed() -> None:
    assert verdict_of(resigned(HEAD.raw() + b"more\n")) == "good"


def test_a_failing_line_of_a_known_key_outweighs_a_good_one() -> None:
    bad = NOTE.signatures[0]._replace(signature=bytes(64))
    for lines in ((bad, *NOTE.signatures), (*NOTE.signatures, bad)):
        with pytest.raises(NoteTampered):
            signer_of(SignedNote(NOTE.text, HEAD, lines), [KEY.verifier])


def test_a_signature_of_another_length_fails() -> None:
    short = NOTE.signatures[0]._replace(signature=b"short")

    assert verdict_of(SignedNote(NOTE.text, HEAD, (short,)).raw()) == "tampered"


def test_an_unknown_line_beside_a_known_one_is_ignored() -> None:
    both = SignedNote(NOTE.text, HEAD, (*OTHER.signed(HEAD).signatures, *NOTE.signatures))

    assert verdict_of(both.raw()) == "good"
    assert verdict_of(both.raw(), OTHER.verifier) == "good"


def test_a_key_of_the_same_name_is_unknown() -> None:
    with pytest.raises(NoteUnknownKey, match=OTHER.verifier.key_id.hex()):
        signer_of(OTHER.signed(HEAD), [KEY.verifier])
    assert verdict_of(NOTE.raw(), OTHER.verifier) == "unknown_key"


def test_without_any_key_every_note_is_by_an_unknown_one() -> None:
    with pytest.raises(NoteUnknownKey):
        signer_of(NOTE, [])


def test_a_key_signs_for_the_log_of_its_name_only() -> None:
    foreign = KEY.signed(Checkpoint("venue.example/others", 0, EMPTY_ROOT))

    assert verdict_of(foreign.raw()) == "unknown_key"


def test_seventeen_signatures_are_too_many() -> None:
    def with_lines(count: int) -> bytes:
        return SignedNote(NOTE.text, HEAD, NOTE.signatures * count).raw()

    assert verdict_of(with_lines(16)) == "good"
    assert verdict_of(with_lines(17)) == "unreadable"


def test_a_note_of_more_than_a_megabyte_is_not_looked_at() -> None:
    assert verdict_of(resigned(HEAD.raw() + b"x" * (1 << 20) + b"\n")) == "unreadable"
