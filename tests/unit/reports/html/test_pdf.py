"""Is the PDF archivable, always the same, and does it carry the evidence?"""

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.unit.reports.html.pages import Books, cascade_mini

pytest.importorskip("typst", reason="the extra pdf is not installed")


@pytest.fixture(scope="module")
def books(tmp_path_factory: pytest.TempPathFactory) -> Books:
    return cascade_mini(tmp_path_factory.mktemp("mini"))


@pytest.fixture(scope="module")
def path(books: Books, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("pdf") / "dave.pdf"
    wrote = books.ask("adl", "explain", "ADL-34", "--account", "dave", "--pdf", str(path))
    assert wrote.exit_code == 0, wrote.err
    return path


def test_it_says_that_it_is_pdf_a_3_and_whose_date_it_bears(path: Path) -> None:
    content = path.read_bytes()

    assert content.startswith(b"%PDF-1.7")
    assert b"<pdfaid:part>3</pdfaid:part>" in content
    assert b"<pdfaid:conformance>A</pdfaid:conformance>" in content
    assert b"<pdfuaid:part>1</pdfuaid:part>" in content
    assert b"2026-10-10T21:20:00" in content


def test_the_same_log_gives_the_same_bytes(books: Books, path: Path, tmp_path: Path) -> None:
    again = tmp_path / "again.pdf"
    books.ask("adl", "explain", "ADL-34", "--account", "dave", "--pdf", str(again))

    assert again.read_bytes() == path.read_bytes()


def test_the_json_answer_is_attached_byte_for_byte(
    books: Books, path: Path, tmp_path: Path
) -> None:
    if shutil.which("pdfdetach") is None:
        pytest.skip("pdfdetach (poppler-utils) is not installed")

    subprocess.run(["pdfdetach", "-saveall", "-o", str(tmp_path), str(path)], check=True)

    answer = books.ask("adl", "explain", "ADL-34", "--account", "dave", "--json")
    assert (tmp_path / "ADL-34.json").read_text(encoding="utf-8") == answer.out


def test_every_page_names_the_case(path: Path) -> None:
    if shutil.which("pdftotext") is None:
        pytest.skip("pdftotext (poppler-utils) is not installed")

    text = subprocess.run(["pdftotext", str(path), "-"], check=True, capture_output=True).stdout
    pages = text.decode("utf-8").split("\f")[:-1]

    assert len(pages) > 1
    assert all("ADL-34, BTC-PERP · root " in page for page in pages)
    assert "Why account dave was auto-deleveraged" in pages[0]
