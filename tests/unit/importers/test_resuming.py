"""Does an import that was cut off anywhere end, when it is run again, where it would have ended?"""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from importers.hyperliquid.importing import HyperliquidImport
from importers.hyperliquid.memory import Memory
from ledger.ledger import Ledger
from tests.unit.importers.archives import (
    ALICE,
    BOB,
    block_fill,
    both,
    fill,
    ledger_update,
    misc_line,
    written,
)

PROGRAM = """
import os, signal, sys
from pathlib import Path
from tests.unit.importers.test_resuming import importing
def killed(chunks):
    for number, chunk in enumerate(chunks):
        if number == 60:
            os.kill(os.getpid(), signal.SIGKILL)
        yield chunk
importing(sys.argv[1], Path(sys.argv[2]), killed)
"""


def importing(url: str, folder: Path, watch=iter) -> HyperliquidImport:
    """Import as the command does, a few events per commit."""
    with Ledger.open(url) as ledger:
        memory = Memory.of(ledger.events())
        run = HyperliquidImport([folder], venue=ledger.venue_at(ledger.head), memory=memory)
        ledger.record_applied(watch(run.events()), run.venue, 20, run.report.digests)
        assert run.report.holds
        return run


def sealed(url: str) -> tuple[int, str]:
    with Ledger.open(url, readonly=True) as ledger:
        return ledger.head, ledger.root.hex()


def new(path: Path) -> str:
    url = f"sqlite:///{path}"
    Ledger.create(url).close()
    return url


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    lines = []
    for second in range(1, 120):
        start = (second - 1) * 3
        match = both(
            ALICE,
            BOB,
            "BTC",
            "3",
            f"{9 + second % 5}",
            second,
            buyer_start=str(start),
            seller_start=str(-start),
        )
        spot = (ALICE, fill("@107", "B", "1", "9", tid=5000 + second))
        lines.append(block_fill(second, *match, *[spot] * (second % 7 == 0)))
    hours = tmp_path / "venue" / "node_fills_by_block"
    written(hours / "9.jsonl", *lines[:70])
    written(hours / "10.jsonl", *lines[60:])
    misc = [
        misc_line(n, ledger_update([ALICE], "deposit", usdc=f"{n}.5")) for n in range(1, 110, 4)
    ]
    written(tmp_path / "venue" / "misc_events_by_block" / "9.jsonl", *misc)
    return tmp_path / "venue"


@pytest.fixture
def whole(tmp_path: Path, folder: Path) -> tuple[int, str]:
    url = new(tmp_path / "whole.db")
    importing(url, folder)
    return sealed(url)


@pytest.mark.parametrize("after", [1, 7, 40, 90])
def test_an_interrupted_import_goes_on_where_it_was(
    tmp_path: Path, folder: Path, whole: tuple[int, str], after: int
) -> None:
    url = new(tmp_path / "cut.db")

    def cut(chunks):
        for number, chunk in enumerate(chunks):
            if number == after:
                raise KeyboardInterrupt
            yield chunk

    with pytest.raises(KeyboardInterrupt):
        importing(url, folder, cut)
    assert sealed(url)[0] < whole[0]
    run = importing(url, folder)

    assert sealed(url) == whole
    assert run.report.rows_in == run.report.moved + run.report.no_effect + run.report.rejected_rows


def test_a_killed_import_goes_on_where_it_was(
    tmp_path: Path, folder: Path, whole: tuple[int, str]
) -> None:
    url = new(tmp_path / "killed.db")
    # It kills itself: a signal from here could come when it has ended already.
    done = subprocess.run([sys.executable, "-c", PROGRAM, url, folder], check=False)
    assert done.returncode == -signal.SIGKILL
    assert 0 < sealed(url)[0] < whole[0]
    importing(url, folder)

    assert sealed(url) == whole


def test_an_import_that_comes_again_counts_all_rows_and_writes_none(
    tmp_path: Path, folder: Path, whole: tuple[int, str]
) -> None:
    url = f"sqlite:///{tmp_path / 'whole.db'}"
    first = HyperliquidImport([folder])
    list(first.facts())
    run = importing(url, folder)

    assert sealed(url) == whole
    assert run.report.rows_in == first.report.rows_in
    assert run.report.recorded_before == run.report.rejected_rows == run.report.rows_in
    assert run.report.is_complete
