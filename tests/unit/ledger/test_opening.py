"""Is the right store opened, in the right way, or refused with a name?"""

import os
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from ledger import schema
from ledger.errors import (
    StoreConflict,
    StoreExists,
    StoreFull,
    StoreLocked,
    StoreMissing,
    StoreReadOnly,
    StoreSchema,
    StoreUnreadable,
)
from ledger.ledger import Ledger
from ledger.sqlite import PAGE_SIZE, PRAGMAS, engine_for, settings_of
from tests.unit.ledger.stories import deposits, opened


def file_of(url: str) -> Path:
    return Path(url.removeprefix("sqlite:///"))


def test_a_new_log_is_empty_and_has_the_root_of_nothing(ledger: Ledger) -> None:
    assert (ledger.head, ledger.head_time, ledger.origin) == (0, 0, "venue.example/books")
    assert ledger.root.hex().startswith("e3b0c44298fc1c14")
    assert list(ledger.events()) == []
    assert ledger.venue.kind is None


def test_a_new_store_never_takes_the_place_of_a_file(url: str) -> None:
    file_of(url).write_bytes(b"something else")

    with pytest.raises(StoreExists):
        Ledger.create(url)

    assert file_of(url).read_bytes() == b"something else"


def test_a_store_is_not_made_by_reading_it(url: str) -> None:
    for readonly in (True, False):
        with pytest.raises(StoreMissing):
            Ledger.open(url, readonly=readonly)

    assert not file_of(url).exists()


def test_a_folder_that_is_missing_is_named(tmp_path: Path) -> None:
    with pytest.raises(StoreMissing, match="no folder"):
        Ledger.create(f"sqlite:///{tmp_path}/nowhere/books.db")


@pytest.mark.parametrize(
    "text", ["no url at all", "sqlite://", "sqlite:///:memory:", "mysql://x/y"]
)
def test_what_names_no_file_is_refused(text: str) -> None:
    with pytest.raises(StoreUnreadable):
        Ledger.create(text)


def test_a_password_in_a_refused_url_is_masked() -> None:
    with pytest.raises(StoreUnreadable) as refusal:
        Ledger.open("postgresql://alice:secret@host/books")

    assert "secret" not in str(refusal.value)


def test_a_folder_is_no_store(tmp_path: Path) -> None:
    with pytest.raises(StoreUnreadable):
        Ledger.open(f"sqlite:///{tmp_path}")


@pytest.mark.parametrize("readonly", [True, False])
def test_garbage_is_unreadable(url: str, readonly: bool) -> None:
    file_of(url).write_bytes(b"this is no database, but long enough to look at" * 100)

    with pytest.raises(StoreUnreadable):
        Ledger.open(url, readonly=readonly)


@pytest.mark.parametrize("readonly", [True, False])
def test_another_database_is_not_ours(url: str, readonly: bool) -> None:
    with sqlite3.connect(file_of(url)) as connection:
        connection.execute("CREATE TABLE other (x)")
    connection.close()

    with pytest.raises(StoreSchema, match="no zerosum log"):
        Ledger.open(url, readonly=readonly)


def test_a_store_of_another_version_is_left_alone(url: str) -> None:
    Ledger.create(url).close()
    with sqlite3.connect(file_of(url)) as connection:
        connection.execute("UPDATE log SET schema_version = 99")
    connection.close()

    with pytest.raises(StoreSchema, match="99"):
        Ledger.open(url)


