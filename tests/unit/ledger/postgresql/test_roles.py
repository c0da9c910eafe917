"""Are the documented rights enough to write a log, and not enough to change one?"""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy.engine import make_url

from ledger import schema
from ledger.ledger import Ledger
from ledger.verification import verify_store
from projections import schema as rows_schema
from tests.acceptance.calling import CliRunner, cli
from tests.servers import connected, given_url, run
from tests.unit.ledger.stories import archive, cascade, deposits

PAGE = Path(__file__).parents[4] / "docs/how-to/use-postgresql.md"
REFUSED = ("UPDATE", "DELETE", "TRUNCATE")


def documented() -> list[str]:
    """The statements of the page."""
    (block,) = re.findall(r"```sql\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    lines = [line for line in block.splitlines() if not line.startswith("--")]
    return [text.strip() for text in " ".join(lines).split(";") if text.strip()]


def name_of(url: str) -> str:
    return url.rpartition("%3D")[2]


def ask(url: str, *args: str, given: str | None = None) -> str:
    result = CliRunner().invoke(cli, args, input=given, env={"ZEROSUM_STORE": url})
    assert result.exit_code == 0, result.output
    return result.output


@pytest.fixture
def writer(url: str, server: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[str]:
    """The URL of a store for somebody with the documented rights; the owner made it."""
    if given_url() is not None:
        pytest.skip("no roles are made on somebody else's server")
    monkeypatch.chdir(tmp_path)
    ask(url, "init", "--name", "venue.example/books")
    ask(url, "rebuild")
    name = name_of(url)
    statements = [re.sub(r"\bbooks(?=[._ ]|$)", name, text) for text in documented()]
    run(server, *statements)
    try:
        yield str(make_url(url).set(username=f"{name}_writer").render_as_string(False))
    finally:
        for role in (f"{name}_writer", f"{name}_reader"):
            run(server, f"DROP OWNED BY {role}", f"DROP ROLE {role}")


def reader_of(writer: str) -> str:
    found = make_url(writer)
    role = str(found.username).replace("_writer", "_reader")
    return found.set(username=role).render_as_string(False)


def test_the_documented_rights_name_every_table() -> None:
    text = " ".join(documented())
    named = set(re.findall(r"books\.(\w+)", text))

    assert named == set(schema.metadata.tables) | set(rows_schema.metadata.tables)
    log_rights = [one for one in documented() if "books.event" in one]
    assert [one.partition(" ON ")[0] for one in log_rights] == ["GRANT SELECT, INSERT"]


def test_a_role_that_can_only_append_keeps_a_venue_going(writer: str, tmp_path: Path) -> None:
    with Ledger.open(writer) as ledger:
        list(ledger.submit_many([*cascade(), *deposits(300)]))
        ledger.snapshot()
        head = ledger.head
    assert head > 300
    given = "deposit alice 5\n"
    ask(writer, "apply", "-", given=given)
    ask(writer, "balances")
    ask(writer, "erase", "bob", "--actor", "dpo", "--reason", "request 17")
    ask(writer, "keygen")
    ask(writer, "checkpoint")
    assert "Verdict: intact" in ask(writer, "verify")
    assert "Verdict: intact" in ask(reader_of(writer), "verify")


def test_a_role_that_can_only_append_imports_into_an_empty_log(writer: str, other_url: str) -> None:
    facts = list(archive(300))
    with Ledger.open(writer) as ledger:
        ledger.record(facts, 100)
        root = ledger.root
    with Ledger.create(other_url, "venue.example/books") as ledger:
        ledger.record(facts, 100)
        assert ledger.root == root

    assert verify_store(writer).exit_code == 0


def test_what_was_written_cannot_be_changed_by_its_writer(writer: str) -> None:
    psycopg = pytest.importorskip("psycopg")
    with Ledger.open(writer) as ledger:
        list(ledger.submit_many([*cascade(), *deposits(300)]))
        ledger.snapshot()
    denied = psycopg.errors.InsufficientPrivilege
    name = name_of(writer)
    with connected(writer) as connection:
        for table in schema.metadata.sorted_tables:
            column = next(iter(table.columns)).name
            statements = {
                "UPDATE": f"UPDATE {table.name} SET {column} = {column}",
                "DELETE": f"DELETE FROM {table.name}",
                "TRUNCATE": f"TRUNCATE {table.name}",
            }
            for kind in REFUSED:
                if (table.name, kind) == ("tree", "UPDATE"):
                    continue
                with pytest.raises(denied):
                    connection.execute(statements[kind])
        for statement in (
            "DROP TABLE event",
            "ALTER TABLE event DISABLE TRIGGER ALL",
            "DROP TRIGGER event_refuses_change ON event",
            "CREATE OR REPLACE RULE nothing AS ON INSERT TO event DO INSTEAD NOTHING",
            f"DROP FUNCTION {name}.zerosum_refuses_change() CASCADE",
            "DROP INDEX event_of_stream",
            "INSERT INTO tree VALUES (2, 0, '', '')",
            "UPDATE log SET origin = 'x'",
            f"CREATE TABLE {name}.mine (a int)",
        ):
            with pytest.raises(denied):
                connection.execute(statement)
    assert verify_store(writer).exit_code == 0


def test_a_reader_writes_nothing(writer: str) -> None:
    psycopg = pytest.importorskip("psycopg")
    with connected(reader_of(writer)) as connection:
        for table in schema.metadata.sorted_tables:
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(f"INSERT INTO {table.name} DEFAULT VALUES")
