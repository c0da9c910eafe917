"""Does a reader see what is theirs, and nothing that follows from what others hold?"""

import json
import re
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

from domain.adl.row_key import RowKey
from domain.merkle import is_included, leaf_hash
from reports.audience import Audience
from reports.html.rendering import sheet_html
from tests.row_keys import ROW_KEY, tell
from tests.unit.reports.html.pages import SCENARIO, Books, books_with, cascade_mini, decision_of

FEW = dedent("""\
    at 2026-10-10T21:00:00Z
    venue few
    market BTC-PERP tick 0.1 lot 0.001 initial 10% maintenance 5% vault vault cap 120000
    deposit alice 102000
    deposit bob 8000
    deposit carol {carol}
    deposit dave 30000
    deposit erin {erin}
    deposit frank {frank}
    deposit gina 90000
    deposit vault 20000
    mark 60000
    sell bob 1 @ 60000
    sell dave 2.5 @ 60000
    sell carol {carol_sells} @ 60000
    sell frank {frank_sells} @ 60000
    {gina_sells}
    buy alice 10 @ 60000
    buy erin 6 @ 51000
    buy erin 5 @ 47900
    at 2026-10-10T21:15:00Z
    mark 52000
    mark 49000
    mark 47600
""")
HASH = re.compile(r"\b[0-9a-f]{64}\b")
NOBODY_MORE = "mark 60000"


def told(folder: Path, row_key: RowKey | None = None, **amounts: str) -> Books:
    folder.mkdir()
    usual = {
        "carol": "325000",
        "erin": "200000",
        "frank": "150000",
        "carol_sells": "4.5",
        "frank_sells": "2",
        "gina_sells": NOBODY_MORE,
    }
    books = Books(folder)
    tell(books.url, FEW.format(**{**usual, **amounts}), row_key)
    return books


def seen(
    books: Books, account: str | None, audience: Audience, row_key: RowKey | None = None
) -> tuple[str, str]:
    """JSON and page without commitments."""
    decision = books.ask("adl", "list", "--json").json["rows"][0]["id"]
    made = decision_of(books, decision, account, audience, row_key)
    return HASH.sub("#", made.evidence), HASH.sub("#", sheet_html(made.sheet))


OTHERS = {
    "equity of others": {"carol": "330000.5", "erin": "777777", "frank": "155000"},
    "sizes of others": {"carol_sells": "4", "frank_sells": "2.5"},
    "both": {"carol": "326000", "carol_sells": "3.75", "frank_sells": "2.75"},
}


@pytest.mark.parametrize("differ", OTHERS.values(), ids=OTHERS)
@pytest.mark.parametrize("audience", [Audience.TRADER, Audience.PUBLIC])
@pytest.mark.parametrize("row_key", [None, ROW_KEY], ids=["unsalted", "salted"])
def test_logs_that_differ_in_hidden_amounts_give_the_same_page_but_for_commitments(
    tmp_path: Path, differ: dict[str, str], audience: Audience, row_key: RowKey | None
) -> None:
    account = "dave" if audience is Audience.TRADER else None
    one = told(tmp_path / "one", row_key)
    other = told(tmp_path / "other", row_key, **differ)

    assert seen(one, account, audience, row_key) == seen(other, account, audience, row_key)
    # The same comparison does tell the logs apart where nothing is hidden.
    json_one, page_one = seen(one, account, Audience.AUDITOR)
    json_other, page_other = seen(other, account, Audience.AUDITOR)
    assert json_one != json_other
    assert page_one != page_other


def test_totals_are_shown_from_five_candidates_on_and_hide_what_they_sum(tmp_path: Path) -> None:
    five = {"gina_sells": "sell gina 1 @ 60000", "carol_sells": "3.5"}
    one = told(tmp_path / "one", **five)
    other = told(
        tmp_path / "other",
        **{**five, "carol": "326000", "frank": "149000", "carol_sells": "3", "frank_sells": "2.5"},
    )

    assert seen(one, "dave", Audience.TRADER) == seen(other, "dave", Audience.TRADER)
    made = decision_of(
        one, one.ask("adl", "list", "--json").json["rows"][0]["id"], "dave", Audience.TRADER
    )
    assert made.document["candidates"]["count"] == 5
    assert made.document["audience"]["totals"] == "shown"
    assert made.document["totals"]["closed"] == "1.5"


@pytest.fixture(scope="module")
def mini(tmp_path_factory: pytest.TempPathFactory) -> Books:
    return cascade_mini(tmp_path_factory.mktemp("mini"))


