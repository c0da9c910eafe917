"""What is measured, one function each, in a fresh process and a fresh folder.

Every function gives rates or seconds under the names that docs/benchmarks.md shows. Baselines (the
disk's own fsync rate, the eventsourcing library alone) are measured in the same run.
"""

import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from time import perf_counter
from typing import Any

from tests.bench.adl import adl_decide, adl_page, rank_million
from tests.bench.archives import (
    import_hyperliquid,
    import_hyperliquid_again,
    import_hyperliquid_two,
)
from tests.bench.audit import audit
from tests.bench.seals import proof, sealing
from tests.bench.streams import mixed_commands, opening, recorded_facts

Figures = dict[str, float]


def fsync_rate(folder: Path, commits: int = 2_000) -> Figures:
    """Appends of 400 bytes to a file, each followed by fdatasync: what the disk can do."""
    with (folder / "floor.bin").open("wb", buffering=0) as file:
        started = perf_counter()
        for _ in range(commits):
            file.write(b"x" * 400)
            os.fdatasync(file.fileno())
        return {"fsync/s": commits / (perf_counter() - started)}


def library_alone(folder: Path, events: int = 50_000) -> Figures:
    """The eventsourcing library with its own SQLite recorder: single saves and saves of 1,000."""
    from eventsourcing.application import Application
    from eventsourcing.domain import Aggregate, event

    class Fill(Aggregate):
        @event("Opened")
        def __init__(self) -> None:
            self.total = 0

        @event("Filled")
        def filled(self, buyer: str, seller: str, price: int, quantity: int) -> None:
            self.total += quantity

    application: Application[Any] = Application(
        env={
            "PERSISTENCE_MODULE": "eventsourcing.sqlite",
            "SQLITE_DBNAME": str(folder / "library.db"),
        }
    )
    aggregate = Fill()
    application.save(aggregate)
    singles = 2_000
    started = perf_counter()
    for number in range(singles):
        aggregate.filled("alice", "bob", 600_000 + number, 1_000)
        application.save(aggregate)
    single_rate = singles / (perf_counter() - started)
    started = perf_counter()
    for _ in range(events // 1_000):
        for number in range(1_000):
            aggregate.filled("alice", "bob", 600_000 + number, 1_000)
        application.save(aggregate)
    return {
        "library single saves/s": single_rate,
        "library events/s in saves of 1,000": events / (perf_counter() - started),
    }


def single_commands(folder: Path, commands: int = 2_000) -> Figures:
    """Durable commands, one commit each, through decision, seal and receipt."""
    return _single_rate(folder, _url(folder), commands)


def batched_commands(folder: Path, commands: int = 50_000) -> Figures:
    """Commands through the full decision path, 1,000 per commit, over 1,000 accounts."""
    from ledger.ledger import Ledger

    with Ledger.create(_url(folder)) as ledger:
        _consume(ledger.submit_many(opening(1_000)))
        lines = [json.dumps(command) for command in mixed_commands(commands)]
        before = ledger.head
        started = perf_counter()
        _consume(ledger.submit_many(lines))
        seconds = perf_counter() - started
        return {
            "commands/s": len(lines) / seconds,
            "events/s": (ledger.head - before) / seconds,
        }


def reapply(folder: Path, commands: int = 20_000) -> Figures:
    """Commands with ids applied, then applied again: how soon a restarted file is where it was."""
    from ledger.ledger import Ledger

    with Ledger.create(_url(folder)) as ledger:
        _consume(ledger.submit_many(opening(1_000)))
        lines = [
            json.dumps({**command, "id": f"c-{number}"})
            for number, command in enumerate(mixed_commands(commands))
        ]
        started = perf_counter()
        _consume(ledger.submit_many(lines))
        first = len(lines) / (perf_counter() - started)
        started = perf_counter()
        if not all(receipt.repeated for receipt in ledger.submit_many(lines)):
            message = "a command sent again counted twice"
            raise AssertionError(message)
        again = len(lines) / (perf_counter() - started)
    return {"first commands/s": first, "again commands/s": again}


def bulk(folder: Path, events: int = 1_000_000) -> Figures:
    """Recorded facts, validated, sealed, into an empty store; then replay and verify it."""
    from ledger.ledger import Ledger

    facts = list(recorded_facts(events))
    with Ledger.create(_url(folder)) as ledger:
        started = perf_counter()
        ledger.record(facts)
        rate = len(facts) / (perf_counter() - started)
        size = (folder / "zerosum.db").stat().st_size
    return {"events/s": rate, "bytes/event": size / len(facts)}


def bulk_live_indexes(folder: Path, events: int = 1_000_000) -> Figures:
    """The same into a store that holds events already: unique indexes stay live."""
    from ledger.ledger import Ledger

    facts = recorded_facts(events)
    with Ledger.create(_url(folder)) as ledger:
        ledger.record(list(islice(facts, 2_000)))
        rest = list(facts)
        started = perf_counter()
        ledger.record(rest)
        return {"events/s": len(rest) / (perf_counter() - started)}


def replay(folder: Path, events: int = 1_000_000) -> Figures:
    """From the store to exact state, leaves recomputed on the way."""
    from ledger.ledger import Ledger
    from ledger.replay import replay as replayed

    with Ledger.create(_url(folder)) as ledger:
        ledger.record(recorded_facts(events))
    with Ledger.open(_url(folder), readonly=True) as ledger:
        report = replayed(ledger)
    if not report.equal:
        message = "replay differs from the store"
        raise AssertionError(message)
    return {"events/s": report.events / report.seconds}


def verify(folder: Path, events: int = 1_000_000) -> Figures:
    """All checks of `zerosum verify` on a recorded log: seal, order, envelopes, invariants."""
    from ledger.ledger import Ledger
    from ledger.verification import verify as verified

    with Ledger.create(_url(folder)) as ledger:
        ledger.record(recorded_facts(events))
    with Ledger.open(_url(folder), readonly=True) as ledger:
        started = perf_counter()
        report = verified(ledger)
        seconds = perf_counter() - started
    if report.verdict != "unsealed" or report.exit_code:
        message = f"a clean log is {report.verdict}: {report.checks}"
        raise AssertionError(message)
    return {"seconds": seconds, "events/s": events / seconds}


def projections(folder: Path, events: int = 200_000) -> Figures:
    """Every read model from the log, 1,000 events per transaction."""
    from domain.venue import Venue
    from ledger.ledger import Ledger
    from ledger.store import rows_engine
    from projections.read_model import ReadModel

    with Ledger.create(_url(folder)) as ledger:
        ledger.record(recorded_facts(events))
    with Ledger.open(_url(folder)) as ledger:
        model = ReadModel(rows_engine(_url(folder), "write"))
        model.create()
        started = perf_counter()
        model.catch_up(ledger.events(), Venue(), ledger.leaf_at)
        return {"events/s": ledger.head / (perf_counter() - started)}


def postgresql_bulk(folder: Path, events: int = 1_000_000) -> Figures:
    """Recorded facts into an empty log on a server of this machine, over a unix socket."""
    from ledger.ledger import Ledger

    del folder
    facts = list(recorded_facts(events))
    with _server() as url, Ledger.create(url) as ledger:
        started = perf_counter()
        ledger.record(facts)
        return {"events/s": len(facts) / (perf_counter() - started)}


def postgresql_single(folder: Path, commands: int = 2_000) -> Figures:
    """Durable commands, one commit each, on a server of this machine."""
    with _server() as url:
        return _single_rate(folder, url, commands)


def postgresql_replay(folder: Path, events: int = 1_000_000) -> Figures:
    """From the server to exact state, leaves recomputed on the way."""
    from ledger.ledger import Ledger
    from ledger.replay import replay as replayed

    del folder
    with _server() as url:
        with Ledger.create(url) as ledger:
            ledger.record(recorded_facts(events))
        with Ledger.open(url, readonly=True) as ledger:
            report = replayed(ledger)
    if not report.equal:
        message = "replay differs from the store"
        raise AssertionError(message)
    return {"events/s": report.events / report.seconds}


MEASURES: dict[str, Callable[..., Figures]] = {
    "fsync_rate": fsync_rate,
    "library_alone": library_alone,
    "single_commands": single_commands,
    "batched_commands": batched_commands,
    "reapply": reapply,
    "bulk": bulk,
    "bulk_live_indexes": bulk_live_indexes,
    "replay": replay,
    "verify": verify,
    "projections": projections,
    "sealing": sealing,
    "proof": proof,
    "import_hyperliquid": import_hyperliquid,
    "import_hyperliquid_two": import_hyperliquid_two,
    "import_hyperliquid_again": import_hyperliquid_again,
    "adl_decide": adl_decide,
    "adl_page": adl_page,
    "rank_million": rank_million,
    "audit": audit,
    "postgresql_single": postgresql_single,
    "postgresql_bulk": postgresql_bulk,
    "postgresql_replay": postgresql_replay,
}

NEED_SERVER = frozenset(name for name in MEASURES if name.startswith("postgresql_"))
"""Measures that are passed over where there is no server."""


@contextmanager
def _server() -> Iterator[str]:
    """A schema of its own on a server of its own, or on the one that was named."""
    from tests.servers import schema_url, server_url

    with server_url() as server, schema_url(server, "zerosum_bench") as url:
        yield url


def _single_rate(folder: Path, url: str, commands: int) -> Figures:
    """One commit for each command, beside what the disk can do."""
    from ledger.ledger import Ledger

    with Ledger.create(url) as ledger:
        _consume(ledger.submit_many(opening(1_000)))
        lines = [json.dumps(command) for command in mixed_commands(commands)]
        started = perf_counter()
        for line in lines:
            ledger.submit(line)
        rate = len(lines) / (perf_counter() - started)
    floor = fsync_rate(folder)["fsync/s"]
    return {"commands/s": rate, "fsync/s": floor, "share of fsync rate": rate / floor}


def _url(folder: Path) -> str:
    return f"sqlite:///{folder / 'zerosum.db'}"


def _consume(receipts: Iterator[object]) -> None:
    for _ in receipts:
        pass
