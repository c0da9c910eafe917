"""Is the state after a failed store call the state before or the state after, never between?"""

import resource
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from ledger import schema
from ledger.errors import LedgerError
from ledger.ledger import Ledger
from ledger.store import Store
from ledger.verification import verify_store
from tests.drills.faults import (
    MOMENTS,
    SQLITE_FAULTS,
    Plan,
    cut_connection,
    faulty_postgresql,
    faulty_sqlite,
    postgresql_faults,
)
from tests.servers import schema_url
from tests.unit.ledger.stories import cascade, command, deposits

ROOT = Path(__file__).parents[2]
Faults = dict[str, Callable[[], Exception]]
Rows = dict[str, set[tuple[Any, ...]]]
COPIED = 40

_numbers = count(1)


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two events before a tile is complete, so that an append writes to every table."""
    path = tmp_path_factory.mktemp("original") / "books.db"
    with Ledger.create(f"sqlite:///{path}") as ledger:
        list(ledger.submit_many([*cascade(), *deposits(194)]))
        assert ledger.head == 254
    return path


def batch() -> list[dict[str, Any]]:
    """New streams, new keys, a full tile."""
    first = next(_numbers) * 1_000
    return [
        command("open_account", account=f"new-{first}", id=f"new-{first}"),
        *deposits(COPIED, first + 10_000),
    ]


def rows_of(url: str) -> Rows:
    """Every row of every table, as somebody else sees them."""
    store = Store.open(url, "read")
    try:
        with store.read() as connection:
            return {
                table.name: {tuple(row) for row in connection.execute(table.select())}
                for table in schema.metadata.sorted_tables
            }
    finally:
        store.close()


def attempt(ledger: Ledger, url: str, plan: Plan, fault: tuple[Any, ...]) -> int:
    """One append that fails as ordered; gives how many calls it had made by then."""
    commands, before = batch(), rows_of(url)
    head = len(before["event"])
    plan.order(*fault)
    try:
        list(ledger.submit_many(commands, len(commands)))
    except (LedgerError, KeyboardInterrupt):
        assert plan.calls == plan.at
    else:
        # A failure after the last answer, or while nothing was written any more, hurts nobody.
        assert plan.calls < plan.at or not plan.is_counting
    made = plan.calls
    plan.calm()

    after = rows_of(url)
    if len(after["event"]) == head:
        assert after == before
    else:
        assert len(after["event"]) == head + len(commands)
        assert all(before[name] <= after[name] for name in before if name != "tree")
        assert len(after["tx"]) == len(before["tx"]) + 1
    receipts = list(ledger.submit_many(commands, len(commands)))
    assert [receipt.first_seq for receipt in receipts] == list(
        range(head + 1, head + 1 + len(commands))
    )
    assert {receipt.repeated for receipt in receipts} == {len(after["event"]) > head}
    assert ledger.head == head + len(commands)
    return made


def calls_of_an_append(ledger: Ledger, plan: Plan) -> list[str]:
    commands = batch()
    plan.order(10_000, "before", RuntimeError)
    list(ledger.submit_many(commands, len(commands)))
    calls = plan.names
    assert "COMMIT" in calls
    assert any("UPDATE" in name for name in plan.names)
    plan.calm()
    return calls


def drill(url: str, plan: Plan, faults: Faults, *, every: bool) -> None:
    with Ledger.open(url) as ledger:
        calls = calls_of_an_append(ledger, plan)
        names = list(faults)
        for at, call in enumerate(calls, start=1):
            if not every and calls[at : at + 1] == [call]:
                # Forty ids are looked up one after the other: one of them stands for all.
                continue
            for number, moment in enumerate(MOMENTS, start=at):
                if not every and number % len(MOMENTS):
                    continue
                for name in names if every else [names[at % len(names)]]:
                    plan.cut = cut_connection if name == "connection reset" else None
                    attempt(ledger, url, plan, (at, moment, faults[name]))
    report = verify_store(url)
    assert (report.verdict, report.exit_code) == ("unsealed", 0), report


@pytest.mark.parametrize(
    "every", [False, pytest.param(True, marks=pytest.mark.long)], ids=["one each", "every one"]
)
def test_a_failing_call_of_sqlite_leaves_before_or_after(
    original: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, every: bool
) -> None:
    path = Path(shutil.copy(original, tmp_path / "books.db"))
    plan = Plan()
    faulty_sqlite(plan, monkeypatch)

    drill(f"sqlite:///{path}", plan, SQLITE_FAULTS, every=every)


@pytest.mark.parametrize(
    "every", [False, pytest.param(True, marks=pytest.mark.long)], ids=["one each", "every one"]
)
def test_a_failing_call_of_a_server_leaves_before_or_after(
    server: str, original: Path, monkeypatch: pytest.MonkeyPatch, every: bool
) -> None:
    with schema_url(server, f"faults_{'every' if every else 'some'}") as url:
        with Ledger.create(url) as ledger, Ledger.open(f"sqlite:///{original}") as file:
            ledger.append_events(file.events())
        plan = Plan()
        faulty_postgresql(plan, monkeypatch)

        drill(url, plan, postgresql_faults(), every=every)


SMALL_DISK = """
import resource, signal, sys
from ledger.errors import LedgerError
from ledger.ledger import Ledger
from tests.unit.ledger.stories import deposits
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
with Ledger.open(sys.argv[1]) as ledger:
    for limit in range(int(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])):
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))
        try:
            for receipt in ledger.submit_many(deposits(60, limit), 60):
                print(limit, receipt.last_seq, receipt.root.hex(), flush=True)
        except LedgerError as fault:
            print("refused", fault.code, flush=True)
"""


def test_a_disk_that_is_really_full_loses_nothing(original: Path, tmp_path: Path) -> None:
    path = Path(shutil.copy(original, tmp_path / "books.db"))
    url = f"sqlite:///{path}"
    done = subprocess.run(
        [sys.executable, "-c", SMALL_DISK, url, "10000", "700000", "110000"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    lines = [line.split() for line in done.stdout.splitlines()]
    told = [line for line in lines if line[0] != "refused"]
    refused = {line[1] for line in lines if line[0] == "refused"}

    assert done.returncode == 0, done.stderr
    assert told
    assert refused <= {"store_full", "store_unreadable"}
    assert refused
    with Ledger.open(url) as ledger:
        for _, seq, root in told:
            assert ledger.root_at(int(seq)).hex() == root
        assert ledger.head == 254 + len(told)
    assert verify_store(url).exit_code == 0
    assert resource.getrlimit(resource.RLIMIT_FSIZE)[1] == resource.RLIM_INFINITY
    assert signal.getsignal(signal.SIGXFSZ) is not None
