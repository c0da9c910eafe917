"""Is the worked example of the design decided as it is written there?"""

from fractions import Fraction

import pytest

from tests.stories import CASCADE_MINI, CASCADE_MINI_WAITING, UNIT, Told, story

RANKING_ROOT = "20ec924502d69a636119b654fe9100e258d0c86cabc1c0666b617ce14dfb3b58"


def closures(told: Told) -> list[tuple[str, int, int]]:
    return [
        (fact["victim"], fact["quantity"], fact["cost"])
        for fact in told.of("market.position_deleveraged")
    ]


def under(policy: str) -> Told:
    return story(f"{CASCADE_MINI_WAITING}\npolicy {policy}\nmark 47600")


def test_a_queue_closes_all_of_each_victim_but_the_last() -> None:
    assert closures(story(CASCADE_MINI)) == [
        ("bob", 1_000, 400 * UNIT),
        ("dave", 500, 200 * UNIT),
    ]


def test_the_largest_winner_alone_is_closed_when_size_counts() -> None:
    told = under("profit-leverage-size@1")

    assert closures(told) == [("carol", 1_500, 600 * UNIT)]
    assert told.of("market.position_deleveraged")[0]["rank"] == 1


def test_everybody_gives_the_same_share_under_pro_rata() -> None:
    assert sorted(closures(under("pro-rata-size@1"))) == [
        ("bob", 150, 60 * UNIT),
        ("carol", 975, 390 * UNIT),
        ("dave", 375, 150 * UNIT),
    ]


@pytest.mark.parametrize("policy", ["pnl-leverage@1", "profit-leverage-size@1", "pro-rata-size@1"])
def test_what_the_victims_lose_is_what_the_bankrupt_account_lacks(policy: str) -> None:
    told = under(policy)

    assert sum(cost for *_, cost in closures(told)) == 600 * UNIT
    assert told.venue.cash["alice"] == 0
    longs = [p.quantity for p in told.venue.markets["BTC-PERP"].positions.values()]
    assert sum(size for size in longs if size > 0) == 8_500


def test_the_decision_states_everything_needed_to_decide_again() -> None:
    decided = story(CASCADE_MINI).of("market.deleveraging_decided")[0]

    assert decided["ranking_root"] == RANKING_ROOT
    assert decided["close_price"] == {"price": "480000/1", "rule": "bankruptcy"}
    assert decided["quote"] == {
        "equity": -600 * UNIT,
        "mark_price": 476_000,
        "price": "480000/1",
        "quantity": 1_500,
        "weight": 3_570 * UNIT,
        "weight_total": 3_570 * UNIT,
        "weights": "maintenance",
    }
    assert (decided["needed"], decided["residual"], decided["side"]) == (1_500, 0, "long")
    assert (decided["candidates"], decided["closures"], decided["excluded"]) == (3, 2, {})
    assert (decided["equity"], decided["maintenance_margin"]) == (-600 * UNIT, 3_570 * UNIT)
    assert (decided["mark_price"], decided["previous_mark_price"]) == (476_000, 490_000)
    assert not decided["losers_included"]
    assert [
        (step["step"], step["offered"], step["used"], step["left"], step["reason"])
        for step in decided["steps"]
    ] == [
        ("book", 0, 0, 1_500, "no_liquidity"),
        ("takeover", 0, 0, 1_500, "capacity"),
    ]


def test_scores_are_exact_fractions() -> None:
    facts = story(CASCADE_MINI).of("market.position_deleveraged")

    scores = [Fraction(fact["score_numerator"], fact["score_denominator"]) for fact in facts]
    assert scores == [Fraction(217, 450), Fraction(3689, 9150)]
    assert [fact["rank"] for fact in facts] == [1, 2]
    assert [(fact["quantity_before"], fact["quantity_after"]) for fact in facts] == [
        (-1_000, 0),
        (-2_500, -2_000),
    ]
    assert [fact["realized"] for fact in facts] == [12_000 * UNIT, 6_000 * UNIT]


