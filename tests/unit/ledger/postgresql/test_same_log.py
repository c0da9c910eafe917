"""Is a log on a server the same log: bytes, root, tables, answers?"""

from pathlib import Path

import pytest
from sqlalchemy import inspect

from domain.venue import Venue
from ledger import schema
from ledger.errors import SourceConflict, StoreConflict
from ledger.ledger import Ledger
from ledger.replay import replay
from ledger.report import Report
from ledger.store import rows_engine
from ledger.verification import ExpectedRoot, verify_store
from projections import queries
from projections.digests import digest
from projections.read_model import ReadModel
from tests.bench.streams import recorded_facts
from tests.servers import connected, run
from tests.unit.ledger.stories import archive, cascade, command, deposits


@pytest.fixture
def sqlite(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'books.db'}"


def failures(report: Report) -> dict[str, int | None]:
    return {check.name: check.seq for check in report.checks if check.result == "failed"}


def test_commands_give_the_same_rows_and_root(cascaded: Ledger, sqlite: str) -> None:
    with Ledger.create(sqlite, "venue.example/books") as file:
        for line in cascade():
            file.submit(line)

        assert list(cascaded.rows()) == list(file.rows())
        assert cascaded.root == file.root
        assert [cascaded.root_at(n) for n in range(61)] == [file.root_at(n) for n in range(61)]


def test_archives_and_copies_give_the_same_rows_and_root(
    url: str, other_url: str, sqlite: str
) -> None:
    facts = list(recorded_facts(3_000, accounts=20))
    with (
        Ledger.create(url) as server,
        Ledger.create(other_url) as copied,
        Ledger.create(sqlite) as file,
    ):
        server.record(facts, batch=700)
        file.record(facts)
        copied.append_events(file.events(), batch=1_000)

        assert server.root == copied.root == file.root
        assert list(server.rows()) == list(copied.rows()) == list(file.rows())
        assert server.record(facts).repeated == len(facts)


def test_the_tables_are_the_same_and_names_sort_by_code_point(url: str, ledger: Ledger) -> None:
    assert ledger.head == 0
    with ledger.store.read() as connection:
        found = inspect(connection)
        for table in schema.metadata.sorted_tables:
            columns = {column["name"]: column for column in found.get_columns(table.name)}
            assert list(columns) == [column.name for column in table.columns]
        types = {row["name"]: str(row["type"]) for row in found.get_columns("event")}
        assert types["bytes"] == types["leaf"] == "BYTEA"
        assert types["seq"] == types["time"] == "BIGINT"
    with connected(url) as connection:
        collations = connection.execute(
            "SELECT attrelid::regclass::text, attname, collname FROM pg_attribute"
            " JOIN pg_collation ON pg_collation.oid = attcollation"
            " WHERE attrelid IN ('idempotency'::regclass, 'stream'::regclass,"
            " 'source_file'::regclass) AND attnum > 0"
        ).fetchall()
    assert len(collations) == 3
    assert {name for *_, name in collations} == {"C"}


def test_a_clean_log_verifies_and_replays(url: str, cascaded: Ledger) -> None:
    root, head = cascaded.root, cascaded.head
    cascaded.snapshot()

    report = verify_store(url, ExpectedRoot(root, head))

    assert (report.verdict, failures(report)) == ("intact", {})
    with Ledger.open(url, readonly=True) as reader:
        assert replay(reader).equal
        assert reader.venue_at(30).head == 30


def test_a_recorded_log_of_many_rows_is_read_in_chunks(ledger: Ledger, url: str) -> None:
    facts = archive(2_500)
    ledger.record(facts)
    with pytest.raises(SourceConflict):
        ledger.record([facts[5]._replace(time=7)])

    assert [event["seq"] for event in ledger.events()] == list(range(1, 5_005))
    assert failures(verify_store(url)) == {}


def test_read_models_are_the_same_rows(url: str, cascaded: Ledger, sqlite: str) -> None:
    with Ledger.create(sqlite) as file:
        file.append_events(cascaded.events())
    digests = []
    for place in (url, sqlite):
        engine = rows_engine(place, "write")
        model = ReadModel(engine)
        model.create()
        model.create()
        model.catch_up(cascaded.events(1, 20), Venue(), cascaded.leaf_at, batch=3)
        model.catch_up(cascaded.events(21), cascaded.venue_at(20), cascaded.leaf_at, batch=40)
        digests.append(digest(engine))
        engine.dispose()
    reading = rows_engine(url, "read")
    with reading.connect() as connection, connection.begin():
        assert [row.seq for row in queries.statement(connection, "dave")][-1] == cascaded.head
        assert queries.books(connection).seq == cascaded.head
    reading.dispose()

    assert digests[0] == digests[1]


EDITS = {
    "a byte": ("UPDATE event SET bytes = bytes || ' '::bytea WHERE seq = 30", 30),
    "a leaf": ("UPDATE event SET leaf = sha256('x') WHERE seq = 30", 30),
    "a missing event": ("DELETE FROM event WHERE seq = 30", 30),
    "a repeated event": (
        (
            "INSERT INTO event SELECT 61, stream, version + 90, type, time, bytes, leaf"
            " FROM event WHERE seq = 30"
        ),
        61,
    ),
    "a type": ("UPDATE event SET type = type || '0' WHERE seq = 30", 30),
    "a root": ("UPDATE tree SET root = sha256('x')", 60),
    "a key": ("DELETE FROM idempotency WHERE id = 'deposit-alice'", 10),
    "a time of recording": ("UPDATE tx SET recorded_at = recorded_at - 1 WHERE first_seq = 12", 12),
}


@pytest.mark.parametrize(("statement", "seq"), EDITS.values(), ids=EDITS.keys())
def test_a_changed_row_is_found_on_a_server_too(
    cascaded: Ledger, url: str, statement: str, seq: int
) -> None:
    tables = ", ".join(f"'{table.name}'" for table in schema.NEVER_CHANGED)
    run(
        url,
        "DO $$ DECLARE r record; BEGIN FOR r IN SELECT relname FROM pg_class"
        f" WHERE relname IN ({tables}) AND relnamespace = current_schema()::regnamespace"
        " LOOP EXECUTE 'ALTER TABLE ' || r.relname || ' DISABLE TRIGGER ALL'; END LOOP; END $$",
        statement,
    )

    report = verify_store(url)

    assert (report.verdict, report.seq) == ("tampered", seq)


def test_rows_are_neither_changed_nor_deleted_nor_truncated(cascaded: Ledger) -> None:
    for table in schema.NEVER_CHANGED:
        column = next(iter(table.columns)).name
        with cascaded.store.read() as connection:
            filled = connection.exec_driver_sql(f"SELECT count(*) FROM {table.name}").scalar()
        for statement in (
            f"UPDATE {table.name} SET {column} = {column}",
            f"DELETE FROM {table.name}",
            f"TRUNCATE {table.name}",
        ):
            if filled or statement.startswith("TRUNCATE"):
                with (
                    pytest.raises(StoreConflict, match="never changed"),
                    cascaded.store.write() as connection,
                ):
                    connection.exec_driver_sql(statement)
    assert cascaded.submit(command("deposit", account="bob", amount="1")).first_seq == 61


def test_single_statements_and_copied_rows_are_the_same(url: str, other_url: str) -> None:
    commands = [*cascade(), *deposits(100)]
    with Ledger.create(url) as one, Ledger.create(other_url) as many:
        for line in commands:
            one.submit(line)
        list(many.submit_many(commands, 1_000))

        assert list(one.rows()) == list(many.rows())
        assert one.root == many.root
