"""Does a proof file prove its own event in its own log, and nothing else?"""

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.merkle import consistency_path, inclusion_path, leaf_hash, root_of
from ledger.keys import SigningKey
from ledger.ledger import Ledger
from ledger.notes import Checkpoint, NoteFault, NoteTampered, NoteUnreadable, SignedNote
from ledger.proofs import (
    ConsistencyProof,
    InclusionProof,
    proven_continuation,
    proven_event,
    read_any,
    read_consistency,
    read_inclusion,
)

NAME = "venue.example/books"
KEY = SigningKey(NAME, bytes(range(32)))
KEYS = [KEY.verifier]
EVENTS = [b'{"seq":%d}' % seq for seq in range(1, 12)]
LEAVES = [leaf_hash(raw) for raw in EVENTS]


def note_of(size: int) -> SignedNote:
    return KEY.signed(Checkpoint(NAME, size, root_of(LEAVES[:size])))


def inclusion(index: int, size: int) -> InclusionProof:
    path = inclusion_path(LEAVES[:size], index)
    return InclusionProof(index, tuple(path), note_of(size), EVENTS[index])


def consistency(old: int, size: int) -> ConsistencyProof:
    return ConsistencyProof(old, tuple(consistency_path(LEAVES[:size], old)), note_of(size))


def proves(raw: bytes, old: SignedNote | None = None, event: bytes | None = None) -> bool:
    try:
        proof = read_any(raw)
        if isinstance(proof, InclusionProof):
            proven_event(proof, KEYS, event)
        elif isinstance(proof, ConsistencyProof):
            proven_continuation(proof, KEYS, old)
        else:
            return False
    except (NoteFault, ValueError):
        return False
    return True


def flipped(raw: bytes) -> list[bytes]:
    return [
        raw[:at] + bytes([raw[at] ^ 1 << bit]) + raw[at + 1 :]
        for at, bit in product(range(len(raw)), range(8))
    ]


def test_every_event_of_every_size_is_proved_and_read_back() -> None:
    for size in range(1, len(EVENTS) + 1):
        for index in range(size):
            proof = inclusion(index, size)
            assert read_inclusion(proof.raw()) == proof
            assert proven_event(proof, KEYS) == KEY.verifier


def test_every_continuation_is_proved_and_read_back() -> None:
    for size in range(len(EVENTS) + 1):
        for old in range(size + 1):
            proof = consistency(old, size)
            assert read_consistency(proof.raw()) == proof
            assert proven_continuation(proof, KEYS, note_of(old)) == KEY.verifier


@pytest.mark.parametrize("place", [(2, 8), (10, 11), (0, 1)], ids=str)
def test_every_changed_bit_of_a_proof_file_is_refused(place: tuple[int, int]) -> None:
    raw = inclusion(*place).raw()

    assert proves(raw)
    assert [changed for changed in flipped(raw) if proves(changed)] == []


def test_every_changed_bit_of_a_consistency_file_is_refused() -> None:
    raw, old = consistency(5, 8).raw(), note_of(5)

    assert proves(raw, old)
    assert [changed for changed in flipped(raw) if proves(changed, old)] == []


def test_a_proof_shows_no_other_event_and_no_other_place() -> None:
    proof = inclusion(2, 8)
    for other in (b"", EVENTS[3], EVENTS[2] + b"\n"):
        with pytest.raises(NoteTampered):
            proven_event(InclusionProof(2, proof.path, proof.note), KEYS, other)
    with pytest.raises(NoteTampered):
        proven_event(InclusionProof(3, proof.path, proof.note, EVENTS[2]), KEYS)
    with pytest.raises(NoteTampered, match="other bytes"):
        proven_event(proof, KEYS, EVENTS[3])


def test_a_path_is_not_looked_at_before_the_note_is_believed() -> None:
    stranger = SigningKey(NAME, bytes(32))
    proof = InclusionProof(2, (), note_of(8), b"forged")

    with pytest.raises(NoteFault) as fault:
        proven_event(proof, [stranger.verifier])
    assert fault.value.verdict == "unknown_key"


def test_an_earlier_checkpoint_of_another_size_or_log_proves_nothing() -> None:
    for old in (note_of(4), note_of(6), KEY.signed(Checkpoint(NAME, 5, bytes(32)))):
        with pytest.raises(NoteTampered):
            proven_continuation(consistency(5, 8), KEYS, old)
    other = SigningKey("venue.example/others", bytes(range(32)))
    foreign = other.signed(Checkpoint(other.name, 5, root_of(LEAVES[:5])))
    with pytest.raises(NoteTampered, match="others"):
        proven_continuation(consistency(5, 8), [*KEYS, other.verifier], foreign)


def test_what_is_missing_is_asked_for() -> None:
    with pytest.raises(ValueError, match="event"):
        proven_event(InclusionProof(2, inclusion(2, 8).path, note_of(8)), KEYS)
    with pytest.raises(ValueError, match="earlier"):
        proven_continuation(consistency(5, 8), KEYS, None)
    assert proven_continuation(consistency(0, 8), KEYS, None) == KEY.verifier


UNREADABLE = {
    "another version": lambda raw: raw.replace(b"proof@v1", b"proof@v2"),
    "no index": lambda raw: raw.replace(b"index 2\n", b""),
    "an index with a leading zero": lambda raw: raw.replace(b"index 2", b"index 02"),
    "a short hash": lambda raw: raw.replace(b"index 2\n", b"index 2\nAAAA\n"),
    "an unpadded event": lambda raw: raw.replace(b"extra ", b"extra A"),
    "an empty event": lambda raw: raw.replace(raw.split(b"\n")[1], b"extra "),
    "no empty line": lambda raw: raw.replace(b"\n\n", b"\n"),
    "line ends of another system": lambda raw: raw.replace(b"\n", b"\r\n"),
    "too many hashes": lambda raw: raw.replace(
        b"index 2\n", b"index 2\n" + (b"A" * 43 + b"=\n") * 200
    ),
    "a megabyte": lambda raw: raw + b"x" * (1 << 20),
}


@pytest.mark.parametrize("change", UNREADABLE.values(), ids=UNREADABLE.keys())
def test_a_file_of_another_shape_is_unreadable(change) -> None:
    raw = inclusion(2, 8).raw()
    assert change(raw) != raw
    with pytest.raises(NoteUnreadable):
        read_any(change(raw))


@given(st.data())
def test_any_damage_ends_in_a_declared_fault(data: st.DataObject) -> None:
    raw = data.draw(st.sampled_from([inclusion(2, 8).raw(), consistency(5, 8).raw()]))
    start = data.draw(st.integers(0, len(raw)))
    end = data.draw(st.integers(start, min(len(raw), start + 40)))
    changed = raw[:start] + data.draw(st.binary(max_size=40)) + raw[end:]

    assert changed == raw or not proves(changed, note_of(5))


def test_a_stored_log_gives_the_same_proofs(cascaded: Ledger) -> None:
    head, raws = cascaded.head, [row.raw for row in cascaded.rows()]
    note = KEY.signed(Checkpoint(NAME, head, cascaded.root))
    for seq in (1, 2, head // 2, head):
        path = tuple(cascaded.inclusion_path(seq, head))
        assert proven_event(InclusionProof(seq - 1, path, note, raws[seq - 1]), KEYS)
    old = KEY.signed(Checkpoint(NAME, 7, cascaded.root_at(7)))
    later = ConsistencyProof(7, tuple(cascaded.consistency_path(7, head)), note)
    assert proven_continuation(later, KEYS, old)
