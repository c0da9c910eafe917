"""Is the log proved, replayed and rebuilt, and is a changed one found out?"""

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from ledger.ledger import Ledger
from tests.acceptance.calling import Books


@pytest.fixture
def books(cascade: Books, tmp_path: Path) -> Books:
    """A copy of the worked example that may be damaged."""
    for path in cascade.folder.glob("books.db*"):
        shutil.copy(path, tmp_path / path.name)
    return Books(tmp_path)


def sql(books: Books, *statements: str) -> None:
    connection = sqlite3.connect(books.folder / "books.db")
    for trigger, table in connection.execute(
        "SELECT name, tbl_name FROM sqlite_master WHERE type = 'trigger'"
    ).fetchall():
        assert table
        connection.execute(f"DROP TRIGGER {trigger}")
    for statement in statements:
        connection.execute(statement)
    connection.commit()
    connection.close()


def tables_of_rows(books: Books) -> list[str]:
    query = "SELECT name FROM sqlite_master WHERE type = 'table' AND name LIKE 'rm!_%' ESCAPE '!'"
    with closing(sqlite3.connect(books.folder / "books.db")) as connection:
        return [name for (name,) in connection.execute(query)]


def test_a_sound_store_without_a_checkpoint_is_unsealed_and_passes(cascade: Books) -> None:
    verified = cascade.ask("verify", "--json")

    assert verified.exit_code == 0
    assert verified.json["verdict"] == "unsealed"
    assert {check["result"] for check in verified.json["checks"]} == {"ok", "skipped"}


def test_every_invariant_of_the_fold_is_a_line(cascade: Books) -> None:
    names = [check["name"] for check in cascade.ask("verify", "--json").json["checks"]]

    assert names.index("store") < names.index("leaves") < names.index("money_conserved")
    for name in ("open_interest_balanced", "deficit_paid_in_full", "decisions_recompute"):
        assert name in names
    assert names[-1] == "projection_equals_log"


def test_a_root_known_from_elsewhere_anchors_the_log(cascade: Books) -> None:
    root = cascade.ask("oi", "--json").json["as_of"]["root"]
    early = cascade.ask("oi", "--at", "20", "--json").json["as_of"]["root"]

    assert cascade.ask("verify", "--expect-root", root, "--json").json["verdict"] == "intact"
    assert cascade.ask("verify", "--expect-root", f"20:{early}").exit_code == 0
    assert cascade.ask("verify", "--expect-root", f"21:{early}").exit_code == 1


def test_one_changed_byte_is_tampering_and_names_its_seq(books: Books) -> None:
    sql(
        books,
        "UPDATE event SET bytes = CAST(replace(CAST(bytes AS TEXT), '8000000000', "
        "'9000000000') AS BLOB) WHERE seq = 7",
    )

    verified = books.ask("verify", "--json")

    assert verified.exit_code == 1
    assert verified.json["verdict"] == "tampered"
    failed = [check for check in verified.json["checks"] if check["result"] == "failed"]
    assert failed[0]["seq"] == 7


def test_a_changed_row_of_the_read_model_fails_its_check_and_a_rebuild_mends_it(
    books: Books,
) -> None:
    sql(books, "UPDATE rm_account SET cash = '1' WHERE account = 'bob'")

    verified = books.ask("verify", "--json")
    assert verified.exit_code == 1
    assert verified.json["verdict"] == "unsealed"
    assert verified.json["checks"][-1]["result"] == "failed"

    assert books.ask("rebuild").exit_code == 0
    assert books.ask("verify").exit_code == 0


def test_a_missing_store_is_unreadable(empty: Books) -> None:
    verified = empty.ask("verify", "--json")

    assert verified.exit_code == 4
    assert verified.json["verdict"] == "unreadable"


def test_replay_leads_to_the_same_root_and_the_same_decisions(cascade: Books) -> None:
    replayed = cascade.ask("replay", "--re-decide", "--json")

    assert replayed.exit_code == 0
    answer = replayed.json
    assert (answer["events"], answer["equal"], answer["redecided"]) == (37, True, "equal")
    assert answer["root"] == answer["as_of"]["root"]


def test_a_rebuild_gives_the_same_rows(books: Books) -> None:
    first = books.ask("rebuild", "--json").json
    second = books.ask("rebuild", "--json").json

    assert first == second
    assert first["events"] == 37


def test_questions_leave_the_store_as_it_is(books: Books) -> None:
    before = (books.folder / "books.db").read_bytes()
    for question in ("balances", "positions", "oi", "adl list", "events", "verify", "doctor"):
        assert books.ask(*question.split()).exit_code == 0

    assert (books.folder / "books.db").read_bytes() == before


def test_rows_that_are_missing_are_made_when_they_are_asked_for(books: Books) -> None:
    expected = books.ask("adl", "explain", "ADL-34").out
    assert tables_of_rows(books)
    sql(books, *(f"DROP TABLE {name}" for name in tables_of_rows(books)))

    assert books.ask("adl", "explain", "ADL-34").out == expected


def test_without_rows_and_without_a_way_to_write_them_memory_holds_them(books: Books) -> None:
    expected = books.ask("adl", "explain", "ADL-34").out
    sql(books, *(f"DROP TABLE {name}" for name in tables_of_rows(books)))
    writer = sqlite3.connect(books.folder / "books.db", isolation_level=None)
    writer.execute("BEGIN IMMEDIATE")

    answered = books.ask("adl", "explain", "ADL-34")
    writer.execute("ROLLBACK")

    assert answered.out == expected
    assert tables_of_rows(books) == []


def test_rows_that_are_behind_and_locked_are_answered_for_their_own_seq(books: Books) -> None:
    with Ledger.open(books.url) as ledger:
        ledger.submit({"command": "mark", "market": "BTC-PERP", "price": "50000"})
    writer = sqlite3.connect(books.folder / "books.db", isolation_level=None)
    writer.execute("BEGIN IMMEDIATE")

    behind = books.ask("balances", "--json")
    writer.execute("ROLLBACK")

    assert behind.json["as_of"]["seq"] == 37
    assert "answering as of seq 37" in behind.err
    assert books.ask("balances", "--json").json["as_of"]["seq"] == 38
