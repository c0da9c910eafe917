"""What does the seal cost: in an append, and when somebody asks for a proof?"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from random import Random
from statistics import median
from time import perf_counter
from typing import Any

from ledger import writer
from ledger.tree import Tile, Tree
from tests.bench.streams import recorded_facts

Figures = dict[str, float]
PER_COMMIT = 10_000
PROOFS = 200


class _NoTree(Tree):
    """Counts leaves and hashes nothing."""

    def extend(self, leaves: Sequence[bytes]) -> list[Tile]:
        self.size += len(leaves)
        return []

    def root(self) -> bytes:
        return bytes(32) if self.size else super().root()


class _NoHash:
    """As long as a hash, so that rows are as wide as they are."""

    def __init__(self, _raw: bytes) -> None:
        pass

    def digest(self) -> bytes:
        return bytes(32)


@contextmanager
def _unsealed() -> Iterator[None]:
    kept = writer.Tree, writer.sha256
    writer.Tree, writer.sha256 = _NoTree, _NoHash  # type: ignore[misc, assignment]
    try:
        yield
    finally:
        writer.Tree, writer.sha256 = kept  # type: ignore[misc]


def sealing(folder: Path, events: int = 200_000) -> Figures:
    """The writer's own work on encoded events, 10,000 a commit, with the seal and without it.

    Both in turns, five times, so that a busy machine is busy for both.
    """
    from ledger.ledger import Ledger

    url = f"sqlite:///{folder / 'source.db'}"
    with Ledger.create(url) as ledger:
        ledger.record(recorded_facts(events))
        found, raws = list(ledger.events()), [row.raw for row in ledger.rows()]
    additions = [
        (found[at : at + PER_COMMIT], raws[at : at + PER_COMMIT])
        for at in range(0, len(found), PER_COMMIT)
    ]
    sealed: list[float] = []
    unsealed: list[float] = []
    for turn in range(5):
        sealed.append(_appended(folder / f"sealed-{turn}.db", additions))
        with _unsealed():
            unsealed.append(_appended(folder / f"unsealed-{turn}.db", additions))
    shares = [1 - without / with_ for with_, without in zip(sealed, unsealed, strict=True)]
    return {
        "sealed events/s": len(found) / median(sealed),
        "unsealed events/s": len(found) / median(unsealed),
        "share of the append": median(shares),
    }


def _appended(path: Path, additions: Sequence[Any]) -> float:
    """Seconds for all appends into a store of its own, which is gone afterwards."""
    from ledger.store import Store

    store = Store.create(f"sqlite:///{path}", "venue.example/books")
    try:
        own = writer.Writer(store)
        started = perf_counter()
        for addition in additions:
            own.append(writer.Addition(own.rows().add(*addition)))
        return perf_counter() - started
    finally:
        store.close()
        for file in path.parent.glob(f"{path.name}*"):
            file.unlink()


def proof(folder: Path, events: int = 1_000_000) -> Figures:
    """Proof files of random events, event and signed checkpoint included, checked afterwards."""
    from ledger.keys import SigningKey
    from ledger.ledger import Ledger
    from ledger.notes import Checkpoint
    from ledger.proofs import InclusionProof, proven_event, read_inclusion

    url, chance = f"sqlite:///{folder / 'zerosum.db'}", Random(1)
    with Ledger.create(url, "venue.example/books") as ledger:
        ledger.record(recorded_facts(events))
    key = SigningKey("venue.example/books", bytes(range(32)))
    with Ledger.open(url, readonly=True) as ledger:
        size = ledger.head
        note = key.signed(Checkpoint(key.name, size, ledger.root))
        made: list[float] = []
        checked: list[float] = []
        for _ in range(PROOFS):
            seq = chance.randrange(1, size + 1)
            started = perf_counter()
            raw = next(ledger.rows(seq, seq)).raw
            text = InclusionProof(seq - 1, tuple(ledger.inclusion_path(seq, size)), note, raw).raw()
            made.append(perf_counter() - started)
            started = perf_counter()
            proven_event(read_inclusion(text), [key.verifier])
            checked.append(perf_counter() - started)
        earlier: list[float] = []
        for _ in range(PROOFS // 10):
            started = perf_counter()
            ledger.consistency_path(chance.randrange(1, size), size)
            earlier.append(perf_counter() - started)
    return {
        "ms/proof": 1_000 * median(made),
        "slowest ms": 1_000 * max(made),
        "ms/check": 1_000 * median(checked),
        "ms/consistency": 1_000 * median(earlier),
    }
