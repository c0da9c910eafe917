"""Does the worked example of the mechanics come out of the rows, number by number?"""

from fractions import Fraction

import pytest
from sqlalchemy import Connection

from domain.events import Event
from domain.position import Position, unrealized
from projections import queries
from projections.answers import Totals, WaterfallStep
from projections.errors import (
    UnknownAccount,
    UnknownDecision,
    UnknownLiquidation,
    UnknownMarket,
)
from tests.unit.projections.stories import (
    BTC,
    Leaves,
    cascade_mini,
    counted,
    crash,
    decided,
    venue_after,
)

USDC = 10**6
BTC_LOTS = 1_000


@pytest.fixture(scope="module")
def events() -> list[Event]:
    return decided(cascade_mini())


@pytest.fixture
def rows(events: list[Event]) -> Connection:
    return counted(events).connect()


def test_every_account_has_the_cash_of_the_worked_example(rows: Connection) -> None:
    cash = {account.account: account.cash for account in queries.books(rows).accounts}

    assert cash == {
        "alice": 0,
        "bob": 20_000 * USDC,
        "carol": 325_000 * USDC,
        "dave": 36_000 * USDC,
        "erin": 200_000 * USDC,
        "vault": 20_000 * USDC,
        **dict.fromkeys(("insurance", "rounding", "treasury", "uncovered"), 0),
    }


def test_every_position_has_the_lots_and_the_result_of_the_worked_example(
    rows: Connection,
) -> None:
    books = queries.books(rows)
    (market,) = books.markets

    assert market.mark == 476_000
    assert {
        held.account: (
            held.quantity,
            unrealized(
                Position(held.quantity, held.cost, held.opened_seq),
                market.mark,
                market.spec.point_value,
            ),
        )
        for held in books.holdings
    } == {
        "carol": (-6_500, 80_600 * USDC),
        "dave": (-2_000, 24_800 * USDC),
        "erin": (6_000, -20_400 * USDC),
        "vault": (2_500, -1_000 * USDC),
    }


def test_open_interest_is_the_same_on_both_sides(rows: Connection) -> None:
    (market,) = queries.books(rows).markets

    assert (market.long, market.short) == (8_500, 8_500)
    assert (market.holders_long, market.holders_short) == (2, 2)


def test_the_rows_say_what_the_venue_says(rows: Connection, events: list[Event]) -> None:
    assert queries.books(rows) == queries.books_of(venue_after(events))


def test_the_first_liquidation_needs_the_book_alone(rows: Connection) -> None:
    first, _ = queries.timelines(rows, "alice")

    assert (first.equity, first.maintenance_margin) == (22_000 * USDC, 26_000 * USDC)
    assert first.outcome == "healthy"
    assert [
        (step.step, step.market, step.quantity, step.price, step.loss, step.left, step.reason)
        for step in first.steps
    ] == [
        ("start", None, 0, None, 0, None, ""),
        ("book", BTC, 6_000, Fraction(510_000), 54_000 * USDC, 4_000, "no_liquidity"),
        ("end", None, 0, None, 0, None, "healthy"),
    ]


def test_the_second_liquidation_goes_on_over_two_checks(rows: Connection) -> None:
    _, second = queries.timelines(rows, BTC)

    assert [
        (step.step, step.quantity, step.price, step.loss, step.left, step.reason)
        for step in second.steps
    ] == [
        ("start", 0, None, 0, None, ""),
        ("book", 0, None, 0, 4_000, "no_liquidity"),
        ("takeover", 2_500, Fraction(480_000), 30_000 * USDC, 1_500, "capacity"),
        ("adl", 0, None, 0, 1_500, "not_triggered"),
        ("book", 0, None, 0, 1_500, "no_liquidity"),
        ("takeover", 0, None, 0, 1_500, "capacity"),
        ("adl", 1_500, Fraction(480_000), 18_000 * USDC, 0, "all_closed"),
        ("end", 0, None, 0, None, "deleveraged"),
    ]


def test_an_open_liquidation_is_said_to_be_waiting(rows: Connection, events: list[Event]) -> None:
    waiting = of_type(events, "account.liquidation_waiting/1")["seq"]

    _, second = queries.timelines(rows, "alice", waiting)
    assert second.outcome == "waiting"
    assert (second.steps[-1].step, second.steps[-1].seq) == ("end", waiting)
    assert [step.step for step in second.steps] == ["start", "book", "takeover", "adl", "end"]


def test_a_timeline_is_found_by_its_own_id(rows: Connection) -> None:
    all_of_them = queries.timelines(rows)

    assert [queries.timelines(rows, one.id) for one in all_of_them] == [
        (one,) for one in all_of_them
    ]
    assert queries.timelines(rows, "carol") == ()


def test_the_decision_ranks_bob_before_dave_before_carol(rows: Connection) -> None:
    (decision,) = queries.adl_rounds(rows)

    assert [
        (row.rank, row.account, row.score, row.closed, row.closed_cost) for row in decision.ranking
    ] == [
        (1, "bob", Fraction(217, 450), 1_000, 400 * USDC),
        (2, "dave", Fraction(3689, 9150), 500, 200 * USDC),
        (3, "carol", Fraction(3689, 23400), 0, 0),
    ]
    assert [row.realized for row in decision.ranking] == [12_000 * USDC, 6_000 * USDC, 0]


