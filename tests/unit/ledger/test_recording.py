"""Is history from elsewhere recorded once, in bulk, and whole even when the import dies?"""

import sqlite3
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest

from domain.envelope import UnreadableEventError
from domain.venue import Fact
from ledger.errors import DecidedLog, LogOutOfOrder, SourceConflict
from ledger.ledger import Ledger
from ledger.store import sealed_state
from ledger.verification import verify
from tests.unit.ledger.stories import archive, cascade, command


def indexes(ledger: Ledger) -> set[str]:
    with ledger.store.read() as connection:
        names = connection.exec_driver_sql("SELECT name FROM sqlite_schema WHERE type = 'index'")
        return set(names.scalars())


def failed(ledger: Ledger) -> list[object]:
    return [check for check in verify(ledger).checks if check.result == "failed"]


@pytest.mark.parametrize("batch", [1, 3, 10_000])
def test_facts_make_the_same_log_in_any_batch(ledger: Ledger, tmp_path: Path, batch: int) -> None:
    ledger.record(archive(40))
    with Ledger.create(f"sqlite:///{tmp_path}/other.db") as other:
        recorded = other.record(archive(40), batch)

        assert (recorded.first_seq, recorded.last_seq, recorded.events) == (1, 84, 84)
        assert other.root == ledger.root == recorded.root
        assert list(other.rows()) == list(ledger.rows())
        assert "event_of_stream" in indexes(other)
        assert failed(other) == []


def test_whoever_reads_during_an_import_sees_whole_batches_and_no_alarm(
    ledger: Ledger, url: str
) -> None:
    """The last of them began to read before the import did, and still sees the moment it began."""
    seen: list[tuple[int, int, str]] = []

    def watched() -> Iterator[Fact]:
        for fact in archive(40):
            with Ledger.open(url, readonly=True) as reader:
                events = list(reader.events())
                report = verify(reader)
                assert reader.root_at(reader.head) == reader.root
                seen.append((reader.head, len(events), report.verdict))
                assert [check for check in report.checks if check.result == "failed"] == []
            yield fact

    with Ledger.open(url, readonly=True) as early, early.store.read() as connection:
        before = sealed_state(connection)
        ledger.record(watched(), batch=10)
        assert sealed_state(connection) == before
    assert {head % 10 for head, _, _ in seen} == {0}
    assert {verdict for *_, verdict in seen} == {"unsealed"}
    assert all(head == count for head, count, _ in seen)
    assert len({head for head, *_ in seen}) == 9
    assert failed(ledger) == []


def test_importing_the_same_file_twice_records_nothing_new(ledger: Ledger) -> None:
    ledger.record(archive(30))
    root = ledger.root

    again = ledger.record(archive(30))

    assert (again.events, again.repeated, again.root) == (0, len(archive(30)), root)
    assert ledger.head == len(archive(30))


def test_a_file_that_has_grown_adds_its_new_rows_only(ledger: Ledger, tmp_path: Path) -> None:
    ledger.record(archive(10))
    grown = ledger.record(archive(25), batch=7)

    assert (grown.repeated, grown.events) == (len(archive(10)), 30)
    with Ledger.create(f"sqlite:///{tmp_path}/other.db") as other:
        other.record(archive(25))
        assert other.root == ledger.root
    assert failed(ledger) == []


def test_a_row_that_says_something_else_now_is_a_conflict(ledger: Ledger) -> None:
    ledger.record(archive(10))
    root = ledger.root
    changed = archive(10)
    changed[8] = changed[8]._replace(data={**changed[8].data, "price": 1})

    with pytest.raises(SourceConflict, match=r"line 3 of fills\.jsonl"):
        ledger.record(changed)

    assert ledger.root == root


def test_facts_of_one_row_may_come_apart(ledger: Ledger) -> None:
    facts = archive(6)
    rows = facts[4:]
    shuffled = [*facts[:4], *rows[0::2], *rows[1::2]]

    ledger.record(shuffled, batch=3)

    assert ledger.record(shuffled, batch=5).repeated == len(shuffled)
    assert failed(ledger) == []


def test_files_are_told_apart_by_name(ledger: Ledger) -> None:
    ledger.record(archive(3, "a.jsonl"), files={"a.jsonl": b"\x01" * 32})
    other = [fact for fact in archive(3, "b.jsonl") if "file" in fact.source]

    assert ledger.record(other, files={"b.jsonl": b"\x02" * 32}).events == len(other)
    with ledger.store.read() as connection:
        files = connection.exec_driver_sql("SELECT name, digest FROM source_file ORDER BY id")
        assert files.all() == [("a.jsonl", b"\x01" * 32), ("b.jsonl", b"\x02" * 32)]


def test_a_decided_log_takes_no_facts(cascaded: Ledger) -> None:
    head = cascaded.head

    with pytest.raises(DecidedLog):
        cascaded.record(archive(1))

    assert cascaded.head == head


