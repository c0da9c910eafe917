"""Is there a sound page under every policy, close price and trigger, for every reader?"""

import re
from itertools import product
from pathlib import Path

import pytest

from domain.adl.policies import CLOSE_PRICES
from domain.adl.selections import SELECTIONS
from reports.audience import Audience
from reports.html.rendering import sheet_html
from tests.unit.reports.html.pages import books_with, decision_of
from tests.unit.reports.html.reading_html import Page

STORY = """\
at 2026-10-10T21:00:00Z
venue panel
market BTC-PERP tick 0.1 lot 0.001 initial 10% maintenance 5%{vault}
policy {policy} close_price {price} trigger {trigger}{parameters}
deposit alice 102000
deposit bob 8000
deposit carol 325000
deposit dave 30000
deposit erin 200000
deposit frank 150000
deposit gina 90000
mark 60000
sell bob 1 @ 60000
sell dave 2.5 @ 60000
sell carol 3.5 @ 60000
sell frank 2 @ 60000
sell gina 1 @ 60000
buy alice 10 @ 60000
buy erin 6 @ 51000
at 2026-10-10T21:15:00Z
mark 52000
mark 49000
mark 47600
"""
PARAMETERS = {"seeded-rotation@1": " seed 5", "capped-pro-rata@1": " share_cap 1/2"}
READERS = [
    (Audience.AUDITOR, None),
    (Audience.AUDITOR, "dave"),
    (Audience.TRADER, "gina"),
    (Audience.TRADER, "erin"),
    (Audience.PUBLIC, None),
]


def circumstances(policy: str) -> list[tuple[str, str, str]]:
    """Two of all close prices, one with each trigger; the policies take turns."""
    prices, turn = list(CLOSE_PRICES), list(SELECTIONS).index(policy)
    return [
        (prices[turn % 4], "negative_equity", " vault vault cap 120000"),
        (prices[(turn + 1 + turn // 4) % 4], "vault_exhausted", ""),
    ]


@pytest.mark.parametrize("policy", SELECTIONS)
def test_every_policy_has_a_sound_page_for_every_reader(policy: str, tmp_path: Path) -> None:
    for price, trigger, vault in circumstances(policy):
        parameters = PARAMETERS.get(policy, "")
        text = STORY.format(
            policy=policy, price=price, trigger=trigger, vault=vault, parameters=parameters
        )
        folder = tmp_path / f"{price}-{trigger}"
        folder.mkdir()
        books = books_with(folder, text)
        decisions = books.ask("adl", "list", "--json").json["rows"]
        assert decisions
        assert {found["policy"] for found in decisions} == {policy}
        for found, (audience, account) in product(decisions, READERS):
            made = decision_of(books, found["id"], account, audience)
            source = sheet_html(made.sheet)
            page = Page(source)
            aims = {(link.attributes["href"] or "").removeprefix("#") for link in page.all("a")}
            assert page.faults == []
            assert len(page.ids) == len(set(page.ids))
            assert aims <= set(page.ids)
            if audience is not Audience.AUDITOR:
                others = {"alice", "bob", "carol", "dave", "frank"}
                assert others & set(re.findall(r"\w+", source + made.evidence)) == set()