def test_a_damaged_page_is_unreadable_not_a_crash(url: str) -> None:
    with Ledger.create(url) as ledger:
        list(ledger.submit_many([*opened(), *deposits(500)]))
    raw = bytearray(file_of(url).read_bytes())
    for page in range(3, len(raw) // PAGE_SIZE):
        raw[page * PAGE_SIZE : page * PAGE_SIZE + 64] = b"\xff" * 64
    file_of(url).write_bytes(raw)

    with pytest.raises(StoreUnreadable), Ledger.open(url) as ledger:
        list(ledger.events())


def test_every_connection_has_the_settings_that_durability_needs(ledger: Ledger) -> None:
    wanted = {**PRAGMAS, "page_size": PAGE_SIZE, "journal_mode": "wal"}

    with ledger.store.write() as writer, ledger.store.read() as reader:
        assert settings_of(writer) == wanted
        assert settings_of(reader) == wanted
    with Ledger.open(str(ledger.store.url), readonly=True) as other, other.store.read() as reader:
        assert settings_of(reader) == wanted


def test_the_process_environment_changes_nothing(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {
        "IS_SNAPSHOTTING_ENABLED": "y",
        "PERSISTENCE_MODULE": "no.such.module",
        "ZEROSUM_PERSISTENCE_MODULE": "no.such.module",
        "COMPRESSOR_TOPIC": "zlib",
        "CIPHER_TOPIC": "no.such:cipher",
        "AGGREGATE_CACHE_MAXSIZE": "5",
    }.items():
        monkeypatch.setenv(name, value)

    with Ledger.create(url) as ledger:
        assert dict(ledger.env) == {}
        assert ledger.snapshots is None
        assert ledger.repository.cache is None
        ledger.submit(opened()[0])
        row = next(ledger.rows())
        assert row.raw.startswith(b'{"cause":1,"data":{')


def test_a_reader_writes_nothing(url: str) -> None:
    Ledger.create(url).close()

    with Ledger.open(url, readonly=True) as ledger:
        with pytest.raises(StoreReadOnly):
            ledger.submit(opened()[0])
        with pytest.raises(StoreReadOnly):
            ledger.record([])


def test_a_reader_sees_what_a_writer_adds_meanwhile(url: str) -> None:
    with Ledger.create(url) as writer, Ledger.open(url, readonly=True) as reader:
        assert reader.head == 0
        writer.submit(opened()[0])
        writer.submit(opened()[1])

        assert reader.head == 2
        assert reader.root == writer.root
        assert sorted(reader.venue.accounts) == sorted(writer.venue.accounts)


def test_a_reading_goes_on_over_its_own_moment_while_more_is_written(url: str) -> None:
    with Ledger.create(url) as ledger:
        list(ledger.submit_many([*opened(), *deposits(20)]))
        reading = ledger.events(batch=5)
        first = next(reading)
        list(ledger.submit_many(deposits(20, first=20)))

        assert [first["seq"], *(event["seq"] for event in reading)] == list(range(1, 23))


def test_a_full_disk_undoes_the_whole_transaction(url: str) -> None:
    with Ledger.create(url) as ledger:
        list(ledger.submit_many([*opened(), *deposits(10)]))
        head, root = ledger.head, ledger.root
        with ledger.store.write() as connection:
            pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
            connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}")

        with pytest.raises(StoreFull):
            list(ledger.submit_many(deposits(5_000, first=10), batch=5_000))

        assert (ledger.head, ledger.root) == (head, root)
        with ledger.store.write() as connection:
            connection.exec_driver_sql("PRAGMA max_page_count = 1000000")
        assert ledger.venue.cash["alice"] == 15_000_000
        receipts = list(ledger.submit_many(deposits(5_000, first=10), batch=5_000))
        assert not any(receipt.repeated for receipt in receipts)
        assert ledger.venue.cash["alice"] == 5_010 * 1_500_000


def test_a_disk_that_is_full_from_the_start_leaves_no_file(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(PRAGMAS, "max_page_count", 2)

    with pytest.raises(StoreFull):
        Ledger.create(url)

    assert list(file_of(url).parent.iterdir()) == []


@pytest.mark.skipif(os.geteuid() == 0, reason="root writes everywhere")
def test_a_file_that_may_not_be_written_is_read_and_not_opened_for_writing(url: str) -> None:
    with Ledger.create(url) as ledger:
        list(ledger.submit_many(opened()))
    folder = file_of(url).parent
    file_of(url).chmod(0o444)
    folder.chmod(0o555)
    try:
        with pytest.raises(StoreReadOnly):
            Ledger.open(url)
        with Ledger.open(url, readonly=True) as ledger:
            assert ledger.head == 2
    finally:
        folder.chmod(0o755)


def test_a_store_on_a_medium_that_cannot_be_written_is_read_as_it_is(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Ledger.create(url) as ledger:
        list(ledger.submit_many(opened()))
    moved = file_of(url).with_name("medium.db")
    shutil.copy(file_of(url), moved)
    monkeypatch.setattr("ledger.sqlite.engine_for", _only_immutable)
    monkeypatch.setattr("ledger.sqlite.os.access", lambda *_: False)

    with Ledger.open(f"sqlite:///{moved}", readonly=True) as ledger:
        assert ledger.head == 2


def _only_immutable(path: Path, mode: str) -> object:
    return engine_for(path if mode == "immutable" else path.with_name("gone.db"), mode)


def test_rows_of_the_log_are_neither_changed_nor_deleted(cascaded: Ledger) -> None:
    for table in schema.NEVER_CHANGED:
        column = next(iter(table.columns)).name
        for statement in (
            f"UPDATE {table.name} SET {column} = {column}",
            f"DELETE FROM {table.name}",
        ):
            with cascaded.store.read() as connection:
                filled = connection.exec_driver_sql(f"SELECT count(*) FROM {table.name}").scalar()
            if filled:
                with (
                    pytest.raises(StoreConflict, match="never changed"),
                    cascaded.store.write() as c,
                ):
                    c.exec_driver_sql(statement)


def test_replacing_a_row_is_refused_too(cascaded: Ledger) -> None:
    with pytest.raises(StoreConflict, match="never changed"), cascaded.store.write() as connection:
        connection.exec_driver_sql("INSERT OR REPLACE INTO event SELECT * FROM event WHERE seq = 3")


def test_a_store_that_somebody_else_writes_to_is_locked(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    Ledger.create(url).close()
    monkeypatch.setitem(PRAGMAS, "busy_timeout", 20)

    with Ledger.open(url) as one, Ledger.open(url) as other:
        with one.store.write(), pytest.raises(StoreLocked):
            other.submit(opened()[0])
        assert other.submit(opened()[0]).first_seq == 1


def test_an_acknowledged_event_survives_a_killed_process(url: str) -> None:
    program = (
        "import os, sys\n"
        "from ledger.ledger import Ledger\n"
        f"ledger = Ledger.create({url!r})\n"
        "ledger.submit({'command': 'open_venue', 'name': 'small'})\n"
        "print(ledger.root.hex(), flush=True)\n"
        "os.kill(os.getpid(), 9)\n"
    )
    killed = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )

    assert killed.returncode == -9
    with Ledger.open(url) as ledger:
        assert ledger.root.hex() == killed.stdout.strip()
