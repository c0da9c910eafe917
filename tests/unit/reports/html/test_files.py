"""Does the command write the files it is asked for, and say why when it cannot?"""

import sys
from hashlib import sha256
from pathlib import Path

import pytest

from tests.acceptance.calling import called
from tests.unit.reports.html.pages import Books, cascade_mini
from tests.unit.reports.html.reading_html import Page


@pytest.fixture(scope="module")
def books(tmp_path_factory: pytest.TempPathFactory) -> Books:
    return cascade_mini(tmp_path_factory.mktemp("mini"))


def test_a_page_is_written_and_its_command_gives_the_answer_it_was_made_from(
    books: Books, tmp_path: Path
) -> None:
    path = tmp_path / "dave.html"

    wrote = books.ask("adl", "explain", "ADL-34", "--account", "dave", "--html", str(path))

    assert (wrote.exit_code, wrote.out) == (0, "")
    source = path.read_text(encoding="utf-8")
    command = "zerosum adl explain ADL-34 --account dave --json"
    assert f"<code>{command}</code>" in source
    answer = books.ask(*command.split()[1:])
    assert f"<code>{sha256(answer.out.encode()).hexdigest()}</code>" in source


@pytest.mark.parametrize(
    "environment",
    [
        {"PYTHONHASHSEED": "1", "TZ": "Asia/Kathmandu", "LANG": "C"},
        {"PYTHONHASHSEED": "2", "TZ": "America/St_Johns", "LC_ALL": "C.UTF-8", "COLUMNS": "40"},
    ],
    ids=["one place", "another"],
)
def test_hash_seed_zone_and_language_change_no_byte(
    books: Books, tmp_path: Path, environment: dict[str, str]
) -> None:
    asked = ("adl", "explain", "ADL-34", "--account", "dave", "--html")
    books.ask(*asked, str(tmp_path / "here.html"))

    elsewhere = called(tmp_path, *asked, "there.html", ZEROSUM_STORE=books.url, **environment)

    assert elsewhere.returncode == 0, elsewhere.stderr
    assert (tmp_path / "there.html").read_bytes() == (tmp_path / "here.html").read_bytes()


def test_a_traders_rows_are_a_table_with_equal_columns(books: Books) -> None:
    asked = ("adl", "explain", "ADL-34", "--account", "dave", "--audience", "trader")

    lines = books.ask(*asked, "--format", "csv").out.splitlines()

    assert len(lines) == 4
    assert len({line.count(",") for line in lines}) == 1


def test_all_decisions_get_a_page_and_the_index_links_each(books: Books, tmp_path: Path) -> None:
    wrote = books.ask("adl", "explain", "--all", "--html", str(tmp_path / "pages"))
    again = books.ask("adl", "explain", "--all", "--html", str(tmp_path / "again"))

    assert (wrote.exit_code, again.exit_code) == (0, 0)
    names = sorted(path.name for path in (tmp_path / "pages").iterdir())
    assert names == ["ADL-34.html", "index.html"]
    for name in names:
        one, other = (tmp_path / folder / name for folder in ("pages", "again"))
        assert one.read_bytes() == other.read_bytes()
    index = Page((tmp_path / "pages" / "index.html").read_text(encoding="utf-8"))
    assert index.faults == []
    assert "ADL-34.html" in [link.attributes["href"] for link in index.all("a")]
    assert "alice (long)" in index.one("table").text


def test_a_public_index_names_nobody(books: Books, tmp_path: Path) -> None:
    asked = ("adl", "explain", "--all", "--audience", "public", "--html", str(tmp_path))

    assert books.ask(*asked).exit_code == 0
    index = (tmp_path / "index.html").read_text(encoding="utf-8")
    assert "ADL-34.html" in index
    assert "alice" not in index


def test_a_log_without_decisions_has_an_index_that_says_so(books: Books, tmp_path: Path) -> None:
    asked = ("adl", "explain", "--all", "--html", str(tmp_path), "--before", "ADL-34")

    assert books.ask(*asked).exit_code == 0
    assert [path.name for path in tmp_path.iterdir()] == ["index.html"]
    assert "No account was auto-deleveraged." in (tmp_path / "index.html").read_text("utf-8")


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ((), "which decision?"),
        (("ADL-34", "--all", "--html", "x"), "exclude each other"),
        (("--all",), "--all --html DIR"),
        (("--all", "--html", "x", "--pdf", "y"), "--all --html DIR"),
        (("ADL-34", "--audience", "trader"), "--account ACCOUNT"),
        (("ADL-34", "--audience", "public", "--account", "dave"), "the public sees no account"),
        (("ADL-34", "--audience", "nobody"), "auditor"),
    ],
    ids=str,
)
def test_what_cannot_be_meant_is_refused(books: Books, asked: tuple[str, ...], said: str) -> None:
    answer = books.ask("adl", "explain", *asked)

    assert answer.exit_code == 2
    assert said in answer.err


def test_a_file_in_no_folder_is_refused(books: Books, tmp_path: Path) -> None:
    answer = books.ask("adl", "explain", "ADL-34", "--html", str(tmp_path / "no" / "x.html"))

    assert answer.exit_code == 4
    assert "error[file_error]" in answer.err


def test_without_typst_a_pdf_is_refused_with_the_extra_to_install(
    books: Books, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "typst", None)

    answer = books.ask("adl", "explain", "ADL-34", "--pdf", str(tmp_path / "x.pdf"))

    assert answer.exit_code == 2
    assert "error[missing_extra]" in answer.err
    assert "pip install 'zerosum[pdf]'" in answer.err
    assert not (tmp_path / "x.pdf").exists()


def test_a_page_ends_with_the_venues_own_words_on_where_to_object(
    books: Books, tmp_path: Path
) -> None:
    words = tmp_path / "rights.txt"
    words.write_text("Write to\nappeals@venue.example within 30 days & name the decision.\n")
    path = tmp_path / "dave.html"

    wrote = books.ask("adl", "explain", "ADL-34", "--objection", str(words), "--html", str(path))
    public = books.ask(
        "adl", "explain", "ADL-34", "--audience", "public", "--objection", str(words)
    )

    assert wrote.exit_code == 0
    page = path.read_text(encoding="utf-8")
    assert "Write to appeals@venue.example within 30 days &amp; name the decision." in page
    assert "The venue has put no text of its own here." not in page
    assert "appeals@venue.example" in public.out


@pytest.mark.parametrize(
    ("text", "said"),
    [(b"", "0 words"), (b"word " * 201, "201 words"), (b"\xff\xfe", "no text can be read")],
)
def test_a_text_that_nobody_would_read_is_refused(
    books: Books, tmp_path: Path, text: bytes, said: str
) -> None:
    words = tmp_path / "rights.txt"
    words.write_bytes(text)

    asked = ("adl", "explain", "ADL-34", "--objection", str(words))
    refused = books.ask(*asked, "--html", str(tmp_path / "page.html"))

    assert refused.exit_code == 2
    assert said in refused.err
    assert not (tmp_path / "page.html").exists()
    assert books.ask(*asked).exit_code == 2, "without a page there is nowhere to put it"
