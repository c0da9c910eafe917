"""Does the signer sign one history only, whatever it is shown and whenever it dies?"""

import json
import os
import threading
from pathlib import Path

import pytest

from domain.merkle import leaf_hash, root_of
from ledger import signer as signer_module
from ledger.keys import parse_verifier, read_signing_key
from ledger.ledger import Ledger
from ledger.notes import read_note, signer_of
from ledger.rotation import NothingToRotate, first_key, rotated_key
from ledger.signer import (
    KeyOfAnotherLog,
    RefuseFork,
    RefuseShrink,
    Signed,
    Signer,
    SignerLocked,
    SignerStateLost,
    sign_head,
)

NAME = "venue.example/books"
RAWS = [b"event %d" % number for number in range(1, 1_101)]


@pytest.fixture
def signer(tmp_path: Path) -> Signer:
    return Signer(first_key(NAME, tmp_path).files[0])


def offer(signer: Signer, raws: list[bytes], *, first: bool = False) -> Signed:
    root = root_of(map(leaf_hash, raws))
    return signer.sign(len(raws), root, lambda a, b: raws[a - 1 : b], first=first)


def forked(size: int, at: int) -> list[bytes]:
    return [*RAWS[: at - 1], b"forged", *RAWS[at:size]]


def test_heads_that_grow_are_signed_and_hash_only_what_is_new(signer: Signer) -> None:
    hashed = [offer(signer, RAWS[:size]).hashed for size in (0, 1, 5, 5, 8, 300, 1_100)]

    assert hashed == [0, 1, 4, 0, 3, 292, 800]


def test_the_same_head_gives_the_same_note_without_reading(signer: Signer) -> None:
    first = offer(signer, RAWS[:8])
    again = signer.sign(8, first.note.checkpoint.root, lambda a, b: pytest.fail("was read"))

    assert again.repeated
    assert again.note.raw() == first.note.raw()


@pytest.mark.parametrize("at", [1, 4, 5])
def test_a_fork_in_what_was_signed_is_refused(signer: Signer, at: int) -> None:
    held = offer(signer, RAWS[:5]).note
    for size in (5, 8, 300):
        with pytest.raises(RefuseFork) as refusal:
            offer(signer, forked(size, at))

        assert refusal.value.exit_code == 1
        kept = json.loads(refusal.value.evidence.read_bytes())
        assert kept["held"].encode() == held.raw()
        assert kept["offered"].startswith(f"{NAME}\n{size}\n")
        assert kept["reason"] == "refuse_fork"
    assert offer(signer, RAWS[:8]).note.checkpoint.size == 8


def test_a_fork_after_what_was_signed_is_another_continuation(signer: Signer) -> None:
    offer(signer, RAWS[:3])

    assert offer(signer, forked(8, 4)).note.checkpoint.size == 8
    with pytest.raises(RefuseFork):
        offer(signer, RAWS[:9])


def test_a_shorter_log_is_refused(signer: Signer) -> None:
    held = offer(signer, RAWS[:8]).note
    for size in (7, 0):
        with pytest.raises(RefuseShrink) as refusal:
            offer(signer, RAWS[:size])
        assert json.loads(refusal.value.evidence.read_bytes())["held"].encode() == held.raw()


def test_bytes_that_do_not_give_the_stored_root_are_never_signed(signer: Signer) -> None:
    root = root_of(map(leaf_hash, RAWS[:8]))
    for read in (forked(8, 6), RAWS[:7], RAWS[:9], []):
        with pytest.raises(RefuseFork):
            signer.sign(8, root, lambda a, b, read=read: read[a - 1 :])
    assert offer(signer, RAWS[:8]).hashed == 8


