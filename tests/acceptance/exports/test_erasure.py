"""Can a person leave the books, and does every proof stay valid?"""

import stat
import threading
from hashlib import sha256
from pathlib import Path

import pytest

from ledger.ledger import Ledger
from ledger.pseudonyms import Pseudonyms
from tests.acceptance.calling import Answer, Books, books_with, called
from tests.unit.ledger.stories import archive

ALICE = 'Alice Liddell, Zoë\'s sister; "A"'
MARKET = "market BTC-PERP tick 0.1 lot 0.001 initial 10% maintenance 5%"


def pseudonym_of(books: Books, person: str) -> str:
    answer = books.ask("pseudonym", person)
    assert answer.exit_code == 0, answer.err
    return answer.out.strip()


@pytest.fixture
def books(tmp_path: Path) -> Books:
    """Books in which two persons traded under pseudonyms."""
    found = books_with(tmp_path, MARKET)
    alice, bob = pseudonym_of(found, ALICE), pseudonym_of(found, "Bob")
    story = f"deposit {alice} 1000\ndeposit {bob} 1000\nmark 100\ntrade {alice} {bob} 1 @ 100"
    assert found.ask("apply", found.write("story", story)).exit_code == 0
    return found


def erased(books: Books, account: str, *more: str) -> Answer:
    return books.ask("erase", account, "--actor", "dpo", "--reason", "request 17", *more, "--json")


def bytes_on_disk(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file())


def test_a_pseudonym_is_made_by_chance_and_stays(books: Books, tmp_path: Path) -> None:
    alice = pseudonym_of(books, ALICE)

    assert alice == pseudonym_of(books, ALICE)
    assert alice != pseudonym_of(books, "Bob")
    assert len(alice) == 22
    other = Books(tmp_path / "other")
    other.folder.mkdir()
    assert pseudonym_of(other, ALICE) != alice


def test_the_log_never_holds_the_name(books: Books) -> None:
    store = Path(books.folder / "books.db")
    sealed = b"".join(
        path.read_bytes() for path in store.parent.glob("books.db*") if "persons" not in path.name
    )

    assert b"Liddell" not in sealed
    assert b"Liddell" in Path(f"{store}.persons").read_bytes()
    assert stat.S_IMODE(Path(f"{store}.persons").stat().st_mode) == 0o600


def test_erasing_leaves_the_name_nowhere_and_every_proof_valid(books: Books) -> None:
    alice = pseudonym_of(books, ALICE)
    with Ledger.open(books.url, readonly=True) as ledger:
        head, root = ledger.head, ledger.root
        rows = [(row.raw, row.leaf) for row in ledger.rows()]
        paths = [ledger.inclusion_path(seq, head) for seq in range(1, head + 1)]

    answer = erased(books, alice)

    assert (answer.exit_code, answer.json["seq"]) == (0, head + 1)
    assert b"Liddell" not in bytes_on_disk(books.folder)
    with Ledger.open(books.url, readonly=True) as ledger:
        assert ledger.root_at(head) == root
        assert [(row.raw, row.leaf) for row in ledger.rows(1, head)] == rows
        assert all(leaf == sha256(b"\0" + raw).digest() for raw, leaf in rows)
        assert [ledger.inclusion_path(seq, head) for seq in range(1, head + 1)] == paths
        event = ledger.event_at(head + 1)
    assert event["type"] == "venue.person_erased/1"
    assert event["data"] == {
        "account": alice,
        "actor": "dpo",
        "reason": "request 17",
        "scope": "person",
    }
    assert books.ask("verify").exit_code == 0
    assert books.ask("replay", "--re-decide").exit_code == 0
    assert books.ask("apply", books.write("more", f"deposit {alice} 1")).exit_code == 0


def test_an_account_of_a_recorded_log_is_erased_and_the_archive_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    books, facts = Books(tmp_path), list(archive(60))
    with Ledger.create(books.url, "venue.example/books") as ledger:
        ledger.record(facts[:40])
        head, root = ledger.head, ledger.root
    assert books.ask("keygen").exit_code == 0
    assert books.ask("checkpoint", "-o", "before").exit_code == 0

    answer = erased(books, "alice")

    assert (answer.exit_code, answer.json["seq"]) == (0, head + 1)
    with Ledger.open(books.url) as ledger:
        assert ledger.venue.kind == "recorded"
        assert ledger.root_at(head) == root
        assert ledger.event_at(head + 1)["type"] == "venue.person_erased/1"
        # What came before is known; what comes later is recorded behind the erasure.
        assert ledger.record(facts).repeated == 40
        assert ledger.head == len(facts) + 1
    said = books.ask("verify", "--checkpoint", "before")
    assert said.exit_code == 0, said.out
    assert f"anchored to size {head}" in said.out
    assert books.ask("replay").exit_code == 0
    assert erased(books, "alice").json["seq"] == head + 1


