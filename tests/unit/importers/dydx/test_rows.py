"""Is every row of the indexer applied or refused with a reason, whatever its envelope?"""

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from cli.main import run
from importers.hyperliquid.memory import Memory
from tests.unit.importers.archives import SHARED
from tests.unit.importers.dydx.answers import (
    ALICE,
    BOB,
    HEIGHT,
    Raw,
    deleveraging,
    fill,
    imported,
    later,
    written,
)

SAMPLE = SHARED / "dydx" / "dydx_v4_trades_deleveraged_20240805.json"


def both(size: str, price: str, **more: Any) -> list[Raw]:
    return [
        fill(ALICE, "BUY", size, price, liquidity="TAKER", fee="0.25", **more),
        fill(BOB, "SELL", size, price, liquidity="MAKER", fee="-0.05", **more),
    ]


def trade(side: str, size: str, price: str, kind: str, number: int) -> Raw:
    return {
        "id": f"{HEIGHT:08x}00000002{number:08x}",
        "side": side,
        "size": size,
        "price": price,
        "type": kind,
        "createdAt": "2024-08-05T01:09:28.338Z",
    }


def test_an_ordinary_match_of_two_dumps_is_one_trade(tmp_path: Path) -> None:
    first, second = both("1.5", "2000.1")
    one = written(tmp_path / "a.json", {"fills": [first]})
    other = written(tmp_path / "b.json", {"fills": [second]})
    found = imported(one, other)

    (data,) = found.of("market.trade_executed/1")
    assert (data["buyer"], data["seller"]) == (f"{ALICE}:0", f"{BOB}:0")
    assert (data["buyer_fee"], data["seller_fee"]) == (250_000, -50_000)
    assert data["quantity"] * data["price"] == 3_000_150_000
    assert found.report.counts["pairs"] == 1


def test_a_liquidation_in_the_book_is_a_trade_with_fees(tmp_path: Path) -> None:
    rows = [
        fill(ALICE, "SELL", "1", "1990", "LIQUIDATED", fee="29.85"),
        fill(BOB, "BUY", "1", "1990", "LIQUIDATION", fee="-0.2"),
    ]
    found = imported(written(tmp_path / "a.jsonl", *rows))

    (data,) = found.of("market.trade_executed/1")
    assert (data["seller_fee"], data["buyer_fee"]) == (29_850_000, -200_000)
    assert found.venue.cash["treasury"] == 29_650_000


def test_rows_of_one_account_do_not_make_a_match(tmp_path: Path) -> None:
    rows = [{**row, "address": ALICE, "id": str(n)} for n, row in enumerate(both("1", "2000"))]
    found = imported(written(tmp_path / "a.jsonl", *rows))

    assert found.report.counts["single_sides"] == 2


def test_an_answer_that_is_newest_first_is_booked_oldest_first(tmp_path: Path) -> None:
    rows = [fill(ALICE, "BUY", str(n), "2000", **later(n)) for n in (9, 4, 1)]
    found = imported(written(tmp_path / "a.json", {"fills": rows}))

    assert [data["quantity"] for data in found.of("market.trade_executed/1")] == [1, 4, 9]


def test_rows_of_a_block_follow_the_ids_of_their_events(tmp_path: Path) -> None:
    rows = [
        fill(ALICE, "BUY", str(n), "2000", eventId=f"{HEIGHT:08x}00000001{n:08x}")
        for n in (7, 2, 5)
    ]
    found = imported(written(tmp_path / "a.jsonl", *rows))

    assert [data["quantity"] for data in found.of("market.trade_executed/1")] == [2, 5, 7]


def test_subaccounts_are_accounts_of_their_own(tmp_path: Path) -> None:
    rows = [fill(ALICE, "BUY", "1", "2000", subaccountNumber=n, id=str(n)) for n in (0, 128)]
    found = imported(written(tmp_path / "a.jsonl", *rows))

    assert (found.lots(ALICE), found.lots(ALICE, 128)) == (1, 1)


def test_a_dump_that_names_nobody_belongs_to_the_account_that_is_said(tmp_path: Path) -> None:
    rows = {"fills": [fill(ALICE, "BUY", "1", "2000", address=None)]}
    path = written(tmp_path / "answer.json", rows)

    assert imported(path, account=BOB).lots(BOB) == 1
    unnamed = imported(path)
    assert unnamed.lots("account:answer:0") == 1
    assert unnamed.report.derived_accounts == {"answer.json"}


