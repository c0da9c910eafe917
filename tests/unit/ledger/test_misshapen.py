"""Is a store whose rows or tables are not as they were made refused by name, never with a crash?

A strict table holds what its columns declare; a table that was made anew, a file that was edited
past its database, or one flipped bit in the header of a row brings other things back.
"""

import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from ledger.errors import StoreError, StoreSchema, StoreUnreadable
from ledger.ledger import Ledger
from ledger.report import Report
from ledger.verification import verify, verify_store
from tests.unit.ledger.stories import archive, cascade, command


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("original") / "books.db"
    with Ledger.create(f"sqlite:///{path}", "venue.example/books") as ledger:
        for one in cascade()[:20]:
            ledger.submit(one)
        ledger.snapshot()
    return path


@pytest.fixture
def books(original: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(original, tmp_path / "books.db"))


def edited(path: Path, *statements: str) -> Report:
    """The report after somebody who knows SQL was there."""
    with closing(sqlite3.connect(path)) as connection, connection:
        _without_triggers(connection)
        for statement in statements:
            connection.execute(statement)
    return verify_store(f"sqlite:///{path}")


def edited_past_its_types(path: Path, table: str, statement: str) -> Report:
    """The report after the table was free for a while to hold anything, and looks strict again."""
    with closing(sqlite3.connect(path)) as connection, connection:
        _without_triggers(connection)
        (declared,) = connection.execute(
            "SELECT sql FROM sqlite_schema WHERE name = ?", (table,)
        ).fetchone()
        _declare(connection, table, declared.replace("STRICT", "").replace("NOT NULL", ""))
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(statement)
        _declare(connection, table, declared)
    return verify_store(f"sqlite:///{path}")


def _without_triggers(connection: sqlite3.Connection) -> None:
    triggers = connection.execute("SELECT name FROM sqlite_schema WHERE type = 'trigger'")
    for (name,) in triggers.fetchall():
        connection.execute(f"DROP TRIGGER {name}")


def _declare(connection: sqlite3.Connection, table: str, text: str) -> None:
    declared = text.rstrip().rstrip(",")
    (version,) = connection.execute("PRAGMA schema_version").fetchone()
    connection.execute("PRAGMA writable_schema = ON")
    connection.execute("UPDATE sqlite_schema SET sql = ? WHERE name = ?", (declared, table))
    connection.execute(f"PRAGMA schema_version = {version + 1}")


def failures(report: Report) -> dict[str, int | None]:
    return {check.name: check.seq for check in report.checks if check.result == "failed"}


EVENT_EDITS = (
    "bytes = CAST(bytes AS TEXT)",
    "bytes = NULL",
    "bytes = 9000000000000",
    "leaf = hex(leaf)",
    "leaf = NULL",
    "leaf = 3",
    "type = NULL",
    "type = CAST(type AS BLOB)",
    "version = NULL",
    "version = version + 0.5",
    "time = CAST(time AS TEXT) || 'x'",
)


@pytest.mark.parametrize("edit", EVENT_EDITS)
def test_an_event_that_is_not_of_its_columns_types_is_named(books: Path, edit: str) -> None:
    report = edited_past_its_types(books, "event", f"UPDATE event SET {edit} WHERE seq = 7")

    assert (report.verdict, report.exit_code, report.seq) == ("tampered", 1, 7)
    assert failures(report)["log_in_order"] == 7


@pytest.mark.parametrize(
    "edit", ["bytes = CAST(bytes AS TEXT)", "bytes = NULL", "leaf = NULL", "leaf = 5"]
)
def test_whoever_reads_such_an_event_is_refused(books: Path, edit: str) -> None:
    edited_past_its_types(books, "event", f"UPDATE event SET {edit} WHERE seq = 7")

    with Ledger.open(f"sqlite:///{books}", readonly=True) as ledger:
        for read in (
            lambda: list(ledger.events()),
            lambda: ledger.event_at(7),
        ):
            with pytest.raises(StoreUnreadable, match="7"):
                read()
        if edit.startswith("leaf"):
            with pytest.raises(StoreUnreadable):
                ledger.inclusion_path(8, ledger.head)


