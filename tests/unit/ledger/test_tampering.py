"""Is every single change of a stored row found, and the right event named?"""

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from ledger.ledger import Ledger
from ledger.verification import ExpectedRoot, verify_store
from tests.unit.ledger.edits import failures, tampered
from tests.unit.ledger.stories import archive, cascade, deposits

EVENTS = 60


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A decided log, one command per commit."""
    path = tmp_path_factory.mktemp("original") / "books.db"
    with Ledger.create(f"sqlite:///{path}", "venue.example/books") as ledger:
        for command in cascade():
            ledger.submit(command)
        assert ledger.head == EVENTS, ledger.head
        ledger.snapshot()
    return path


@pytest.fixture(scope="module")
def tall(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A log with tiles."""
    path = tmp_path_factory.mktemp("tall") / "books.db"
    with Ledger.create(f"sqlite:///{path}") as ledger:
        list(ledger.submit_many([*cascade(), *deposits(800)]))
    return path


@pytest.fixture
def books(original: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(original, tmp_path / "books.db"))


def swap(table: str, column: str, key: str, one: int, two: int) -> str:
    return (
        f"UPDATE {table} SET {column} = (SELECT other.{column} FROM {table} AS other"
        f" WHERE other.{key} = {one} + {two} - {table}.{key}) WHERE {key} IN ({one}, {two})"
    )


def test_a_clean_log_raises_no_alarm(books: Path, tall: Path) -> None:
    for path in (books, tall):
        report = verify_store(f"sqlite:///{path}")

        assert (report.verdict, report.exit_code, failures(report)) == ("unsealed", 0, {})


EDITS = {
    "a byte of the bytes": "bytes = CAST(replace(CAST(bytes AS TEXT), 'seq', 'sEq') AS BLOB)",
    "a digit of the time inside": "bytes = CAST(CAST(bytes AS TEXT) || ' ' AS BLOB)",
    "no bytes": "bytes = x''",
    "the leaf": "leaf = zeroblob(32)",
    "the stream": "stream = stream % 3 + 1 + (stream % 3 + 1 = stream)",
    "an unknown stream": "stream = 99",
    "the version": "version = version + 1",
    "the type": "type = type || '0'",
    "the time": "time = time + 1",
}


@pytest.mark.parametrize("edit", EDITS.values(), ids=EDITS.keys())
def test_each_edited_column_of_each_event_is_found(books: Path, edit: str) -> None:
    for seq in range(1, EVENTS + 1):
        report = tampered(books, f"UPDATE event SET {edit} WHERE seq = {seq}")

        assert (report.verdict, report.exit_code, report.seq) == ("tampered", 1, seq)
        assert set(failures(report).values()) == {seq}


def test_each_missing_event_is_named(books: Path) -> None:
    for seq in range(1, EVENTS + 1):
        report = tampered(books, f"DELETE FROM event WHERE seq = {seq}")

        assert (report.verdict, report.seq) == ("tampered", seq)


def test_each_event_that_was_moved_is_missed_where_it_stood(books: Path) -> None:
    for seq in range(1, EVENTS):
        for place in (EVENTS + 1, -5):
            report = tampered(books, f"UPDATE event SET seq = {place} WHERE seq = {seq}")

            assert report.verdict == "tampered"
            assert report.seq == min(seq, place)


def test_each_pair_of_neighbours_that_was_swapped_is_found(books: Path) -> None:
    for seq in range(1, EVENTS):
        for column in ("bytes", "leaf"):
            report = tampered(books, swap("event", column, "seq", seq, seq + 1))
            assert (report.verdict, report.seq) == ("tampered", seq), column
        whole = tampered(
            books,
            f"UPDATE event SET seq = 0 WHERE seq = {seq}",
            f"UPDATE event SET seq = {seq} WHERE seq = {seq + 1}",
            f"UPDATE event SET seq = {seq + 1} WHERE seq = 0",
        )
        assert (whole.verdict, whole.seq) == ("tampered", seq)


