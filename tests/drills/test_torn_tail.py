"""Which log does a torn write-ahead log leave behind: always a whole prefix, never a mixture?

Power fails while the tail of the write-ahead log is on its way to the disk: whatever part of it
arrived, the store opens at the last commit of which everything arrived.
"""

import random
import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

from ledger.ledger import Ledger
from ledger.store import sealed_state
from ledger.verification import verify_store
from tests.unit.ledger.stories import cascade, deposits

WAL_HEADER = 32
FRAME_HEADER = 24
PAGE = 16_384
FEW, MANY = 27, 90


@dataclass(frozen=True)
class Torn:
    """A store as it lay on the disk, and what had been acknowledged when."""

    books: Path
    log: bytes
    checkpointed: int
    """Events that stand in the file itself."""
    commits: dict[int, tuple[int, bytes]]
    """Bytes of the write-ahead log after a commit → head and root then."""


@pytest.fixture(scope="module")
def torn(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Torn:
    return written(tmp_path_factory.mktemp("torn"), getattr(request, "param", FEW), again=0)


@pytest.fixture(scope="module")
def overwritten(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Torn:
    """The same with a write-ahead log overwritten from its beginning: old frames follow."""
    commits = getattr(request, "param", FEW)
    again = commits * 5 // 3
    return written(tmp_path_factory.mktemp("overwritten"), commits, again=again)


def written(folder: Path, number: int, *, again: int) -> Torn:
    path, commits = folder / "books.db", {}
    tail = folder / "books.db-wal"
    with Ledger.create(f"sqlite:///{path}") as ledger:
        list(ledger.submit_many(cascade()))
        for command in deposits(again, 1_000):
            ledger.submit(command)
        checkpoint(ledger)
        checkpointed = ledger.head
        shutil.copy(path, folder / "kept.db")
        start = WAL_HEADER
        for size, command in enumerate(deposits(number)):
            if size % 9 == 8:
                list(ledger.submit_many(deposits(60, 5_000 + 60 * size)))
            else:
                ledger.submit(command)
            end = frames_end(tail, start)
            commits[end] = (ledger.head, ledger.root)
            start = end
        log = tail.read_bytes()
    return Torn(folder / "kept.db", log, checkpointed, commits)


def checkpoint(ledger: Ledger) -> None:
    """Everything into the file; what is written next begins the write-ahead log anew."""
    with ledger.store.write() as connection:
        # Inside a transaction there is no checkpoint: use the driver's connection after it.
        driver = connection.connection
    busy, *_ = driver.execute("PRAGMA wal_checkpoint(RESTART)").fetchone()
    assert not busy


def frames_end(tail: Path, start: int) -> int:
    """Where the frames of the running log end: those with its salts."""
    log = tail.read_bytes()
    salts, end = log[16:24], start
    while log[end + 8 : end + 16] == salts and len(log) >= end + FRAME_HEADER + PAGE:
        end += FRAME_HEADER + PAGE
    return end


def places(torn: Torn, count: int, seed: int) -> Iterator[int]:
    """Every boundary and its neighbours, then anywhere."""
    end = max(torn.commits)
    edges = {at + d for at in torn.commits for d in (-1, 0, 1, FRAME_HEADER)} | {0, 1, WAL_HEADER}
    chosen = sorted(edge for edge in edges if edge <= end)
    chance = random.Random(seed)
    while len(chosen) < count:
        chosen.append(chance.randrange(end + 1))
    yield from chance.sample(chosen, min(count, len(chosen)))


def check(torn: Torn, log: bytes, arrived: int, folder: Path, *, thoroughly: bool) -> None:
    """The store opens at the last commit up to `arrived`."""
    with ExitStack() as stack:
        path = folder / "books.db"
        shutil.copyfile(torn.books, path)
        tail = folder / "books.db-wal"
        tail.write_bytes(log)
        stack.callback(lambda: [file.unlink() for file in folder.glob("books.db*")])
        kept = [commit for end, commit in torn.commits.items() if end <= arrived]
        with Ledger.open(f"sqlite:///{path}") as ledger:
            with ledger.store.read() as connection:
                size = sealed_state(connection).size
                query = "SELECT count(*), max(seq) FROM event"
                assert tuple(connection.exec_driver_sql(query).one()) == (size, size)
            if kept:
                assert (ledger.head, ledger.root) == kept[-1]
            assert ledger.head >= torn.checkpointed
            if not kept:
                assert ledger.head == torn.checkpointed
        if thoroughly:
            assert verify_store(f"sqlite:///{path}").exit_code == 0


def drill(torn: Torn, count: int, seed: int, folder: Path) -> None:
    chance = random.Random(seed)
    for number, cut in enumerate(places(torn, count, seed)):
        kind = number % 4
        if kind == 0:
            log = torn.log[:cut]
        elif kind == 1:
            log = torn.log[:cut] + bytes(len(torn.log) - cut)
        elif kind == 2:
            log = torn.log[:cut] + chance.randbytes(len(torn.log) - cut)
        else:
            # One sector never arrived; what lies behind it is of no use.
            log = (torn.log[:cut] + chance.randbytes(512) + torn.log[cut + 512 :])[: len(torn.log)]
        arrived = cut
        # Pages end in zeros: what was made zero may be what it was.
        while arrived < len(log) and log[arrived] == torn.log[arrived]:
            arrived += 1
        check(torn, log, arrived, folder, thoroughly=number % 50 == 0)


def test_a_torn_tail_leaves_a_whole_prefix(torn: Torn, tmp_path: Path) -> None:
    assert len(torn.commits) == FEW
    drill(torn, 24, 1, tmp_path)


def test_old_frames_behind_a_torn_tail_are_never_taken_for_new(
    overwritten: Torn, tmp_path: Path
) -> None:
    assert len(overwritten.log) > max(overwritten.commits)
    drill(overwritten, 16, 2, tmp_path)


@pytest.mark.long
@pytest.mark.parametrize("torn", [MANY], indirect=True)
def test_every_torn_tail_leaves_a_whole_prefix(torn: Torn, tmp_path: Path) -> None:
    drill(torn, 4_000, 3, tmp_path)


@pytest.mark.long
@pytest.mark.parametrize("overwritten", [MANY], indirect=True)
def test_old_frames_are_never_taken_for_new_wherever_it_is_torn(
    overwritten: Torn, tmp_path: Path
) -> None:
    drill(overwritten, 2_000, 4, tmp_path)
