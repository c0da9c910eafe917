"""Does `zerosum whatif` answer as the contract says, and leave the store as it was?"""

import csv
import io
from fractions import Fraction
from hashlib import sha256
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from cli.cascade_mini import SCENARIO
from tests.acceptance.calling import Books, books_with, called

LATER = """
at 2026-10-10T21:20:00.400000000Z
mark 47000
at 2026-10-10T21:20:01Z
mark 46000
at 2026-10-10T21:20:03Z
mark 48500
at 2026-10-10T21:22:00Z
mark 40000
"""


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Books:
    """The worked example, with marks for two minutes after its decision."""
    return books_with(tmp_path_factory.mktemp("told"), SCENARIO + LATER)


def gave(answer: dict) -> dict[str, tuple[str, str]]:
    return {row["account"]: (row["whatif_closed"], row["whatif_cost"]) for row in answer["rows"]}


def test_one_policy_answers_in_the_flat_shape_of_the_contract(cascade: Books) -> None:
    answer = cascade.ask("whatif", "ADL-34", "--policy", "profit-leverage-size@1", "--json").json

    assert answer["schema"] == "whatif/1"
    assert answer["as_of"]["seq"] == 36
    assert gave(answer) == {"bob": ("0", "0"), "carol": ("1.5", "600"), "dave": ("0", "0")}
    assert answer["rows"][0] == {
        "account": "bob",
        "actual_closed": "1",
        "actual_cost": "400",
        "whatif_closed": "0",
        "whatif_cost": "0",
    }
    expected = {"largest_share": "1", "accounts_touched": 1, "cost": "600", "deficit": "600"}
    assert {name: answer["metrics"][name] for name in expected} == expected
    assert answer["actual"]["metrics"]["largest_share"] == "2/3"
    assert "not simulated again" in answer["limits"]


def test_shares_by_size_cost_60_150_and_390(cascade: Books) -> None:
    answer = cascade.ask("whatif", "ADL-34", "--policy", "pro-rata-size@1", "--json").json

    assert gave(answer) == {
        "bob": ("0.15", "60"),
        "carol": ("0.975", "390"),
        "dave": ("0.375", "150"),
    }
    assert answer["metrics"]["largest_share"] == "0.65"
    assert answer["metrics"]["gini"] == "11/30"
    assert answer["metrics"]["overshoot_quantity"] == "0"
    assert answer["metrics"]["overshoot_cost"] == "0"


def test_every_ratio_names_what_it_is_made_of(cascade: Books) -> None:
    answer = cascade.ask("whatif", "ADL-34", "--policy", "pro-rata-size@1", "--json").json

    ratios = {row["ratio"]: row for row in answer["ratios"]}
    assert {"severity", "gini", "capacity_over_deficit", "largest_haircut_of_equity"} <= set(ratios)
    assert all(row["numerator_is"] and row["denominator_is"] for row in ratios.values())
    severity = ratios["severity"]
    assert (severity["value"], severity["numerator"], severity["denominator"]) == (
        "1",
        "600",
        "600",
    )


def test_several_policies_stand_side_by_side(cascade: Books) -> None:
    names = ("profit-leverage-size@1", "pro-rata-size@1", "largest-first@1")
    asked = [word for name in names for word in ("--policy", name)]
    answer = cascade.ask("whatif", "ADL-34", *asked, "--json").json
    table = cascade.ask("whatif", "ADL-34", *asked).out

    assert [found["policy"] for found in answer["policies"]] == list(names)
    assert "rows" not in answer
    assert gave(answer["policies"][1])["carol"] == ("0.975", "390")
    assert all(name in table for name in names)


def test_at_the_mark_nobody_pays(cascade: Books) -> None:
    policy = ("--policy", "pro-rata-size@1", "--close-price", "mark")
    answer = cascade.ask("whatif", "ADL-34", *policy, "--json").json

    assert answer["metrics"]["cost"] == "0"
    assert answer["metrics"]["gini"] is None
    assert answer["metrics"]["deficit_after"] == "600"
    assert answer["policy"] == "pro-rata-size@1, mark"


