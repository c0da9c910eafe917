"""Who would be closed next, and how many lights are lit?"""

from dataclasses import replace
from fractions import Fraction
from math import ceil

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.adl.selections import SELECTIONS
from domain.specification import AdlPolicy
from reports.indicator import lights_of, queue, rank_page
from reports.page import AsOf
from tests.stories import CASCADE_MINI_WAITING, PLAIN_MARKET, Told, story

NOWHERE = AsOf(0, None, "")
NEEDS_PARAMETERS = {"seeded-rotation@1": (("seed", "4"),), "capped-pro-rata@1": (("cap", "0.5"),)}


def ranks(told: Told, side: int, policy: AdlPolicy | None = None) -> list[str]:
    market = told.venue.markets[min(told.venue.markets)]
    places = queue(told.venue, market, side, policy or market.policy)
    return [place.row.candidate.account for place in places]


@given(st.lists(st.integers(1, 10**24), min_size=1, max_size=40))
def test_lights_follow_the_share_at_or_ahead(sizes: list[int]) -> None:
    lights = lights_of(sizes)

    assert lights[0] == 5
    assert lights == sorted(lights, reverse=True)
    for rank in range(1, len(sizes)):
        share = Fraction(sum(sizes[: rank + 1]), sum(sizes))
        assert lights[rank] == 6 - ceil(5 * share)
        assert 1 <= lights[rank] <= 5


def test_nobody_has_no_lights() -> None:
    assert lights_of([]) == []


def test_the_queue_of_the_worked_example_is_bob_dave_carol() -> None:
    told = story(CASCADE_MINI_WAITING)

    assert ranks(told, -1) == ["bob", "dave", "carol"]


def test_who_is_in_liquidation_and_the_vault_are_not_ranked() -> None:
    told = story(CASCADE_MINI_WAITING)

    assert told.quantity("alice") > 0
    assert told.quantity("vault") > 0
    assert ranks(told, 1) == ["erin"]


@pytest.mark.parametrize(
    ("rule", "expected"),
    [("same-rules", ["vault", "erin"]), ("first", ["vault", "erin"]), ("last", ["erin", "vault"])],
)
def test_the_vault_stands_where_the_vault_rule_says(rule: str, expected: list[str]) -> None:
    told = story(f"{CASCADE_MINI_WAITING}\n    deposit alice 20000\n    mark 49500\n")
    policy = AdlPolicy(vault_candidate=rule)

    assert [name for name in ranks(told, 1, policy) if name != "alice"] == expected


def test_without_profit_comes_after_all_who_have_some() -> None:
    told = story(
        f"""
        {PLAIN_MARKET}
        deposit a 1000
        deposit b 1000
        deposit c 1000
        deposit d 3000
        mark 100
        trade a d 10 @ 100
        trade b d 20 @ 90
        trade c d 30 @ 120
        mark 105
        """
    )
    policy = AdlPolicy("profit-leverage-size@1")

    assert ranks(told, 1, policy) == ["b", "a", "c"]
    market = told.venue.markets["M"]
    rows = rank_page(told.venue, market, 1, policy, NOWHERE).body["rows"]
    assert isinstance(rows, list)
    assert [row["lights"] for row in rows] == [5, 3, 1]
    assert [row["percentile"] for row in rows] == ["100", "200/3", "50"]


@pytest.mark.parametrize("name", SELECTIONS)
def test_every_policy_ranks_everybody_once(name: str) -> None:
    told = story(CASCADE_MINI_WAITING)
    policy = replace(AdlPolicy(name), parameters=NEEDS_PARAMETERS.get(name, ()))
    if name == "risk-aware-pro-rata@1":
        policy = replace(policy, parameters=(("k", "1"),))

    assert sorted(ranks(told, -1, policy)) == ["bob", "carol", "dave"]


def test_without_a_mark_nobody_is_ranked() -> None:
    told = story(PLAIN_MARKET)
    market = told.venue.markets["M"]
    page = rank_page(told.venue, market, 1, market.policy, NOWHERE)

    assert page.body["rows"] == []
    assert page.parts[-1] == "Nobody on this side can be ranked."
