"""Does every policy keep what must hold for every decision, and does comparing change nothing?"""

import random
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction

import pytest

from domain.adl.candidate import Candidate
from domain.adl.decision import closure_amount, closure_cost
from domain.adl.ranking import ranked
from domain.adl.selections import SELECTIONS
from domain.errors import Rejected
from domain.respond import respond
from domain.snapshot import state_digest
from domain.submission import read_command
from domain.units import parse_ratio
from domain.venue import Venue, apply
from reports.escape_round import Round
from reports.metrics import Taken
from reports.whatif import Choice, Compared, compared
from reports.whatif_body import Answer
from reports.whatif_chart import whatif_svg
from reports.whatif_measures import measured
from reports.whatif_study import DECIDED, Study
from tests.oracle.generator import commands
from tests.stories import CASCADE_MINI, story
from tests.unit.reports.rounds import ALL_SELECTIONS, PARAMETERS, policy, round_of, venue_of

CLOSE_PRICES = ("bankruptcy", "mark", "previous_mark", "mark_capped")


def every_choice() -> list[Choice]:
    return [
        Choice(selection=name, close_price=price, parameters=PARAMETERS.get(name, {}))
        for name in ALL_SELECTIONS
        for price in CLOSE_PRICES
    ]


def decisions_of(seed: int, length: int) -> Iterator[tuple[Venue, dict]]:
    """All decisions of a random crash, each with the venue just before it."""
    venue = Venue()
    for command in commands(seed, length, "crash"):
        try:
            events = respond(venue, read_command(command)).events
        except Rejected:
            continue
        for event in events:
            if event["type"] == DECIDED:
                yield venue, event
            apply(venue, event)


@pytest.mark.parametrize("seed", range(4))
def test_every_policy_and_close_price_keeps_what_must_hold_on_random_crashes(seed: int):
    choices, asked = every_choice(), 0
    for venue, event in decisions_of(seed, 600):
        before = state_digest(venue)
        found = compared(venue, event, choices)
        market = venue.markets[found.spec.id]
        price = parse_ratio(event["data"]["quote"]["price"])
        for outcome in found.others:
            holds_what_must(venue, found, outcome.taken)
            case = Round(venue, market, found.bankrupt, price, outcome.policy)
            is_sound(case)
            assert [(row.candidate.account, row.closed) for _, row in case.decided.closures] == [
                (row.account, row.closed) for row in outcome.taken
            ]
            asked += 1
        assert state_digest(venue) == before
    assert asked >= 60 * 4


def holds_what_must(venue: Venue, one: Compared, taken: tuple[Taken, ...]) -> None:
    market = venue.markets[one.spec.id]
    assert 0 <= sum(row.closed for row in taken) <= one.needed
    assert len({row.account for row in taken}) == len(taken)
    for row in taken:
        held = market.positions[row.account]
        assert 0 < row.closed <= abs(held.quantity)
        assert held.sign == -one.side
        assert row.equity - row.cost >= 0


@pytest.mark.parametrize("selection", ALL_SELECTIONS)
@pytest.mark.parametrize("close_price", CLOSE_PRICES)
def test_closed_and_residual_add_up_and_only_the_last_of_a_queue_is_cut(
    selection: str, close_price: str
):
    rng = random.Random(f"{selection} {close_price} adds up")
    for _ in range(25):
        share = rng.choice((Fraction(1, 3), Fraction(2, 3), Fraction(1)))
        venue, market = venue_of(
            rng, rng.randint(1, 8), need_share=share, bankrupt_side=rng.choice((1, -1))
        )
        chosen = policy(selection, close_price, rng.choice(("excluded", "first", "last")))
        case = round_of(venue, market, chosen)
        is_sound(case)
        if close_price == "bankruptcy":
            assert is_paid_in_full(case)


def is_paid_in_full(case: Round) -> bool:
    """At the exact bankruptcy price the lots of the only position carry away the whole deficit."""
    decided = case.decided
    side = case.market.positions[case.bankrupt].sign
    per_lot = side * (decided.close_price - case.market.price) * case.market.point_value
    return per_lot * decided.needed == -case.venue.equity(case.bankrupt)


def is_sound(case: Round) -> None:
    decided, side = case.decided, case.market.positions[case.bankrupt].sign
    closed = [row for _, row in decided.closures]
    assert sum(row.closed for row in closed) == decided.needed - decided.residual
    assert all(0 < row.closed <= row.candidate.capacity for row in closed)
    if decided.residual:
        assert all(row.closed == row.candidate.capacity for row in decided.rows)
    if case.selection.is_queue:
        assert sum(row.closed < row.candidate.capacity for row in closed) <= 1
        order = [bool(row.closed) for row in decided.rows]
        assert order == sorted(order, reverse=True)
    amounts = [closure_amount(case.market, side, row.closed, decided.close_price) for row in closed]
    cost = sum(
        closure_cost(case.market, side, row.closed, amount)
        for row, amount in zip(closed, amounts, strict=True)
    )
    # Costs are s·x·(P − p)·v, and less than one quote unit of rounding for each closure.
    lots = decided.needed - decided.residual
    exact = -side * lots * (case.market.price - decided.close_price) * case.market.point_value
    assert exact <= cost < exact + max(1, len(closed))


@pytest.mark.parametrize("selection", ALL_SELECTIONS)
def test_the_order_in_which_candidates_come_in_never_matters(selection: str):
    rng = random.Random(selection)
    for _ in range(10):
        venue, market = venue_of(rng, 7)
        chosen = policy(selection)
        expected = round_of(venue, market, chosen).decided
        names = list(market.positions)
        for _ in range(4):
            rng.shuffle(names)
            market.positions = {name: market.positions[name] for name in names}
            again = round_of(venue, market, chosen).decided
            assert (again.rows, again.queue) == (expected.rows, expected.queue)


