"""What do the audited decisions of a log add up to: in all, by market, by burst, by reading?

A deficit is counted once per bankrupt scope, where it was largest: an account that stays under
water lacks its money once, however often it is closed. Measures compare what was done with what
each reading would have done, over the decisions in which nothing is missing.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from domain.audit.decisions import AuditedDecision
from domain.audit.readings import Reading
from domain.position import fill
from domain.units import AccountId, Lots, QuoteUnits
from reports.audit_rows import fits, price_rules
from reports.metrics import (
    Overshoot,
    Ratio,
    Taken,
    gini,
    largest_haircut_of_equity,
    largest_haircut_of_profit,
    largest_share,
    overshoot,
    severity,
)
from reports.whatif_measures import GINI_IS


@dataclass(slots=True)
class Side:
    """What was done, or what a reading would have done, in the decisions that are measured."""

    taken: list[Taken] = field(default_factory=list)

    def ratios(self, deficit: QuoteUnits, holders: set[AccountId]) -> dict[str, Ratio]:
        """The ratios of a comparison of policies."""
        costs = dict.fromkeys(holders, 0)
        for row in self.taken:
            costs[row.account] = costs.get(row.account, 0) + row.cost
        amounts = [max(0, cost) for cost in costs.values()]
        value, whole = gini(amounts), 2 * len(amounts) * sum(amounts)
        return {
            "largest_share": largest_share(self.taken),
            "gini": Ratio(value, (value or 0) * whole, whole, *GINI_IS),
            "severity": severity(sum(row.cost for row in self.taken), deficit),
            "largest_haircut_of_equity": largest_haircut_of_equity(self.taken),
            "largest_haircut_of_profit": largest_haircut_of_profit(self.taken),
        }

    @property
    def accounts_touched(self) -> int:
        """How many different accounts were closed."""
        return len({row.account for row in self.taken})


@dataclass(slots=True)
class Group:
    """Sums over some of the decisions."""

    name: str
    readings: Sequence[Reading]
    decisions: int = 0
    closes: int = 0
    notional: QuoteUnits = 0
    cost: QuoteUnits = 0
    cost_unknown: int = 0
    realized: QuoteUnits = 0
    overshoot_quantity: Mapping[str, Lots] = field(default_factory=dict)
    quantity: dict[str, Lots] = field(default_factory=dict)
    victims: set[AccountId] = field(default_factory=set)
    first_time: int = 0
    last_time: int = 0
    verdicts: Counter[tuple[str, str]] = field(default_factory=Counter)
    fits: Counter[str] = field(default_factory=Counter)
    prices: Counter[str] = field(default_factory=Counter)
    checks: Counter[tuple[str, str]] = field(default_factory=Counter)
    close_checks: Counter[tuple[str, str]] = field(default_factory=Counter)
    deficits: dict[str, QuoteUnits] = field(default_factory=dict)
    deficit_unknown: set[str] = field(default_factory=set)
    missing: Counter[str] = field(default_factory=Counter)
    measured: int = 0
    measured_deficits: dict[str, QuoteUnits] = field(default_factory=dict)
    holders: set[AccountId] = field(default_factory=set)
    actual: Side = field(default_factory=Side)
    others: list[Side] = field(default_factory=list)

    @property
    def deficit(self) -> QuoteUnits:
        """Of all scopes whose deficit is known, each once."""
        return sum(self.deficits.values())

    @property
    def scopes_unknown(self) -> int:
        """How many scopes have a deficit that nobody knows."""
        return len(self.deficit_unknown - set(self.deficits))

    @property
    def overshoot(self) -> Overshoot | None:
        """Cost and realised profit beyond the deficit; lots beyond need stand by market.

        None where a deficit or a cost is unknown: what is beyond an unknown sum, nobody knows.
        """
        if self.scopes_unknown or self.cost_unknown:
            return None
        beyond = sum(self.overshoot_quantity.values())
        return overshoot(
            needed=0,
            closed=beyond,
            cost=self.cost,
            realized=self.realized,
            deficit=self.deficit,
        ).beyond()

    def add(self, found: AuditedDecision) -> None:
        """Count one decision."""
        market = found.spec.id
        self.decisions += 1
        self.closes += len(found.closes)
        self.first_time = self.first_time or found.time
        self.last_time = found.time
        lots = found.quantity
        self.quantity[market] = self.quantity.get(market, 0) + lots
        self.notional += sum(abs(row.close.amount) for row in found.closes)
        self.realized += sum(row.close.realized for row in found.closes)
        if found.cost is None:
            self.cost_unknown += 1
        else:
            self.cost += found.cost
        if found.bankrupt_quantity is not None and lots > abs(found.bankrupt_quantity):
            beyond = dict(self.overshoot_quantity)
            beyond[market] = beyond.get(market, 0) + lots - abs(found.bankrupt_quantity)
            self.overshoot_quantity = beyond
        self.victims.update(row.close.victim for row in found.closes)
        self.fits[fits(found)] += 1
        self.prices[" ".join(price_rules(found.checks)) or "none"] += 1
        for one in found.findings:
            self.verdicts[one.reading.letter, str(one.verdict)] += 1
            self.missing.update({each.code for each in one.missing})
        self.checks.update((one.name, str(one.answer)) for one in found.checks)
        for row in found.closes:
            self.close_checks.update((one.name, str(one.answer)) for one in row.checks)
        if found.deficit is None:
            self.deficit_unknown.add(found.scope)
        else:
            known = self.deficits.get(found.scope, 0)
            self.deficits[found.scope] = max(known, found.deficit)

    def measure(self, found: AuditedDecision, measured: "Measured") -> None:
        """Take a decision into the comparison."""
        self.measured += 1
        known = self.measured_deficits.get(found.scope, 0)
        self.measured_deficits[found.scope] = max(known, found.deficit or 0)
        self.holders.update(measured.accounts)
        self.actual.taken += measured.actual
        self.others = self.others or [Side() for _ in measured.others]
        for side, taken in zip(self.others, measured.others, strict=True):
            side.taken += taken


class Measured(NamedTuple):
    """One decision in the comparison: who could be asked, what was taken, what would have been."""

    accounts: Sequence[AccountId]
    actual: list[Taken]
    others: list[list[Taken]]


def measured(found: AuditedDecision) -> Measured | None:
    """The decision as it is compared; None if anything is missing or a bankrupt was closed."""
    roster, mark = found.roster, found.mark
    if roster is None or mark is None or found.deficit is None or not found.findings:
        return None
    if roster.doubted or found.missing:
        return None
    # Whoever is bankrupt is asked for nothing and has no equity to lose a share of.
    equities = dict(zip(roster.accounts, roster.equities, strict=True))
    asked = [name for name, equity in equities.items() if equity > 0]
    if any(equities.get(row.close.victim, 0) <= 0 for row in found.closes):
        return None
    lots: dict[AccountId, Lots] = {}
    for row in found.closes:
        lots[row.close.victim] = lots.get(row.close.victim, 0) + row.close.quantity
    per_lot = mark * found.spec.point_value
    others = [_taken(found, one.would_close, per_lot) for one in found.findings]
    return Measured(asked, _taken(found, lots, per_lot), others)


def _taken(found: AuditedDecision, lots: Mapping[AccountId, Lots], per_lot: int) -> list[Taken]:
    """What each account gives up at the price of the decision, from its books just before."""
    roster, side = found.roster, found.key.side
    if roster is None:
        return []
    rows = []
    price, point_value = found.price, found.spec.point_value
    for name, closed in lots.items():
        place = roster.places[name]
        position = roster.known[place].position
        # A price that was printed is whole ticks, so this rounds nothing.
        whole = price.numerator * closed * point_value // price.denominator
        cost = side * (closed * per_lot - whole)
        realized = fill(position, -side * closed, -side * whole, 0).realized
        rows.append(
            Taken(
                name,
                closed,
                cost,
                realized,
                closed * per_lot,
                roster.unrealized[place],
                roster.equities[place],
            )
        )
    return rows


class Summary:
    """Adds up decisions as they come."""

    def __init__(self, readings: Sequence[Reading], burst_gap: int) -> None:
        """`burst_gap` in nanoseconds: a longer pause between decisions begins another burst."""
        self._readings = readings
        self._gap = burst_gap
        self.all = Group("all", readings)
        self.markets: dict[str, Group] = {}
        self.bursts: list[Group] = []

    def add(self, found: AuditedDecision) -> None:
        """Count one decision; decisions come in the order of the log."""
        market = found.spec.id
        if market not in self.markets:
            self.markets[market] = Group(market, self._readings)
        if not self.bursts or found.time - self.bursts[-1].last_time > self._gap:
            self.bursts.append(Group(str(len(self.bursts) + 1), self._readings))
        taken = measured(found)
        for group in (self.all, self.markets[market], self.bursts[-1]):
            group.add(found)
            if taken is not None:
                group.measure(found, taken)
