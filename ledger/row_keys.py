"""How is a venue's row key made, written to a file, and read back?

One line, `ROW+KEY+<first 8 digits of the digest>+<base64 of the 32 bytes>`, for its owner alone and
never overwritten. Like a signing key it is neither in the store nor in the environment nor in
anything that is printed; what is public about it is its digest, which the log names.
"""

import os
import re
from pathlib import Path
from typing import Final

from domain.adl.row_key import ROW_KEY_BYTES, RowKey
from ledger.keys import KeyExists, KeyUnreadable, read_key_file, write_new
from ledger.notes import NoteUnreadable, base64_text, strict_base64

ID_DIGITS: Final = 8
_LINE: Final = re.compile(rb"ROW\+KEY\+([0-9a-f]{8})\+([A-Za-z0-9+/]+=*)\n?")


class RowKeyUnreadable(KeyUnreadable):
    """A file that holds no row key; what it holds is not shown."""

    hint = "make one with: zerosum keygen --row-key FILE"


class RowKeyExists(KeyExists):
    """A row key is never overwritten: without it no ranking of its log can be checked."""

    hint = "name another file; a log keeps its row key for life"


def new_row_key() -> RowKey:
    """A row key that nobody has ever had."""
    return RowKey(os.urandom(ROW_KEY_BYTES))


def row_key_line(row_key: RowKey) -> str:
    """The line of the secret file, without a line feed."""
    return f"ROW+KEY+{row_key.digest[:ID_DIGITS]}+{base64_text(row_key.secret)}"


def parse_row_key(raw: bytes) -> RowKey:
    """A row key from its line; raises `KeyUnreadable`."""
    match = _LINE.fullmatch(raw)
    try:
        secret = b"" if match is None else strict_base64(match[2])
    except NoteUnreadable:
        secret = b""
    if match is None or len(secret) != ROW_KEY_BYTES:
        raise RowKeyUnreadable("the file holds no row key of zerosum")
    row_key = RowKey(secret)
    if row_key.digest[:ID_DIGITS].encode() != match[1]:
        raise RowKeyUnreadable("the row key's bytes are not those that its line names")
    return row_key


def read_row_key(path: Path) -> RowKey:
    """The row key in a file; raises `KeyMissing` or `KeyUnreadable`."""
    return parse_row_key(read_key_file(path))


def write_row_key(path: Path, row_key: RowKey) -> None:
    """A file of its own for the key, readable by its owner alone; raises `RowKeyExists`."""
    try:
        write_new(path, row_key_line(row_key) + "\n", 0o600)
    except KeyExists as fault:
        raise RowKeyExists(str(fault)) from None
