"""Where does the rounding of an hour's funding go?

Each payment of a coin and hour is rounded by itself, so all of them together miss zero by less than
one unit each. Where an archive's hour is complete in this sense, the remainder leaves
`outside:funding:<coin>` for `rounding:funding`; a larger sum means that payers are missing, and
stays where it is seen. Who holds the coin and has no payment is then in doubt; where all holders
have one, nobody knows whose is wrong, and all are.
"""

from dataclasses import dataclass, field
from typing import Final, NamedTuple

from importers.hyperliquid.rows import Funding, Place

ROUNDING: Final = "rounding:funding"


class FundingRound(NamedTuple):
    """All payments of a coin at one instant; `total` is Σ received in quote units."""

    coin: str
    time: int
    block: int
    payments: int
    total: int
    place: Place

    @property
    def is_complete(self) -> bool:
        """Whether nothing but rounding can be missing: half a unit for each payment."""
        return 2 * abs(self.total) <= self.payments

    @property
    def key(self) -> str:
        """What the movement of the remainder is known by."""
        return f"rounding|funding|{self.coin}|{self.block}"


@dataclass(slots=True)
class FundingRounds:
    """Gathers the payments of an instant; those recorded earlier are counted too."""

    _open: dict[str, list[Funding]] = field(default_factory=dict)

    def meet(self, row: Funding) -> None:
        """One payment of a block; what an API dump says of one account is no round."""
        if row.block is not None and row.samples == 1:
            self._open.setdefault(row.coin, []).append(row)

    def closed(self) -> list[tuple[FundingRound, frozenset[str]]]:
        """The rounds of the instant by coin, each with whose payments they are."""
        if not self._open:
            return []
        found: list[tuple[FundingRound, frozenset[str]]] = []
        for coin in sorted(self._open):
            rows = self._open[coin]
            first = rows[0]
            total = sum(row.paid for row in rows)
            round_ = FundingRound(coin, first.time, first.block or 0, len(rows), total, first.place)
            found.append((round_, frozenset(row.account for row in rows)))
        self._open = {}
        return found