def test_socket_messages_name_the_subaccount_they_are_for(tmp_path: Path) -> None:
    row = fill(ALICE, "BUY", "1", "2000", address=None, subaccountNumber=None, market=None)
    message = {
        "type": "channel_data",
        "channel": "v4_subaccounts",
        "id": f"{BOB}/3",
        "contents": {"fills": [{**row, "ticker": "ETH-USD", "quoteAmount": "2000"}], "orders": []},
    }
    found = imported(
        written(tmp_path / "a.jsonl", {"type": "connected"} | {"channel": ""}, message)
    )

    assert found.lots(BOB, 3) == 1


def test_public_trades_name_nobody_and_move_nothing(tmp_path: Path) -> None:
    message = {
        "channel": "v4_trades",
        "id": "ETH-USD",
        "contents": {"trades": [trade("BUY", "4.303", "2322.8", "LIMIT", 14)]},
    }
    found = imported(written(tmp_path / "a.jsonl", message))

    assert (found.report.moved, found.report.no_effect) == (0, 1)
    assert found.of("market.trade_executed/1") == []


def test_a_public_deleveraging_is_booked_unless_a_fill_tells_it(tmp_path: Path) -> None:
    loser, winner = deleveraging("0.811", "1898.343603")
    tape = {"trades": [trade("SELL", "0.811", loser["price"], "DELEVERAGED", 38)]}
    tape |= {"market": "ETH-USD"}
    public = imported(written(tmp_path / "tape.json", tape))
    fills = written(tmp_path / "fills.json", {"fills": [loser, winner]})
    together = imported(tmp_path / "tape.json", fills)

    (closed,) = public.of("market.position_deleveraged/1")
    assert (closed["bankrupt"], closed["amount"]) == (
        "outside:deleveraged:ETH-USD",
        1_898_343_603,
    )
    assert len(together.of("market.position_deleveraged/1")) == 1
    assert together.report.no_effect == 1


def test_the_same_row_twice_is_a_duplicate_and_another_price_a_conflict(tmp_path: Path) -> None:
    row = fill(ALICE, "BUY", "1", "2000", id="one")
    found = imported(written(tmp_path / "a.jsonl", row, row, {**row, "price": "2001"}))

    assert found.reasons == {"duplicate": 1, "conflict": 1}
    assert found.lots(ALICE) == 1


def test_importing_again_adds_nothing(tmp_path: Path) -> None:
    path = written(tmp_path / "a.json", {"fills": deleveraging("0.811", "1898.343603")})
    first = imported(path)
    memory = Memory.of(first.events)

    again = imported(path, venue=first.venue, memory=memory)
    assert again.events == []
    assert again.report.recorded_before == 2


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"type": "GIFT"}, "unknown_kind"),
        ({"marketType": "SPOT"}, "out_of_scope"),
        ({"size": "0"}, "bad_field"),
        ({"size": 1.5}, "bad_field"),
        ({"price": "-1"}, "bad_field"),
        ({"side": "HOLD"}, "bad_field"),
        ({"liquidity": "BOTH"}, "bad_field"),
        ({"market": None}, "bad_field"),
        ({"fee": "0.0000001"}, "bad_scale"),
        ({"price": "2000.00000001"}, "bad_scale"),
        ({"createdAt": "yesterday"}, "bad_time"),
        ({"createdAtHeight": "x"}, "bad_field"),
        ({"eventId": "00000001" + "0" * 16}, "hash_mismatch"),
        ({"positionSizeBefore": "1", "positionSideBefore": "UP"}, "bad_field"),
    ],
    ids=str,
)
def test_a_row_that_cannot_be_is_refused_with_its_reason(
    tmp_path: Path, change: Raw, reason: str
) -> None:
    sound = fill(ALICE, "BUY", "1", "2000", id="sound")
    bad = {**fill(ALICE, "BUY", "1", "2000", id="bad"), **change}
    found = imported(written(tmp_path / "a.jsonl", sound, bad))

    assert found.reasons == {reason: 1}
    assert found.lots(ALICE) == 1
    assert len(found.of("venue.fact_rejected/1")) == 1


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("{", "bad_json"),
        ('{"id":"1","id":"2"}', "bad_json"),
        ("7", "unknown_kind"),
        ('{"fills":[3]}', "bad_field"),
        ('{"channel":"v4_markets","contents":{}}', "unknown_kind"),
        ('{"channel":"v4_trades"}', "bad_field"),
        ('{"hello":"world"}', "bad_time"),
        ('{"block_number":1,"events":[["0xaa",{"coin":"BTC"}]]}', "bad_time"),
    ],
)
def test_a_line_that_says_no_fill_is_refused(tmp_path: Path, line: str, reason: str) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text(json.dumps(fill(ALICE, "BUY", "1", "2000")) + "\n" + line + "\n")

    assert imported(path).reasons == {reason: 1}


