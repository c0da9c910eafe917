"""What would winners lose if money were taken from their profits instead of lots being closed?

The comparison that research makes (arXiv 2512.01112): an account's endowment is its profit
`w = max(profit, 0)`, a budget `B` is taken, nobody loses more than its endowment. A venue that
closes lots takes other amounts from other people; nothing here changes a log. All exact.
"""

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import NamedTuple

from domain.units import AccountId

Money = Fraction | int


class Infeasible(ValueError):
    """The endowments within their caps do not reach the budget: principal may not be touched."""


class Haircut(NamedTuple):
    """Which part of its endowment each account loses, in the order in which accounts were given."""

    fractions: dict[AccountId, Fraction]
    seized: dict[AccountId, Fraction]
    level: Fraction | None = None
    """The common level of a rule that has one."""
    at_cap: tuple[AccountId, ...] = ()


class TopWinnerGap(NamedTuple):
    """By how much more the largest winner keeps pro rata than in a queue that starts with it."""

    queue_first_after: Fraction
    pro_rata_first_after: Fraction
    queue_largest_after: Fraction
    pro_rata_largest_after: Fraction

    @property
    def gap(self) -> Fraction:
        """`B·(1 − w₁/U)`, what the account that was largest keeps more."""
        return self.pro_rata_first_after - self.queue_first_after

    @property
    def gap_of_largest(self) -> Fraction:
        """The same between whoever is largest afterwards: another account may have become it."""
        return self.pro_rata_largest_after - self.queue_largest_after


def endowments_of(profits: Mapping[AccountId, Money]) -> dict[AccountId, Money]:
    """`w = max(profit, 0)`, whatever the account's equity."""
    return {account: max(0, profit) for account, profit in profits.items()}


def in_queue(
    endowments: Mapping[AccountId, Money], budget: Money, order: Sequence[AccountId]
) -> Haircut:
    """Everything from the first, then from the next, until the budget is met; who is not in the
    order keeps all.
    """
    _refuse(sum(endowments[account] for account in order), budget)
    left, seized = Fraction(budget), dict.fromkeys(endowments, Fraction(0))
    for account in order:
        seized[account] = min(Fraction(endowments[account]), left)
        left -= seized[account]
    return Haircut(_fractions(endowments, seized), seized)


def at_one_level(
    endowments: Mapping[AccountId, Money],
    budget: Money,
    caps: Mapping[AccountId, Fraction] | None = None,
    weights: Mapping[AccountId, Money] | None = None,
) -> Haircut:
    """`h = min(cap, η·weight)` with the level η at which `Σ w·h` is the budget.

    Without caps (1) and weights (1) this is pro rata, `h = B/U`. A weight of zero spares the
    account. Raises `Infeasible`.
    """
    caps = caps or dict.fromkeys(endowments, Fraction(1))
    weights = weights or dict.fromkeys(endowments, 1)
    asked = [account for account, endowment in endowments.items() if endowment and weights[account]]
    _refuse(sum(endowments[account] * caps[account] for account in asked), budget)
    level = _level([(caps[one], weights[one], endowments[one]) for one in asked], budget)
    parts = dict.fromkeys(endowments, Fraction(0))
    parts |= {account: min(caps[account], level * weights[account]) for account in asked}
    return Haircut(
        parts,
        {account: parts[account] * endowments[account] for account in endowments},
        level,
        tuple(one for one in asked if level * weights[one] >= caps[one]),
    )


def top_winner_gap(endowments: Sequence[Money], budget: Money) -> TopWinnerGap:
    """Pro rata against a queue that starts with the largest; endowments stand largest first."""
    named = {str(at): endowment for at, endowment in enumerate(endowments)}
    left = {
        rule: [named[one] - found.seized[one] for one in named]
        for rule, found in (
            ("queue", in_queue(named, budget, list(named))),
            ("pro rata", at_one_level(named, budget)),
        )
    }
    return TopWinnerGap(
        Fraction(left["queue"][0]),
        Fraction(left["pro rata"][0]),
        Fraction(max(left["queue"])),
        Fraction(max(left["pro rata"])),
    )


def _refuse(capacity: Money, budget: Money) -> None:
    if budget > capacity:
        raise Infeasible(f"{budget} are asked for, {capacity} can be taken")


def _level(rows: Sequence[tuple[Fraction, Money, Money]], budget: Money) -> Fraction:
    """The least level that reaches the budget; rows are (cap, weight, endowment)."""
    rows = sorted(rows, key=lambda row: row[0] / Fraction(row[1]))
    left = Fraction(budget)
    open_weight = Fraction(sum(weight * endowment for _, weight, endowment in rows))
    level = Fraction(0)
    for cap, weight, endowment in rows:
        level = left / open_weight
        if level * weight <= cap:
            return level
        level = cap / Fraction(weight)
        left -= cap * endowment
        open_weight -= weight * endowment
    return level


def _fractions(
    endowments: Mapping[AccountId, Money], seized: Mapping[AccountId, Fraction]
) -> dict[AccountId, Fraction]:
    return {
        account: seized[account] / whole if whole else Fraction(0)
        for account, whole in endowments.items()
    }
