"""Who is one margin unit, what did it bring in, and what may it do?

An account knows what its own stream says: identity, role, deposits and withdrawals, and whether it
is in liquidation. Its cash also changes in markets, so cash stands in the venue.
"""

from dataclasses import dataclass, replace
from typing import Final

from domain.events import Role
from domain.units import AccountId, QuoteUnits

TREASURY: Final = "treasury"
ROUNDING: Final = "rounding"
INSURANCE: Final = "insurance"
UNCOVERED: Final = "uncovered"
SYSTEM_ACCOUNTS: Final = (INSURANCE, ROUNDING, TREASURY, UNCOVERED)


@dataclass(frozen=True, slots=True)
class Account:
    """Identity, role, net deposits, and the open liquidation if there is one."""

    id: AccountId
    role: Role
    opened_seq: int
    net_deposits: QuoteUnits = 0
    liquidation: str | None = None

    @property
    def in_liquidation(self) -> bool:
        """While in liquidation an account may receive deposits and nothing else."""
        return self.liquidation is not None

    def deposited(self, amount: QuoteUnits) -> "Account":
        """The account after money came in (negative: went out)."""
        return replace(self, net_deposits=self.net_deposits + amount)

    def in_hands_of(self, liquidation: str | None) -> "Account":
        """The account after a liquidation started (its id) or ended (None)."""
        return replace(self, liquidation=liquidation)
