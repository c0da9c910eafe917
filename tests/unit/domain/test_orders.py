"""How does an order meet the book?"""

from tests.stories import PLAIN_MARKET, Told, story

RICH = f"""
    {PLAIN_MARKET}
    deposit alice 10000
    deposit bob 10000
    deposit carol 10000
    mark 100
"""


def trades(told: Told) -> list[tuple[str, str, int, int]]:
    return [
        (trade["buyer"], trade["seller"], trade["quantity"], trade["price"])
        for trade in told.of("market.trade_executed")
    ]


def resting(told: Told) -> dict[str, int]:
    return {order.id: order.quantity for order in told.venue.markets["M"].book.orders.values()}


def cancelled(told: Told) -> list[tuple[str, int, str]]:
    return [
        (order["order_id"], order["quantity"], order["reason"])
        for order in told.of("market.order_cancelled")
    ]


def test_the_best_price_trades_first_and_then_the_earliest_order() -> None:
    told = story(f"""{RICH}
        sell bob 1 @ 102
        sell carol 1 @ 101
        sell bob 1 @ 101
        buy alice 3 @ 105
    """)

    assert trades(told) == [
        ("alice", "carol", 1, 101),
        ("alice", "bob", 1, 101),
        ("alice", "bob", 1, 102),
    ]


def test_a_sale_takes_the_highest_bid_first_at_the_resting_price() -> None:
    told = story(f"{RICH}\nbuy bob 1 @ 98\nbuy carol 1 @ 99\nsell alice 2 @ 90")

    assert trades(told) == [("carol", "alice", 1, 99), ("bob", "alice", 1, 98)]


def test_what_is_not_matched_rests_at_its_limit() -> None:
    told = story(f"{RICH}\nsell bob 1 @ 100\nbuy alice 3 @ 100 as mine")

    assert resting(told) == {"mine": 2}
    told.then("sell carol 5 @ 100 ioc")
    assert resting(told) == {}
    assert cancelled(told) == [("o2", 3, "ioc_remainder")]


def test_an_order_without_a_price_takes_any_price_and_never_rests() -> None:
    told = story(f"{RICH}\nsell bob 1 @ 100\nsell bob 1 @ 5000\nbuy alice 3")

    assert [price for *_, price in trades(told)] == [100, 5000]
    assert cancelled(told) == [("o3", 1, "ioc_remainder")]


def test_an_order_stops_at_an_order_of_its_own_account_and_earlier_fills_stand() -> None:
    told = story(f"""{RICH}
        sell bob 1 @ 100
        sell alice 1 @ 101
        sell carol 1 @ 102
        buy alice 3 @ 105
    """)

    assert trades(told) == [("alice", "bob", 1, 100)]
    assert cancelled(told) == [("o4", 2, "self_trade")]
    assert resting(told) == {"o2": 1, "o3": 1}


def test_a_reduce_only_order_is_cut_to_what_is_held() -> None:
    told = story(f"""{RICH}
        trade alice bob 2 @ 100
        buy carol 5 @ 99
        sell alice 5 @ 99 reduce_only as exit
    """)

    assert told.quantity("alice") == 0
    assert cancelled(told) == [("exit", 3, "reduce_only")]


def test_a_resting_reduce_only_order_fills_only_what_it_reduces() -> None:
    told = story(f"""{RICH}
        trade alice bob 3 @ 100
        sell alice 3 @ 101 reduce_only as exit
        sell alice 2 @ 100
        buy carol 2 @ 100
        buy carol 5 @ 101 as o5
    """)

    assert told.quantity("alice") == 0
    assert told.quantity("carol") == 3
    assert cancelled(told) == [("exit", 2, "reduce_only")]
    assert resting(told) == {"o5": 4}


def test_a_resting_reduce_only_order_with_nothing_to_reduce_goes_when_it_is_met() -> None:
    told = story(f"""{RICH}
        trade alice bob 1 @ 100
        sell alice 1 @ 101 reduce_only as exit
        trade bob alice 1 @ 100
        buy carol 1 @ 101 as entry
    """)

    assert cancelled(told) == [("exit", 1, "reduce_only")]
    assert resting(told) == {"entry": 1}


