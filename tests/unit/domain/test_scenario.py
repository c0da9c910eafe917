"""Does a scenario line stand for the commands that the reference names, and for nothing else?"""

import pytest

from domain.errors import Rejected, RejectedUnread
from domain.scenario import VERBS, ScenarioReader, is_scenario
from tests.stories import attempt, story


def test_a_line_introduces_what_a_story_takes_for_granted_once() -> None:
    reader = ScenarioReader()

    assert [command["command"] for command in reader.commands("deposit alice 1")] == [
        "open_venue",
        "open_account",
        "deposit",
    ]
    assert reader.commands("deposit alice 1") == [
        {"command": "deposit", "account": "alice", "amount": "1"}
    ]


def test_orders_are_numbered_and_ids_in_use_are_passed_over() -> None:
    told = story("""
        market M tick 1 lot 1 initial 10% maintenance 5%
        deposit alice 100
        mark 100
        buy alice 1 @ 10 as o2
        buy alice 1 @ 10
        buy alice 1 @ 10
    """)

    assert sorted(told.venue.markets["M"].book.orders) == ["o1", "o2", "o3"]
    again = ScenarioReader(told.venue).commands("sell alice 1 @ 110")
    assert [(command["order_id"], command["market"]) for command in again] == [("o4", "M")]


def test_the_last_market_named_is_the_one_meant() -> None:
    told = story("""
        market A tick 1 lot 1 initial 10% maintenance 5%
        market B tick 1 lot 1 initial 10% maintenance 5%
        mark 5
        mark A 7
        mark 8
    """)

    assert (told.venue.markets["A"].mark, told.venue.markets["B"].mark) == (8, 5)


def test_comments_and_blank_lines_say_nothing() -> None:
    assert attempt("# a story\n\n   # more\n\t").events == []


def test_percentages_are_exact_ratios() -> None:
    command = ScenarioReader().commands(
        "market M tick 1 lot 1 initial 1/3% maintenance 0.05% taker 12.5%"
    )[-1]

    assert command["margin_tiers"][0]["initial"] == "1/300"
    assert command["margin_tiers"][0]["maintenance"] == "0.0005"
    assert command["taker_fee"] == "0.125"


def test_a_market_line_says_everything_that_a_listing_can() -> None:
    told = story(
        "market M tick 0.5 lot 2 initial 10% maintenance 5% tier 1000 initial 20% maintenance 10% "
        "maker -0.01% taker 0.05% liquidation_fee 1% mode partial partial_above 500 "
        "partial_share 1/3 backstop 0.5 vault v cap 9 policy pro-rata-size@1 close_price mark "
        "trigger vault_exhausted vault_candidate last"
    )

    listed = told.of("market.listed")[0]
    assert listed["margin_tiers"][1] == {
        "from_notional": 10**9,
        "initial": "1/5",
        "maintenance": "1/10",
    }
    assert listed["liquidation"] == {
        "backstop_ratio": "1/2",
        "mode": "partial",
        "partial_above": 5 * 10**8,
        "partial_share": "1/3",
    }
    assert listed["vault"] == {"account": "v", "takeover_cap": 9 * 10**6}
    assert listed["adl"]["policy"] == "pro-rata-size@1"


UNREADABLE = [
    "borrow alice 1",
    "venue",
    "venue a quote",
    "venue a size 1",
    "market",
    "market M tick",
    "market M tack 1",
    "account",
    "deposit alice",
    "withdraw",
    "mark",
    "buy alice",
    "buy alice 1 @",
    "buy alice 1 as",
    "cancel",
    "trade alice bob 1",
    "trade alice bob 1 at 5",
    "trade alice bob 1 @",
    "funding",
    "funding 1%",
    "funding rate",
    "policy",
    "policy pnl-leverage@1 trigger",
    "policy pnl-leverage@1 size 1",
    "at",
]


@pytest.mark.parametrize("line", UNREADABLE)
def test_a_line_that_is_no_sentence_is_refused(line: str) -> None:
    with pytest.raises(RejectedUnread) as refused:
        ScenarioReader().commands(line)

    assert refused.value.code in ("unknown_command", "bad_value")


@pytest.mark.parametrize("line", UNREADABLE)
def test_a_line_that_is_no_sentence_introduces_nobody(line: str) -> None:
    reader = ScenarioReader()
    with pytest.raises(RejectedUnread):
        reader.commands(line)

    assert reader.commands("deposit alice 1") == ScenarioReader().commands("deposit alice 1")


@pytest.mark.parametrize("digits", [4_200, 5_000, 100_000])
@pytest.mark.parametrize(
    "line",
    ["funding rate {}%", "funding rate 1/{}%", "funding rate {}", "deposit alice {}", "mark {}"],
)
def test_numbers_of_any_length_are_refused_and_nothing_worse(line: str, digits: int) -> None:
    told = story("market M tick 1 lot 1 initial 10% maintenance 5%\ndeposit alice 1\nmark 1")
    try:
        told.attempt(line.format("9" * digits))
    except ValueError as traceback:
        pytest.fail(str(traceback))
    assert isinstance(told.receipts[-1].rejected, Rejected)


def test_every_verb_has_a_line_that_it_can_read() -> None:
    examples = {
        "venue": "venue a",
        "market": "market M tick 1 lot 1 initial 10% maintenance 5%",
        "account": "account alice",
        "deposit": "deposit alice 100",
        "withdraw": "withdraw alice 1",
        "mark": "mark 100",
        "buy": "buy alice 1 @ 90",
        "sell": "sell alice 1 @ 110",
        "cancel": "cancel o1",
        "trade": "trade alice bob 1 @ 100",
        "funding": "funding rate 1%",
        "policy": "policy pro-rata-size@1",
        "adl_list": "adl_list alice",
        "at": "at 2026-10-10T21:20:00Z",
    }

    assert set(examples) == set(VERBS)
    story("\n".join(examples.values()))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("deposit alice 1", True),
        ("\n\n# a story\nmark 5", True),
        ('{"command":"mark"}', False),
        ("", False),
        ("nonsense", False),
    ],
)
def test_a_story_is_known_by_its_first_telling_line(text: str, expected: bool) -> None:
    assert is_scenario(text.splitlines()) is expected
