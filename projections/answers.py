"""In which shape do projections answer?

Plain frozen records in whole units (ticks, lots, quote units, exact fractions). Reports turn them
into decimal strings; nothing here formats. A balance at a past moment has the same shape as one at
the head, whether it comes from rows or from a folded venue.
"""

from dataclasses import dataclass, field
from fractions import Fraction

from domain.specification import MarketSpec


@dataclass(frozen=True, slots=True)
class MarketState:
    """One market: specification, marks, and what is open on both sides."""

    spec: MarketSpec
    mark: int | None
    previous_mark: int | None
    mark_seq: int
    long: int
    short: int
    holders_long: int
    holders_short: int


@dataclass(frozen=True, slots=True)
class Holding:
    """One open position."""

    account: str
    market: str
    quantity: int
    cost: int
    opened_seq: int
    basis_known: bool


@dataclass(frozen=True, slots=True)
class AccountState:
    """One account: cash, what it brought in, and whether it is in liquidation."""

    account: str
    role: str
    cash: int
    net_deposits: int
    liquidation: str | None


@dataclass(frozen=True, slots=True)
class Books:
    """Everybody's state after `seq` events; rows sorted by id (code point order)."""

    seq: int
    time: int
    name: str
    quote: str
    kind: str | None
    net_deposits: int
    accounts: tuple[AccountState, ...]
    holdings: tuple[Holding, ...]
    markets: tuple[MarketState, ...]


@dataclass(frozen=True, slots=True)
class StatementRow:
    """What one event did to one account, with its cash and position in that market afterwards."""

    account: str
    seq: int
    time: int
    type: str
    market: str | None
    quantity: int | None
    price: Fraction | None
    cash_change: int
    cash: int
    position: int | None
    ref: str


@dataclass(frozen=True, slots=True)
class TimelineStep:
    """One step of a liquidation: start, book (one a fill), takeover, adl (one a decision), end."""

    seq: int
    step: str
    market: str | None
    quantity: int
    price: Fraction | None
    loss: int
    left: int | None
    reason: str


@dataclass(frozen=True, slots=True)
class Timeline:
    """One liquidation from start to end (or still waiting)."""

    id: str
    account: str
    started_seq: int
    equity: int
    maintenance_margin: int
    outcome: str
    steps: tuple[TimelineStep, ...]


@dataclass(frozen=True, slots=True)
class RecordedStep:
    """One step of a liquidation that a venue decided elsewhere; None is not in the record.

    `takeovers` are, for an adl step, the liquidations that the vault's position came from.
    """

    seq: int
    step: str
    market: str | None
    quantity: int
    price: Fraction | None
    loss: int | None
    left: int | None
    reason: str | None
    takeovers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RecordedTimeline:
    """One recorded liquidation, from its first forced row to its last.

    Equity and maintenance margin are those of the books just before, where they are certain; the
    outcome is known where they are certain that the account holds nothing any more.
    `deleveraged_in` are decisions that closed what a vault took over here.
    """

    id: str
    account: str
    started_seq: int
    equity: int | None
    maintenance_margin: int | None
    outcome: str | None
    steps: tuple[RecordedStep, ...]
    deleveraged_in: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class MarkRow:
    """One mark update."""

    market: str
    seq: int
    time: int
    price: int


@dataclass(frozen=True, slots=True)
class RankedRow:
    """One ranked candidate of a decision (money in quote units, quantity and closed in lots)."""

    rank: int
    account: str
    quantity: int
    cost: int
    unrealized: int
    equity: int
    maintenance_margin: int
    capacity: int
    score: Fraction | None
    closed: int
    closed_cost: int
    realized: int


@dataclass(frozen=True, slots=True)
class Totals:
    """What conservation is checked on: both sides of the market, all equity, net deposits."""

    open_interest_long: int
    open_interest_short: int
    equity_sum: int
    net_deposits: int


@dataclass(frozen=True, slots=True)
class WaterfallStep:
    """What one step of the pass offered and gave in this market, why it stopped, and its events."""

    step: str
    offered: int
    used: int
    left: int
    reason: str
    seqs: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class AdlRound:
    """One ADL decision with its closures: enough to explain it without reading the log again.

    `ranking_root_equal` is None where rows are salted: the read model has no row key.
    """

    id: str
    seq: int
    last_seq: int
    time: int
    spec: MarketSpec
    bankrupt: str
    side: str
    liquidation_id: str
    policy: str
    policy_digest: str
    policy_seq: int
    close_price_rule: str
    close_price: Fraction
    bankruptcy_price: Fraction
    trigger: str
    vault_candidate: str
    parameters: tuple[tuple[str, str], ...]
    mark: int
    previous_mark: int | None
    equity: int
    maintenance_margin: int
    needed: int
    closed: int
    residual: int
    losers_included: bool
    candidates: int
    excluded: tuple[tuple[str, int], ...]
    ranking_root: str
    redecided_equal: bool
    ranking_root_equal: bool | None
    waterfall: tuple[WaterfallStep, ...]
    before: Totals
    after: Totals
    evidence: tuple[tuple[int, str], ...]
    ranking: tuple[RankedRow, ...] = field(default=())

    @property
    def deficit(self) -> int:
        """`max(0, −E)` of the bankrupt account at the decision's mark, before the step."""
        return max(0, -self.equity)

    @property
    def cost(self) -> int:
        """What all victims together gave up against the mark."""
        return sum(row.closed_cost for row in self.ranking)