def scaled(candidate: Candidate, factor: int) -> Candidate:
    return candidate._replace(
        cost=candidate.cost * factor,
        unrealized=candidate.unrealized * factor,
        notional=candidate.notional * factor,
        equity=candidate.equity * factor,
        maintenance_margin=candidate.maintenance_margin * factor,
    )


@pytest.mark.parametrize(
    "selection", [n for n in ALL_SELECTIONS if not SELECTIONS[n].scale_dependent]
)
@pytest.mark.parametrize("factor", (2, 7, 10**9))
def test_counting_money_in_another_unit_never_changes_the_order(selection: str, factor: int):
    rng = random.Random(f"{selection} {factor}")
    for _ in range(10):
        venue, market = venue_of(rng, 8)
        case = round_of(venue, market, policy(selection))
        holders = case.holders
        larger = [scaled(one, factor) for one in holders]
        orders = [
            [
                row.candidate.account
                for row in ranked(found, case.policy, case.selection, case.need, case.about).rows
            ]
            for found in (holders, larger)
        ]
        assert orders[0] == orders[1]


def test_binance_says_that_it_depends_on_the_unit():
    assert [name for name in ALL_SELECTIONS if SELECTIONS[name].scale_dependent] == [
        "binance-quantile@1"
    ]


def cascade(*choices: Choice) -> Compared:
    told = story(CASCADE_MINI)
    study, venue = Study(choices), Venue()
    before = ""
    for event in told.events:
        if event["type"] == DECIDED:
            before = state_digest(venue)
        study.see(venue, event)
        if event["type"] == DECIDED:
            assert state_digest(venue) == before
        apply(venue, event)
    return study.compared[0]


def gave(found: Compared, at: int | None) -> dict[str, tuple[int, int]]:
    return {row.account: (row.closed, row.cost // 10**6) for row in found.outcome(at).taken}


def test_the_worked_example_under_size_and_under_shares():
    found = cascade(Choice("profit-leverage-size@1"), Choice("pro-rata-size@1"))

    assert gave(found, None) == {"bob": (1000, 400), "dave": (500, 200)}
    assert gave(found, 0) == {"carol": (1500, 600)}
    assert gave(found, 1) == {"bob": (150, 60), "carol": (975, 390), "dave": (375, 150)}


def test_a_trigger_that_does_not_hold_closes_nobody():
    told = story(CASCADE_MINI)
    venue = Venue()
    for event in told.events:
        if event["type"] == DECIDED:
            break
        apply(venue, event)
    stayed = [step | {"reason": "above_backstop"} for step in event["data"]["steps"]]
    other = event | {"data": event["data"] | {"steps": stayed}}

    found = compared(venue, other, [Choice(trigger="vault_exhausted")])

    assert not found.others[0].is_triggered
    assert found.others[0].taken == ()
    assert found.residual(found.others[0]) == 1500


def test_at_the_mark_nobody_pays_and_the_deficit_stays():
    found = cascade(Choice("pro-rata-size@1", close_price="mark"))
    measures = measured([found], 0)

    assert measures.cost == 0
    assert measures.state.deficit_after == 600 * 10**6
    assert measures.ratios["gini"].value is None
    assert measures.ratios["severity"].value == 0
    assert measures.ratios["capacity_over_deficit"].value == Fraction(124_000, 600)


def test_a_liquidation_that_was_decided_twice_has_its_deficit_once():
    found = cascade(Choice("pro-rata-size@1"))
    worse = replace(found, id="ADL-99", equity=found.equity * 2)

    assert measured([found, worse], None).deficit == 1200 * 10**6


def test_a_policy_without_its_parameter_takes_the_recorded_one_or_is_refused():
    recorded = policy("seeded-rotation@1")

    assert Choice(close_price="mark").policy_for(recorded).parameter("seed") == "5"
    with pytest.raises(Rejected):
        Choice("seeded-rotation@1").policy_for(policy("pnl-leverage@1"))


def test_the_chart_is_the_same_file_each_time_and_holds_no_script_or_link():
    found = cascade(Choice("profit-leverage-size@1"), Choice("pro-rata-size@1"))
    answer = Answer([found], ["one & two", "shares"], found.spec.quote_unit, "ADL-34", False)

    drawn = whatif_svg(answer)

    assert drawn == whatif_svg(answer)
    assert "one &amp; two" in drawn
    assert "carol: actual 0, one &amp; two 600, shares 390" in drawn
    assert "script" not in drawn
    assert "href" not in drawn
    assert "." not in "".join(
        part.split('"')[0] for part in drawn.replace('x="', "\0").split("\0")[1:]
    )


def test_deciding_again_under_the_recorded_policy_is_what_was_done():
    found = cascade(Choice())

    assert found.others[0].taken == found.actual.taken


def test_lots_that_a_retry_needs_beyond_what_was_left_are_added():
    found = cascade(Choice("pro-rata-size@1"))
    more = replace(found, id="ADL-98", needed=200, actual=replace(found.actual, taken=()))
    again = replace(more, id="ADL-99", needed=150)

    # 1500 needed and closed; 200 that are new; then 150 of these, the book having taken 50.
    assert measured([found, more, again], None).needed == 1700
    assert measured([found, more, again], None).residual == 150
    assert measured([found, replace(more, liquidation="LIQ-9")], None).liquidations == 2


def test_lots_beyond_the_need_of_one_decision_are_not_set_off_against_another():
    found = cascade(Choice("pro-rata-size@1"))
    beyond = replace(found, needed=1400)
    short = replace(found, liquidation="LIQ-9", needed=1700)
    measures = measured([beyond, short], None)

    assert measures.overshoot.beyond().quantity == 100
    assert measures.residual == 200
