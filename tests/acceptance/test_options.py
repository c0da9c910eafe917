"""Do options mean the same before and after the subcommand, and do all formats say the same?"""

import csv
import io
import json

import pytest

from tests.acceptance.calling import Books

PLACES = {
    "before": ("--json", "balances", "alice"),
    "after": ("balances", "alice", "--json"),
    "between": ("balances", "--json", "alice"),
    "format before": ("--format", "json", "balances", "alice"),
    "format after": ("balances", "alice", "--format=json"),
    "the last one wins": ("--format", "csv", "balances", "alice", "--json"),
}


@pytest.mark.parametrize("args", PLACES.values(), ids=PLACES.keys())
def test_json_is_asked_for_in_any_place(cascade: Books, args: tuple[str, ...]) -> None:
    assert cascade.ask(*args).out == cascade.ask("balances", "alice", "--json").out


def test_a_moment_is_named_in_any_place(cascade: Books) -> None:
    after = cascade.ask("oi", "--before", "ADL-34").out

    assert cascade.ask("--before", "ADL-34", "oi").out == after
    assert "seq 33" in after


def test_a_store_is_named_in_any_place(
    cascade: Books, tmp_path_factory: pytest.TempPathFactory
) -> None:
    elsewhere = Books(tmp_path_factory.mktemp("elsewhere"))

    before = elsewhere.ask("--store", cascade.url, "adl", "list")
    between = elsewhere.ask("adl", "--store", cascade.url, "list")
    after = elsewhere.ask("adl", "list", "--store", cascade.url)

    assert before.out == between.out == after.out == cascade.ask("adl", "list").out


def test_quiet_silences_the_talk_and_not_the_errors(cascade: Books) -> None:
    assert "window: " in cascade.ask("events", "--raw").err
    assert cascade.ask("-q", "events", "--raw").err == ""
    assert cascade.ask("events", "--raw", "-q").err == ""
    assert cascade.ask("-q", "balances", "zoe").err.startswith("error[unknown_account]")


def test_ndjson_gives_the_rows_and_then_the_rest(cascade: Books) -> None:
    whole = cascade.ask("balances", "--json").json
    lines = [
        json.loads(line) for line in cascade.ask("balances", "--format", "ndjson").out.splitlines()
    ]

    assert lines[:-1] == whole.pop("rows")
    assert lines[-1] == whole


def test_csv_has_the_same_cells_and_says_for_which_moment(cascade: Books) -> None:
    rows = cascade.ask("positions", "--json").json["rows"]
    records = list(csv.DictReader(io.StringIO(cascade.ask("positions", "--format", "csv").out)))

    assert [record.pop("as_of_seq") for record in records] == ["37"] * len(rows)
    assert {record.pop("as_of_time") for record in records} == {"2026-10-10T21:20:00.000000000Z"}
    assert records == [{key: str(value) for key, value in row.items()} for row in rows]


NUMBERS = ("balances", "positions", "oi", "timeline alice", "adl list", "adl explain ADL-34")


@pytest.mark.parametrize("question", NUMBERS)
def test_no_number_is_a_float(cascade: Books, question: str) -> None:
    def refuse(text: str) -> None:
        raise AssertionError(text)

    json.loads(cascade.ask(*question.split(), "--json").out, parse_float=refuse)


def test_every_table_says_for_which_moment_it_holds(cascade: Books) -> None:
    for question in (*NUMBERS, "history dave", "adl show ADL-34", "event 3", "events"):
        first = cascade.ask(*question.split()).out.splitlines()[0]
        assert first.startswith("As of seq "), question
        assert "Z, root " in first


def test_raw_events_are_the_stored_bytes(cascade: Books) -> None:
    lines = cascade.ask("events", "--raw", "--from", "36").out.splitlines()

    assert [json.loads(line)["seq"] for line in lines] == [36, 37]
    assert lines[0] == json.dumps(json.loads(lines[0]), separators=(",", ":"), sort_keys=True)
    assert cascade.ask("event", "36", "--raw").out == lines[0] + "\n"


WINDOWS = {
    "from is in": (("--from", "36"), [36, 37]),
    "to is out": (("--to", "3"), [1, 2]),
    "both": (("--from", "ADL-34", "--to", "36"), [34, 35]),
    "one event": (("--from", "34", "--to", "35"), [34]),
    "up to the head": (("--from", "34", "--to", "head"), [34, 35, 36, 37]),
    "a decision and its closures": (("--from", "ADL-34", "--to", "37"), [34, 35, 36]),
    "nothing between": (("--from", "5", "--to", "5"), []),
    "times": (("--from", "2026-10-10T21:15:00Z", "--to", "2026-10-10T21:18:00Z"), [*range(25, 29)]),
    "by type": (("--type", "market.mark_price_updated"), [15, 25, 29, 33]),
    "by type with version": (("--type", "market.position_taken_over/1"), [31]),
    "by two types": (
        ("--type", "account.liquidation_started", "--type", "account.liquidation_ended"),
        [26, 28, 30, 37],
    ),
    "by account": (("--account", "bob"), [6, 7, 16, 20, 35]),
    "by account in a window": (("--account", "bob", "--from", "10", "--to", "35"), [16, 20]),
    "by market": (("--market", "BTC-PERP", "--from", "30"), [31, 33, 34, 35, 36]),
    "not beyond the moment": (("--at", "2"), [1, 2]),
}


@pytest.mark.parametrize(("args", "seqs"), WINDOWS.values(), ids=WINDOWS.keys())
def test_a_window_is_half_open(cascade: Books, args: tuple[str, ...], seqs: list[int]) -> None:
    events = cascade.ask("events", *args, "--json").json["rows"]

    assert [event["seq"] for event in events] == seqs


RANKED = ("adl", "rank", "BTC-PERP", "--side", "short", "--before", "ADL-34")


def test_a_rank_is_asked_with_the_parameters_of_a_policy(cascade: Books) -> None:
    def accounts(seed: str) -> list[str]:
        chosen = ("--policy", "seeded-rotation@1", "--param", f"seed={seed}")
        return [row["account"] for row in cascade.ask(*RANKED, *chosen, "--json").json["rows"]]

    orders = {tuple(accounts(str(seed))) for seed in range(20)}

    assert {tuple(sorted(order)) for order in orders} == {("bob", "carol", "dave")}
    assert len(orders) > 1


@pytest.mark.parametrize(
    ("args", "code"),
    [
        (("--policy", "capped-pro-rata@1"), "missing_parameter"),
        (("--policy", "capped-pro-rata@1", "--param", "cap=2"), "bad_parameter"),
        (("--policy", "capped-pro-rata@1", "--param", "cap"), "bad_parameter"),
        (("--policy", "capped-pro-rata@1", "--param", "seed=1"), "unknown_parameter"),
        (("--param", "cap=0.5"), "unknown_parameter"),
    ],
)
def test_a_parameter_that_the_policy_does_not_take_is_refused(
    cascade: Books, args: tuple[str, ...], code: str
) -> None:
    refused = cascade.ask(*RANKED, *args, "--json")

    assert (refused.exit_code, refused.error["code"]) == (2, code)
