"""Does every decision, under every policy, keep what must hold for each of them?

The clauses are those of the design, judged on random panels and without the oracle. A selection
that is added is judged here by itself.
"""

import os
from dataclasses import replace
from fractions import Fraction
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.adl.decision import Decision, closure_amount, closure_cost, decision, ranking_root
from domain.adl.policies import CLOSE_PRICES, TRIGGERS, VAULT_RULES
from domain.adl.selections import SELECTIONS
from domain.bankruptcy import bankruptcy_quote
from domain.market import Market
from domain.specification import AdlPolicy
from domain.venue import Venue
from tests.property.panels import BANKRUPT, Panel, panel, policy, product_venue
from tests.property.passes import Onlooker
from tests.property.streams import stream

IS_LONG = os.environ.get("ZEROSUM_HYPOTHESIS") == "long"
FAR = settings(max_examples=400 if IS_LONG else 12)
seeds = st.integers(0, 2**64)
sides = st.sampled_from((1, -1))
vault_rules = st.sampled_from(VAULT_RULES)
every_selection = pytest.mark.parametrize("selection", SELECTIONS)
every_close_price = pytest.mark.parametrize("close_price", CLOSE_PRICES)


def decided(found: Panel, chosen: AdlPolicy) -> tuple[Venue, Market, Decision]:
    venue, market = product_venue(found, chosen)
    price, _ = bankruptcy_quote(venue, market, BANKRUPT)
    return venue, market, decision(venue, market, BANKRUPT, price, chosen)


def costs(market: Market, made: Decision) -> list[int]:
    """What each closure takes from its victim against the mark."""
    side = market.positions[BANKRUPT].sign
    found = []
    for _, row in made.closures:
        amount = closure_amount(market, side, row.closed, made.close_price)
        found.append(closure_cost(market, side, row.closed, amount))
    return found


@every_selection
@every_close_price
@FAR
@given(seed=seeds, side=sides, vaults=vault_rules)
def test_lots_and_capacities_add_up(
    selection: str, close_price: str, seed: int, side: int, vaults: str
) -> None:
    rng = Random(seed)
    found = panel(rng, side)
    _, market, made = decided(found, policy(rng, selection, close_price, vaults))

    closed = [row.closed for row in made.rows]
    capacities = [row.candidate.capacity for row in made.rows]
    assert made.needed == abs(market.positions[BANKRUPT].quantity)
    assert sum(closed) == made.needed - made.residual == min(made.needed, sum(capacities))
    assert all(0 <= lots <= most for lots, most in zip(closed, capacities, strict=True))
    if SELECTIONS[selection].is_queue:
        touched = [at for at, lots in enumerate(closed) if lots]
        assert touched == list(range(len(touched)))
        assert all(closed[at] == capacities[at] for at in touched[:-1])
    opposite = [one for one in found.parties[1:] if one.quantity * side < 0]
    ranked = {row.candidate.account for row in made.rows}
    assert len(ranked) == len(made.rows)
    assert ranked <= {one.account for one in opposite}
    assert len(ranked) + sum(made.queue.excluded.values()) == len(opposite)
    losers = [row.admitted_loser for row in made.rows]
    assert losers == sorted(losers)
    assert made.queue.losers_included == any(losers)


@every_selection
@every_close_price
@FAR
@given(seed=seeds, side=sides, vaults=vault_rules)
def test_a_victim_keeps_its_equity_above_zero_and_one_lot_more_would_not(
    selection: str, close_price: str, seed: int, side: int, vaults: str
) -> None:
    rng = Random(seed)
    found = panel(rng, side)
    _, market, made = decided(found, policy(rng, selection, close_price, vaults))

    def left(row: Any, lots: int) -> int:
        amount = closure_amount(market, side, lots, made.close_price)
        return row.candidate.equity - closure_cost(market, side, lots, amount)

    for row in made.rows:
        assert row.candidate.equity > 0
        assert left(row, row.candidate.capacity) >= 0
        assert left(row, row.closed) >= 0
        if row.candidate.capacity < row.candidate.size:
            assert left(row, row.candidate.capacity + 1) < 0


