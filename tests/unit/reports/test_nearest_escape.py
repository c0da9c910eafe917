"""Is the nearest escape the nearest, and does it really spare the account?"""

import random
from fractions import Fraction

import pytest

from reports.escape_round import Round
from reports.nearest_escape import Escape, nearest_escape
from tests.stories import CASCADE_MINI_WAITING, story
from tests.unit.reports.rounds import ALL_SELECTIONS, policy, round_of, venue_of

FURTHEST = 600


def closed_on_a_fork(case: Round, changed) -> int | None:
    """Lots by deciding the whole case again; None when the account is no candidate at all."""
    again = case.on_a_fork(changed)
    if changed.equity <= 0 or changed.capacity == 0:
        return None
    return sum(row.closed for row in again.rows if row.candidate.account == changed.account)


def sparing_size(case: Round, row, most: int) -> int | None:
    for size in range(row.candidate.size - 1, 0, -1):
        closed = closed_on_a_fork(case, case.with_size(row.candidate, size))
        if closed is not None and closed <= most:
            return size
    return None


def sparing_equity(case: Round, row, most: int) -> int | None:
    for equity in range(row.candidate.equity + 1, row.candidate.equity + FURTHEST):
        closed = case.closed(row, case.with_equity(row.candidate, equity))
        if closed is not None and closed <= most:
            return equity
    return None


def by_field(*escapes: Escape | None) -> dict[str, Escape]:
    return {escape.field: escape for escape in escapes if escape is not None}


def is_as_searched(case: Round, account: str) -> None:
    row = case.row(account)
    assert row is not None
    found = nearest_escape(case, account)
    own = by_field(found.nearest, found.other)
    sizes = {most: sparing_size(case, row, most) for most in (0, row.closed - 1)}
    equities = {most: sparing_equity(case, row, most) for most in (0, row.closed - 1)}
    most = 0
    if (
        sizes[0] is None
        and equities[0] is None
        and not ("equity" in own and own["equity"].outcome == "untouched")
    ):
        most = row.closed - 1
    if sizes[most] is not None or equities[most] is not None:
        assert found.nearest is not None, (sizes, equities)
    assert (own["size"].threshold if "size" in own else None) == sizes[most]
    if equities[most] is not None:
        assert own["equity"].threshold == equities[most]
    elif "equity" in own:
        assert own["equity"].threshold >= row.candidate.equity + FURTHEST
    for escape in own.values():
        assert escape.verified
        assert escape.outcome == ("untouched" if most == 0 else "less")
        assert found.nearest is not None
        assert found.nearest.change <= escape.change


@pytest.mark.parametrize("selection", ALL_SELECTIONS)
@pytest.mark.parametrize("close_price", ("bankruptcy", "mark", "previous_mark", "mark_capped"))
def test_it_is_what_trying_every_size_and_every_equity_finds(selection: str, close_price: str):
    rng = random.Random(f"{selection} {close_price}")
    asked = 0
    for _ in range(4):
        venue, market = venue_of(
            rng,
            rng.randint(2, 6),
            need_share=rng.choice((Fraction(1, 4), Fraction(1, 2), Fraction(9, 10))),
            bankrupt_side=rng.choice((1, -1)),
        )
        case = round_of(venue, market, policy(selection, close_price))
        for _, row in case.decided.closures[:3]:
            is_as_searched(case, row.candidate.account)
            asked += 1
    assert asked >= 4


@pytest.mark.parametrize("selection", ALL_SELECTIONS)
def test_putting_one_changed_candidate_back_is_the_same_as_deciding_again(selection: str):
    rng = random.Random(selection)
    for _ in range(12):
        venue, market = venue_of(rng, rng.randint(3, 9), bankrupt_side=rng.choice((1, -1)))
        case = round_of(venue, market, policy(selection, vaults=rng.choice(("first", "last"))))
        for _, row in case.decided.closures:
            candidate = row.candidate
            for changed in (
                case.with_equity(candidate, candidate.equity + rng.randint(1, 500)),
                case.with_size(candidate, rng.randint(1, candidate.size)),
            ):
                assert case.as_the_venue_sees(changed) == changed
                if changed.equity > 0 and changed.capacity:
                    assert case.closed(row, changed) == closed_on_a_fork(case, changed)


def cascade_round(selection: str = "pnl-leverage@1") -> Round:
    told = story(CASCADE_MINI_WAITING)
    before = told.venue.fork()
    market = before.market_to_change("BTC-PERP")
    market.previous_mark, market.mark = 490_000, 476_000
    price = Fraction(480_000)
    return Round(before, market, "alice", price, policy(selection, vaults="excluded"))


def test_bob_would_have_stood_behind_dave_with_24400():
    found = nearest_escape(cascade_round(), "bob")

    assert found.nearest == Escape("equity", 24_400_000_000, "untouched", 4_000_000_000, True)
    assert found.other is not None
    # 47600·x / (8000 + 12400·x) <= 119/61, and dave's profit is larger: x <= 2/3 in whole lots.
    assert (found.other.field, found.other.threshold) == ("size", 666)


def test_dave_would_have_stood_behind_carol_with_600_lots_or_156000():
    found = nearest_escape(cascade_round(), "dave")

    assert found.nearest == Escape("size", 600, "untouched", 90_440_000_000, True)
    assert found.other == Escape("equity", 156_000_000_000, "untouched", 95_000_000_000, True)


def test_who_was_not_closed_needs_no_escape():
    found = nearest_escape(cascade_round(), "carol")

    assert found.nearest is None
    assert found.reason == "the account was not closed"


def test_the_whole_position_can_only_be_less_touched_where_everybody_is_needed():
    venue, market = venue_of(random.Random(3), 3, need_share=Fraction(1))
    case = round_of(venue, market, policy("largest-first@1", "mark"))
    row = max((row for _, row in case.decided.closures), key=lambda row: row.closed)

    found = nearest_escape(case, row.candidate.account)

    assert found.nearest is not None
    assert (found.nearest.field, found.nearest.outcome) == ("size", "less")
    assert found.nearest.threshold == row.closed - 1


@pytest.mark.parametrize("selection", ("pro-rata-size@1", "pro-rata-profit@1", "capped-pro-rata@1"))
def test_shares_of_many_lots_are_searched_as_if_every_size_were_tried(selection: str):
    rng = random.Random(f"{selection} many lots")
    for share in (Fraction(1, 50), Fraction(2, 5), Fraction(9, 10)):
        venue, market = venue_of(rng, 12, most_lots=120, need_share=share)
        case = round_of(venue, market, policy(selection))
        for _, row in case.decided.closures[:4]:
            found = nearest_escape(case, row.candidate.account)
            own = by_field(found.nearest, found.other)
            if "size" not in own:
                continue
            most = 0 if own["size"].outcome == "untouched" else row.closed - 1
            sparing = (
                size
                for size in range(row.candidate.size - 1, 0, -1)
                if (given := case.closed(row, case.with_size(row.candidate, size))) is not None
                and given <= most
            )
            assert own["size"].threshold == next(sparing)
            assert own["size"].verified
