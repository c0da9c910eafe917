"""Are rows that somebody changed found out, and never answered from?"""

import json
import shutil
import sqlite3
import zlib
from contextlib import closing
from hashlib import sha256
from pathlib import Path

import pytest

from ledger.ledger import Ledger
from tests.acceptance.calling import Books

HEAD = 37
DEPOSIT = '{"command":"deposit","account":"bob","amount":"1"}\n'
FORGED = (
    "UPDATE rm_account SET cash = '999000000000' WHERE account = 'bob'",
    "UPDATE rm_account SET cash = '-654000000000' WHERE account = 'carol'",
)


@pytest.fixture
def books(cascade: Books, tmp_path: Path) -> Books:
    """A copy of the worked example that may be damaged."""
    for path in cascade.folder.glob("books.db*"):
        shutil.copy(path, tmp_path / path.name)
    return Books(tmp_path)


def sql(books: Books, *statements: str) -> None:
    with closing(sqlite3.connect(books.folder / "books.db")) as connection:
        for statement in statements:
            connection.execute(statement)
        connection.commit()


def tracked_at(seq: int) -> str:
    return f"UPDATE rm_tracking SET seq = {seq}"


def rows_check(books: Books) -> tuple[int, str]:
    """Exit code of verify and what it says of the rows; the log itself always holds."""
    verified = books.ask("verify", "--json")
    answer = verified.json
    assert answer["verdict"] == "unsealed"
    assert answer["checks"][-1]["name"] == "projection_equals_log"
    return verified.exit_code, answer["checks"][-1]["result"]


@pytest.mark.parametrize("seq", [0, 4, 36, 38, 99])
def test_rows_of_another_seq_than_they_claim_fail_verify_and_are_not_answered_from(
    books: Books, seq: int
) -> None:
    sql(books, tracked_at(seq))

    answered = books.ask("balances", "--json")

    assert (answered.exit_code, answered.out) == (4, "")
    code = "read_model_ahead" if seq > HEAD else "read_model_damaged"
    assert answered.error["code"] == code
    assert "zerosum rebuild" in answered.error["hint"]
    assert rows_check(books) == (1, "failed")
    assert books.ask("rebuild").exit_code == 0
    assert rows_check(books) == (0, "ok")


def test_forged_cash_behind_a_tracking_row_set_back_is_found(books: Books) -> None:
    sql(books, *FORGED, tracked_at(36))

    assert books.ask("balances").exit_code == 4
    assert rows_check(books) == (1, "failed")


def test_rows_of_another_seq_are_not_answered_from_while_somebody_writes(books: Books) -> None:
    sql(books, tracked_at(4))
    with closing(sqlite3.connect(books.folder / "books.db", isolation_level=None)) as writer:
        writer.execute("BEGIN IMMEDIATE")
        answered = books.ask("balances", "--json")
        writer.execute("ROLLBACK")

    assert (answered.exit_code, answered.error["code"]) == (4, "read_model_damaged")


def test_rows_without_a_tracking_row_fail_verify(books: Books) -> None:
    sql(books, "DELETE FROM rm_tracking")

    assert rows_check(books) == (1, "failed")


def test_rows_that_are_only_behind_are_compared_up_to_where_they_end(books: Books) -> None:
    with Ledger.open(books.url) as ledger:
        ledger.submit({"command": "mark", "market": "BTC-PERP", "price": "50000"})
    assert rows_check(books) == (0, "ok")

    sql(books, *FORGED)

    assert rows_check(books) == (1, "failed")


def test_what_was_applied_stays_and_says_that_damaged_rows_do_not_follow(books: Books) -> None:
    sql(books, tracked_at(36))

    applied = books.ask("apply", books.write("more", DEPOSIT), "--json")

    assert (applied.exit_code, applied.json["applied"]) == (0, 1)
    assert "do not follow" in applied.err
    assert "zerosum rebuild" in applied.err


@pytest.mark.parametrize("column", ["header", "ranking", "closed"])
@pytest.mark.parametrize("text", [None, b"[1]", b"{}", b"{"])
def test_a_damaged_blob_is_damaged_rows_and_verify_still_gives_its_verdict(
    books: Books, column: str, text: bytes | None
) -> None:
    blob = b"\0" if text is None else zlib.compress(text)
    sql(books, f"UPDATE rm_adl_round SET {column} = x'{blob.hex()}'")

    asked = ("list",) if column == "closed" else ("explain", "ADL-34")
    answered = books.ask("adl", *asked, "--json")

    assert (answered.exit_code, answered.error["code"]) == (4, "read_model_damaged")
    assert "zerosum rebuild" in answered.error["hint"]
    assert rows_check(books) == (1, "failed")


def test_a_number_that_is_none_is_damaged_rows(books: Books) -> None:
    sql(books, "UPDATE rm_account SET cash = 'much' WHERE account = 'bob'")

    answered = books.ask("balances", "--json")

    assert (answered.exit_code, answered.error["code"]) == (4, "read_model_damaged")


STATES = {
    "without anything but its head": {"head": HEAD},
    "a list": [HEAD],
    "markets of another shape": {"head": HEAD, "time": 0, "markets": 7},
}


@pytest.mark.parametrize("state", STATES.values(), ids=STATES.keys())
def test_a_malformed_snapshot_with_its_right_digest_is_passed_over(
    books: Books, state: object
) -> None:
    expected = books.ask("balances", "--at", str(HEAD), "--json").out
    written = json.dumps(state).encode()
    with closing(sqlite3.connect(books.folder / "books.db")) as connection:
        connection.execute("DROP TRIGGER IF EXISTS snapshot_refuses_delete")
        connection.execute("DELETE FROM snapshot")
        connection.execute(
            "INSERT INTO snapshot (seq, digest, state) VALUES (?, ?, ?)",
            (HEAD, sha256(written).digest(), zlib.compress(written)),
        )
        connection.commit()

    assert books.ask("balances", "--at", str(HEAD), "--json").out == expected
    assert books.ask("apply", books.write("more", DEPOSIT)).exit_code == 0
    failed = {
        check["name"]
        for check in books.ask("verify", "--json").json["checks"]
        if check["result"] == "failed"
    }
    assert failed == {"snapshot_equals_fold"}


def test_doctor_says_which_triggers_and_which_index_are_gone(books: Books) -> None:
    def guards() -> tuple[int, object, str]:
        answered = books.ask("doctor", "--json")
        line = next(one for one in answered.json["checks"] if one["name"] == "guards")
        return answered.exit_code, line["result"], line["detail"]

    _, result, said = guards()
    assert (result, said) == ("ok", "triggers and the index over streams are as they were made")
    sql(books, "DROP INDEX event_of_stream", "UPDATE log SET import_unfinished = 1")
    assert guards()[1:] == ("ok", "as made; an import has yet to build the index over streams")
    sql(books, "UPDATE log SET import_unfinished = 0", "DROP TRIGGER event_refuses_update")

    code, result, said = guards()
    assert (code, result) == (1, "failed")
    assert said.startswith("trigger event_refuses_update is missing; index event_of_stream is mis")
    assert "export ndjson" in said
    sql(books, *(f"DROP TRIGGER {name}_refuses_delete" for name in ("event", "tile", "tx")))
    assert " and 2 more: " in guards()[2]
    assert "5 guards changed: doctor" in books.ask("verify", "--json").json["checks"][0]["detail"]
