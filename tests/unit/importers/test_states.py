"""What becomes of snapshots and of the venue's own answers about an account?"""

import json
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from importers.hyperliquid.window import BadWindow
from tests.unit.importers.archives import (
    ALICE,
    BLOCK,
    BOB,
    CAROL,
    NOON,
    Imported,
    block_fill,
    both,
    differing,
    imported,
    ledger_update,
    misc_line,
    written,
)
from tests.unit.importers.test_marks_by_block import block_marks

SECOND = 5
MILLISECOND = NOON + SECOND * 1000
NAME = f"{BLOCK + SECOND * 12}_{MILLISECOND}.json"


def account_values(folder: Path, **values: float) -> Path:
    """A snapshot's account values."""
    users = {"alice": ALICE, "bob": BOB, "carol": CAROL}
    rows = [
        {"user": users[name], "account_value": value, "total_long_notional": 0.0}
        for name, value in values.items()
    ]
    path = folder / f"account_value_snapshot_{NAME}"
    path.write_text(json.dumps(rows))
    return path


def positions(folder: Path, coin: str = "BTC", **held: tuple[float, float]) -> Path:
    """A snapshot's positions of one market as (size, notional)."""
    users = {"alice": ALICE, "bob": BOB, "carol": CAROL}
    entries = [
        {"user": users[name], "size": size, "notional_size": notional, "entry_price": 99.0}
        for name, (size, notional) in held.items()
    ]
    market = {
        "market_name": f"hyperliquid:{coin}",
        "snapshot_id": f"custom_{MILLISECOND}",
        "position_count": len(entries),
        "positions": entries,
    }
    path = folder / f"perp_positions_by_market_{NAME}"
    path.write_text(json.dumps([market]))
    return path


def evening(folder: Path) -> list[Path]:
    """Alice and bob bring 100 each, trade 2 at 100; the mark falls to 80; alice sells 1 at 70."""
    money = [ledger_update([user], "deposit", usdc="100.0") for user in (ALICE, BOB)]
    closed = both(
        BOB,
        ALICE,
        "BTC",
        "1",
        "70",
        9,
        buyer_start="-2",
        seller_start="2",
        buyer_closedPnl="30.0",
        seller_closedPnl="-30.0",
    )
    return [
        written(folder / "misc.jsonl", misc_line(0, *money)),
        written(
            folder / "fills.jsonl",
            block_fill(1, *both(ALICE, BOB, "BTC", "2", "100", 7)),
            block_fill(9, *closed),
        ),
        block_marks(folder / "marks.csv", (2, "BTC", "80"), (8, "BTC", "72")),
    ]


def met(found: Imported) -> dict[str, tuple[int, int, int]]:
    kinds = found.report.assertions.kinds
    return {name: (one.met, one.differs, one.undecidable) for name, one in kinds.items()}


def test_a_snapshot_of_known_accounts_is_compared_and_moves_nothing(tmp_path: Path) -> None:
    paths = evening(tmp_path)
    alone = imported(*paths)
    paths += [
        account_values(tmp_path, alice=60.0, bob=140.0),
        positions(tmp_path, alice=(2.0, 160.0), bob=(-2.0, 160.0)),
    ]
    found = imported(*paths)

    assert [e["data"] for e in found.events] == [e["data"] for e in alone.events]
    assert met(found) == {
        "stated_account_value": (2, 0, 0),
        "stated_cash": (2, 0, 0),
        "stated_position": (2, 0, 0),
    }
    assert found.report.kinds["snapshot position", "no_effect"] == 2


def test_what_differs_from_a_snapshot_is_a_finding_with_its_amount(tmp_path: Path) -> None:
    paths = [
        *evening(tmp_path),
        account_values(tmp_path, alice=60.5, bob=140.0),
        positions(tmp_path, alice=(2.0, 160.0), bob=(-1.0, 80.0)),
    ]
    found = imported(*paths)

    assert set(found.report.findings) == {
        "stated_account_value_differs",
        "stated_cash_differs",
        "stated_position_differs",
    }
    alice, bob = found.report.cash_compared
    assert (alice.difference, bob.difference) == (Fraction(-1, 2), Fraction(80))
    assert alice.quantum < Fraction(1, 100_000)
    # Each is said once, whatever else differs.
    assert [one["account"] for one in differing(found)] == [ALICE, BOB]


def test_a_log_can_begin_with_a_snapshot(tmp_path: Path) -> None:
    paths = [
        *evening(tmp_path),
        account_values(tmp_path, alice=60.0, bob=140.0, carol=7.25),
        positions(tmp_path, alice=(2.0, 160.0), bob=(-2.0, 160.0)),
    ]
    found = imported(*paths, from_snapshot=True)

    assert found.reasons == {"before_snapshot": 5}
    assert found.of("venue.fact_rejected/1") == []
    assert {one.status for one in found.report.checked} == {"exact"}
    assert found.venue.cash[CAROL] == 7_250_000
    # Equity is that of the whole evening: cash less cost, and lots at the mark.
    whole = imported(*evening(tmp_path))
    assert found.venue.equity(ALICE) == whole.venue.equity(ALICE) == 42_000_000
    assert found.venue.equity(BOB) == whole.venue.equity(BOB)


