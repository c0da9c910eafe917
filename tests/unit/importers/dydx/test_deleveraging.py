"""Is a deleveraging booked with its exact amount, and checked for what can be checked?"""

from decimal import Decimal
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from importers.dydx.fills import Fill, fill_row
from importers.dydx.pairing import is_quotient, quote_of
from importers.hyperliquid.rows import Place
from tests.unit.importers.dydx.answers import (
    ALICE,
    BOB,
    CAROL,
    Imported,
    Raw,
    deleveraging,
    divided,
    fill,
    imported,
    later,
    written,
)


def of(tmp_path: Path, *rows: Raw) -> Imported:
    return imported(written(tmp_path / "fills.json", {"fills": list(rows)}))


def read(raw: Raw) -> Fill:
    found = fill_row(Place("f", 1, 0), raw, "a:0")
    assert isinstance(found, Fill)
    return found


def test_both_rows_are_one_deleveraging_with_the_exact_amount(tmp_path: Path) -> None:
    found = of(tmp_path, *deleveraging("0.811", "1898.343603"))

    (closed,) = found.of("market.position_deleveraged/1")
    assert closed["amount"] == 1_898_343_603
    assert (closed["bankrupt"], closed["victim"]) == (f"{ALICE}:0", f"{BOB}:0")
    assert (closed["quantity"], closed["quantity_before"], closed["quantity_after"]) == (
        811,
        -811,
        0,
    )
    assert (closed["rank"], closed["score_numerator"], closed["decision_id"]) == (None, None, None)
    assert found.report.counts["pairs"] == 1
    assert found.report.findings == {}


def test_a_short_that_is_deleveraged_pays(tmp_path: Path) -> None:
    price = divided("100.000001", "3")
    found = of(
        tmp_path,
        fill(BOB, "SELL", "3", price, "OFFSETTING"),
        fill(ALICE, "BUY", "3", price, "DELEVERAGED"),
    )

    (closed,) = found.of("market.position_deleveraged/1")
    assert (closed["amount"], closed["bankrupt"]) == (-100_000_001, f"{ALICE}:0")
    assert closed["quantity_before"] == 3


def test_a_bankruptcy_price_may_lie_below_zero(tmp_path: Path) -> None:
    found = of(tmp_path, *deleveraging("2", "-7.000001"))

    (closed,) = found.of("market.position_deleveraged/1")
    assert closed["amount"] == -7_000_001
    assert found.findings == {}


@given(
    st.integers(1, 10**15),
    st.integers(1, 10**12),
    st.integers(0, 6),
)
def test_the_total_is_found_again_from_the_printed_price(
    quote: int, size: int, places: int
) -> None:
    money = f"{Decimal(quote).scaleb(-6):f}"
    amount = f"{Decimal(size).scaleb(-places):f}"
    row = read(fill(ALICE, "SELL", amount, divided(money, amount), "DELEVERAGED"))

    # Sixteen decimals carry a total of 1e-6 as long as the size has fewer than ten digits.
    if Decimal(amount) < 10**9:
        assert quote_of(row) == quote
        assert is_quotient(row)


def test_a_price_that_is_no_quotient_is_a_finding(tmp_path: Path) -> None:
    found = of(
        tmp_path,
        fill(ALICE, "SELL", "0.811", "2340.7442700369913", "DELEVERAGED"),
        fill(BOB, "BUY", "0.811", "2340.7442700369913", "OFFSETTING"),
    )

    assert found.findings == {"D1": 2}
    assert (found.checks.found["D1"].checked, found.checks.found["D1"].broken) == (2, 2)
    assert len(found.of("market.position_deleveraged/1")) == 1


def test_a_row_without_its_partner_is_booked_against_the_outside(tmp_path: Path) -> None:
    loser, winner = deleveraging("0.811", "1898.343603")
    alone = of(tmp_path, winner)

    (closed,) = alone.of("market.position_deleveraged/1")
    assert (closed["bankrupt"], closed["victim"]) == (
        "outside:counterparty:ETH-USD",
        f"{BOB}:0",
    )
    assert closed["amount"] == 1_898_343_603
    assert alone.report.counts["single_sides"] == 1
    assert alone.checks.found["D2"].broken == 1

    other = of(tmp_path, loser)
    (closed,) = other.of("market.position_deleveraged/1")
    assert closed["victim"] == "outside:counterparty:ETH-USD"
    assert other.lots("outside:counterparty:ETH-USD") == 811


def test_nobody_is_on_both_ends_of_one_block(tmp_path: Path) -> None:
    found = of(
        tmp_path,
        *deleveraging("1", "2000", loser=ALICE, winner=BOB),
        *deleveraging("2", "4100", loser=BOB, winner=CAROL),
    )

    assert found.findings["D5"] == 2


def test_one_loser_may_be_offset_against_many(tmp_path: Path) -> None:
    found = of(
        tmp_path,
        *deleveraging("1", "2000", winner=BOB),
        *deleveraging("2", "4000", winner=CAROL),
    )

    assert [data["victim"] for data in found.of("market.position_deleveraged/1")] == [
        f"{BOB}:0",
        f"{CAROL}:0",
    ]
    assert found.findings == {}
    assert found.checks.found["D7"].checked == 2


def test_takers_and_fees_are_checked(tmp_path: Path) -> None:
    loser, winner = deleveraging("1", "2000")
    found = of(
        tmp_path,
        {**loser, "liquidity": "MAKER", "fee": "0.5"},
        {**winner, "liquidity": "TAKER"},
    )

    assert found.findings == {"D3": 2, "D4": 1}


def test_an_account_never_seen_before_held_at_least_what_it_gave_up(tmp_path: Path) -> None:
    found = of(tmp_path, *deleveraging("0.811", "1898.343603"))

    opened = [data for data in found.of("market.trade_executed/1") if data["price"] == 0]
    assert {(data["purpose"], data["quantity"]) for data in opened} == {("opening", 811)}
    assert (found.lots(ALICE), found.lots(BOB)) == (0, 0)
    assert found.status(ALICE) == "unknown cash, unknown opening"


def test_a_position_that_would_be_turned_around_is_a_finding(tmp_path: Path) -> None:
    found = of(
        tmp_path,
        fill(BOB, "SELL", "1", "2000", positionSizeBefore="0"),
        *[{**row, **later(5)} for row in deleveraging("3", "6000")],
    )

    assert found.findings == {"D6": 1}
    assert found.lots(BOB) == 0
    assert "gap" in found.status(BOB)


def test_a_stated_position_decides_and_a_break_is_told(tmp_path: Path) -> None:
    before = {"positionSizeBefore": "5", "positionSideBefore": "LONG"}
    loser, winner = deleveraging("3", "6000")
    found = of(
        tmp_path,
        {**loser, **before},
        winner,
        fill(ALICE, "SELL", "1", "2000", **later(9, **before)),
    )

    (gap,) = found.report.breaks
    assert (gap.held, gap.start) == (2, 5)
    assert found.lots(ALICE) == 4
    assert found.status(ALICE) == "gap, unknown cash, unknown opening"
