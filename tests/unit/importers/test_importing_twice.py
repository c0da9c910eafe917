"""What does a log say when the same rows come again, or the rest of them comes later?"""

from pathlib import Path

import pytest

from importers.hyperliquid.importing import HyperliquidImport
from importers.hyperliquid.memory import Memory
from importers.hyperliquid.report import ImportReport
from ledger.ledger import Ledger
from tests.unit.importers.archives import (
    ALICE,
    BOB,
    at,
    block_fill,
    both,
    fill,
    ledger_update,
    misc_line,
    written,
)


def record(ledger: Ledger, *paths: Path, account: str = ALICE) -> ImportReport:
    """Import into a ledger as the command does."""
    run = HyperliquidImport(
        paths,
        account=account,
        venue=ledger.venue_at(ledger.head),
        memory=Memory.of(ledger.events()),
    )
    ledger.record_applied(run.events(), run.venue, files=run.report.digests)
    assert run.report.holds
    assert run.venue.cash == ledger.venue.cash
    return run.report


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    return Ledger.create(f"sqlite:///{tmp_path / 'books.db'}")


@pytest.fixture
def archive(tmp_path: Path) -> list[Path]:
    match = both(ALICE, BOB, "BTC", "1", "9", 7)
    spot = (ALICE, fill("@107", "B", "1", "9", tid=9))
    late = both(ALICE, BOB, "BTC", "2", "9", 8, buyer_start="4", seller_start="-1")
    return [
        written(
            tmp_path / "fills.jsonl",
            block_fill(1, *match, spot),
            block_fill(1, *match),
            "no json",
            '{"px": NaN}',
            block_fill(3, *late),
        ),
        written(
            tmp_path / "misc.jsonl",
            misc_line(2, ledger_update([ALICE], "deposit", usdc="5.0")),
            misc_line(2, ledger_update([ALICE], "airdrop", usdc="5.0")),
            misc_line(2, ledger_update([ALICE], "withdraw", usdc="5.0", fee="1.0")),
            misc_line(2, ledger_update([ALICE], "spotTransfer")),
        ),
    ]


def test_importing_the_same_files_twice_records_nothing_new(
    ledger: Ledger, archive: list[Path]
) -> None:
    first = record(ledger, *archive)
    head, root = ledger.head, ledger.root
    second = record(ledger, *archive)

    assert head > 10
    assert (ledger.head, ledger.root) == (head, root)
    assert (second.facts, second.moved) == (0, 0)
    assert second.rejected_rows == second.recorded_before == first.moved + first.rejected_rows
    assert second.is_complete
    assert set(second.reasons) == {"duplicate"}


def test_the_same_rows_under_another_name_are_known_again(
    ledger: Ledger, archive: list[Path], tmp_path: Path
) -> None:
    record(ledger, archive[1])
    head = ledger.head
    copy = written(tmp_path / "copy.jsonl", *archive[1].read_text().splitlines())
    record(ledger, copy)

    assert ledger.head == head


def test_what_comes_later_continues_where_the_log_stands(ledger: Ledger, tmp_path: Path) -> None:
    rows = [
        fill("BTC", "A", "1.5", "12", "3.5", **at(1, closedPnl="4.0")),
        fill("BTC", "A", "1.0", "12", "2.0", **at(2, closedPnl="2.0")),
        fill("BTC", "A", "1.0", "12", "1.0", **at(3, closedPnl="2.5")),
    ]
    for number, row in enumerate(rows):
        report = record(ledger, written(tmp_path / f"{number}.jsonl", row))
        assert (report.moved, report.breaks) == (1, [])

    assert ledger.venue.cash[ALICE] == 8_500_000
    assert ALICE not in ledger.venue.markets["BTC"].positions


def test_a_gap_met_by_an_earlier_import_still_leaves_the_cost_unknown(
    ledger: Ledger, tmp_path: Path
) -> None:
    rows = [
        fill("BTC", "B", "1", "10", **at(1)),
        fill("BTC", "B", "1", "10", "5", **at(2)),
        fill("BTC", "A", "6", "12", "6", **at(3, closedPnl="9.0")),
    ]
    for number, row in enumerate(rows):
        report = record(ledger, written(tmp_path / f"{number}.jsonl", row))

    assert ledger.venue.cash[ALICE] == 9_000_000
    assert report.checked[0].sums.opening_basis != 0


def test_a_position_that_was_closed_earlier_and_is_there_again_is_a_gap(
    ledger: Ledger, tmp_path: Path
) -> None:
    rows = [
        fill("BTC", "B", "1", "10", **at(1)),
        fill("BTC", "A", "1", "10", "1", **at(2)),
        fill("BTC", "B", "1", "10", "3", **at(3)),
    ]
    for number, row in enumerate(rows):
        report = record(ledger, written(tmp_path / f"{number}.jsonl", row))

    assert len(report.breaks) == 1
    assert "outside:opening:BTC" not in ledger.venue.accounts


def test_two_machines_give_the_same_root(archive: list[Path], tmp_path: Path) -> None:
    roots = []
    for number, paths in enumerate((archive, archive[::-1])):
        with Ledger.create(f"sqlite:///{tmp_path / f'{number}.db'}") as ledger:
            record(ledger, *paths)
            roots.append(ledger.root)

    assert roots[0] == roots[1]
