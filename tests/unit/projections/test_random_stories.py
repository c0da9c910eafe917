"""Do rows and venue agree on stories that nobody wrote?"""

from collections import Counter

import pytest
from sqlalchemy import Engine

from domain.events import Event
from domain.venue import Venue, apply
from projections import queries
from projections.digests import digest
from tests.oracle.generator import commands
from tests.oracle.profiles import PROFILES
from tests.unit.projections.stories import counted, decided, venue_after

Told = tuple[list[Event], Engine]


@pytest.fixture(scope="module", params=[(p, s) for p in PROFILES for s in (3, 11)], ids=str)
def told(request: pytest.FixtureRequest) -> Told:
    profile, seed = request.param
    events = decided(commands(seed, 250, profile))
    return events, counted(events)


def test_the_books_are_those_of_the_venue(told: Told) -> None:
    events, engine = told

    with engine.connect() as connection:
        assert queries.books(connection) == queries.books_of(venue_after(events))


def test_rows_made_in_odd_batches_are_rows_made_at_once(told: Told) -> None:
    events, engine = told

    for batch in (1, 13):
        assert digest(counted(events, batch)) == digest(engine)


def test_statements_add_up_to_cash_and_positions(told: Told) -> None:
    _, engine = told

    with engine.connect() as connection:
        books = queries.books(connection)
        held = {(one.account, one.market): one.quantity for one in books.holdings}
        for account in books.accounts:
            cash = 0
            lots: Counter[str] = Counter()
            for row in queries.statement(connection, account.account):
                cash += row.cash_change
                assert row.cash == cash, row
                if row.market is not None and row.position is not None:
                    lots[row.market] += row.quantity or 0
                    assert row.position == lots[row.market], row
            assert cash == account.cash
            for market, quantity in lots.items():
                assert held.get((account.account, market), 0) == quantity


def test_cash_changes_of_each_event_are_those_of_the_venue(told: Told) -> None:
    events, engine = told

    changes: Counter[tuple[str, int]] = Counter()
    venue = Venue()
    for event in events:
        before = dict(venue.cash)
        apply(venue, event)
        for account, cash in venue.cash.items():
            changes[account, event["seq"]] += cash - before.get(account, 0)
    found: Counter[tuple[str, int]] = Counter()
    with engine.connect() as connection:
        for account in venue.accounts:
            for row in queries.statement(connection, account):
                found[account, row.seq] += row.cash_change

    assert +found == +changes
    assert -found == -changes


def test_a_statement_until_a_seq_is_the_beginning_of_the_whole_one(told: Told) -> None:
    _, engine = told

    with engine.connect() as connection:
        whole = list(queries.statement(connection, "alice"))
        middle = whole[len(whole) // 2].seq
        part = list(queries.statement(connection, "alice", middle))
        assert part == [row for row in whole if row.seq <= middle]


def test_every_decision_is_in_the_rows_and_is_made_again_equally(told: Told) -> None:
    events, engine = told

    decisions = [e for e in events if e["type"] == "market.deleveraging_decided/1"]
    with engine.connect() as connection:
        rounds = list(queries.adl_rounds(connection))
    assert [found.seq for found in rounds] == [event["seq"] for event in decisions]
    for found, event in zip(rounds, decisions, strict=True):
        assert found.redecided_equal, found.id
        assert found.ranking_root_equal, found.id
        assert sum(row.closed for row in found.ranking) == found.closed
        assert len(found.ranking) == event["data"]["candidates"]
        assert found.before.equity_sum == found.before.net_deposits
        assert found.after.equity_sum == found.after.net_deposits
        assert found.before.open_interest_long == found.before.open_interest_short
        assert found.after.open_interest_long == found.after.open_interest_short


def test_the_waterfall_of_a_decision_adds_up_to_the_events_it_names(told: Told) -> None:
    events, engine = told

    with engine.connect() as connection:
        for found in queries.adl_rounds(connection):
            for step in found.waterfall:
                named = [events[seq - 1] for seq in step.seqs]
                assert step.used == sum(
                    event["data"]["quantity"]
                    for event in named
                    if event["type"] != "market.deleveraging_decided/1"
                ), (found.id, step)


def test_a_timeline_loses_what_the_statement_loses(told: Told) -> None:
    """Steps count without fees, the statement with them."""
    events, engine = told

    with engine.connect() as connection:
        for timeline in queries.timelines(connection):
            seqs = {step.seq for step in timeline.steps}
            last = max(seqs)
            change = fees = 0
            for row in queries.statement(connection, timeline.account, last):
                event = events[row.seq - 1]
                data = event["data"]
                of_it = {"liquidation_id": timeline.id}.items() <= data.items()
                closed = (
                    event["type"] == "market.position_deleveraged/1"
                    and data["bankrupt"] == timeline.account
                    and row.seq > timeline.started_seq
                )
                if of_it or closed:
                    change += row.cash_change
                if of_it and event["type"] == "market.trade_executed/1":
                    side = "buyer" if data["buyer"] == timeline.account else "seller"
                    fees += data[f"{side}_fee"]
            assert sum(step.loss for step in timeline.steps) == -(change + fees)


def test_a_liquidation_leaves_what_its_steps_say(told: Told) -> None:
    events, engine = told

    with engine.connect() as connection:
        for timeline in queries.timelines(connection):
            venue = venue_after(events[: max(step.seq for step in timeline.steps)])
            last = {step.market: step.left for step in timeline.steps if step.market}
            if timeline.outcome in {"closed", "taken_over", "deleveraged"}:
                assert set(last.values()) == {0}
            elif timeline.outcome == "waiting":
                for market, left in last.items():
                    position = venue.markets[market].positions.get(timeline.account)
                    assert left == (abs(position.quantity) if position else 0)


def test_the_stories_reach_what_is_tested_here() -> None:
    """Without liquidations and decisions the tests above would say nothing."""
    kinds: Counter[str] = Counter()
    for profile in PROFILES:
        for seed in (3, 11):
            kinds.update(event["type"] for event in decided(commands(seed, 250, profile)))

    for kind in (
        "market.deleveraging_decided/1",
        "market.position_deleveraged/1",
        "market.position_taken_over/1",
        "market.funding_settled/1",
        "account.liquidation_waiting/1",
        "venue.deficit_covered/1",
        "account.collateral_withdrawn/1",
    ):
        assert kinds[kind] > 0, kind