def test_an_auditor_sees_the_explanation_as_it_is(mini: Books) -> None:
    made = decision_of(mini, "ADL-34", "dave")

    assert made.document == mini.ask("adl", "explain", "ADL-34", "--account", "dave", "--json").json


def test_a_trader_sees_its_own_row_in_full_and_of_others_rank_and_outcome(mini: Books) -> None:
    whole = decision_of(mini, "ADL-34", "dave").document
    found = decision_of(mini, "ADL-34", "dave", Audience.TRADER).document

    bob, dave, carol = found["ranking"]
    nothing = dict.fromkeys(whole["ranking"][0])
    assert bob == {**nothing, "rank": 1, "outcome": "closed"}
    assert carol == {**nothing, "rank": 3, "outcome": "not_closed"}
    hidden = {"lights": None, "outcome": "closed"}
    assert dave == {**whole["ranking"][1], **hidden}
    assert (found["candidates"]["count"], found["cut_after_rank"]) == (3, 2)
    assert found["candidates"]["root"] == whole["candidates"]["root"]


def test_a_trader_reads_nobody_elses_name_and_no_amount_of_theirs(mini: Books) -> None:
    made = decision_of(mini, "ADL-34", "dave", Audience.TRADER)
    said = made.evidence + sheet_html(made.sheet)

    for hidden in ("alice", "bob", "carol", "erin", "405600", "405,600", "20400", "156000", "−600"):
        assert hidden not in said
    assert "dave" in said


def test_a_trader_is_not_told_an_escape_since_its_threshold_is_a_neighbours_score(
    mini: Books,
) -> None:
    whole = decision_of(mini, "ADL-34", "dave").document["account"]
    found = decision_of(mini, "ADL-34", "dave", Audience.TRADER).document["account"]

    assert whole["nearest_escape"] is not None
    assert found.keys() == whole.keys()
    kept = {"account", "rank", "answer", "why_not_others"}
    assert {name for name, value in found.items() if value is not None} == kept


def test_a_trader_holds_the_proof_that_its_row_stands_in_the_ranking(mini: Books) -> None:
    made = decision_of(mini, "ADL-34", "dave", Audience.TRADER)
    row = made.document["own_row"]

    assert json.loads(row["row"])["account"] == "dave"
    assert row["leaf"] == leaf_hash(row["row"].encode()).hex()
    assert row["root"] == made.document["candidates"]["root"]
    assert row["verified"] == "equal"
    path = [bytes.fromhex(sibling) for sibling in row["path"]]
    leaf, root = bytes.fromhex(row["leaf"]), bytes.fromhex(row["root"])
    assert is_included(leaf, row["index"], row["size"], path, root)
    assert not is_included(leaf, row["index"] - 1, row["size"], path, root)


@pytest.fixture(scope="module")
def salted(tmp_path_factory: pytest.TempPathFactory) -> Books:
    books = Books(tmp_path_factory.mktemp("salted"))
    tell(books.url, SCENARIO)
    return books


def test_a_trader_of_a_venue_with_a_row_key_holds_its_row_with_its_salt(salted: Books) -> None:
    made = decision_of(salted, "ADL-34", "dave", Audience.TRADER, ROW_KEY)
    row = made.document["own_row"]

    assert json.loads(row["row"])["salt"] == ROW_KEY.salt("ADL-34", "dave")
    assert row["verified"] == "equal"
    assert made.document["verification"]["ranking_root"] == "equal"
    others = [ROW_KEY.salt("ADL-34", name) for name in ("bob", "carol")]
    page = sheet_html(made.sheet)
    assert not any(salt in made.evidence + page for salt in others)
    assert "confirm no guess" in page
    assert "carry no salt" not in page


def test_without_the_row_key_a_page_skips_the_ranking_root_and_says_so(salted: Books) -> None:
    made = decision_of(salted, "ADL-34", "dave", Audience.TRADER)

    assert made.document["verification"] == {"redecided": "equal", "ranking_root": "skipped"}
    assert made.document["candidates"]["blinded"]
    assert made.document["own_row"] is None
    page = sheet_html(made.sheet)
    assert "made without the venue’s row key" in page
    assert "skipped: its rows are salted" in page
    auditor = decision_of(salted, "ADL-34", "dave").document
    assert auditor["verification"] == made.document["verification"]
    assert "salt" not in auditor["ranking"][0]