def test_each_event_that_was_repeated_at_the_end_is_found(books: Path) -> None:
    for seq in range(1, EVENTS + 1):
        report = tampered(
            books,
            f"INSERT INTO event SELECT {EVENTS + 1}, stream, version, type, time, bytes, leaf"
            f" FROM event WHERE seq = {seq}",
        )

        assert (report.verdict, report.seq) == ("tampered", EVENTS + 1)


TREE_EDITS = {
    "a smaller size": ("size = size - 3", EVENTS - 2),
    "a larger size": ("size = size + 3", EVENTS + 1),
    "another root": ("root = zeroblob(32)", EVENTS),
    "another edge": ("edge = zeroblob(length(edge))", EVENTS),
    "no edge": ("edge = x''", EVENTS),
    "an edge of a broken length": ("edge = substr(edge, 2)", EVENTS),
    "a size of zero": ("size = 0", 1),
    "a negative size": ("size = -1", 0),
}


@pytest.mark.parametrize(("edit", "seq"), TREE_EDITS.values(), ids=TREE_EDITS.keys())
def test_an_edited_tree_is_found(books: Path, edit: str, seq: int) -> None:
    report = tampered(books, f"UPDATE tree SET {edit}")

    assert (report.verdict, report.exit_code) == ("tampered", 1)
    assert failures(report)["tree"] == seq


def test_without_a_tree_the_log_is_unreadable(books: Path) -> None:
    report = tampered(books, "DELETE FROM tree")

    assert (report.verdict, report.exit_code) == ("unreadable", 4)
    assert report.checks[0].result == "failed"


@pytest.mark.parametrize("n", [0, 1, 2])
def test_each_edited_tile_is_found(tall: Path, n: int) -> None:
    first = n * 256 + 1
    for statement in (
        f"UPDATE tile SET hash = zeroblob(32) WHERE n = {n}",
        f"DELETE FROM tile WHERE n = {n}",
        f"UPDATE tile SET n = 77 WHERE n = {n}",
        f"UPDATE tile SET level = 5 WHERE n = {n}",
        swap("tile", "hash", "n", n, n + 1) if n < 2 else f"DELETE FROM tile WHERE n = {n}",
    ):
        report = tampered(tall, statement)

        assert failures(report) == {"tree": first}, statement


def test_a_tile_too_much_is_found(tall: Path) -> None:
    assert failures(tampered(tall, "INSERT INTO tile SELECT 1, 9, hash FROM tile WHERE n = 0")) == {
        "tree": 9 * 256 + 1
    }


@pytest.mark.parametrize("seq", [1, 255, 256, 257, 700, 800, 860])
def test_in_a_tall_log_bytes_and_leaves_name_their_event(tall: Path, seq: int) -> None:
    for edit in ("leaf = zeroblob(32)", "bytes = x'7b7d'"):
        report = tampered(tall, f"UPDATE event SET {edit} WHERE seq = {seq}")

        assert report.verdict == "tampered"
        assert set(failures(report).values()) == {seq}


def test_bytes_edited_together_with_their_leaf_are_found_within_their_tile(tall: Path) -> None:
    from hashlib import sha256

    with closing(sqlite3.connect(tall)) as connection:
        (raw,) = connection.execute("SELECT bytes FROM event WHERE seq = 300").fetchone()
    forged = raw.replace(b'"amount":1500000', b'"amount":9500000')
    leaf = sha256(b"\x00" + forged).digest()
    report = tampered(
        tall, f"UPDATE event SET bytes = x'{forged.hex()}', leaf = x'{leaf.hex()}' WHERE seq = 300"
    )

    assert forged != raw
    assert report.verdict == "tampered"
    assert failures(report)["tree"] == 257


