"""Who is behind a pseudonym, as long as anybody may know?

The log holds pseudonyms only, and they are random: no name leads to one. Who they stand for is
written in a small file of its own, outside everything that is sealed, so that it can be destroyed
without touching a proof. What was erased leaves the pseudonym with nobody behind it. Backups of
this file keep what they hold until they are destroyed too.
"""

import os
import secrets
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final, NamedTuple, Self

from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from ledger.errors import StoreSchema, StoreUnreadable

VARIABLE: Final = "ZEROSUM_PERSONS"
DEFAULT: Final = "zerosum.persons"
ERASED: Final = "erased"
LONGEST_PERSON: Final = 256
_APPLICATION: Final = 0x7A65726F
_BYTES_OF_CHANCE: Final = 10
_PATIENCE: Final = 5.0

_TABLE: Final = """
CREATE TABLE pseudonym (
    account TEXT PRIMARY KEY NOT NULL,
    person TEXT,
    erased_seq INTEGER
) STRICT, WITHOUT ROWID
"""


class Known(NamedTuple):
    """What the file says about one account: the person, or that it was erased and at which seq."""

    person: str | None
    erased_seq: int | None


def persons_file(store_url: str) -> Path:
    """`ZEROSUM_PERSONS`, else a file beside the store; beside a server's store, the current one."""
    named = os.environ.get(VARIABLE)
    if named:
        return Path(named)
    try:
        url = make_url(store_url)
    except ArgumentError:
        return Path(DEFAULT)
    if url.get_backend_name() == "sqlite" and url.database:
        return Path(f"{url.database}.persons")
    return Path(DEFAULT)


class Pseudonyms:
    """One opened file of pseudonyms."""

    def __init__(self, connection: sqlite3.Connection | None, path: Path) -> None:
        self._connection = connection
        self._path = path

    @classmethod
    @contextmanager
    def write(cls, path: Path) -> Iterator[Self]:
        """The file opened for writing, made where there is none; nobody else may read it."""
        with _translated(path):
            _make(path)
            with closing(_connected(path, "rw")) as connection:
                _check(connection, path)
                yield cls(connection, path)

    @classmethod
    @contextmanager
    def read(cls, path: Path) -> Iterator[Self]:
        """The file opened for reading; where there is none, nobody is known."""
        with _translated(path):
            if not path.exists():
                yield cls(None, path)
                return
            with closing(_connected(path, "ro")) as connection:
                _check(connection, path)
                yield cls(connection, path)

    def pseudonym(self, person: str) -> str:
        """The pseudonym of a person; made by chance, and kept, when there is none yet."""
        connection = self._opened()
        with connection:
            connection.execute("BEGIN IMMEDIATE")
            row = connection.execute(
                "SELECT account FROM pseudonym WHERE person = ? ORDER BY account LIMIT 1",
                (person,),
            ).fetchone()
            if row is not None:
                return str(row[0])
            account = f"p-{secrets.token_hex(_BYTES_OF_CHANCE)}"
            connection.execute(
                "INSERT INTO pseudonym (account, person) VALUES (?, ?)", (account, person)
            )
        return account

    def known(self, account: str) -> Known | None:
        """What is known about an account; None when the file has never heard of it."""
        if self._connection is None:
            return None
        row = self._connection.execute(
            "SELECT person, erased_seq FROM pseudonym WHERE account = ?", (account,)
        ).fetchone()
        return None if row is None else Known(*row)

    def shown(self) -> dict[str, str]:
        """Every account with its person, `erased` where there was one."""
        if self._connection is None:
            return {}
        rows = self._connection.execute("SELECT account, person FROM pseudonym ORDER BY account")
        return {account: ERASED if person is None else person for account, person in rows}

    def erase(self, account: str) -> None:
        """Destroy who is behind the account; what it was stands nowhere in the file afterwards."""
        connection = self._opened()
        with connection:
            connection.execute("BEGIN IMMEDIATE")
            connection.execute(
                "INSERT INTO pseudonym (account, person) VALUES (?, NULL)"
                " ON CONFLICT (account) DO UPDATE SET person = NULL",
                (account,),
            )
        # Pages that were freed are overwritten (secure_delete); this also rewrites the file.
        connection.execute("VACUUM")

    def erasure_recorded(self, account: str, seq: int) -> None:
        """Remember which event of the log says so."""
        connection = self._opened()
        with connection:
            connection.execute(
                "UPDATE pseudonym SET erased_seq = ? WHERE account = ?", (seq, account)
            )

    def _opened(self) -> sqlite3.Connection:
        if self._connection is None:
            raise StoreUnreadable(f"there is no file {self._path}")
        return self._connection


def _make(path: Path) -> None:
    """An empty file for the owner alone, unless there is one."""
    if path.exists() and path.stat().st_size:
        return
    os.close(os.open(path, os.O_CREAT | os.O_WRONLY, 0o600))
    with closing(_connected(path, "rw")) as connection:
        connection.execute("BEGIN IMMEDIATE")
        # Another program may have been faster.
        if connection.execute("PRAGMA application_id").fetchone()[0] != _APPLICATION:
            connection.execute(_TABLE)
            connection.execute(f"PRAGMA application_id={_APPLICATION}")
        connection.execute("COMMIT")


def _connected(path: Path, mode: str) -> sqlite3.Connection:
    address = f"{path.absolute().as_uri()}?mode={mode}"
    connection = sqlite3.connect(address, uri=True, isolation_level=None, timeout=_PATIENCE)
    # No write-ahead log: it would keep an erased name until its next round.
    connection.execute("PRAGMA secure_delete=ON").fetchall()
    connection.execute("PRAGMA synchronous=FULL").fetchall()
    return connection


def _check(connection: sqlite3.Connection, path: Path) -> None:
    if connection.execute("PRAGMA application_id").fetchone()[0] != _APPLICATION:
        raise StoreSchema(f"{path} holds no pseudonyms")


@contextmanager
def _translated(path: Path) -> Iterator[None]:
    try:
        yield
    except (sqlite3.Error, OSError) as fault:
        raise StoreUnreadable(f"{path}: {fault}") from fault
