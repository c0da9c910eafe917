"""Under which terms is a log audited, and what is found out about each of its decisions?"""

from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Final

from domain.audit.checks import Check
from domain.audit.closes import CloseKey, RecordedClose
from domain.audit.knowledge import Assumption, Origin
from domain.audit.readings import Reading, default_readings
from domain.audit.roster import Roster
from domain.audit.verdict import Finding, MissingInput
from domain.specification import MarketSpec
from domain.units import Lots, MarketId, QuoteUnits, Ticks

SECOND: Final = 1_000_000_000
OLDEST_MARK: Final = 0
"""A mark is known at its own instant only: a few seconds later the venue may have set another."""


@dataclass(frozen=True, slots=True)
class Terms:
    """Under which readings and assumptions a log is audited."""

    readings: tuple[Reading, ...] = field(default_factory=default_readings)
    origin: Origin = Origin.DEPOSIT
    oldest_mark: int = OLDEST_MARK
    assumptions: frozenset[Assumption] = frozenset()
    markets: frozenset[MarketId] = frozenset()
    """Markets that are asked about; empty for all."""


@dataclass(frozen=True, slots=True)
class AuditedClose:
    """One close with its checks; cost is what the victim gave up against the mark."""

    close: RecordedClose
    cost: QuoteUnits | None
    unrealized: QuoteUnits | None
    equity: QuoteUnits | None
    checks: tuple[Check, ...]


@dataclass(frozen=True, slots=True)
class AuditedDecision:
    """One recorded decision with all that was found out about it."""

    id: str
    seq: int
    last_seq: int
    time: int
    key: CloseKey
    spec: MarketSpec
    mark: Ticks | None
    previous_mark: Ticks | None
    mark_seq: int
    """Seq of the event that set the mark; 0 without one."""
    price: Fraction
    bankrupt_quantity: Lots | None
    bankrupt_equity: QuoteUnits | None
    bankrupt_doubts: tuple[str, ...]
    bankruptcy_price: Fraction | None
    scope: str
    """The liquidation to which the deficit belongs; several decisions may share it."""
    roster: Roster | None
    """All holders of the side that was closed, just before; None where it was let go."""
    closes: tuple[AuditedClose, ...]
    checks: tuple[Check, ...]
    missing: tuple[MissingInput, ...]
    findings: tuple[Finding, ...]

    @property
    def quantity(self) -> Lots:
        """Lots closed."""
        return sum(row.close.quantity for row in self.closes)

    @property
    def deficit(self) -> QuoteUnits | None:
        """`max(0, −E)` of the bankrupt account; None when its equity is not known."""
        return None if self.bankrupt_equity is None else max(0, -self.bankrupt_equity)

    @property
    def cost(self) -> QuoteUnits | None:
        """What all victims gave up against the mark; None without a mark."""
        costs = [row.cost for row in self.closes]
        return None if None in costs else sum(cost for cost in costs if cost is not None)


def without_roster(found: AuditedDecision) -> AuditedDecision:
    """The same without the list of all holders, for keeping many."""
    return replace(found, roster=None)
