"""Are cash, quantities, fees and funding plain sums over the rows?"""

import csv
import io
from collections import defaultdict
from decimal import Context, Decimal
from pathlib import Path

import pytest

from domain.account import TREASURY
from domain.units import decimal_text
from domain.venue import Venue, fold
from reports.exports.csv import csv_lines
from reports.exports.errors import MissingExtra, TooManyDigits
from reports.exports.parquet import write_parquet
from reports.exports.rows import LegRow, LegRows
from tests.stories import CASCADE_MINI, story
from tests.unit.reports.exports.referees import told
from tests.unit.reports.exports.test_names import facts_of

STORIES = [
    (seed, profile) for profile in ("mixed", "crash", "cross", "fees", "big") for seed in (4, 5)
]
EXACT = Context(prec=400)


def rows_of(seed: int, profile: str) -> tuple[list[LegRow], Venue]:
    found = LegRows(Venue())
    return list(found.over(told(seed, 250, profile))), found.venue


def sums(rows: list[LegRow], key: tuple[str, ...], column: str) -> dict[tuple[str, ...], int]:
    found: defaultdict[tuple[str, ...], int] = defaultdict(int)
    for row in rows:
        found[tuple(getattr(row, name) for name in key)] += getattr(row, column)
    return {name: total for name, total in found.items() if total}


@pytest.mark.parametrize(("seed", "profile"), STORIES)
def test_the_state_is_the_sum_of_the_rows(seed: int, profile: str) -> None:
    rows, venue = rows_of(seed, profile)
    held = {
        (account, market.id): position
        for market in venue.markets.values()
        for account, position in market.positions.items()
    }

    assert sums(rows, ("account",), "cash_change") == {
        (account,): cash for account, cash in venue.cash.items() if cash
    }
    lots = sums(rows, ("account", "market"), "lots_change")
    assert lots == {key: position.quantity for key, position in held.items()}
    costs = sums(rows, ("account", "market"), "cost_change")
    assert costs == {key: position.cost for key, position in held.items() if position.cost}
    deposited = sums(rows, ("account",), "deposited")
    assert deposited == {
        (name,): account.net_deposits
        for name, account in venue.accounts.items()
        if account.net_deposits
    }
    realized = sums(rows, ("account", "market"), "realized")
    assert realized == {
        (account, market.id): result
        for market in venue.markets.values()
        for account, result in market.realized.items()
        if result
    }
    fees = sums([row for row in rows if row.account != TREASURY], ("market",), "fee")
    assert fees == {(market.id,): market.fees for market in venue.markets.values() if market.fees}
    assert sum(row.fee for row in rows) == 0
    assert sum(row.funding for row in rows) == 0
    assert sum(row.moved for row in rows) == 0


@pytest.mark.parametrize(("seed", "profile"), STORIES)
def test_every_row_says_where_its_cash_came_from(seed: int, profile: str) -> None:
    rows, _ = rows_of(seed, profile)

    assert rows
    for row in rows:
        parts = row.deposited + row.realized + row.funding + row.moved - row.fee
        assert row.cash_change == parts, row
        assert row.funding == 0 or row.type == "market.funding_settled/1"
        assert row.realized == 0 or row.market


def test_the_stories_reach_every_kind_of_money() -> None:
    rows = [row for seed, profile in STORIES for row in rows_of(seed, profile)[0]]

    for column in ("deposited", "realized", "funding", "fee", "moved", "cost_change"):
        assert any(getattr(row, column) for row in rows), column
    assert any("/" in row.price for row in rows)


@pytest.mark.parametrize(("seed", "profile"), STORIES)
def test_the_rows_of_an_event_cancel(seed: int, profile: str) -> None:
    rows, _ = rows_of(seed, profile)
    money: defaultdict[int, int] = defaultdict(int)
    lots: defaultdict[int, int] = defaultdict(int)
    for row in rows:
        money[row.seq] += row.cash_change - row.cost_change - row.deposited
        lots[row.seq] += row.lots_change

    assert set(money.values()) == {0}
    assert set(lots.values()) == {0}