def test_a_fact_cannot_open_a_decided_log(ledger: Ledger) -> None:
    opening = archive(0)[0]

    with pytest.raises(DecidedLog):
        ledger.record([opening._replace(data={**opening.data, "kind": "decided"})])

    assert ledger.head == 0


def test_a_fact_of_the_wrong_shape_is_refused_with_its_whole_batch(ledger: Ledger) -> None:
    facts = archive(5)
    facts[7] = facts[7]._replace(data={**facts[7].data, "price": 1.5})

    with pytest.raises(UnreadableEventError):
        ledger.record(facts)

    assert (ledger.head, ledger.venue.head) == (0, 0)
    assert "event_of_stream" in indexes(ledger)


def dying(facts: Iterable[Fact], after: int) -> Iterator[Fact]:
    for number, fact in enumerate(facts):
        if number == after:
            raise KeyboardInterrupt
        yield fact


def test_an_interrupted_import_keeps_its_batches_and_goes_on(ledger: Ledger) -> None:
    with pytest.raises(KeyboardInterrupt):
        ledger.record(dying(archive(40), 50), batch=20)

    assert ledger.head == 40
    assert "event_of_stream" in indexes(ledger)
    assert ledger.record(archive(40), batch=20).events == 44
    assert failed(ledger) == []


def test_an_import_that_died_is_finished_by_the_next_opening(
    url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with Ledger.create(url) as ledger, monkeypatch.context() as patch:
        # As after a power failure: the end of the import never runs.
        patch.setattr("ledger.recording.finish_import", lambda _connection: None)
        with pytest.raises(KeyboardInterrupt):
            ledger.record(dying(archive(40), 50), batch=20)
        assert "event_of_stream" not in indexes(ledger)

    with Ledger.open(url, readonly=True) as reader:
        assert reader.head == 40
        assert failed(reader) == []
    with Ledger.open(url) as reopened:
        assert "event_of_stream" in indexes(reopened)
        reopened.record(archive(40))
        with Ledger.create(f"sqlite:///{tmp_path}/other.db") as other:
            other.record(archive(40))
            assert other.root == reopened.root


@pytest.mark.parametrize(
    "change",
    [{"seq": 9}, {"version": 7}, {"cause": 9}, {"cause": 0}, {"type": "venue.unheard_of/1"}],
    ids=lambda change: next(iter(change)),
)
def test_events_that_do_not_continue_the_log_are_refused(
    ledger: Ledger, cascaded: Ledger, tmp_path: Path, change: dict[str, Any]
) -> None:
    events = list(cascaded.events(last=5))
    events[3] = {**events[3], **change}  # type: ignore[typeddict-item]
    with Ledger.create(f"sqlite:///{tmp_path}/other.db") as other:
        with pytest.raises(LogOutOfOrder):
            other.append_events(events, batch=2)

        assert other.head == 2
        assert failed(other) == []


def test_a_log_is_continued_from_where_it_ends(cascaded: Ledger, tmp_path: Path) -> None:
    with Ledger.create(f"sqlite:///{tmp_path}/other.db") as other:
        other.append_events(cascaded.events(last=21))
        other.append_events(cascaded.events(first=22), batch=4)

        assert other.root == cascaded.root
        assert failed(other) == []


def test_a_chain_is_appended_whole_or_not_at_all(cascaded: Ledger, tmp_path: Path) -> None:
    with Ledger.create(f"sqlite:///{tmp_path}/other.db") as other:
        other.append_events(cascaded.events(last=20))

        with pytest.raises(LogOutOfOrder, match="whole"):
            other.append_events(cascaded.events(first=21))


def test_keys_of_an_appended_log_are_still_consumed(cascaded: Ledger, tmp_path: Path) -> None:
    with Ledger.create(f"sqlite:///{tmp_path}/other.db") as other:
        other.append_events(cascaded.events())

        again = other.submit(command("deposit", account="nobody", amount="1", id="refused"))
        assert again.repeated
        bob = next(line for line in cascade() if line.get("id") == "deposit-bob")
        conflict = other.submit(bob)
        assert conflict.rejected is not None
        assert conflict.rejected.code == "id_conflict"


def test_places_take_one_row_each(ledger: Ledger) -> None:
    ledger.record(archive(3))
    path = ledger.store.path
    with sqlite3.connect(path) as connection:
        rows = connection.execute(
            "SELECT file, line, part, seq FROM source_key ORDER BY seq"
        ).fetchall()
    connection.close()

    assert rows == [
        (1, 1, 0, 5),
        (1, 1, 1, 6),
        (1, 2, 0, 7),
        (1, 2, 1, 8),
        (1, 3, 0, 9),
        (1, 3, 1, 10),
    ]
