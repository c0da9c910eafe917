"""Does a seed decide every byte, and is half an archive never taken for a whole one?"""

import gzip
import hashlib
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from cli.main import run
from importers.hyperliquid_generator.archive import SUMS
from importers.hyperliquid_generator.chance import Chance
from importers.hyperliquid_generator.generating import FolderNotEmpty, NoStory, generate
from tests.unit.importers.generator.evenings import blocks, evening

DIGEST = "c0b7207931947bb30384e2db227c500c4782d62201efa995017393b55533052d"


def tree(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_splitmix_draws_the_numbers_of_its_reference() -> None:
    chance = Chance(0)
    chance._state = 1234567

    assert [chance.bits() for _ in range(3)] == [
        6457827717110365317,
        3203168211198807973,
        9817491932198370423,
    ]


def test_a_seed_gives_these_bytes_on_every_machine(tmp_path: Path) -> None:
    sums = (evening(tmp_path, seed=7, accounts=60, fills=2_000) / SUMS).read_bytes()

    assert hashlib.sha256(sums).hexdigest() == DIGEST


def test_another_process_in_another_place_writes_the_same(tmp_path: Path) -> None:
    here = evening(tmp_path / "here", seed=3, accounts=20, fills=400)
    script = (
        "import sys; from pathlib import Path;"
        "from importers.hyperliquid_generator.generating import generate;"
        "generate(Path(sys.argv[1]), seed=3, accounts=20, fills=400)"
    )
    environment = {
        "PYTHONHASHSEED": "77",
        "TZ": "Asia/Tokyo",
        "PYTHONPATH": ":".join(sys.path),
        "LC_ALL": "C",
    }
    command = [sys.executable, "-O", "-c", script, str(tmp_path / "there")]
    subprocess.run(command, env=environment, check=True)

    assert tree(here) == tree(tmp_path / "there")


def test_another_seed_gives_another_evening(tmp_path: Path) -> None:
    one = evening(tmp_path / "one", seed=1, accounts=20, fills=400)
    other = evening(tmp_path / "other", seed=2, accounts=20, fills=400)

    assert tree(one)[SUMS] != tree(other)[SUMS]


def test_checksums_name_every_other_file(tmp_path: Path) -> None:
    files = tree(evening(tmp_path, accounts=20, fills=400))
    named = dict(reversed(line.split("  ")) for line in files.pop(SUMS).decode().splitlines())

    assert named == {name: hashlib.sha256(content).hexdigest() for name, content in files.items()}


@pytest.mark.parametrize("fills", [1_000, 2_000, 4_002])
def test_the_number_of_fill_rows_is_met_exactly(tmp_path: Path, fills: int) -> None:
    generate(tmp_path, seed=5, accounts=20, fills=fills)

    assert sum(len(block["events"]) for block in blocks(tmp_path, "node_fills_by_block")) == fills


def packed_rows(folder: Path, compression: str) -> Iterator[str]:
    for path in sorted((folder / "venue").rglob("hourly/*/*")):
        raw = path.read_bytes()
        if compression == "gzip":
            raw = gzip.decompress(raw)
        elif compression == "lz4":
            raw = pytest.importorskip("lz4.frame").decompress(raw)
        elif compression == "zstd":
            raw = (
                pytest.importorskip("zstandard").ZstdDecompressor().decompressobj().decompress(raw)
            )
        yield raw.decode()


@pytest.mark.parametrize("compression", ["gzip", "lz4", "zstd"])
def test_packed_files_hold_the_same_lines(tmp_path: Path, compression: str) -> None:
    if compression in ("lz4", "zstd"):
        pytest.importorskip("lz4.frame" if compression == "lz4" else "zstandard")
    plain = evening(tmp_path / "plain", accounts=20, fills=400)
    generate(
        tmp_path / "packed",
        seed=11,
        accounts=20,
        fills=400,
        compression=compression,  # type: ignore[arg-type]
    )

    assert list(packed_rows(tmp_path / "packed", compression)) == list(packed_rows(plain, "none"))


def test_a_folder_that_holds_something_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")

    with pytest.raises(FolderNotEmpty):
        evening(tmp_path)

    assert list(tree(tmp_path)) == ["notes.txt"]


def test_force_replaces_the_archive_and_nothing_else(tmp_path: Path) -> None:
    evening(tmp_path, accounts=20, fills=400)
    (tmp_path / "notes.txt").write_text("mine")
    (tmp_path / "venue" / "stray.jsonl").write_text("{}")

    generate(tmp_path, seed=12, accounts=20, fills=400, replace=True)

    assert (tmp_path / "notes.txt").read_text() == "mine"
    assert not (tmp_path / "venue" / "stray.jsonl").exists()


def test_an_interrupted_archive_has_no_checksums(tmp_path: Path) -> None:
    evening(tmp_path, accounts=20, fills=4_000)

    def interrupted(_rows: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        generate(tmp_path, seed=11, accounts=20, fills=4_000, replace=True, watch=interrupted)

    assert not (tmp_path / SUMS).exists()
    assert (tmp_path / "venue").exists()


@pytest.mark.parametrize(("accounts", "fills"), [(19, 4_000), (20, 398), (20, 401)])
def test_too_small_a_story_is_refused(tmp_path: Path, accounts: int, fills: int) -> None:
    with pytest.raises(NoStory):
        generate(tmp_path, seed=1, accounts=accounts, fills=fills)

    assert not list(tmp_path.iterdir())


def called(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    code = run(["generate", "hyperliquid", *words])
    return code, *capsys.readouterr()


def test_the_command_says_what_it_wrote(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ("--seed", "3", "--accounts", "20", "--fills", "1000", "--json", "-q")
    code, out, err = called(capsys, str(tmp_path / "out"), *words)

    found = json.loads(out)
    assert (code, err) == (0, "")
    assert (found["schema"], found["seed"], found["fill_rows"]) == ("generate/1", 3, 1000)
    assert json.loads((tmp_path / "out/truth/counts.json").read_text()).items() <= found.items()


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("--accounts", "3"), "story_too_small"),
        (("--seed", "-1"), "bad_value"),
        (("--seed", str(1 << 64)), "bad_value"),
        (("--fills", "many"), "usage"),
        (("--compression", "rar"), "usage"),
    ],
    ids=lambda value: value if isinstance(value, str) else " ".join(value),
)
def test_what_cannot_be_meant_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], words: tuple[str, ...], code: str
) -> None:
    exit_code, out, err = called(capsys, str(tmp_path / "out"), *words)

    assert (exit_code, out) == (2, "")
    assert err.startswith(f"error[{code}]:")


def test_a_filled_folder_is_refused_with_a_hint(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "a").touch()
    exit_code, _, err = called(capsys, str(tmp_path))

    assert exit_code == 2
    assert err.startswith("error[folder_not_empty]:")
    assert "--force" in err


def test_a_packer_that_is_not_installed_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "lz4.frame", None)
    exit_code, _, err = called(capsys, str(tmp_path / "out"), "--compression", "lz4")

    assert exit_code == 2
    assert err.startswith("error[missing_extra]:")
    assert not (tmp_path / "out").exists()
