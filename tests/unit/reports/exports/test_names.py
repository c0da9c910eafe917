"""Can names that a foreign log holds break a journal, or make two accounts one?"""

import random
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.envelope import decode, encode
from domain.events import Event
from domain.venue import Fact, Venue, apply, enveloped
from reports.exports.naming import (
    Symbols,
    account_name,
    line_text,
    others_name,
    person_text,
    quoted_commodity,
    title_text,
)
from tests.stories import PLAIN_MARKET, story
from tests.unit.reports.exports.referees import FORMS, balances, complaint, written

NAMES = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
NASTY = (
    "",
    " ",
    "\x00",
    "a\x00b",
    "a\nb",
    "a\r\nb",
    "  a",
    "a  b",
    "(a)",
    "[a]",
    "!a",
    "* a",
    "a:b",
    "a;b",
    "a,b",
    'a"b',
    "a'b",
    "a\\b",
    "a-62",
    "a%62",
    "Zoë",
    "Ζωή",
    "名前",
    "🐻",
    "e\u0301",
    "é",
    "\u202etxt",
    "\u2028",
    "ALICE",
    "alice",
    "Alice",
    "1",
    "=",
    "@",
    "#",
    "{}",
    "12 USD",
    "comment",
    "end comment",
)


def facts_of(names: tuple[str, ...], amount: int = 1_000_000) -> list[Event]:
    """A recorded log whose accounts and markets have these names; each buys from the next one."""
    listed: dict[str, Any] = story(PLAIN_MARKET).of("market.listed")[0]
    opened = {
        "kind": "recorded",
        "name": "nasty",
        "quote": "USDC",
        "quote_unit": "0.000001",
        "system_accounts": ["insurance", "rounding", "treasury", "uncovered"],
    }
    facts = [Fact("venue.opened/1", "venue", opened, 0, {})]
    for name in names:
        role = {"label": "", "role": "trader"}
        facts.append(Fact("account.opened/1", f"account/{name}", role, 0, {}))
        money = {"amount": amount, "reference": ""}
        facts.append(Fact("account.collateral_deposited/1", f"account/{name}", money, 0, {}))
        facts.append(Fact("market.listed/1", f"market/M{name}", listed, 0, {}))
    for buyer, seller in pairwise(names):
        trade = {
            "buyer": buyer,
            "buyer_fee": 1,
            "price": 7,
            "purpose": "recorded",
            "quantity": 3,
            "seller": seller,
            "seller_fee": 0,
            "trade_id": "T",
        }
        facts.append(Fact("market.trade_executed/1", f"market/M{buyer}", trade, 0, {}))
    venue, events = Venue(), list[Event]()
    for fact in facts:
        event = enveloped(venue, fact)
        assert decode(encode(event)) == event
        apply(venue, event)
        events.append(event)
    return events


@pytest.mark.parametrize("form", FORMS)
def test_no_name_breaks_a_journal_or_falls_together_with_another(form: str, tmp_path: Path) -> None:
    names = NASTY
    if form == "beancount":
        # Its commodities know no lower case: markets that differ in nothing else are refused.
        names = tuple(name for name in NASTY if name not in ("ALICE", "Alice"))
    file = tmp_path / "books"

    venue = written(form, facts_of(names), file)

    assert complaint(form, file) == ""
    found = balances(form, file)
    cash = {name: value for (name, _), value in found.items() if name.endswith(":Cash")}
    assert len(cash) == sum(1 for amount in venue.cash.values() if amount)
    lots = [value for (name, _), value in found.items() if name.endswith(":Position")]
    assert len(lots) == 2 * (len(names) - 1)


@pytest.mark.parametrize("form", FORMS)
def test_random_names_are_accepted(form: str, tmp_path: Path) -> None:
    chance = random.Random(11)
    names = {
        "".join(chr(chance.choice((*range(0xD800), *range(0xE000, 0x11000)))) for _ in range(5))
        for _ in range(150)
    }
    file = tmp_path / "books"

    written(form, facts_of(tuple(sorted(names))), file)

    assert complaint(form, file) == ""


@given(NAMES, NAMES)
def test_different_names_stay_different(one: str, other: str) -> None:
    for write in (account_name_of, line_text, quoted_commodity):
        assert (write(one) == write(other)) == (one == other)


@given(NAMES)
def test_no_name_ends_its_line_or_its_quotes(name: str) -> None:
    for write in (account_name_of, line_text, person_text, title_text):
        text = write(name)
        assert text.isprintable()
        assert '"' not in text
        assert "\\" not in text
    assert not account_name_of(name).startswith(others_name("Cash"))
    assert all(sign not in line_text(name) for sign in ";,")
    assert all(sign not in person_text(name) for sign in ";,")


@given(NAMES)
def test_every_market_has_a_symbol_that_beancount_takes(name: str) -> None:
    symbol = Symbols().symbol(name, is_money=False)

    assert symbol.isascii()
    assert symbol[0].isalpha()
    assert symbol[-1].isalnum()
    assert symbol == symbol.upper()


def account_name_of(name: str) -> str:
    return account_name(name, "Cash")
