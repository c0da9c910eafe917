"""`profit-leverage-size@1`: profit, leverage and size; the largest winners go first."""

from domain.adl.candidate import Candidate, Score
from domain.adl.selection import Circumstances, Selection


def score(candidate: Candidate, _: Circumstances) -> Score:
    """`r·λ·N` in quote units, with `r = u/N0` and `λ = N/E`."""
    c = candidate
    return (c.unrealized * c.notional * c.notional, c.cost_notional * c.equity)


PROFIT_LEVERAGE_SIZE = Selection(
    name="profit-leverage-size@1",
    rule=(
        "Only accounts in profit are closed, in the order of profit in percent of entry, "
        "multiplied "
        "by leverage and by the size of the position."
    ),
    formula="score = r·λ·N;  r = u/N0, λ = N/E, N in quote units",
    models="venues that add position size to profit and leverage",
    source="venue pages that name size as the third factor; arXiv 2512.01112",
    in_profit_only=True,
    score=score,
)