BESIDE = {
    "a recording time that is text": (
        "tx",
        "UPDATE tx SET recorded_at = 'x' WHERE first_seq = 7",
        {"log_in_order": 7},
    ),
    "no recording time": (
        "tx",
        "UPDATE tx SET recorded_at = NULL WHERE first_seq = 7",
        {"log_in_order": 7},
    ),
    "a seal that is text": (
        "tx",
        "UPDATE tx SET seal = 'x' WHERE first_seq = 7",
        {"log_in_order": 7},
    ),
    "a digest that is none": (
        "idempotency",
        "UPDATE idempotency SET digest = NULL WHERE id = 'open'",
        {"log_in_order": 1},
    ),
    "a first event that is text": (
        "idempotency",
        "UPDATE idempotency SET first_seq = 'x' WHERE id = 'open'",
        {"counted_once": 1},
    ),
    "a last event that is a fraction": (
        "idempotency",
        "UPDATE idempotency SET last_seq = 1.5 WHERE id = 'open'",
        {"counted_once": 1},
    ),
}


@pytest.mark.parametrize(("table", "statement", "found"), BESIDE.values(), ids=BESIDE.keys())
def test_what_stands_beside_the_log_is_missed_when_it_is_not_of_its_types(
    books: Path, table: str, statement: str, found: dict[str, int]
) -> None:
    report = edited_past_its_types(books, table, statement)

    assert report.verdict == "tampered"
    assert failures(report) == found


def test_a_place_that_is_not_of_its_types_is_missed(tmp_path: Path) -> None:
    path = tmp_path / "books.db"
    with Ledger.create(f"sqlite:///{path}") as ledger:
        ledger.record(archive(3))

    report = edited_past_its_types(
        path, "source_key", "UPDATE source_key SET seq = 'x' WHERE seq = 6"
    )

    assert failures(report) == {"counted_once": 6}


NO_TEXT = "CAST(x'eda080' AS TEXT)"
NO_TEXTS = {
    "tx": ("software_version", "first_seq = 7", {"log_in_order": 7}),
    "event": ("type", "seq = 7", {"log_in_order": 7, "tree": 7, "counted_once": 7}),
    "stream": ("name", "id = (SELECT stream FROM event WHERE seq = 7)", {"log_in_order": 7}),
    "idempotency": ("id", "first_seq = 7", {"counted_once": 7}),
}


@pytest.mark.parametrize("table", NO_TEXTS)
def test_a_text_that_is_no_utf_8_is_named_by_its_event(books: Path, table: str) -> None:
    column, where, found = NO_TEXTS[table]
    report = edited(books, f"UPDATE {table} SET {column} = {NO_TEXT} WHERE {where}")

    assert (report.verdict, report.exit_code, report.seq) == ("tampered", 1, 7)
    assert found.items() <= failures(report).items()
    with Ledger.open(f"sqlite:///{books}", readonly=True) as ledger:
        assert ledger.head == 22
        if table in ("event", "stream"):
            with pytest.raises(StoreUnreadable):
                list(ledger.rows())


def test_a_file_whose_name_is_no_utf_8_is_missed(tmp_path: Path) -> None:
    path = tmp_path / "books.db"
    with Ledger.create(f"sqlite:///{path}") as ledger:
        ledger.record(archive(3))

    report = edited(path, f"UPDATE source_file SET name = {NO_TEXT}")

    assert (report.verdict, report.seq) == ("tampered", 5)


def test_after_a_verification_texts_are_texts_again(books: Path) -> None:
    with Ledger.open(f"sqlite:///{books}", readonly=True) as ledger:
        assert verify(ledger).verdict == "unsealed"
        for _ in range(5):
            with ledger.store.read() as connection:
                driver = connection.connection.driver_connection
                assert driver is not None
                assert driver.text_factory is str


@pytest.mark.parametrize("edit", ["size = NULL", "size = 'x'", "edge = 5", "root = NULL"])
def test_a_tree_that_is_not_of_its_types_is_unreadable_for_everybody(
    books: Path, edit: str
) -> None:
    report = edited_past_its_types(books, "tree", f"UPDATE tree SET {edit}")

    assert (report.verdict, report.exit_code) == ("unreadable", 4)
    with (
        pytest.raises(StoreUnreadable),
        Ledger.open(f"sqlite:///{books}", readonly=True) as ledger,
    ):
        assert ledger.head


