"""When is a mark in force, and which marks are booked?"""

from pathlib import Path

from tests.unit.importers.archives import (
    ALICE,
    BLOCK,
    BOB,
    NOON,
    block_fill,
    both,
    fill,
    imported,
    written,
)

HEADER = "block_number,block_time,coin,mark_px,oracle_px"


def block_marks(path: Path, *rows: tuple[int, str, str]) -> Path:
    """Marks of (second, coin, mark) at blocks of these seconds."""
    lines = [
        f"{BLOCK + second * 12},2025-10-10T12:00:{second:02}.000123456,{coin},{mark},{mark}"
        for second, coin, mark in rows
    ]
    return written(path, HEADER, *lines)


def fills(path: Path, *seconds: int) -> Path:
    """A match of one lot at each second; each begins where the one before ended."""
    lines = [
        block_fill(
            second,
            *both(ALICE, BOB, "BTC", "1", "9", second, buyer_start=str(n), seller_start=str(-n)),
        )
        for n, second in enumerate(seconds)
    ]
    return written(path, *lines)


def test_a_mark_is_in_force_before_everything_else_of_its_block(tmp_path: Path) -> None:
    marks = block_marks(tmp_path / "marks.csv", (1, "BTC", "8"), (2, "BTC", "7.5"))
    found = imported(fills(tmp_path / "f.jsonl", 1, 2), marks)

    kinds = [event["type"] for event in found.events if event["stream"] == "market/BTC"]
    mark, trade = "market.mark_price_updated/1", "market.trade_executed/1"
    assert kinds == ["market.listed/1", mark, trade, mark, trade]
    assert [data["previous_price"] for data in found.of(mark)] == [None, 8_000_000]


def test_marks_and_fills_of_a_block_say_their_block(tmp_path: Path) -> None:
    marks = block_marks(tmp_path / "marks.csv", (1, "BTC", "8"))
    found = imported(fills(tmp_path / "f.jsonl", 1), marks)

    facts = [event for event in found.events if event["source"]]
    assert {event["source"]["block"] for event in facts} == {BLOCK + 12}
    assert len(facts) == 2


def test_a_repeated_mark_is_seen_and_not_booked(tmp_path: Path) -> None:
    rows = [(1, "BTC", "8"), (2, "BTC", "8"), (3, "BTC", "9"), (3, "DOGE", "1")]
    found = imported(fills(tmp_path / "f.jsonl", 1), block_marks(tmp_path / "marks.csv", *rows))

    assert found.report.kinds["mark", "moved"] == 2
    assert found.report.kinds["mark", "no_effect"] == 1
    assert found.report.counts["marks_repeated"] == 1
    assert found.reasons == {"out_of_scope": 1}


def test_a_mark_older_than_the_last_one_is_overtaken(tmp_path: Path) -> None:
    exact = block_marks(tmp_path / "marks.csv", (1, "BTC", "8"))
    header = "time,coin,funding,open_interest,prev_day_px,day_ntl_vlm,premium,oracle_px,mark_px"
    minute = written(
        tmp_path / "minutes.csv",
        f"{header},mid_px,impact_bid_px,impact_ask_px",
        "2025-10-10T12:00:01Z,BTC,0,1,1,1,,1,7.5,,,",
    )
    found = imported(fills(tmp_path / "f.jsonl", 1), exact, minute)

    assert found.venue.markets["BTC"].mark == 8_000_000
    assert found.report.counts["marks_overtaken"] == 1


def test_a_trade_price_is_never_a_mark(tmp_path: Path) -> None:
    found = imported(fills(tmp_path / "f.jsonl", 1))

    assert found.venue.markets["BTC"].mark is None


def test_a_mark_of_zero_or_of_another_network_is_refused(tmp_path: Path) -> None:
    good = block_marks(tmp_path / "marks.csv", (1, "BTC", "8"), (2, "BTC", "0.0"))
    time = "2025-10-11T12:00:03.000123456"
    bad = written(
        tmp_path / "bad.csv",
        HEADER,
        f"589020,{time},BTC,8,8",
        f"minus,{time},BTC,8,8",
        f"{BLOCK},BTC,8",
    )
    found = imported(fills(tmp_path / "f.jsonl", 1), good, bad)

    assert found.reasons == {"bad_field": 3, "hash_mismatch": 1}


def test_a_short_that_trades_with_itself_keeps_its_entry_price(tmp_path: Path) -> None:
    opened = block_fill(1, *both(BOB, ALICE, "BTC", "2", "100", 7))
    itself = block_fill(
        2,
        *both(
            ALICE,
            ALICE,
            "BTC",
            "5",
            "90",
            8,
            buyer_start="-2",
            seller_start="-2",
            buyer_closedPnl="20.0",
            buyer_fee="0.5",
        ),
    )
    found = imported(written(tmp_path / "f.jsonl", opened, itself))

    position = found.venue.markets["BTC"].positions[ALICE]
    assert (position.quantity, position.cost) == (-2, -200_000_000)
    assert found.venue.cash[ALICE] == -500_000
    assert "outside:self-match:BTC" in found.venue.accounts
    (alice,) = [one for one in found.report.checked if one.sums.account == ALICE]
    assert alice.sums.residues == {"self_match": -20_000_000}


def test_a_row_says_its_time_and_a_dump_its_account(tmp_path: Path) -> None:
    found = imported(written(tmp_path / "dump.jsonl", fill("BTC", "B", "1", "9")), account=ALICE)

    assert found.events[-1]["time"] == NOON * 1_000_000
