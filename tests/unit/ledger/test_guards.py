"""Does somebody hear of it when the database no longer refuses what it was made to refuse?"""

import sqlite3
from contextlib import closing

import pytest

from ledger.ledger import Ledger
from ledger.recording import finish_import
from ledger.verification import verify
from tests.unit.ledger.stories import archive

ALWAYS = "BEFORE UPDATE ON event WHEN 0 BEGIN SELECT RAISE(ABORT, 'event is never changed'); END"

CHANGES: dict[str, tuple[list[str], list[str]]] = {
    "nothing": ([], []),
    "a trigger less": (
        ["DROP TRIGGER event_refuses_update", "DROP TRIGGER tile_refuses_delete"],
        ["trigger event_refuses_update is missing", "trigger tile_refuses_delete is missing"],
    ),
    "a trigger that never fires": (
        ["DROP TRIGGER event_refuses_update", f"CREATE TRIGGER event_refuses_update {ALWAYS}"],
        ["trigger event_refuses_update is another"],
    ),
    "a trigger more": (
        ["CREATE TRIGGER more AFTER INSERT ON event BEGIN DELETE FROM snapshot; END"],
        ["trigger more is too much"],
    ),
    "no index": (["DROP INDEX event_of_stream"], ["index event_of_stream is missing"]),
    "an index that allows repeats": (
        ["DROP INDEX event_of_stream", "CREATE INDEX event_of_stream ON event (stream, version)"],
        ["index event_of_stream is another"],
    ),
    "an index of some rows": (
        [
            "DROP INDEX event_of_stream",
            "CREATE UNIQUE INDEX event_of_stream ON event (stream, version) WHERE seq < 0",
        ],
        ["index event_of_stream is another"],
    ),
    "an index of another table": (
        [
            "DROP INDEX event_of_stream",
            "CREATE UNIQUE INDEX event_of_stream ON tx (first_seq)",
        ],
        ["index event_of_stream is another"],
    ),
}


def changed(url: str, *statements: str) -> list[str]:
    with closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as connection, connection:
        for statement in statements:
            connection.execute(statement)
    with Ledger.open(url, readonly=True) as reader, reader.store.read() as connection:
        return reader.store.database.changed_guards(connection)


@pytest.mark.parametrize("name", CHANGES)
def test_what_the_database_no_longer_refuses_is_named(
    cascaded: Ledger, url: str, name: str
) -> None:
    statements, said = CHANGES[name]
    assert changed(url, *statements) == said

    with Ledger.open(url, readonly=True) as reader:
        report = verify(reader)
    # What was changed meanwhile is found by its hashes; that it could be is no change.
    assert (report.verdict, report.exit_code) == ("unsealed", 0)
    assert (f"{len(said)} guards changed: doctor" in report.checks[0].detail) == bool(said)


def test_a_log_that_was_imported_has_its_index_again(ledger: Ledger, url: str) -> None:
    ledger.record(archive(30))

    assert changed(url) == []


def test_an_import_that_broke_off_misses_its_index_and_the_next_writer_builds_it(
    ledger: Ledger, url: str
) -> None:
    ledger.record(archive(30))
    dropped = ("DROP INDEX event_of_stream", "UPDATE log SET import_unfinished = 1")

    assert changed(url, *dropped) == []
    with ledger.store.write() as connection:
        finish_import(connection)
    assert changed(url) == []
    assert changed(url, dropped[0]) == ["index event_of_stream is missing"]