def test_a_page_without_salts_says_that_too(mini: Books) -> None:
    made = decision_of(mini, "ADL-34", "dave", Audience.TRADER, ROW_KEY)

    assert "carry no salt" in sheet_html(made.sheet)
    assert made.document == decision_of(mini, "ADL-34", "dave", Audience.TRADER).document


def test_a_trader_gets_proofs_of_events_it_is_a_party_to_only(mini: Books) -> None:
    closed = decision_of(mini, "ADL-34", "dave", Audience.TRADER).document
    spared = decision_of(mini, "ADL-34", "carol", Audience.TRADER).document

    assert [item["seq"] for item in closed["evidence"]] == [36]
    assert spared["evidence"] == []
    assert spared["own_row"]["verified"] == "equal"


def test_who_was_no_candidate_is_told_why(mini: Books) -> None:
    found = decision_of(mini, "ADL-34", "erin", Audience.TRADER).document

    assert found["account"]["rank"] is None
    assert found["account"]["answer"].endswith(
        "erin was no candidate: it held no short position in BTC-PERP."
    )
    assert found["own_row"] is None


def test_the_public_sees_no_row_and_below_five_candidates_no_number_of_anybody(
    mini: Books,
) -> None:
    made = decision_of(mini, "ADL-34", None, Audience.PUBLIC)
    found = made.document

    assert found["ranking"] == []
    assert found["evidence"] == []
    assert "account" not in found
    assert set(found["totals"].values()) == {None}
    assert found["candidates"]["count"] is None
    said = made.evidence + sheet_html(made.sheet)
    assert [name for name in ("alice", "bob", "carol", "dave", "erin") if name in said] == []


def test_a_field_that_explanations_gain_later_stays_hidden(mini: Books) -> None:
    found = decision_of(mini, "ADL-34", "dave").document
    gained: dict[str, Any] = {**found, "secret": {"equity": "405600"}}
    gained["decision"] = {**found["decision"], "bankrupt_equity": "-600"}

    from reports.audience import Viewer, seen_by

    shown = seen_by(gained, Viewer(Audience.TRADER, "USDC", "long", "dave"))
    assert "secret" not in shown
    assert shown["decision"]["bankrupt_equity"] is None


@pytest.mark.parametrize("audience", ["trader", "public"])
def test_text_json_and_page_say_the_same_audience(mini: Books, audience: str) -> None:
    account = ("--account", "dave") if audience == "trader" else ()
    asked = ("adl", "explain", "ADL-34", *account, "--audience", audience)
    text, found = mini.ask(*asked), mini.ask(*asked, "--json")

    assert f"Audience: {audience}" in text.out
    assert found.json["audience"]["name"] == audience
    assert found.json["schema"] == "adl-explanation/1"
    made = decision_of(mini, "ADL-34", account[1] if account else None, Audience(audience))
    assert made.evidence == found.out


def test_under_a_policy_of_shares_nobody_is_said_to_stand_ahead(tmp_path: Path) -> None:
    story = FEW.replace("deposit alice", "policy pro-rata-size@1\ndeposit alice", 1)
    usual = {"carol": "325000", "erin": "200000", "frank": "150000", "carol_sells": "4.499"}
    books = books_with(
        tmp_path, story.format(**usual, frank_sells="2", gina_sells="sell gina 0.001 @ 60000")
    )
    decision = books.ask("adl", "list", "--json").json["rows"][0]["id"]

    dave = decision_of(books, decision, "dave", Audience.TRADER).document["account"]
    gina = decision_of(books, decision, "gina", Audience.TRADER).document["account"]
    public = decision_of(books, decision, None, Audience.PUBLIC).document["answer"]

    assert dave["answer"].endswith("By pro-rata-size@1 the share of dave was 0.375.")
    assert gina["answer"].endswith("By pro-rata-size@1 the share of gina came to no whole lot.")
    shared = "Nobody stands in line under this policy: every candidate gives its share."
    assert dave["why_not_others"] == f"{shared} 4 candidates gave something, of 5."
    assert public.endswith("4 candidates gave a share, of 5.")
    said = " ".join((dave["answer"], gina["answer"], dave["why_not_others"], public))
    assert not re.search(r"\brank|ahead|behind", said)


def test_the_bankrupt_account_is_told_that_it_was_the_one(mini: Books) -> None:
    found = decision_of(mini, "ADL-34", "alice", Audience.TRADER).document["account"]

    assert found["answer"] == (
        "alice is the account that was bankrupt: its long in BTC-PERP was closed at 48000 against "
        "accounts on the other side, because neither the order book nor a vault took all of it."
    )
    assert found["rank"] is None
