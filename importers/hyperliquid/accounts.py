"""What did the rows say about each account, and do the books say the same?

Two sums are made independently, from the printed rows and from the books, and must agree exactly:

    cash         = Σ closedPnl − Σ fee + funding + transfers + residue
    cash − cost  = Σ(−side·sz·px − fee) + funding + transfers + basis corrections
"""

from dataclasses import dataclass, field
from typing import NamedTuple

from domain.venue import Venue

RESIDUES = ("average_price_truncation", "closed_pnl_differs", "closed_pnl_unknown")


class Standing(NamedTuple):
    """Cash and the cost of all positions of an account."""

    cash: int
    cost: int

    @classmethod
    def of(cls, venue: Venue, account: str) -> "Standing":
        """Where the account stands now."""
        cost = sum(
            venue.markets[market].positions[account].cost
            for market in venue.holdings.get(account, ())
        )
        return cls(venue.cash.get(account, 0), cost)


@dataclass(slots=True)
class AccountSums:
    """The sums of one account's rows, in quote units, and what is not certain about it."""

    account: str
    before: Standing
    doubts: set[str]
    rows: int = 0
    closed_pnl: int = 0
    fees: int = 0
    flow: int = 0
    funding: int = 0
    deposits: int = 0
    withdrawals: int = 0
    transfers: int = 0
    opening_basis: int = 0
    gap_basis: int = 0
    residues: dict[str, int] = field(default_factory=dict)

    @property
    def moved_in(self) -> int:
        """What came in beside trading."""
        return self.funding + self.deposits - self.withdrawals + self.transfers

    @property
    def residue(self) -> int:
        """What the books realised more than the rows print."""
        return sum(self.residues.values())

    def add_residue(self, name: str, amount: int) -> None:
        """Name a difference between the books' result and the printed one."""
        self.residues[name] = self.residues.get(name, 0) + amount

    def checked(self, venue: Venue) -> "CheckedAccount":
        """Both identities against the books."""
        now = Standing.of(venue, self.account)
        cash = now.cash - self.before.cash
        raw = cash - (now.cost - self.before.cost)
        return CheckedAccount(
            self,
            now,
            cash - (self.closed_pnl - self.fees + self.moved_in + self.residue),
            raw - (self.flow - self.fees + self.moved_in + self.opening_basis + self.gap_basis),
            {
                market: venue.markets[market].positions[self.account].quantity
                for market in venue.holdings.get(self.account, ())
            },
        )


class CheckedAccount(NamedTuple):
    """An account's sums, where it stands, the differences of both identities, its positions."""

    sums: AccountSums
    now: Standing
    cash_difference: int
    raw_difference: int
    positions: dict[str, int]

    @property
    def is_exact(self) -> bool:
        """Whether both identities hold."""
        return self.cash_difference == self.raw_difference == 0

    @property
    def status(self) -> str:
        """`exact`, or every reason for doubt."""
        return ", ".join(sorted(self.sums.doubts)) or "exact"
