"""What does each step of a liquidation write down, and whom else does it touch?"""

from typing import Any

from tests.stories import PLAIN_MARKET, UNIT, Told, story

LONG = f"""
    {PLAIN_MARKET}
    deposit alice 20
    deposit bob 1000
    mark 100
    trade alice bob 1 @ 100
"""


def steps(told: Told, kind: str = "account.liquidation_ended") -> list[dict[str, Any]]:
    return [step for fact in told.of(kind) for step in fact["steps"]]


def step(name: str, reason: str, **numbers: int) -> dict[str, Any]:
    found = {"left": 1, "market": "M", "offered": 0, "reason": reason, "step": name, "used": 0}
    return found | numbers


def test_a_step_that_closes_all_leaves_nothing() -> None:
    told = story(f"{LONG}\nbuy bob 1 @ 83\nmark 84")

    assert steps(told) == [step("book", "filled", offered=1, used=1, left=0)]


def test_steps_that_find_nothing_say_so_with_zeros() -> None:
    told = story(f"{LONG}\nmark 84")

    assert steps(told, "account.liquidation_waiting") == [
        step("book", "no_liquidity"),
        step("takeover", "no_vault"),
        step("adl", "not_triggered"),
    ]


def test_a_vault_is_not_asked_above_the_backstop() -> None:
    told = story(f"""
        {PLAIN_MARKET} vault vault
        deposit vault 1000
        deposit alice 20
        deposit bob 1000
        mark 100
        trade alice bob 1 @ 100
        mark 84
    """)

    found = steps(told, "account.liquidation_waiting")
    assert found[1] == step("takeover", "above_backstop")


def test_a_short_below_one_tick_is_noted_with_all_its_lots_left() -> None:
    told = story(f"""
        {PLAIN_MARKET}
        deposit alice 1
        deposit bob 1000
        mark 1
        trade bob alice 10 @ 1
        funding per_lot -0.2
    """)

    assert steps(told)[0] == step("book", "no_order", left=10)


def test_a_position_of_exactly_the_threshold_goes_out_whole() -> None:
    partial = "mode partial partial_above {} partial_share 1/3"
    text = """
        market M tick 1 lot 1 initial 10% maintenance 5% {}
        deposit alice 105
        deposit bob 10000
        mark 100
        trade alice bob 10 @ 100
        buy bob 20 @ 94
        mark 94
    """
    at_the_threshold = story(text.format(partial.format(940)))
    above_it = story(text.format(partial.format(939)))

    assert steps(at_the_threshold)[0]["used"] == 10
    assert steps(above_it)[0]["used"] == 4


def test_a_decision_tells_the_steps_of_its_own_market() -> None:
    told = story("""
        market A tick 1 lot 1 initial 10% maintenance 5%
        market B tick 1 lot 1 initial 10% maintenance 5%
        deposit alice 60
        deposit bob 10000
        mark A 100
        mark B 100
        trade alice bob 1 @ 100 A
        trade alice bob 3 @ 100 B
        mark A 30
    """)

    decided = told.of("market.deleveraging_decided")
    assert [[one["market"] for one in fact["steps"]] for fact in decided] == [
        ["B", "B"],
        ["A", "A"],
    ]


def test_a_maker_that_a_liquidation_leaves_flat_and_short_is_covered() -> None:
    told = story("""
        market M tick 1 lot 1 initial 10% maintenance 5% maker 30%
        deposit alice 20
        deposit bob 1000
        deposit carol 10
        mark 100
        trade alice bob 1 @ 100
        mark 90
        trade bob carol 1 @ 90
        buy carol 1 @ 83
        mark 84
    """)

    # 7 gained on the short, 24.9 paid to the treasury.
    assert told.quantity("carol") == 0
    assert [(fact["bankrupt"], fact["payer"]) for fact in told.of("venue.deficit_covered")] == [
        ("carol", "uncovered")
    ]
    assert told.venue.cash["carol"] == 0
    assert told.venue.cash["uncovered"] == -(249 * UNIT // 10 - 17 * UNIT)


def test_a_whole_unit_that_no_rounding_left_stays_with_its_owner() -> None:
    rules = "vault vault cap 100 trigger vault_exhausted close_price mark"
    told = story(f"""
        venue books quote USD unit 1
        market M tick 1 lot 1 initial 10% maintenance 5% {rules}
        deposit vault 1000
        deposit alice 20
        deposit bob 1000
        mark 100
        trade alice bob 2 @ 100
        mark 91
    """)

    # The vault takes one lot at the bankruptcy price 90; the other is closed at the mark.
    assert [fact["amount"] for fact in told.of("market.position_taken_over")] == [90]
    assert [fact["amount"] for fact in told.of("market.position_deleveraged")] == [91]
    assert told.venue.cash["alice"] == 1
    assert told.of("account.collateral_moved") == []


def test_an_account_without_a_unit_waits_and_one_that_lacks_a_unit_is_deleveraged() -> None:
    nothing_left = story(f"{LONG}\nmark 80")
    one_unit_short = story(f"{LONG}\nwithdraw alice 0.000001\nmark 80")

    assert nothing_left.venue.equity("alice") == 0
    assert nothing_left.quantity("alice") == 1
    assert nothing_left.of("market.deleveraging_decided") == []
    assert one_unit_short.of("market.deleveraging_decided")[0]["equity"] == -1
    assert one_unit_short.quantity("alice") == 0


def test_a_pass_that_moved_one_lot_says_what_is_left() -> None:
    told = story(f"""
        {PLAIN_MARKET}
        deposit alice 40
        deposit bob 1000
        mark 100
        trade alice bob 2 @ 100
        mark 81
        buy bob 1 @ 81
        mark 81
    """)

    assert [fact["residual"] for fact in told.of("account.liquidation_waiting")] == [
        {"M": 2},
        {"M": 1},
    ]


def test_a_healthy_account_that_is_a_victim_later_in_the_check_is_liquidated_again() -> None:
    rules = "trigger vault_exhausted close_price previous_mark"
    told = story(f"""
        market A tick 1 lot 1 initial 10% maintenance 5%
        market B tick 1 lot 1 initial 10% maintenance 5% {rules}
        deposit alice 62
        deposit bob 114.5
        deposit carol 10000
        deposit dave 10000
        mark A 100
        mark B 100
        trade alice carol 2 @ 100 A
        trade bob carol 2 @ 100 A
        trade bob alice 2 @ 100 B
        trade dave alice 2 @ 100 B
        mark B 90
        buy carol 2 @ 60 A
        mark A 60
    """)

    started = [
        event["stream"].partition("/")[2]
        for event in told.events
        if event["type"] == "account.liquidation_started/1"
    ]
    assert started == ["alice", "bob", "alice"]
    victims = [fact["victim"] for fact in told.of("market.position_deleveraged")]
    assert victims == ["alice", "dave"]
