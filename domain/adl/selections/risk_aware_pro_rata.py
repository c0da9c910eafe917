"""`risk-aware-pro-rata@1`: who runs more leverage gives more."""

from fractions import Fraction

from domain.adl.candidate import Candidate
from domain.adl.selection import Circumstances, Parameter, Selection
from domain.adl.selections.readers import exponent


def weight(candidate: Candidate, circumstances: Circumstances) -> Fraction:
    """`λ·g(λ)` with `g(λ) = λ^k`, `λ = N/E`."""
    leverage = Fraction(candidate.notional, candidate.equity)
    return Fraction(leverage ** (int(circumstances.parameter("k")) + 1))


RISK_AWARE_PRO_RATA = Selection(
    name="risk-aware-pro-rata@1",
    rule=(
        "Every account in profit is closed by lots in proportion to its leverage, the more steeply "
        "the larger the exponent k."
    ),
    formula="share_i = t·λ_i·g(λ_i), g(λ) = λ^k, never beyond capacity_i",
    models="research: leverage pays",
    source="arXiv 2512.01112, weighted rules",
    in_profit_only=True,
    weight=weight,
    parameters=(Parameter("k", exponent, "whole exponent from 0 to 64", "1"),),
)