@pytest.mark.parametrize(
    ("account", "cash", "quantity", "unrealized"),
    [
        ("alice", 0, 0, 0),
        ("bob", 20_000, 0, 0),
        ("carol", 325_000, -6_500, 80_600),
        ("dave", 36_000, -2_000, 24_800),
        ("erin", 200_000, 6_000, -20_400),
        ("vault", 20_000, 2_500, -1_000),
    ],
)
def test_everybody_ends_as_the_design_says(
    account: str, cash: int, quantity: int, unrealized: int
) -> None:
    told = story(CASCADE_MINI)

    assert told.venue.cash[account] == cash * UNIT
    assert told.quantity(account) == quantity
    assert told.venue.equity(account) == (cash + unrealized) * UNIT
    assert told.venue.net_deposits == 685_000 * UNIT


SMALL = """
    market M tick 1 lot 1 initial 10% maintenance 5% {adl}
    deposit alice 20
    deposit bob 1000
    deposit carol 1000
    mark 100
    {trades}
    mark {mark}
"""


def small(adl: str = "", trades: str = "trade alice bob 1 @ 100", mark: int = 70) -> Told:
    return story(SMALL.format(adl=adl, trades=trades, mark=mark))


@pytest.mark.parametrize(
    ("rule", "before", "price"),
    [
        ("bankruptcy", 85, "80/1"),
        ("mark", 85, "70/1"),
        ("previous_mark", 85, "85/1"),
        ("mark_capped", 85, "80/1"),
    ],
)
def test_a_decision_has_one_close_price_by_rule(rule: str, before: int, price: str) -> None:
    told = small(f"close_price {rule}", f"trade alice bob 1 @ 100\nmark {before}")

    assert told.of("market.deleveraging_decided")[0]["close_price"] == {
        "price": price,
        "rule": rule,
    }


@pytest.mark.parametrize(("mark", "price"), [(84, "84/1"), (70, "80/1")])
def test_mark_capped_is_the_mark_but_never_worse_than_bankruptcy(mark: int, price: str) -> None:
    told = small("close_price mark_capped trigger vault_exhausted", mark=mark)

    assert told.of("market.deleveraging_decided")[0]["close_price"]["price"] == price


@pytest.mark.parametrize(("mark", "price"), [(116, "116/1"), (130, "120/1")])
def test_mark_capped_mirrors_for_a_short(mark: int, price: str) -> None:
    told = small("close_price mark_capped trigger vault_exhausted", "trade bob alice 1 @ 100", mark)

    assert told.of("market.deleveraging_decided")[0]["close_price"]["price"] == price


def test_above_zero_equity_the_default_trigger_waits() -> None:
    told = small(mark=84)

    steps = told.of("account.liquidation_waiting")[0]["steps"]
    assert steps[-1]["reason"] == "not_triggered"
    assert told.of("market.deleveraging_decided") == []


def test_an_exhausted_vault_triggers_above_zero_equity_too() -> None:
    told = small("trigger vault_exhausted", mark=84)

    assert closures(told) == [("bob", 1, -4 * UNIT)]


def test_losers_are_admitted_only_when_winners_do_not_suffice() -> None:
    trades = """
        trade alice bob 1 @ 100
        trade carol dave 1 @ 60
        trade alice carol 1 @ 100
    """
    base = "deposit dave 1000\ndeposit alice 10\n"
    told = small("policy profit-leverage-size@1", base + trades, 84)
    decided = told.of("market.deleveraging_decided")

    assert decided[0]["losers_included"]
    assert decided[0]["excluded"] == {}
    assert [victim for victim, *_ in closures(told)] == ["bob", "dave"]


RESIDUAL = """
    market N tick 1 lot 1 initial 10% maintenance 5%
    market M tick 1 lot 1 initial 10% maintenance 5%
    deposit alice 40
    deposit bob 1000
    deposit carol 100000
    deposit poor 100
    mark N 100
    mark M 100
    trade alice bob 1 @ 100 M
    trade alice poor 1 @ 100 M
    trade poor carol 100 @ 100 N    # liquidatable at once, and nobody takes anything
    mark M 70
"""