TRANSACTION_EDITS = {
    "recorded later": "UPDATE tx SET recorded_at = recorded_at + 1 WHERE first_seq = {seq}",
    "recorded earlier": "UPDATE tx SET recorded_at = recorded_at - 1 WHERE first_seq = {seq}",
    "by another program": "UPDATE tx SET software_version = '0' WHERE first_seq = {seq}",
    "with another end": "UPDATE tx SET last_seq = last_seq + 1 WHERE first_seq = {seq}",
    "with another seal": "UPDATE tx SET seal = zeroblob(32) WHERE first_seq = {seq}",
    "forgotten": "DELETE FROM tx WHERE first_seq = {seq}",
    "moved": "UPDATE tx SET first_seq = 1000 WHERE first_seq = {seq}",
}


@pytest.mark.parametrize("edit", TRANSACTION_EDITS.values(), ids=TRANSACTION_EDITS.keys())
def test_each_edited_transaction_is_found(books: Path, edit: str) -> None:
    for seq in transactions(books):
        report = tampered(books, edit.format(seq=seq))

        assert report.verdict == "tampered"
        assert failures(report) == {"log_in_order": seq}


def test_a_repeated_transaction_is_found(books: Path) -> None:
    report = tampered(
        books,
        f"INSERT INTO tx SELECT {EVENTS + 1}, {EVENTS + 1}, recorded_at, software_version, seal"
        " FROM tx WHERE first_seq = 3",
    )

    assert failures(report) == {"log_in_order": EVENTS + 1}


def transactions(path: Path) -> list[int]:
    with closing(sqlite3.connect(path)) as connection:
        return [seq for (seq,) in connection.execute("SELECT first_seq FROM tx")]


def keys(path: Path) -> Iterator[tuple[str, int]]:
    with closing(sqlite3.connect(path)) as connection:
        yield from connection.execute("SELECT id, first_seq FROM idempotency").fetchall()


def test_the_name_of_the_log_belongs_to_it(books: Path) -> None:
    assert failures(tampered(books, "UPDATE log SET origin = 'other.example'")) == {
        "log_in_order": 1
    }


KEY_EDITS = {
    "another id": "UPDATE idempotency SET id = 'x' || id WHERE id = '{id}'",
    "a later first event": "UPDATE idempotency SET first_seq = first_seq + 40 WHERE id = '{id}'",
    "an earlier first event": "UPDATE idempotency SET first_seq = 0 WHERE id = '{id}'",
    "another last event": "UPDATE idempotency SET last_seq = last_seq + 1 WHERE id = '{id}'",
    "forgotten": "DELETE FROM idempotency WHERE id = '{id}'",
}


@pytest.mark.parametrize("edit", KEY_EDITS.values(), ids=KEY_EDITS.keys())
def test_each_edited_idempotency_key_is_found(books: Path, edit: str) -> None:
    for identity, seq in keys(books):
        report = tampered(books, edit.format(id=identity))

        assert report.verdict == "tampered"
        assert failures(report)["counted_once"] == seq
        assert report.seq == seq


def test_each_edited_command_digest_is_found(books: Path) -> None:
    for identity, seq in keys(books):
        report = tampered(
            books, f"UPDATE idempotency SET digest = zeroblob(32) WHERE id = '{identity}'"
        )

        assert failures(report) == {"log_in_order": seq}


def test_a_key_that_no_event_consumed_is_found(books: Path) -> None:
    report = tampered(books, "INSERT INTO idempotency VALUES ('new', zeroblob(32), 9, 9)")

    assert failures(report)["counted_once"] == 9


def test_each_edited_place_is_found(tmp_path: Path) -> None:
    path = tmp_path / "books.db"
    with Ledger.create(f"sqlite:///{path}") as ledger:
        ledger.record(archive(5))
    for seq in range(5, 15):
        for edit in (
            f"UPDATE source_key SET line = line + 100 WHERE seq = {seq}",
            f"UPDATE source_key SET file = 9 WHERE seq = {seq}",
            f"DELETE FROM source_key WHERE seq = {seq}",
        ):
            assert failures(tampered(path, edit)) == {"counted_once": seq}
    assert failures(tampered(path, "UPDATE source_file SET name = 'other'")) == {"counted_once": 5}
    assert failures(tampered(path, "INSERT INTO source_key VALUES (1, 77, 0, 2)")) == {
        "counted_once": 2
    }


