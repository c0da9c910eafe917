"""Does a whole made-up evening add up to its truth? Skipped where it is absent."""

import csv
import json
from decimal import Decimal

import pytest

from tests.unit.importers.archives import SHARED, Imported, imported

FOLDER = SHARED / "hyperliquid_synthetic"
pytestmark = pytest.mark.skipif(not FOLDER.is_dir(), reason="the synthetic venue is not here")


@pytest.fixture(scope="module")
def evening() -> Imported:
    venue = FOLDER / "venue"
    names = ("node_fills_by_block", "misc_events_by_block", "meta.json", "marks_by_block.csv")
    paths = [venue / name for name in names]
    return imported(*paths, readings={"withdraw": "fee-beside"})


def truth(name: str) -> list[dict[str, str]]:
    with (FOLDER / "truth" / name).open() as stream:
        return list(csv.DictReader(stream))


def test_every_row_is_applied_but_the_spot_rows(evening: Imported) -> None:
    report = evening.report

    assert report.kinds["fill", "moved"] == 1892
    assert evening.reasons == {"out_of_scope": 8}
    assert report.kinds["funding", "moved"] + report.kinds["funding", "no_effect"] == 251
    assert report.counts["single_sides"] == 0
    assert (report.breaks, report.findings) == ([], {})


def test_cash_of_every_account_is_met_exactly(evening: Imported) -> None:
    rows = truth("accounts_final.csv")

    assert len(rows) == 60
    assert {row["user"]: Decimal(row["cash"]) for row in rows} == {
        row["user"]: Decimal(evening.venue.cash.get(row["user"], 0)).scaleb(-6) for row in rows
    }
    assert {account.status for account in evening.report.checked} == {"exact"}
    assert all(account.sums.residues == {} for account in evening.report.checked)


def test_every_position_and_its_cost_is_met_exactly(evening: Imported) -> None:
    held = {
        (market.id, account): (
            Decimal(position.quantity).scaleb(-market.spec.lot_size.places),
            Decimal(position.cost).scaleb(-6),
        )
        for market in evening.venue.markets.values()
        for account, position in market.positions.items()
    }

    assert held == {
        (row["coin"], row["user"]): (Decimal(row["position"]), Decimal(row["entry_cost"]))
        for row in truth("positions_final.csv")
    }


def test_takeovers_and_adl_closes_are_those_of_the_truth(evening: Imported) -> None:
    taken = [
        (data["bankrupt"], data["vault"], data["quantity"])
        for data in evening.of("market.position_taken_over/1")
    ]
    places = {name: market.spec.lot_size.places for name, market in evening.venue.markets.items()}
    closed = [
        (event["stream"], event["data"]["victim"], event["data"]["quantity"])
        for event in evening.events
        if event["type"] == "market.position_deleveraged/1"
    ]

    def lots(row: dict[str, str], field: str) -> int:
        return abs(int(Decimal(row[field]).scaleb(places[row["coin"]])))

    assert taken == [
        (row["user"], row["vault"], lots(row, "position")) for row in truth("takeovers.csv")
    ]
    assert closed == [
        (f"market/{row['coin']}", row["user"], lots(row, "closed"))
        for row in truth("adl_closes.csv")
    ]


def test_totals_are_met(evening: Imported) -> None:
    totals = json.loads((FOLDER / "truth" / "totals.json").read_text())
    checked = evening.report.checked

    def said(field: str) -> int:
        return int(Decimal(totals[field]).scaleb(6))

    assert evening.venue.cash["treasury"] == said("trade_fees")
    assert sum(account.sums.funding for account in checked) == said("funding_sum")
    assert sum(account.sums.closed_pnl for account in checked) == said("closed_pnl")
    assert sum(account.sums.deposits for account in checked) == said("deposits")
    assert sum(account.now.cash for account in checked) == said("cash_sum")


def test_withdrawals_with_a_fee_wait_for_a_reading() -> None:
    found = imported(FOLDER / "venue" / "misc_events_by_block")

    assert found.reasons == {"effect_unknown": 20}
    doubted = {row.account for row in found.report.rejected}
    checked = found.report.checked
    assert {one.sums.account for one in checked if one.status == "cash uncertain"} == doubted


def test_minute_marks_of_traded_coins_are_booked() -> None:
    venue = FOLDER / "venue"
    found = imported(venue / "node_fills_by_block", venue / "asset_ctxs", venue / "meta.json")

    lines = (venue / "asset_ctxs" / "20251010.csv").read_text().splitlines()
    last = {line.split(",")[1]: Decimal(line.split(",")[8]) for line in lines[1:]}
    kinds = found.report.kinds
    assert kinds["mark", "moved"] + kinds["mark", "no_effect"] == len(lines) - 1
    assert last == {
        name: Decimal(market.price).scaleb(market.spec.lot_size.places - 6)
        for name, market in found.venue.markets.items()
    }
