"""Do the page and the file of rejected rows say everything, and stand alone?"""

import json
import re
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path

import pytest

from importers.hyperliquid.importing import HyperliquidImport
from importers.hyperliquid.rejects import KEPT
from tests.unit.importers.archives import (
    ALICE,
    BOB,
    Raw,
    block_fill,
    both,
    fill,
    ledger_update,
    misc_line,
    written,
)
from tests.unit.importers.test_funding_and_marks import payment
from tests.unit.importers.test_import_command import zerosum
from tests.unit.importers.test_states import account_values, evening, positions

__all__ = ["zerosum"]
Zerosum = Callable[..., tuple[int, str, str]]


def refused(*paths: Path, **options: object) -> list[Raw]:
    """The rejected rows of an import, as they are written to the side file."""
    run = HyperliquidImport(paths, keeps_rejects=True, **options)  # type: ignore[arg-type]
    for _ in run.facts():
        pass
    assert run.rejects is not None
    found = [json.loads(line) for line in run.rejects.lines()]
    run.rejects.close()
    assert len(found) == run.report.rejected_rows
    return found


def test_a_rejected_row_is_kept_as_its_file_has_it(tmp_path: Path) -> None:
    spot = fill("@107", "B", "1", "9")
    block = block_fill(1, *both(ALICE, BOB, "BTC", "1", "9", 7), (ALICE, spot))
    (found,) = refused(written(tmp_path / "fills.jsonl", block))

    assert found["raw"] == json.loads(block)["events"][2]
    assert (found["file"], found["line"], found["row"]) == ("fills.jsonl", 1, 2)
    assert (found["code"], found["account"], found["amount"]) == ("out_of_scope", ALICE, "9")
    assert found["time"] == "2025-10-10T12:00:01.000123456Z"
    assert found["block"] == 758_000_012


def test_rows_inside_lines_are_found_again(tmp_path: Path) -> None:
    deltas = [payment(ALICE, "1.0"), payment("0x12", "1.0")]
    unknown = ledger_update([ALICE], "airdrop", usdc="1.0")
    misc = misc_line(1, {"Funding": {"deltas": deltas}}, unknown, {"Surprise": {"a": 1}})
    message = {
        "channel": "userFills",
        "data": {"user": ALICE, "fills": [fill("@1", "B", "1", "9")]},
    }
    found = refused(
        written(tmp_path / "a.jsonl", misc),
        written(tmp_path / "b.jsonl", message),
        written(tmp_path / "c.json", json.dumps([fill("@2", "B", "1", "9")])),
        written(tmp_path / "d.csv", "a,b", "1,2"),
        written(tmp_path / "e.jsonl", "{broken"),
        account=ALICE,
    )

    raws = [row["raw"] for row in found]
    assert raws[0] == deltas[1]
    assert raws[1]["inner"] == unknown
    assert raws[2]["inner"] == {"Surprise": {"a": 1}}
    assert (raws[3]["coin"], raws[4]["coin"]) == ("@1", "@2")
    assert raws[5:] == ["1,2", "{broken"]


def test_thousands_of_refusals_are_put_away_and_come_back_in_order(tmp_path: Path) -> None:
    rows = [fill("@1", "B", "1", "9", tid=number) for number in range(1, 2 * KEPT + 10)]
    found = refused(written(tmp_path / "spot.jsonl", *rows), account=ALICE)

    assert [row["line"] for row in found] == list(range(1, len(rows) + 1))
    assert [row["raw"]["tid"] for row in found] == [row["tid"] for row in rows]


def test_a_conflict_names_the_other_row(tmp_path: Path) -> None:
    row = fill("BTC", "B", "1", "9")
    (found,) = refused(written(tmp_path / "f.jsonl", row, {**row, "px": "8"}), account=ALICE)

    assert found["code"] == "conflict"
    assert "f.jsonl:1#0" in found["detail"]


class Reader(HTMLParser):
    """What a page contains."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs


@pytest.fixture
def archive(tmp_path: Path) -> list[Path]:
    spot = written(tmp_path / "spot.jsonl", fill("@1<b>", "B", "1", "9"))
    return [
        *evening(tmp_path),
        account_values(tmp_path, alice=60.5, bob=140.0),
        positions(tmp_path, alice=(2.0, 160.0), bob=(-2.0, 160.0)),
        spot,
    ]


def test_the_page_stands_alone_and_says_what_became_of_every_row(
    zerosum: Zerosum, archive: list[Path], tmp_path: Path
) -> None:
    page, rejects = tmp_path / "page.html", tmp_path / "rejects.ndjson"
    zerosum("init")
    code, out, err = zerosum(
        "import", "hyperliquid", *archive, "--report", page, "--rejects", rejects, "--json"
    )

    assert (code, json.loads(err)["code"]) == (5, "rejected_rows")
    text = page.read_text("utf-8")
    reader = Reader()
    reader.feed(text)
    assert "script" not in reader.tags
    assert not [v for n, v in reader.attributes if n == "src" or (v or "").startswith("http")]
    assert reader.tags.count("h1") == reader.tags.count("main") == 1
    assert reader.tags.count("table") == reader.tags.count("caption")
    plain = re.sub(r"<wbr>|<[^>]*>", "", text)
    rows = json.loads(out)["rows"]
    assert f"{rows['in']} rows in = {rows['moved']} moved" in plain
    for said in ("stated cash", "the sums agree", "some rows were rejected", "@1&lt;b&gt;"):
        assert said in plain
    assert len(rejects.read_text().splitlines()) == rows["rejected"] == 1


def test_the_same_import_writes_the_same_page(
    zerosum: Zerosum, archive: list[Path], tmp_path: Path
) -> None:
    pages = []
    for name in ("one.html", "two.html"):
        zerosum("import", "hyperliquid", *archive, "--dry-run", "--report", tmp_path / name)
        pages.append((tmp_path / name).read_bytes())

    assert pages[0] == pages[1]


def test_an_earlier_answer_never_changes(
    zerosum: Zerosum, archive: list[Path], tmp_path: Path
) -> None:
    zerosum("init")
    zerosum("import", "hyperliquid", *archive, "--until", "2025-10-10T12:00:06Z")
    asked = [("balances", "--before", "9", "--json"), ("positions", "--before", "9", "--json")]
    before = [zerosum(*question) for question in asked]
    zerosum("import", "hyperliquid", *archive)
    after = [zerosum(*question) for question in asked]

    assert [code for code, *_ in before] == [0, 0]
    assert before == after


@pytest.mark.parametrize(
    ("options", "code"),
    [
        (("--from-snapshot",), "no_snapshot"),
        (("--until", "tomorrow"), "bad_value"),
    ],
)
def test_a_window_that_is_none_is_wrong_usage(
    zerosum: Zerosum, tmp_path: Path, options: tuple[str, ...], code: str
) -> None:
    path = written(tmp_path / "f.jsonl", fill("BTC", "B", "1", "9"))
    left, out, err = zerosum("import", "hyperliquid", path, "--dry-run", *options)

    assert (left, out) == (2, "")
    assert err.startswith(f"error[{code}]")


def test_the_text_names_regularities_statements_and_statuses(
    zerosum: Zerosum, archive: list[Path]
) -> None:
    _, out, _ = zerosum("import", "hyperliquid", *archive, "--dry-run", "--allow-rejects")

    assert "Cash against the snapshot: 2 accounts, 1 equal, 1 within" in out
    assert "stated cash: 1 met, 1 differ, 0 cannot be told" in out
    assert "Accounts by status: 1 cash uncertain, 1 exact" in out