def test_the_memory_is_written_before_the_note_is_handed_out(
    signer: Signer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def dies(path: Path, raw: bytes) -> None:
        raise OSError(28, "no space left on device")

    offer(signer, RAWS[:3])
    before = signer.state_path.read_bytes()
    with monkeypatch.context() as patched:
        patched.setattr(signer_module, "replace_durably", dies)
        with pytest.raises(OSError, match="no space"):
            offer(signer, RAWS[:5])
    assert signer.state_path.read_bytes() == before
    assert offer(signer, forked(5, 5)).note.checkpoint.size == 5


def test_the_memory_is_replaced_as_a_whole(signer: Signer, monkeypatch) -> None:
    synced = []
    monkeypatch.setattr(os, "fsync", synced.append)
    offer(signer, RAWS[:3])

    # The file before it is renamed, then the folder.
    assert len(synced) == 2
    assert [path.suffix for path in signer.state_path.parent.iterdir()].count(".new") == 0


@pytest.mark.parametrize("damage", ["gone", "empty", "cut", "digit", "foreign", "edge"])
def test_a_lost_memory_is_noticed_and_begun_anew_on_demand_only(
    signer: Signer, damage: str
) -> None:
    offer(signer, RAWS[:6])
    path = signer.state_path
    raw = path.read_bytes()
    if damage == "gone":
        path.unlink()
    else:
        path.write_bytes(
            {
                "empty": b"",
                "cut": raw[:-20],
                "digit": raw.replace(b'"size":6', b'"size":7'),
                "foreign": raw.replace(NAME.encode(), b"venue.example/other"),
                "edge": raw.replace(b'"edge":"', b'"edge":"00'),
            }[damage]
        )
    with pytest.raises(SignerStateLost):
        offer(signer, RAWS[:8])

    signed = offer(signer, RAWS[:8], first=True)
    assert (signed.hashed, signed.anew) == (8, True)
    assert not offer(signer, RAWS[:9], first=True).anew
    with pytest.raises(RefuseFork):
        offer(signer, forked(9, 2), first=True)


def test_two_signers_wait_for_each_other(signer: Signer, monkeypatch) -> None:
    monkeypatch.setattr(signer_module, "LOCK_TRIES", 2)
    entered, leave = threading.Event(), threading.Event()

    def slow(first: int, last: int) -> list[bytes]:
        entered.set()
        leave.wait(10)
        return RAWS[first - 1 : last]

    root = root_of(map(leaf_hash, RAWS[:8]))
    thread = threading.Thread(target=lambda: signer.sign(8, root, slow))
    thread.start()
    entered.wait(10)
    try:
        with pytest.raises(SignerLocked):
            offer(Signer(signer.state_path.with_suffix(".key")), forked(8, 4))
    finally:
        leave.set()
        thread.join()
    with pytest.raises(RefuseFork):
        offer(signer, forked(8, 4))


def test_a_stored_log_is_signed_from_its_bytes(cascaded: Ledger, tmp_path: Path) -> None:
    made = first_key(NAME, tmp_path)
    signed = sign_head(Signer(made.files[0]), cascaded)

    assert signed.hashed == cascaded.head
    assert signed.note.checkpoint.root == cascaded.root
    assert signer_of(signed.note, [made.public]) == made.public


def test_a_key_signs_no_log_of_another_name(cascaded: Ledger, tmp_path: Path) -> None:
    with pytest.raises(KeyOfAnotherLog):
        sign_head(Signer(first_key("venue.example/others", tmp_path).files[0]), cascaded)


def test_a_flipped_byte_with_its_leaf_untouched_is_not_signed(
    cascaded: Ledger, tmp_path: Path
) -> None:
    signer = Signer(first_key(NAME, tmp_path).files[0])
    with cascaded.store.write() as connection:
        connection.exec_driver_sql("DROP TRIGGER event_refuses_update")
        connection.exec_driver_sql("UPDATE event SET bytes = x'7b7d' WHERE seq = 12")

    with pytest.raises(RefuseFork):
        sign_head(signer, cascaded)


def test_a_rotation_is_an_event_that_the_old_key_signs(cascaded: Ledger, tmp_path: Path) -> None:
    old = first_key(NAME, tmp_path)
    head = cascaded.head
    rotated = rotated_key(cascaded, tmp_path)

    assert rotated.seq == cascaded.head == head + 1
    event = cascaded.event_at(head + 1)
    assert event["type"] == "venue.key_rotated/1"
    assert event["data"] == {
        "key_id": rotated.key.public.key_id.hex(),
        "name": NAME,
        "previous_key_id": old.public.key_id.hex(),
        "public_key": rotated.key.public.public.hex(),
    }
    assert signer_of(rotated.last_note, [old.public]) == old.public
    assert rotated.last_note.checkpoint.size == head + 1
    names = sorted(path.name for path in tmp_path.glob("venue.example-books*"))
    identity = old.public.key_id.hex()
    assert names == sorted(
        f"venue.example-books{part}.{ending}"
        for part in ("", f".{identity}")
        for ending in ("key", "signer", "vkey")
    )
    signed = sign_head(Signer(tmp_path / "venue.example-books.key"), cascaded)
    assert (signed.hashed, signed.repeated) == (0, False)
    assert signer_of(signed.note, [rotated.key.public]) == rotated.key.public
    assert parse_verifier((tmp_path / f"venue.example-books.{identity}.vkey").read_bytes())


def test_a_rotated_key_continues_what_the_old_one_signed(cascaded: Ledger, tmp_path: Path) -> None:
    first_key(NAME, tmp_path)
    rotated_key(cascaded, tmp_path)
    signer = Signer(tmp_path / "venue.example-books.key")
    size = cascaded.head
    raws = [row.raw for row in cascaded.rows()]
    raws[3] = b"forged"

    with pytest.raises(RefuseFork):
        offer(signer, [*raws, b"more"])
    assert signer.key.verifier == read_signing_key(tmp_path / "venue.example-books.key").verifier
    assert read_note(sign_head(signer, cascaded).note.raw()).checkpoint.size == size


def test_an_empty_log_has_nothing_to_rotate(ledger: Ledger, tmp_path: Path) -> None:
    first_key(NAME, tmp_path)

    with pytest.raises(NothingToRotate):
        rotated_key(ledger, tmp_path)
    assert ledger.head == 0
