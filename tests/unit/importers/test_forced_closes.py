"""Which facts do liquidations, takeovers and auto-deleveraging closes become?"""

from pathlib import Path
from typing import Any

import pytest

from tests.unit.importers.archives import (
    ALICE,
    BOB,
    CAROL,
    VAULT,
    block_fill,
    both,
    fill,
    imported,
    written,
)

COUNTERPARTY = "outside:counterparty:BTC"


@pytest.fixture
def fills(tmp_path: Path) -> Path:
    return tmp_path / "fills.jsonl"


def liquidated(method: str, user: str, mark: str = "95.0") -> dict[str, Any]:
    return {"liquidation": {"liquidatedUser": user, "markPx": mark, "method": method}}


def opened(fills: Path, *after: str) -> Path:
    """Alice is long 2 from 100 against bob, and then what follows."""
    return written(fills, block_fill(1, *both(ALICE, BOB, "BTC", "2", "100", 7)), *after)


def test_a_takeover_with_both_rows_names_both_parties(fills: Path) -> None:
    label = "Liquidated Cross Long"
    rows = both(
        VAULT,
        ALICE,
        "BTC",
        "2",
        "94",
        8,
        dir=label,
        seller_start="2",
        seller_closedPnl="-12.0",
        **liquidated("backstop", ALICE),
    )
    found = imported(opened(fills, block_fill(2, *rows)))

    assert found.of("market.position_taken_over/1") == [
        {
            "amount": 188_000_000,
            "bankrupt": ALICE,
            "liquidation_id": f"758000024:{ALICE}",
            "quantity": 2,
            "quote": None,
            "stopped_by": "all_taken",
            "vault": VAULT,
        }
    ]
    assert found.of("market.mark_price_updated/1")[0]["price"] == 95_000_000
    assert (found.lots(VAULT, "BTC"), found.venue.cash[ALICE]) == (2, -12_000_000)


def test_an_adl_close_with_both_rows_names_bankrupt_and_victim(fills: Path) -> None:
    rows = both(
        BOB,
        ALICE,
        "BTC",
        "1",
        "96",
        8,
        buyer_start="-2",
        buyer_dir="Auto-Deleveraging",
        buyer_closedPnl="4.0",
        seller_start="2",
        seller_dir="Liquidated Cross Long",
        seller_closedPnl="-4.0",
        **liquidated("backstop", ALICE),
    )
    found = imported(opened(fills, block_fill(2, *rows)))

    (closed,) = found.of("market.position_deleveraged/1")
    assert (closed["bankrupt"], closed["victim"]) == (ALICE, BOB)
    assert (closed["quantity_before"], closed["quantity_after"]) == (-2, -1)
    assert (closed["amount"], closed["realized"], closed["rank"]) == (96_000_000, 4_000_000, None)
    assert (found.venue.cash[BOB], found.venue.cash[ALICE]) == (4_000_000, -4_000_000)


def test_an_adl_close_of_a_short_pays_the_other_way(fills: Path) -> None:
    rows = both(
        BOB,
        ALICE,
        "BTC",
        "2",
        "104",
        8,
        buyer_start="-2",
        buyer_dir="Liquidated Cross Short",
        buyer_closedPnl="-8.0",
        seller_start="2",
        seller_dir="Auto-Deleveraging",
        seller_closedPnl="8.0",
        **liquidated("backstop", BOB, "110.0"),
    )
    found = imported(opened(fills, block_fill(2, *rows)))

    (closed,) = found.of("market.position_deleveraged/1")
    assert (closed["bankrupt"], closed["amount"]) == (BOB, -208_000_000)
    assert (found.venue.cash[BOB], found.venue.cash[ALICE]) == (-8_000_000, 8_000_000)


def test_an_adl_close_with_one_row_is_a_recorded_trade_that_keeps_its_label(fills: Path) -> None:
    row = fill(
        "BTC", "B", "1", "96", "-1", dir="Auto-Deleveraging", **liquidated("backstop", CAROL)
    )
    found = imported(written(fills, row), account=BOB)

    assert found.lots(COUNTERPARTY, "BTC") == -1
    assert found.events[-2]["source"]["label"] == "Auto-Deleveraging"
    assert found.events[-2]["source"]["liquidated"] == CAROL
    assert found.report.findings["forced_close_with_one_row"].count == 1


def test_a_market_liquidation_is_an_ordinary_trade_with_a_mark(fills: Path) -> None:
    rows = both(BOB, ALICE, "BTC", "2", "94", 8, **liquidated("market", ALICE))
    rows[0][1].update(startPosition="-2", closedPnl="12.0", dir="Close Short")
    rows[1][1].update(startPosition="2", closedPnl="-12.0", dir="Close Long")
    found = imported(opened(fills, block_fill(2, *rows)))

    assert len(found.of("market.trade_executed/1")) == 2
    assert [row["price"] for row in found.of("market.mark_price_updated/1")] == [95_000_000]
