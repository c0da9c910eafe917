"""Are packed and split files read like plain ones, and what is said where they are damaged?"""

import gzip
import json
import random
import sys
from collections.abc import Callable
from pathlib import Path

import lz4.frame
import pytest
import zstandard

from importers.hyperliquid import reading
from importers.hyperliquid.source_files import source_files
from importers.hyperliquid.unpacking import UnreadablePath
from tests.unit.importers.archives import ALICE, at, fill, imported, written

Pack = Callable[[bytes], bytes]
PACKINGS: dict[str, Pack] = {
    ".gz": gzip.compress,
    ".lz4": lz4.frame.compress,
    ".zst": zstandard.ZstdCompressor().compress,
}
ROWS = [json.dumps(fill("BTC", "B", "1", "9", str(n), **at(n))) + "\n" for n in range(400)]
TEXT = "".join(ROWS).encode()


def data(path: Path) -> list[object]:
    return [event["data"] for event in imported(path, account=ALICE).events]


def packed(tmp_path: Path, suffix: str, raw: bytes) -> Path:
    path = tmp_path / "packed" / f"fills.jsonl{suffix}"
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(raw)
    return path


@pytest.mark.parametrize("suffix", PACKINGS)
def test_one_frame_or_several_in_a_row_give_the_facts_of_the_plain_file(
    tmp_path: Path, suffix: str
) -> None:
    pack = PACKINGS[suffix]
    plain = data(written(tmp_path / "fills.jsonl", *(row.rstrip() for row in ROWS)))

    assert data(packed(tmp_path, suffix, pack(TEXT))) == plain
    several = pack(TEXT[:5000]) + pack(TEXT[5000:5001]) + pack(TEXT[5001:])
    assert data(packed(tmp_path, suffix, several)) == plain


@pytest.mark.parametrize("names", ["part-00 part-01", "01 02 03", "aa ab ac", "part00 part01"])
def test_parts_are_read_as_one_file(tmp_path: Path, names: str) -> None:
    raw = lz4.frame.compress(TEXT)
    folder = tmp_path / "parts"
    folder.mkdir()
    few = names.split()
    size = len(raw) // len(few) + 1
    for number, name in enumerate(few):
        (folder / f"17.lz4.{name}").write_bytes(raw[number * size : (number + 1) * size])
    found = imported(folder, account=ALICE)

    assert found.report.moved == len(ROWS)
    assert set(found.report.files) == {"17.lz4"}


def test_a_missing_part_and_a_whole_beside_its_parts_are_errors(tmp_path: Path) -> None:
    for name in ("17.lz4.part-00", "17.lz4.part-02"):
        (tmp_path / name).write_bytes(b"x")
    with pytest.raises(UnreadablePath, match="part 1 of it is missing"):
        source_files([tmp_path])
    (tmp_path / "17.lz4.part-01").write_bytes(b"x")
    (tmp_path / "17.lz4").write_bytes(b"x")
    with pytest.raises(UnreadablePath, match="both there"):
        source_files([tmp_path])


def test_hours_come_in_the_order_of_their_numbers(tmp_path: Path) -> None:
    for hour in (10, 9, 11):
        written(tmp_path / "node_fills" / "hourly" / "20251010" / f"{hour}.jsonl", ROWS[0])
    files, _ = source_files([tmp_path])

    assert [file.parts[0].stem for file in files] == ["9", "10", "11"]


def test_archives_that_say_nothing_about_accounts_are_left_out(tmp_path: Path) -> None:
    book = tmp_path / "market_data" / "20251010" / "9" / "l2Book" / "BTC.lz4"
    book.parent.mkdir(parents=True)
    book.write_bytes(lz4.frame.compress(b"{}"))

    (tmp_path / "fills.jsonl").write_bytes(TEXT)
    files, left_out = source_files([tmp_path])

    assert ([file.name for file in files], left_out) == (["fills.jsonl"], ["BTC.lz4"])