def test_the_first_printed_result_tells_the_entry_price_that_a_snapshot_did_not(
    tmp_path: Path,
) -> None:
    paths = [
        *evening(tmp_path),
        account_values(tmp_path, alice=60.0, bob=140.0),
        positions(tmp_path, alice=(2.0, 160.0), bob=(-2.0, 160.0)),
    ]
    before = imported(*paths, from_snapshot=True, until="2025-10-10T12:00:08Z")
    after = imported(*paths, from_snapshot=True)

    assert before.venue.markets["BTC"].positions[ALICE].cost == 0
    held = after.venue.markets["BTC"].positions[ALICE]
    assert (held.quantity, held.cost, held.basis_known) == (1, 100_000_000, False)
    (alice, _bob) = after.report.checked
    assert alice.sums.residues == {"opening_cost": 200_000_000}
    assert "opening_basis" not in {
        data["reason"] for data in after.of("account.collateral_moved/1")
    }


def test_notionals_off_the_price_grid_leave_their_rounding_outside(tmp_path: Path) -> None:
    found = imported(
        account_values(tmp_path, alice=10.0000004),
        positions(tmp_path, alice=(3.0, 10.0000004)),
    )

    # 3.33333346… is 3.333333 on the grid of a coin without size decimals.
    assert found.venue.markets["BTC"].mark == 3_333_333
    assert found.venue.cash["outside:snapshot-rounding"] == -1
    assert found.venue.equity(ALICE) == 10_000_000
    assert found.report.quantised > 0


def test_floats_are_read_by_their_digits(tmp_path: Path) -> None:
    path = account_values(tmp_path, alice=1.0)
    path.write_text(path.read_text().replace("1.0,", "12345e-3,"))
    found = imported(path)

    assert found.venue.cash[ALICE] == 12_345_000


def test_a_position_without_an_account_value_leaves_the_cash_unknown(tmp_path: Path) -> None:
    found = imported(positions(tmp_path, alice=(2.0, 160.0)))

    assert found.lots(ALICE, "BTC") == 2
    assert found.report.findings["snapshot_position_without_account_value"].count == 1
    assert found.report.checked[0].status == "unknown opening"


def test_a_snapshot_gives_an_unknown_account_its_equity(tmp_path: Path) -> None:
    money, fills, marks = evening(tmp_path)
    money.unlink()
    found = imported(
        fills,
        marks,
        account_values(tmp_path, alice=60.0),
        positions(tmp_path, alice=(2.0, 160.0)),
    )

    status = {one.sums.account: one.status for one in found.report.checked}
    assert status == {ALICE: "exact", BOB: "unknown cash"}
    assert found.venue.equity(ALICE) == 42_000_000


def test_positions_that_the_books_never_met_begin_with_a_snapshot_too(tmp_path: Path) -> None:
    paid = {
        "user": ALICE,
        "coin": "BTC",
        "funding_amount": "-1.0",
        "szi": "2.0",
        "funding_rate": "0.00001",
    }
    misc = written(tmp_path / "misc.jsonl", misc_line(1, {"Funding": {"deltas": [paid]}}))
    found = imported(
        misc, account_values(tmp_path, alice=60.0), positions(tmp_path, alice=(2.0, 160.0))
    )

    (alice,) = found.report.checked
    assert (alice.status, alice.positions) == ("exact", {"BTC": 2})
    assert found.venue.equity(ALICE) == 60_000_000
    assert found.report.findings == {}


def test_a_snapshot_of_the_past_is_not_compared_again(tmp_path: Path) -> None:
    paths = [
        *evening(tmp_path),
        account_values(tmp_path, alice=60.0, bob=140.0),
        positions(tmp_path, alice=(2.0, 160.0), bob=(-2.0, 160.0)),
    ]
    again = imported(*paths, after=imported(*paths))

    assert again.events == []
    assert again.report.counts["statements_of_the_past"] == 4
    assert met(again) == {}


def test_a_log_that_began_with_a_snapshot_goes_on_where_it_was_and_never_looks_back(
    tmp_path: Path,
) -> None:
    paths = [
        *evening(tmp_path),
        account_values(tmp_path, alice=60.0, bob=140.0),
        positions(tmp_path, alice=(2.0, 160.0), bob=(-2.0, 160.0)),
    ]
    whole = imported(*paths, from_snapshot=True)
    begun = imported(*paths, from_snapshot=True, until="2025-10-10T12:00:08.5Z")
    rest = imported(*paths, after=begun)

    assert begun.events + rest.events == whole.events
    assert rest.reasons["before_snapshot"] == whole.reasons["before_snapshot"]
    assert whole.events[0]["time"] == MILLISECOND * 1_000_000
    nothing = imported(*paths, from_snapshot=True, until="2025-10-10T12:00:03Z")
    assert nothing.events == []


