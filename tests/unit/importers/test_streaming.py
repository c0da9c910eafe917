"""Do many files become one stream in the venue's order, whoever reads them and however?"""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from importers.hyperliquid import file_rows
from importers.hyperliquid.importing import HyperliquidImport
from importers.hyperliquid.ordinary_trades import OrdinaryTrades
from importers.hyperliquid.reader_process import ReaderLost, ReaderProcess
from importers.hyperliquid.reading import RawLine, read_line
from importers.hyperliquid.shapes import Shapes
from importers.hyperliquid.unpacking import UnreadablePath
from tests.unit.importers.archives import (
    ALICE,
    BLOCK,
    BOB,
    CAROL,
    Imported,
    block_fill,
    block_line,
    both,
    fill,
    imported,
    ledger_update,
    misc_line,
    written,
)

META = {"universe": [{"name": coin, "szDecimals": 2} for coin in ("BTC", "ETH")]}


def hours(tmp_path: Path, **files: list[str]) -> Path:
    for name, lines in files.items():
        written(
            tmp_path / "node_fills_by_block" / "hourly" / "20251010" / f"{name[1:]}.jsonl", *lines
        )
    return tmp_path


def pair(second: int, tid: int, start: int = 0) -> str:
    more = {"buyer_start": str(start), "seller_start": str(-start)}
    return block_fill(second, *both(ALICE, BOB, "BTC", "1", "9", tid, **more))


def times(found: Imported) -> list[int]:
    return [event["time"] for event in found.events]


def test_rows_that_spill_into_the_next_hour_are_booked_in_their_place(tmp_path: Path) -> None:
    folder = hours(tmp_path, _9=[pair(1, 1), pair(3, 3, 2)], _10=[pair(2, 2, 1), pair(4, 4, 3)])
    found = imported(folder)

    assert found.report.breaks == []
    assert found.lots(ALICE, "BTC") == 4
    assert times(found) == sorted(times(found))


def test_rows_that_two_hours_both_have_count_once(tmp_path: Path) -> None:
    folder = hours(tmp_path, _9=[pair(1, 1), pair(2, 2, 1)], _10=[pair(2, 2, 1), pair(3, 3, 2)])
    found = imported(folder)

    assert (found.report.moved, found.reasons) == (6, {"duplicate": 2})


def test_lines_that_stand_a_little_out_of_order_are_put_into_it(tmp_path: Path) -> None:
    found = imported(hours(tmp_path, _9=[pair(2, 2, 1), pair(1, 1), pair(3, 3, 2)]))

    assert (found.report.breaks, found.reasons) == ([], {})


def test_a_line_that_comes_too_late_is_refused_and_never_booked_out_of_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(file_rows, "LOOK_AHEAD", 2)
    lines = [pair(1, 1), pair(3, 3, 1), pair(4, 4, 2), pair(5, 5, 3), pair(2, 2, 9)]
    found = imported(hours(tmp_path, _9=lines))

    assert found.reasons == {"bad_time": 2}
    assert found.report.rejected[0].place.line == 5
    assert found.lots(ALICE, "BTC") == 4
    assert found.report.breaks == []


def test_a_block_that_is_split_over_lines_is_one_block(tmp_path: Path) -> None:
    buyer, seller = ([user, raw] for user, raw in both(ALICE, BOB, "BTC", "1", "9", 1))
    found = imported(
        written(tmp_path / "fills.jsonl", *(block_line([row], 0, BLOCK) for row in (buyer, seller)))
    )

    assert found.report.counts["pairs"] == 1
    assert (found.report.blocks, found.report.lines) == (1, 2)


@pytest.mark.parametrize(
    ("order", "first"), [("misc-first", "account.collateral"), ("fills-first", "market.trade")]
)
def test_what_comes_first_inside_a_block_is_a_named_choice(
    tmp_path: Path, order: str, first: str
) -> None:
    fills = written(tmp_path / "fills.jsonl", pair(1, 1))
    misc = written(
        tmp_path / "misc.jsonl", misc_line(1, ledger_update([ALICE], "deposit", usdc="5.0"))
    )
    found = imported(misc, fills, order=order)
    moves = [e["type"] for e in found.events if e["type"].startswith(("account.coll", "market.tr"))]

    assert moves[0].startswith(first)
    assert found.report.order == order


def test_a_scale_that_no_meta_states_is_the_finest_of_all_rows_before_the_first_is_booked(
    tmp_path: Path,
) -> None:
    late = block_fill(
        9, *both(ALICE, BOB, "BTC", "0.125", "9", 5, buyer_start="1", seller_start="-1")
    )
    found = imported(hours(tmp_path, _9=[pair(1, 1)], _10=[late]))

    assert found.report.inferred_scales == {"BTC": 3}
    assert found.lots(ALICE, "BTC") == 1125


def archive(tmp_path: Path) -> Path:
    lines = [pair(n, n, n) for n in range(60)]
    lines[7:7] = ["no json", block_fill(6, (CAROL, fill("@107", "B", "1", "9", tid=9)))]
    hours(tmp_path, _9=lines[:30], _10=lines[28:])
    written(
        tmp_path / "misc_events_by_block" / "9.jsonl",
        misc_line(3, ledger_update([ALICE], "deposit", usdc="5.0")),
    )
    written(tmp_path / "meta.json", META)
    return tmp_path


