"""What happens when many write, when somebody reads meanwhile, and when counting stops half way?"""

import multiprocessing
import threading
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest

from domain.events import Event
from domain.venue import Venue
from ledger.errors import StaleHead, StoreLocked
from ledger.ledger import Ledger
from ledger.store import rows_engine
from ledger.verification import verify, verify_store
from projections.digests import digest
from projections.read_model import ReadModel
from tests.bench.streams import recorded_facts
from tests.servers import schema_url
from tests.unit.ledger.stories import cascade, command, deposits, opened

WRITERS = 32


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path, worker_id: str) -> Iterator[str]:
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'books.db'}"
        return
    with schema_url(request.getfixturevalue("server"), f"many_writers_{worker_id}") as found:
        yield found


def _opened(url: str) -> Ledger:
    """The store, however long the others keep it locked."""
    while True:
        try:
            return Ledger.open(url)
        except StoreLocked:
            continue


def persevering(url: str, writer: int, commands: int) -> list[tuple[int, int]]:
    """Submit under an id of its own until it is acknowledged; gives number and seq of each."""
    told = []
    with _opened(url) as ledger:
        for number in range(commands):
            deposit = command("deposit", account="alice", amount="1.5", id=f"w{writer}-{number}")
            while True:
                try:
                    receipt = ledger.submit(deposit)
                except (StaleHead, StoreLocked):
                    continue
                assert receipt.first_seq is not None
                told.append((number, receipt.first_seq))
                break
    return told


def check(url: str, told: list[tuple[int, int]], count: int) -> None:
    """As many as were acknowledged, each in a place of its own, none missing, none doubled."""
    seqs = sorted(seq for _, seq in told)
    assert seqs == list(range(3, 3 + count))
    with Ledger.open(url, readonly=True) as ledger:
        assert ledger.head == 2 + count
        assert ledger.venue.cash["alice"] == count * 1_500_000
    assert verify_store(url).exit_code == 0


def make(url: str) -> None:
    with Ledger.create(url) as ledger:
        list(ledger.submit_many(opened()))


@pytest.mark.parametrize(
    "writers", [8, pytest.param(WRITERS, marks=pytest.mark.long)], ids=["eight", "thirty-two"]
)
def test_many_writers_lose_nothing(url: str, writers: int) -> None:
    make(url)
    told: list[tuple[int, int]] = []
    threads = [
        threading.Thread(target=lambda n=n: told.extend(persevering(url, n, 2)))
        for n in range(writers)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    check(url, told, 2 * writers)


@pytest.mark.long
def test_thirty_two_writing_programs_lose_nothing(url: str) -> None:
    make(url)
    with multiprocessing.get_context("spawn").Pool(WRITERS) as pool:
        told = pool.starmap(persevering, [(url, n, 40) for n in range(WRITERS)], chunksize=1)

    check(url, [pair for some in told for pair in some], 40 * WRITERS)


def test_of_two_writers_one_is_told_and_nothing_is_lost(url: str) -> None:
    make(url)
    with Ledger.open(url) as one, Ledger.open(url) as other:
        assert one.head == other.head == 2
        first = one.submit(command("deposit", account="alice", amount="1.5", id="one"))
        late = command("deposit", account="alice", amount="1.5", id="other")
        with pytest.raises(StaleHead):
            other.submit(late)
        assert one.head == 3
        second = other.submit(late)

    check(url, [(0, first.first_seq or 0), (1, second.first_seq or 0)], 2)


def test_a_reader_sees_whole_batches_during_an_import(url: str) -> None:
    facts, batch = list(recorded_facts(3_000, accounts=30)), 400
    with Ledger.create(url):
        pass
    failure: list[BaseException] = []

    def take_in() -> None:
        try:
            with Ledger.open(url) as ledger:
                ledger.record(facts, batch)
        except BaseException as fault:  # noqa: BLE001 - handed to the test
            failure.append(fault)

    writer = threading.Thread(target=take_in)
    writer.start()
    seen: list[int] = []
    with Ledger.open(url, readonly=True) as reader:
        while writer.is_alive():
            head = reader.head
            seen.append(head)
            assert head % batch == 0 or head == len(facts)
            count = sum(1 for _ in reader.events())
            assert count >= head
            assert reader.root_at(head) is not None
            report = verify(reader)
            assert (report.verdict, report.exit_code) == ("unsealed", 0), report
        writer.join()
        assert not failure
        assert reader.head == len(facts)
    assert seen == sorted(seen)


class Stopped(Exception):
    pass


def until(events: Iterable[Event], last: int) -> Iterator[Event]:
    for event in events:
        if event["seq"] > last:
            raise Stopped
        yield event


def test_counting_that_dies_half_way_goes_on_where_it_was(url: str, tmp_path: Path) -> None:
    with Ledger.create(url) as ledger:
        list(ledger.submit_many([*cascade(), *deposits(60)]))
        engine, calm = rows_engine(url, "write"), rows_engine_of(tmp_path)
        model, whole = ReadModel(engine), ReadModel(calm)
        whole.create()
        whole.catch_up(ledger.events(), Venue(), ledger.leaf_at)
        model.create()
        for last in range(5, ledger.head, 17):
            with pytest.raises(Stopped):
                model.catch_up(
                    until(ledger.events(model.seq + 1), last),
                    ledger.venue_at(model.seq),
                    ledger.leaf_at,
                    batch=4,
                )
            assert last - 4 <= model.seq <= last
        model.catch_up(ledger.events(model.seq + 1), ledger.venue_at(model.seq), ledger.leaf_at)

        assert digest(engine) == digest(calm)
        engine.dispose()
        calm.dispose()


def rows_engine_of(folder: Path) -> Any:
    from sqlalchemy import create_engine

    return create_engine(f"sqlite:///{folder / 'rows.db'}")


def test_a_retry_after_a_lost_answer_is_not_applied_twice(url: str) -> None:
    make(url)
    deposit = command("deposit", account="alice", amount="1.5", id="w0-0")
    with Ledger.open(url) as ledger:
        lost = ledger.submit(deposit)
    told = persevering(url, 0, 3)

    assert told[0] == (0, lost.first_seq)
    check(url, told, 3)
