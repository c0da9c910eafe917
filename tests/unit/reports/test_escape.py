"""Is the nearest escape really the nearest?"""

from dataclasses import replace
from typing import NamedTuple

import pytest

from domain.adl.decision import Decision, decision
from domain.adl.selections import SELECTIONS
from domain.margin import bankruptcy_price
from domain.specification import AdlPolicy
from domain.venue import Venue
from reports.escape import Case, equity_that_spares
from tests.stories import CASCADE_MINI_WAITING, UNIT, story


class Crisis(NamedTuple):
    """The venue just before the decision of the worked example, under some policy."""

    venue: Venue
    case: Case


def crisis(name: str) -> Crisis:
    told = story(CASCADE_MINI_WAITING)
    venue = told.venue.fork()
    market = venue.market_to_change("BTC-PERP")
    market.previous_mark, market.mark = market.mark, 476_000
    parameters = {
        "seeded-rotation@1": (("seed", "0"),),
        "capped-pro-rata@1": (("cap", "1"),),
        "risk-aware-pro-rata@1": (("k", "1"),),
    }
    policy = replace(AdlPolicy(name), parameters=parameters.get(name, ()))
    return Crisis(venue, Case(venue, market, policy, decided(venue, policy), -1))


def decided(venue: Venue, policy: AdlPolicy) -> Decision:
    market = venue.markets["BTC-PERP"]
    margin = venue.maintenance_margin("alice")
    price = bankruptcy_price(
        mark_price=market.price,
        quantity=market.positions["alice"].quantity,
        point_value=market.point_value,
        equity=venue.equity("alice"),
        weight=margin,
        weight_total=margin,
    )
    return decision(venue, market, "alice", price, policy)


def closed_with(venue: Venue, policy: AdlPolicy, account: str, more_cash: int) -> int:
    """Lots closed when the account has more cash, decided from scratch on the venue itself."""
    other = venue.fork()
    other.cash[account] += more_cash
    rows = decided(other, policy).rows
    return sum(row.closed for row in rows if row.candidate.account == account)


def test_dave_escapes_with_the_leverage_of_carol() -> None:
    venue, case = crisis("pnl-leverage@1")
    assert venue.equity("dave") == 61_000 * UNIT

    assert equity_that_spares(case, "dave") == 156_000 * UNIT


def test_bob_escapes_behind_dave_and_carol_who_suffice() -> None:
    _, case = crisis("pnl-leverage@1")

    # Behind dave is enough: dave alone can give 2.5.
    assert equity_that_spares(case, "bob") == 24_400 * UNIT


@pytest.mark.parametrize("name", SELECTIONS)
def test_one_unit_less_would_not_have_been_enough(name: str) -> None:
    venue, case = crisis(name)
    for _, row in case.decided.closures:
        account = row.candidate.account
        threshold = equity_that_spares(case, account)
        if threshold is None:
            continue
        more = threshold - venue.equity(account)
        assert more > 0
        assert closed_with(venue, case.policy, account, more) == 0
        assert closed_with(venue, case.policy, account, more - 1) > 0


WITHOUT = [
    "largest-first@1",
    "seeded-rotation@1",
    "external-list@1",
    *(name for name, selection in SELECTIONS.items() if not selection.is_queue),
]


@pytest.mark.parametrize("name", WITHOUT)
def test_no_equity_spares_where_it_decides_nothing(name: str) -> None:
    _, case = crisis(name)
    victims = [row.candidate.account for _, row in case.decided.closures]

    assert victims
    assert [equity_that_spares(case, victim) for victim in victims] == [None] * len(victims)


def test_who_was_not_closed_needs_no_escape() -> None:
    _, case = crisis("pnl-leverage@1")

    assert equity_that_spares(case, "carol") is None
