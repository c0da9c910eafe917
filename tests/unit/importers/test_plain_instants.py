"""Are instants of plain rows booked as row by row, and no others?"""

from pathlib import Path
from typing import Any

import pytest

from importers.hyperliquid.importing import HyperliquidImport
from importers.hyperliquid.pairing import are_paired
from importers.hyperliquid.plain_instants import PlainInstants
from importers.hyperliquid.rows import Fill, Idle, Place
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


def row(account: str = ALICE, lots: int = 3, **other: Any) -> Fill:
    numbers = {"match": 7, "taker": account == ALICE, "grid": (lots, 0, 9), **other}
    found = Fill(
        Place("f", 1, 0),
        0,
        f"{account}{numbers['match']}",
        account,
        "BTC",
        1,
        "9",
        "3",
        "0.0",
        0,
        0,
        "Open Long",
        taker=True,
        match=7,
        order=1,
        hash="",
        block=1,
        liquidation=None,
    )
    return found._replace(**numbers)


def test_two_sides_of_one_match_are_a_pair() -> None:
    assert are_paired([row(), row(BOB, -3)])
    assert are_paired([row(), row(BOB, -3), row(BOB, -3, match=8), row(match=8)])


@pytest.mark.parametrize(
    "other",
    [
        {"lots": 3},
        {"lots": -2},
        {"grid": None},
        {"grid": (-3, 0, 8)},
        {"coin": "ETH"},
        {"match": 8},
        {"taker": True},
        {"taker": None, "closed_pnl": None},
        {"account": ALICE, "taker": False},
        {"key": row().key},
        {"counts": False},
    ],
    ids=str,
)
def test_whatever_differs_from_a_pair_is_looked_at_row_by_row(other: dict[str, Any]) -> None:
    assert not are_paired([row(), row(**{"account": BOB, "lots": -3, **other})])


def test_what_is_no_fill_alone_or_twice_is_looked_at_row_by_row() -> None:
    assert not are_paired([])
    assert not are_paired([row()])
    assert not are_paired([row(), Idle(Place("f", 1, 1), 0, "k", "Delegation")])
    assert not are_paired([row(), row(BOB, -3), row(key="a"), row(BOB, -3, key="b")])
    assert not are_paired([row(), row(BOB, -3, match=8), row(match=8), row(BOB, -3)])
