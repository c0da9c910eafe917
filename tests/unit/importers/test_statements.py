"""What the venue says in passing is compared with the books, and never moves them."""

import json
from pathlib import Path
from typing import Any

from tests.unit.importers.archives import (
    ALICE,
    BLOCK,
    BOB,
    NOON,
    VAULT,
    Imported,
    block_fill,
    both,
    differing,
    imported,
    ledger_update,
    misc_line,
    written,
)
from tests.unit.importers.test_funding_and_marks import payment
from tests.unit.importers.test_marks_by_block import block_marks


def deposits(*users: str) -> str:
    return misc_line(0, *(ledger_update([user], "deposit", usdc="100.0") for user in users))


def opened() -> str:
    """Alice is long 2 from 100 against bob."""
    return block_fill(1, *both(ALICE, BOB, "BTC", "2", "100", 7))


def liquidation(value: str, notional: str = "120.0", **more: Any) -> dict[str, Any]:
    said = {
        "accountValue": value,
        "liquidatedNtlPos": notional,
        "leverageType": "Cross",
        "liquidatedPositions": [{"coin": "BTC", "szi": "2.0"}],
        **more,
    }
    return ledger_update([ALICE], "liquidation", **said)


def liquidated(tmp_path: Path, *lines: str, mark: str = "60") -> Imported:
    """Alice at a mark of 60 is worth 20, unless the lines say otherwise."""
    misc = written(tmp_path / "misc.jsonl", deposits(ALICE, BOB, VAULT), lines[0])
    fills = written(tmp_path / "fills.jsonl", opened(), *lines[1:])
    marks = block_marks(tmp_path / "marks.csv", (2, "BTC", mark))
    return imported(misc, fills, marks)


def liquidated_again(tmp_path: Path, after: Imported) -> Imported:
    """The same files once more."""
    names = ("misc.jsonl", "fills.jsonl", "marks.csv")
    return imported(*(tmp_path / name for name in names), after=after)


def answer(time: int) -> dict[str, Any]:
    """Alice is worth 21.5, with two lots at a mark of 60."""
    summary = {"accountValue": "21.5", "totalNtlPos": "120.0"}
    held = {"coin": "BTC", "szi": "2.0", "positionValue": "120.0", "unrealizedPnl": "-80.0"}
    return {
        "marginSummary": summary,
        "assetPositions": [{"type": "oneWay", "position": held}],
        "time": time,
    }


def met(found: Imported) -> dict[str, tuple[int, int, int]]:
    kinds = found.report.assertions.kinds
    return {name: (one.met, one.differs, one.undecidable) for name, one in kinds.items()}


def test_a_liquidated_account_is_worth_what_the_venue_says(tmp_path: Path) -> None:
    found = liquidated(tmp_path, misc_line(2, liquidation("20.0")))

    assert met(found) == {
        "liquidated_notional": (1, 0, 0),
        "liquidation_account_value": (1, 0, 0),
    }
    assert found.venue.cash[ALICE] == 100_000_000
    assert found.report.findings == {}


def test_another_value_is_a_finding_and_moves_nothing(tmp_path: Path) -> None:
    found = liquidated(tmp_path, misc_line(2, liquidation("21.5", "125.0")))

    (notional, value) = found.report.assertions.differences
    assert (value.subject, value.said, value.booked) == (ALICE, "21.5", "20")
    assert (notional.said, notional.booked) == ("125", "120")
    assert set(found.report.findings) == {
        "liquidated_notional_differs",
        "liquidation_account_value_differs",
    }
    assert found.venue.cash[ALICE] == 100_000_000
    status = {one.sums.account: one.status for one in found.report.checked}
    assert status == {ALICE: "cash uncertain", BOB: "exact", VAULT: "exact"}
    assert [(one["account"], one["block"]) for one in differing(found)] == [(ALICE, BLOCK + 24)]


