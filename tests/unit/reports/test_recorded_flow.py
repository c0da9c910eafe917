"""Does a recorded close say which steps led to it, what it cost, and whether the books close?"""

from typing import Any

import pytest

from domain.audit.auditing import Audit
from domain.events import Event
from domain.venue import Venue, apply
from projections.recorded_timelines import RecordedTimelines
from reports.audience import WITHHELD_TOTALS, Audience
from reports.html.plain_parts import parts_html
from reports.page import AsOf, Page, json_text
from reports.recorded_explanation import AskedAbout, recorded_explanation
from reports.recorded_surroundings import RecordedSurroundings
from tests.recorded import RecordedLog, crash
from tests.unit.projections.test_recorded_timelines import BUST, VAULT, book_fill, waterfall

NOWHERE = AsOf(1, None, "root")


def explained(
    events: list[Event], audience: Audience = Audience.AUDITOR, account: str | None = None
) -> list[Page]:
    """All decisions of a log, each as its reader sees it."""
    venue, audit, around, pages = Venue(), Audit(), RecordedSurroundings(), []

    def told(decisions: Any) -> None:
        for found in decisions:
            asked = AskedAbout(found, around.of(found), "USDC", audience, account)
            pages.append(recorded_explanation(asked, NOWHERE))

    for event in events:
        around.see(venue, event)
        told(audit.see(venue, event))
        apply(venue, event)
    around.rest(venue)
    told(audit.rest())
    return pages


def marked() -> RecordedLog:
    """Bust is long 10 from 100 with 50 at a mark of 90; the book takes 2, winners 8 at 95."""
    log = crash(("ann", 1000, 4, 110), ("bob", 1000, 6, 105))
    book_fill(log, "bust", "maker", 2, 90)
    log.close("bust", "ann", 4, 95, liquidation_id=BUST)
    log.close("bust", "bob", 4, 95, liquidation_id=BUST)
    return log


def test_totals_are_those_of_the_books_just_before_the_first_close() -> None:
    (page,) = explained(marked().events)

    # Equity 50 − 10·10 and a fee of 3: −53; eight lots at 5 above the mark: 40; realised
    # 4·15 + 4·10 = 100.
    assert page.body["totals"] == {
        "closed": "8",
        "needed": "8",
        "cost": "40",
        "deficit": "53",
        "overshoot_quantity": "0",
        "overshoot_cost": "0",
        "overshoot_profit": "47",
    }


def test_sums_before_and_after_are_those_of_all_accounts() -> None:
    log = marked()
    before = Venue()
    for event in log.events[:-2]:
        apply(before, event)
    (page,) = explained(log.events)
    sums: Any = page.body["conservation"]

    for venue, found in ((before, sums["before"]), (log.venue, sums["after"])):
        sizes = [position.quantity for position in venue.markets["M"].positions.values()]
        assert found["open_interest_long"] == str(sum(size for size in sizes if size > 0))
        assert found["open_interest_short"] == str(-sum(size for size in sizes if size < 0))
        assert found["equity_sum"] == str(sum(map(venue.equity, venue.accounts)))
        assert found["equity_sum"] == found["net_deposits"] == str(venue.net_deposits)
        assert found["cash_sum"] == str(sum(venue.cash.values()))
    assert sums["before"]["open_interest_long"] != sums["after"]["open_interest_long"]


def test_sums_follow_what_other_markets_did_before() -> None:
    log = RecordedLog(markets=("M", "N"))
    for account in ("bust", "ann", "maker"):
        log.deposit(account, 1000)
    log.trade("bust", "ann", 5, 100)
    log.close("bust", "ann", 1, 90)
    log.later()
    log.trade("maker", "ann", 7, 13, market="N")
    log.close("bust", "ann", 1, 90)
    for page in explained(log.events):
        for sums in (page.body["conservation"]["before"], page.body["conservation"]["after"]):
            assert sums["equity_sum"] == sums["net_deposits"] == "3000"


def test_the_steps_are_those_of_the_timeline() -> None:
    events = waterfall().events
    timelines = RecordedTimelines("M")
    for event in events:
        timelines.see(event)
    told = {one.id: [s for s in one.steps if s.market] for one in timelines.found()}
    bust, vault = (page.body["waterfall"] for page in explained(events))

    def of(steps: Any) -> list[tuple[Any, ...]]:
        return [(s["step"], s["used"], s["left"], s["seqs"][0]) for s in steps]

    def expected(name: str) -> list[tuple[Any, ...]]:
        return [(s.step, str(s.quantity), str(s.left), s.seq) for s in told[name]]

    assert of(bust) == expected(BUST)
    # A vault's own closes come after the steps that filled it.
    assert of(vault) == expected(BUST) + expected(VAULT)
    assert [step["liquidations"] for step in vault] == [[BUST], [BUST], [BUST], [VAULT]]
    assert [step["reason"] for step in bust] == [None, None, "all_closed"]
    assert {step["offered"] for step in (*bust, *vault)} == {None}


