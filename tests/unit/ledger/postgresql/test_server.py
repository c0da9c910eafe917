"""What do people see when a server is missing, busy, cut off, or refuses?"""

import sys
import threading
from collections.abc import Iterator

import pytest
from click.testing import CliRunner
from sqlalchemy.engine import make_url

from cli.main import cli
from ledger.errors import (
    MissingExtra,
    StaleHead,
    StoreExists,
    StoreLocked,
    StoreMissing,
    StoreReadOnly,
    StoreUnreadable,
)
from ledger.ledger import Ledger
from ledger.store import database_of, shown
from ledger.verification import verify_store
from tests.servers import connected, run
from tests.unit.ledger.stories import cascade, command, deposits

LOCK = "SELECT 1 FROM tree FOR UPDATE"


def test_a_second_writer_is_told_and_loses_nothing(ledger: Ledger, url: str) -> None:
    list(ledger.submit_many(cascade()))
    head = ledger.head
    with Ledger.open(url) as second:
        assert second.head == head
        ledger.submit(command("deposit", account="bob", amount="1", id="first"))
        late = command("deposit", account="bob", amount="2", id="second")
        with pytest.raises(StaleHead):
            second.submit(late)
        receipt = second.submit(late)

        assert (receipt.first_seq, receipt.repeated) == (head + 2, False)
        assert second.submit(late).repeated
    assert ledger.venue_at(head + 2).cash["bob"] == ledger.venue_at(head).cash["bob"] + 3_000_000


def test_the_loser_of_a_race_waits_and_then_matches_no_row(ledger: Ledger, url: str) -> None:
    list(ledger.submit_many(cascade()))
    outcomes: list[object] = []
    with Ledger.open(url) as second, connected(url) as holder:
        assert second.head == ledger.head
        holder.autocommit = False
        holder.execute(LOCK)

        def submit(writer: Ledger, number: int) -> None:
            try:
                outcomes.append(
                    writer.submit(command("deposit", account="bob", amount=f"{number}"))
                )
            except StaleHead as fault:
                outcomes.append(fault)

        threads = [
            threading.Thread(target=submit, args=(writer, number))
            for number, writer in enumerate((ledger, second), start=1)
        ]
        for thread in threads:
            thread.start()
        # A machine so slow that one gives up before both wait fails this test, but ends it.
        while waiting(url) < 2 and all(thread.is_alive() for thread in threads):
            pass
        holder.rollback()
        for thread in threads:
            thread.join()

    assert sorted(isinstance(outcome, StaleHead) for outcome in outcomes) == [False, True]


def waiting(url: str) -> int:
    with connected(url) as connection:
        query = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
        return connection.execute(query).fetchone()[0]