def test_what_the_victims_lose_is_what_the_bankrupt_account_lacks(rows: Connection) -> None:
    (decision,) = queries.adl_rounds(rows)

    assert decision.cost == decision.deficit == 600 * USDC


def test_the_decision_is_made_again_and_is_equal(rows: Connection) -> None:
    (decision,) = queries.adl_rounds(rows)

    assert decision.redecided_equal
    assert decision.ranking_root_equal


def test_open_interest_falls_by_what_was_closed_and_no_money_appears(rows: Connection) -> None:
    (decision,) = queries.adl_rounds(rows)

    total = 685_000 * USDC
    assert decision.before == Totals(10_000, 10_000, total, total)
    assert decision.after == Totals(8_500, 8_500, total, total)


def test_the_waterfall_of_a_decision_names_its_events(rows: Connection) -> None:
    (decision,) = queries.adl_rounds(rows)
    at = decision.seq

    assert decision.waterfall == (
        WaterfallStep("book", 0, 0, 1_500, "no_liquidity", ()),
        WaterfallStep("takeover", 0, 0, 1_500, "capacity", ()),
        WaterfallStep("adl", 10_000, 1_500, 0, "all_closed", (at, at + 1, at + 2)),
    )


def test_fills_of_the_same_pass_stand_in_the_waterfall_of_its_decision() -> None:
    events = decided(crash())

    (decision,) = queries.adl_rounds(counted(events, batch=1).connect())
    book, takeover, _ = decision.waterfall
    assert book.used == sum(events[seq - 1]["data"]["quantity"] for seq in book.seqs)
    assert {events[seq - 1]["type"] for seq in book.seqs} == {"market.trade_executed/1"}
    assert takeover.seqs == tuple(
        event["seq"] for event in events if event["type"] == "market.position_taken_over/1"
    )
    assert takeover.seqs
    assert book.used + takeover.used + decision.closed == 10_000


def test_the_evidence_is_what_the_decision_rests_on(rows: Connection, events: list[Event]) -> None:
    (decision,) = queries.adl_rounds(rows)

    leaves = Leaves(events)
    assert [events[seq - 1]["type"] for seq, _ in decision.evidence] == [
        "account.liquidation_started/1",
        "market.mark_price_updated/1",
        "market.deleveraging_decided/1",
        "market.position_deleveraged/1",
        "market.position_deleveraged/1",
    ]
    assert [leaf for _, leaf in decision.evidence] == [
        leaves(seq).hex() for seq, _ in decision.evidence
    ]


def test_a_summary_names_the_victims_and_what_they_paid(rows: Connection) -> None:
    (full,) = queries.adl_rounds(rows)
    (summary,) = queries.adl_rounds(rows, detail="summary")

    assert summary.ranking == tuple(row for row in full.ranking if row.closed)
    assert summary.cost == full.cost
    assert summary.candidates == 3


def test_a_statement_ends_with_what_the_account_has(rows: Connection) -> None:
    statement = list(queries.statement(rows, "dave"))

    assert [
        (row.type, row.quantity, row.price, row.cash_change, row.cash, row.position)
        for row in statement
        if row.quantity is not None
    ] == [
        ("market.trade_executed/1", -2_500, Fraction(600_000), 0, 30_000 * USDC, -2_500),
        (
            "market.position_deleveraged/1",
            500,
            Fraction(480_000),
            6_000 * USDC,
            36_000 * USDC,
            -2_000,
        ),
    ]


def test_the_index_of_an_account_names_each_of_its_events_once(
    rows: Connection, events: list[Event]
) -> None:
    seqs = list(queries.seqs_of(rows, "alice"))

    assert seqs == sorted(set(seqs))
    assert {"account.opened/1", "market.order_placed/1", "market.deleveraging_decided/1"} <= {
        events[seq - 1]["type"] for seq in seqs
    }
    assert list(queries.seqs_of(rows, "alice", 10, 25)) == [s for s in seqs if 10 <= s <= 25]


def test_marks_are_listed_in_the_order_in_which_they_came(rows: Connection) -> None:
    found = list(queries.marks(rows, BTC))

    assert [row.price for row in found] == [600_000, 520_000, 490_000, 476_000]
    assert list(queries.marks(rows, BTC, found[1].seq, found[2].seq)) == found[1:3]


def test_what_does_not_exist_is_said_not_to_exist(rows: Connection) -> None:
    with pytest.raises(UnknownAccount):
        queries.statement(rows, "nobody")
    with pytest.raises(UnknownAccount):
        queries.statement(rows, "dave", until_seq=1)
    with pytest.raises(UnknownMarket):
        queries.marks(rows, "ETH-PERP")
    with pytest.raises(UnknownDecision):
        queries.adl_round(rows, "ADL-1")
    with pytest.raises(UnknownLiquidation):
        queries.timelines(rows, "nobody")


def test_a_decision_is_unknown_before_it_was_made(rows: Connection) -> None:
    (decision,) = queries.adl_rounds(rows)

    assert queries.adl_round(rows, decision.id, decision.seq) == decision
    assert list(queries.adl_rounds(rows, decision.seq - 1)) == []
    with pytest.raises(UnknownDecision):
        queries.adl_round(rows, decision.id, decision.seq - 1)


def of_type(events: list[Event], kind: str) -> Event:
    return next(event for event in events if event["type"] == kind)
