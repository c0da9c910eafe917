"""`roi-margin-ratio@1`: return on entry divided by the margin ratio of the position."""

from domain.adl.candidate import Candidate, Score
from domain.adl.selection import Circumstances, Selection


def score(candidate: Candidate, _: Circumstances) -> Score:
    """`s(P − e)/e ÷ (E/N)`, which is `(u/N0)·(N/E)`."""
    c = candidate
    return (c.unrealized * c.notional, c.cost_notional * c.equity)


ROI_MARGIN_RATIO = Selection(
    name="roi-margin-ratio@1",
    rule=(
        "Accounts in profit are closed in the order of their return on the entry price divided by "
        "their margin ratio."
    ),
    formula="score = (s(P-e)/e) / (E/N)",
    models="venues that publish return over margin ratio",
    source="public ADL pages; equal to r·λ for accounts in profit",
    in_profit_only=True,
    score=score,
)