def test_a_renamed_stream_is_found_at_its_first_event(books: Path) -> None:
    with closing(sqlite3.connect(books)) as connection:
        firsts = connection.execute("SELECT stream, min(seq) FROM event GROUP BY stream").fetchall()
    for stream, seq in firsts:
        for edit in (
            f"UPDATE stream SET name = 'x' || name WHERE id = {stream}",
            f"DELETE FROM stream WHERE id = {stream}",
        ):
            assert failures(tampered(books, edit)) == {"log_in_order": seq}


def test_a_snapshot_that_is_not_the_fold_fails_its_line_only(books: Path) -> None:
    for edit in ("digest = zeroblob(32)", "state = x'00'", "seq = seq - 1"):
        report = tampered(books, f"UPDATE snapshot SET {edit}")

        assert (report.verdict, report.exit_code) == ("unsealed", 1)
        assert list(failures(report)) == ["snapshot_equals_fold"]


def test_a_changed_snapshot_is_never_believed(books: Path) -> None:
    with closing(sqlite3.connect(books)) as connection, connection:
        connection.execute("UPDATE snapshot SET state = x'00'")

    with Ledger.open(f"sqlite:///{books}", readonly=True) as ledger:
        assert ledger.venue.cash["erin"] == 150_000_000_000


def test_changed_bytes_are_never_read_as_a_fact(books: Path) -> None:
    from ledger.errors import StoreUnreadable

    with closing(sqlite3.connect(books)) as connection, connection:
        connection.execute("DROP TRIGGER event_refuses_update")
        connection.execute("UPDATE event SET bytes = x'7b7d' WHERE seq = 12")

    with Ledger.open(f"sqlite:///{books}", readonly=True) as ledger:
        with pytest.raises(StoreUnreadable, match="12"):
            list(ledger.events())
        with pytest.raises(StoreUnreadable, match="12"):
            ledger.event_at(12)
        with pytest.raises(StoreUnreadable, match="12"):
            ledger.repository.get("account/carol", projector_func=lambda _, events: list(events))


def test_a_log_rewritten_as_a_whole_is_caught_by_a_root_kept_elsewhere(
    books: Path, tmp_path: Path
) -> None:
    with Ledger.open(f"sqlite:///{books}", readonly=True) as ledger:
        kept = ExpectedRoot(ledger.root_at(40), 40)
        events: list[Any] = list(ledger.events())
    # Something that no invariant depends on: only the kept root can tell.
    events[11] = {**events[11], "data": {**events[11]["data"], "reference": "forged"}}
    forged = tmp_path / "forged.db"
    with Ledger.create(f"sqlite:///{forged}", "venue.example/books") as ledger:
        ledger.append_events(events)

    honest = verify_store(f"sqlite:///{books}", kept)
    assert (honest.verdict, honest.exit_code) == ("intact", 0)
    report = verify_store(f"sqlite:///{forged}", kept)
    assert (report.verdict, report.exit_code) == ("tampered", 1)
    assert list(failures(report)) == ["expected_root"]
    assert verify_store(f"sqlite:///{forged}").verdict == "unsealed"


def test_a_root_over_more_events_than_there_are_was_cut_off(books: Path) -> None:
    report = verify_store(f"sqlite:///{books}", ExpectedRoot(b"\x00" * 32, EVENTS + 1))

    assert (report.verdict, failures(report)) == ("tampered", {"expected_root": EVENTS + 1})


def test_what_cannot_be_opened_is_unreadable(tmp_path: Path) -> None:
    missing = verify_store(f"sqlite:///{tmp_path}/none.db")
    garbage = tmp_path / "garbage.db"
    garbage.write_bytes(b"garbage" * 1_000)

    for report in (missing, verify_store(f"sqlite:///{garbage}")):
        assert (report.verdict, report.exit_code) == ("unreadable", 4)


def test_an_empty_log_is_sound(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/empty.db"
    Ledger.create(url).close()

    assert (verify_store(url).verdict, verify_store(url).exit_code) == ("unsealed", 0)
