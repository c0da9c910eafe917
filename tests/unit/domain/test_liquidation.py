"""Who is liquidated after a command, in which order, and how does it end?"""

from tests.stories import CASCADE_MINI_OPENED, PLAIN_MARKET, UNIT, Told, story

LONG = f"""
    {PLAIN_MARKET}
    deposit alice 20
    deposit bob 1000
    mark 100
    trade alice bob 1 @ 100
"""


def outcomes(told: Told) -> list[str]:
    return [fact["outcome"] for fact in told.of("account.liquidation_ended")]


def started(told: Told) -> list[str]:
    return [
        event["stream"].partition("/")[2]
        for event in told.events
        if event["type"] == "account.liquidation_started/1"
    ]


def test_an_account_at_exactly_its_maintenance_margin_is_safe() -> None:
    exactly = story(f"{LONG}\nwithdraw alice 5.75\nmark 90")
    one_unit_less = story(f"{LONG}\nwithdraw alice 5.750001\nmark 90")

    assert exactly.venue.equity("alice") == 4_250_000
    assert started(exactly) == started(one_unit_less) == ["alice"]
    equal = story(f"{LONG}\nwithdraw alice 5.5\nmark 90")
    assert equal.venue.equity("alice") == equal.venue.maintenance_margin("alice") == 4_500_000
    assert started(equal) == []


def test_an_account_without_a_position_is_never_liquidated() -> None:
    told = story(f"{PLAIN_MARKET}\ndeposit alice 1\nmark 100\nmark 1")

    assert started(told) == []


def test_the_lowest_margin_ratio_goes_first() -> None:
    told = story(f"""
        {PLAIN_MARKET}
        deposit bob 1000
        deposit alice 15
        deposit carol 14
        deposit dave 16
        mark 100
        trade alice bob 1 @ 100
        trade carol bob 1 @ 100
        trade dave bob 1 @ 100
        mark 87
    """)

    assert started(told) == ["carol", "alice", "dave"]


def test_equal_ratios_go_by_account_id() -> None:
    told = story(f"""
        {PLAIN_MARKET}
        deposit bob 1000
        deposit carol 15
        deposit alice 15
        mark 100
        trade carol bob 1 @ 100
        trade alice bob 1 @ 100
        mark 87
    """)

    assert started(told) == ["alice", "carol"]


def test_accounts_without_maintenance_margin_go_before_all_by_equity() -> None:
    told = story("""
        market A tick 1 lot 1 initial 10% maintenance 0
        market B tick 1 lot 1 initial 10% maintenance 5%
        deposit bob 10000
        deposit alice 15
        deposit carol 14
        deposit dave 10
        mark A 100
        mark B 100
        trade alice bob 1 @ 100 A
        trade carol bob 1 @ 100 A
        trade dave bob 1 @ 100 B
        funding per_lot 40 B
        funding per_lot 20 A
    """)
    assert started(told) == ["dave", "carol", "alice"]

    both = story("""
        market A tick 1 lot 1 initial 10% maintenance 0
        market B tick 1 lot 1 initial 10% maintenance 5%
        deposit bob 10000
        deposit alice 15
        deposit dave 10
        mark A 100
        mark B 100
        trade bob alice 3 @ 100 A
        trade dave alice 1 @ 100 B
        trade bob alice 1 @ 100 B
        trade alice bob 2 @ 100 B
        mark A 110
    """)
    assert started(both) == ["alice"]


def test_the_accounts_orders_are_cancelled_when_its_liquidation_starts() -> None:
    told = story("""
        market A tick 1 lot 1 initial 10% maintenance 5%
        market B tick 1 lot 1 initial 10% maintenance 5%
        deposit alice 30
        deposit bob 1000
        mark A 100
        mark B 100
        trade alice bob 1 @ 100 A
        buy alice 1 @ 50 A as in-a
        sell alice 1 @ 150 B as in-b
        buy bob 1 @ 20 A as of-bob
        mark A 73
    """)

    cancelled = told.of("market.order_cancelled")
    assert [(fact["order_id"], fact["reason"]) for fact in cancelled] == [
        ("in-a", "liquidation"),
        ("in-b", "liquidation"),
    ]
    assert "of-bob" in told.venue.markets["A"].book.orders


def test_a_deposit_that_restores_the_margin_ends_the_liquidation_as_healthy() -> None:
    told = story(f"{LONG}\nmark 84")
    assert told.venue.accounts["alice"].in_liquidation

    told.then("deposit alice 0.2")
    assert outcomes(told) == ["healthy"]
    assert told.of("account.liquidation_ended")[0]["steps"] == []
    assert told.quantity("alice") == 1


def test_a_mark_that_restores_the_margin_ends_the_liquidation_as_healthy() -> None:
    told = story(f"{LONG}\nmark 84\nmark 85")

    assert outcomes(told) == ["healthy"]


def test_a_pass_that_does_nothing_is_written_once() -> None:
    told = story(f"{LONG}\nmark 84\nmark 83\nmark 82")

    assert len(told.of("account.liquidation_started")) == 1
    assert len(told.of("account.liquidation_waiting")) == 1
    assert told.kinds() == ["market.mark_price_updated"]