def test_several_takeovers_behind_a_vault_are_one_step_of_each_kind() -> None:
    log = RecordedLog()
    for account in ("one", "two", "ann"):
        log.deposit(account, 1000)
    log.open("vault", role="vault")
    log.trade("one", "ann", 5, 100)
    log.trade("two", "ann", 3, 100)
    log.later()
    for name, lots in (("one", 5), ("two", 2)):
        data = {"amount": lots * 90, "bankrupt": name, "liquidation_id": f"7:{name}"}
        data |= {"quantity": lots, "quote": None, "stopped_by": "all_taken", "vault": "vault"}
        log.fact("market.position_taken_over/1", "market/M", data, liquidation_id=f"7:{name}")
    log.later()
    log.close("vault", "ann", 7, 90, liquidation_id="9:vault", takeovers="7:one,7:two")
    (page,) = explained(log.events)
    taken, closed = page.body["waterfall"]

    assert (taken["step"], taken["used"], taken["left"]) == ("takeover", "7", "1")
    assert taken["liquidations"] == ["7:one", "7:two"]
    assert any("where a vault's position came from" in said for said in page.body["unknown"])
    assert (closed["used"], closed["left"], closed["reason"]) == ("7", "0", "all_closed")


def test_a_retry_shows_the_decision_before_it_and_only_that() -> None:
    log = crash(("ann", 1000, 4, 110), ("bob", 1000, 6, 105))
    log.close("bust", "ann", 4, 95, liquidation_id=BUST)
    log.later()
    log.close("bust", "bob", 6, 95, liquidation_id=BUST)
    first, second = (page.body["waterfall"] for page in explained(log.events))

    assert [(step["used"], step["left"]) for step in first] == [("4", "6")]
    assert [(step["used"], step["left"]) for step in second] == [("4", "6"), ("6", "0")]


def test_what_is_not_in_the_record_is_null_and_said() -> None:
    log = RecordedLog()
    log.deposit("ann", 100)
    log.mark(100)
    log.later()
    log.trade("outside:counterparty:M", "ann", 5, 100)
    log.close("outside:counterparty:M", "ann", 1, 90, liquidated="bust")
    (page,) = explained(log.events)
    totals: Any = page.body["totals"]

    assert page.body["waterfall"][0]["left"] is None
    assert {name for name, value in totals.items() if value is None} == set(totals) - {"closed"}
    said = "\n".join(page.body["unknown"])
    assert "No market liquidation and no takeover" in said
    assert "What the bankrupt account held just before is not in the record" in said


def candidates(count: int, hidden: int) -> RecordedLog:
    """As many shorts, of which `me` is closed; the others' sizes and money follow `hidden`."""
    others = [(f"a{at}", 9000 + 1000 * hidden, 3 + hidden, 105) for at in range(count - 1)]
    log = crash(("me", 1000, 4, 110), *others)
    book_fill(log, "bust", "maker", 2, 90)
    log.close("bust", "me", 4, 95, liquidation_id=BUST)
    return log


def shown(log: RecordedLog, audience: Audience, account: str | None) -> tuple[str, str]:
    """JSON and page."""
    (page,) = explained(log.events, audience, account)
    return json_text(page.object()), parts_html("t", "e", "c", "r", (), page.parts)


@pytest.mark.parametrize(
    ("audience", "account"), [(Audience.TRADER, "me"), (Audience.PUBLIC, None)]
)
def test_others_hidden_amounts_change_nothing_that_a_trader_or_the_public_sees(
    audience: Audience, account: str | None
) -> None:
    # Ranks are the same; below five candidates sums of others are withheld.
    few, other = candidates(3, 0), candidates(3, 2)

    assert shown(few, audience, account) == shown(other, audience, account)
    assert shown(few, Audience.AUDITOR, None) != shown(other, Audience.AUDITOR, None)


def test_a_trader_sees_its_own_events_and_totals_from_five_candidates_on() -> None:
    (few,) = explained(candidates(3, 0).events, Audience.TRADER, "me")
    (many,) = explained(candidates(5, 0).events, Audience.TRADER, "me")

    for page, used in ((few, [None, None]), (many, ["2", "4"])):
        steps: Any = page.body["waterfall"]
        assert [step["used"] for step in steps] == used
        assert [len(step["seqs"]) for step in steps] == [0, 1]
        assert {step["liquidations"] for step in steps} == {None}
    assert set(few.body["totals"].values()) == {None}
    assert many.body["totals"]["closed"] == "4"
    withheld = [page.body["audience"]["withheld"] for page in (few, many)]
    assert withheld[0] == [*withheld[1], WITHHELD_TOTALS]
    assert not any("escape" in words for words in withheld[1])
    assert [page.body["audience"]["totals"] for page in (few, many)] == ["suppressed", "shown"]
    assert few.body["conservation"]["sides"] == few.body["conservation"]["books"] == "equal"
    assert "fewer than five" in "".join(part for part in few.parts if isinstance(part, str))