@pytest.mark.parametrize(("seed", "profile"), STORIES)
def test_csv_and_parquet_hold_every_digit(seed: int, profile: str, tmp_path: Path) -> None:
    arrow = pytest.importorskip("pyarrow.parquet", reason="the extra frames is not installed")
    events = told(seed, 250, profile)
    rows, venue = rows_of(seed, profile)
    found = LegRows(Venue())
    text = "".join(csv_lines(found.over(events), found))
    read = list(csv.DictReader(io.StringIO(text)))
    unit = venue.quote_unit

    assert len(read) == len(rows)
    total: Decimal = Decimal(0)
    for row, cells in zip(rows, read, strict=True):
        assert cells["cash_change"] == decimal_text(row.cash_change * unit.mantissa, unit.places)
        assert int(cells["lots_change"]) == row.lots_change
        total = EXACT.add(total, Decimal(cells["cash_change"]))
    cash = sum(venue.cash.values()) * unit.mantissa
    assert total == Decimal(decimal_text(cash, unit.places))

    file = tmp_path / "rows.parquet"
    found = LegRows(Venue())
    with file.open("wb") as out:
        assert write_parquet(out, found.over(events), found) == len(rows)
    columns = arrow.read_table(file).to_pydict()
    assert [Decimal(cells["cost_change"]) for cells in read] == columns["cost_change"]
    assert [row.lots_change for row in rows] == [int(lots) for lots in columns["lots_change"]]
    assert [row.price for row in rows] == columns["price"]
    kinds = {str(field.type) for field in arrow.read_schema(file)}
    assert not any("float" in kind or "double" in kind for kind in kinds)


def test_a_window_has_the_rows_that_the_whole_log_has_there() -> None:
    events = told(4, 250, "crash")
    whole, _ = rows_of(4, "crash")
    for first in range(1, len(events), 7):
        earlier = [
            event for event in events[: first - 1] if event["seq"] >= events[first - 1]["cause"]
        ]
        found = LegRows(fold(Venue(), events[: first - 1]), earlier)

        assert list(found.over(events[first - 1 :])) == [row for row in whole if row.seq >= first]


def test_the_closures_of_the_worked_example_have_their_exact_price() -> None:
    found = LegRows(Venue())
    rows = list(found.over(story(CASCADE_MINI).events))

    closed = [row for row in rows if row.type == "market.position_deleveraged/1"]
    assert {row.price for row in closed} == {"48000"}
    assert [(row.account, row.lots_change) for row in closed] == [
        ("alice", -1_000),
        ("bob", 1_000),
        ("alice", -500),
        ("dave", 500),
    ]


def test_one_accounts_rows_are_those_of_the_whole() -> None:
    whole, _ = rows_of(5, "mixed")
    found = LegRows(Venue())

    rows = list(found.over(told(5, 250, "mixed"), "alice"))

    assert rows == [row for row in whole if row.account == "alice"]
    assert rows


def test_parquet_without_its_library_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "pyarrow", None)
    found = LegRows(Venue())

    with (tmp_path / "rows").open("wb") as out, pytest.raises(MissingExtra, match="pyarrow"):
        write_parquet(out, found.over(()), found)
    assert "zerosum[frames]" in MissingExtra.hint


def test_an_empty_log_has_a_heading_and_no_rows(tmp_path: Path) -> None:
    arrow = pytest.importorskip("pyarrow.parquet", reason="the extra frames is not installed")
    found = LegRows(Venue())

    assert len(list(csv_lines(found.over(()), found))) == 1
    with (tmp_path / "rows").open("wb") as out:
        assert write_parquet(out, found.over(()), found) == 0
    assert arrow.read_table(tmp_path / "rows").num_rows == 0


def test_39_digits_are_refused_by_parquet_and_written_by_csv(tmp_path: Path) -> None:
    pytest.importorskip("pyarrow", reason="the extra frames is not installed")
    for amount, fits in ((10**38 - 1, True), (10**38, False)):
        events = facts_of(("alice",), amount)
        found = LegRows(Venue())
        assert str(amount)[:32] in "".join(csv_lines(found.over(events), found))

        found = LegRows(Venue())
        with (tmp_path / "rows").open("wb") as out:
            if fits:
                assert write_parquet(out, found.over(events), found) == 1
                continue
            with pytest.raises(TooManyDigits, match=r"event 3 .* cash_change"):
                write_parquet(out, found.over(events), found)
