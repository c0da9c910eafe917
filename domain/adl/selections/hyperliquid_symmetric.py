"""`hyperliquid-symmetric@1`: the published index with the price ratio inverted for shorts."""

from domain.adl.candidate import Candidate, Score
from domain.adl.selection import Circumstances, Columns, ScoreColumns, Selection


def score(candidate: Candidate, _: Circumstances) -> Score:
    """`(P/e)^s·λ` with `P/e = N/N0`: for a short, `(N0/N)·(N/E) = N0/E`."""
    c = candidate
    if c.quantity > 0:
        return (c.notional * c.notional, c.cost_notional * c.equity)
    return (c.cost_notional, c.equity)


def many(columns: Columns) -> ScoreColumns:
    """`N·N / (N0·E)` for longs, `N0 / E` for shorts."""
    if columns.side < 0:
        return ScoreColumns(columns.cost_notionals, columns.equities)
    pairs = zip(columns.cost_notionals, columns.equities, strict=True)
    return ScoreColumns([n * n for n in columns.notionals], [cost * e for cost, e in pairs])


HYPERLIQUID_SYMMETRIC = Selection(
    name="hyperliquid-symmetric@1",
    rule=(
        "Accounts in profit are closed in the order of how far the price moved in their favour, "
        "as a "
        "ratio, multiplied by leverage; shorts use entry over mark."
    ),
    formula="score = (P/e)^s·λ;  s = +1 long, -1 short, λ = N/E",
    models="Hyperliquid's published index, read so that profit counts the same on both sides",
    source="Hyperliquid docs, Auto-deleveraging (the natural reading for shorts)",
    in_profit_only=True,
    score=score,
    many=many,
)