@pytest.mark.parametrize("asked", ("all", "34", "1..37", "ADL-34..ADL-34", "ADL-34..head"))
def test_a_range_is_said_in_several_ways(cascade: Books, asked: str) -> None:
    answer = cascade.ask("whatif", asked, "--policy", "pro-rata-size@1", "--json").json

    assert [found["id"] for found in answer["decisions"]] == ["ADL-34"]


def test_a_parameter_is_given_by_name(cascade: Books) -> None:
    rotation = ("--policy", "seeded-rotation@1")
    found = [
        cascade.ask("whatif", "ADL-34", *rotation, "--param", f"seed={seed}", "--json").json
        for seed in (0, 1, 2, 3)
    ]

    first = [next(name for name, lots in gave(one).items() if lots[0] != "0") for one in found]
    assert [gave(one)[name][0] for one, name in zip(found, first, strict=True)] == [
        "1",
        "1.5",
        "1.5",
        "1",
    ]
    assert first == ["bob", "carol", "dave", "bob"]


@pytest.mark.parametrize(
    ("words", "exit_code", "code"),
    (
        (("ADL-34",), 2, "usage"),
        (("ADL-34", "--policy", "fair@1"), 3, "unknown_policy"),
        (("ADL-35", "--policy", "largest-first@1"), 3, "unknown_decision"),
        (("20", "--policy", "largest-first@1"), 3, "unknown_decision"),
        (("0", "--policy", "largest-first@1"), 3, "unknown_decision"),
        (("1..20", "--policy", "largest-first@1"), 3, "no_decision"),
        (("20..1", "--policy", "largest-first@1"), 2, "bad_range"),
        (("ADL-34..", "--policy", "largest-first@1"), 2, "bad_range"),
        (("ADL-34", "--policy", "seeded-rotation@1"), 2, "missing_parameter"),
        (("ADL-34", "--policy", "seeded-rotation@1", "--param", "seed=x"), 2, "bad_parameter"),
        (("ADL-34", "--policy", "largest-first@1", "--param", "seed=1"), 2, "unknown_parameter"),
        (("ADL-34", "--policy", "largest-first@1", "--param", "seed"), 2, "bad_parameter"),
        (("ADL-34", "--policy", "largest-first@1", "--policy", "largest-first@1"), 2, "usage"),
    ),
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else str(value),
)
def test_what_cannot_be_meant_is_refused_by_name(
    cascade: Books, words: tuple[str, ...], exit_code: int, code: str
) -> None:
    answer = cascade.ask("whatif", *words, "--json")

    assert (answer.exit_code, answer.out) == (exit_code, "")
    assert answer.error["code"] == code


def test_nothing_is_written_to_the_store(told: Books) -> None:
    store = told.folder / "books.db"
    before = sha256(store.read_bytes()).digest()

    assert told.ask("whatif", "all", "--policy", "pro-rata-size@1", "--markouts").exit_code == 0
    assert sha256(store.read_bytes()).digest() == before
    # Readers of a write-ahead log may open its file; nothing stands in it.
    assert (told.folder / "books.db-wal").stat().st_size == 0


def test_markouts_follow_the_mark_that_was_in_force(told: Books) -> None:
    words = ("whatif", "ADL-34", "--policy", "pro-rata-size@1", "--markouts", "--json")
    answer = told.ask(*words).json

    marks = {row["after_seconds"]: row for row in answer["markouts"]}
    assert {after: row["mark_price"] for after, row in marks.items()} == {
        "0": "47600",
        "0.5": "47000",
        "1": "46000",
        "2": "46000",
        "5": "48500",
        "60": "48500",
    }
    # The victims are short and bought back at 48000: 1.5 · (48000 − mark).
    assert {after: row["cost"] for after, row in marks.items()} == {
        "0": "600",
        "0.5": "1500",
        "1": "3000",
        "2": "3000",
        "5": "-750",
        "60": "-750",
    }
    assert marks["5"]["positive_cost"] == "0"
    assert marks["1"]["reason"] is None


