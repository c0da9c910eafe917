"""Does the reference say what the code says, and does it name everything?"""

import os
from pathlib import Path

import pytest

from tests.docs.console import ROOT, pages
from tests.docs.references import PARTS, parts_of, rewritten


@pytest.mark.parametrize("page", pages(), ids=lambda page: str(page.relative_to(ROOT)))
def test_generated_parts_say_what_the_code_says(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    current = rewritten(text)
    if os.environ.get("ZEROSUM_REWRITE_DOCS") == "1" and current != text:
        page.write_text(current, encoding="utf-8")
        text = current

    assert text == current, "run: ZEROSUM_REWRITE_DOCS=1 pytest tests/docs"


def test_every_generated_part_stands_on_a_page() -> None:
    found = [name for page in pages() for name in parts_of(page.read_text(encoding="utf-8"))]

    assert sorted(found) == sorted(PARTS)


@pytest.mark.parametrize("page", pages(), ids=lambda page: str(page.relative_to(ROOT)))
def test_links_between_pages_lead_somewhere(page: Path) -> None:
    import re

    text = page.read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", text):
        if "://" not in target:
            assert (page.parent / target).exists(), f"{page.name} links to {target}"