def test_two_workers_give_the_facts_and_the_report_of_one(tmp_path: Path) -> None:
    folder = archive(tmp_path)
    one, two = imported(folder), imported(folder, workers=2)

    assert two.events == one.events
    assert two.report == one.report


def test_a_reading_process_that_dies_is_an_error(tmp_path: Path) -> None:
    run = HyperliquidImport([archive(tmp_path)])
    with ReaderProcess(run._heads, run._reading, run._reached) as reader:
        reader._process.kill()
        reader._process.wait()
        with pytest.raises(ReaderLost):
            list(reader.instants())


@pytest.mark.parametrize("workers", [1, 2])
def test_a_file_that_is_gone_when_its_turn_comes_is_an_error(tmp_path: Path, workers: int) -> None:
    folder = archive(tmp_path)
    run = HyperliquidImport([folder], workers=workers)
    next(folder.rglob("10.jsonl")).unlink()

    with pytest.raises(UnreadablePath, match="No such file") as refused:
        list(run.events())
    assert refused.value.hint


def test_ordinary_matches_are_booked_as_the_general_way_books_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = [pair(n, n, n) for n in range(9)]
    close = both(BOB, ALICE, "BTC", "4", "11", 50, buyer_start="-9", seller_start="9")
    flip = both(BOB, ALICE, "BTC", "7", "8", 51, buyer_start="-5", seller_start="5")
    for (_, bought), (_, sold), labels, results in (
        (*close, ("Close Short", "Close Long"), ("-8.0", "8.0")),
        (*flip, ("Short > Long", "Long > Short"), ("5.0", "-5.0")),
    ):
        bought |= {"dir": labels[0], "closedPnl": results[0]}
        sold |= {"dir": labels[1], "closedPnl": results[1]}
    path = written(tmp_path / "fills.jsonl", *lines, block_fill(20, *close), block_fill(21, *flip))
    path.write_text(
        path.read_text().replace('"closedPnl": "0.0"', '"closedPnl": "0.0", "dir": "Open Long"')
    )
    written(tmp_path / "meta.json", META)
    ordinary = imported(tmp_path)
    monkeypatch.setattr(OrdinaryTrades, "book", lambda _self, _match: False)
    general = imported(tmp_path)

    assert ordinary.events == general.events
    assert ordinary.report == general.report


ODD = {
    "px": ["9", "9.0", "09", "-9", "9.1234567", "", "9e1", 9, None, "0.0", "9" * 41],
    "sz": ["1", "0", "0.0", "0.00", "1.123", "-1", "1.", ".5", 1, "1" * 30],
    "startPosition": ["-0.0", "-3.25", "3", "x", None],
    "closedPnl": ["-0.1234567", "1.5", "+1", 0],
    "fee": ["-0.000001", "0", "1.0000000", ""],
    "side": ["B", "A", "b", ""],
    "time": [0, "1", 1760097600001, True],
    "dir": ["", "Open Long", "é", 'a"b', "x" * 201, None],
    "hash": ["0x", "0x" + "0" * 64, "0x" + "G" * 64, None],
    "oid": [0, -1, 2**63, 2**63 - 1, "1"],
    "tid": [0, 1, 2**70, None, "7"],
    "crossed": [True, None, "true", 1],
    "feeToken": ["USDC", "HYPE", None],
    "coin": ["BTC", "dex:BTC", "@1", "#2", "PURR/USDC", "B C", ""],
    "liquidation": [
        None,
        {"method": "market"},
        {"liquidatedUser": ALICE, "markPx": "9", "method": "backstop"},
        3,
    ],
    "builderFee": ["0.1", 0.1],
    "twapId": [None, 5, 1.5],
    "cloid": [None, "0x" + "0" * 32, "x"],
    "priorityGas": ["1", 1.5],
}
changes = st.lists(
    st.sampled_from([(name, value) for name, values in ODD.items() for value in values]), max_size=3
)


@given(
    changes, st.sampled_from([ALICE, ALICE.upper().replace("0X", "0x"), "0x12", ""]), st.booleans()
)
def test_an_ordinary_line_is_read_as_the_careful_way_reads_it(
    some: list[tuple[str, Any]], user: str, spaced: bool
) -> None:
    order = ["coin", "px", "sz", "side", "time", "startPosition", "dir", "closedPnl", "hash", "oid"]
    order += ["crossed", "fee", "tid", "feeToken"]
    raw = {"dir": "Open Long", **fill("BTC", "B", "1", "9")}
    good = {name: raw[name] for name in order}
    odd = {**good, **dict(some)}
    event = [[ALICE, good], [user, odd], [BOB, {**good, "side": "A", "startPosition": "-2.5"}]]
    time = "2025-10-10T12:00:00.000123456"
    value = {"local_time": time, "block_time": time, "block_number": BLOCK, "events": event}
    line = json.dumps(value, separators=(", ", ": ") if spaced else (",", ":"), ensure_ascii=False)
    bytes_of_line = line.encode() + b"\n"
    shapes = Shapes("f", None, {"BTC": 2})

    quick = list(shapes.rows(RawLine(1, bytes_of_line, is_unread=True)))
    careful = list(shapes.rows(read_line(bytes_of_line, 1)))

    assert [_bare(row) for row in quick] == [_bare(row) for row in careful]


def _bare(row: Any) -> Any:
    return row._replace(grid=None) if hasattr(row, "grid") else row
