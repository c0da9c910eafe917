"""`pro-rata-profit@1`: everybody in profit gives in proportion to that profit."""

from domain.adl.candidate import Candidate
from domain.adl.selection import Circumstances, Selection


def weight(candidate: Candidate, _: Circumstances) -> int:
    """Unrealised profit."""
    return candidate.unrealized


PRO_RATA_PROFIT = Selection(
    name="pro-rata-profit@1",
    rule=(
        "Every account in profit is closed by lots in proportion to its profit in money; who "
        "cannot "
        "give more than it holds gives all, and the rest is shared again."
    ),
    formula="share_i = t·u_i, never beyond capacity_i, with the level t that meets the need",
    models="fairness comparator: who won more gives more",
    source="arXiv 2512.01112, proportional rules",
    in_profit_only=True,
    weight=weight,
)
