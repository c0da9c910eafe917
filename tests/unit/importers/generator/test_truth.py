"""Does the truth follow from the rows, by other arithmetic and with none of the product's code?"""

import json
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest

from tests.unit.importers.archives import Imported, imported
from tests.unit.importers.generator.evenings import Raw, Replay, decisions, evening, table


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return evening(tmp_path_factory.mktemp("evening"))


@pytest.fixture(scope="module")
def replay(folder: Path) -> Replay:
    return Replay(folder)


@pytest.fixture(scope="module")
def taken(folder: Path) -> Imported:
    return whole(folder)


def whole(folder: Path) -> Imported:
    venue = folder / "venue"
    paths = [venue / "node_fills_by_block", venue / "misc_events_by_block", venue / "meta.json"]
    return imported(*paths, readings={"withdraw": "fee-beside"})


def totals(folder: Path) -> dict[str, Decimal]:
    found = json.loads((folder / "truth" / "totals.json").read_text())
    return {name: Decimal(value) for name, value in found.items() if name != "identity"}


def test_money_of_every_account_follows_from_the_rows(folder: Path, replay: Replay) -> None:
    rows = table(folder, "accounts_final")

    assert len(rows) == 60
    assert {row["user"]: Decimal(row["raw_usd"]) for row in rows} == {
        row["user"]: replay.raw[row["user"]] for row in rows
    }


def test_positions_and_costs_follow_from_the_rows(folder: Path, replay: Replay) -> None:
    held = {key: (size, replay.cost[key]) for key, size in replay.size.items() if size}

    assert held == {
        (row["user"], row["coin"]): (Decimal(row["position"]), Decimal(row["entry_cost"]))
        for row in table(folder, "positions_final")
    }


def test_values_follow_from_positions_and_marks(folder: Path, replay: Replay) -> None:
    marks = {row["coin"]: Decimal(row["mark"]) for row in table(folder, "coins_final")}
    for row in table(folder, "accounts_final"):
        user = row["user"]
        held = {coin: replay.size[user, coin] for coin in marks}
        worth = sum(held[coin] * marks[coin] for coin in marks)

        assert Decimal(row["account_value"]) == replay.raw[user] + worth
        cost = sum(replay.cost[user, coin] for coin in marks)
        assert Decimal(row["cash"]) == replay.raw[user] + cost


def test_every_coin_is_held_as_much_long_as_short(replay: Replay) -> None:
    for coin in {coin for _, coin in replay.size}:
        assert sum(size for (_, name), size in replay.size.items() if name == coin) == 0


def test_totals_add_up(folder: Path) -> None:
    said = totals(folder)

    assert said["raw_usd_sum"] == (
        said["deposits"]
        - said["withdrawals"]
        - said["withdraw_fees"]
        + said["class_in"]
        - said["class_out"]
        + said["send_in"]
        - said["send_out"]
        - said["trade_fees"]
        + said["funding_sum"]
    )
    assert said["account_value_sum"] == said["raw_usd_sum"]


def test_the_story_holds_all_that_it_promises(folder: Path) -> None:
    counts = json.loads((folder / "truth" / "counts.json").read_text())

    for name in (
        "self_matches",
        "spot_fill_rows",
        "takeovers",
        "adl_vault_loser",
        "adl_long_winner",
        "adl_short_winner",
        "adl_several",
        "adl_partial_last",
        "adl_score_ties",
    ):
        assert counts[name] > 0, name
    assert set(counts["fill_rows_by_liquidation_method"]) == {"market", "backstop"}
    assert {"Long > Short", "Short > Long"} <= set(counts["fill_rows_by_dir"])
    assert len(counts["ledger_updates_by_type"]) == 12
    assert len(counts["misc_events_by_kind"]) == 6


def score(one: Raw, side: int) -> Fraction:
    notional, value = Fraction(one["notional"]), Fraction(one["account_value"])
    entry = abs(Fraction(one["entry_cost"])) / abs(Fraction(one["position"]))
    mark = notional / abs(Fraction(one["position"]))
    return (mark / entry) ** side * notional / value


def test_every_decision_ranks_and_closes_by_the_rule(folder: Path) -> None:
    found = decisions(folder)
    assert len(found) > 9

    for decision in found:
        side = 1 if decision["side_closed"] == "long" else -1
        left = abs(Fraction(decision["liquidated_position"]))
        scores = []
        assert Fraction(decision["liquidated_account_value"]) < 0
        for one in decision["candidates"]:
            scores.append(score(one, side))
            assert scores[-1] == Fraction(one["score_num"], one["score_den"])
            assert Fraction(one["unrealised"]) > 0
            assert Fraction(one["position"]) * side > 0
            closed = min(left, abs(Fraction(one["position"])))
            assert Fraction(one["closed"]) == closed
            left -= closed
        assert scores == sorted(scores, reverse=True)
        assert Fraction(decision["left_open"]) == left


def test_closes_print_the_mark_before_and_one_price_per_block(folder: Path) -> None:
    text = (folder / "venue" / "marks_by_block.csv").read_text()
    marks: dict[str, list[tuple[int, str]]] = {}
    for line in text.splitlines()[1:]:
        block, _, coin, mark, _ = line.split(",")
        marks.setdefault(coin, []).append((int(block), mark))
    for row in table(folder, "adl_closes"):
        until = [entry for entry in marks[row["coin"]] if entry[0] <= int(row["block_number"])]

        assert until[-1] == (int(row["block_number"]), row["mark"])
        assert until[-2][1] == row["px"]


def test_the_importer_meets_the_truth_to_the_unit(folder: Path, taken: Imported) -> None:
    spot = json.loads((folder / "truth" / "counts.json").read_text())["spot_fill_rows"]

    assert taken.reasons == {"out_of_scope": spot}
    assert (taken.report.breaks, taken.report.findings) == ([], {})
    for row in table(folder, "accounts_final"):
        cash = taken.venue.cash.get(row["user"], 0)
        assert Decimal(cash).scaleb(-6) == Decimal(row["cash"]), row


def test_the_importer_meets_takeovers_and_closes(folder: Path, taken: Imported) -> None:
    moved = [(data["bankrupt"], data["vault"]) for data in taken.of("market.position_taken_over/1")]
    closed = [data["victim"] for data in taken.of("market.position_deleveraged/1")]

    assert moved == [(row["user"], row["vault"]) for row in table(folder, "takeovers")]
    assert closed == [row["user"] for row in table(folder, "adl_closes")]


@pytest.mark.parametrize("seed", range(20, 24))
def test_every_seed_tells_a_story_that_adds_up(tmp_path: Path, seed: int) -> None:
    folder = evening(tmp_path, seed=seed, accounts=40, fills=1_000)
    replay = Replay(folder)

    assert {row["user"]: Decimal(row["raw_usd"]) for row in table(folder, "accounts_final")} == {
        row["user"]: replay.raw[row["user"]] for row in table(folder, "accounts_final")
    }
    assert decisions(folder)
