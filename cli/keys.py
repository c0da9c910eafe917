"""Which public keys does the caller trust, and which secret key signs?

Known keys are named on the command line, else in ZEROSUM_VKEY, else they lie in the working
directory, where keygen writes them; never in the store, which is what they are to check.
"""

import os
from collections.abc import Sequence
from pathlib import Path

import click

from domain.adl.row_key import RowKey
from ledger.keys import KeyUnreadable, VerifierKey, file_stem, parse_verifier, read_verifier
from ledger.notes import LONGEST_NOTE
from ledger.row_keys import read_row_key

VERIFIERS = "ZEROSUM_VKEY"
SIGNING = "ZEROSUM_KEY"

key_option = click.option(
    "--key",
    "keys",
    multiple=True,
    metavar="VKEY",
    help="A trusted public key, file or line; else ZEROSUM_VKEY, else *.vkey here.",
)


row_key_option = click.option(
    "--row-key",
    "row_key_file",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="The venue's row key, where the rows of rankings are salted.",
)


def row_key_in(path: Path | None) -> RowKey | None:
    """The row key in the file that was named."""
    return None if path is None else read_row_key(path)


def known_keys(named: Sequence[str]) -> tuple[VerifierKey, ...]:
    """The keys that signatures are checked with."""
    variable = os.environ.get(VERIFIERS)
    texts = list(named) or ([variable] if variable else [])
    if texts:
        return tuple(_key(text) for text in texts)
    found = []
    for path in sorted(Path.cwd().glob("*.vkey")):
        try:
            found.append(read_verifier(path))
        except KeyUnreadable:
            # A key that only lies here, of a witness for example, was not asked for.
            continue
    return tuple(found)


def _key(text: str) -> VerifierKey:
    """A key given as its line or as a file."""
    if "+" in text and not Path(text).is_file():
        return parse_verifier(text.encode("utf-8", "surrogateescape"))
    return read_verifier(Path(text))


def signing_key_path(named: Path | None, origin: str) -> Path | None:
    """The secret key's file: named, else ZEROSUM_KEY, else the log's own here; None without one."""
    if named is not None:
        return named
    variable = os.environ.get(SIGNING)
    if variable:
        return Path(variable)
    own = Path.cwd() / f"{file_stem(origin)}.key"
    return own if own.exists() else None


def file_bytes(path: Path) -> bytes:
    """A file's bytes; of one that is too long for a note only so many that this shows."""
    with path.open("rb") as file:
        return file.read(LONGEST_NOTE + 1)


def write_output(path: Path, raw: bytes) -> None:
    """A file in one piece: whoever looks sees the old one or the new one."""
    temporary = path.with_name(f".{path.name}.new")
    temporary.write_bytes(raw)
    temporary.replace(path)
