"""What does one fill, or a pair of them, do to positions and money?"""

from pathlib import Path
from typing import Any

import pytest

from tests.unit.importers.archives import (
    ALICE,
    BOB,
    NOON,
    at,
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


def test_both_rows_of_a_match_become_one_trade(fills: Path) -> None:
    rows = both(ALICE, BOB, "BTC", "0.5", "100.0", 7, buyer_fee="0.02", seller_fee="-0.01")
    found = imported(written(fills, block_fill(1, *rows)))

    assert found.of("market.trade_executed/1") == [
        {
            "buyer": ALICE,
            "buyer_fee": 20_000,
            "price": 10_000_000,
            "purpose": "recorded",
            "quantity": 5,
            "seller": BOB,
            "seller_fee": -10_000,
            "trade_id": "7:758000012",
        }
    ]
    assert found.report.counts["pairs"] == 1
    assert found.report.moved == 2
    assert found.venue.cash["treasury"] == 10_000
    assert found.events[-1]["time"] == (NOON + 1000) * 1_000_000 + 123_456


def test_a_lone_row_is_booked_against_the_outside_counterparty_of_its_coin(fills: Path) -> None:
    found = imported(written(fills, fill("BTC", "B", "2.0", "100.0", fee="0.1")), account=ALICE)

    assert (found.lots(ALICE, "BTC"), found.lots(COUNTERPARTY, "BTC")) == (2, -2)
    assert found.venue.cash[ALICE] == -100_000
    assert found.report.counts["single_sides"] == 1


def test_accounts_and_markets_are_opened_before_their_first_use(fills: Path) -> None:
    found = imported(written(fills, block_fill(1, *both(ALICE, BOB, "BTC", "1", "9", 7))))

    assert [event["type"] for event in found.events] == [
        "venue.opened/1",
        "market.listed/1",
        "account.opened/1",
        "account.opened/1",
        "market.trade_executed/1",
    ]
    assert found.events[0]["data"]["kind"] == "recorded"


def test_a_position_met_in_the_middle_of_its_life_is_opened_against_outside(fills: Path) -> None:
    found = imported(written(fills, fill("BTC", "B", "1.0", "100.0", "-3.0")), account=ALICE)

    opening, trade = found.of("market.trade_executed/1")
    assert (opening["purpose"], opening["price"], opening["quantity"]) == ("opening", 0, 3)
    assert opening["buyer"] == "outside:opening:BTC"
    assert trade["buyer_realized"] == 0
    assert not found.venue.markets["BTC"].positions[ALICE].basis_known
    assert found.report.checked[0].status == "unknown opening"


def test_closing_a_position_of_unknown_cost_leaves_the_printed_result_in_cash(fills: Path) -> None:
    rows = [
        fill("BTC", "A", "1.0", "120.0", "4.0", **at(1, closedPnl="20.0", fee="0.5")),
        fill("BTC", "A", "3.0", "110.0", "3.0", **at(2, closedPnl="30.0", fee="1.5")),
    ]
    found = imported(written(fills, *rows), account=ALICE)

    assert found.venue.cash[ALICE] == 48_000_000
    moved = found.of("account.collateral_moved/1")
    assert [(row["reason"], row["to"]) for row in moved] == [
        ("opening_basis", "outside:opening:BTC")
    ]
    assert found.report.checked[0].sums.residues == {}


def test_a_flip_of_unknown_cost_is_corrected_once_and_known_from_there(fills: Path) -> None:
    rows = [
        fill("BTC", "A", "3.0", "120.0", "2.0", **at(1, closedPnl="40.0", dir="Long > Short")),
        fill("BTC", "B", "1.0", "100.0", "-1.0", **at(2, closedPnl="20.0", dir="Close Short")),
    ]
    found = imported(written(fills, *rows), account=ALICE)

    assert found.venue.cash[ALICE] == 60_000_000
    assert len(found.of("account.collateral_moved/1")) == 1
    assert found.report.findings == {}


def test_a_reduction_books_the_printed_result_and_names_what_truncation_left(fills: Path) -> None:
    # Bought at an average of 100.333…, which the venue cuts to 100.333333 for a size of 0 decimals.
    rows = [
        fill("BTC", "B", "1", "100", **at(1)),
        fill("BTC", "B", "2", "100.5", "1", **at(2)),
        fill("BTC", "A", "2", "110", "3", **at(3, closedPnl="19.333334")),
        fill("BTC", "A", "1", "110", "1", **at(4, closedPnl="9.666667")),
    ]
    found = imported(written(fills, *rows), account=ALICE)

    assert found.of("market.trade_executed/1")[2]["seller_realized"] == 19_333_334
    assert "seller_realized" not in found.of("market.trade_executed/1")[3]
    assert found.of("account.collateral_moved/1") == []
    # 110·3 − 301 is what came in; one millionth more was printed.
    assert found.venue.cash[ALICE] == 29_000_000
    assert found.report.checked[0].sums.residues == {"average_price_truncation": -1}


def test_a_result_that_no_truncation_explains_is_a_finding(fills: Path) -> None:
    rows = [
        fill("BTC", "B", "1", "100", **at(1)),
        fill("BTC", "A", "1", "110", "1", **at(2, closedPnl="10.5")),
    ]
    found = imported(written(fills, *rows), account=ALICE)

    assert found.venue.cash[ALICE] == 10_000_000
    assert found.report.checked[0].sums.residues == {"closed_pnl_differs": -500_000}
    assert found.report.findings["closed_pnl_differs"].count == 1


@pytest.mark.parametrize("is_paired", [False, True])
def test_a_wrong_result_of_a_part_is_a_finding_where_it_is_printed(
    fills: Path, *, is_paired: bool
) -> None:
    """It is booked as it is printed; nobody waits until the position is closed."""

    def close(second: int, starts: tuple[str, str], result: str) -> list[tuple[str, Any]]:
        sold = {"seller_start": starts[0], "seller_dir": "Close Long", "seller_closedPnl": result}
        bought = {"buyer_start": starts[1], "buyer_dir": "Open Long"}
        pair = both(BOB, ALICE, "BTC", "1", "110", second, **sold, **bought)
        return pair if is_paired else pair[1:]

    rows = [
        block_fill(1, (ALICE, fill("BTC", "B", "4", "100", **at(1)))),
        block_fill(2, *close(2, ("4", "0"), "10.000001")),
        block_fill(3, *close(3, ("3", "1"), "10.5")),
        # Right again; only the cost that the wrong one left makes it look otherwise.
        block_fill(4, *close(4, ("2", "2"), "10")),
    ]
    found = imported(written(fills, *rows))

    finding = found.report.findings["closed_pnl_differs"]
    assert (finding.count, finding.first.partition("#")[0]) == (1, "fills.jsonl:3")
    assert found.report.checked[0].sums.residues == {}


@pytest.mark.parametrize(
    ("start", "size"), [("0.0", "3.0"), ("5.0", "3.0"), ("-5.0", "3.0"), ("-2.0", "3.0")]
)
def test_a_self_match_changes_no_position(fills: Path, start: str, size: str) -> None:
    first = fill("BTC", "B", size, "90.0", start, closedPnl="0.0")
    second = fill("BTC", "A", size, "90.0", start, closedPnl="0.0")
    found = imported(written(fills, first, second), account=ALICE)

    assert found.lots(ALICE, "BTC") == int(start.partition(".")[0])
    assert found.report.counts["self_matches"] == 1
    assert found.venue.cash[ALICE] == 0
    assert COUNTERPARTY not in found.venue.accounts


def test_two_matches_of_one_account_at_one_price_are_no_self_match(fills: Path) -> None:
    bought = fill("BTC", "B", "1", "90.0", "0.0", tid=None, oid=1)
    sold = fill("BTC", "A", "1", "90.0", "1.0", tid=None, oid=2)
    found = imported(written(fills, bought, sold), account=ALICE)

    assert (found.report.counts["self_matches"], found.report.counts["single_sides"]) == (0, 2)
    assert found.report.breaks == []


def test_a_gap_in_the_chain_is_booked_openly_and_reported(fills: Path) -> None:
    rows = [
        fill("BTC", "B", "2.0", "100.0", **at(1)),
        fill("BTC", "A", "1.0", "110.0", "5.0", **at(2, closedPnl="8.0")),
    ]
    found = imported(written(fills, *rows), account=ALICE)

    gap = found.of("market.trade_executed/1")[1]
    assert (gap["purpose"], gap["quantity"], gap["seller"]) == ("gap", 3, "outside:gap:BTC")
    assert found.lots(ALICE, "BTC") == 4
    assert found.venue.cash[ALICE] == 8_000_000
    (broken,) = found.report.breaks
    assert (broken.held, broken.start, broken.place) == (2, 5, "fills.jsonl:2#0")
    assert found.report.checked[0].status == "gap"


@pytest.mark.parametrize("start", ["1.0", "0.0", "-4.0"])
def test_a_gap_that_takes_lots_away_moves_no_cash(fills: Path, start: str) -> None:
    rows = [
        fill("BTC", "B", "3.0", "100.0", **at(1)),
        fill("BTC", "A", "1.0", "110.0", start, **at(2, closedPnl="2.0", dir=None)),
    ]
    found = imported(written(fills, *rows), account=ALICE)

    assert found.lots(ALICE, "BTC") == int(start.partition(".")[0]) - 1
    printed = 2_000_000
    booked = found.report.checked[0].sums.residue
    assert found.venue.cash[ALICE] == printed + booked


def test_a_trade_price_is_never_a_mark(fills: Path) -> None:
    found = imported(written(fills, block_fill(1, *both(ALICE, BOB, "BTC", "2", "100", 7))))

    assert found.venue.markets["BTC"].mark is None


def test_a_known_vault_of_the_venue_has_the_role_of_one(fills: Path) -> None:
    liquidator = "0x2e3d94f0562703b25c83308a05046ddaf9a8dd14"
    found = imported(written(fills, fill("BTC", "B", "1", "9")), account=liquidator)

    assert found.venue.accounts[liquidator].role == "vault"


def test_a_builder_dex_has_an_account_of_its_own(fills: Path) -> None:
    rows = [fill("xyz:GOLD", "B", "1.5", "9", **at(1)), fill("BTC", "B", "1", "9", **at(2))]
    found = imported(written(fills, *rows), account=ALICE)

    assert found.lots(f"{ALICE}@xyz", "xyz:GOLD") == 15
    assert found.lots(ALICE, "BTC") == 1


def test_matches_of_one_millisecond_with_numbers_of_their_own_are_all_kept(fills: Path) -> None:
    rows = [
        fill("BTC", "B", "1", "9", "-3", tid=1),
        fill("BTC", "B", "1", "9", "-2", tid=2),
        fill("BTC", "B", "1", "9", "-1", tid=3),
    ]
    found = imported(written(fills, *rows), account=ALICE)

    assert (found.report.moved, found.report.breaks) == (3, [])


def test_extra_fields_are_counted_and_refuse_nothing(fills: Path) -> None:
    found = imported(written(fills, fill("BTC", "B", "1", "9", priorityGas="1")), account=ALICE)

    assert found.report.findings["extra field priorityGas"].count == 1
    assert found.report.moved == 1


@pytest.mark.parametrize(
    ("label", "finding"),
    [
        ("Close Long", "label_contradicts: Close Long"),
        ("Open Short", "label_contradicts: Open Short"),
        ("Settlement", "label_contradicts: Settlement"),
        ("Sideways", "label_unknown: Sideways"),
    ],
)
def test_a_label_never_decides_but_a_strange_one_is_reported(
    fills: Path, label: str, finding: str
) -> None:
    found = imported(written(fills, fill("BTC", "B", "1", "9", dir=label)), account=ALICE)

    assert list(found.report.findings) == [finding]
    assert found.lots(ALICE, "BTC") == 1


def test_a_lone_settlement_stands_against_its_own_outside_account(fills: Path) -> None:
    row = fill("IP", "B", "5", "0.3", "-5", dir="Settlement", closedPnl="1.5")
    found = imported(written(fills, row), account=ALICE)

    assert found.lots("outside:settlement:IP", "IP") == -5
    assert found.report.findings == {}


def old_trade(coin: str = "COMP", **more: Any) -> dict[str, Any]:
    sides = [
        {"user": ALICE, "start_pos": "1.0", "oid": 1},
        {"user": BOB, "start_pos": "0", "oid": 2},
    ]
    return {
        "coin": coin,
        "side": "B",
        "time": "2024-07-26T08:26:25.899",
        "px": "51.367",
        "sz": "0.31",
        "hash": "0x" + "0" * 64,
        "trade_dir_override": "Na",
        "side_info": sides,
        **more,
    }


def test_an_old_trade_is_one_row_with_two_sides_and_unknown_fees(fills: Path) -> None:
    found = imported(written(fills, old_trade(), old_trade("@151"), old_trade(side_info=[])))

    assert found.report.moved == 1
    assert found.reasons == {"out_of_scope": 1, "bad_field": 1}
    assert (found.lots(ALICE, "COMP"), found.lots(BOB, "COMP")) == (131, -31)
    assert {account.status for account in found.report.checked} == {
        "cash uncertain, unknown cash",
        "cash uncertain, unknown opening",
    }
