"""What is the smallest change of a victim's own size or equity that would have spared it?

Untouched if that is possible, else less touched. Thresholds are exact: the largest size and the
smallest equity with that outcome. Of the two the smaller change in money stands first, lots counted
at the mark. Every threshold is proved by deciding again with it and with the next smaller change.

Equity. With more of it every score of a queue moves one way (it divides by equity, or does not
contain it), capacity only grows, and the weight of a sharing rule does not grow: whether the
account gives fewer than T lots, T at most what it gave, is monotone, and found by bisection.

Size. With fewer lots profit, notional and equity all shrink, and cost is rounded: a score need not
be monotone. Sizes are searched from the largest down by halving blocks of sizes; a block is left
out only if the lowest score that its extremes allow is still ahead of the place to be reached.
"""

from collections.abc import Callable, Iterator
from typing import Final, Literal, NamedTuple

from domain.adl.candidate import Candidate, Ranked
from domain.units import AccountId, Lots, QuoteUnits
from reports.escape_queue import QueueSearch
from reports.escape_round import Round
from reports.escape_shares import SharesSearch

LARGEST_EQUITY: Final[QuoteUnits] = 10**40

Field = Literal["size", "equity"]
Outcome = Literal["untouched", "less"]


class Escape(NamedTuple):
    """A change of one number of the account's own, up to its threshold, and what it leads to."""

    field: Field
    threshold: Lots | QuoteUnits
    outcome: Outcome
    change: QuoteUnits
    """By how much money the number differs; lots at the mark."""
    verified: bool


class NearestEscape(NamedTuple):
    """The nearest escape, the other field's of the same outcome, or why there is none."""

    nearest: Escape | None
    other: Escape | None = None
    reason: str | None = None


def nearest_escape(case: Round, victim: AccountId) -> NearestEscape:
    """The smallest change of the victim's own numbers that spares it, wholly or in part."""
    row = case.row(victim)
    if row is None or not row.closed:
        return NearestEscape(None, reason="the account was not closed")
    outcomes: tuple[tuple[Outcome, Lots], ...] = (("untouched", 0), ("less", row.closed - 1))
    for outcome, most in outcomes[: 1 if row.closed == 1 else 2]:
        found = sorted(_escapes(case, row, outcome, most), key=lambda one: (one.change, one.field))
        if found:
            return NearestEscape(found[0], found[1] if len(found) > 1 else None)
    if not case.selection.is_queue and SharesSearch(case, row, 0).is_too_large:
        return NearestEscape(None, reason="too many accounts share to search for it")
    return NearestEscape(None, reason="no larger equity or smaller size is known to spare it")


def _escapes(case: Round, row: Ranked, outcome: Outcome, most: Lots) -> Iterator[Escape]:
    """Escapes by equity and by size that leave the account with at most `most` lots to give."""
    is_queue = case.selection.is_queue
    search = QueueSearch(case, row, most) if is_queue else SharesSearch(case, row, most)
    candidate = row.candidate
    equity = None
    if search.may_escape_by_equity:
        equity = _least(candidate.equity, search.spares_with_equity)
    if equity is not None:
        is_sure = _is_proved(
            case,
            row,
            most,
            case.with_equity(candidate, equity),
            case.with_equity(candidate, equity - 1),
        )
        yield Escape("equity", equity, outcome, equity - candidate.equity, is_sure)
    size = search.largest_size()
    if size is not None:
        is_sure = _is_proved(
            case, row, most, case.with_size(candidate, size), case.with_size(candidate, size + 1)
        )
        point = case.market.price * case.market.point_value
        yield Escape("size", size, outcome, (candidate.size - size) * point, is_sure)


def _is_proved(
    case: Round, row: Ranked, most: Lots, at_threshold: Candidate, before: Candidate
) -> bool:
    """Decide again with the threshold and with the next smaller change, as the venue sees both."""
    spared = case.closed(row, case.as_the_venue_sees(at_threshold))
    touched = case.closed(row, case.as_the_venue_sees(before))
    return spared is not None and spared <= most and (touched is None or touched > most)


def _least(start: QuoteUnits, spares: Callable[[QuoteUnits], bool]) -> QuoteUnits | None:
    """The least equity above `start` that spares, where more never spares less."""
    low, high, step = start, start + 1, 1
    while not spares(high):
        low, step = high, step * 2
        high = start + step
        if high > LARGEST_EQUITY:
            return None
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if spares(middle) else (middle, high)
    return high
