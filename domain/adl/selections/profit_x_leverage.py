"""`profit-x-leverage@1`: profit in money times leverage; size counts."""

from domain.adl.candidate import Candidate, Score
from domain.adl.selection import Circumstances, Selection


def score(candidate: Candidate, _: Circumstances) -> Score:
    """`u·λ` in quote units, with `λ = N/E`."""
    return (candidate.unrealized * candidate.notional, candidate.equity)


PROFIT_X_LEVERAGE = Selection(
    name="profit-x-leverage@1",
    rule="Accounts in profit are closed in the order of their profit in money times leverage.",
    formula="score = u·λ;  λ = N/E",
    models="venues that rank by profit in money, a size-sensitive rule",
    source="public ADL pages",
    in_profit_only=True,
    score=score,
)
