"""In which order do the rows of one instant stand when their starts say so?"""

import json
from pathlib import Path
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from domain.units import Decimal10
from importers.hyperliquid.chaining import in_chain_order, walked
from importers.hyperliquid.pairing import Match, Side
from importers.hyperliquid.rows import Fill, Place
from tests.unit.importers.archives import (
    ALICE,
    BOB,
    CAROL,
    block_fill,
    both,
    fill,
    imported,
    written,
)


def match(place: int, start: int, change: int, coin: str = "BTC") -> Match:
    """A lone row of an account."""
    row = Fill(
        Place("f", 1, place),
        0,
        str(place),
        ALICE,
        coin,
        1 if change > 0 else -1,
        Decimal10(1, 0),
        Decimal10(abs(change), 0),
        Decimal10(start, 0),
        0,
        0,
        None,
        None,
        place,
        None,
        "",
        None,
        None,
    )
    side = Side(row, change, start, 1)
    return Match(place, side, None) if change > 0 else Match(place, None, side)


def breaks(matches: list[Match], standing: int) -> int:
    found = 0
    for one in matches:
        side = one.first
        found += side.start != standing
        standing = side.start + side.change
    return found


changes = st.lists(st.integers(-3, 3).filter(bool), min_size=1, max_size=12)


@given(changes, st.integers(-4, 4), st.randoms(use_true_random=False))
def test_rows_in_any_order_are_walked_without_a_break(
    steps: list[int], standing: int, random: Random
) -> None:
    rows, at = [], standing
    for step in steps:
        rows.append((at, step))
        at += step
    random.shuffle(rows)
    shuffled = [match(place, start, step) for place, (start, step) in enumerate(rows)]

    for known in (standing, None):
        path = walked(list(shuffled), known)

        assert sorted(one.place for one in path) == list(range(len(rows)))
        assert breaks(path, path[0].first.start if known is None else standing) == 0


@given(st.lists(st.tuples(st.integers(-3, 3), st.integers(-3, 3).filter(bool)), min_size=1))
def test_rows_that_do_not_chain_are_all_kept(rows: list[tuple[int, int]]) -> None:
    some = [match(place, start, step) for place, (start, step) in enumerate(rows)]

    ordered, _ = in_chain_order(some, lambda _account, _coin: 0)

    assert sorted(one.place for one in ordered) == list(range(len(rows)))
    assert breaks(ordered, 0) <= breaks(some, 0)


def test_file_order_that_chains_is_kept() -> None:
    some = [match(0, 0, 1), match(1, 1, -1), match(2, 0, 1)]

    assert in_chain_order(some, lambda _account, _coin: 0) == (some, 0)


def test_coins_change_places_only_among_themselves() -> None:
    later, first = match(0, 1, 1), match(2, 0, 1)
    other = match(1, 0, 5, "ETH")

    ordered, moved = in_chain_order([later, other, first], lambda _account, _coin: 0)

    assert ordered == [first, other, later]
    assert moved == 2


def test_a_dump_that_is_newest_first_is_read_from_its_end(tmp_path: Path) -> None:
    rows = [
        fill("BTC", "A", "2", "12", "3", tid=3, time=3_000, closedPnl="4"),
        fill("BTC", "B", "1", "10", "2", tid=2, time=2_000),
        fill("BTC", "B", "2", "10", "0", tid=1, time=1_000),
    ]
    found = imported(written(tmp_path / "fills.json", json.dumps(rows)), account=ALICE)

    assert found.report.breaks == []
    assert found.lots(ALICE, "BTC") == 1
    assert found.events[-1]["source"]["line"] == 1


def test_both_chains_of_two_accounts_hold_in_one_instant(tmp_path: Path) -> None:
    rows = [
        *both(ALICE, BOB, "BTC", "1", "10", 2, buyer_start="1", seller_start="-1"),
        *both(CAROL, ALICE, "BTC", "2", "10", 3, seller_start="2", seller_closedPnl="0.0"),
        *both(ALICE, BOB, "BTC", "1", "10", 1),
    ]
    found = imported(written(tmp_path / "fills.jsonl", block_fill(1, *rows)))

    assert found.report.breaks == []
    assert found.report.counts["rows_put_in_chain_order"] > 0
    assert [found.lots(name, "BTC") for name in (ALICE, BOB, CAROL)] == [0, -2, 2]


def test_the_end_of_an_unordered_burst_does_not_depend_on_the_order_of_files(
    tmp_path: Path,
) -> None:
    first = written(tmp_path / "a.jsonl", fill("BTC", "B", "1", "10", "1", tid=2))
    second = written(tmp_path / "b.jsonl", fill("BTC", "B", "1", "10", "0", tid=1))

    one = imported(first, second, account=ALICE)
    other = imported(second, first, account=ALICE)

    assert one.events == other.events
    assert one.report.breaks == []


def test_coins_of_one_instant_stand_in_the_order_in_which_they_happened(tmp_path: Path) -> None:
    rows = [
        fill("ETH", "B", "1", "10", tid=3, time=3_000),
        fill("BTC", "B", "1", "10", tid=2, time=3_000),
        fill("SOL", "B", "1", "10", tid=1, time=1_000),
    ]
    found = imported(written(tmp_path / "fills.json", json.dumps(rows)), account=ALICE)

    traded = [event["stream"] for event in found.events if "buyer" in event["data"]]
    assert traded == ["market/SOL", "market/BTC", "market/ETH"]
