"""Do rows of the read model add up to what the venue itself says?"""

from fractions import Fraction

import pytest

from projections.answers import AccountState, Books, Holding, MarketState
from projections.queries import books_of
from reports.balances import balances_page
from reports.page import AsOf
from reports.positions import positions_page
from reports.valuation import valued_accounts
from tests.stories import CASCADE_MINI, CASCADE_MINI_OPENED, CASCADE_MINI_WAITING, story

NOWHERE = AsOf(0, None, "")


@pytest.mark.parametrize("text", [CASCADE_MINI_OPENED, CASCADE_MINI_WAITING, CASCADE_MINI])
def test_equity_and_margin_are_those_of_the_venue(text: str) -> None:
    venue = story(text).venue

    for account in valued_accounts(books_of(venue)):
        name = account.state.account
        assert account.equity == venue.equity(name)
        assert account.maintenance_margin == venue.maintenance_margin(name)


def test_closing_every_position_at_its_bankruptcy_price_leaves_nothing() -> None:
    venue = story(
        """
        market A tick 1 lot 1 initial 20% maintenance 10%
        market B tick 1 lot 1 initial 20% maintenance 10%
        deposit alice 400
        deposit bob 10000
        mark A 90
        mark B 30
        trade alice bob 2 @ 90 A
        trade bob alice 10 @ 30 B
        mark A 95
        """
    ).venue
    (alice,) = [row for row in valued_accounts(books_of(venue)) if row.state.account == "alice"]

    left = Fraction(alice.state.cash)
    for valued in alice.holdings:
        price = alice.bankruptcy_price(valued)
        assert price is not None
        held = valued.holding
        left += held.quantity * price * valued.spec.point_value - held.cost

    assert alice.equity
    assert left == 0


def test_without_any_maintenance_margin_equity_is_spread_by_notional() -> None:
    venue = story(
        """
        market A tick 1 lot 1 initial 20% maintenance 0
        market B tick 1 lot 1 initial 20% maintenance 0
        deposit alice 400
        deposit bob 10000
        mark A 100
        mark B 300
        trade alice bob 1 @ 100 A
        trade alice bob 1 @ 300 B
        """
    ).venue
    (alice,) = [row for row in valued_accounts(books_of(venue)) if row.state.account == "alice"]

    assert [alice.bankruptcy_price(valued) for valued in alice.holdings] == [0, 0]


def without_a_mark() -> Books:
    books = books_of(story(CASCADE_MINI_OPENED).venue)
    (market,) = books.markets
    unmarked = MarketState(market.spec, None, None, 0, market.long, market.short, 1, 3)
    return Books(
        books.seq,
        books.time,
        books.name,
        books.quote,
        books.kind,
        books.net_deposits,
        books.accounts,
        books.holdings,
        (unmarked,),
    )


def test_what_has_no_mark_has_no_value_rather_than_zero() -> None:
    page = balances_page(without_a_mark(), story(CASCADE_MINI_OPENED).venue.quote_unit, NOWHERE)
    rows = page.body["rows"]
    assert isinstance(rows, list)
    by_account = {row["account"]: row for row in rows}

    assert by_account["alice"]["equity"] is None
    assert by_account["erin"]["equity"] == "200000"
    assert "equity is unknown" in str(page.parts[-1])


def test_a_position_without_a_mark_is_still_listed() -> None:
    rows = positions_page(without_a_mark(), NOWHERE).body["rows"]
    assert isinstance(rows, list)

    assert rows[0]["quantity"] == "10"
    assert rows[0]["entry_price"] == "60000"
    assert [rows[0][key] for key in ("mark_price", "unrealized", "bankruptcy_price")] == [None] * 3


def test_an_entry_that_was_never_known_is_not_invented() -> None:
    books = without_a_mark()
    known = books.holdings[0]
    unknown = Holding(known.account, known.market, 10, 0, 1, basis_known=False)
    shown = Books(1, 0, "v", "USDC", "recorded", 0, books.accounts, (unknown,), books.markets)
    rows = positions_page(shown, NOWHERE).body["rows"]
    assert isinstance(rows, list)

    assert rows[0]["entry_price"] is None


def test_the_leverage_of_a_bankrupt_account_is_no_number() -> None:
    books = without_a_mark()
    (market,) = books.markets
    marked = MarketState(market.spec, 1, None, 1, market.long, market.short, 1, 3)
    poor = AccountState("alice", "trader", 1, 1, None)
    shown = Books(1, 0, "v", "USDC", None, 1, (poor,), books.holdings[:1], (marked,))

    (alice,) = valued_accounts(shown)

    assert alice.equity is not None
    assert alice.equity < 0
    assert alice.leverage is None
