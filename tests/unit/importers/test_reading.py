"""Which rows are found in a file, and what is said about a file that is damaged?"""

import gzip
import json
from pathlib import Path

import pytest

from importers.hyperliquid.source_files import source_files
from importers.hyperliquid.unpacking import UnreadablePath
from tests.unit.importers.archives import ALICE, BOB, at, block_fill, both, fill, imported, written

GOOD = fill("BTC", "B", "1", "9", **at(1))


@pytest.mark.parametrize(
    "line",
    {
        "no JSON": "{coin: BTC}",
        "NaN": json.dumps({**GOOD, "px": float("nan")}),
        "infinity": json.dumps({**GOOD, "px": float("inf")}),
        "a key that stands twice": json.dumps(GOOD)[:-1] + ', "px": "10"}',
        "a key that stands twice inside": json.dumps(GOOD)[:-1]
        + ', "liquidation": {"method": "market", "method": "backstop"}}',
        "bytes that are no text": '{"coin": "\udcff"}',
        "a number of a thousand digits too many": '{"tid": ' + "9" * 5000 + "}",
        "nesting without end": "[" * 100_000,
    }.values(),
)
def test_a_line_that_is_no_json_row_is_rejected_alone(tmp_path: Path, line: str) -> None:
    path = tmp_path / "fills.jsonl"
    text = line + "\n" + json.dumps({**GOOD, "tid": 5}) + "\n"
    path.write_bytes(text.encode("utf-8", "surrogateescape"))
    found = imported(path, account=ALICE)

    assert found.reasons == {"bad_json": 1}
    assert found.report.moved == 1


def test_a_truncated_last_line_is_named(tmp_path: Path) -> None:
    path = written(tmp_path / "fills.jsonl", GOOD)
    path.write_text(path.read_text() + json.dumps(GOOD)[:40])
    found = imported(path, account=ALICE)

    assert found.reasons == {"bad_json": 1}
    assert found.report.rejected[0].detail == "the last line ends before its JSON does"


def test_one_bad_row_of_an_array_leaves_its_neighbours(tmp_path: Path) -> None:
    rows = [GOOD, {**GOOD, "tid": 5, "px": 1.5}, {**GOOD, "tid": 6, "startPosition": "1"}]
    found = imported(written(tmp_path / "fills.json", json.dumps(rows)), account=ALICE)

    assert found.reasons == {"bad_field": 1}
    assert found.lots(ALICE, "BTC") == 2
    assert found.report.rejected[0].place.text() == "fills.json:2#0"


def test_one_bad_row_of_a_block_leaves_its_neighbours(tmp_path: Path) -> None:
    rows = both(ALICE, BOB, "BTC", "1", "9", 7)
    line = json.loads(block_fill(1, *rows))
    line["events"] += [["nobody", GOOD], "text", [ALICE]]
    found = imported(written(tmp_path / "fills.jsonl", line))

    assert found.reasons == {"bad_field": 3}
    assert found.report.moved == 2


def test_a_packed_file_gives_the_same_facts(tmp_path: Path) -> None:
    plain = written(tmp_path / "fills.jsonl", block_fill(1, *both(ALICE, BOB, "BTC", "1", "9", 7)))
    packed = tmp_path / "packed" / "fills.jsonl.gz"
    packed.parent.mkdir()
    packed.write_bytes(gzip.compress(plain.read_bytes()))

    one, other = imported(plain), imported(packed)

    assert [event["data"] for event in one.events] == [event["data"] for event in other.events]
    assert other.events[-1]["source"]["file"] == "fills.jsonl.gz"


def test_a_damaged_packed_file_is_a_rejected_row(tmp_path: Path) -> None:
    path = tmp_path / "fills.jsonl.gz"
    whole = gzip.compress((json.dumps(GOOD) + "\n").encode() * 3000)
    path.write_bytes(whole[: len(whole) - 20])
    found = imported(path, account=ALICE)

    assert found.reasons["bad_json"] == 1
    assert found.report.moved == 1


@pytest.mark.parametrize("name", ["fills.rmp.lz4", "fills.zip", "fills.txt"])
def test_a_file_that_is_not_read_is_an_error_and_inside_a_folder_is_named(
    tmp_path: Path, name: str
) -> None:
    path = written(tmp_path / "folder" / name, GOOD)

    with pytest.raises(UnreadablePath) as refused:
        source_files([path])
    assert refused.value.hint
    with pytest.raises(UnreadablePath, match=name):
        source_files([path.parent])
    written(path.parent / "read.jsonl", GOOD)
    files, left_out = source_files([path.parent])
    assert ([file.name for file in files], left_out) == (["read.jsonl"], [name])


def test_a_missing_file_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(UnreadablePath):
        source_files([tmp_path / "missing.json"])


def test_names_begin_at_the_archive_folder_and_never_name_the_machine(tmp_path: Path) -> None:
    hour = tmp_path / "node_fills_by_block" / "hourly" / "20251010" / "17.jsonl"
    misc = tmp_path / "misc_events_by_block" / "hourly" / "20251010" / "17.jsonl"
    files, _ = source_files([written(hour, GOOD), written(misc, GOOD), hour])

    assert [file.name for file in files] == [
        "misc_events_by_block/hourly/20251010/17.jsonl",
        "node_fills_by_block/hourly/20251010/17.jsonl",
    ]


def test_equal_names_are_told_apart_by_their_folders(tmp_path: Path) -> None:
    paths = [written(tmp_path / name / "fills.jsonl", GOOD) for name in ("one", "two")]
    files, _ = source_files(paths)

    assert [file.name for file in files] == ["one/fills.jsonl", "two/fills.jsonl"]


def test_a_dump_that_names_no_account_is_named_after_its_file_and_says_so(tmp_path: Path) -> None:
    found = imported(written(tmp_path / "mine.jsonl", GOOD))

    assert found.lots("account:mine", "BTC") == 1
    assert found.report.derived_accounts == {"mine.jsonl"}


def test_every_way_to_frame_a_fill_is_read(tmp_path: Path) -> None:
    message = {"channel": "userFills", "data": {"user": ALICE, "fills": [GOOD]}}
    framed = {
        "socket": json.dumps(message),
        "tuple": json.dumps([ALICE, {**GOOD, "tid": 2, "startPosition": "1"}]),
        "flat": json.dumps({**GOOD, "user": ALICE, "tid": 3, "startPosition": "2"}),
        "wrapped": json.dumps({"role": "maker", "fill": GOOD}),
    }
    paths = [written(tmp_path / f"{name}.jsonl", line) for name, line in framed.items()]
    found = imported(*paths)

    assert found.lots(ALICE, "BTC") == 3
    assert found.lots("account:wrapped:maker", "BTC") == 1


@pytest.mark.parametrize("value", ["3", '"text"', "[1, 2]", "{}", '{"channel": 3}', "null"])
def test_a_line_of_unknown_shape_is_rejected(tmp_path: Path, value: str) -> None:
    found = imported(written(tmp_path / "odd.jsonl", value))

    assert set(found.reasons) <= {"unknown_kind", "bad_field"}
    assert found.report.rejected_rows >= 1
