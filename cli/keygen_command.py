"""How does a log get a key?"""

from pathlib import Path

import click

from cli.errors import wrong_usage
from cli.output import note, show
from cli.settings import Question, settings_of
from ledger.checkpoints import keep
from ledger.errors import StoreError
from ledger.keys import NAME
from ledger.ledger import Ledger
from ledger.rotation import KeyFiles, first_key, rotated_key
from ledger.row_keys import new_row_key, write_row_key
from reports.page import Json, Page


@click.command(cls=Question, epilog="Example: zerosum keygen venue.example/books")
@click.argument("name", required=False)
@click.option("--rotate", is_flag=True, help="Replace the log's key, and say so in the log.")
@click.option(
    "--row-key",
    "row_key_file",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Write a row key instead: it salts the rows of a venue's rankings.",
)
@click.pass_context
def keygen(
    context: click.Context, name: str | None, rotate: bool, row_key_file: Path | None
) -> None:
    """Make a key that signs a log's checkpoints.

    Writes NAME.key, NAME.vkey and the signer's memory NAME.signer into the working directory and
    prints the public line. NAME is the name of the log; without it that of the store. Keep the
    secret file away from the store, and give the public one to everybody.
    """
    if row_key_file is not None:
        if rotate or name is not None:
            raise wrong_usage(
                "usage", "a row key has no name and is not rotated", expected="--row-key FILE"
            )
        _row_key(context, row_key_file)
        return
    if rotate:
        _rotate(context, name)
        return
    if name is None:
        with Ledger.open(settings_of(context).url, readonly=True) as ledger:
            name = ledger.origin
    if not NAME.fullmatch(name):
        raise wrong_usage(
            "bad_name",
            f"{name[:80]!r} cannot name a key",
            expected="1 to 200 printable ASCII characters without space and +",
            hint="a key has the name of its log, such as venue.example/books",
        )
    _show(context, first_key(name, Path.cwd()), {})


def _row_key(context: click.Context, path: Path) -> None:
    row_key = new_row_key()
    write_row_key(path, row_key)
    note(context, f"wrote {path.name}; keep it secret, and keep it: rankings are checked with it")
    body: dict[str, Json] = {"row_key_digest": row_key.digest, "files": [path.name]}
    show(context, Page("row-key/1", None, body, None, (row_key.digest,)))


def _rotate(context: click.Context, name: str | None) -> None:
    url = settings_of(context).url
    with Ledger.open(url) as ledger:
        if name not in (None, ledger.origin):
            raise wrong_usage(
                "bad_name",
                f"the store holds {ledger.origin}, not {name}",
                hint="name the store with --store; --rotate needs no other name",
            )
        found = rotated_key(ledger, Path.cwd())
    try:
        keep(url, found.last_note)
    except StoreError as fault:
        note(context, f"no copy of the note was kept in the store: {fault}")
    note(
        context,
        f"event {found.seq} names the new key; the old key has signed it, keep its .vkey file",
    )
    body: dict[str, Json] = {
        "seq": found.seq,
        "last_note": found.last_note.raw().decode("utf-8"),
    }
    _show(context, found.key, body)


def _show(context: click.Context, made: KeyFiles, more: dict[str, Json]) -> None:
    public = made.public
    body: dict[str, Json] = {
        "name": public.name,
        "key_id": public.key_id.hex(),
        "public_key": public.line(),
        "files": [path.name for path in made.files],
    }
    note(context, f"wrote {', '.join(path.name for path in made.files)}")
    show(context, Page("keygen/1", None, {**body, **more}, None, (public.line(),)))