def test_a_post_only_order_rests_where_it_does_not_cross() -> None:
    told = story(f"{RICH}\nsell bob 1 @ 101\nbuy alice 1 @ 100 post_only")

    assert resting(told) == {"o1": 1, "o2": 1}
    told.attempt("sell carol 1 @ 100 post_only")
    assert told.codes == ["post_only_would_cross"]


def test_fees_are_rounded_up_and_rebates_toward_the_books() -> None:
    told = story("""
        market M tick 0.000001 lot 1 initial 10% maintenance 5% maker -1/3 taker 1/3
        deposit alice 1
        deposit bob 1
        mark 0.00001
        sell bob 1 @ 0.00001
        buy alice 1 @ 0.00001
    """)

    trade = told.of("market.trade_executed")[0]
    assert (trade["buyer_fee"], trade["seller_fee"]) == (4, -3)
    assert told.venue.cash["treasury"] == 1
    assert told.venue.markets["M"].fees == 1


def test_a_treasury_may_go_negative_from_rebates() -> None:
    told = story("""
        market M tick 1 lot 1 initial 10% maintenance 5% maker -10%
        deposit alice 100
        deposit bob 100
        mark 100
        sell bob 1 @ 100
        buy alice 1 @ 100
    """)

    assert told.venue.cash["treasury"] == -10_000_000
    assert told.venue.cash["bob"] == 110_000_000


def test_an_order_needs_margin_for_the_loss_that_its_limit_concedes() -> None:
    thin = f"{PLAIN_MARKET}\ndeposit alice 14.999999\ndeposit bob 100\nmark 100"

    told = story(thin).attempt("buy alice 1 @ 105")
    assert told.codes == ["insufficient_margin"]
    assert told.receipts[-1].events[0]["data"]["facts"] == {
        "account": "alice",
        "equity": 14_999_999,
        "needed": 15_000_000,
    }
    story(thin).then("deposit alice 0.000001\nbuy alice 1 @ 105")


def test_a_market_order_concedes_nothing() -> None:
    told = story(f"{PLAIN_MARKET}\ndeposit alice 10\ndeposit bob 100\nmark 100\nsell bob 1 @ 102")

    told.then("buy alice 1")
    assert told.quantity("alice") == 1


def test_a_recorded_trade_needs_no_margin_and_pays_no_fee() -> None:
    told = story("""
        market M tick 1 lot 1 initial 10% maintenance 5% taker 1%
        deposit alice 5
        deposit bob 100
        mark 100
        trade alice bob 1 @ 100
    """)

    assert told.quantity("alice") == 1
    assert told.venue.cash["treasury"] == 0


def test_a_cancelled_order_frees_its_margin() -> None:
    told = story(f"{PLAIN_MARKET}\ndeposit alice 10\nmark 100\nbuy alice 1 @ 100 as mine")

    assert told.attempt("withdraw alice 1").codes == ["insufficient_margin"]
    told.then("cancel mine\nwithdraw alice 10")
    assert cancelled(told) == [("mine", 1, "requested")]


def test_funding_moves_money_from_longs_to_shorts() -> None:
    told = story(f"{RICH}\ntrade alice bob 2 @ 100\nfunding rate 1%\nfunding per_lot -3")

    assert told.venue.cash["alice"] == 10_004 * 10**6
    assert told.venue.cash["bob"] == 9_996 * 10**6
    assert told.venue.markets["M"].funding_index == -2 * 10**6
    assert told.of("market.funding_settled")[0]["rate"] == "1/100"


def test_funding_at_a_rate_is_rounded_half_to_even_per_lot() -> None:
    told = story("""
        market M tick 0.000001 lot 1 initial 10% maintenance 5%
        deposit alice 1
        deposit bob 1
        mark 0.000005
        trade alice bob 1 @ 0.000005
        funding rate 1/2
        funding rate 3/10
        funding rate 7/10
    """)

    facts = told.of("market.funding_settled")
    assert [fact["per_lot"] for fact in facts] == [2, 2, 4]
    assert [fact["rate"] for fact in facts] == ["2/5", "2/5", "4/5"]
