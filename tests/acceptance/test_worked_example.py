"""Are the numbers of the worked example those of the design?"""

from hashlib import sha256

import pytest

from tests.acceptance.calling import Books, cascade_mini


def test_the_balances_at_the_end_are_those_of_the_table(cascade: Books) -> None:
    answer = cascade.ask("balances", "--json").json

    money = ("cash", "unrealized", "equity")
    rows = {row["account"]: tuple(row[key] for key in money) for row in answer["rows"]}
    assert {name: rows[name] for name in ("alice", "bob", "carol", "dave", "erin", "vault")} == {
        "alice": ("0", "0", "0"),
        "bob": ("20000", "0", "20000"),
        "carol": ("325000", "80600", "405600"),
        "dave": ("36000", "24800", "60800"),
        "erin": ("200000", "-20400", "179600"),
        "vault": ("20000", "-1000", "19000"),
    }
    assert answer["totals"] == {
        "cash": "601000",
        "unrealized": "84000",
        "equity": "685000",
        "net_deposits": "685000",
        "difference": "0",
    }


def test_open_interest_falls_from_10_to_8_5_in_the_decision(cascade: Books) -> None:
    before = cascade.ask("oi", "--before", "ADL-34", "--json").json["rows"][0]
    after = cascade.ask("oi", "--at", "ADL-34", "--json").json["rows"][0]

    assert (before["long"], before["short"], before["difference"]) == ("10", "10", "0")
    assert (after["long"], after["short"], after["difference"]) == ("8.5", "8.5", "0")


def test_the_ranking_has_the_scores_of_the_table(cascade: Books) -> None:
    ranking = cascade.ask("adl", "explain", "ADL-34", "--json").json["ranking"]

    columns = ("rank", "account", "quantity", "unrealized", "equity", "leverage", "score")
    assert [tuple(row[key] for key in columns) for row in ranking] == [
        (1, "bob", "-1", "12400", "20400", "7/3", "217/450"),
        (2, "dave", "-2.5", "31000", "61000", "119/61", "3689/9150"),
        (3, "carol", "-6.5", "80600", "405600", "119/156", "3689/23400"),
    ]
    assert [(row["closed"], row["cost"]) for row in ranking] == [
        ("1", "400"),
        ("0.5", "200"),
        ("0", "0"),
    ]


def test_what_the_victims_gave_is_what_alice_lacked(cascade: Books) -> None:
    explanation = cascade.ask("adl", "explain", "ADL-34", "--json").json

    assert explanation["totals"] == {
        "closed": "1.5",
        "needed": "1.5",
        "cost": "600",
        "deficit": "600",
        "overshoot_quantity": "0",
        "overshoot_cost": "0",
        "overshoot_profit": "17400",
    }
    assert explanation["cut_after_rank"] == 2
    assert explanation["verification"] == {"redecided": "equal", "ranking_root": "equal"}
    assert explanation["trigger"]["holds"] is True


def test_carol_learns_that_she_stood_behind_the_cut(cascade: Books) -> None:
    account = cascade.ask("adl", "explain", "ADL-34", "--account", "carol", "--json").json[
        "account"
    ]

    assert account["rank"] == 3
    assert account["answer"].startswith("carol was not closed.")
    assert account["nearest_escape"] is None


WHY_OTHERS = {
    "bob": "Nobody stood ahead of bob. 1.5 of 1.5 needed were met at rank 2. carol at rank 3 stood "
    "behind the cut with score 3689/23400 and was not needed.",
    "carol": "2 accounts (bob to dave) stood ahead of carol and were closed by 1.5. 1.5 of 1.5 "
    "needed were met at rank 2, so nothing was left for carol to give.",
    "erin": "erin had no place in the line: 1.5 of 1.5 needed were met at rank 2.",
    "alice": "alice was closed first; who stood against it came in line: 1.5 of 1.5 needed were "
    "met at rank 2.",
}


@pytest.mark.parametrize("account", WHY_OTHERS)
def test_everybody_learns_why_others_were_closed_or_spared(cascade: Books, account: str) -> None:
    found = cascade.ask("adl", "explain", "ADL-34", "--account", account, "--json").json

    assert found["account"]["why_not_others"] == WHY_OTHERS[account]


