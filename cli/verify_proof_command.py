"""Does this file prove what it says, for somebody who has no store?"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import click

from cli.errors import wrong_usage
from cli.keys import file_bytes, key_option, known_keys
from cli.output import show
from cli.settings import Question
from ledger.keys import VerifierKey
from ledger.notes import NoteFault, NoteUnreadable, SignedNote, read_note, signer_of
from ledger.proofs import (
    ConsistencyProof,
    InclusionProof,
    proven_continuation,
    proven_event,
    read_any,
)
from reports.page import Json, Page, Table

WORST_FIRST: Final = ("tampered", "unreadable", "unknown_key", "intact")
EXITS: Final = {"tampered": 1, "unreadable": 4, "unknown_key": 1, "intact": 0}
COLUMNS: Final = {"verdict": "verdict", "file": "file", "proved": "what was proved"}


@dataclass(frozen=True, slots=True)
class _Finding:
    """What became of one file."""

    file: str
    kind: str | None
    verdict: str
    proved: str | None
    detail: str


@click.command("verify-proof", cls=Question, epilog="Example: zerosum verify-proof 34.tlog-proof")
@click.argument(
    "files",
    nargs=-1,
    required=True,
    type=click.Path(path_type=Path),
    metavar="FILE…",
)
@key_option
@click.option(
    "--event",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar="FILE",
    help="The event's bytes, when the proof does not hold them.",
)
@click.option(
    "--old",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar="FILE",
    help="The earlier signed checkpoint, for a consistency file.",
)
@click.pass_context
def verify_proof(
    context: click.Context,
    files: tuple[Path, ...],
    keys: tuple[str, ...],
    event: Path | None,
    old: Path | None,
) -> None:
    """Check proof files, consistency files and signed checkpoints; needs no store.

    Says what was proved, then the verdict: tampered, unreadable, unknown_key or intact.
    """
    known = known_keys(keys)
    if event is not None and len(files) > 1:
        raise wrong_usage("usage", "--event is the event of one proof; name one FILE with it")
    raw_event = None if event is None else _event_bytes(event)
    found = [_judged(path, known, raw_event, old) for path in files]
    verdict = min((one.verdict for one in found), key=WORST_FIRST.index)
    rows: list[dict[str, Json]] = [
        {
            "file": one.file,
            "kind": one.kind,
            "verdict": one.verdict,
            "proved": one.proved,
            "detail": one.detail,
        }
        for one in found
    ]
    said = "\n".join(f"{one.file}: {one.proved or one.detail}" for one in found)
    body: dict[str, Json] = {"proofs": rows, "verdict": verdict}
    parts: tuple[Table | str, ...] = (said, f"Verdict: {verdict}")
    show(context, Page("verify-proof/1", None, body, "proofs", parts))
    context.exit(EXITS[verdict])


def _event_bytes(path: Path) -> bytes:
    """The event as it is hashed: canonical JSON ends without the line feed that files end with."""
    return file_bytes(path).removesuffix(b"\n")


def _judged(
    path: Path, known: Sequence[VerifierKey], event: bytes | None, old: Path | None
) -> _Finding:
    kind: str | None = None
    try:
        proof = read_any(_bytes(path))
        kind = _KINDS[type(proof)]
        proved, key = _proved(proof, known, event, old)
    except NoteFault as fault:
        return _Finding(str(path), kind, fault.verdict, None, f"{fault.verdict}: {fault}")
    return _Finding(str(path), kind, "intact", proved, f"signed by key {key.label}")


_KINDS: Final[dict[type, str]] = {
    InclusionProof: "inclusion",
    ConsistencyProof: "consistency",
    SignedNote: "checkpoint",
}


def _proved(
    proof: InclusionProof | ConsistencyProof | SignedNote,
    known: Sequence[VerifierKey],
    event: bytes | None,
    old: Path | None,
) -> tuple[str, VerifierKey]:
    if isinstance(proof, SignedNote):
        key, head = signer_of(proof, known), proof.checkpoint
        return f"log {head.origin} of size {head.size} has root {head.root.hex()}", key
    head = proof.note.checkpoint
    log = f"log {head.origin} of size {head.size}"
    if isinstance(proof, InclusionProof):
        if proof.event is None and event is None:
            raise wrong_usage(
                "event_needed",
                "the proof does not hold the event's bytes",
                hint="name them with --event FILE",
            )
        key = proven_event(proof, known, event)
        return f"event seq {proof.index + 1} with these bytes is in {log}", key
    if proof.old and old is None:
        raise wrong_usage(
            "old_needed",
            f"the proof begins at a log of size {proof.old}",
            hint="name the signed checkpoint of that size with --old FILE",
        )
    earlier = None if old is None else read_note(_bytes(old))
    key = proven_continuation(proof, known, earlier)
    return f"{log} begins with the log of size {proof.old}", key


def _bytes(path: Path) -> bytes:
    try:
        return file_bytes(path)
    except OSError as fault:
        raise NoteUnreadable(f"{path}: {fault.strerror}") from fault
