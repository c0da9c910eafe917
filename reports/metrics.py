"""How much was taken, from how many, how evenly, and how much was left?

The measures of research on auto-deleveraging (arXiv 2512.01112), with their words: a winner's
endowment is `w = max(profit, 0)`, the capacity `U = Σ w`, the deficit `D = Σ max(−equity, 0)`, the
budget `B` what is taken from winners, the severity `θ = B / D`. Every ratio is an exact fraction
and travels with what its numerator and its denominator are.
"""

from collections.abc import Iterable, Sequence
from fractions import Fraction
from typing import NamedTuple

from domain.units import AccountId, Lots, QuoteUnits


class Ratio(NamedTuple):
    """A fraction that says what it is made of; no value where there is no denominator."""

    value: Fraction | None
    numerator: Fraction | int
    denominator: Fraction | int
    numerator_is: str
    denominator_is: str


class Overshoot(NamedTuple):
    """By how much a decision went beyond its purpose, in three meanings that are never mixed.

    Signed: below zero it stayed short of it. `beyond` cuts at zero, as the glossary defines them.
    """

    quantity: Fraction | int
    cost: Fraction | int
    profit: Fraction | int

    def beyond(self) -> "Overshoot":
        """The excess alone: `max(0, ·)` of each."""
        return Overshoot(*(max(0, value) for value in self))


class Taken(NamedTuple):
    """What one account gave up, beside what it had at the mark just before."""

    account: AccountId
    closed: Lots
    cost: QuoteUnits
    realized: QuoteUnits
    notional: QuoteUnits
    unrealized: QuoteUnits
    equity: QuoteUnits


def overshoot(
    *,
    needed: Fraction | int,
    closed: Fraction | int,
    cost: Fraction | int,
    realized: Fraction | int,
    deficit: Fraction | int,
) -> Overshoot:
    """Lots closed beyond the need, cost beyond the deficit, realised profit beyond the deficit."""
    return Overshoot(closed - needed, cost - deficit, realized - deficit)


def severity(budget: Fraction | int, deficit: Fraction | int) -> Ratio:
    """`θ = B / D`: the share of the deficit that winners paid."""
    return ratio(budget, deficit, "cost to all victims (B)", "deficit of the bankrupt (D)")


def ratio(
    numerator: Fraction | int,
    denominator: Fraction | int,
    numerator_is: str,
    denominator_is: str,
) -> Ratio:
    """A named ratio; without a denominator above zero it has no value."""
    value = Fraction(numerator) / denominator if denominator > 0 else None
    return Ratio(value, numerator, denominator, numerator_is, denominator_is)


def gini(amounts: Sequence[Fraction | int]) -> Fraction | None:
    """How unevenly non-negative amounts are spread over everybody: 0 all alike, `1 − 1/n` one
    alone.

    `Σ_i Σ_j |x_i − x_j| / (2 n Σ x)`, from the sorted amounts; None when nobody gave anything.
    """
    whole = sum(amounts)
    if whole <= 0:
        return None
    count = len(amounts)
    weighted = sum((2 * at - count - 1) * x for at, x in enumerate(sorted(amounts), start=1))
    return Fraction(weighted) / (count * whole)


def largest_share(taken: Sequence[Taken]) -> Ratio:
    """The largest part that one account bore of all that was closed.

    Counted in notional at the mark, which within one decision is the same as in lots.
    """
    closed: dict[AccountId, QuoteUnits] = {}
    for row in taken:
        closed[row.account] = closed.get(row.account, 0) + row.notional
    return ratio(
        max(closed.values(), default=0),
        sum(closed.values()),
        "notional closed of the account that gave most",
        "notional closed of all victims",
    )


def largest_haircut_of_equity(taken: Sequence[Taken]) -> Ratio:
    """The largest part of its equity that an account gave up in one decision."""
    return _largest(
        [(row.cost, row.equity) for row in taken],
        "cost to the victim that lost the largest part of its equity",
        "equity of that victim just before the decision",
    )


def largest_haircut_of_profit(taken: Sequence[Taken]) -> Ratio:
    """The largest part of its unrealised profit that an account gave up in one decision."""
    return _largest(
        [(row.cost, row.unrealized) for row in taken],
        "cost to the victim that lost the largest part of its profit",
        "unrealised profit of that victim just before the decision",
    )


def _largest(
    pairs: Iterable[tuple[QuoteUnits, QuoteUnits]], numerator_is: str, denominator_is: str
) -> Ratio:
    found = [(Fraction(cost, base), cost, base) for cost, base in pairs if base > 0]
    if not found:
        return Ratio(None, 0, 0, numerator_is, denominator_is)
    value, cost, base = max(found)
    return Ratio(value, cost, base, numerator_is, denominator_is)
