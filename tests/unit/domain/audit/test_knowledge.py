"""What may a log be taken to know about an account, fact by fact?"""

from domain.audit.knowledge import CHANGES_AT_MOST, Doubt, Knowledge, Origin
from tests.recorded import RecordedLog


def known(log: RecordedLog, origin: Origin = Origin.DEPOSIT) -> Knowledge:
    found = Knowledge(origin)
    for event in log.events:
        found.see(event)
    return found


def test_a_first_payment_in_makes_an_account_known() -> None:
    log = RecordedLog()
    log.deposit("a", 5)
    log.move("a", "b", 2, "transfer")

    assert known(log).doubts("a") == known(log).doubts("b") == ()
    assert known(log, Origin.STATE).doubts("a") == (Doubt.CASH_UNKNOWN,)


def test_a_first_payment_out_or_of_funding_leaves_the_rest_unknown() -> None:
    log = RecordedLog()
    log.move("a", "b", 2, "funding")
    log.move("c", "d", 2, "transfer")

    found = known(log)
    assert [found.doubts(name) for name in "abc"] == [(Doubt.CASH_UNKNOWN,)] * 3


def test_an_hour_without_funding_is_missed_by_who_was_there_until_a_state_comes() -> None:
    log = RecordedLog()
    log.deposit("a", 5)
    log.move("a", "outside:funding:M", 1, "funding")
    log.later(65 * 60)
    log.move("a", "outside:funding:M", 1, "funding")
    in_time = known(log)
    log.later(65 * 60 + 1)
    log.deposit("b", 5)
    after = known(log)
    log.move("outside:opening", "a", 9, "opening_cash")

    assert in_time.doubts("a") == ()
    assert (after.doubts("a"), after.doubts("b")) == ((Doubt.FUNDING_MISSING,), ())
    assert known(log).doubts("a") == ()


def test_who_may_lack_an_hours_funding_is_in_doubt_alone_until_a_state_comes() -> None:
    log = RecordedLog()
    log.deposit("a", 5)
    log.deposit("b", 5)
    log.refuse("funding_incomplete", account="a")
    log.refuse("statement_differs", account="b")
    before = known(log)
    log.move("outside:opening", "a", 9, "opening_cash")
    log.move("outside:opening", "b", 9, "opening_cash")

    assert before.doubts("a") == (Doubt.FUNDING_MISSING,)
    assert before.doubts("b") == (Doubt.CASH_UNCERTAIN,)
    assert before.unattributed_count == 0
    assert known(log).doubts("a") == known(log).doubts("b") == ()


def test_marks_by_block_are_all_there_until_a_forced_row_prints_one_more() -> None:
    log = RecordedLog(markets=("M", "N"))
    for market, price in (("M", 90), ("N", 5)):
        data = {"previous_price": None, "price": price}
        log.fact("market.mark_price_updated/1", f"market/{market}", data, key=f"mark|{market}|1")
    complete = known(log)
    log.mark(91)
    lacking = known(log)
    data = {"previous_price": 5, "price": 6}
    log.fact("market.mark_price_updated/1", "market/N", data, key="mark|N|2")

    state = {"previous_price": 90, "price": 92}
    stated = RecordedLog(markets=("M", "N"))
    stated.fact("market.mark_price_updated/1", "market/N", data, key="mark|N|2")
    stated.fact("market.mark_price_updated/1", "market/M", state, key="state|answer|a|1|M")

    assert known(stated).exactly_marked == {"N"}
    assert complete.exactly_marked == {"M", "N"}
    assert lacking.exactly_marked == set()
    assert known(log).exactly_marked == {"N"}


def test_an_account_that_was_never_met_is_unknown() -> None:
    assert known(RecordedLog()).doubts("nobody") == (Doubt.CASH_UNKNOWN,)


def test_a_recorded_state_settles_what_an_account_has() -> None:
    log = RecordedLog()
    log.open("outside:opening:M", "a")
    log.fact(
        "market.trade_executed/1",
        "market/M",
        {
            "buyer": "a",
            "buyer_fee": 0,
            "price": 0,
            "purpose": "opening",
            "quantity": 3,
            "seller": "outside:opening:M",
            "seller_fee": 0,
            "trade_id": "opening",
        },
        start="snapshot",
    )
    before = known(log)
    log.move("outside:opening:M", "a", 9, "opening_cash")
    after = known(log)

    assert before.doubts("a") == (Doubt.OPENING_UNKNOWN,)
    assert after.doubts("a") == ()
    # All positions of an instant were recorded: nobody was met midway.
    assert (after.begun, after.met_midway) == ({"M"}, {})


def test_a_snapshot_whose_positions_do_not_cancel_hides_somebody() -> None:
    log = RecordedLog()
    for account in ("bust", "a", "outside:opening:M"):
        log.open(account)
    for buyer, seller, lots in (("bust", "outside:opening:M", 10), ("outside:opening:M", "a", 4)):
        log.fact(
            "market.trade_executed/1",
            "market/M",
            {
                "buyer": buyer,
                "buyer_fee": 0,
                "price": 0,
                "purpose": "opening",
                "quantity": lots,
                "seller": seller,
                "seller_fee": 0,
                "trade_id": buyer,
            },
            start="snapshot",
        )
    log.mark(90)
    log.close("bust", "a", 4, 90)

    (found,) = log.audited()
    assert "unseen_holders" in {one.code for one in found.missing}


def test_marks_by_block_are_never_old() -> None:
    log = RecordedLog()
    for account in ("bust", "a"):
        log.deposit(account, 10)
    log.trade("bust", "a", 10, 100)
    data = {"previous_price": None, "price": 90}
    log.fact("market.mark_price_updated/1", "market/M", data, key="mark|M|1")
    log.later(3600)
    log.close("bust", "a", 10, 95)

    (found,) = log.audited()
    assert found.bankrupt_equity == -90


def test_changes_that_were_not_looked_at_in_time_are_forgotten() -> None:
    log = RecordedLog()
    log.deposit("a", 5)
    found = known(log)
    found.changed.extend(["a"] * CHANGES_AT_MOST)
    found.see(log.events[-1])

    assert found.changed == ["a"]
    assert found.generation == 1