def test_where_the_log_ends_a_markout_is_null_with_the_reason(cascade: Books) -> None:
    words = ("whatif", "ADL-34", "--policy", "pro-rata-size@1", "--markouts", "--json")
    last = cascade.ask(*words).json["markouts"][-1]

    assert (last["after_seconds"], last["cost"]) == ("60", None)
    assert last["reason"] == "the log ends before this time"


def test_later_events_change_an_answer_only_where_marks_were_asked_for(
    cascade: Books, told: Books
) -> None:
    words = ("whatif", "ADL-34", "--policy", "pro-rata-size@1", "--json")

    assert cascade.ask(*words).out == told.ask(*words).out
    assert cascade.ask(*words, "--markouts").out != told.ask(*words, "--markouts").out


def test_the_chart_is_well_formed_and_the_same_each_time(cascade: Books, tmp_path: Path) -> None:
    words = ("whatif", "ADL-34", "--policy", "pro-rata-size@1", "--policy", "largest-first@1")
    charts = []
    for name in ("one.svg", "two.svg"):
        assert cascade.ask(*words, "--svg", str(tmp_path / name)).exit_code == 0
        charts.append((tmp_path / name).read_bytes())

    assert charts[0] == charts[1]
    root = ET.fromstring(charts[0].decode("utf-8"))
    assert root.get("role") == "img"
    assert [child.tag.rpartition("}")[2] for child in root][:2] == ["title", "desc"]
    assert "carol" in ET.tostring(root, encoding="unicode")


def test_a_chart_that_cannot_be_written_is_no_defect(cascade: Books, tmp_path: Path) -> None:
    words = ("whatif", "ADL-34", "--policy", "pro-rata-size@1", "--json")
    answer = cascade.ask(*words, "--svg", str(tmp_path / "missing" / "chart.svg"))

    assert answer.exit_code == 4
    assert answer.error["code"] == "file_error"


def test_zone_language_and_hash_seed_change_nothing(cascade: Books) -> None:
    words = ("--store", cascade.url, "whatif", "all", "--policy", "pro-rata-size@1")
    outs = {
        called(cascade.folder, *words, TZ=zone, LANG=language, PYTHONHASHSEED=seed).stdout
        for zone, language, seed in (("UTC", "C", "0"), ("Asia/Tokyo", "de_DE.UTF-8", "77"))
    }

    assert len(outs) == 1
    assert outs.pop()


def test_haircuts_take_the_same_cost_from_profits_instead(cascade: Books) -> None:
    asked = ("whatif", "ADL-34", "--policy", "profit-leverage-size@1", "--haircuts")
    answer = cascade.ask(*asked, "1", "--json").json
    (done,) = answer["actual"]["haircuts"]

    # Profits 12,400, 31,000 and 80,600: the cost of 600 is 600/124,000 of each.
    assert (done["budget"], done["capacity"], done["level"]) == ("600", "124000", "3/620")
    assert [(r["account"], r["cost"], r["haircut"]) for r in done["rows"]] == [
        ("bob", "400", "60"),
        ("carol", "0", "390"),
        ("dave", "200", "150"),
    ]
    assert {row["haircut_part"] for row in done["rows"]} == {"3/620"}
    assert done["rows"][0]["cost_part"] == "1/31"
    assert done["top_winner_gap"] == "210"
    assert "haircut" in cascade.ask(*asked, "1").out
    short = cascade.ask(*asked, "0.001", "--json").json["actual"]["haircuts"][0]
    assert short["level"] is None
    assert short["reason"] == "the profits within the cap do not reach the cost"


@pytest.mark.parametrize("cap", ["0", "1.5", "-1", "half"])
def test_a_cap_is_a_part_of_a_profit(cascade: Books, cap: str) -> None:
    refused = cascade.ask("whatif", "ADL-34", "--policy", "pro-rata-size@1", "--haircuts", cap)

    assert refused.exit_code == 2
    assert "a ratio above 0, at most 1" in refused.err


