"""How fast does a venue's archive become a validated, sealed log, with one process and with two?

The archive is made up on the fly, packed as the venue packs it. Decompression, JSON, booking,
validation, sealing and writing all count; making the archive does not.
"""

import resource
from pathlib import Path
from time import perf_counter, process_time

from importers.hyperliquid.importing import HyperliquidImport
from importers.hyperliquid_generator.generating import generate
from ledger.ledger import Ledger

Figures = dict[str, float]
ACCOUNTS = 2_000


def import_hyperliquid(folder: Path, rows: int = 200_000) -> Figures:
    """One process."""
    return _imported(folder, rows, workers=1)


def import_hyperliquid_two(folder: Path, rows: int = 200_000) -> Figures:
    """A second process reads ahead."""
    return _imported(folder, rows, workers=2)


def import_hyperliquid_again(folder: Path, rows: int = 200_000) -> Figures:
    """The same archive again: all rows are known from the log."""
    from importers.hyperliquid.memory import Memory

    _imported(folder, rows, workers=1)
    with Ledger.open(_url(folder)) as ledger:
        head, started = ledger.head, perf_counter()
        run = HyperliquidImport(
            [folder / "archive" / "venue"],
            venue=ledger.venue_at(head),
            memory=Memory.of(ledger.events()),
        )
        ledger.record_applied(run.events(), run.venue, files=run.report.digests)
        if ledger.head != head:
            message = "an import that came again wrote something"
            raise AssertionError(message)
        return {"rows/s": run.rows / (perf_counter() - started)}


def _imported(folder: Path, rows: int, *, workers: int) -> Figures:
    made = folder / "archive"
    generate(made, seed=7, accounts=min(ACCOUNTS, rows // 100), fills=rows, compression="lz4")
    with Ledger.create(_url(folder)) as ledger:
        started, cpu = perf_counter(), process_time()
        run = HyperliquidImport([made / "venue"], workers=workers)
        ledger.record_applied(run.events(), run.venue, files=run.report.digests)
        seconds, cpu = perf_counter() - started, process_time() - cpu
        if not run.report.holds:
            message = "the sums of the import do not agree"
            raise AssertionError(message)
        return {
            "rows/s": run.rows / seconds,
            "rows per CPU second here": run.rows / cpu,
            "events/s": ledger.head / seconds,
            "peak MB of the reader": resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024,
        }


def _url(folder: Path) -> str:
    return f"sqlite:///{folder / 'books.db'}"
