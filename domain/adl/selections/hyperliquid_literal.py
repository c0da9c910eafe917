"""`hyperliquid-literal@1`: the published index read literally, the same for longs and shorts."""

from domain.adl.candidate import Candidate, Score
from domain.adl.selection import Circumstances, Columns, ScoreColumns, Selection


def score(candidate: Candidate, _: Circumstances) -> Score:
    """`(P/e)·λ`, and `P/e = N/N0`. A more profitable short ranks lower."""
    c = candidate
    return (c.notional * c.notional, c.cost_notional * c.equity)


def many(columns: Columns) -> ScoreColumns:
    """`N·N / (N0·E)`."""
    pairs = zip(columns.cost_notionals, columns.equities, strict=True)
    return ScoreColumns([n * n for n in columns.notionals], [cost * e for cost, e in pairs])


HYPERLIQUID_LITERAL = Selection(
    name="hyperliquid-literal@1",
    rule=(
        "Accounts in profit are closed in the order of mark price divided by entry price, "
        "multiplied "
        "by leverage. Read literally, a short with more profit stands further back."
    ),
    formula="score = (P/e)·λ;  λ = N/E",
    models="Hyperliquid's published index, read literally for both sides",
    source="Hyperliquid docs, Auto-deleveraging (the text does not say how shorts are ranked)",
    in_profit_only=True,
    score=score,
    many=many,
)