TWO_MARKETS = """
at 2026-10-10T21:00:00Z
venue two
market A tick 1 lot 1 initial 10% maintenance 5%
market B tick 1 lot 1 initial 10% maintenance 5%
deposit alice 100
deposit amy 90
deposit bob 1000
deposit carol 1000
mark A 100
mark B 100
sell bob 5 A @ 100
sell carol 5 A @ 100
buy alice 10 A @ 100
sell carol 2 B @ 100
sell bob 6 B @ 100
buy amy 8 B @ 100
mark A 85
mark B 80
"""


def test_decisions_of_several_markets_are_compared_each_in_its_own(tmp_path: Path) -> None:
    books = books_with(tmp_path, TWO_MARKETS)
    rounds = books.ask("adl", "list", "--json").json["rows"]
    each = [
        books.ask("whatif", row["id"], "--policy", "pro-rata-size@1", "--json").json
        for row in rounds
    ]
    together = books.ask("whatif", "all", "--policy", "pro-rata-size@1", "--json").json

    assert {row["market"] for row in rounds} == {"A", "B"}
    for account in ("bob", "carol"):
        for side in ("actual_cost", "whatif_cost"):
            parts = [
                Fraction(row[side])
                for one in each
                for row in one["rows"]
                if row["account"] == account
            ]
            whole = [Fraction(row[side]) for row in together["rows"] if row["account"] == account]
            assert sum(parts) == sum(whole)
    costs = [Fraction(one["metrics"]["cost"]) for one in each]
    assert Fraction(together["metrics"]["cost"]) == sum(costs)


RETRIED = """
at 2026-10-10T21:00:00Z
venue retried
market A tick 1 lot 1 initial 10% maintenance 5%
market B tick 1 lot 1 initial 10% maintenance 5% vault pool cap 100
deposit alice 100
deposit bob 1000
deposit dave 1000
deposit erin 1000
deposit pool 1000
mark A 100
sell bob 4 A @ 100
sell pool 6 A @ 100
buy alice 10 A @ 100
mark A 85
buy erin 3 A @ 86
sell dave 3 A @ 86
mark A 84
"""
"""Alice's ten are closed by four; a vault is no candidate, so six wait. Then dave gives three."""


@pytest.fixture(scope="module")
def retried(tmp_path_factory: pytest.TempPathFactory) -> Books:
    return books_with(tmp_path_factory.mktemp("retried"), RETRIED)


def test_a_retry_needs_once_what_the_decision_before_it_left_open(retried: Books) -> None:
    answer = retried.ask("whatif", "all", "--policy", "pro-rata-size@1", "--json").json

    assert [(one["needed"], one["deficit"]) for one in answer["decisions"]] == [
        ("10", "50"),
        ("6", "36"),
    ]
    assert len({one["liquidation"] for one in answer["decisions"]}) == 1
    for metrics in (answer["actual"]["metrics"], answer["metrics"]):
        told = {name: metrics[name] for name in ("needed", "closed", "residual", "deficit")}
        assert told == {"needed": "10", "closed": "7", "residual": "3", "deficit": "50"}
        assert (metrics["liquidations"], metrics["overshoot_quantity"]) == (1, "0")
    assert [one["residual"] for one in answer["by_decision"]] == ["6", "3"]
    counted = {one["measure"]: one["is"] for one in answer["counted"]}
    assert {"needed", "residual", "deficit", "closed"} <= set(counted)
    assert "once for each liquidation" in counted["needed"]
    table = retried.ask("whatif", "all", "--policy", "pro-rata-size@1").out
    assert counted["needed"] in table


