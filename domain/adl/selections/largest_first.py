"""`largest-first@1`: the largest position first, whoever is leveraged how much."""

from domain.adl.candidate import Candidate, Score
from domain.adl.selection import Circumstances, Selection


def score(candidate: Candidate, _: Circumstances) -> Score:
    """`N` in quote units."""
    return (candidate.notional, 1)


LARGEST_FIRST = Selection(
    name="largest-first@1",
    rule="Accounts in profit are closed in the order of the size of their position.",
    formula="score = N",
    models="keepers that touch as few accounts as they can",
    source="arXiv 2512.01112, fewest accounts touched",
    in_profit_only=True,
    score=score,
)