def test_what_cannot_be_closed_stays_open_and_is_tried_again() -> None:
    told = story(RESIDUAL)

    decided = told.of("market.deleveraging_decided")
    assert (decided[0]["needed"], decided[0]["residual"]) == (2, 1)
    assert decided[0]["excluded"] == {"in_liquidation": 1}
    assert told.of("account.liquidation_waiting")[-1]["residual"] == {"M": 1}
    told.then("mark M 70")
    assert told.kinds() == ["market.mark_price_updated"]
    told.then("deposit poor 1000\nmark M 71")
    assert closures(told)[1:] == [("poor", 1, 9 * UNIT)]
    assert told.venue.cash["alice"] == 0


def test_a_candidate_that_could_not_pay_for_a_single_lot_is_left_out() -> None:
    told = story(f"{RESIDUAL}\ndeposit zed 5\ntrade carol zed 1 @ 70 M")

    told.then("deposit poor 1000\nmark M 70")
    decided = told.of("market.deleveraging_decided")[-1]
    assert decided["excluded"] == {"would_be_bankrupt": 1}
    assert told.quantity("zed", "M") == -1


def test_a_bankrupt_candidate_is_left_out() -> None:
    told = story(f"{RESIDUAL}\ndeposit zed 5\ntrade carol zed 1 @ 70 M")

    told.then("deposit poor 1000\nfunding per_lot -6 M")
    of_alice, of_zed = told.of("market.deleveraging_decided")[1:]
    assert (of_alice["bankrupt"], of_alice["excluded"]) == ("alice", {"bankrupt": 1})
    assert (of_zed["bankrupt"], of_zed["excluded"]) == ("zed", {})


@pytest.mark.parametrize(
    ("rule", "victims"),
    [
        ("excluded", ["bob"]),
        ("same-rules", ["bob"]),
        ("first", ["vault"]),
        ("last", ["bob"]),
    ],
)
def test_a_vault_stands_where_its_rule_puts_it(rule: str, victims: list[str]) -> None:
    told = story(f"""
        market M tick 1 lot 1 initial 10% maintenance 5% vault_candidate {rule}
        account vault vault
        deposit vault 2000
        deposit alice 20
        deposit bob 1000
        deposit carol 1000
        mark 100
        trade alice vault 1 @ 100
        trade alice bob 1 @ 100
        trade carol alice 1 @ 100
        mark 70
    """)

    decided = told.of("market.deleveraging_decided")[0]
    assert decided["excluded"] == ({"vault_excluded": 1} if rule == "excluded" else {})
    assert [victim for victim, *_ in closures(told)] == victims


def test_equal_scores_go_to_the_older_position() -> None:
    told = small(trades="trade alice carol 1 @ 100\ntrade alice bob 1 @ 100\ndeposit alice 10")

    assert [victim for victim, *_ in closures(told)] == ["carol", "bob"]


def test_what_rounding_leaves_moves_to_the_rounding_account() -> None:
    told = story("""
        market M tick 0.000001 lot 1 initial 10% maintenance 5%
        deposit alice 0.00001
        deposit bob 1
        deposit carol 1
        mark 0.0001
        trade alice bob 2 @ 0.0001
        trade alice carol 1 @ 0.0001
        funding per_lot 0
        mark 0.00009
    """)

    assert (
        sum(told.venue.cash.values())
        - sum(p.cost for p in told.venue.markets["M"].positions.values())
        == told.venue.net_deposits
    )
    moved = told.of("account.collateral_moved")
    assert [(fact["to"], fact["reason"]) for fact in moved] == [("rounding", "residue")]
    assert moved[0]["amount"] == 1
    assert told.venue.cash["rounding"] == 1
    assert told.venue.cash["alice"] == 0