@pytest.mark.parametrize("note", ["NULL", "'text'", "90000000000000", "3.5"])
def test_a_kept_checkpoint_that_is_no_note_counts_for_nothing(books: Path, note: str) -> None:
    report = edited_past_its_types(
        books, "checkpoint", f"INSERT INTO checkpoint VALUES (7, 'aa', {note})"
    )

    assert (report.verdict, failures(report)) == ("unsealed", {})


@pytest.mark.parametrize(
    ("level", "n"), [(100_000, 1), (9_000_000_000, 0), (8, 0), (0, 3), (-1, 5), (1, -1)]
)
def test_a_tile_of_a_place_that_no_tree_has_is_found(books: Path, level: int, n: int) -> None:
    report = edited(books, f"INSERT INTO tile VALUES ({level}, {n}, zeroblob(32))")

    assert report.verdict == "tampered"
    assert failures(report).keys() == {"tree", "tree_matches_bytes"}
    assert isinstance(report.seq, int)


def test_a_second_row_about_the_log_changes_nothing(books: Path) -> None:
    report = edited(books, "INSERT INTO log VALUES (2, 99, 'other.example', 1, 1)")

    assert (report.verdict, failures(report)) == ("unsealed", {})
    with Ledger.open(f"sqlite:///{books}") as ledger:
        assert ledger.origin == "venue.example/books"


def _as_view(table: str) -> tuple[str, ...]:
    return (
        f"ALTER TABLE {table} RENAME TO kept_{table}",
        f"CREATE VIEW {table} AS SELECT * FROM kept_{table}",
    )


def _made_anew(table: str) -> tuple[str, ...]:
    return (
        f"ALTER TABLE {table} RENAME TO kept_{table}",
        f"CREATE TABLE {table} AS SELECT * FROM kept_{table}",
    )


@pytest.mark.parametrize("changed", [_as_view, _made_anew])
@pytest.mark.parametrize("table", ["event", "tree", "tile", "tx", "idempotency", "stream"])
def test_another_table_in_the_place_of_ours_is_another_schema(
    books: Path, table: str, changed: Callable[[str], tuple[str, ...]]
) -> None:
    report = edited(books, *changed(table))

    assert (report.verdict, report.exit_code) == ("unreadable", 4)
    for readonly in (True, False):
        with pytest.raises(StoreSchema, match=f"table {table} "):
            Ledger.open(f"sqlite:///{books}", readonly=readonly)


@pytest.mark.parametrize("edge", ["zeroblob(3)", "zeroblob(length(edge))", "x''", "edge || edge"])
def test_nothing_is_sealed_on_an_edge_that_does_not_lead_to_the_root(
    books: Path, edge: str
) -> None:
    with closing(sqlite3.connect(books)) as connection, connection:
        connection.execute(f"UPDATE tree SET edge = CAST({edge} AS BLOB)")
    with (
        pytest.raises(StoreUnreadable, match="edge"),
        Ledger.open(f"sqlite:///{books}") as ledger,
    ):
        ledger.submit(command("deposit", account="alice", amount="1"))


@pytest.mark.parametrize(
    ("table", "edit"),
    [("tx", "recorded_at = NULL"), ("tx", "seal = 'x'"), ("stream", "name = CAST(name AS BLOB)")],
)
def test_nothing_is_sealed_after_a_row_that_is_not_of_its_types(
    books: Path, table: str, edit: str
) -> None:
    edited_past_its_types(books, table, f"UPDATE {table} SET {edit}")

    with pytest.raises(StoreError), Ledger.open(f"sqlite:///{books}") as ledger:
        ledger.submit(command("deposit", account="alice", amount="1"))


def test_flipped_bits_are_found_or_harmless_but_never_a_crash(books: Path) -> None:
    sound = books.read_bytes()
    places = [place for place, byte in enumerate(sound) if byte]
    verdicts = set()
    for place in places[:: len(places) // 25]:
        flipped = bytearray(sound)
        flipped[place] ^= 1
        for suffix in ("-wal", "-shm"):
            Path(f"{books}{suffix}").unlink(missing_ok=True)
        books.write_bytes(flipped)
        verdicts.add(verify_store(f"sqlite:///{books}").verdict)
        try:
            with Ledger.open(f"sqlite:///{books}") as ledger:
                ledger.submit(command("deposit", account="alice", amount="1"))
        except StoreError:
            continue

    assert {"tampered", "unreadable"} <= verdicts <= {"tampered", "unreadable", "unsealed"}
