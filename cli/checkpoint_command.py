"""What is the head of the log, signed so that it cannot be denied later?"""

from pathlib import Path

import click

from cli.keys import signing_key_path, write_output
from cli.output import note, show, write
from cli.reading import as_of
from cli.settings import Question, settings_of
from ledger.checkpoints import keep
from ledger.errors import LedgerError
from ledger.ledger import Ledger
from ledger.notes import Checkpoint
from ledger.signer import Signed, Signer, sign_head
from reports.page import Json, Page


@click.command(cls=Question, epilog="Example: zerosum checkpoint -o 37.checkpoint")
@click.option(
    "--key",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Secret key; else ZEROSUM_KEY, else NAME.key here.",
)
@click.option("--first", is_flag=True, help="The signer's memory is lost: hash everything anew.")
@click.option(
    "-o",
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Write the note to a file.",
)
@click.pass_context
def checkpoint(
    context: click.Context,
    key: Path | None,
    first: bool,
    output: Path | None,
) -> None:
    """Sign size and root of the log, if it continues what was signed before.

    The signer remembers what it signed last and hashes every event since then itself; a log that
    is shorter or other than that is refused. Keep the note where the operator cannot change it.
    """
    url = settings_of(context).url
    with Ledger.open(url, readonly=True) as ledger:
        path = signing_key_path(key, ledger.origin)
        if path is None:
            size = ledger.head
            head, signed = Checkpoint(ledger.origin, size, ledger.root_at(size)), None
        else:
            signed = sign_head(Signer(path), ledger, first=first)
            head = signed.note.checkpoint
        at = as_of(ledger, head.size)
    _talk(context, url, signed, first=first)
    raw = head.raw() if signed is None else signed.note.raw()
    body: dict[str, Json] = {
        "origin": head.origin,
        "size": head.size,
        "root": head.root.hex(),
        "signed": signed is not None,
        "key_id": None if signed is None else signed.note.signatures[0].key_id.hex(),
        "note": raw.decode("utf-8"),
        "file": None if output is None else str(output),
    }
    if output is not None:
        write_output(output, raw)
        note(context, f"wrote {output}")
    if settings_of(context).output_format != "table":
        show(context, Page("checkpoint/1", at, body))
    elif output is None:
        write(raw.decode("utf-8"))


def _talk(context: click.Context, url: str, signed: Signed | None, *, first: bool) -> None:
    if signed is None:
        note(context, "not signed: there is no key; make one with zerosum keygen")
        return
    if signed.anew:
        note(context, f"the memory was lost: all {signed.hashed} events were hashed anew")
    elif first:
        note(context, "the signer's memory is there, --first changed nothing")
    try:
        keep(url, signed.note)
    except LedgerError as fault:
        note(context, f"no copy was kept in the store: {fault}")
