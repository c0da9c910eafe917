"""Does the page look and behave in a real browser as it says it does?"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from reports.audience import Audience
from tests.unit.reports.html.browser import CHROMIUM, Browser, browser
from tests.unit.reports.html.pages import html_of

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed")

SCHEMES = [("light", ""), ("dark", ""), ("light", "print")]

WEAK_TEXTS = """(() => {
  const parsed = colour => {
    const [red, green, blue, alpha = 1] = colour.match(/[\\d.]+/g).map(Number);
    return { channels: [red, green, blue], alpha };
  };
  const light = ({ channels }) => channels
    .map(value => value / 255)
    .map(value => value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4)
    .reduce((sum, value, at) => sum + value * [0.2126, 0.7152, 0.0722][at], 0);
  const ground = element => {
    for (let at = element; at; at = at.parentElement) {
      const colour = parsed(getComputedStyle(at).backgroundColor);
      if (colour.alpha === 1) return colour;
    }
    return parsed('rgb(255, 255, 255)');
  };
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const weak = [];
  let count = 0;
  while (texts.nextNode()) {
    const words = texts.currentNode.data.trim();
    const element = texts.currentNode.parentElement;
    if (!words || !element.getClientRects().length) continue;
    count += 1;
    const style = getComputedStyle(element);
    const ink = parsed(element.closest('svg') ? style.fill : style.color);
    const [low, high] = [light(ink), light(ground(element))].sort((one, other) => one - other);
    const contrast = (high + 0.05) / (low + 0.05);
    if (contrast < 4.5) weak.push(`${contrast.toFixed(2)} ${words.slice(0, 40)}`);
  }
  return { count, weak };
})()"""

CUT = """(() => {
  const line = document.querySelector('svg line.cut');
  const style = getComputedStyle(line);
  const box = line.getBoundingClientRect();
  const rung = name => [...document.querySelectorAll('svg text')]
    .find(text => text.textContent === name).getBoundingClientRect().y;
  return { width: box.width, y: box.y, dave: rung('dave'), carol: rung('carol'),
           dashes: style.strokeDasharray, thick: parseFloat(style.strokeWidth),
           shown: line.checkVisibility() };
})()"""

CUT_OFF = """[...document.querySelectorAll('svg')].flatMap(svg => {
  const frame = svg.getBoundingClientRect();
  return [...svg.querySelectorAll('text')].filter(text => {
    const box = text.getBoundingClientRect();
    return box.left < frame.left - 1 || box.right > frame.right + 1
      || box.top < frame.top - 1 || box.bottom > frame.bottom + 1;
  }).map(text => text.textContent);
})"""


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with browser(tmp_path_factory.mktemp("browser")) as found:
        yield found


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("page") / "dave.html"
    path.write_text(html_of(tmp_path_factory.mktemp("log"), "dave"), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def redacted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("page") / "trader.html"
    source = html_of(tmp_path_factory.mktemp("log"), "dave", Audience.TRADER)
    path.write_text(source, encoding="utf-8")
    return path


def test_no_request_leaves_the_page_and_the_console_stays_silent(
    opened: Browser, page: Path
) -> None:
    opened.prefer("light")
    opened.open(page)
    opened.value("1")

    asked = [
        event["params"]["request"]["url"]
        for event in opened.events
        if event["method"] == "Network.requestWillBeSent"
    ]
    assert [url for url in asked if not url.startswith("data:")] == [page.as_uri()]
    talk = ("Log.entryAdded", "Runtime.consoleAPICalled", "Runtime.exceptionThrown")
    assert [event for event in opened.events if event["method"] in talk] == []


def test_a_request_and_a_script_would_be_noticed_and_stopped(
    opened: Browser, page: Path, tmp_path: Path
) -> None:
    spoiled = tmp_path / "spoiled.html"
    inserted = '<main><img src="https://venue.example/x.png" alt=""><script>x = 1</script>'
    source = page.read_text(encoding="utf-8").replace("<main>", inserted)
    spoiled.write_text(source, encoding="utf-8")

    opened.open(spoiled)

    assert opened.value("typeof x") == "undefined"
    assert any(event["method"] == "Log.entryAdded" for event in opened.events)


def test_title_and_answer_are_there(opened: Browser, page: Path) -> None:
    opened.open(page)

    assert opened.value("document.title") == (
        "Why account dave was auto-deleveraged (ADL-34, BTC-PERP)"
    )
    answer = opened.value("document.querySelector('#answer p').innerText")
    assert answer.startswith("dave's short of 2.5 BTC-PERP was reduced by 0.5 to 2 at 48,000;")


def test_the_cut_is_visible_between_the_last_closed_and_the_next(
    opened: Browser, page: Path
) -> None:
    opened.open(page)

    cut = opened.value(CUT)

    assert cut["shown"]
    assert cut["width"] > 500
    assert cut["thick"] >= 1
    assert cut["dashes"] != "none"
    assert cut["dave"] < cut["y"] < cut["carol"]


@pytest.mark.parametrize(("scheme", "media"), SCHEMES)
def test_every_text_can_be_read(
    opened: Browser, page: Path, redacted: Path, scheme: str, media: str
) -> None:
    for path in (page, redacted):
        opened.open(path)
        opened.prefer(scheme, media)

        found = opened.value(WEAK_TEXTS)

        assert found["count"] > 100
        assert found["weak"] == []


def test_dark_mode_is_dark(opened: Browser, page: Path) -> None:
    opened.open(page)
    grounds = []
    for scheme in ("light", "dark"):
        opened.prefer(scheme)
        grounds.append(opened.value("getComputedStyle(document.body).backgroundColor"))

    assert grounds == ["rgb(255, 255, 255)", "rgb(20, 23, 27)"]


def test_no_label_of_a_chart_is_cut_off(opened: Browser, page: Path) -> None:
    opened.open(page)

    assert opened.value(CUT_OFF) == []


def test_assistive_software_is_told_headings_charts_and_tables(opened: Browser, page: Path) -> None:
    opened.prefer("light")
    opened.open(page)
    opened.ask("Accessibility.enable")
    nodes = [
        node for node in opened.ask("Accessibility.getFullAXTree")["nodes"] if not node["ignored"]
    ]

    def named(role: str) -> list[str]:
        return [n["name"]["value"] for n in nodes if n["role"]["value"] == role]

    headings = named("heading")
    assert headings[0] == "Why account dave was auto-deleveraged"
    assert len(headings) == 10
    assert len([name for name in named("image") if len(name) > 40]) == 3
    assert all(named("table"))
    assert all(named("link"))
    assert "Sections" in named("navigation")
