"""How can somebody without the store see that an event is in the log?"""

from pathlib import Path

import click

from cli.errors import CommandFailed, Failure, not_found, wrong_usage
from cli.keys import write_output
from cli.moment import span_of
from cli.output import note, show, write
from cli.reading import as_of
from cli.settings import Question, settings_of
from domain.merkle import is_included, leaf_hash
from ledger.checkpoints import covering_note
from ledger.ledger import Ledger
from ledger.notes import SignedNote
from ledger.proofs import ConsistencyProof, InclusionProof
from reports.page import Json, Page

HINT = "zerosum checkpoint signs the head; then ask again"


@click.command(cls=Question, epilog="Example: zerosum prove ADL-34 -o 34.tlog-proof")
@click.argument("seq", metavar="SEQ|ID", required=False)
@click.option("--size", type=click.IntRange(0), metavar="N", help="Against this checkpoint.")
@click.option("--no-event", is_flag=True, help="Leave the event's bytes out of the proof.")
@click.option("--from", "earlier", type=click.IntRange(0), metavar="M", help="Earlier size.")
@click.option("--to", "later", type=click.IntRange(0), metavar="N", help="Size of a checkpoint.")
@click.option(
    "-o",
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Write the proof to a file.",
)
@click.pass_context
def prove(
    context: click.Context,
    seq: str | None,
    size: int | None,
    no_event: bool,
    earlier: int | None,
    later: int | None,
    output: Path | None,
) -> None:
    """Write a proof that needs no store to be checked.

    Either that one event is in the signed log, or (--from, --to) that a later log begins with an
    earlier one. The proof ends with the newest signed checkpoint, or with that of the given size.
    """
    if (seq is None) == (earlier is None):
        raise wrong_usage(
            "usage",
            "name an event, or two sizes",
            expected="zerosum prove SEQ|ID, or zerosum prove --from M --to N",
        )
    if (earlier is None and later is not None) or (seq is None and (size is not None or no_event)):
        raise wrong_usage("usage", "--from goes with --to; --size and --no-event go with an event")
    with Ledger.open(settings_of(context).url, readonly=True) as ledger:
        if earlier is not None:
            raw, body, at = _continuation(ledger, earlier, later)
        else:
            raw, body, at = _inclusion(ledger, seq or "", size, with_event=not no_event)
        page = Page("prove/1", as_of(ledger, at), body)
    body["proof"] = raw.decode("utf-8")
    body["file"] = None if output is None else str(output)
    if output is not None:
        write_output(output, raw)
        note(context, f"wrote {output}")
    if settings_of(context).output_format != "table":
        show(context, page)
    elif output is None:
        write(raw.decode("utf-8"))


def _inclusion(
    ledger: Ledger, text: str, size: int | None, *, with_event: bool
) -> tuple[bytes, dict[str, Json], int]:
    seq = span_of(ledger, text).first
    if not 0 < seq <= ledger.head:
        raise not_found("unknown_seq", f"the log has no event {seq}", "events begin at seq 1")
    found = covering_note(ledger.store, seq, size=size)
    if found is None:
        what = "signed checkpoint" if size is None else f"signed checkpoint of size {size}"
        raise not_found("no_checkpoint", f"no {what} covers event {seq}", HINT)
    proof = inclusion_proof(ledger, seq, found, with_event=with_event)
    body: dict[str, Json] = {
        "kind": "inclusion",
        "origin": found.checkpoint.origin,
        "event": seq,
        "index": proof.index,
        "size": found.checkpoint.size,
        "path": [one.hex() for one in proof.path],
    }
    return proof.raw(), body, found.checkpoint.size


def inclusion_proof(
    ledger: Ledger, seq: int, found: SignedNote, *, with_event: bool
) -> InclusionProof:
    """The proof of one event; only one that holds is handed out."""
    head = found.checkpoint
    if head.size > ledger.head:
        raise _unfitting(found)
    path = tuple(ledger.inclusion_path(seq, head.size))
    event = next(iter(ledger.rows(seq, seq))).raw
    if not is_included(leaf_hash(event), seq - 1, head.size, path, head.root):
        raise _unfitting(found)
    return InclusionProof(seq - 1, path, found, event if with_event else None)


def _continuation(
    ledger: Ledger, earlier: int, later: int | None
) -> tuple[bytes, dict[str, Json], int]:
    found = covering_note(ledger.store, earlier, size=later)
    if found is None:
        what = "signed checkpoint" if later is None else f"signed checkpoint of size {later}"
        raise not_found("no_checkpoint", f"no {what} covers size {earlier}", HINT)
    proof = consistency_proof(ledger, earlier, found)
    body: dict[str, Json] = {
        "kind": "consistency",
        "origin": found.checkpoint.origin,
        "old": earlier,
        "size": found.checkpoint.size,
        "path": [one.hex() for one in proof.path],
    }
    return proof.raw(), body, found.checkpoint.size


def consistency_proof(ledger: Ledger, earlier: int, found: SignedNote) -> ConsistencyProof:
    """The proof that the note's log begins with the one of size `earlier`."""
    head = found.checkpoint
    if head.size > ledger.head or ledger.root_at(head.size) != head.root:
        raise _unfitting(found)
    path = ledger.consistency_path(earlier, head.size)
    return ConsistencyProof(earlier, tuple(path), found)


def _unfitting(found: SignedNote) -> CommandFailed:
    size = found.checkpoint.size
    return CommandFailed(
        Failure(
            "tampered",
            1,
            f"the log does not lead to the root of its checkpoint of size {size}",
            hint="zerosum verify",
        )
    )
