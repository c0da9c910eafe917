"""Does every named invariant notice what it is there for, and nothing else?

Each test breaks one thing in the worked example: an event on its way into the examination, the
state between two events, or the fold itself. Invariants of the store are broken where it is tested.
"""

from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass
from typing import Any, Final

import pytest

from domain import market as market_module
from domain import position as position_module
from domain.account import INSURANCE
from domain.events import Event
from domain.examination import Examination
from domain.invariants import INVARIANTS, checked, violations
from domain.respond import respond
from domain.snapshot import state_of
from domain.submission import read_command
from domain.venue import Venue
from tests.stories import CASCADE_MINI, attempt, story

BTC: Final = "BTC-PERP"
IN_THE_STORE: Final = {
    "log_in_order": "tests/unit/ledger",
    "counted_once": "tests/unit/ledger",
    "replay_is_deterministic": "tests/unit/ledger",
    "snapshot_equals_fold": "tests/unit/ledger",
    "projection_equals_log": "tests/unit/ledger",
    "tree_matches_bytes": "tests/unit/ledger",
}
BY_COMPARING_STATES: Final = {"rejections_change_nothing"}


def found_in(
    spoil: Callable[[Event], Event | None] = lambda event: event,
    between: Callable[[Venue, Event], None] = lambda _venue, _event: None,
    *,
    at_end: bool = False,
) -> set[str]:
    """Names that the examination of a spoiled worked example reports."""
    examination = Examination(Venue())
    names: set[str] = set()
    for original in story(CASCADE_MINI).events:
        event = spoil(deepcopy(original))
        if event is None:
            break
        names |= {name for name, _ in examination.apply(event)}
        between(examination.venue, event)
    if at_end:
        names |= {name for name, _ in examination.at_end()}
    return names


def spoiled(kind: str, number: int = 0, **changes: Any) -> Callable[[Event], Event]:
    """Change fields of the n-th event of a kind."""
    seen = [0]

    def spoil(event: Event) -> Event:
        if event["type"] == f"{kind}/1":
            if seen[0] == number:
                for field, change in changes.items():
                    old = event["data"][field]
                    event["data"][field] = change(old) if callable(change) else change
            seen[0] += 1
        return event

    return spoil


def after(kind: str, change: Callable[[Venue], None]) -> Callable[[Venue, Event], None]:
    """Change the state just after the first event of a kind."""
    done: list[int] = []

    def between(venue: Venue, event: Event) -> None:
        if event["type"] == f"{kind}/1" and not done:
            done.append(event["seq"])
            change(venue)

    return between


@dataclass(frozen=True)
class Over:
    """A change of a whole state and the names that must notice it."""

    change: Callable[[Venue], None]
    also: frozenset[str] = frozenset()


def one_lot_more(venue: Venue) -> None:
    positions = venue.markets[BTC].positions
    positions["carol"] = positions["carol"]._replace(quantity=positions["carol"].quantity + 1)


def one_unit_of_cash(venue: Venue) -> None:
    venue.cash["rounding"] += 1


def one_unit_of_result(venue: Venue) -> None:
    realized = venue.markets[BTC].realized
    realized["carol"] = realized.get("carol", 0) + 1


def a_flat_position(venue: Venue) -> None:
    position = venue.markets[BTC].positions["carol"]
    venue.markets[BTC].positions["bob"] = position._replace(quantity=0, cost=0)
    venue.holdings["bob"] = (BTC,)


def a_position_that_its_account_does_not_list(venue: Venue) -> None:
    venue.holdings["carol"] = ()
    # Without its list the account's equity lacks the position; enough cash keeps the books.


def a_nameless_shortfall(venue: Venue) -> None:
    venue.cash["bob"] -= 50_000 * 10**6
    venue.cash["erin"] += 50_000 * 10**6


def insurance_in_debt(venue: Venue) -> None:
    venue.cash[INSURANCE] -= 1
    venue.cash["erin"] += 1


