"""Which facts do liquidations, takeovers and auto-deleveraging closes become?"""

from pathlib import Path
from typing import Any

import pytest

from importers.hyperliquid.tables import CLOSE_COLUMNS
from tests.recorded import audited
from tests.unit.importers.archives import (
    ALICE,
    BOB,
    CAROL,
    NOON,
    VAULT,
    at,
    block_fill,
    both,
    fill,
    imported,
    ledger_update,
    misc_line,
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


def test_an_adl_close_with_the_winners_row_alone_names_the_outside(fills: Path) -> None:
    row = fill(
        "BTC", "B", "1", "96", "-1", dir="Auto-Deleveraging", **liquidated("backstop", CAROL)
    )
    found = imported(written(fills, row), account=BOB)

    (closed,) = found.of("market.position_deleveraged/1")
    assert (closed["bankrupt"], closed["victim"]) == (COUNTERPARTY, BOB)
    assert (closed["quantity_before"], closed["quantity_after"]) == (-1, 0)
    assert found.lots(COUNTERPARTY, "BTC") == -1
    (event,) = [one for one in found.events if one["data"] is closed]
    assert event["source"]["label"] == "Auto-Deleveraging"
    assert event["source"]["liquidated"] == CAROL
    assert event["source"]["liquidation_id"] == f"758000000:{CAROL}"
    assert found.report.findings["forced_close_with_one_row"].count == 1


def lone_loser(price: str, mark: str) -> dict[str, Any]:
    """Alice's long of 2 is closed, and nobody says against whom."""
    label = "Liquidated Cross Long"
    forced = liquidated("backstop", ALICE, mark)
    return fill("BTC", "A", "2", price, "2", dir=label, crossed=False, **forced)


@pytest.mark.parametrize(
    ("price", "mark", "kind"),
    [("96", "94", "position_deleveraged"), ("92", "94", "position_taken_over")],
)
def test_a_lone_losers_close_is_a_trade_unless_the_hint_is_taken(
    fills: Path, price: str, mark: str, kind: str
) -> None:
    path = written(fills, lone_loser(price, mark))
    plain = imported(path, account=ALICE)
    hinted = imported(path, account=ALICE, readings={"loneLoser": "hint"})

    short = "adl" if kind == "position_deleveraged" else "takeover"
    assert plain.report.findings[f"lone_loser_points_to_{short}"].count == 1
    assert plain.of(f"market.{kind}/1") == []
    (named,) = hinted.of(f"market.{kind}/1")
    assert named["bankrupt"] == ALICE
    assert COUNTERPARTY in named.values()
    assert plain.venue.cash == hinted.venue.cash


def test_a_takeover_without_its_loser_needs_somebody_outside_who_holds_it(fills: Path) -> None:
    label = "Liquidated Cross Long"
    forced = liquidated("backstop", CAROL)
    row = fill("BTC", "B", "2", "94", dir=label, **forced)
    alone = imported(written(fills, row), account=VAULT)

    assert alone.of("market.position_taken_over/1") == []
    assert alone.report.findings["takeover_without_its_loser"].count == 1

    sold = fill("BTC", "A", "3", "94", **at(1))
    taken = {**row, **at(2), "startPosition": "-3.0", "sz": "2"}
    held = imported(written(fills, sold, taken), account=VAULT)
    (over,) = held.of("market.position_taken_over/1")
    assert (over["bankrupt"], over["vault"]) == (COUNTERPARTY, VAULT)


def test_a_liquidation_keeps_its_name_from_book_to_takeover_to_closes(fills: Path) -> None:
    """Alice is liquidated in the book, taken over, and the vault is closed against bob."""
    market = both(
        CAROL,
        ALICE,
        "BTC",
        "1",
        "94",
        8,
        seller_start="2",
        seller_closedPnl="-6.0",
        **liquidated("market", ALICE),
    )
    over = both(
        VAULT,
        ALICE,
        "BTC",
        "1",
        "90",
        9,
        seller_start="1",
        seller_closedPnl="-10.0",
        dir="Liquidated Cross Long",
        **liquidated("backstop", ALICE),
    )
    closed = both(
        BOB,
        VAULT,
        "BTC",
        "1",
        "80",
        10,
        buyer_start="-2",
        buyer_dir="Auto-Deleveraging",
        buyer_closedPnl="20.0",
        seller_start="1",
        seller_dir="Liquidated Cross Long",
        seller_closedPnl="-10.0",
        **liquidated("backstop", VAULT, "79.0"),
    )
    lines = (block_fill(2, *market), block_fill(32, *over), block_fill(40, *closed))
    found = imported(opened(fills, *lines))

    first, second = f"758000024:{ALICE}", f"758000480:{VAULT}"
    named = {
        event["type"]: event["source"]
        for event in found.events
        if "liquidation_id" in event["source"]
    }
    assert named["market.trade_executed/1"]["liquidation_id"] == first
    assert named["market.position_taken_over/1"]["liquidation_id"] == first
    assert named["market.position_deleveraged/1"]["liquidation_id"] == second
    assert named["market.position_deleveraged/1"]["takeovers"] == first
    trades = [data.get("liquidation_id") for data in found.of("market.trade_executed/1")]
    assert trades == [None, first]

    # Minutes later it would be another liquidation.
    much_later = imported(opened(fills, lines[0], block_fill(600, *over)))
    (over_event,) = much_later.of("market.position_taken_over/1")
    assert over_event["liquidation_id"] == f"758007200:{ALICE}"


def test_closes_of_one_block_are_looked_at_together(fills: Path) -> None:
    def closed(winner: str, size: str, price: str, tid: int, start: str, loser_start: str) -> Any:
        return both(
            winner,
            ALICE,
            "BTC",
            size,
            price,
            tid,
            buyer_start=start,
            buyer_dir="Auto-Deleveraging",
            buyer_closedPnl="4.0",
            seller_start=loser_start,
            seller_dir="Liquidated Cross Long",
            seller_closedPnl="-4.0",
            **liquidated("backstop", ALICE),
        )

    start = block_fill(
        1,
        *both(ALICE, BOB, "BTC", "2", "100", 7),
        *both(ALICE, CAROL, "BTC", "2", "100", 8, buyer_start="2"),
    )
    sound = [*closed(BOB, "2", "96", 9, "-2", "4"), *closed(CAROL, "1", "96", 10, "-2", "2")]
    odd = [*closed(BOB, "1", "96", 9, "-2", "4"), *closed(CAROL, "1", "95", 10, "-2", "3")]
    for rows, broken in ((sound, set()), (odd, {"A5", "A7"})):
        found = imported(written(fills, start, block_fill(2, *rows)))
        checks = found.report.checks.found
        assert {name for name in checks if checks[name].broken and name[0] == "A"} == broken
        assert (checks["A1"].checked, checks["A9"].checked) == (2, 1)


def test_what_a_takeover_leaves_stays_or_goes_outside(fills: Path, tmp_path: Path) -> None:
    money = misc_line(0, ledger_update([ALICE], "deposit", usdc="12.000001"))
    rows = both(
        VAULT,
        ALICE,
        "BTC",
        "2",
        "94",
        8,
        dir="Liquidated Cross Long",
        seller_start="2",
        seller_closedPnl="-12.0",
        **liquidated("backstop", ALICE),
    )
    paths = [written(tmp_path / "m.jsonl", money), opened(fills, block_fill(2, *rows))]
    kept = imported(*paths)
    moved = imported(*paths, readings={"takeoverResidue": "outside"})

    assert kept.venue.cash[ALICE] == 1
    assert kept.report.counts["takeovers_that_leave_a_residue"] == 1
    assert (moved.venue.cash[ALICE], moved.venue.cash["outside:liquidation-residue"]) == (0, 1)


def test_a_market_liquidation_is_an_ordinary_trade_with_a_mark(fills: Path) -> None:
    rows = both(BOB, ALICE, "BTC", "2", "94", 8, **liquidated("market", ALICE))
    rows[0][1].update(startPosition="-2", closedPnl="12.0", dir="Close Short")
    rows[1][1].update(startPosition="2", closedPnl="-12.0", dir="Close Long")
    found = imported(opened(fills, block_fill(2, *rows)))

    assert len(found.of("market.trade_executed/1")) == 2
    assert [row["price"] for row in found.of("market.mark_price_updated/1")] == [95_000_000]


def test_a_list_without_fees_leaves_the_fee_of_a_close_unknown(tmp_path: Path) -> None:
    row = f"{ALICE},BTC,{NOON},100,1.5,-1.5,3.0,{VAULT}"
    found = imported(written(tmp_path / "closes.csv", ",".join(CLOSE_COLUMNS), row))

    ((close,),) = (one.closes for one in audited(found.events))
    answers = {one.name: str(one.answer) for one in close.checks}
    assert answers["fee_zero"] == "unknown"
    assert answers["not_over_closed"] == "yes"
