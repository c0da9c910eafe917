"""`pro-rata-size@1`: everybody in profit gives up the same share of the position."""

from domain.adl.candidate import Candidate
from domain.adl.selection import Circumstances, Selection


def weight(candidate: Candidate, _: Circumstances) -> int:
    """Lots held."""
    return candidate.size


PRO_RATA_SIZE = Selection(
    name="pro-rata-size@1",
    rule=(
        "Every account in profit is closed by the same share of its position; whole lots first, "
        "the "
        "missing lots go to the largest remainders."
    ),
    formula="share_i = need·|q_i| / Σ|q|, never beyond capacity_i",
    models="fairness comparator; venues that socialise by size",
    source="arXiv 2512.01112, section on proportional rules",
    in_profit_only=True,
    weight=weight,
)