def test_a_market_with_large_steps_has_large_lots(tmp_path: Path) -> None:
    markets = {
        "markets": {
            "SHIB-USD": {
                "ticker": "SHIB-USD",
                "stepSize": "1000000",
                "tickSize": "0.000000001",
                "initialMarginFraction": "0.1",
                "maintenanceMarginFraction": "0.05",
            }
        }
    }
    row = fill(ALICE, "BUY", "3000000", "0.000013123", market="SHIB-USD")
    found = imported(
        written(tmp_path / "markets.json", markets), written(tmp_path / "a.jsonl", row)
    )

    (data,) = found.of("market.trade_executed/1")
    assert (data["quantity"], data["price"]) == (3, 13_123_000)
    assert data["quantity"] * data["price"] == 39_369_000


def test_fees_to_builders_are_said_not_to_be_booked(tmp_path: Path) -> None:
    row = fill(ALICE, "BUY", "1", "2000", builderFee="0.1")

    assert imported(written(tmp_path / "a.jsonl", row)).findings == {"builder_fee_not_booked": 1}


def called(capsysbinary: pytest.CaptureFixture[bytes], *words: object) -> tuple[int, str, str]:
    code = run([str(word) for word in words])
    out, err = capsysbinary.readouterr()
    return code, out.decode(), err.decode()


def test_the_command_records_and_says_what_it_cannot_know(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsysbinary: pytest.CaptureFixture[bytes],
) -> None:
    monkeypatch.setenv("ZEROSUM_STORE", f"sqlite:///{tmp_path / 'books.db'}")
    path = tmp_path / "fills.json.gz"
    text = json.dumps({"fills": deleveraging("0.811", "1898.343603")})
    path.write_bytes(gzip.compress(text.encode()))
    called(capsysbinary, "init")

    code, out, _ = called(capsysbinary, "import", "dydx", path, "--json", "-q")
    found = json.loads(out)
    assert (code, found["schema"]) == (0, "import/1")
    assert found["matches"]["deleveraged"] == 1
    assert {check["check"]: check["broken"] for check in found["checks"]}["D1"] == 0
    assert any("order" in said for said in found["unknown"])

    code, out, _ = called(capsysbinary, "import", "dydx", path, "-q")
    assert code == 0
    assert out.rstrip().endswith("Nothing new: no events were written.")

    code, out, _ = called(capsysbinary, "adl", "list", "--json")
    assert code == 0


def test_a_rejected_row_ends_with_exit_5(
    tmp_path: Path, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    path = written(tmp_path / "a.jsonl", fill(ALICE, "BUY", "1", "2000", type="GIFT"))

    code, _, err = called(capsysbinary, "import", "dydx", path, "--dry-run")
    assert code == 5
    assert err.startswith("error[rejected_rows]:")
    assert called(capsysbinary, "import", "dydx", "--dry-run", tmp_path / "none.json")[0] == 2


@pytest.mark.skipif(not SAMPLE.exists(), reason="the sample is not here")
def test_the_real_message_gives_its_exact_amount() -> None:
    found = imported(SAMPLE)

    (closed,) = found.of("market.position_deleveraged/1")
    assert (closed["amount"], closed["quantity"]) == (1_898_343_603, 811)
    assert (found.report.moved, found.report.no_effect) == (1, 2)
    assert found.findings == {}
