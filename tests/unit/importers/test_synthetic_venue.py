"""Does a whole made-up evening add up to its truth? Skipped where it is absent."""

import csv
import json
from collections import Counter
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import pytest

from domain.position import Position, unrealized
from domain.venue import Venue, apply
from tests.unit.importers.archives import SHARED, Imported, differing, imported

FOLDER = SHARED / "hyperliquid_synthetic"
READINGS = {"withdraw": "fee-beside"}
pytestmark = pytest.mark.skipif(not FOLDER.is_dir(), reason="the synthetic venue is not here")


@pytest.fixture(scope="module")
def evening() -> Imported:
    """Everything the venue published, from nothing at 17:05."""
    return imported(FOLDER / "venue", readings=READINGS)


@pytest.fixture(scope="module")
def from_snapshot() -> Imported:
    """The same, beginning with the snapshot of 20:04:54."""
    return imported(FOLDER / "venue", readings=READINGS, from_snapshot=True)


def truth(name: str) -> list[dict[str, str]]:
    with (FOLDER / "truth" / name).open() as stream:
        return list(csv.DictReader(stream))


def said(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((FOLDER / "truth" / name).read_text())
    return found


def units(text: str) -> int:
    """Quote units, which must be whole."""
    scaled = Decimal(text).scaleb(6)
    assert scaled == int(scaled)
    return int(scaled)


def raw_cash(venue: Venue, account: str) -> int:
    """The venue's own money figure: cash less the cost of all positions."""
    return venue.cash.get(account, 0) - sum(
        venue.markets[coin].positions[account].cost for coin in venue.holdings.get(account, ())
    )


def positions(venue: Venue) -> dict[tuple[str, str], Position]:
    return {
        (market.id, account): position
        for market in venue.markets.values()
        for account, position in market.positions.items()
    }


def lots(venue: Venue, coin: str, size: str) -> int:
    scaled = Decimal(size).scaleb(venue.markets[coin].spec.lot_size.places)
    assert scaled == int(scaled)
    return int(scaled)


def test_every_row_is_applied_but_the_spot_rows(evening: Imported) -> None:
    report, counts = evening.report, said("counts.json")

    assert report.kinds["fill", "moved"] == 1892
    assert counts["fill_rows"] == 1892 + counts["spot_fill_rows"]
    assert evening.reasons == {"out_of_scope": counts["spot_fill_rows"]}
    assert report.kinds["funding", "moved"] == counts["misc_events_by_kind"]["Funding deltas"]
    assert (report.counts["single_sides"], report.counts["pairs"]) == (0, 946)
    assert (report.breaks, report.findings) == ([], {})


def test_every_ledger_update_and_every_liquidation_row_is_counted(evening: Imported) -> None:
    counts = said("counts.json")
    ledger = {
        kind.removeprefix("ledger "): sum(
            evening.report.kinds[kind, outcome] for outcome in ("moved", "no_effect")
        )
        for kind, _ in evening.report.kinds
        if kind.startswith("ledger ")
    }

    assert ledger == counts["ledger_updates_by_type"]
    assert evening.report.counts["deleveraged"] == counts["adl_closes"]
    assert evening.report.counts["taken_over"] == counts["takeovers"]


def test_cash_of_every_account_is_met_exactly(evening: Imported) -> None:
    rows = truth("accounts_final.csv")

    assert len(rows) == 60
    assert {row["user"]: units(row["cash"]) for row in rows} == {
        row["user"]: evening.venue.cash.get(row["user"], 0) for row in rows
    }
    assert {account.status for account in evening.report.checked} == {"exact"}
    assert all(account.sums.residues == {} for account in evening.report.checked)


def test_account_values_are_those_of_the_truth(evening: Imported) -> None:
    venue = evening.venue

    for row in truth("accounts_final.csv"):
        assert venue.equity(row["user"]) == units(row["account_value"])
        assert raw_cash(venue, row["user"]) == units(row["raw_usd"])
        assert len(venue.holdings.get(row["user"], ())) == int(row["open_positions"])


def test_every_position_and_its_cost_is_met_exactly(evening: Imported) -> None:
    venue = evening.venue
    held = {key: (one.quantity, one.cost) for key, one in positions(venue).items()}

    assert held == {
        (row["coin"], row["user"]): (
            lots(venue, row["coin"], row["position"]),
            units(row["entry_cost"]),
        )
        for row in truth("positions_final.csv")
    }


def test_every_start_and_every_result_is_reproduced(evening: Imported) -> None:
    checks = evening.report.checks.found

    assert (checks["F3"].checked, checks["F3"].broken) == (1892, 0)
    assert checks["F4"].broken == 0
    assert not evening.report.findings
    assert evening.report.conservation == {"BTC": 0, "ETH": 0, "SOL": 0}


def test_what_the_venue_states_is_met_everywhere(evening: Imported) -> None:
    kinds = evening.report.assertions.kinds

    assert {name: (one.met, one.differs, one.undecidable) for name, one in kinds.items()} == {
        "funding_size": (251, 0, 0),
        "liquidated_notional": (91, 0, 0),
        "liquidation_account_value": (91, 0, 0),
        "stated_account_value": (60, 0, 0),
        "stated_cash": (60, 0, 0),
        "stated_position": (68, 0, 0),
    }


def test_takeovers_and_closes_are_those_of_the_truth(evening: Imported) -> None:
    venue = evening.venue
    taken = [
        (data["bankrupt"], data["vault"], data["quantity"])
        for data in evening.of("market.position_taken_over/1")
    ]
    closed = [
        (event["stream"], event["data"]["victim"], event["data"]["quantity"])
        for event in evening.events
        if event["type"] == "market.position_deleveraged/1"
    ]

    assert taken == [
        (row["user"], row["vault"], abs(lots(venue, row["coin"], row["position"])))
        for row in truth("takeovers.csv")
    ]
    assert closed == [
        (f"market/{row['coin']}", row["user"], lots(venue, row["coin"], row["closed"]))
        for row in truth("adl_closes.csv")
    ]


def test_totals_and_their_identity_are_met(evening: Imported) -> None:
    totals, checked = said("totals.json"), evening.report.checked
    sums = Counter[str]()
    for account in checked:
        sums["funding_sum"] += account.sums.funding
        sums["closed_pnl"] += account.sums.closed_pnl
        sums["deposits"] += account.sums.deposits
        sums["cash_sum"] += account.now.cash
        sums["raw_usd_sum"] += raw_cash(evening.venue, account.sums.account)
        sums["account_value_sum"] += evening.venue.equity(account.sums.account)
        sums["trade_fees"] += account.sums.fees
        sums["withdrawn"] += account.sums.withdrawals
    fees = units(totals["withdraw_fees"])

    assert sums["withdrawn"] == units(totals["withdrawals"]) + fees
    assert evening.venue.cash["treasury"] == units(totals["trade_fees"])
    for name in sums.keys() - {"withdrawn"}:
        assert sums[name] == units(totals[name]), name
    moved = sum(account.sums.transfers for account in checked)
    signed = {"class_in": 1, "class_out": -1, "send_in": 1, "send_out": -1, "transfer_fees": -1}
    assert moved == sum(sign * units(totals[name]) for name, sign in signed.items())
    assert sums["raw_usd_sum"] == (
        sums["deposits"] - sums["withdrawn"] + moved - sums["trade_fees"] + sums["funding_sum"]
    )


def test_the_rounding_of_all_funding_is_called_rounding(evening: Imported) -> None:
    rounds = evening.report.funding_rounds

    assert len(rounds) == 12
    assert all(one.is_complete for one in rounds)
    assert evening.venue.cash["rounding:funding"] == -units(said("totals.json")["funding_sum"])
    assert not any(evening.venue.cash[f"outside:funding:{coin}"] for coin in ("BTC", "ETH", "SOL"))


def decisions() -> list[dict[str, Any]]:
    lines = (FOLDER / "truth" / "adl_decisions.jsonl").read_text().splitlines()
    return [json.loads(line) for line in lines]


def venues_before(found: Imported, stops: Mapping[int, int]) -> dict[int, Venue]:
    """The state before each of these events, by the number it is asked under."""
    venue, states = Venue(), {}
    for event in found.events:
        number = stops.get(event["seq"])
        if number is not None:
            # A fork stays as it is while its parent does; the fold goes on in a fork.
            states[number] = venue
            venue = venue.fork()
        apply(venue, event)
    return states


def first_closes(found: Imported) -> dict[int, int]:
    """Seq of the first close of each decision."""
    first: dict[str, int] = {}
    for row in reversed(truth("adl_closes.csv")):
        first[row["decision"]] = int(row["tid"])
    seqs = {
        event["source"]["tid"]: event["seq"]
        for event in found.events
        if event["type"] == "market.position_deleveraged/1"
    }
    return {seqs[tid]: int(number) for number, tid in first.items()}


def test_the_state_at_each_decision_is_that_of_the_truth(evening: Imported) -> None:
    states = venues_before(evening, first_closes(evening))
    found = decisions()

    assert len(found) == len(states) == 16
    for decision in found:
        venue = states[decision["decision"]]
        market = venue.markets[decision["coin"]]
        mark = venue.markets[decision["coin"]].price
        assert mark == lots_of_price(decision["mark"], market.spec.tick_size.places)
        assert market.previous_mark == lots_of_price(decision["px"], market.spec.tick_size.places)
        loser = decision["liquidated_user"]
        assert venue.equity(loser) == units(decision["liquidated_account_value"])
        assert raw_cash(venue, loser) == units(decision["liquidated_raw_usd"])
        held = market.positions[loser]
        assert held.quantity == lots(venue, decision["coin"], decision["liquidated_position"])
        assert held.cost == units(decision["liquidated_entry_cost"])
        assert len(decision["candidates"]) == decision["candidate_count"]
        for candidate in decision["candidates"]:
            position = market.positions[candidate["user"]]
            expected = lots(venue, decision["coin"], candidate["position"])
            assert (position.quantity, position.cost) == (expected, units(candidate["entry_cost"]))
            assert venue.equity(candidate["user"]) == units(candidate["account_value"])
            assert unrealized(position, mark, 1) == units(candidate["unrealised"])


def lots_of_price(text: str, places: int) -> int:
    scaled = Decimal(text).scaleb(places)
    assert scaled == int(scaled)
    return int(scaled)


def test_closes_against_a_vault_name_the_takeovers_behind_it(evening: Imported) -> None:
    taken = [
        event["source"]["liquidation_id"]
        for event in evening.events
        if event["type"] == "market.position_taken_over/1"
    ]
    first = first_closes(evening)
    named = {
        first[event["seq"]]: event["source"].get("takeovers", "")
        for event in evening.events
        if event["seq"] in first
    }

    for decision in decisions():
        behind = dict.fromkeys(taken[number - 1] for number in decision["takeovers"])
        assert named[decision["decision"]] == ",".join(behind)


def test_what_was_said_of_a_decision_does_not_change_when_later_rows_are_left_out(
    evening: Imported,
) -> None:
    for decision in decisions()[::8]:
        block = decision["block_number"]
        cut = imported(FOLDER / "venue", readings=READINGS, until=str(block))

        rest = imported(FOLDER / "venue", readings=READINGS, after=cut)
        assert cut.events + rest.events == evening.events
        assert rest.report.findings == {}
        blocks = [int(event["source"].get("block", 0)) for event in cut.events]
        assert max(blocks) == block
        assert cut.reasons["after_end"] > 0


def test_from_the_snapshot_every_value_is_exact_and_every_position_too(
    from_snapshot: Imported,
) -> None:
    found, venue = from_snapshot, from_snapshot.venue
    counts = said("counts.json")

    assert found.reasons["before_snapshot"] >= counts["fill_rows_before_snapshot"]
    assert found.report.kinds["fill", "moved"] == counts["fill_rows_in_window"] - 8
    assert (found.report.breaks, found.report.findings) == ([], {})
    assert found.report.counts["accounts_begun_by_a_state"] == 60
    for row in truth("accounts_final.csv"):
        assert raw_cash(venue, row["user"]) == units(row["raw_usd"])
        assert venue.equity(row["user"]) == units(row["account_value"])
    held = {key: one.quantity for key, one in positions(venue).items()}
    assert held == {
        (row["coin"], row["user"]): lots(venue, row["coin"], row["position"])
        for row in truth("positions_final.csv")
    }
    assert venue.cash.get("outside:snapshot-rounding", 0) == 0
    assert found.report.assertions.kinds["liquidation_account_value"].met == 91


def test_from_the_snapshot_costs_are_exact_or_known_to_be_unknown(from_snapshot: Imported) -> None:
    expected = {
        (row["coin"], row["user"]): units(row["entry_cost"]) for row in truth("positions_final.csv")
    }
    found = positions(from_snapshot.venue)

    assert {key: one.cost for key, one in found.items() if one.basis_known} == {
        key: expected[key] for key, one in found.items() if one.basis_known
    }
    assert sum(one.basis_known for one in found.values()) > len(found) // 2


def test_withdrawals_with_a_fee_wait_for_a_reading() -> None:
    found = imported(FOLDER / "venue" / "misc_events_by_block")

    assert found.reasons == {"effect_unknown": 20}
    doubted = {row.account for row in found.report.rejected}
    # Without fills the books know no position, and what the venue says of them differs.
    doubted |= {one["account"] for one in differing(found)}
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
