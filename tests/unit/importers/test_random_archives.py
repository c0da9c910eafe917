"""Does a venue that was played here come back from its archive, whole or from the middle?"""

import json
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tests.unit.importers.archives import (
    ALICE,
    BLOCK,
    BOB,
    CAROL,
    NOON,
    block_fill,
    fill,
    imported,
    written,
)

PEOPLE = (ALICE, BOB, CAROL)
SIZE_DECIMALS = 2
trades = st.lists(
    st.tuples(
        st.permutations(PEOPLE).map(lambda some: some[:2]),
        st.integers(1, 400),
        st.integers(900_000, 1_100_000),
        st.integers(-5, 20),
    ),
    min_size=1,
    max_size=25,
)


@dataclass
class Holder:
    """A naive account of a venue that cuts its average price, in lots, ticks and micro-dollars."""

    lots: int = 0
    cost: int = 0
    printed: int = 0
    fees: int = 0
    flow: int = 0
    rows: list[dict[str, Any]] = field(default_factory=list)

    def filled(self, number: int, change: int, price: int, fee: int) -> dict[str, Any]:
        """Fill, and the row that the venue prints."""
        start, closed_pnl = self.lots, 0
        if start * change < 0:
            closed = min(abs(start), abs(change))
            sign = 1 if start > 0 else -1
            average = abs(self.cost) // abs(start)
            closed_pnl = sign * (price - average) * closed
            left = abs(start) - closed
            self.cost = self.cost * left // abs(start)
            change_left = abs(change) - closed
            self.cost += (1 if change > 0 else -1) * change_left * price
        else:
            self.cost += change * price
        self.lots += change
        self.printed += closed_pnl
        self.fees += fee
        self.flow -= change * price
        row = fill(
            "ETH",
            "B" if change > 0 else "A",
            decimal(abs(change), SIZE_DECIMALS),
            decimal(price, 6 - SIZE_DECIMALS),
            decimal(start, SIZE_DECIMALS),
            tid=number,
            time=NOON + number // 4 * 1000,
            closedPnl=decimal(closed_pnl, 6),
            fee=decimal(fee, 6),
        )
        self.rows.append(row)
        return row


def decimal(units: int, places: int) -> str:
    digits = str(abs(units)).rjust(places + 1, "0")
    return f"{'-' if units < 0 else ''}{digits[:-places]}.{digits[-places:]}"


Played = list[tuple[tuple[str, str], int, int, int]]


