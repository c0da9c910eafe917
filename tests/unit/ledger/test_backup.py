"""Is a backup a store: read as it is, written to after it was restored?"""

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner

from cli.main import cli
from ledger.errors import StoreLocked, StoreSchema, StoreSettings
from ledger.ledger import Ledger
from ledger.sqlite import PAGE_SIZE, PRAGMAS, settings_of
from ledger.verification import verify
from tests.unit.ledger.stories import deposits, opened


def file_of(url: str) -> Path:
    return Path(url.removeprefix("sqlite:///"))


def backup_of(url: str) -> str:
    """A copy as docs/how-to/back-up-a-store.md makes it: it comes with a rollback journal."""
    copy = file_of(url).with_name("backup.db")
    with closing(sqlite3.connect(file_of(url))) as connection:
        connection.execute("VACUUM INTO ?", [str(copy)])
    assert journal_of(copy) == "delete"
    return f"sqlite:///{copy}"


def journal_of(path: Path) -> str:
    with closing(sqlite3.connect(path)) as connection:
        return str(connection.execute("PRAGMA journal_mode").fetchone()[0])


def test_a_backup_is_restored_and_written_to(ledger: Ledger, url: str) -> None:
    list(ledger.submit_many([*opened(), *deposits(5)]))
    backup = backup_of(url)

    with Ledger.open(backup) as restored:
        assert restored.root == ledger.root
        assert journal_of(file_of(backup)) == "wal"
        receipts = list(restored.submit_many(deposits(8)))
        with restored.store.read() as connection:
            assert settings_of(connection)["page_size"] == PAGE_SIZE
        assert verify(restored).verdict == "unsealed"

    assert [receipt.repeated for receipt in receipts] == [True] * 5 + [False] * 3
    list(ledger.submit_many(deposits(8)))
    with Ledger.open(backup, readonly=True) as restored:
        assert restored.root == ledger.root


def test_reading_a_backup_changes_nothing_in_it(ledger: Ledger, url: str) -> None:
    list(ledger.submit_many([*opened(), *deposits(5)]))
    backup = backup_of(url)
    before = file_of(backup).read_bytes()

    with Ledger.open(backup, readonly=True) as reader:
        assert reader.root == ledger.root
        assert len(list(reader.events())) == ledger.head

    assert file_of(backup).read_bytes() == before


def test_rows_of_a_backup_catch_up_with_its_log(ledger: Ledger, url: str) -> None:
    list(ledger.submit_many([*opened(), *deposits(5)]))
    backup = backup_of(url)

    answer = CliRunner().invoke(cli, ["--store", backup, "balances", "--json"])

    assert answer.exit_code == 0
    assert "behind" not in answer.stderr
    assert json.loads(answer.stdout)["as_of"]["seq"] == ledger.head
    with closing(sqlite3.connect(file_of(backup))) as connection:
        tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_schema")]
    assert any(name.startswith("rm_") for name in tables)
    assert journal_of(file_of(backup)) == "wal"


def test_a_backup_whose_rows_are_behind_catches_up(
    ledger: Ledger, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(PRAGMAS, "busy_timeout", 20)
    list(ledger.submit_many([*opened(), *deposits(5)]))
    assert CliRunner().invoke(cli, ["--store", url, "balances"]).exit_code == 0
    list(ledger.submit_many(deposits(8)))
    backup = backup_of(url)

    answer = CliRunner().invoke(cli, ["--store", backup, "balances", "--json"])

    assert (answer.exit_code, answer.stderr) == (0, "")
    assert json.loads(answer.stdout)["as_of"]["seq"] == ledger.head


def test_a_backup_that_somebody_else_reads_is_not_opened_for_writing_meanwhile(
    ledger: Ledger, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(PRAGMAS, "busy_timeout", 20)
    list(ledger.submit_many(opened()))
    backup = backup_of(url)

    with Ledger.open(backup, readonly=True) as other, other.store.read() as reading:
        reading.exec_driver_sql("SELECT count(*) FROM event")
        with pytest.raises(StoreLocked):
            Ledger.open(backup)
    with Ledger.open(backup) as restored:
        assert restored.head == 2


def test_settings_that_cannot_be_had_are_named(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    Ledger.create(url).close()
    monkeypatch.setattr("ledger.sqlite._keep_ahead", lambda *_: None)
    with closing(sqlite3.connect(file_of(url))) as connection:
        connection.execute("PRAGMA journal_mode=DELETE")

    with pytest.raises(StoreSettings, match="journal_mode") as refusal:
        Ledger.open(url)

    assert (refusal.value.code, refusal.value.exit_code) == ("store_settings", 4)
    assert "backup" not in refusal.value.hint


def test_what_is_no_log_keeps_its_journal(url: str) -> None:
    with closing(sqlite3.connect(file_of(url))) as connection:
        connection.execute("CREATE TABLE other (x)")

    with pytest.raises(StoreSchema):
        Ledger.open(url)

    assert journal_of(file_of(url)) == "delete"
