"""Who pays what a flat account lacks?"""

import pytest

from tests.stories import UNIT, Told, story

# Alice is flat and 10 short after a loss of 20 that no liquidation could stop.
FLAT = """
    market M tick 1 lot 1 initial 10% maintenance 5% {vault}
    deposit alice 10
    deposit bob 1000
    {payers}
    mark 100
    trade alice bob 1 @ 100
    trade bob alice 1 @ 80
"""


def told_with(payers: str, vault: str = "") -> Told:
    return story(FLAT.format(payers=payers, vault=vault))


def covered(told: Told) -> list[tuple[str, int]]:
    return [(fact["payer"], fact["amount"]) for fact in told.of("venue.deficit_covered")]


def test_without_a_payer_the_hole_is_uncovered_and_named() -> None:
    told = told_with("")

    assert covered(told) == [("uncovered", 10 * UNIT)]
    assert told.venue.cash["uncovered"] == -10 * UNIT
    assert told.venue.cash["alice"] == 0


def test_the_vault_pays_first_then_the_insurance_then_nobody() -> None:
    told = told_with("deposit vault 4\ndeposit insurance 3", "vault vault")

    assert covered(told) == [
        ("vault", 4 * UNIT),
        ("insurance", 3 * UNIT),
        ("uncovered", 3 * UNIT),
    ]


def test_a_payer_gives_no_more_than_is_missing() -> None:
    told = told_with("deposit vault 40\ndeposit insurance 3", "vault vault")

    assert covered(told) == [("vault", 10 * UNIT)]
    assert told.venue.cash["vault"] == 30 * UNIT


def test_a_vault_gives_only_its_free_collateral() -> None:
    told = told_with("deposit vault 12\nmark 100\nbuy vault 1 @ 50", "vault vault")

    assert covered(told) == [("vault", 2 * UNIT), ("uncovered", 8 * UNIT)]


@pytest.mark.parametrize(("first", "last", "vault"), [("A", "B", "vb"), ("B", "A", "va")])
def test_the_vault_of_the_market_last_closed_pays(first: str, last: str, vault: str) -> None:
    told = story(f"""
        market A tick 1 lot 1 initial 10% maintenance 5% vault va
        market B tick 1 lot 1 initial 10% maintenance 5% vault vb
        deposit alice 50
        deposit bob 1000
        deposit va 1000
        deposit vb 1000
        mark A 100
        mark B 100
        trade alice bob 1 @ 100 A
        trade alice bob 1 @ 100 B
        trade bob alice 1 @ 100 {first}
        trade bob alice 1 @ 1 {last}
    """)

    assert covered(told) == [(vault, 49 * UNIT)]


def test_a_bankrupt_vault_does_not_pay_itself() -> None:
    told = story("""
        market M tick 1 lot 1 initial 10% maintenance 5% vault vault
        deposit vault 10
        deposit insurance 100
        deposit bob 1000
        mark 100
        trade vault bob 1 @ 100
        trade bob vault 1 @ 80
    """)

    assert covered(told) == [("insurance", 10 * UNIT)]


def test_a_deficit_left_by_closes_at_the_mark_is_covered() -> None:
    told = story("""
        market M tick 1 lot 1 initial 10% maintenance 5% close_price mark
        deposit insurance 3
        deposit alice 10
        deposit bob 1000
        mark 100
        trade alice bob 1 @ 100
        mark 85
    """)

    assert told.of("market.position_deleveraged")[0]["cost"] == 0
    assert covered(told) == [("insurance", 3 * UNIT), ("uncovered", 2 * UNIT)]
    assert told.of("account.liquidation_ended")[0]["outcome"] == "deleveraged"


def test_a_flat_account_that_fees_left_short_is_covered() -> None:
    told = story("""
        market M tick 1 lot 1 initial 10% maintenance 5% taker 10%
        deposit alice 19
        deposit bob 1000
        mark 100
        sell bob 1 @ 100
        buy alice 1 @ 100
        buy bob 1 @ 100
        sell alice 1 @ 100 reduce_only
    """)

    assert told.quantity("alice") == 0
    assert covered(told) == [("uncovered", UNIT)]
    assert told.venue.cash["treasury"] == 20 * UNIT


def test_an_account_with_a_position_is_deleveraged_and_not_covered() -> None:
    told = story("""
        market M tick 1 lot 1 initial 10% maintenance 5% trigger vault_exhausted vault vault
        deposit alice 20
        deposit bob 1000
        mark 100
        trade alice bob 1 @ 100
        mark 82
    """)

    assert covered(told) == []
    assert told.of("account.liquidation_ended")[0]["outcome"] == "deleveraged"
    assert told.venue.cash["alice"] == 0
