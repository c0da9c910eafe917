"""What do the checks say of 480 real closes, of which only the winners' rows are known?

Rows without losers, other candidates, money and marks: price, side, profit and partial closes are
answered, the order is not. Skipped where the sample is absent.
"""

import csv
from collections import Counter
from pathlib import Path

import pytest

from domain.audit.decisions import AuditedDecision
from tests.recorded import audited
from tests.unit.importers.archives import SHARED, fill, imported, transaction, written

SAMPLE = SHARED / "hyperliquid" / "adl" / "adl_closes_20251010_480.csv"
pytestmark = pytest.mark.skipif(not SAMPLE.is_file(), reason="the real closes are not here")
FIRST_BLOCK, FIRST_TIME = 758_800_641, 1_760_130_964_831


@pytest.fixture(scope="module")
def closes(tmp_path_factory: pytest.TempPathFactory) -> list[AuditedDecision]:
    """The sample as blocks of the archive, imported and audited."""
    with SAMPLE.open() as stream:
        rows = list(csv.DictReader(stream))
    lines: dict[int, list[object]] = {}
    for number, row in enumerate(rows):
        time = int(row["time_ms"])
        block = FIRST_BLOCK + (time - FIRST_TIME) // 80
        is_short = row["start_position"].startswith("-")
        raw = fill(
            row["coin"],
            "B" if is_short else "A",
            row["sz"],
            row["px"],
            row["start_position"],
            time=time,
            hash=transaction(block),
            closedPnl=row["closed_pnl"],
            dir="Auto-Deleveraging",
            crossed=True,
            tid=1000 + number,
            liquidation={"liquidatedUser": row["liquidated_user"], "method": "backstop"},
        )
        lines.setdefault(block, []).append([row["user"], raw])
    file = tmp_path_factory.mktemp("real") / "fills.jsonl"
    return audited(imported(_archive(file, lines)).events)


def _archive(file: Path, blocks: dict[int, list[object]]) -> Path:
    texts = []
    for block, events in blocks.items():
        time = next(event[1]["time"] for event in events)  # type: ignore[index]
        seconds = (time - 1_760_097_600_000) // 1000
        clock = f"{12 + seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"
        stamp = f"2025-10-10T{clock}.{time % 1000:03}123456"
        texts.append({"block_time": stamp, "block_number": block, "events": events})
    return written(file, *texts)


def answers(closes: list[AuditedDecision], name: str) -> Counter[str]:
    return Counter(
        str(one.answer)
        for decision in closes
        for row in decision.closes
        for one in row.checks
        if one.name == name
    )


def decided(closes: list[AuditedDecision], name: str) -> Counter[str]:
    return Counter(
        str(one.answer) for decision in closes for one in decision.checks if one.name == name
    )


def test_every_row_is_a_close_of_the_loser_that_it_names(closes: list[AuditedDecision]) -> None:
    assert sum(len(decision.closes) for decision in closes) == 480
    assert len({decision.key.bankrupt for decision in closes}) == 59
    assert Counter(decision.key.side for decision in closes for _ in decision.closes) == {
        -1: 472,
        1: 8,
    }


def test_nobody_is_closed_against_itself_nor_beyond_its_position(
    closes: list[AuditedDecision],
) -> None:
    assert answers(closes, "not_the_bankrupt") == {"yes": 480}
    assert answers(closes, "not_over_closed") == {"yes": 480}
    assert answers(closes, "fee_zero") == {"yes": 480}
    assert answers(closes, "entry_on_tick") == {"yes": 480}


def test_fourteen_closes_print_a_loss_and_break_nothing(closes: list[AuditedDecision]) -> None:
    losses = [
        row.close.realized
        for decision in closes
        for row in decision.closes
        if row.close.realized <= 0
    ]

    assert answers(closes, "profit_printed") == {"yes": 466, "no": 14}
    assert sum(losses) == -1_929_035_887
    assert "violates" not in {str(one.verdict) for d in closes for one in d.findings}


def test_every_coin_and_block_has_one_price(closes: list[AuditedDecision]) -> None:
    assert len({(d.key.market, d.key.instant) for d in closes}) == 163
    assert decided(closes, "one_price") == {"yes": len(closes)}


def test_at_most_one_close_of_a_decision_is_partial(closes: list[AuditedDecision]) -> None:
    partial = [row for d in closes for row in d.closes if row.close.is_partial]

    assert len(partial) == 36
    assert decided(closes, "one_partial_at_most") == {"yes": len(closes)}


def test_what_needs_losers_and_marks_is_unknown(closes: list[AuditedDecision]) -> None:
    for name in ("price_previous_mark", "price_mark", "price_bankruptcy", "bankrupt_below_zero"):
        assert decided(closes, name) == {"unknown": len(closes)}
    assert decided(closes, "paired") == {"no": len(closes)}
    assert answers(closes, "opposite_side") == {"unknown": 480}


def test_the_order_cannot_be_judged_and_the_reasons_are_named(
    closes: list[AuditedDecision],
) -> None:
    for decision in closes:
        for one in decision.findings:
            assert str(one.verdict) == "undecidable"
            codes = {each.code.partition(":")[0] for each in one.missing}
            assert "unseen_holders" in codes