def test_who_is_in_doubt_stays_so_in_every_later_import_until_a_state_comes(
    tmp_path: Path,
) -> None:
    first = liquidated(tmp_path, misc_line(2, liquidation("21.5")))
    again = liquidated_again(tmp_path, first)
    later = written(tmp_path / "later.jsonl", misc_line(3, liquidation("33.0")))
    more = imported(later, after=first)
    state = tmp_path / "state.json"
    state.write_text(json.dumps(answer(time=NOON + 5000)))
    settled = imported(state, after=first, account=ALICE)

    assert again.events == []
    assert differing(more) == []
    assert met(more)["liquidation_account_value"] == (0, 0, 1)
    assert [one.status for one in settled.report.checked] == ["exact"]
    # 100 less than what the two lots cost, as the venue says it, and not 100 of her own.
    assert settled.venue.equity(ALICE) == 21_500_000


def test_a_size_that_funding_is_paid_on_and_nobody_traded_leaves_a_doubt(tmp_path: Path) -> None:
    paid = {"Funding": {"deltas": [payment(ALICE, "-0.5", size="3.0"), payment(BOB, "0.5")]}}
    misc = written(tmp_path / "m.jsonl", deposits(ALICE), misc_line(5, paid))
    found = imported(misc)

    assert [one["account"] for one in differing(found)] == [ALICE]
    status = {one.sums.account: one.status for one in found.report.checked}
    assert status == {ALICE: "cash uncertain", BOB: "unknown cash"}


def test_a_value_may_be_that_just_before_the_accounts_own_forced_close(tmp_path: Path) -> None:
    earlier = both(VAULT, ALICE, "BTC", "1", "70", 8, seller_start="2", seller_closedPnl="-30.0")
    forced = both(
        VAULT,
        ALICE,
        "BTC",
        "1",
        "50",
        9,
        buyer_start="1",
        seller_start="1",
        seller_closedPnl="-50.0",
        dir="Liquidated Cross Long",
        liquidation={"liquidatedUser": ALICE, "markPx": "60.0", "method": "backstop"},
    )
    found = liquidated(
        tmp_path,
        misc_line(2, liquidation("30.0")),
        block_fill(2, *earlier, *forced),
    )

    assert met(found)["liquidation_account_value"] == (1, 0, 0)
    assert found.report.counts["liquidation_values_compared_within_block"] == 1


def test_a_file_of_marks_that_ended_contradicts_nobody(tmp_path: Path) -> None:
    """The forced row prints a mark of 50, which the marks by block lack: they end before it."""
    forced = both(
        VAULT,
        ALICE,
        "BTC",
        "1",
        "50",
        9,
        seller_start="2",
        seller_closedPnl="-50.0",
        dir="Liquidated Cross Long",
        liquidation={"liquidatedUser": ALICE, "markPx": "50.0", "method": "backstop"},
    )
    told = misc_line(9, liquidation("0.0", "100.0"))
    other = misc_line(9, liquidation("7.0", "99.0"))
    found = liquidated(tmp_path, told, block_fill(9, *forced))
    odd = liquidated(tmp_path, other, block_fill(9, *forced))

    assert met(found) == {
        "liquidated_notional": (1, 0, 0),
        "liquidation_account_value": (1, 0, 0),
    }
    # What differs then may differ for the mark of another coin, too.
    assert met(odd) == {"liquidated_notional": (0, 0, 1), "liquidation_account_value": (0, 0, 1)}
    assert differing(found) == differing(odd) == []
    assert found.report.findings == odd.report.findings == {}


def test_of_two_liquidations_in_a_block_only_the_first_value_is_judged(tmp_path: Path) -> None:
    lines = misc_line(2, liquidation("20.0"), liquidation("4.0", nonce=2))
    found = liquidated(tmp_path, lines)

    assert met(found)["liquidation_account_value"] == (1, 0, 1)
    assert found.report.findings == {}


def test_a_value_is_not_judged_without_exact_marks_or_for_a_single_leg(tmp_path: Path) -> None:
    misc = written(tmp_path / "m.jsonl", deposits(ALICE, BOB), misc_line(2, liquidation("20.0")))
    fills = written(tmp_path / "f.jsonl", opened())
    without = imported(misc, fills)
    isolated = liquidated(tmp_path, misc_line(2, liquidation("20.0", leverageType="Isolated")))

    assert met(without)["liquidation_account_value"] == (0, 0, 1)
    assert met(isolated)["liquidation_account_value"] == (0, 0, 1)
    assert without.report.findings == isolated.report.findings == {}


