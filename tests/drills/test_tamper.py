"""Is every change of a row found, the right event named, and a clean log left alone?"""

import random
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from ledger.ledger import Ledger
from ledger.verification import verify, verify_store
from tests.drills.tampering import KINDS, Books, places, tree_changes
from tests.unit.ledger.stories import archive, cascade, deposits


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Books:
    return Books(tmp_path_factory.mktemp("small"), 600)


@pytest.fixture(scope="module")
def middle(tmp_path_factory: pytest.TempPathFactory) -> Books:
    return Books(tmp_path_factory.mktemp("middle"), 2_000)


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Books:
    return Books(tmp_path_factory.mktemp("large"), 20_000)


@pytest.mark.parametrize("name", KINDS)
def test_some_changes_of_each_kind_are_found(small: Books, name: str) -> None:
    table, kind = KINDS[name]
    chance = random.Random(name)
    rows = places(small, table)
    for place in {chance.choice((rows[0], rows[-1])), chance.choice(rows)}:
        small.check(kind(small, place, chance))


def test_a_changed_tree_is_found(small: Books) -> None:
    for change in tree_changes(small, random.Random(5), 3):
        small.check(change)


@pytest.mark.long
@pytest.mark.parametrize("name", KINDS)
def test_every_change_of_every_row_is_found(middle: Books, name: str) -> None:
    table, kind = KINDS[name]
    chance = random.Random(name)
    for place in places(middle, table):
        middle.check(kind(middle, place, chance))


@pytest.mark.long
def test_every_change_of_the_tree_is_found(middle: Books) -> None:
    for change in tree_changes(middle, random.Random(6), 250):
        middle.check(change)


@pytest.mark.long
@pytest.mark.parametrize("seed", range(10))
def test_a_thousand_changes_anywhere_are_found(large: Books, seed: int) -> None:
    chance = random.Random(seed)
    names = list(KINDS)
    for _ in range(1_000):
        table, kind = KINDS[chance.choice(names)]
        large.check(kind(large, chance.choice(places(large, table)), chance))


def clean_logs(chance: random.Random, count: int, folder: Path) -> Iterator[Ledger]:
    """Decided and recorded logs of any length, written in any portions."""
    for number in range(count):
        path = folder / f"books-{number}.db"
        with Ledger.create(f"sqlite:///{path}") as ledger:
            if chance.random() < 0.3:
                ledger.record(archive(chance.randrange(150)), chance.randrange(1, 400))
            else:
                commands = [*cascade(), *deposits(chance.randrange(240))]
                some = commands[: chance.randrange(len(commands) + 1)]
                list(ledger.submit_many(some, chance.randrange(1, 100)))
            if chance.random() < 0.2:
                ledger.snapshot()
            yield ledger
        for file in folder.glob(f"{path.name}*"):
            file.unlink()


def no_alarms(chance: random.Random, count: int, folder: Path) -> None:
    for ledger in clean_logs(chance, count, folder):
        report = verify_store(ledger.store.url)
        assert (report.verdict, report.exit_code) == ("unsealed", 0), report


def no_alarms_beside_a_writer(chance: random.Random, count: int, folder: Path) -> None:
    for ledger in clean_logs(chance, count, folder):
        if ledger.venue.kind != "decided":
            continue
        stop = threading.Event()
        writer = threading.Thread(target=write_until, args=(ledger, stop, chance.randrange(9)))
        with Ledger.open(ledger.store.url, readonly=True) as reader:
            writer.start()
            try:
                for _ in range(3):
                    report = verify(reader)
                    assert (report.verdict, report.exit_code) == ("unsealed", 0), report
            finally:
                stop.set()
                writer.join()


def write_until(ledger: Ledger, stop: threading.Event, size: int) -> None:
    number = 100_000
    while not stop.is_set():
        list(ledger.submit_many(deposits(size + 1, number), size + 1))
        number += size + 1


def test_clean_logs_raise_no_alarm(tmp_path: Path) -> None:
    no_alarms(random.Random(1), 6, tmp_path)


def test_clean_logs_raise_no_alarm_beside_a_live_writer(tmp_path: Path) -> None:
    no_alarms_beside_a_writer(random.Random(2), 5, tmp_path)


@pytest.mark.long
@pytest.mark.parametrize("seed", range(5))
def test_a_hundred_clean_logs_raise_no_alarm(seed: int, tmp_path: Path) -> None:
    no_alarms(random.Random(10 + seed), 100, tmp_path)


@pytest.mark.long
@pytest.mark.parametrize("seed", range(5))
def test_a_hundred_clean_logs_raise_no_alarm_beside_a_live_writer(
    seed: int, tmp_path: Path
) -> None:
    # About three in ten are recorded logs, which take no commands.
    no_alarms_beside_a_writer(random.Random(20 + seed), 160, tmp_path)