@every_selection
@FAR
@given(seed=seeds, side=sides, vaults=vault_rules)
def test_costs_at_bankruptcy_prices_are_the_missing_equity_and_the_residue(
    selection: str, seed: int, side: int, vaults: str
) -> None:
    rng = Random(seed)
    found = panel(rng, side)
    venue, market, made = decided(found, policy(rng, selection, "bankruptcy", vaults))

    _, quote = bankruptcy_quote(venue, market, BANKRUPT)
    own_equity = Fraction(quote["equity"] * quote["weight"], quote["weight_total"])
    share = Fraction(made.needed - made.residual, made.needed)
    residue = sum(costs(market, made)) + own_equity * share
    assert 0 <= residue < max(1, len(made.closures))


@every_selection
@every_close_price
@FAR
@given(seed=seeds, side=sides, vaults=vault_rules, trigger=st.sampled_from(TRIGGERS))
def test_the_order_in_which_candidates_come_never_matters(
    selection: str, close_price: str, seed: int, side: int, vaults: str, trigger: str
) -> None:
    rng = Random(seed)
    found = panel(rng, side)
    chosen = replace(policy(rng, selection, close_price, vaults), trigger=trigger)
    others = list(found.parties)
    rng.shuffle(others)

    _, _, made = decided(found, chosen)
    _, _, shuffled = decided(replace(found, parties=tuple(others)), chosen)

    assert shuffled == made
    assert ranking_root(shuffled.rows) == ranking_root(made.rows)


@every_selection
@every_close_price
@FAR
@given(seed=seeds, side=sides, vaults=vault_rules, factor=st.sampled_from((2, 10, 10**6, 7**40)))
def test_money_in_another_unit_never_changes_who_gives_how_much(
    selection: str, close_price: str, seed: int, side: int, vaults: str, factor: int
) -> None:
    rng = Random(seed)
    found = panel(rng, side, crosses=False)
    # An entry of nothing counts as one quote unit, whatever the unit is.
    kept = (one for one in found.parties if one.cost or one.account == BANKRUPT)
    found = replace(found, parties=tuple(kept))
    chosen = policy(rng, selection, close_price, vaults)
    if SELECTIONS[selection].scale_dependent:
        return

    _, _, made = decided(found, chosen)
    _, _, scaled = decided(found.times(factor), chosen)

    def outcome(one: Decision) -> list[tuple[str, int, int, bool]]:
        rows = one.rows
        return [
            (row.candidate.account, row.closed, row.candidate.capacity, row.admitted_loser)
            for row in rows
        ]

    assert outcome(scaled) == outcome(made)
    assert scaled.queue.excluded == made.queue.excluded
    assert scaled.close_price == made.close_price


def test_a_selection_that_calls_itself_scale_dependent_is() -> None:
    for name in (name for name, one in SELECTIONS.items() if one.scale_dependent):
        changed = 0
        for seed in range(400):
            rng = Random(seed)
            found = panel(rng, 1, crosses=False)
            chosen = policy(rng, name, "mark", "same-rules")
            orders = [
                [row.candidate.account for row in decided(one, chosen)[2].rows]
                for one in (found, found.times(10**6))
            ]
            changed += orders[0] != orders[1]
        assert changed, name


@every_selection
def test_passes_of_a_story_balance_and_spare_whom_they_do_not_name(selection: str) -> None:
    onlooker = Onlooker()
    for seed in range(30 if IS_LONG else 2):
        onlooker = Onlooker(seen=onlooker.seen)
        for command in stream(seed, 120, ("crash", "vault", "cross")[seed % 3], (selection,)):
            onlooker.watch(command)

    seen = onlooker.seen
    assert seen["decisions"]
    assert seen["passes that waited"]
    assert seen["passes that ended flat at bankruptcy prices"]
    assert seen["accounts that were not named"]
