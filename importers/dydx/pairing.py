"""Which two rows are one match, and how much money did a deleveraging move?

Two rows of one block are a match when market, size and price are equal and sides, accounts and
liquidity differ; where the event's id is known it must be equal too. A deleveraging prints total
quote divided by size: the total is found again by rounding to 1e-6, and checked.
"""

from collections.abc import Iterable
from fractions import Fraction
from typing import Final, NamedTuple

from domain.rounding import half_even
from importers.dydx.fills import DELEVERAGED, FORCED, OFFSETTING, Fill
from importers.hyperliquid.rows import MONEY_PLACES

CERTAIN_PLACES: Final = 11
"""Decimals to which the indexer's database divides at least; printed ones beyond count as well."""


class Match(NamedTuple):
    """One or both rows of a match; a public trade stands alone on the taker's side."""

    first: Fill
    second: Fill | None

    @property
    def rows(self) -> tuple[Fill, ...]:
        """The rows that are there."""
        return (self.first,) if self.second is None else (self.first, self.second)

    @property
    def is_forced(self) -> bool:
        """Whether this is a deleveraging."""
        return self.first.kind in FORCED

    def of_kind(self, kind: str) -> Fill | None:
        """The row of this type."""
        return next((row for row in self.rows if row.kind == kind), None)


def matches_of(fills: Iterable[Fill]) -> list[Match]:
    """The matches of one block, in the order of their first rows."""
    waiting: dict[tuple[object, ...], list[int]] = {}
    found: list[Match] = []
    for fill in fills:
        bucket = waiting.setdefault(_same(fill), [])
        partner = next((at for at in bucket if _fits(found[at].first, fill)), None)
        if partner is None:
            bucket.append(len(found))
            found.append(Match(fill, None))
        else:
            bucket.remove(partner)
            found[partner] = Match(found[partner].first, fill)
    return found


def quote_of(fill: Fill) -> int:
    """Total quote of a deleveraging row in units of 1e-6, as printed or found from its price."""
    if fill.quote is not None:
        return fill.quote
    amount = fill.amount * 10**MONEY_PLACES
    return half_even(amount.numerator, amount.denominator)


def is_quotient(fill: Fill) -> bool:
    """Whether the price is the total quote divided by the size, to the digits it shows."""
    size = fill.size.fraction()
    exact = Fraction(quote_of(fill), 10**MONEY_PLACES) / size
    places = max(fill.price.places, CERTAIN_PLACES)
    away = abs(exact - fill.price.fraction())
    return away <= Fraction(1, 2 * 10**places)


def _same(fill: Fill) -> tuple[object, ...]:
    block = fill.time if fill.height is None else fill.height
    return (fill.market, block, fill.size, fill.price, fill.kind in FORCED)


def _fits(first: Fill, second: Fill) -> bool:
    if first.sign == second.sign or first.account == second.account:
        return False
    if first.account is None or second.account is None:
        return False
    if first.event and second.event and first.event != second.event:
        return False
    if first.is_taker is not None and first.is_taker == second.is_taker:
        return False
    return first.kind not in FORCED or {first.kind, second.kind} == {DELEVERAGED, OFFSETTING}
