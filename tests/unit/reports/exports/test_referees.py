"""Do programs that know nothing of zerosum accept every journal, and find every changed leg?"""

import random
import re
from pathlib import Path

import pytest

from domain.venue import Venue, fold
from reports.exports.errors import ExportRefused, SameCommodity, TooManyDigits
from reports.exports.journal import Journal
from reports.exports.movements import movements
from tests.stories import CASCADE_MINI, Told, story
from tests.unit.reports.exports.referees import (
    FORMS,
    balances,
    complaint,
    held,
    told,
    written,
)

STORIES = [
    (seed, profile) for profile in ("mixed", "crash", "cross", "fees", "vault") for seed in (1, 2)
]
_LEG = re.compile(r"^( +\S+  )(-?[0-9.]+)( \S+)$")


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(("seed", "profile"), STORIES)
def test_every_random_story_is_accepted_with_our_balances(
    form: str, seed: int, profile: str, tmp_path: Path
) -> None:
    file = tmp_path / "books"

    venue = written(form, told(seed, 250, profile), file)

    assert complaint(form, file) == ""
    symbols = {name: name.upper() for name in venue.markets} if form == "beancount" else {}
    assert balances(form, file) == held(venue, symbols)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("seed", range(1, 5))
def test_numbers_beyond_64_bits_keep_every_digit(form: str, seed: int, tmp_path: Path) -> None:
    file = tmp_path / "books"

    venue = written(form, told(seed, 250, "big"), file)

    assert max(abs(cash) for cash in venue.cash.values()) > 2**63
    assert complaint(form, file) == ""
    assert balances(form, file) == held(venue)


def deposits(*amounts: str) -> Told:
    lines = "\n".join(f"deposit alice {amount}" for amount in amounts)
    return story(f"market M tick 1 lot 1 initial 10% maintenance 5%\n{lines}")


def test_28_digits_are_the_last_that_beancount_gets(tmp_path: Path) -> None:
    # Deposits stand on both sides, so that half of 10^28 units is the most.
    largest = 10**28 // 2 - 1
    text = f"{largest // 10**6}.{largest % 10**6:06}"
    file = tmp_path / "books"

    written("beancount", deposits(text).events, file)

    assert complaint("beancount", file) == ""
    for amounts in ((text, "0.000001"), ("9999999999999999999999.999999",)):
        with pytest.raises(TooManyDigits, match="event"):
            written("beancount", deposits(*amounts).events, tmp_path / "refused")


@pytest.mark.parametrize("form", FORMS)
def test_changing_one_leg_by_one_unit_is_found(form: str, tmp_path: Path) -> None:
    file = tmp_path / "books"
    written(form, told(3, 120, "crash"), file)
    lines = file.read_text().splitlines()
    legs = [number for number, line in enumerate(lines) if _LEG.match(line)]
    chosen = random.Random(7).sample(legs, 8)

    for number in chosen:
        changed = [*lines]
        changed[number] = _LEG.sub(lambda leg: leg[1] + _more(leg[2]) + leg[3], lines[number])
        assert changed[number] != lines[number]
        file.write_text("\n".join(changed) + "\n")

        assert complaint(form, file) != "", lines[number]


@pytest.mark.parametrize("form", FORMS)
def test_money_given_to_somebody_else_is_found_by_the_balances(form: str, tmp_path: Path) -> None:
    file = tmp_path / "books"
    written(form, story(CASCADE_MINI).events, file)
    text = file.read_text()
    changed = text.replace("A-bob:Cash  8000.0", "A-erin:Cash  8000.0", 1)
    assert changed != text
    file.write_text(changed)

    said = complaint(form, file)

    assert "A-bob:Cash" in said or "A-erin:Cash" in said


