"""Is the page of a decision one sound file that fetches nothing and says everything?"""

import os
import re
from html import unescape
from pathlib import Path

import pytest

from reports.audience import Audience
from tests.unit.reports.html.pages import html_of
from tests.unit.reports.html.reading_html import Page

GOLDEN = Path(__file__).parents[3] / "golden" / "pages"
READERS = {
    "cascade_mini_auditor": (None, Audience.AUDITOR),
    "cascade_mini_auditor_dave": ("dave", Audience.AUDITOR),
    "cascade_mini_trader_dave": ("dave", Audience.TRADER),
    "cascade_mini_trader_carol": ("carol", Audience.TRADER),
    "cascade_mini_trader_erin": ("erin", Audience.TRADER),
    "cascade_mini_public": (None, Audience.PUBLIC),
}
ON_FILE = ("cascade_mini_auditor_dave", "cascade_mini_trader_dave", "cascade_mini_public")


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    return {
        name: html_of(tmp_path_factory.mktemp(name), account, audience)
        for name, (account, audience) in READERS.items()
    }


@pytest.mark.parametrize("name", ON_FILE)
def test_the_page_is_the_one_on_file(name: str, pages: dict[str, str]) -> None:
    path = GOLDEN / f"{name}.html"
    if os.environ.get("ZEROSUM_REWRITE_GOLDEN"):
        path.write_text(pages[name], encoding="utf-8", newline="")

    assert pages[name] == path.read_text(encoding="utf-8")


def test_every_page_on_file_is_made_by_somebody() -> None:
    assert {path.name for path in GOLDEN.iterdir()} == {f"{name}.html" for name in ON_FILE}


@pytest.mark.parametrize("name", READERS)
def test_every_tag_that_opens_is_closed(name: str, pages: dict[str, str]) -> None:
    page = Page(pages[name])

    assert page.faults == []
    assert page.elements


@pytest.mark.parametrize("name", READERS)
def test_nothing_is_fetched_and_nothing_runs(name: str, pages: dict[str, str]) -> None:
    page = Page(pages[name])
    policies = [
        element.attributes["content"]
        for element in page.all("meta")
        if element.attributes.get("http-equiv") == "Content-Security-Policy"
    ]

    assert policies
    assert policies[0] is not None
    assert policies[0].startswith("default-src 'none'; style-src 'unsafe-inline'; img-src data:")
    assert page.all("script") == []
    for element in page.elements:
        assert not any(key.startswith("on") for key in element.attributes), element
        for key in ("src", "href", "action", "srcset"):
            assert re.match(r"#|data:,$", element.attributes.get(key) or "#"), element
    assert re.findall(r"https?://(?!www\.w3\.org/2000/svg)\S+", pages[name]) == []
    assert "@import" not in pages[name]
    assert re.findall(r"url\((?!#)", pages[name]) == []


@pytest.mark.parametrize("name", READERS)
def test_every_link_leads_to_a_place_on_the_page(name: str, pages: dict[str, str]) -> None:
    page = Page(pages[name])
    aims = {(link.attributes["href"] or "").removeprefix("#") for link in page.all("a")}

    assert len(page.ids) == len(set(page.ids))
    assert aims
    assert aims <= set(page.ids)


@pytest.mark.parametrize("name", READERS)
def test_headings_stand_in_order_and_sections_from_0_to_8(name: str, pages: dict[str, str]) -> None:
    page = Page(pages[name])
    headings = [e.text for e in page.elements if re.fullmatch("h[1-6]", e.tag)]

    assert [e.tag for e in page.elements if re.fullmatch("h[1-6]", e.tag)] == ["h1"] + ["h2"] * 9
    assert [heading[0] for heading in headings[1:]] == list("012345678")
    assert headings[0] in page.one("title").text


@pytest.mark.parametrize("name", READERS)
def test_everybody_can_find_the_way_around(name: str, pages: dict[str, str]) -> None:
    page = Page(pages[name])

    assert page.one("html").attributes["lang"] == "en"
    assert page.all("a")[0].attributes == {"class": "skip", "href": "#answer"}
    assert page.one("main")
    for drawing in page.all("svg"):
        assert drawing.attributes["role"] == "img"
        assert len(drawing.attributes["aria-label"] or "") > 40
    assert len(page.all("table")) == len(page.all("caption")) == len(page.all("thead"))
    assert all(e.attributes["scope"] in ("row", "col") for e in page.all("th"))
    # Beside each chart stands a table with the same numbers.
    for figure in page.all("figure"):
        after = page.elements[page.elements.index(figure) :]
        assert next(e.tag for e in after if e.tag in ("table", "h2")) == "table"


@pytest.mark.parametrize("name", READERS)
def test_every_foot_names_the_case_and_the_root(name: str, pages: dict[str, str]) -> None:
    root = re.search(r"Root over 36 events</dt><dd><code>([0-9a-f]{64})<", pages[name])

    assert root is not None
    assert f'@bottom-left {{ content: "ADL-34, BTC-PERP · root {root[1]}"' in pages[name]
    assert f"ADL-34, BTC-PERP · root {root[1]}" in Page(pages[name]).one("footer").text


def test_the_answer_stands_first_and_each_of_its_numbers_is_linked(pages: dict[str, str]) -> None:
    source = pages["cascade_mini_auditor_dave"]
    (answer,) = re.findall(r'<section id="answer".*?</section>', source, re.DOTALL)
    linked = dict(re.findall(r'<a href="#([\w-]+)">([^<]+)</a>', answer))
    bare = re.sub(r"<a [^>]*>[^<]*</a>|<[^>]*>|pnl-leverage@1", "", unescape(answer))

    assert linked["own-closed"] == "0.5"
    assert linked["own-cost"] == "200"
    assert linked["close-price"] == "48,000"
    assert linked["own-score"] == "3689/9150"
    assert linked["bankrupt-equity"] == "−600"
    assert re.findall(r"[0-9]+", bare) == ["0"], "the number of the section is the only bare one"


def test_the_cut_is_drawn_as_a_dashed_line_under_the_last_rank_that_was_closed(
    pages: dict[str, str],
) -> None:
    source = pages["cascade_mini_auditor_dave"]
    ladder = source[source.index('aria-label="Ranking ladder') :]
    ladder = ladder[: ladder.index("</svg>")]

    assert "cut after rank 2: 1.5 of 1.5 allocated" in ladder
    assert ladder.index(">dave<") < ladder.index('class="cut"') < ladder.index(">carol<")
    assert re.search(r"svg \.cut \{[^}]*stroke-dasharray", source)


def test_a_log_tells_the_same_page_again(tmp_path: Path, pages: dict[str, str]) -> None:
    assert html_of(tmp_path, "dave") == pages["cascade_mini_auditor_dave"]
