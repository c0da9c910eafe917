"""`lexicographic@1`: leverage, then profit, then the poorer, then the newer account."""

from domain.adl.candidate import Candidate, Score
from domain.adl.selection import Circumstances, Selection


def parts(candidate: Candidate, _: Circumstances) -> tuple[Score, ...]:
    """`(λ, u, −W, account seq)`, each higher first: lowest W, newest account."""
    c = candidate
    return (
        (c.notional, c.equity),
        (c.unrealized, 1),
        (c.unrealized - c.equity, 1),
        (c.account_seq, 1),
    )


LEXICOGRAPHIC = Selection(
    name="lexicographic@1",
    rule=(
        "Accounts in profit are closed in the order of leverage; equal leverage by profit in "
        "money, "
        "then the account with less besides the profit, then the account opened last."
    ),
    formula="order by λ, then u, then lowest W = E - u, then newest account",
    models="venues that document their tie-breaks",
    source="public ADL pages with documented tie-breaks",
    in_profit_only=True,
    parts=parts,
)
