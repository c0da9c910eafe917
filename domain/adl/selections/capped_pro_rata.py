"""`capped-pro-rata@1`: in proportion to profit, but nobody beyond a share of the position."""

from fractions import Fraction

from domain.adl.candidate import Candidate
from domain.adl.selection import Circumstances, Parameter, Selection
from domain.adl.selections.readers import share
from domain.units import parse_ratio


def weight(candidate: Candidate, _: Circumstances) -> int:
    """Unrealised profit."""
    return candidate.unrealized


def limit(candidate: Candidate, circumstances: Circumstances) -> int:
    """`⌊cap·|q|⌋` lots."""
    cap = parse_ratio(circumstances.parameter("cap")) or Fraction(0)
    return candidate.size * cap.numerator // cap.denominator


CAPPED_PRO_RATA = Selection(
    name="capped-pro-rata@1",
    rule=(
        "Every account in profit is closed in proportion to its profit, but by no more than a "
        "fixed "
        "share of its position. If that does not suffice the caps are dropped for everybody."
    ),
    formula="share_i = t·u_i, never beyond ⌊cap·|q_i|⌋ nor capacity_i",
    models="research: bounded burden",
    source="arXiv 2512.01112, capped rules",
    in_profit_only=True,
    weight=weight,
    limit=limit,
    parameters=(Parameter("cap", share, "largest share of a position, above 0, at most 1"),),
)
