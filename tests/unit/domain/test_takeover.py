"""How many lots does the vault take, and which limit stops it?"""

from tests.stories import CASCADE_MINI_WAITING, UNIT, Told, story


def told_with(vault: str, *, market: str = "vault vault", before: str = "", mark: int = 84) -> Told:
    return story(f"""
        market M tick 1 lot 1 initial 20% maintenance 10% {market}
        deposit alice 200
        deposit bob 10000
        {vault}
        mark 100
        trade alice bob 10 @ 100
        {before}
        mark {mark}
    """)


def taken(told: Told) -> list[tuple[int, str]]:
    return [
        (fact["quantity"], fact["stopped_by"]) for fact in told.of("market.position_taken_over")
    ]


def takeover_steps(told: Told) -> list[tuple[int, str]]:
    kinds = ("account.liquidation_waiting", "account.liquidation_ended")
    steps = [step for kind in kinds for fact in told.of(kind) for step in fact["steps"]]
    return [(step["used"], step["reason"]) for step in steps if step["step"] == "takeover"]


def test_a_vault_with_money_takes_everything_at_the_bankruptcy_price() -> None:
    told = told_with("deposit vault 1000")

    assert taken(told) == [(10, "all_taken")]
    fact = told.of("market.position_taken_over")[0]
    assert fact["quote"]["price"] == "80/1"
    assert fact["amount"] == 800 * UNIT
    assert told.venue.cash["alice"] == 0
    assert told.venue.markets["M"].positions["vault"].cost == 800 * UNIT
    assert told.of("account.liquidation_ended")[0]["outcome"] == "taken_over"


def test_a_takeover_stops_at_the_cap_and_says_so() -> None:
    assert taken(told_with("deposit vault 1000", market="vault vault cap 400")) == [(5, "capacity")]
    assert taken(told_with("deposit vault 1000", market="vault vault cap 399")) == [(4, "capacity")]


def test_a_takeover_stops_at_the_vaults_margin_and_says_so() -> None:
    # Each lot brings 4 of equity and asks for 16.8 of margin: 51.2 pays for four.
    assert taken(told_with("deposit vault 51.2")) == [(4, "margin")]
    assert taken(told_with("deposit vault 51.199999")) == [(3, "margin")]


def test_capacity_is_named_before_margin() -> None:
    assert taken(told_with("deposit vault 51.2", market="vault vault cap 320")) == [(4, "capacity")]


def test_a_vault_without_money_takes_nothing() -> None:
    told = told_with("")

    assert taken(told) == []
    assert takeover_steps(told) == [(0, "margin")]


def test_a_cap_of_zero_takes_nothing() -> None:
    told = told_with("deposit vault 1000", market="vault vault cap 0")

    assert takeover_steps(told) == [(0, "capacity")]


def test_above_the_backstop_ratio_nobody_takes_over() -> None:
    # Maintenance is 85 at 85: equity 50 is below it, and below two thirds of it, 60 is not.
    assert takeover_steps(told_with("deposit vault 1000", mark=86)) == [(0, "above_backstop")]
    assert taken(told_with("deposit vault 1000", mark=85)) == [(10, "all_taken")]


def test_exactly_at_the_backstop_ratio_nobody_takes_over() -> None:
    told = told_with("deposit vault 1000", market="backstop 60/86 vault vault", mark=86)

    assert takeover_steps(told) == [(0, "above_backstop")]


def test_a_market_without_a_vault_says_so() -> None:
    told = told_with("", market="")

    assert takeover_steps(told) == [(0, "no_vault")]


def test_resting_orders_of_the_vault_count_at_their_worst_side() -> None:
    # At most six lots are worth 100.8 of margin: two on the bid leave four to take.
    resting = told_with("deposit vault 84.8", before="buy vault 2 @ 50")

    assert taken(resting) == [(4, "margin")]


def test_a_vault_on_the_other_side_is_relieved_first() -> None:
    opposite = "deposit vault 1000\ndeposit carol 1000"
    told = told_with(opposite, market="vault vault cap 400", before="trade carol vault 5 @ 100")

    # Five lots close its short of cost 500, five more cost 400.
    assert taken(told) == [(10, "all_taken")]
    assert told.quantity("vault") == 5


def test_a_vault_in_liquidation_takes_nothing() -> None:
    told = story("""
        market M tick 1 lot 1 initial 20% maintenance 10% vault vault
        deposit vault 150
        deposit alice 200
        deposit bob 10000
        mark 100
        trade vault bob 9 @ 100
        trade alice bob 10 @ 100
        mark 90
        mark 85
    """)

    assert told.venue.accounts["vault"].in_liquidation
    assert "vault_in_liquidation" in [reason for _, reason in takeover_steps(told)]


def test_a_vault_that_goes_bankrupt_is_deleveraged_without_book_and_takeover() -> None:
    told = story("""
        market M tick 1 lot 1 initial 20% maintenance 10% vault vault
        deposit vault 200
        deposit bob 10000
        deposit erin 1000
        mark 100
        trade vault bob 9 @ 100
        buy erin 9 @ 77
        mark 77
    """)

    ended = told.of("account.liquidation_ended")[0]
    assert ended["outcome"] == "deleveraged"
    assert [step["step"] for step in ended["steps"]] == ["adl"]
    assert told.quantity("erin") == 0


def test_the_worked_example_stops_at_the_cap_at_48000() -> None:
    told = story(CASCADE_MINI_WAITING)

    fact = told.of("market.position_taken_over")[0]
    assert (fact["quantity"], fact["stopped_by"]) == (2_500, "capacity")
    assert fact["amount"] == 120_000 * UNIT
    assert fact["quote"]["price"] == "480000/1"
    assert told.venue.markets["BTC-PERP"].positions["vault"].cost == 120_000 * UNIT
