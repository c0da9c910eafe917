"""Which single rows can somebody with SQL change, and which event must `verify` then name?

Every kind of change says what it does to one place, and what must be found: the verdict, and the
seqs of which one is named first. Triggers and the unique index are gone before, as they would be.
"""

import random
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from ledger.ledger import Ledger
from ledger.report import Report
from ledger.verification import verify_store
from tests.unit.ledger.stories import cascade, deposits

TILE = 256


@dataclass(frozen=True)
class Change:
    """Statements, and what must be said about them."""

    statements: tuple[str, ...]
    seqs: tuple[int, ...]
    verdict: str = "tampered"


class Books:
    """A log to tamper with, and what stands in it."""

    def __init__(self, folder: Path, events: int) -> None:
        self.path = folder / "books.db"
        self._copy = folder / "tampered.db"
        with Ledger.create(f"sqlite:///{self.path}") as ledger:
            list(ledger.submit_many([*cascade(), *deposits(events - 60)], 4))
            assert ledger.head == events
        self.size = events
        with closing(sqlite3.connect(self.path)) as connection, connection:
            for (name,) in connection.execute(
                "SELECT name FROM sqlite_schema WHERE type = 'trigger'"
            ).fetchall():
                connection.execute(f"DROP TRIGGER {name}")
            connection.execute("DROP INDEX event_of_stream")
            query = "SELECT bytes, leaf FROM event ORDER BY seq"
            self.rows = [(b"", b""), *connection.execute(query).fetchall()]
            query = "SELECT id, first_seq FROM idempotency ORDER BY first_seq"
            self.keys: list[tuple[str, int]] = connection.execute(query).fetchall()
            query = "SELECT first_seq FROM tx ORDER BY first_seq"
            self.transactions = [seq for (seq,) in connection.execute(query)]
            self.edge, self.root = connection.execute("SELECT edge, root FROM tree").fetchone()

    @property
    def url(self) -> str:
        return f"sqlite:///{self.path}"

    def transaction_of(self, seq: int) -> int:
        return max(first for first in self.transactions if first <= seq)

    def report(self, change: Change) -> Report:
        """What `verify` says about a copy that was changed."""
        shutil.copyfile(self.path, self._copy)
        with closing(sqlite3.connect(self._copy)) as connection, connection:
            connection.execute("PRAGMA synchronous = OFF")
            connection.execute("PRAGMA ignore_check_constraints = ON")
            for statement in change.statements:
                touched = connection.execute(statement).rowcount
                assert touched > 0 or statement.startswith("CREATE"), statement
        return verify_store(f"sqlite:///{self._copy}")

    def check(self, change: Change) -> None:
        """It is found, under the right name."""
        report = self.report(change)
        found = (report.verdict, report.seq)
        wanted = [(change.verdict, seq) for seq in change.seqs or (None,)]
        assert found in wanted, (change, found, report.checks)