# A sum of signed lots and twice the larger side say the same: whoever breaks one breaks the other.
TWINS: Final = frozenset({"open_interest_balanced", "longs_equal_shorts"})
OVER_STATES: Final = {
    "open_interest_balanced": [Over(one_lot_more, TWINS)],
    "longs_equal_shorts": [Over(one_lot_more, TWINS)],
    "money_conserved": [Over(one_unit_of_cash)],
    "market_results_cancel": [Over(one_unit_of_result)],
    "no_cost_without_position": [
        Over(a_flat_position),
        Over(a_position_that_its_account_does_not_list),
    ],
    "shortfalls_are_named": [Over(a_nameless_shortfall), Over(insurance_in_debt)],
}


@pytest.mark.parametrize(
    ("name", "over"),
    [(name, over) for name, changes in OVER_STATES.items() for over in changes],
    ids=lambda value: value if isinstance(value, str) else value.change.__name__,
)
def test_an_invariant_over_the_state_notices_what_breaks_it(name: str, over: Over) -> None:
    venue = story(CASCADE_MINI).venue
    assert list(violations(venue)) == []

    over.change(venue)

    assert {broken for broken, _ in violations(venue)} == {name, *over.also}
    with pytest.raises(Exception, match=f"is broken at seq {venue.head}"):
        checked(venue)


def longs_pay_and_nobody_receives(venue: Venue) -> None:
    del venue.markets[BTC].positions["carol"]


DECIDED: Final = "market.deleveraging_decided"
CLOSED: Final = "market.position_deleveraged"


def stolen_from_a_bystander(venue: Venue) -> None:
    venue.cash["carol"] -= 1


def other_lots(lots: int) -> int:
    return lots - 1


def one_less_owed(quote: dict[str, Any]) -> dict[str, Any]:
    return {**quote, "equity": quote["equity"] + 1_000}


OVER_EVENTS: Final[dict[str, list[Callable[[], set[str]]]]] = {
    "time_is_data": [
        lambda: found_in(lambda event: {**event, "time": -1}),
        lambda: found_in(lambda event: {**event, "time": 2**63}),
    ],
    "closures_meet_the_need": [
        lambda: found_in(stopping_after(DECIDED, spoiled(DECIDED, residual=1))),
        lambda: found_in(stopping_after(DECIDED, spoiled(DECIDED, needed=1_499))),
        lambda: found_in(stopping_after(DECIDED, lambda event: event), at_end=True),
    ],
    "victims_closed_within_their_positions": [
        lambda: found_in(stopping_after(CLOSED, spoiled(CLOSED, quantity=other_lots))),
    ],
    "better_ranks_close_first": [
        lambda: found_in(spoiled(CLOSED, rank=2)),
        lambda: found_in(spoiled(CLOSED, 1, victim="carol")),
    ],
    "every_candidate_is_ranked": [
        lambda: found_in(spoiled(DECIDED, candidates=2)),
        lambda: found_in(spoiled(DECIDED, excluded={"bankrupt": 1})),
    ],
    "deficit_paid_in_full": [lambda: found_in(spoiled(DECIDED, quote=one_less_owed))],
    "bystanders_keep_their_equity": [
        lambda: found_in(between=after(DECIDED, stolen_from_a_bystander)),
    ],
    "adl_comes_last": [lambda: found_in(between=before_the_decision(richer_bankrupt))],
    "takeovers_name_both_sides": [
        lambda: found_in(
            stopping_after(
                "market.position_taken_over",
                spoiled("market.position_taken_over", amount=lambda amount: amount - 1),
            )
        ),
    ],
    "decisions_recompute": [
        lambda: found_in(spoiled(DECIDED, ranking_root="00" * 32)),
        lambda: found_in(spoiled(DECIDED, close_price={"price": "1/1", "rule": "mark"})),
    ],
}


def stopping_after(
    kind: str, spoil: Callable[[Event], Event | None]
) -> Callable[[Event], Event | None]:
    """Spoil, and leave out everything behind the first event of a kind."""
    over: list[int] = []

    def until(event: Event) -> Event | None:
        if over:
            return None
        if event["type"] == f"{kind}/1":
            over.append(event["seq"])
        return spoil(event)

    return until


def before_the_decision(change: Callable[[Venue], None]) -> Callable[[Venue, Event], None]:
    """Change the state after the last mark, before its decision."""

    def between(venue: Venue, event: Event) -> None:
        if event["type"] == "market.mark_price_updated/1" and event["data"]["price"] == 476_000:
            change(venue)

    return between


