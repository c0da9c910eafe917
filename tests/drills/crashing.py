"""Is anything lost, doubled or torn when a writer, or its server, is killed at any instant?

`python -m tests.drills.crashing sqlite|postgresql CRASHES SEED` lets a forked writer take commands,
crashes it at a random instant, opens the store again and looks. It prints what happened as JSON; a
loss ends it with an assertion. A program of its own, so that forking finds no threads.
"""

import json
import os
import random
import select
import signal
import sys
import tempfile
import time
import traceback
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Protocol

from domain.venue import Venue
from ledger.errors import StoreError
from ledger.failures import translated
from ledger.ledger import Ledger
from ledger.store import rows_engine, sealed_state
from ledger.verification import verify_store
from projections.digests import digest
from projections.read_model import ReadModel
from tests.servers import Cluster, cluster, schema_url
from tests.unit.ledger.stories import archive, command, opened

CRASHES_PER_STORE = 50
LONGEST_LIFE = 0.15
AMOUNT = 1_500_000
TOLD, BROKEN = 3, 4
FACTS = archive(1_500)


class Place(Protocol):
    """Where stores are made, and how their writer dies."""

    def new(self, stack: ExitStack) -> str: ...

    def crash(self, pid: int) -> int: ...


class Files:
    """SQLite: the writing process is killed."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._made = 0

    def new(self, stack: ExitStack) -> str:
        self._made += 1
        path = self._folder / f"books-{self._made}.db"
        stack.callback(lambda: [file.unlink() for file in self._folder.glob(f"{path.name}*")])
        return f"sqlite:///{path}"

    def crash(self, pid: int) -> int:
        os.kill(pid, signal.SIGKILL)
        return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


class Server:
    """PostgreSQL: the server stops at once, without writing anything more."""

    def __init__(self, running: Cluster) -> None:
        self._running = running
        self._made = 0

    def new(self, stack: ExitStack) -> str:
        self._made += 1
        return stack.enter_context(schema_url(self._running.url, f"crashing_{self._made}"))

    def crash(self, pid: int) -> int:
        self._running.stop("immediate")
        # The writer is told by an error, not by dying; a bulk writer may be far from noticing.
        status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        self._running.start()
        return status


@dataclass
class Outcome:
    """What a drill went through."""

    seed: int
    crashes: int = 0
    acknowledged: int = 0
    unanswered: int = 0
    """Commands that were written although their writer never said so."""
    imports: int = 0
    rows_behind: int = 0
    verified: int = 0
    lives: list[int] = field(default_factory=list)


def deposit(number: int) -> dict[str, Any]:
    return command("deposit", account="alice", amount="1.5", id=f"d-{number}")


def drill(place: Place, crashes: int, seed: int) -> Outcome:
    """Crash writers until it was enough."""
    chance, outcome = random.Random(seed), Outcome(seed)
    while outcome.crashes < crashes:
        with ExitStack() as stack:
            url = place.new(stack)
            left = crashes - outcome.crashes
            if chance.random() < 0.4:
                crash_imports(place, url, chance, outcome, min(left, 5))
            else:
                crash_commands(place, url, chance, outcome, min(left, CRASHES_PER_STORE))
    return outcome


def crash_commands(
    place: Place, url: str, chance: random.Random, outcome: Outcome, crashes: int
) -> None:
    """One store, many writers, one after the other."""
    with Ledger.create(url) as ledger:
        list(ledger.submit_many(opened()))
    receipts: dict[int, tuple[int, int, str]] = {}
    for crash in range(crashes):
        heard = life_and_death(place, chance, write_commands, url, len(receipts), chance.random())
        told = [line.split() for line in heard]
        for number, first, last, root in told:
            assert int(number) == len(receipts), "answers come in order"
            receipts[int(number)] = (int(first), int(last), root)
        outcome.crashes += 1
        outcome.acknowledged += len(told)
        outcome.lives.append(len(told))
        examine_commands(
            url, receipts, outcome, thoroughly=crash % 25 == 24 or crash + 1 == crashes
        )


def examine_commands(
    url: str, receipts: dict[int, tuple[int, int, str]], outcome: Outcome, *, thoroughly: bool
) -> None:
    """Nothing acknowledged is lost, nothing is there twice, nothing is missing in between."""
    with Ledger.open(url) as ledger:
        head = whole(ledger)
        assert not receipts or head >= receipts[len(receipts) - 1][1]
        # One event each: what was written but never answered stands right behind the answers.
        written = head - len(opened())
        assert len(receipts) <= written
        outcome.unanswered += written - len(receipts)
        assert ledger.venue.cash["alice"] == written * AMOUNT
        for number in sorted({*receipts} & {0, len(receipts) // 2, len(receipts) - 1}):
            first, last, root = receipts[number]
            again = ledger.submit(deposit(number))
            assert (again.repeated, again.first_seq, again.last_seq) == (True, first, last)
            assert ledger.root_at(last).hex() == root
        for number in range(len(receipts), written):
            again = ledger.submit(deposit(number))
            assert again.repeated, "a retry after a lost answer is not applied twice"
            assert (again.first_seq, again.last_seq) == (number + 3, number + 3)
            receipts[number] = (number + 3, number + 3, again.root.hex())
        assert ledger.head == head
        if thoroughly:
            catch_up_and_compare(url, ledger, outcome)
    if thoroughly:
        report = verify_store(url)
        assert (report.verdict, report.exit_code) == ("unsealed", 0), report
        outcome.verified += 1


def whole(ledger: Ledger) -> int:
    """The head, after a look at the rows: as many as sealed, none missing."""
    with ledger.store.read() as connection:
        size = sealed_state(connection).size
        query = "SELECT count(*), coalesce(min(seq), 1), coalesce(max(seq), 0) FROM event"
        assert tuple(connection.exec_driver_sql(query).one()) == (size, 1, size)
        query = "SELECT coalesce(max(last_seq), 0) FROM tx"
        assert connection.exec_driver_sql(query).scalar_one() == size
    assert ledger.root_at(size) == ledger.root
    return size


def catch_up_and_compare(url: str, ledger: Ledger, outcome: Outcome) -> None:
    """Rows that were cut off go on where they were, and are those that are made at once."""
    engine, scratch = rows_engine(url, "write"), Path(tempfile.mkdtemp(prefix="zerosum-"))
    anew = rows_engine_at(scratch / "rows.db")
    try:
        model, again = ReadModel(engine), ReadModel(anew)
        model.create()
        outcome.rows_behind += ledger.head - model.seq
        model.catch_up(ledger.events(model.seq + 1), ledger.venue_at(model.seq))
        again.create()
        again.catch_up(ledger.events(), Venue())
        assert digest(engine) == digest(anew)
    finally:
        engine.dispose()
        anew.dispose()
        (scratch / "rows.db").unlink(missing_ok=True)
        scratch.rmdir()


def rows_engine_at(path: Path) -> Any:
    from sqlalchemy import create_engine

    return create_engine(f"sqlite:///{path}")


def crash_imports(
    place: Place, url: str, chance: random.Random, outcome: Outcome, crashes: int
) -> None:
    """Bulk writing into an empty store: each death leaves whole batches, the last run finishes."""
    with Ledger.create(url):
        pass
    for _ in range(crashes):
        heard = life_and_death(place, chance, write_facts, url, 0, 0.0)
        outcome.crashes += 1
        outcome.imports += 1
        with Ledger.open(url) as ledger:
            head = whole(ledger)
            assert head >= max((int(line) for line in heard), default=0)
    with Ledger.open(url) as ledger:
        ledger.record(FACTS)
        assert ledger.head == len(FACTS)
        assert ledger.root.hex() == import_root()
    report = verify_store(url)
    assert (report.verdict, report.exit_code) == ("unsealed", 0), report


def import_root() -> str:
    """The root of the same import undisturbed."""
    with tempfile.TemporaryDirectory() as folder, Ledger.create(f"sqlite:///{folder}/x.db") as calm:
        calm.record(FACTS)
        return calm.root.hex()


def life_and_death(
    place: Place, chance: random.Random, work: Any, url: str, start: int, seed: float
) -> list[str]:
    """Let a writer work for a moment, crash it; gives the whole lines that it said."""
    ours, theirs = os.pipe()
    pid = os.fork()
    if not pid:
        os.close(ours)
        try:
            work(url, theirs, start, random.Random(seed))
        except StoreError:
            os._exit(TOLD)
        except BaseException:  # noqa: BLE001 - a forked writer never returns into the drill
            traceback.print_exc()
            os._exit(BROKEN)
        os._exit(0)
    os.close(theirs)
    if chance.random() < 0.8:
        # Most deaths come in the middle of work; some come while the store is still opening.
        select.select([ours], [], [], 30)
    time.sleep(chance.uniform(0, LONGEST_LIFE))
    assert place.crash(pid) != BROKEN, "a writer fails in no other way than it is made to"
    with os.fdopen(ours, encoding="ascii") as pipe:
        said = pipe.read()
    return said.split("\n")[:-1]


def write_commands(url: str, pipe: int, start: int, chance: random.Random) -> None:
    """Deposits without end, answers as they come, now and then rows of the read model."""
    number = start
    with Ledger.open(url) as ledger:
        while True:
            size = chance.choice((1, 1, 1, 1, 5, 40))
            batch = [deposit(n) for n in range(number, number + size)]
            for n, receipt in enumerate(ledger.submit_many(batch, size), start=number):
                line = f"{n} {receipt.first_seq} {receipt.last_seq} {receipt.root.hex()}\n"
                os.write(pipe, line.encode())
            number += size
            if chance.random() < 0.1:
                count_some(url, ledger)


def count_some(url: str, ledger: Ledger) -> None:
    """Rows of the read model, seven events per transaction: a death may come in between."""
    with translated():
        engine = rows_engine(url, "write")
        model = ReadModel(engine)
        model.create()
        model.catch_up(ledger.events(model.seq + 1), ledger.venue_at(model.seq), batch=7)
        engine.dispose()


def write_facts(url: str, pipe: int, _start: int, _chance: random.Random) -> None:
    """An archive, a hundred facts per commit."""
    with Ledger.open(url) as ledger:
        ledger.record(told(ledger, pipe), batch=100)


def told(ledger: Ledger, pipe: int) -> Iterator[Any]:
    """Facts; whoever asks for the next batch has written the one before."""
    for number, fact in enumerate(FACTS):
        if number and number % 100 == 0:
            os.write(pipe, f"{ledger.head}\n".encode())
        yield fact


def main() -> None:
    """Run the drill that the command line names."""
    kind, crashes, seed = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    if kind == "sqlite":
        with tempfile.TemporaryDirectory(prefix="zerosum-") as folder:
            outcome = drill(Files(Path(folder)), crashes, seed)
    else:
        with cluster() as running:
            outcome = drill(Server(running), crashes, seed)
    outcome.lives = [min(outcome.lives, default=0), max(outcome.lives, default=0)]
    print(json.dumps(asdict(outcome)))


if __name__ == "__main__":
    main()