def test_exports_show_names_while_they_are_known(books: Books) -> None:
    alice, bob = pseudonym_of(books, ALICE), pseudonym_of(books, "Bob")
    for form in ("csv", "ndjson", "hledger", "beancount"):
        assert "Bob" not in books.ask("export", form).out
        assert "Liddell" in books.ask("export", form, "--names").out

    erased(books, alice)

    for form in ("csv", "ndjson", "hledger", "beancount"):
        text = books.ask("export", form, "--names").out
        assert "Liddell" not in text
        assert "Bob" in text
        assert alice in text.replace("-2d", "-")
        assert bob in text.replace("-2d", "-")
    cells = books.ask("export", "csv", "--names", "--account", alice).out.splitlines()
    assert all(line.endswith(",erased") for line in cells[1:])
    assert f"account:{alice}, person:erased" in books.ask("export", "hledger", "--names").out


@pytest.mark.parametrize("form", ["hledger", "beancount"])
def test_journals_with_names_are_accepted(books: Books, tmp_path: Path, form: str) -> None:
    from tests.unit.reports.exports.referees import complaint

    file = tmp_path / "journal"
    assert books.ask("export", form, "--names", "-o", str(file)).exit_code == 0

    assert complaint(form, file) == ""


def test_parquet_has_a_column_of_names(books: Books, tmp_path: Path) -> None:
    parquet = pytest.importorskip("pyarrow.parquet", reason="the extra frames is not installed")
    file = tmp_path / "rows.parquet"

    assert books.ask("export", "parquet", "--names", "-o", str(file)).exit_code == 0

    assert set(parquet.read_table(file)["person"].to_pylist()) == {ALICE, "Bob"}


def test_who_is_behind_an_account_is_said_while_it_is_known(books: Books) -> None:
    alice = pseudonym_of(books, ALICE)
    assert books.ask("pseudonym", "--of", alice).out == f"{ALICE}\n"

    erased(books, alice)

    assert books.ask("pseudonym", "--of", alice).out == "erased\n"
    known = books.ask("pseudonym", "--of", alice, "--json").json
    assert (known["person"], known["erased"]) == (None, True)
    assert books.ask("pseudonym", "--of", "p-unknown").exit_code == 3
    assert pseudonym_of(books, ALICE) != alice


def test_erasing_twice_records_it_once(books: Books) -> None:
    alice = pseudonym_of(books, ALICE)
    first = erased(books, alice)

    again = erased(books, alice)

    assert again.exit_code == 0
    assert again.json["seq"] == first.json["seq"]
    assert again.json["as_of"] == first.json["as_of"]


def test_an_erasure_that_was_not_recorded_is_recorded_by_trying_again(books: Books) -> None:
    alice = pseudonym_of(books, ALICE)
    with Pseudonyms.write(Path(f"{books.folder / 'books.db'}.persons")) as pseudonyms:
        pseudonyms.erase(alice)
    before = books.ask("balances", "--json").json["as_of"]["seq"]

    assert erased(books, alice).json["seq"] == before + 1


def test_a_pseudonym_that_the_log_never_used_leaves_without_an_event(books: Books) -> None:
    carol = pseudonym_of(books, "Carol")

    answer = erased(books, carol)

    assert (answer.exit_code, answer.json["seq"]) == (0, None)
    assert b"Carol" not in bytes_on_disk(books.folder)


def test_an_account_without_a_name_may_be_erased_too(books: Books) -> None:
    books.ask("apply", books.write("more", "deposit dave 1"))

    assert erased(books, "dave").json["seq"] is not None


def test_the_erasure_has_the_time_that_is_given(books: Books) -> None:
    alice = pseudonym_of(books, ALICE)

    seq = erased(books, alice, "--time", "2027-01-02T03:04:05Z").json["seq"]

    shown = books.ask("event", str(seq), "--json").json["event"]
    assert shown["time"] == "2027-01-02T03:04:05.000000000Z"
    assert shown["data"]["account"] == alice