def test_the_book_ends_a_liquidation_at_the_resting_price() -> None:
    told = story(f"{LONG}\nbuy bob 1 @ 83\nmark 84")

    assert outcomes(told) == ["closed"]
    assert told.venue.cash["alice"] == 3 * UNIT
    trade = told.of("market.trade_executed")[-1]
    assert (trade["purpose"], trade["price"], trade["seller"]) == ("liquidation", 83, "alice")


def test_bids_beyond_the_bankruptcy_price_are_no_liquidity() -> None:
    told = story(f"{LONG}\nbuy bob 1 @ 79\nmark 84")

    steps = told.of("account.liquidation_waiting")[0]["steps"]
    assert steps[0] == {
        "left": 1,
        "market": "M",
        "offered": 0,
        "reason": "no_liquidity",
        "step": "book",
        "used": 0,
    }


def test_a_short_whose_limit_is_below_one_tick_sends_no_order() -> None:
    told = story(f"""
        {PLAIN_MARKET}
        deposit alice 1
        deposit bob 1000
        mark 1
        trade bob alice 10 @ 1
        sell bob 10 @ 1
        funding per_lot -0.2
    """)

    steps = told.of("account.liquidation_ended")[0]["steps"]
    assert [(step["step"], step["reason"]) for step in steps] == [
        ("book", "no_order"),
        ("takeover", "no_vault"),
        ("adl", "all_closed"),
    ]
    assert told.of("market.deleveraging_decided")[0]["quote"]["price"] == "9/10"


def test_partial_mode_sends_a_share_above_the_threshold_and_everything_below() -> None:
    partial = "mode partial partial_above 600 partial_share 1/3"
    told = story(f"""
        market M tick 1 lot 1 initial 10% maintenance 5% {partial}
        deposit alice 105
        deposit bob 10000
        mark 100
        trade alice bob 10 @ 100
        buy bob 20 @ 94
        mark 94
    """)

    steps = [step for fact in told.of("account.liquidation_ended") for step in fact["steps"]]
    assert (steps[0]["offered"], steps[0]["used"], steps[0]["left"]) == (20, 4, 6)
    assert outcomes(told) == ["healthy"]
    told.then("mark 90")
    assert outcomes(told) == ["healthy", "closed"]


def test_each_position_is_tried_in_the_order_of_its_margin() -> None:
    told = story("""
        market A tick 1 lot 1 initial 10% maintenance 5%
        market B tick 1 lot 1 initial 10% maintenance 5%
        deposit alice 60
        deposit bob 10000
        mark A 100
        mark B 100
        trade alice bob 1 @ 100 A
        trade alice bob 3 @ 100 B
        mark A 55
    """)

    steps = told.of("account.liquidation_waiting")[0]["steps"]
    assert [(step["step"], step["market"]) for step in steps] == [
        ("book", "B"),
        ("book", "A"),
        ("takeover", "B"),
        ("takeover", "A"),
        ("adl", "B"),
        ("adl", "A"),
    ]


def test_a_pass_stops_as_soon_as_the_margin_is_back() -> None:
    told = story("""
        market A tick 1 lot 1 initial 10% maintenance 5%
        market B tick 1 lot 1 initial 10% maintenance 5%
        deposit alice 60
        deposit bob 10000
        mark A 100
        mark B 100
        trade alice bob 1 @ 100 A
        trade alice bob 3 @ 100 B
        buy bob 3 @ 99 B
        buy bob 1 @ 40 A
        mark A 55
    """)

    assert outcomes(told) == ["healthy"]
    assert (told.quantity("alice", "B"), told.quantity("alice", "A")) == (0, 1)


def test_the_liquidation_fee_is_never_more_than_the_improvement() -> None:
    market = "market M tick 1 lot 1 initial 10% maintenance 5% taker 5% liquidation_fee 10%"
    told = story(f"""
        {market}
        deposit alice 20
        deposit bob 1000
        deposit carol 1000
        mark 100
        trade alice bob 1 @ 100
        buy carol 1 @ 83
        mark 84
    """)

    assert told.of("market.trade_executed")[-1]["seller_fee"] == 3 * UNIT
    assert told.venue.cash["alice"] == 0
    assert told.venue.cash["treasury"] == 3 * UNIT


def test_the_worked_example_goes_from_healthy_over_waiting_to_deleveraged() -> None:
    told = story(f"{CASCADE_MINI_OPENED}\nmark 52000")

    assert outcomes(told) == ["healthy"]
    assert (told.quantity("alice"), told.venue.equity("alice")) == (4_000, 16_000 * UNIT)
    assert told.venue.maintenance_margin("alice") == 10_400 * UNIT
    told.then("mark 49000")
    waiting = told.of("account.liquidation_waiting")[0]
    assert waiting["residual"] == {"BTC-PERP": 1_500}
    assert told.venue.equity("alice") == 1_500 * UNIT
    told.then("mark 47600")
    assert outcomes(told) == ["healthy", "deleveraged"]
    ids = {fact["liquidation_id"] for fact in told.of("account.liquidation_started")}
    assert len(ids) == 2