def test_a_value_of_an_account_in_doubt_cannot_be_told(tmp_path: Path) -> None:
    misc = written(tmp_path / "m.jsonl", misc_line(2, liquidation("20.0")))
    marks = block_marks(tmp_path / "marks.csv", (2, "BTC", "60"))
    found = imported(misc, written(tmp_path / "f.jsonl", opened()), marks)

    assert met(found)["liquidation_account_value"] == (0, 0, 1)
    assert {one.status for one in found.report.checked} == {"unknown cash"}


def test_a_statement_that_cannot_be_read_is_a_finding(tmp_path: Path) -> None:
    odd = liquidation("20.0", liquidatedPositions=["BTC"])
    found = liquidated(tmp_path, misc_line(2, odd))

    assert found.report.kinds["ledger liquidation", "no_effect"] == 1
    assert [name for name in found.report.findings if name.startswith("liquidation_unread")]


def test_the_remainder_of_a_whole_hours_funding_is_called_rounding(tmp_path: Path) -> None:
    deltas = [payment(ALICE, "-0.000503"), payment(BOB, "0.000502", size="-1.0")]
    misc = written(tmp_path / "m.jsonl", misc_line(5, {"Funding": {"deltas": deltas}}))
    found = imported(misc)

    assert found.venue.cash["outside:funding:BTC"] == 0
    assert found.venue.cash["rounding:funding"] == 1
    (hour,) = found.report.funding_rounds
    assert (hour.coin, hour.payments, hour.total, hour.is_complete) == ("BTC", 2, -1, True)
    moved = [event for event in found.events if "rounding:funding" in event["data"].values()]
    assert [event["source"]["block"] for event in moved] == [BLOCK + 60]


def test_an_hour_whose_payers_are_missing_stays_where_it_is_seen(tmp_path: Path) -> None:
    deltas = [payment(ALICE, "-0.5"), payment(BOB, "0.000502", size="-1.0")]
    misc = written(tmp_path / "m.jsonl", misc_line(5, {"Funding": {"deltas": deltas}}))
    found = imported(misc)

    assert found.venue.cash["outside:funding:BTC"] == 499_498
    assert "rounding:funding" not in found.venue.accounts
    assert not found.report.funding_rounds[0].is_complete


def test_only_holders_without_a_payment_are_in_doubt_where_payers_are_missing(
    tmp_path: Path,
) -> None:
    paid = {"Funding": {"deltas": [payment(ALICE, "-0.5", size="2.0")]}}
    two = {"Funding": {"deltas": [*paid["Funding"]["deltas"], payment(BOB, "0.1", size="-2.0")]}}
    misc = [deposits(ALICE, BOB, VAULT), misc_line(5, paid), misc_line(6, two)]
    # The vault takes over from bob in the very block of the funding: it was none of the payers.
    fills = [opened(), block_fill(5, *both(BOB, VAULT, "BTC", "1", "100", 8, buyer_start="-2"))]
    one = imported(written(tmp_path / "m.jsonl", *misc[:2]), written(tmp_path / "f.jsonl", *fills))
    both_paid = imported(
        written(tmp_path / "m.jsonl", misc[0], misc[2]), written(tmp_path / "f.jsonl", fills[0])
    )
    again = imported(tmp_path / "m.jsonl", tmp_path / "f.jsonl", after=both_paid)

    assert doubted(one) == [(BOB, "funding_incomplete")]
    # Somebody's payment is wrong, and nobody knows whose.
    assert doubted(both_paid) == [(ALICE, "funding_incomplete"), (BOB, "funding_incomplete")]
    assert again.events == []


def doubted(found: Imported) -> list[tuple[str, str]]:
    return [
        (event["source"]["account"], event["data"]["code"])
        for event in found.events
        if event["type"] == "venue.fact_rejected/1"
    ]


def test_an_account_that_trades_before_any_money_came_has_unknown_cash(tmp_path: Path) -> None:
    misc = written(tmp_path / "m.jsonl", deposits(ALICE))
    found = imported(misc, written(tmp_path / "f.jsonl", opened()))

    status = {one.sums.account: one.status for one in found.report.checked}
    assert status == {ALICE: "exact", BOB: "unknown cash"}
    assert found.report.statuses == {"exact": 1, "unknown cash": 1}