def test_states_are_told_by_decision_and_as_extremes_of_a_range(retried: Books) -> None:
    answer = retried.ask("whatif", "all", "--policy", "pro-rata-size@1", "--json").json
    alone = [
        retried.ask("whatif", one["id"], "--policy", "pro-rata-size@1", "--json").json["metrics"]
        for one in answer["decisions"]
    ]
    first, second = (one["id"] for one in answer["decisions"])
    states = {one["measure"]: one for one in answer["states"]}

    for measure in (
        *("capacity", "capacity_after", "open_profit_after", "deficit_before", "deficit_after"),
        "capacity_over_deficit",
    ):
        each = [one[measure] for one in alone]
        assert [one[measure] for one in answer["by_decision"]] == each
        assert sorted((states[measure]["smallest"], states[measure]["largest"])) == sorted(each)
        assert answer["metrics"][measure] is None
    # (4 · 15 + 6 · 15 − 20) / (50 − 20), then (6 · 16 + 3 · 2 − 6) / (36 − 18).
    assert states["capacity_over_deficit"] == {
        "measure": "capacity_over_deficit",
        "smallest": "13/3",
        "smallest_in": first,
        "largest": "16/3",
        "largest_in": second,
    }
    table = retried.ask("whatif", "all", "--policy", "pro-rata-size@1").out
    line = next(row for row in table.splitlines() if row.startswith("remaining capacity over rem"))
    assert line.split()[-4:] == ["13/3", "16/3", "13/3", "16/3"]


def test_a_ratio_without_a_value_in_any_decision_is_told_of_none(cascade: Books) -> None:
    answer = cascade.ask("whatif", "ADL-34", "--policy", "pro-rata-size@1", "--json").json

    assert answer["by_decision"][0]["capacity_over_deficit"] is None
    assert "capacity_over_deficit" not in {one["measure"] for one in answer["states"]}


def test_csv_is_a_line_for_each_policy_and_account(cascade: Books, tmp_path: Path) -> None:
    names = ("profit-leverage-size@1", "pro-rata-size@1")
    asked = [word for name in names for word in ("--policy", name)]
    several = cascade.ask("whatif", "ADL-34", *asked, "--format", "csv").out
    one = cascade.ask("whatif", "ADL-34", *asked[:2], "--format", "csv").out
    two = books_with(tmp_path, TWO_MARKETS)
    markets = two.ask("whatif", "all", *asked, "--format", "csv").out
    rows = list(csv.DictReader(io.StringIO(several)))

    head = "policy,market,account,actual_closed,actual_cost,whatif_closed,whatif_cost"
    for text in (several, one, markets):
        assert text.splitlines()[0] == f"{head},as_of_seq,as_of_time"
        assert "{" not in text
    assert [(row["policy"], row["account"], row["whatif_cost"]) for row in rows] == [
        ("profit-leverage-size@1", "bob", "0"),
        ("profit-leverage-size@1", "carol", "600"),
        ("profit-leverage-size@1", "dave", "0"),
        ("pro-rata-size@1", "bob", "60"),
        ("pro-rata-size@1", "carol", "390"),
        ("pro-rata-size@1", "dave", "150"),
    ]
    # Whoever one policy touches stands under the other as well, with nothing.
    assert {(row["account"], row["actual_cost"]) for row in rows} == {
        ("bob", "400"),
        ("carol", "0"),
        ("dave", "200"),
    }
    assert {row["market"] for row in csv.DictReader(io.StringIO(markets))} == {"A", "B"}


def test_csv_without_rows_for_its_reader_says_so_on_stderr(cascade: Books) -> None:
    asked = ("adl", "explain", "ADL-34", "--audience", "public", "--format", "csv")
    told, quiet = cascade.ask(*asked), cascade.ask("-q", *asked)

    assert (told.exit_code, told.out) == (0, "")
    assert "this reader sees none: --json has the rest" in told.err
    assert (quiet.exit_code, quiet.out, quiet.err) == (0, "", "")
    own = ("adl", "explain", "ADL-34", "--audience", "trader", "--account", "dave")
    assert "sees none" not in cascade.ask(*own, "--format", "csv").err
