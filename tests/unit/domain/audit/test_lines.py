"""Do lines, keys and rosters agree with the policies that they stand for?"""

from fractions import Fraction
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.account import Account
from domain.adl.candidate import Candidate
from domain.adl.selection import Circumstances, Columns
from domain.adl.selections import SELECTIONS
from domain.audit.auditing import Audit
from domain.audit.decisions import Terms
from domain.audit.line import line_of, queue_of, ranks_of
from domain.audit.readings import NEEDS_INPUT, Reading, default_readings, reading_of
from domain.audit.roster import Known, Register, Roster
from domain.events import Event
from domain.margin import Schedule, maintenance_schedule
from domain.position import Position
from domain.specification import Tier
from domain.venue import Venue, apply
from tests.property.test_audit_agrees import random_log

PARAMETERS = {"seed": "3", "cap": "1/2"}
READINGS = tuple(
    reading_of(
        name, {p.name: PARAMETERS[p.name] for p in selection.parameters if p.name in PARAMETERS}
    )
    for name, selection in SELECTIONS.items()
    if name not in NEEDS_INPUT
)


def roster(random: Random) -> Roster:
    """Candidates with planted ties, at a mark of 90 for both sides' sake."""
    side = random.choice((1, -1))
    known = []
    for number in range(random.randrange(1, 25)):
        size = random.choice((1, 2, 5, 10, 10, 10**9))
        entry = random.choice((60, 80, 90, 100, 120, 180))
        position = Position(side * size, side * size * entry, random.randrange(1, 9))
        account = Account(f"a{number:02}", "trader", number + 1)
        equity = random.choice((-1, 0, 1, 100, 100, 900, 900, 10**9))
        cash = equity - (position.quantity * 90 - position.cost)
        known.append(Known(account.id, position, account, cash, None))
    return roster_of(READINGS, known, side)


def roster_of(
    readings: tuple[Reading, ...], known: list[Known], side: int, one_quote: int = 1
) -> Roster:
    abouts = tuple(Circumstances(Fraction(one_quote), one.policy.parameters) for one in readings)
    return Roster(readings, abouts, side, 90, 1, schedule(), Register(known), [])


def schedule() -> Schedule:
    return maintenance_schedule((Tier(0, Fraction(1, 10), Fraction(1, 20)),))


@given(st.integers(0, 10**9), st.integers(1, 60))
@settings(max_examples=60)
def test_every_line_is_the_order_of_its_policy(seed: int, need: int) -> None:
    found = roster(Random(seed))

    for at, reading in enumerate(READINGS):
        if reading.selection.is_queue:
            queue, _ = queue_of(found, at, need)
            order = [found.accounts[place] for place in line_of(found, at, need).order]
            assert order == [row.candidate.account for row in queue.rows], reading.name


@given(st.integers(0, 10**9))
@settings(max_examples=60)
def test_equal_levels_are_equal_scores(seed: int) -> None:
    found = roster(Random(seed))

    for at, reading in enumerate(READINGS):
        if reading.selection.score is None:
            continue
        line = line_of(found, at, 1)
        scores = [found.fraction(at, found.accounts[place]) for place in line.order]
        for one, other, score, next_score in zip(
            line.levels, line.levels[1:], scores, scores[1:], strict=False
        ):
            assert (one == other) is (score == next_score)


def test_a_rank_is_shared_by_those_who_stand_level() -> None:
    known = []
    for number, entry in enumerate((120, 180, 120)):
        owner = Account(f"a{number}", "trader", 1)
        cash = 900 - (-10 * 90 + 10 * entry)
        known.append(Known(owner.id, Position(-10, -10 * entry, 1), owner, cash, None))
    found = roster_of(default_readings(), known, -1)

    assert ranks_of(found, 1, 1) == {"a1": 1, "a0": 2, "a2": 2}


def test_a_floor_of_one_quote_is_that_of_the_venues_currency() -> None:
    owner = Account("a", "trader", 1)
    # A profit of 300 and 50 besides: less than one quote of 100 units.
    known = [Known("a", Position(-10, -1_200, 1), owner, 50, None)]
    readings = (reading_of("binance-quantile@1"),)

    for one_quote, score in ((1, Fraction(300, 50)), (100, Fraction(300, 100))):
        found = roster_of(readings, known, -1, one_quote)
        margin = Fraction(found.candidate(0).maintenance_margin, 350)
        assert found.fraction(0, "a") == score * margin
        _, about = queue_of(found, 0, 1)
        assert about.one_quote == one_quote


@pytest.mark.parametrize("side", [1, -1])
@given(data=st.data())
def test_scores_by_column_are_the_scores_one_by_one(side: int, data: st.DataObject) -> None:
    amounts = st.integers(1, 10**30)
    rows = data.draw(
        st.lists(st.tuples(amounts, amounts, st.integers(-(10**30), 10**30), amounts), min_size=1)
    )
    columns = Columns(side, *map(list, zip(*rows, strict=True)))

    for selection in SELECTIONS.values():
        if selection.many is None or selection.score is None:
            continue
        above, below = selection.many(columns)
        one_by_one = [
            Fraction(
                *selection.score(
                    Candidate("a", side, side * cost, u, notional, equity, 0, 1, 1, 1, False),
                    Circumstances(Fraction(1)),
                )
            )
            for notional, cost, u, equity in rows
        ]
        assert list(map(Fraction, above, below)) == one_by_one


@given(st.integers(0, 10**9))
@settings(max_examples=15)
def test_a_roster_that_was_patched_is_the_one_that_is_made_anew(seed: int) -> None:
    log = random_log(Random(seed))
    terms = Terms(default_readings())
    kept, venue = Audit(terms), Venue()

    for event in log.events:
        if venue.markets.get("M") is not None and venue.markets["M"].mark is not None:
            for side in (1, -1):
                old = kept._holders.of(venue, venue.markets["M"], side, event["time"])
                fresh = _fresh(log.events[: event["seq"] - 1], terms, side, event["time"])
                assert dict(zip(old.accounts, old.equities, strict=True)) == dict(
                    zip(fresh.accounts, fresh.equities, strict=True)
                )
                assert {row.account: row for row in old.doubted} == {
                    row.account: row for row in fresh.doubted
                }
                for at in range(3):
                    assert dict(zip(old.accounts, old.keys(at), strict=True)) == dict(
                        zip(fresh.accounts, fresh.keys(at), strict=True)
                    )
        for _ in kept.see(venue, event):
            pass
        apply(venue, event)


def _fresh(events: list[Event], terms: Terms, side: int, now: int) -> Roster:
    audit, venue = Audit(terms), Venue()
    for event in events:
        audit.knowledge.see(event)
        apply(venue, event)
    return audit._holders.of(venue, venue.markets["M"], side, now)


def test_an_audit_looks_at_what_its_market_and_its_readings_say() -> None:
    log = random_log(Random(1))
    reading = reading_of("seeded-rotation@1", {"seed": "3"})
    found = _fresh(log.events, Terms((reading,)), 1, log.events[-1]["time"])

    quote_unit = next(e for e in log.events if e["type"] == "venue.opened/1")["data"]["quote_unit"]
    assert found.abouts == (Circumstances(1 / Fraction(quote_unit), (("seed", "3"),)),)
