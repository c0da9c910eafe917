"""What can be checked about a recorded close and its decision, apart from the order?

Every check answers yes, no or unknown, and carries the numbers that it looked at. None of them is a
verdict: a close without profit, for one, is reported and is no breach, because the mark that ranks
and the price that closes differ.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Final, NamedTuple

from domain.audit.closes import CloseKey, RecordedClose
from domain.audit.roster import Roster
from domain.audit.verdict import Answer
from domain.units import AccountId, Lots, QuoteUnits, Ticks

CLOSE_CHECKS: Final = (
    "opposite_side",
    "not_over_closed",
    "not_the_bankrupt",
    "profit_printed",
    "profit_by_books",
    "profit_at_mark",
    "fee_zero",
    "entry_on_tick",
)
DECISION_CHECKS: Final = (
    "one_price",
    "price_previous_mark",
    "price_mark",
    "price_previous_oracle",
    "price_bankruptcy",
    "bankrupt_below_zero",
    "one_partial_at_most",
    "reduction_equals_closes",
    "open_only_without_candidates",
    "paired",
)


class Check(NamedTuple):
    """One question with its answer and what it was answered from."""

    name: str
    answer: Answer
    evidence: str
    """A few words; numbers of it stand in the close or the decision itself."""


class Prices(NamedTuple):
    """The marks of a decision in ticks; None where they are not known."""

    mark: Ticks | None
    previous_mark: Ticks | None
    is_previous_sure: bool
    bankruptcy: Fraction | None


@dataclass(frozen=True, slots=True)
class Circumstance:
    """What the checks of a decision look at, as it was just before its first close."""

    key: CloseKey
    bankrupt_quantity: Lots | None
    """Signed; None when the books do not know the account."""
    bankrupt_equity: QuoteUnits | None
    equity_before_block: QuoteUnits | None
    """The same before the account's first close of the block, in whatever market."""
    prices: Prices
    point_value: int
    roster: Roster
    basis: dict[AccountId, tuple[Lots, QuoteUnits] | None]
    """Quantity and cost of each victim at its first close; None where its cost is not known."""


def close_checks(about: Circumstance, close: RecordedClose) -> tuple[Check, ...]:
    """The checks of one close."""
    bankrupt = about.bankrupt_quantity
    opposite = None if not bankrupt else (bankrupt > 0) != (close.before > 0)
    own = close.victim != about.key.bankrupt
    named = "" if close.liquidated is None else "its own row names the liquidated account"
    return (
        Check("opposite_side", Answer.of(opposite), ""),
        Check("not_over_closed", Answer.of(close.shrinks), ""),
        Check("not_the_bankrupt", Answer.of(own), named),
        Check("profit_printed", Answer.of(close.realized > 0), "as printed, at the close price"),
        Check("profit_by_books", Answer.of(_profit_by_books(about, close)), "at the close price"),
        Check("profit_at_mark", Answer.of(_profit_at_mark(about, close)), "at the ranking mark"),
        Check(
            "fee_zero",
            Answer.YES if close.is_fee_printed else Answer.UNKNOWN,
            "a forced close with a fee is recorded as a trade",
        ),
        Check(
            "entry_on_tick",
            Answer.of(close.realized % (close.quantity * about.point_value) == 0),
            "price less result per lot",
        ),
    )


def _profit_by_books(about: Circumstance, close: RecordedClose) -> bool | None:
    basis = about.basis.get(close.victim)
    if basis is None:
        return None
    held, cost = basis
    side = 1 if held > 0 else -1
    gain = side * close.price * about.point_value * abs(held) - cost
    return gain > 0


def _profit_at_mark(about: Circumstance, close: RecordedClose) -> bool | None:
    unrealized = unrealized_of(about.roster, close.victim)
    return None if unrealized is None else unrealized > 0


def unrealized_of(roster: Roster, account: AccountId) -> QuoteUnits | None:
    """Unrealised result of a holder at the ranking mark, where it is known."""
    place = roster.places.get(account)
    if place is not None:
        gain: QuoteUnits = roster.unrealized[place]
        return gain
    row = roster.doubts.get(account)
    return None if row is None else row.unrealized


def decision_checks(
    about: Circumstance,
    closes: Sequence[RecordedClose],
    prices_of_block: set[Fraction],
    *,
    is_everybody_seen: bool,
) -> tuple[Check, ...]:
    """The checks of a decision as a whole."""
    closed = sum(close.quantity for close in closes)
    partial = partly_closed(closes)
    price = closes[0].price
    held = about.bankrupt_quantity
    equity = about.equity_before_block
    marks = about.prices
    return (
        Check("one_price", Answer.of(len(prices_of_block) == 1), "per market and block"),
        Check("price_previous_mark", Answer.of(_is_previous(marks, price)), ""),
        Check(
            "price_mark",
            Answer.of(None if marks.mark is None else price == marks.mark),
            "",
        ),
        Check("price_previous_oracle", Answer.UNKNOWN, "the log has no oracle prices"),
        Check(
            "price_bankruptcy",
            Answer.of(None if marks.bankruptcy is None else price == marks.bankruptcy),
            "equity spread by maintenance margin",
        ),
        Check(
            "bankrupt_below_zero",
            Answer.of(None if equity is None else equity < 0),
            "before its first close of the block",
        ),
        Check("one_partial_at_most", Answer.of(len(partial) <= 1), f"{len(partial)} in part"),
        Check(
            "reduction_equals_closes",
            Answer.of(None if held is None else 0 < closed <= abs(held)),
            "both sides are one fact",
        ),
        Check(
            "open_only_without_candidates",
            Answer.of(
                _open_only_without_candidates(about, closes, is_everybody_seen=is_everybody_seen)
            ),
            "",
        ),
        Check(
            "paired",
            Answer.of(all(close.is_paired for close in closes)),
            "winner's row and loser's row",
        ),
    )


def _is_previous(marks: Prices, price: Fraction) -> bool | None:
    if marks.previous_mark is not None and price == marks.previous_mark:
        return True
    # A mark between the two that the log does not show would be the previous one.
    return False if marks.is_previous_sure else None


def partly_closed(closes: Sequence[RecordedClose]) -> tuple[AccountId, ...]:
    """Who kept a part of its position after its last close of the decision."""
    last = {close.victim: close for close in closes}
    return tuple(name for name, close in last.items() if close.is_partial)


def _open_only_without_candidates(
    about: Circumstance, closes: Sequence[RecordedClose], *, is_everybody_seen: bool
) -> bool | None:
    """Whether lots stayed open on the bankrupt account only when nobody in profit was left."""
    if about.bankrupt_quantity is None:
        return None
    closed = sum(close.quantity for close in closes)
    if closed >= abs(about.bankrupt_quantity):
        return True
    lots: dict[AccountId, Lots] = {}
    for close in closes:
        lots[close.victim] = lots.get(close.victim, 0) + close.quantity
    roster = about.roster
    for place, account in enumerate(roster.accounts):
        is_candidate = roster.equities[place] > 0 and roster.unrealized[place] > 0
        if is_candidate and lots.get(account, 0) < roster.sizes[place]:
            return False
    if not is_everybody_seen:
        return None
    left = [row for row in roster.doubted if lots.get(row.account, 0) < row.size]
    return None if any(row.unrealized is None or row.unrealized > 0 for row in left) else True
