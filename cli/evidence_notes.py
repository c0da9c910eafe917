"""Which checkpoint from before a decision goes into its bundle, and whose keys check the notes?

A key may have been replaced in between: then the earlier note is by another key than the later one,
and the examiner needs a copy of both.
"""

from collections.abc import Sequence

from cli.prove_command import consistency_proof
from ledger.checkpoints import note_before
from ledger.keys import VerifierKey, file_stem
from ledger.ledger import Ledger
from ledger.notes import SignedNote, read_note, signer_of
from reports.evidence import EARLIER, Members


def earlier_members(
    ledger: Ledger, seq: int, signed: SignedNote, known: Sequence[VerifierKey]
) -> Members:
    """The newest note by a known key that does not cover event `seq`, and what leads from there."""
    before = note_before(ledger.store, seq, known)
    if before is None:
        return {}
    earlier = before.checkpoint.size
    path = consistency_proof(ledger, earlier, signed).raw()
    return {EARLIER: before.raw(), f"{earlier}-{signed.checkpoint.size}.consistency": path}


def key_members(signed: SignedNote, members: Members, known: Sequence[VerifierKey]) -> Members:
    """The keys of the notes; one that was replaced later has its id in the name.

    Raises a `NoteFault` when no known key has signed.
    """
    key = signer_of(signed, known)
    stem = file_stem(key.name)
    found = {f"keys/{stem}.vkey": key.line().encode("ascii") + b"\n"}
    if EARLIER in members:
        older = signer_of(read_note(members[EARLIER]), known)
        if older != key:
            found[f"keys/{stem}.{older.key_id.hex()}.vkey"] = older.line().encode("ascii") + b"\n"
    return found