@pytest.mark.parametrize("form", FORMS)
def test_a_leg_that_is_left_out_is_found(form: str, tmp_path: Path) -> None:
    file = tmp_path / "books"
    written(form, story(CASCADE_MINI).events, file)
    lines = file.read_text().splitlines()
    legs = [number for number, line in enumerate(lines) if _LEG.match(line)]

    for number in (legs[0], legs[len(legs) // 2], legs[-1]):
        file.write_text("\n".join(lines[:number] + lines[number + 1 :]) + "\n")

        assert complaint(form, file) != "", lines[number]


@pytest.mark.parametrize("form", FORMS)
def test_a_window_begins_with_what_was_held_before(form: str, tmp_path: Path) -> None:
    events = told(2, 250, "cross")
    middle = len(events) // 2
    before = fold(Venue(), events[:middle])
    file = tmp_path / "books"

    venue = written(form, events[middle:], file, before=before)

    assert complaint(form, file) == ""
    assert balances(form, file) == held(venue)


@pytest.mark.parametrize("form", FORMS)
def test_one_accounts_books_are_balanced_against_the_others(form: str, tmp_path: Path) -> None:
    events, account = next(
        (events, name)
        for seed in range(1, 50)
        for events in [told(seed, 250, "cross")]
        for market in fold(Venue(), events).markets.values()
        for name in sorted(market.positions)
    )
    file = tmp_path / "books"

    venue = written(form, events, file, account=account)

    assert complaint(form, file) == ""
    own = {key: value for key, value in held(venue).items() if f":A-{account}:" in key[0]}
    assert own
    found = balances(form, file)
    assert {key: value for key, value in found.items() if ":A-" in key[0]} == own
    assert any(":Others:" in name for name, _ in found)


@pytest.mark.parametrize("form", FORMS)
def test_an_empty_log_is_accepted(form: str, tmp_path: Path) -> None:
    file = tmp_path / "books"

    written(form, (), file)

    assert complaint(form, file) == ""


@pytest.mark.parametrize("form", FORMS)
def test_times_that_go_back_leave_the_days_in_order(form: str, tmp_path: Path) -> None:
    told_back = story(
        """
        market M tick 1 lot 1 initial 10% maintenance 5%
        at 2026-10-10T21:20:00Z
        deposit alice 30
        at 2026-10-08T00:00:00Z
        deposit bob 1000
        at 2026-10-12T00:00:00Z
        deposit alice 1
        """
    )
    file = tmp_path / "books"

    written(form, told_back.events, file)

    assert complaint(form, file) == ""
    text = file.read_text()
    assert "2026-10-08T00:00:00.000000000Z" in text
    assert "\n2026-10-08" not in text


@pytest.mark.parametrize("form", FORMS)
def test_the_last_instant_of_all_has_a_day_after(form: str, tmp_path: Path) -> None:
    last = deposits("1")
    last.send({"command": "deposit", "account": "alice", "amount": "1", "time": 2**63 - 1})
    file = tmp_path / "books"

    written(form, last.events, file)

    assert complaint(form, file) == ""


def test_markets_that_beancount_cannot_tell_apart_are_refused(tmp_path: Path) -> None:
    two = story(
        """
        market kPEPE tick 1 lot 1 initial 10% maintenance 5%
        market KPEPE tick 1 lot 1 initial 10% maintenance 5%
        deposit alice 1000
        deposit bob 1000
        mark kPEPE 10
        mark KPEPE 10
        trade alice bob 1 @ 10 kPEPE
        trade alice bob 1 @ 10 KPEPE
        """
    )

    with pytest.raises(SameCommodity, match="KPEPE"):
        written("beancount", two.events, tmp_path / "refused")
    venue = written("hledger", two.events, tmp_path / "books")
    assert complaint("hledger", tmp_path / "books") == ""
    assert balances("hledger", tmp_path / "books") == held(venue)


@pytest.mark.parametrize("form", FORMS)
def test_a_market_named_like_the_money_is_refused(form: str) -> None:
    same = story(
        """
        market USDC tick 1 lot 1 initial 10% maintenance 5%
        deposit alice 1000
        deposit bob 1000
        mark 10
        trade alice bob 1 @ 10
        """
    )
    journal = Journal(Venue())

    with pytest.raises(ExportRefused, match="USDC"):
        list(FORMS[form](journal, movements(journal.venue, same.events), "a test"))


def _more(number: str) -> str:
    """The number, larger by one of its last digit."""
    whole, point, places = number.partition(".")
    units = int(whole + places) + (1 if not number.startswith("-0") else 0)
    units += int(number.startswith("-0"))
    digits = str(abs(units)).rjust(len(places) + 1, "0")
    sign = "-" if units < 0 else ""
    return sign + (f"{digits[: -len(places)]}.{digits[-len(places) :]}" if point else digits)
