"""How is one event, or one earlier head, shown to be in a signed log?

A proof file holds hashes and a signed checkpoint, and mostly the event itself, so that one file and
the public key are enough (C2SP tlog-proof). A consistency file shows that a later log begins with
an earlier one. A path is checked only against a root whose note was verified.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from domain.envelope import LARGEST_EVENT
from domain.merkle import is_consistent, is_included, leaf_hash
from ledger.keys import VerifierKey
from ledger.notes import (
    LONGEST_NOTE,
    NoteTampered,
    NoteUnreadable,
    SignedNote,
    base64_text,
    read_hashes,
    read_note,
    read_size,
    shown,
    signer_of,
    strict_base64,
)

MAGIC: Final = b"c2sp.org/tlog-proof@v1"
OLD: Final = b"old "
_EXTRA: Final = b"extra "
_INDEX: Final = b"index "
MOST_HASHES: Final = 130
"""A consistency path has at most one hash per level and one more, twice over."""


@dataclass(frozen=True, slots=True)
class InclusionProof:
    """The event at `index` (seq − 1) is in the log of the note's checkpoint."""

    index: int
    path: tuple[bytes, ...]
    note: SignedNote
    event: bytes | None = None

    def raw(self) -> bytes:
        """The proof file."""
        extra = b"" if self.event is None else _EXTRA + _base64(self.event) + b"\n"
        head = MAGIC + b"\n" + extra + _INDEX + b"%d\n" % self.index
        return head + _written(self.path) + b"\n" + self.note.raw()


@dataclass(frozen=True, slots=True)
class ConsistencyProof:
    """The log of the note's checkpoint begins with the log of size `old`."""

    old: int
    path: tuple[bytes, ...]
    note: SignedNote

    def raw(self) -> bytes:
        """The consistency file."""
        return OLD + b"%d\n" % self.old + _written(self.path) + b"\n" + self.note.raw()


Proof = InclusionProof | ConsistencyProof | SignedNote


def read_any(raw: bytes) -> Proof:
    """A proof file, a consistency file, or a signed checkpoint alone."""
    if raw.startswith(MAGIC):
        return read_inclusion(raw)
    return read_consistency(raw) if raw.startswith(OLD) else read_note(raw)


def read_inclusion(raw: bytes) -> InclusionProof:
    """A proof file; raises `NoteUnreadable`."""
    lines, note = _parted(raw)
    if lines.pop(0) != MAGIC:
        raise NoteUnreadable("a proof file begins with " + MAGIC.decode())
    event: bytes | None = None
    if lines and lines[0].startswith(_EXTRA):
        event = strict_base64(lines.pop(0).removeprefix(_EXTRA))
        if not 0 < len(event) <= LARGEST_EVENT:
            raise NoteUnreadable(f"{len(event)} bytes are no event")
    if not lines or not lines[0].startswith(_INDEX):
        raise NoteUnreadable("a proof file names an index")
    index = read_size(lines.pop(0).removeprefix(_INDEX))
    return InclusionProof(index, read_hashes(lines), note, event)


def read_consistency(raw: bytes) -> ConsistencyProof:
    """A consistency file; raises `NoteUnreadable`."""
    lines, note = _parted(raw)
    if not lines[0].startswith(OLD):
        raise NoteUnreadable("a consistency file begins with the earlier size")
    old = read_size(lines.pop(0).removeprefix(OLD))
    return ConsistencyProof(old, read_hashes(lines), note)


def proven_event(
    proof: InclusionProof, keys: Sequence[VerifierKey], event: bytes | None = None
) -> VerifierKey:
    """The key by which the event is shown to be in the log; raises `NoteFault`.

    The event is the one in the proof, or the given one; given both, they must be the same.
    """
    key = signer_of(proof.note, keys)
    shown_event = proof.event if event is None else event
    if shown_event is None:
        raise ValueError("a proof without event bytes needs the event")
    if proof.event is not None and shown_event != proof.event:
        raise NoteTampered("the proof is of other bytes than those of the event")
    size, root = proof.note.checkpoint.size, proof.note.checkpoint.root
    if not is_included(leaf_hash(shown_event), proof.index, size, proof.path, root):
        raise NoteTampered(
            f"the path does not lead from these bytes as event {proof.index + 1} to the signed root"
        )
    return key


def proven_continuation(
    proof: ConsistencyProof, keys: Sequence[VerifierKey], old: SignedNote | None
) -> VerifierKey:
    """The key by which the later log is shown to continue the earlier; raises `NoteFault`.

    Without an earlier note only the empty log can be continued.
    """
    key = signer_of(proof.note, keys)
    later = proof.note.checkpoint
    if old is None:
        if proof.old:
            raise ValueError("a consistency proof needs the earlier checkpoint")
        if proof.path:
            raise NoteTampered("what continues the empty log needs no hashes")
        return key
    signer_of(old, keys)
    earlier = old.checkpoint
    if earlier.origin != later.origin:
        raise NoteTampered(f"the earlier checkpoint is of {earlier.origin}, not {later.origin}")
    if earlier.size != proof.old:
        raise NoteTampered(f"the proof is from size {proof.old}, the note of size {earlier.size}")
    if not is_consistent(earlier.size, later.size, earlier.root, later.root, proof.path):
        raise NoteTampered(
            f"the log of {later.size} events does not begin with the one of {earlier.size}"
        )
    return key


def _parted(raw: bytes) -> tuple[list[bytes], SignedNote]:
    """The lines before the empty line, and the signed checkpoint after it."""
    if len(raw) > LONGEST_NOTE:
        raise NoteUnreadable(f"{len(raw)} bytes are too many for a proof")
    head, gap, note = raw.partition(b"\n\n")
    if not gap:
        raise NoteUnreadable(f"no empty line after {shown(head)}")
    lines = head.split(b"\n")
    if len(lines) > MOST_HASHES:
        raise NoteUnreadable(f"{len(lines)} lines are too many for a proof")
    return lines, read_note(note)


def _written(path: Sequence[bytes]) -> bytes:
    return b"".join(_base64(one) + b"\n" for one in path)


def _base64(raw: bytes) -> bytes:
    return base64_text(raw).encode("ascii")