FAILURES = {
    "an unknown account": (("erase", "zoe", "--actor", "a", "--reason", "r"), 3, "unknown_account"),
    "no actor": (("erase", "zoe", "--reason", "r"), 2, "usage"),
    "no reason": (("erase", "zoe", "--actor", "a"), 2, "usage"),
    "an empty actor": (("erase", "zoe", "--actor", "", "--reason", "r"), 2, "bad_value"),
    "a reason of two lines": (("erase", "z", "--actor", "a", "--reason", "r\ns"), 2, "bad_value"),
    "a long reason": (("erase", "z", "--actor", "a", "--reason", "r" * 257), 2, "bad_value"),
    "a time without a zone": (
        ("erase", "z", "--actor", "a", "--reason", "r", "--time", "2027-01-02T03:04:05"),
        2,
        "bad_time",
    ),
    "a person without a name": (("pseudonym", ""), 2, "bad_value"),
    "a person of two lines": (("pseudonym", "a\nb"), 2, "bad_value"),
    "a person with a NUL": (("pseudonym", "a\0b"), 2, "bad_value"),
}


@pytest.mark.parametrize(("words", "code", "name"), FAILURES.values(), ids=FAILURES.keys())
def test_what_cannot_be_erased_says_why(
    books: Books, words: tuple[str, ...], code: int, name: str
) -> None:
    answer = books.ask(*words, "--json")

    assert (answer.exit_code, answer.error["code"]) == (code, name)


@pytest.mark.parametrize("content", [b"not a database at all, but long enough to look", b"SQLite"])
def test_a_file_that_holds_no_pseudonyms_is_left_alone(books: Books, content: bytes) -> None:
    file = Path(f"{books.folder / 'books.db'}.persons")
    file.write_bytes(content)

    answer = books.ask("pseudonym", "Bob", "--json")

    assert answer.exit_code == 4
    assert answer.error["code"] == "store_unreadable"
    assert file.read_bytes() == content
    assert books.ask("export", "csv", "--names").exit_code == 4
    assert books.ask("export", "csv").exit_code == 0


def test_the_store_itself_is_no_file_of_pseudonyms(books: Books, tmp_path: Path) -> None:
    store = books.folder / "books.db"

    answer = called(
        tmp_path, "pseudonym", "Bob", ZEROSUM_STORE=books.url, ZEROSUM_PERSONS=str(store)
    )

    assert answer.returncode == 4
    assert b"store_schema" in answer.stderr
    assert books.ask("verify").exit_code == 0


def test_two_at_once_give_one_person_one_pseudonym(tmp_path: Path) -> None:
    found: list[str] = []
    file = tmp_path / "persons"

    def ask() -> None:
        with Pseudonyms.write(file) as pseudonyms:
            found.append(pseudonyms.pseudonym("Alice"))

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(found) == 8
    assert len(set(found)) == 1


def test_an_explanation_names_persons_beside_what_the_log_says(tmp_path: Path) -> None:
    books = Books(tmp_path)
    books.ask("init")
    alice, bob = pseudonym_of(books, ALICE), pseudonym_of(books, "Bob")
    story = f"""
    {MARKET}
    deposit {alice} 10
    deposit {bob} 1000
    mark 100
    trade {alice} {bob} 1 @ 100
    mark 80
    """
    books.ask("apply", books.write("story", story))
    (decision,) = (row["id"] for row in books.ask("adl", "list", "--json").json["rows"])
    plain = books.ask("adl", "explain", decision).out
    assert "Liddell" not in plain
    assert "Liddell" in books.ask("adl", "explain", decision, "--names").out

    erased(books, alice)

    named = books.ask("adl", "explain", decision, "--names", "--json").json
    assert named.pop("persons") == sorted(
        ({"account": alice, "person": "erased"}, {"account": bob, "person": "Bob"}),
        key=lambda row: str(row["account"]),
    )
    assert books.ask("adl", "explain", decision).out == plain
    assert named == books.ask("adl", "explain", decision, "--json").json
    kept = books.ask("adl", "explain", decision, "--names", "--html", str(tmp_path / "page.html"))
    assert kept.exit_code == 2
    assert not (tmp_path / "page.html").exists()