def richer_bankrupt(venue: Venue) -> None:
    # Enough for a trigger that asks for negative equity to be wrong.
    venue.cash["alice"] += 10**9


@pytest.mark.parametrize(
    ("name", "spoil"),
    [(name, spoil) for name, spoils in OVER_EVENTS.items() for spoil in spoils],
)
def test_an_invariant_over_events_notices_what_breaks_it(
    name: str, spoil: Callable[[], set[str]]
) -> None:
    assert found_in(at_end=True) == set()

    found = spoil()

    assert name in found
    # A decision that is spoiled in one part is also one that would be decided otherwise.
    assert found <= {name, "decisions_recompute"}


def test_events_balance_notices_a_fold_that_makes_money(monkeypatch: pytest.MonkeyPatch) -> None:
    right = position_module.moved

    def generous(*arguments: Any) -> Any:
        position, realized = right(*arguments)
        return position, realized + 1

    events = story(CASCADE_MINI).events
    monkeypatch.setattr(market_module, "moved", generous)
    examination = Examination(Venue())
    found = {name for event in events for name, _ in examination.apply(event) if name}

    assert "events_balance" in found


def test_events_balance_alone_notices_a_trade_that_makes_money(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    events = story(CASCADE_MINI).events
    first_trade = next(e["seq"] for e in events if e["type"] == "market.trade_executed/1")
    examination = Examination(Venue())
    for event in events[: first_trade - 1]:
        assert examination.apply(event) == []
    right = position_module.moved
    monkeypatch.setattr(market_module, "moved", lambda *given: (right(*given)[0], 1))

    assert {name for name, _ in examination.apply(events[first_trade - 1])} == {"events_balance"}


def test_funding_cancels_notices_a_side_that_does_not_pay() -> None:
    told = story(CASCADE_MINI)
    longs_pay_and_nobody_receives(told.venue)
    answer = respond(
        told.venue, read_command({"command": "funding", "market": BTC, "per_lot": "0.1"})
    )

    found = Examination(told.venue).apply(answer.events[0])

    assert {name for name, _ in found} == {"funding_cancels"}


def test_rejections_change_nothing() -> None:
    told = story(CASCADE_MINI)
    before = state_of(told.venue)

    told.attempt("withdraw bob 1000000\nbuy bob 1 @ 0.01 as o1\nmark 1.05\ncancel nothing")

    assert len(told.codes) == 4
    after_all = state_of(told.venue)
    assert {**before, "head": 0, "versions": []} == {**after_all, "head": 0, "versions": []}


def test_every_invariant_is_awake() -> None:
    tested = {*OVER_STATES, *OVER_EVENTS, "events_balance", "funding_cancels"}
    tested |= {*IN_THE_STORE, *BY_COMPARING_STATES}

    assert tested == set(INVARIANTS)
    assert set(OVER_STATES) == {i.name for i in INVARIANTS.values() if i.where == "state"}
    assert set(IN_THE_STORE) == {i.name for i in INVARIANTS.values() if i.where == "store"}


def test_an_event_that_follows_from_a_refusal_is_noticed() -> None:
    told = attempt("withdraw alice 1")
    refusal, after = deepcopy(told.events[-1]), deepcopy(told.events[-1])
    after["seq"], after["version"] = refusal["seq"] + 1, refusal["version"] + 1
    examination = Examination(Venue())
    for event in told.events:
        assert examination.apply(event) == []

    assert [name for name, _ in examination.apply(after)] == [
        "rejections_change_nothing",
        "rejections_change_nothing",
    ]


def test_a_liquidation_that_a_venue_passed_over_is_noticed() -> None:
    whole = story(CASCADE_MINI).events
    fallen = next(event for event in whole if event["data"].get("price") == 520_000)
    examination = Examination(Venue())
    for event in whole[: fallen["seq"]]:
        assert examination.apply(event) == []
    recovered = deepcopy(fallen)
    recovered["seq"] = recovered["cause"] = fallen["seq"] + 1
    recovered["version"] += 1
    recovered["data"] = {"previous_price": 520_000, "price": 600_000}

    found = examination.apply(recovered)

    assert [name for name, _ in found] == ["decisions_recompute"]
    assert "alice is 4000000000 below its margin" in found[0][1]
