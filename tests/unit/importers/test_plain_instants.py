"""Are instants of plain rows booked as row by row, and no others?"""

import json
from pathlib import Path
from typing import Any

import pytest

from importers.hyperliquid.importing import HyperliquidImport
from importers.hyperliquid.pairs import Pair, RowOrPair, count_of, pair_of, row_by_row
from importers.hyperliquid.plain_instants import PlainInstants
from importers.hyperliquid.reading import RawLine, read_line
from importers.hyperliquid.rows import Fill, Row
from importers.hyperliquid.shapes import Shapes
from importers.hyperliquid_generator.generating import generate
from tests.unit.importers.archives import ALICE, BOB


def test_plain_instants_are_booked_as_row_by_row(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    generate(tmp_path, seed=5, accounts=40, fills=2_000)
    book, answers = PlainInstants.book, list[bool]()

    def remembered(plain: PlainInstants, *asked: Any, **more: Any) -> bool:
        answers.append(book(plain, *asked, **more))
        return answers[-1]

    monkeypatch.setattr(PlainInstants, "book", remembered)
    at_once = HyperliquidImport([tmp_path / "venue"])
    facts = list(at_once.facts())
    monkeypatch.setattr(PlainInstants, "book", lambda *_, **__: False)
    by_row = HyperliquidImport([tmp_path / "venue"])

    assert facts == list(by_row.facts())
    assert at_once.report == by_row.report
    assert answers.count(True) > 100


def side(account: str, lots: int, *, taker: bool, **other: Any) -> list[Any]:
    fill = {
        "coin": "BTC",
        "px": "9.0",
        "sz": str(abs(lots)),
        "side": "B" if lots > 0 else "A",
        "time": 1_760_117_154_577,
        "startPosition": "0.0",
        "dir": "Open Long" if lots > 0 else "Open Short",
        "closedPnl": "0.0",
        "hash": "0x" + "0" * 64,
        "oid": 1,
        "crossed": taker,
        "fee": "0.1",
        "tid": 7,
        "feeToken": "USDC",
    }
    return [account, {**fill, **other}]


def rows_of(*sides: list[Any]) -> list[RowOrPair]:
    """What is read in a line of these rows."""
    line = {
        "block_time": "2025-10-10T17:25:54.577181473",
        "block_number": 758_636_904,
        "events": sides,
    }
    raw = json.dumps(line, separators=(",", ":")).encode() + b"\n"
    shapes = Shapes("f", None, {"BTC": 2})
    found = shapes.pairs_and_rows(RawLine(1, raw, is_unread=True))
    singly = Shapes("f", None).rows(read_line(raw, 1))
    assert [_without_grid(row) for row in row_by_row(found)] == singly
    return found


def _without_grid(row: Row) -> Row:
    """A row as it is read where no scale is known."""
    return row._replace(grid=None) if isinstance(row, Fill) else row


BUYER, SELLER = side(ALICE, 3, taker=True), side(BOB, -3, taker=False)


@pytest.mark.parametrize("sides", [(BUYER, SELLER), (SELLER, BUYER)])
def test_two_rows_of_one_match_that_stand_together_are_a_pair(sides: list[list[Any]]) -> None:
    (pair,) = rows_of(*sides)

    assert isinstance(pair, Pair)
    assert (pair.buyer, pair.seller, pair.lots, pair.ticks) == (ALICE, BOB, 300, 90_000)
    assert pair_of(pair.as_match(0)) == pair
    assert [fill.account for fill in pair.fills()] == [account for account, _ in sides]


@pytest.mark.parametrize(
    "other",
    [
        {"side": "B"},
        {"sz": "2"},
        {"px": "8.0"},
        {"coin": "ETH"},
        {"tid": 8},
        {"crossed": True},
        {"crossed": None},
        {"hash": "0x" + "1" * 64},
        {"closedPnl": None},
        {"feeToken": "HYPE"},
        {"startPosition": "0.001"},
        {"time": 1_760_117_154_578},
    ],
    ids=str,
)
def test_whatever_differs_from_a_pair_is_looked_at_row_by_row(other: dict[str, Any]) -> None:
    account, fill = SELLER

    assert not any(isinstance(row, Pair) for row in rows_of(BUYER, [account, {**fill, **other}]))


def test_what_is_no_two_rows_or_of_one_account_is_looked_at_row_by_row() -> None:
    alone = rows_of(BUYER)
    itself = rows_of(BUYER, side(ALICE, -3, taker=False))
    apart = rows_of(BUYER, side(BOB, -3, taker=False, tid=8), SELLER)

    assert [len(alone), len(itself), len(apart)] == [1, 2, 3]
    assert not any(isinstance(row, Pair) for row in (*alone, *itself, *apart))


def test_a_row_between_pairs_stands_by_itself() -> None:
    found = rows_of(BUYER, SELLER, side(ALICE, 1, taker=True, tid=8), BUYER, SELLER)

    assert [isinstance(row, Pair) for row in found] == [True, False, True]
    assert [row.place.row for row in row_by_row(found)] == [0, 1, 2, 3, 4]
    assert count_of(found) == 5