def test_a_snapshot_may_stand_before_the_events_of_its_block(tmp_path: Path) -> None:
    """A match in the very block of the snapshot, which does not know it."""
    money, fills, marks = evening(tmp_path)
    rows = both(ALICE, BOB, "BTC", "1", "80", 8, buyer_start="2", seller_start="-2")
    lines = fills.read_text().splitlines()[:1]
    written(fills, *lines, block_fill(SECOND, *rows))
    states = [
        account_values(tmp_path, alice=60.0, bob=140.0),
        positions(tmp_path, alice=(2.0, 160.0), bob=(-2.0, 160.0)),
    ]
    after = imported(money, fills, marks, *states)
    before = imported(money, fills, marks, *states, readings={"snapshot": "before-block"})
    begun = imported(
        money, fills, marks, *states, readings={"snapshot": "before-block"}, from_snapshot=True
    )

    assert met(after)["stated_position"] == (0, 2, 0)
    assert met(before)["stated_position"] == (2, 0, 0)
    assert (begun.lots(ALICE, "BTC"), begun.report.breaks) == (3, [])


def test_rows_after_the_end_may_come_another_time(tmp_path: Path) -> None:
    paths = evening(tmp_path)
    by_block = imported(*paths, until=str(BLOCK + 8 * 12))
    by_time = imported(*paths, until="2025-10-10T12:00:08.5Z")

    assert by_block.reasons == by_time.reasons == {"after_end": 2}
    assert by_block.of("venue.fact_rejected/1") == []
    assert by_block.events == by_time.events == imported(*paths).events[: len(by_block.events)]


@pytest.mark.parametrize("until", ["yesterday", "2025-10-10T12:00:00", "-1"])
def test_an_end_that_is_no_moment_is_refused(tmp_path: Path, until: str) -> None:
    with pytest.raises(BadWindow):
        imported(*evening(tmp_path), until=until)


def test_beginning_with_a_snapshot_needs_one(tmp_path: Path) -> None:
    with pytest.raises(BadWindow, match="snapshot"):
        imported(*evening(tmp_path), from_snapshot=True)


def test_a_snapshot_without_an_instant_is_refused(tmp_path: Path) -> None:
    path = account_values(tmp_path, alice=1.0).rename(tmp_path / "values.json")

    assert imported(path).reasons == {"bad_time": 1}


def answer(**more: Any) -> dict[str, Any]:
    """The venue's answer about somebody who is long 2 BTC from 100, at a mark of 80."""
    summary = {
        "accountValue": "60.0",
        "totalNtlPos": "160.0",
        "totalRawUsd": "-100.0",
        "totalMarginUsed": "16.0",
    }
    position = {
        "coin": "BTC",
        "szi": "2.0",
        "leverage": {"type": "cross", "value": 10},
        "entryPx": "100.0",
        "positionValue": "160.0",
        "unrealizedPnl": "-40.0",
        "liquidationPx": None,
        "marginUsed": "16.0",
        "maxLeverage": 40,
    }
    return {
        "marginSummary": summary,
        "crossMarginSummary": summary,
        "crossMaintenanceMarginUsed": "2.0",
        "withdrawable": "44.0",
        "assetPositions": [{"type": "oneWay", "position": position}],
        "time": MILLISECOND,
        **more,
    }


def test_an_answer_about_an_account_is_compared_and_checked_against_itself(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    path.write_text(json.dumps(answer()))
    found = imported(*evening(tmp_path), path, account=ALICE)

    assert met(found)["stated_cash"] == (1, 0, 0)
    checks = {name: (one.checked, one.broken) for name, one in found.report.checks.found.items()}
    identities = {name: counts for name, counts in checks.items() if name.startswith("C")}
    assert identities == {
        "C1": (2, 0),
        "C2": (1, 0),
        "C4": (1, 0),
        "C5": (2, 0),
        "C6": (1, 0),
        "C7": (1, 0),
        "C8": (1, 0),
        "C10": (1, 0),
    }


def test_an_answer_that_does_not_add_up_says_which_identity_fails(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    path.write_text(json.dumps(answer(withdrawable="45.0", crossMaintenanceMarginUsed="2.1")))
    found = imported(*evening(tmp_path), path, account=ALICE)

    broken = {name for name, one in found.report.checks.found.items() if one.broken}
    assert {"C6", "C10"} <= broken
    assert not {"C1", "C2", "C5"} & broken


@pytest.mark.parametrize(
    "broken",
    [
        {"time": None},
        {"assetPositions": [{"position": {"coin": "BTC"}}]},
        {"assetPositions": {}},
        {"assetPositions": [1]},
    ],
)
def test_an_answer_that_cannot_be_read_is_refused(tmp_path: Path, broken: dict[str, Any]) -> None:
    path = tmp_path / "state.json"
    path.write_text(json.dumps(answer(**broken)))

    assert imported(path, account=ALICE).report.rejected_rows == 1