def test_the_bankrupt_learns_that_it_is_the_one_that_was_closed(cascade: Books) -> None:
    told = cascade.ask("adl", "explain", "ADL-34", "--account", "alice").out

    assert "Why alice's long was closed against others" in told
    assert "alice is the account that was closed at 48000 against bob 1, dave 0.5" in told
    assert "no candidate" not in told


def test_dave_would_have_been_spared_with_the_leverage_of_carol_by_size_or_by_equity(
    cascade: Books,
) -> None:
    account = cascade.ask("adl", "explain", "ADL-34", "--account", "dave", "--json").json["account"]

    # Equal scores, and she has the larger profit: 119,000 / 156,000 is carol's 119/156, and so is
    # 0.6 · 47,600 / (30,000 + 0.6 · 12,400). 1.9 BTC at the mark are less than 95,000 USDC.
    sure = {"outcome": "untouched", "verified": True}
    assert account["nearest_escape"] == {"field": "size", "threshold": "0.6", **sure}
    assert account["other_escape"] == {"field": "equity", "threshold": "156000", **sure}
    assert "bob at rank 1 stood ahead" in account["why_not_others"]
    assert "carol at rank 3 stood behind the cut" in account["why_not_others"]


def test_the_explanation_does_not_change_with_what_is_logged_later(empty: Books) -> None:
    books = cascade_mini(empty.folder)
    question = ("adl", "explain", "ADL-34", "--account", "dave")
    before = books.ask(*question).out, books.ask(*question, "--json").out
    later = '{"command":"mark","market":"BTC-PERP","price":"61000"}\n'

    assert books.ask("apply", "-", given=later).exit_code == 0
    assert (books.ask(*question).out, books.ask(*question, "--json").out) == before


def test_the_sha_256_of_an_explanation_is_that_of_its_json(cascade: Books) -> None:
    question = ("adl", "explain", "ADL-34", "--account", "dave")
    raw = cascade.ask(*question, "--json").out.encode("utf-8")

    assert f"SHA-256 of that answer: {sha256(raw).hexdigest()}" in cascade.ask(*question).out


def test_the_demo_tells_who_was_closed_and_who_was_not(empty: Books) -> None:
    told = empty.ask("demo")

    assert told.exit_code == 0
    assert "bob's short of 1 BTC-PERP was reduced by 1 to 0 at 48000" in told.out
    assert "dave's short of 2.5 BTC-PERP was reduced by 0.5 to 2 at 48000" in told.out
    assert "carol was not closed." in told.out
    assert list(empty.folder.iterdir()) == []


def test_the_demo_is_data_for_programs(empty: Books) -> None:
    answer = empty.ask("demo", "--json").json

    assert answer["schema"] == "demo/1"
    assert answer["explanation"]["schema"] == "adl-explanation/1"
    assert [len(chapter["told"]) for chapter in answer["chapters"]] == [0, 0, 3, 5, 4]


def test_an_account_asks_where_it_stands_without_naming_market_or_side(cascade: Books) -> None:
    answer = cascade.ask("adl", "rank", "--account", "dave", "--before", "ADL-34", "--json").json
    whole = cascade.ask(
        *("adl", "rank", "BTC-PERP", "--side", "short", "--before", "ADL-34", "--json")
    ).json

    (row,) = answer["rows"]
    assert row.items() >= whole["rows"][1].items()
    assert (row["market"], row["side"], row["accounts_ahead"]) == ("BTC-PERP", "short", 1)


def test_an_account_without_a_position_there_stands_nowhere(cascade: Books) -> None:
    asked = ("adl", "rank", "BTC-PERP", "--side", "long", "--account", "dave")

    assert cascade.ask(*asked, "--json").json["rows"] == []
    assert "dave holds no position there." in cascade.ask(*asked).out


def test_the_text_names_what_made_it_and_where_to_object(cascade: Books) -> None:
    said = cascade.ask("adl", "explain", "ADL-34", "--account", "dave").out

    assert "audience auditor, nothing is withheld, made by zerosum " in said
    assert "To object, write to the venue that keeps this log" in said