def flipped(data: bytes, chance: random.Random) -> str:
    """The same with one bit changed, as a literal."""
    at = chance.randrange(8 * len(data))
    changed = bytearray(data)
    changed[at // 8] ^= 1 << at % 8
    return f"x'{changed.hex()}'"


Kind = Callable[[Books, int, random.Random], Change]


def edit(column: str, value: str) -> Kind:
    def change(_books: Books, seq: int, _chance: random.Random) -> Change:
        return Change((f"UPDATE event SET {column} = {value} WHERE seq = {seq}",), (seq,))

    return change


def one_bit_of_the_bytes(books: Books, seq: int, chance: random.Random) -> Change:
    new = flipped(books.rows[seq][0], chance)
    return Change((f"UPDATE event SET bytes = {new} WHERE seq = {seq}",), (seq,))


def one_bit_of_the_leaf(books: Books, seq: int, chance: random.Random) -> Change:
    new = flipped(books.rows[seq][1], chance)
    return Change((f"UPDATE event SET leaf = {new} WHERE seq = {seq}",), (seq,))


def deleted(_books: Books, seq: int, _chance: random.Random) -> Change:
    return Change((f"DELETE FROM event WHERE seq = {seq}",), (seq,))


def moved(books: Books, seq: int, chance: random.Random) -> Change:
    place = chance.choice((-7, 0, books.size + 1, books.size + 77))
    return Change((f"UPDATE event SET seq = {place} WHERE seq = {seq}",), (min(seq, place),))


def swapped(books: Books, seq: int, chance: random.Random) -> Change:
    other = chance.choice([n for n in range(1, books.size + 1) if n != seq])
    first, second = sorted((seq, other))
    return Change(
        (
            f"UPDATE event SET seq = 0 WHERE seq = {first}",
            f"UPDATE event SET seq = {first} WHERE seq = {second}",
            f"UPDATE event SET seq = {second} WHERE seq = 0",
        ),
        (first,),
    )


def swapped_with_the_next(books: Books, seq: int, _chance: random.Random) -> Change:
    first = min(seq, books.size - 1)
    return Change(
        (
            f"UPDATE event SET seq = 0 WHERE seq = {first}",
            f"UPDATE event SET seq = {first} WHERE seq = {first + 1}",
            f"UPDATE event SET seq = {first + 1} WHERE seq = 0",
        ),
        (first,),
    )


def repeated_at_the_end(books: Books, seq: int, _chance: random.Random) -> Change:
    columns = "stream, version, type, time, bytes, leaf"
    insert = f"INSERT INTO event SELECT {books.size + 1}, {columns} FROM event WHERE seq = {seq}"
    return Change((insert,), (books.size + 1,))


def repeated_over_another(books: Books, seq: int, chance: random.Random) -> Change:
    other = chance.choice([n for n in range(1, books.size + 1) if n != seq])
    columns = "stream, version, type, time, bytes, leaf"
    query = f"SELECT {columns} FROM event WHERE seq = {seq}"
    return Change(
        (f"UPDATE event SET ({columns}) = ({query}) WHERE seq = {other}",),
        (other,),
    )


EVENT_KINDS: dict[str, Kind] = {
    "one bit of the bytes": one_bit_of_the_bytes,
    "one bit of the leaf": one_bit_of_the_leaf,
    "the stream": edit("stream", "stream % 5 + 1"),
    "the version": edit("version", "version + 1"),
    "the type": edit("type", "'account.opened/2'"),
    "the time": edit("time", "time - 1"),
    "deleted": deleted,
    "moved": moved,
    "swapped with the next": swapped_with_the_next,
    "swapped": swapped,
    "repeated at the end": repeated_at_the_end,
    "repeated over another": repeated_over_another,
}


def key_change(statement: str) -> Kind:
    def change(books: Books, at: int, _chance: random.Random) -> Change:
        name, seq = books.keys[at % len(books.keys)]
        text = statement.format(id=name, size=books.size)
        # The seal of the transaction does not fit any more either: it may be named as well.
        return Change((text,), (seq, books.transaction_of(seq)))

    return change


def keys_swapped(column: str) -> Kind:
    def change(books: Books, at: int, chance: random.Random) -> Change:
        (one, first), (other, _second) = (
            sorted(chance.sample(books.keys, 2), key=lambda key: key[1]) if at else books.keys[:2]
        )
        query = "SELECT {0} FROM idempotency WHERE id = '{1}'"
        if column == "id":
            statements: tuple[str, ...] = (
                f"UPDATE idempotency SET id = '-' WHERE id = '{one}'",
                f"UPDATE idempotency SET id = '{one}' WHERE id = '{other}'",
                f"UPDATE idempotency SET id = '{other}' WHERE id = '-'",
            )
        else:
            statements = (
                "CREATE TEMP TABLE held AS " + query.format(column, one),
                (
                    f"UPDATE idempotency SET {column} = ({query.format(column, other)})"
                    f" WHERE id = '{one}'"
                ),
                f"UPDATE idempotency SET {column} = (SELECT * FROM held) WHERE id = '{other}'",
            )
        return Change(statements, (first, books.transaction_of(first)))

    return change


KEY_KINDS: dict[str, Kind] = {
    "another id": key_change("UPDATE idempotency SET id = 'x' || id WHERE id = '{id}'"),
    "another digest": key_change("UPDATE idempotency SET digest = zeroblob(32) WHERE id = '{id}'"),
    "another last event": key_change(
        "UPDATE idempotency SET last_seq = last_seq + 1 WHERE id = '{id}'"
    ),
    "another first event": key_change(
        "UPDATE idempotency SET first_seq = {size} + 5 WHERE id = '{id}'"
    ),
    "deleted": key_change("DELETE FROM idempotency WHERE id = '{id}'"),
    "repeated": key_change(
        "INSERT INTO idempotency SELECT id || '~', digest, first_seq, last_seq FROM idempotency"
        " WHERE id = '{id}'"
    ),
    "digests swapped": keys_swapped("digest"),
    "ids swapped": keys_swapped("id"),
}


def transaction_change(statement: str) -> Kind:
    def change(books: Books, at: int, _chance: random.Random) -> Change:
        seq = books.transactions[at % len(books.transactions)]
        return Change((statement.format(seq=seq),), (seq,))

    return change


def transactions_swapped(books: Books, at: int, _chance: random.Random) -> Change:
    at %= len(books.transactions) - 1
    one, other = books.transactions[at : at + 2]
    query = "SELECT recorded_at FROM tx WHERE first_seq = "
    return Change(
        (
            (
                f"UPDATE tx SET recorded_at = recorded_at + ({query}{other}) - ({query}{one})"
                f" WHERE first_seq = {one}"
            ),
        ),
        (one,),
    )


def transaction_repeated(books: Books, at: int, _chance: random.Random) -> Change:
    seq, end = books.transactions[at % len(books.transactions)], books.size + 1
    return Change(
        (
            (
                f"INSERT INTO tx SELECT {end}, {end}, recorded_at, software_version, seal FROM tx"
                f" WHERE first_seq = {seq}"
            ),
        ),
        (end,),
    )


TRANSACTION_KINDS: dict[str, Kind] = {
    "recorded later": transaction_change(
        "UPDATE tx SET recorded_at = recorded_at + 1 WHERE first_seq = {seq}"
    ),
    "recorded earlier": transaction_change(
        "UPDATE tx SET recorded_at = recorded_at - 1 WHERE first_seq = {seq}"
    ),
    "by another program": transaction_change(
        "UPDATE tx SET software_version = '0' WHERE first_seq = {seq}"
    ),
    "with another end": transaction_change(
        "UPDATE tx SET last_seq = last_seq + 1 WHERE first_seq = {seq}"
    ),
    "with another seal": transaction_change(
        "UPDATE tx SET seal = zeroblob(32) WHERE first_seq = {seq}"
    ),
    "deleted": transaction_change("DELETE FROM tx WHERE first_seq = {seq}"),
    "swapped": transactions_swapped,
    "repeated": transaction_repeated,
}


def tile_change(statement: str) -> Kind:
    def change(books: Books, at: int, _chance: random.Random) -> Change:
        n = at % (books.size // TILE)
        return Change((statement.format(n=n),), (n * TILE + 1,))

    return change


def tiles_swapped(books: Books, at: int, _chance: random.Random) -> Change:
    n = at % (books.size // TILE - 1)
    return Change(
        (
            f"UPDATE tile SET n = -1 WHERE level = 1 AND n = {n}",
            f"UPDATE tile SET n = {n} WHERE level = 1 AND n = {n + 1}",
            f"UPDATE tile SET n = {n + 1} WHERE level = 1 AND n = -1",
        ),
        (n * TILE + 1,),
    )


def tile_repeated(books: Books, at: int, _chance: random.Random) -> Change:
    n, place = at % (books.size // TILE), books.size // TILE + at % 5
    insert = f"INSERT INTO tile SELECT 1, {place}, hash FROM tile WHERE level = 1 AND n = {n}"
    return Change((insert,), (place * TILE + 1,))


TILE_KINDS: dict[str, Kind] = {
    "another hash": tile_change("UPDATE tile SET hash = zeroblob(32) WHERE level = 1 AND n = {n}"),
    "deleted": tile_change("DELETE FROM tile WHERE level = 1 AND n = {n}"),
    "moved": tile_change("UPDATE tile SET n = n + 5000 WHERE level = 1 AND n = {n}"),
    "of another level": tile_change("UPDATE tile SET level = 7 WHERE level = 1 AND n = {n}"),
    "swapped": tiles_swapped,
    "repeated": tile_repeated,
}


def tree_changes(books: Books, chance: random.Random, count: int) -> Iterator[Change]:
    """The one row of the tree, in every way."""
    size = books.size
    for by in (1, 3, size // 2):
        yield Change((f"UPDATE tree SET size = size - {by}",), (size - by + 1,))
        yield Change((f"UPDATE tree SET size = size + {by}",), (size + 1,))
    for _ in range(count):
        yield Change((f"UPDATE tree SET root = {flipped(books.root, chance)}",), (size,))
        yield Change((f"UPDATE tree SET edge = {flipped(books.edge, chance)}",), (size,))
    yield Change(("UPDATE tree SET edge = x''",), (size,))
    yield Change(("UPDATE tree SET size = 0",), (1,))
    yield Change(("DELETE FROM tree",), (), "unreadable")
    yield Change(("UPDATE tree SET id = 2",), (), "unreadable")
    yield Change(("INSERT INTO tree SELECT 2, size, edge, root FROM tree",), (), "unreadable")


KINDS: dict[str, tuple[str, Kind]] = {
    **{f"event: {name}": ("event", kind) for name, kind in EVENT_KINDS.items()},
    **{f"key: {name}": ("key", kind) for name, kind in KEY_KINDS.items()},
    **{f"transaction: {name}": ("transaction", kind) for name, kind in TRANSACTION_KINDS.items()},
    **{f"tile: {name}": ("tile", kind) for name, kind in TILE_KINDS.items()},
}


def places(books: Books, table: str) -> range:
    """All rows of a table, as places of its changes."""
    if table == "event":
        return range(1, books.size + 1)
    rows = {"key": books.keys, "transaction": books.transactions}.get(table)
    return range(len(rows) if rows is not None else books.size // TILE)