def test_who_holds_the_tree_for_long_is_named_as_a_lock(
    ledger: Ledger, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    ledger.submit(command("open_venue", name="small"))
    with ledger.store.write() as connection:
        connection.exec_driver_sql("SET lock_timeout = '50ms'")
    head, root = ledger.head, ledger.root
    with connected(url) as holder:
        holder.autocommit = False
        holder.execute(LOCK)
        with pytest.raises(StoreLocked):
            ledger.submit(command("open_account", account="alice", id="again"))
    assert (ledger.head, ledger.root) == (head, root)

    assert ledger.submit(command("open_account", account="alice", id="again")).first_seq == head + 1


def test_a_cut_connection_changes_nothing_and_the_next_command_works(
    ledger: Ledger, url: str, capfd: pytest.CaptureFixture[str]
) -> None:
    list(ledger.submit_many(cascade()))
    head = ledger.head
    for number in range(1, 4):
        cut_all(url)
        deposit = command("deposit", account="bob", amount="1", id=f"cut-{number}")
        with pytest.raises(StoreUnreadable, match=r"terminat|closed|lost") as caught:
            ledger.submit(deposit)
        assert "server runs" in caught.value.hint
        assert ledger.submit(deposit).first_seq == head + number
    assert capfd.readouterr().err == ""


def test_a_reader_that_is_cut_off_says_so(
    ledger: Ledger, url: str, capfd: pytest.CaptureFixture[str]
) -> None:
    list(ledger.submit_many([*cascade(), *deposits(3_000)]))
    with Ledger.open(url, readonly=True) as reader:
        events = reader.events()
        next(events)
        cut_all(url)
        with pytest.raises(StoreUnreadable):
            list(events)
        assert sum(1 for _ in reader.events()) == reader.head
    assert capfd.readouterr().err == ""


def cut_all(url: str) -> None:
    run(
        url,
        "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
        " WHERE application_name = 'zerosum' AND datname = current_database()",
    )


def test_a_tailing_reader_neither_skips_nor_repeats(ledger: Ledger, url: str) -> None:
    list(ledger.submit_many(cascade()))
    total, done = 300, threading.Event()

    def write(share: int) -> None:
        with Ledger.open(url) as writer:
            for number in range(share, total, 2):
                while True:
                    try:
                        writer.submit(
                            command("deposit", account="bob", amount="1", id=f"tail-{number}")
                        )
                    except (StaleHead, StoreLocked):
                        continue
                    break

    threads = [threading.Thread(target=write, args=(share,)) for share in (0, 1)]
    for thread in threads:
        thread.start()
    threading.Thread(
        target=lambda: [*map(threading.Thread.join, threads), done.set()], daemon=True
    ).start()
    seen: list[int] = []
    with Ledger.open(url, readonly=True) as reader:
        while not done.is_set() or reader.head > len(seen):
            seen += [event["seq"] for event in reader.events(len(seen) + 1)]

    assert seen == list(range(1, 60 + total + 1))


def test_a_long_reading_is_of_one_moment(ledger: Ledger, url: str) -> None:
    list(ledger.submit_many([*cascade(), *deposits(2_000)]))
    with Ledger.open(url, readonly=True) as reader:
        head = reader.head
        events = reader.events()
        first = next(events)
        list(ledger.submit_many(deposits(500, 10_000)))

        assert 1 + sum(1 for _ in events) == head > first["seq"]


def test_a_place_is_taken_once(url: str, ledger: Ledger) -> None:
    with pytest.raises(StoreExists):
        Ledger.create(url)
    assert ledger.head == 0


def test_no_half_of_a_store_is_left_where_a_table_is_in_the_way(url: str) -> None:
    run(url, "CREATE TABLE tile (x int)")
    with pytest.raises(StoreExists, match="tile"):
        Ledger.create(url)
    run(url, "DROP TABLE tile")

    with Ledger.create(url) as ledger:
        assert ledger.head == 0


@pytest.mark.parametrize(
    "statements",
    [
        ("ALTER TABLE event RENAME TO kept", "CREATE VIEW event AS SELECT * FROM kept"),
        ("ALTER TABLE event ALTER COLUMN bytes DROP NOT NULL",),
        ("ALTER TABLE event ALTER COLUMN version TYPE text",),
        ("ALTER TABLE event RENAME COLUMN leaf TO another",),
    ],
)
def test_another_table_in_the_place_of_ours_is_another_schema(
    ledger: Ledger, url: str, statements: tuple[str, ...]
) -> None:
    list(ledger.submit_many(cascade()))
    run(url, *statements)

    report = verify_store(url)

    assert (report.verdict, report.exit_code) == ("unreadable", 4)
    assert "table event is not the one" in report.detail


def test_what_is_not_there_is_missing(url: str, server: str) -> None:
    with pytest.raises(StoreMissing, match="no zerosum log"):
        Ledger.open(url)
    nowhere = make_url(server).set(database="nowhere").render_as_string(hide_password=False)
    with pytest.raises(StoreMissing, match="nowhere"):
        Ledger.open(nowhere)


def test_a_server_that_does_not_answer_is_unreadable_and_no_password_is_shown() -> None:
    for url in (
        "postgresql+psycopg://me:tell-nobody@/books?host=/nowhere",
        "postgresql://me@/books?host=/nowhere&password=tell-nobody",
    ):
        with pytest.raises(StoreUnreadable) as caught:
            Ledger.open(url)
        assert "tell-nobody" not in f"{caught.value}{caught.value.hint}"
        for words in (("init",), ("verify",), ("balances",), ("doctor",)):
            answer = CliRunner().invoke(cli, [*words, "--store", url])
            assert answer.exit_code in (1, 4)
            assert "tell-nobody" not in answer.output
            assert "Traceback" not in answer.output


SECRETS = (
    "postgresql+psycopg://me:tell-nobody@host:5432/books",
    "postgresql://me:tell-nobody@host/books?sslmode=require",
    "postgresql://host/books?user=me&password=tell-nobody",
    "postgresql:/me:tell-nobody@host",
    "mysql://me:tell-nobody@host/books",
)


@pytest.mark.parametrize("url", SECRETS)
def test_a_password_is_never_shown(url: str) -> None:
    assert "tell-nobody" not in shown(url) + said_of(url)


def said_of(url: str) -> str:
    try:
        return database_of(url).place
    except StoreUnreadable as fault:
        return str(fault)


def test_without_the_driver_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    monkeypatch.setattr("ledger.postgresql.find_spec", lambda _: None)
    with pytest.raises(MissingExtra, match="psycopg") as caught:
        Ledger.open("postgresql+psycopg://host/books")
    assert caught.value.code == "missing_extra"
    assert "zerosum[postgres]" in caught.value.hint

    answer = CliRunner().invoke(cli, ["verify", "--store", "postgresql://host/books"])
    assert answer.exit_code == 2
    assert "missing_extra" in answer.output


@pytest.fixture
def reader_role(server: str, url: str) -> Iterator[str]:
    schema = url.rsplit("%3D", 1)[1]
    role = f"reader_of_{schema}"
    run(server, f"CREATE ROLE {role} LOGIN")
    yield make_url(url).set(username=role).render_as_string(hide_password=False)
    run(server, f"DROP OWNED BY {role}", f"DROP ROLE {role}")


def test_a_role_that_may_only_read_reads(ledger: Ledger, url: str, reader_role: str) -> None:
    list(ledger.submit_many(cascade()))
    schema, role = url.rsplit("%3D", 1)[1], make_url(reader_role).username
    run(
        url,
        f"GRANT USAGE ON SCHEMA {schema} TO {role}",
        f"GRANT SELECT ON ALL TABLES IN SCHEMA {schema} TO {role}",
    )
    with Ledger.open(reader_role, readonly=True) as reader:
        assert reader.head == 60
    with Ledger.open(reader_role) as writer, pytest.raises(StoreReadOnly):
        writer.submit(command("deposit", account="bob", amount="1"))
    assert ledger.submit(command("deposit", account="bob", amount="1")).first_seq == 61


def test_a_server_that_may_lose_commits_is_not_written_to(ledger: Ledger, url: str) -> None:
    assert ledger.head == 0
    with ledger.store.read() as connection:
        settings = ledger.store.database.settings(connection)

    assert (settings["fsync"], settings["synchronous_commit"]) == ("on", "on")
    careless = f"{url}%20-csynchronous_commit%3Doff"
    with Ledger.open(careless) as opened, opened.store.read() as connection:
        assert opened.store.database.settings(connection)["synchronous_commit"] == "on"


OTHER_INDEX = "CREATE UNIQUE INDEX event_of_stream ON event"
GUARDS = {
    "a trigger less": (
        "DROP TRIGGER event_refuses_change ON event",
        "trigger event_refuses_change is missing",
    ),
    "a trigger that is switched off": (
        "ALTER TABLE event DISABLE TRIGGER event_refuses_truncate",
        "trigger event_refuses_truncate is another",
    ),
    "a trigger more": (
        "CREATE TRIGGER more BEFORE DELETE ON event EXECUTE FUNCTION zerosum_refuses_change()",
        "trigger more is too much",
    ),
    "no index": ("DROP INDEX event_of_stream", "index event_of_stream is missing"),
    "an index of some rows": (
        f"DROP INDEX event_of_stream; {OTHER_INDEX} (stream, version) WHERE seq < 0",
        "index event_of_stream is another",
    ),
    "an index of other columns": (
        f"DROP INDEX event_of_stream; {OTHER_INDEX} (version)",
        "index event_of_stream is another",
    ),
}


@pytest.mark.parametrize("name", GUARDS)
def test_what_the_server_no_longer_refuses_is_named(ledger: Ledger, url: str, name: str) -> None:
    statement, said = GUARDS[name]

    def changed() -> list[str]:
        with ledger.store.read() as connection:
            return ledger.store.database.changed_guards(connection)

    assert changed() == []
    with connected(url) as owner:
        owner.execute(statement)
    assert changed() == [said]
    assert f"; {len(changed())} guards changed" in verify_store(url).checks[0].detail


def test_a_function_that_refuses_nothing_is_another_trigger(ledger: Ledger, url: str) -> None:
    with connected(url) as owner:
        owner.execute(
            "CREATE OR REPLACE FUNCTION zerosum_refuses_change() RETURNS trigger"
            " LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'"
        )
    with ledger.store.read() as connection:
        said = ledger.store.database.changed_guards(connection)

    assert len(said) == 14
    assert "trigger tile_refuses_change is another" in said