def played(steps: Played) -> tuple[dict[str, Holder], list[str]]:
    """The venue after these trades, and its archive by block."""
    holders = {name: Holder() for name in PEOPLE}
    blocks: dict[int, list[tuple[str, dict[str, Any]]]] = {}
    for number, ((buyer, seller), lots, price, fee) in enumerate(steps, start=1):
        pair = [
            (buyer, holders[buyer].filled(number, lots, price, fee)),
            (seller, holders[seller].filled(number, -lots, price, -1)),
        ]
        blocks.setdefault(number // 4, []).extend(pair)
    return holders, [block_fill(second, *rows) for second, rows in sorted(blocks.items())]


@given(trades)
def test_an_archive_gives_back_positions_and_money(steps: Played) -> None:
    holders, lines = played(steps)
    with tempfile.TemporaryDirectory() as folder:
        found = imported(written(Path(folder) / "fills.jsonl", *lines))

    assert (found.report.breaks, found.reasons) == ([], {})
    places = found.report.inferred_scales["ETH"]
    for account in found.report.checked:
        holder = holders[account.sums.account]
        lots = account.positions.get("ETH", 0)
        assert lots * 10 ** (SIZE_DECIMALS - places) == holder.lots
        assert account.now.cash - account.now.cost == holder.flow - holder.fees
        assert account.sums.closed_pnl == holder.printed
        assert account.now.cash == holder.printed - holder.fees + account.sums.residue
        assert set(account.sums.residues) <= {"average_price_truncation"}


@given(trades, st.integers(0, 20), st.randoms(use_true_random=False), st.booleans())
def test_a_dump_from_the_middle_leaves_the_printed_money(
    steps: Played, skipped: int, random: Random, newest_first: bool
) -> None:
    holders, _ = played(steps)
    rows = holders[ALICE].rows[skipped:]
    if not rows:
        return
    # Within an instant the venue's order cannot be relied on. The first instant keeps its own: a
    # round trip of an account that was never seen could begin anywhere.
    instants: dict[int, list[dict[str, Any]]] = {}
    for row in rows:
        instants.setdefault(row["time"], []).append(row)
    shuffled = []
    for time, some in sorted(instants.items(), reverse=newest_first):
        if time > min(instants):
            random.shuffle(some)
        elif newest_first and len(instants) > 1:
            some.reverse()
        shuffled += some
    with tempfile.TemporaryDirectory() as folder:
        path = written(Path(folder) / "fills.json", json.dumps(shuffled))
        found = imported(path, account=ALICE)

    (account,) = found.report.checked
    places = found.report.inferred_scales["ETH"]
    lots = account.positions.get("ETH", 0) * 10 ** (SIZE_DECIMALS - places)
    assert (found.report.breaks, lots) == ([], holders[ALICE].lots)
    printed = account.sums.closed_pnl - account.sums.fees
    assert account.now.cash == printed + account.sums.residue
    if account.status == "unknown opening" and not holders[ALICE].lots:
        assert set(account.sums.residues) <= {"average_price_truncation"}


def archive_of(folder: str, lines: list[str]) -> tuple[Path, Path]:
    """The archive, and a meta that states the scale."""
    meta = {"universe": [{"name": "ETH", "szDecimals": SIZE_DECIMALS, "maxLeverage": 4}]}
    return (
        written(Path(folder) / "fills.jsonl", *lines),
        written(Path(folder) / "meta.json", meta),
    )


@given(trades, st.integers(0, 6))
def test_what_was_said_of_a_block_stays_so_when_later_rows_come(steps: Played, cut: int) -> None:
    _, lines = played(steps)
    with tempfile.TemporaryDirectory() as folder:
        paths = archive_of(folder, lines)
        whole = imported(*paths)
        begun = imported(*paths, until=str(BLOCK + cut * 12))
        rest = imported(*paths, after=begun)

    assert begun.events == whole.events[: len(begun.events)]
    assert begun.events + rest.events == whole.events


@given(trades, st.integers(0, 6), st.integers(900_000, 1_100_000))
def test_a_log_that_begins_anywhere_with_a_snapshot_has_everybodys_equity(
    steps: Played, cut: int, mark: int
) -> None:
    holders, lines = played(steps)
    then, _ = played([step for number, step in enumerate(steps, start=1) if number // 4 <= cut])
    values = [
        {
            "user": name,
            "account_value": float(decimal(one.flow - one.fees + one.lots * mark, 6)),
            "total_long_notional": 0.0,
        }
        for name, one in then.items()
    ]
    held = [
        {
            "user": name,
            "size": float(decimal(one.lots, SIZE_DECIMALS)),
            "notional_size": float(decimal(abs(one.lots) * mark, 6)),
        }
        for name, one in then.items()
        if one.lots
    ]
    market = {"market_name": "hyperliquid:ETH", "positions": held}
    name = f"{BLOCK + cut * 12}_{NOON + cut * 1000}.json"
    with tempfile.TemporaryDirectory() as folder:
        paths = archive_of(folder, lines)
        (Path(folder) / f"account_value_snapshot_{name}").write_text(json.dumps(values))
        (Path(folder) / f"perp_positions_by_market_{name}").write_text(json.dumps([market]))
        found = imported(Path(folder), from_snapshot=True)

    assert len(paths) == 2
    assert (found.report.breaks, found.report.findings) == ([], {})
    for account in found.report.checked:
        holder = holders[account.sums.account]
        assert account.positions.get("ETH", 0) == holder.lots
        # Cash less cost is the venue's own money figure, whatever the entry prices were.
        assert account.now.cash - account.now.cost == holder.flow - holder.fees
        assert account.status == "exact"
