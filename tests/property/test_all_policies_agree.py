"""Do two readings of the design close the same accounts under every policy?

The oracle shares no code with the product. Rounds compare single decisions on panels that no short
story reaches; stories compare whole venues while policies and lists change. A selection that is
added is found here by itself; the oracle has to learn its words.
"""

from collections import Counter
from fractions import Fraction
from itertools import pairwise, product
from random import Random
from typing import Any

import pytest

from domain.adl.candidate import Ranked
from domain.adl.decision import Decision, closure_amount, decision
from domain.adl.policies import CLOSE_PRICES, VAULT_RULES
from domain.adl.selections import SELECTIONS
from domain.bankruptcy import bankruptcy_quote
from domain.market import Market
from domain.specification import AdlPolicy
from domain.venue import Venue
from tests.oracle import naive_adl, naive_margin
from tests.oracle.naive_selections import IN_PROFIT_ONLY, lexicographic
from tests.oracle.profiles import POLICIES, PROFILES
from tests.property.panels import (
    BANKRUPT,
    HERE,
    Panel,
    Party,
    oracle_venue,
    panel,
    policy,
    product_venue,
)
from tests.property.streams import Twins, stream

KINDS = tuple(product(SELECTIONS, CLOSE_PRICES, VAULT_RULES, (1, -1)))
EXCLUSIONS = (
    "bankrupt",
    "not_in_profit",
    "in_liquidation",
    "vault_excluded",
    "would_be_bankrupt",
    "basis_missing",
)


def decided(venue: Venue, market: Market, chosen: AdlPolicy) -> Decision:
    price, _ = bankruptcy_quote(venue, market, BANKRUPT)
    return decision(venue, market, BANKRUPT, price, chosen)


def by_the_product(given: Panel, chosen: AdlPolicy) -> dict[str, Any]:
    """Everything that the decision says, in the words of this test."""
    venue, market = product_venue(given, chosen)
    found = decided(venue, market, chosen)
    side = market.positions[BANKRUPT].sign

    def row_of(row: Ranked) -> tuple[object, ...]:
        one = row.candidate
        score = None if row.score is None else Fraction(*row.score)
        if row.parts:
            score = tuple(Fraction(*part) for part in row.parts)
        amount = closure_amount(market, side, row.closed, found.close_price)
        numbers = (one.unrealized, one.notional, one.equity, one.maintenance_margin, one.capacity)
        return (one.account, row.closed, amount, score, row.admitted_loser, *numbers)

    return {
        "price": found.close_price,
        "needed": found.needed,
        "residual": found.residual,
        "excluded": found.queue.excluded,
        "losers_included": found.queue.losers_included,
        "rows": [row_of(row) for row in found.rows],
    }


def by_the_oracle(given: Panel, chosen: AdlPolicy) -> dict[str, Any]:
    naive = oracle_venue(given, chosen)
    found = naive_adl.decision(naive, HERE, BANKRUPT)
    side = 1 if naive.positions[HERE, BANKRUPT][0] > 0 else -1

    def row_of(row: dict[str, Any]) -> tuple[object, ...]:
        score = row["score"]
        if chosen.selection == "lexicographic@1":
            score = tuple(-part for part in lexicographic(row))
        amount = naive_margin.quote(side, row["closed"], found["price"], given.point_value)
        keys = ("unrealized", "notional", "equity", "maintenance", "capacity")
        numbers = (row[key] for key in keys)
        return (row["account"], row["closed"], amount, score, row["loses"], *numbers)

    return {
        "price": found["price"],
        "needed": found["need"],
        "residual": found["need"] - sum(row["closed"] for row in found["rows"]),
        "excluded": found["excluded"],
        "losers_included": found["losers_included"],
        "rows": [row_of(row) for row in found["rows"]],
    }


def rounds(begin: int, count: int) -> Counter[str]:
    """Compare so many rounds, each on a panel of its own, through all kinds; what was reached."""
    reached: Counter[str] = Counter()
    for number in range(begin, begin + count):
        selection, close_price, vaults, side = KINDS[number % len(KINDS)]
        rng = Random(number)
        given = panel(rng, side)
        chosen = policy(rng, selection, close_price, vaults)
        found = by_the_product(given, chosen)
        assert found == by_the_oracle(given, chosen), (number, chosen)
        reached["rounds"] += 1
        reached["residual"] += found["residual"] > 0
        reached["losers included"] += found["losers_included"]
        reached["nobody ranked"] += not found["rows"]
        for code in found["excluded"]:
            reached[code] += 1
        if selection not in ("lexicographic@1", *WITHOUT_SCORE):
            count_neighbours(reached, [row[3] for row in found["rows"]])
    return reached


WITHOUT_SCORE = [name for name, one in SELECTIONS.items() if one.score is None]


def count_neighbours(reached: Counter[str], scores: list[Fraction]) -> None:
    for higher, lower in pairwise(scores):
        reached["equal scores"] += higher == lower
        close = higher != lower and abs(higher - lower) * 2**100 <= abs(higher)
        reached["scores a hair apart"] += close


REACHED = (
    *("rounds", "residual", "losers included", "nobody ranked", *EXCLUSIONS),
    *("equal scores", "scores a hair apart"),
)


def test_the_oracle_and_its_stories_know_every_selection() -> None:
    assert set(SELECTIONS) == set(IN_PROFIT_ONLY) == set(POLICIES)


def test_random_rounds_are_decided_alike_under_every_policy() -> None:
    reached = rounds(0, 3 * len(KINDS))

    assert [item for item in REACHED if not reached[item]] == []


@pytest.mark.long
@pytest.mark.parametrize("begin", range(10_000, 110_000, 10_000))
def test_a_hundred_thousand_rounds_are_decided_alike(begin: int) -> None:
    reached = rounds(begin, 10_000)

    assert reached["rounds"] == 10_000
    assert [item for item in REACHED if not reached[item]] == []


@pytest.mark.parametrize("need, closed", [(15, [5, 10]), (16, [10, 6])])
def test_caps_are_kept_when_they_reach_the_need_exactly_and_dropped_one_lot_later(
    need: int, closed: list[int]
) -> None:
    parties = (
        Party(BANKRUPT, need, need * 50, 0, 1, 1),
        Party("large-profit", -10, -600, 10**6, 2, 2),
        Party("small-profit", -20, -1_020, 10**6, 3, 3),
    )
    given = Panel("1", 1, 50, None, ((0, Fraction(1), Fraction(1, 20)),), parties, ())
    chosen = AdlPolicy("capped-pro-rata@1", parameters=(("cap", "1/2"),))

    found = by_the_product(given, chosen)

    assert [row[1] for row in found["rows"]] == closed
    assert found == by_the_oracle(given, chosen)


def told(selection: str, profile: str, seed: int, length: int) -> Counter[str]:
    twins = Twins()
    for command in stream(seed, length, profile, (selection,)):
        twins.both(command)
        twins.reached["commands"] += 1
    return twins.reached


@pytest.mark.parametrize("selection", SELECTIONS)
def test_stories_under_one_selection_are_told_alike(selection: str) -> None:
    reached = told(selection, "crash", 7, 130)

    assert reached[f"policy {selection}"]


@pytest.mark.long
@pytest.mark.parametrize("selection", SELECTIONS)
def test_long_stories_under_one_selection_are_told_alike(selection: str) -> None:
    reached: Counter[str] = Counter()
    for profile in PROFILES:
        for seed in (1, 2):
            reached += told(selection, profile, seed, 300)

    assert reached["commands"] == 3_600
    assert reached[f"policy {selection}"]
