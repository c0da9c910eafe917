"""Where does one account stand, and what is ahead of it?"""

import pytest

from domain.specification import AdlPolicy
from reports.page import AsOf
from reports.standing import FIELDS, standing_page
from tests.stories import CASCADE_MINI_WAITING, PLAIN_MARKET, Told, story

AT = AsOf(33, 1_791_667_200_431_999_999, "")


def standing(told: Told, account: str, policy: AdlPolicy | None = None) -> dict[str, object]:
    market = told.venue.markets[min(told.venue.markets)]
    side = market.positions[account].sign
    page = standing_page(told.venue, account, [(market, side, policy or market.policy)], AT)
    rows = page.body["rows"]
    assert isinstance(rows, list)
    assert tuple(rows[0]) == FIELDS
    return rows[0]


def test_the_second_in_line_sees_its_place_and_who_is_ahead() -> None:
    row = standing(story(CASCADE_MINI_WAITING), "dave")

    assert (row["rank"], row["of"], row["lights"], row["quantile"]) == (2, 3, 4, 3)
    assert (row["accounts_ahead"], row["quantity_ahead"]) == (1, "1")
    assert row["next_ahead"] == {"rank": 1, "account": "bob", "score": "539/1140"}
    assert row["answer"] == (
        "BTC-PERP: dave stands at rank 2 of 3, 4 of 5 lights. 1 account is ahead of it and holds "
        "1 of 10; the next is bob."
    )


def test_the_names_that_trading_libraries_share_carry_lights_and_percentile() -> None:
    assert standing(story(CASCADE_MINI_WAITING), "dave")["unified"] == {
        "symbol": "BTC-PERP",
        "rank": 4,
        "rating": "4",
        "percentage": "90",
        "timestamp": 1_791_667_200_431,
        "datetime": "2026-10-10T21:20:00.431Z",
    }


def test_nobody_is_ahead_of_the_first() -> None:
    row = standing(story(CASCADE_MINI_WAITING), "bob")

    assert (row["accounts_ahead"], row["quantity_ahead"], row["next_ahead"]) == (0, "0", None)
    assert "Nobody is ahead of it" in str(row["answer"])


def test_under_shares_nobody_stands_in_line() -> None:
    row = standing(story(CASCADE_MINI_WAITING), "dave", AdlPolicy("pro-rata-size@1"))

    assert "nobody stands in line under pro-rata-size@1" in str(row["answer"])


@pytest.mark.parametrize(("account", "code"), [("alice", "in_liquidation"), ("vault", None)])
def test_who_is_in_no_queue_reads_why(account: str, code: str | None) -> None:
    row = standing(story(CASCADE_MINI_WAITING), account)

    assert row["rank"] is None
    assert row["unified"] is None
    assert row["excluded"] == (code or "vault_excluded")
    assert "stands in no queue; it " in str(row["answer"])


def test_without_a_mark_nobody_stands_anywhere() -> None:
    told = story(f"{PLAIN_MARKET}\ndeposit a 10\ndeposit b 10\nmark 1\ntrade a b 1 @ 1")
    told.venue.markets["M"].mark = None

    assert standing(told, "a")["answer"] == "M: a stands in no queue; the market has no mark."
