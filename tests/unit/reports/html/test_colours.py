"""Can every colour of the page be read, in light, in dark and on paper?"""

import re
from importlib.resources import files
from itertools import product

import pytest

CSS = files("reports.html").joinpath("templates/style.css").read_text(encoding="utf-8")
TEXTS = ("ink", "quiet", "link", "adl")
GROUNDS = ("paper", "panel", "own")
STAGES = ("book", "vault", "adl")
SELECTORS = {
    "light": r"^:root \{(.*?)\n\}",
    "dark": r"prefers-color-scheme: dark\) \{\s*:root \{(.*?)\}",
    "print": r"@media print \{\s*:root \{(.*?)\}",
}


def palette(mode: str) -> dict[str, str]:
    found = re.search(SELECTORS[mode], CSS, re.DOTALL | re.MULTILINE)
    assert found is not None
    return dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6})", found[1]))


def luminance(colour: str) -> float:
    channels = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (
        value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4
        for value in channels
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def test_contrast_is_measured_as_the_guidelines_measure_it() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#767676", "#ffffff") == pytest.approx(4.54, abs=0.01)


@pytest.mark.parametrize("mode", SELECTORS)
def test_text_has_a_contrast_of_4_5_on_every_ground(mode: str) -> None:
    colours = palette(mode)

    weak = {
        (text, ground): contrast(colours[text], colours[ground])
        for text, ground in product(TEXTS, GROUNDS)
        if contrast(colours[text], colours[ground]) < 4.5
    }
    assert weak == {}


@pytest.mark.parametrize("mode", SELECTORS)
def test_stages_stand_out_from_the_paper(mode: str) -> None:
    colours = palette(mode)

    assert all(contrast(colours[stage], colours["paper"]) >= 4.5 for stage in STAGES)
    assert contrast(colours["strong-rule"], colours["paper"]) >= 3


def test_each_mode_sets_every_colour() -> None:
    assert palette("light").keys() == palette("dark").keys() == palette("print").keys()