@pytest.mark.parametrize("suffix", PACKINGS)
@pytest.mark.parametrize("share", [1, 50, 95])
def test_rows_before_a_cut_are_applied_and_the_cut_is_reported(
    tmp_path: Path, suffix: str, share: int
) -> None:
    whole = PACKINGS[suffix](TEXT) + PACKINGS[suffix](TEXT.replace(b'"tid": ', b'"tid": 9'))
    path = packed(tmp_path, suffix, whole[: len(whole) // 2 + len(whole) * share // 200])
    found = imported(path, account=ALICE)

    assert found.report.moved >= len(ROWS)
    assert found.reasons["bad_json"] == 1
    assert (
        "cannot be unpacked: it ends before its last frame does" in found.report.rejected[0].detail
    )


@pytest.mark.parametrize("suffix", PACKINGS)
def test_rows_before_damaged_bytes_are_applied(tmp_path: Path, suffix: str) -> None:
    first = PACKINGS[suffix](TEXT)
    path = packed(tmp_path, suffix, first + b"no frame at all" * 9)
    found = imported(path, account=ALICE)

    assert (found.report.moved, found.reasons) == (len(ROWS), {"bad_json": 1})
    assert f"from byte {len(first)} on" in found.report.rejected[0].detail


def test_blocks_before_a_damaged_block_of_one_frame_are_applied(tmp_path: Path) -> None:
    text = "".join(
        json.dumps(fill("BTC", "B", "1", "9", str(n), **at(n))) + "\n" for n in range(2000)
    ).encode()
    raw = bytearray(lz4.frame.compress(text, block_size=4, block_linked=False, block_checksum=True))
    raw[len(raw) * 3 // 4] ^= 0xFF
    found = imported(packed(tmp_path, ".lz4", bytes(raw)), account=ALICE)

    assert 700 < found.report.moved < 2000
    assert found.reasons == {"bad_json": 1}


@pytest.mark.parametrize("suffix", ["", *PACKINGS])
def test_random_bytes_are_rejected_rows_and_nothing_else(tmp_path: Path, suffix: str) -> None:
    chance = random.Random(7)
    for _ in range(12):
        raw = bytearray(PACKINGS[suffix](TEXT) if suffix else TEXT)
        for _ in range(chance.randrange(1, 20)):
            raw[chance.randrange(len(raw))] = chance.randrange(256)
        found = imported(packed(tmp_path, suffix, bytes(raw[: chance.randrange(len(raw))])))
        assert set(found.reasons) <= {
            *("bad_json", "bad_field", "unknown_kind", "conflict", "duplicate", "bad_scale"),
            *("out_of_scope", "hash_mismatch", "bad_time", "fee_token"),
        }


@pytest.mark.parametrize("library", ["lz4", "zstandard"])
def test_a_missing_library_is_an_error_with_a_hint(
    tmp_path: Path, library: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    suffix = ".lz4" if library == "lz4" else ".zst"
    path = packed(tmp_path, suffix, PACKINGS[suffix](TEXT))
    monkeypatch.setitem(sys.modules, library, None)
    with pytest.raises(UnreadablePath, match=f"need the package {library}") as refused:
        imported(path, account=ALICE)

    assert "zerosum[archives]" in refused.value.hint


@pytest.mark.parametrize("suffix", ["", *PACKINGS])
def test_a_line_without_end_is_refused_by_its_length_and_its_neighbours_stay(
    tmp_path: Path, suffix: str
) -> None:
    long = reading.LONGEST_LINE + 10
    text = ROWS[0].encode() + b"7" * long + b"\n" + ROWS[1].encode()
    path = packed(tmp_path, suffix, PACKINGS[suffix](text) if suffix else text)
    found = imported(path, account=ALICE)

    assert (found.report.moved, found.reasons) == (2, {"bad_json": 1})
    assert found.report.rejected[0].place.line == 2
    assert f"the line has {long + 1} bytes" in found.report.rejected[0].detail


def test_a_file_that_is_one_value_has_a_bound(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "LARGEST_VALUE", 1000)
    found = imported(written(tmp_path / "fills.json", f"[{','.join(ROWS[:9])}]"), account=ALICE)

    assert found.reasons == {"bad_json": 1}
