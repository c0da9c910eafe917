"""`pnl-leverage@1`: profit ratio times effective leverage, the widely copied rule."""

from domain.adl.candidate import Candidate, Score
from domain.adl.selection import Circumstances, Selection


def score(candidate: Candidate, _: Circumstances) -> Score:
    """`r·λ` for a profit, `r/λ` for a loss, with `r = u/N0` and `λ = N/E`.

    Equity is positive: bankrupt accounts are no candidates.
    """
    c = candidate
    if c.unrealized >= 0:
        return (c.unrealized * c.notional, c.cost_notional * c.equity)
    return (c.unrealized * c.equity, c.cost_notional * c.notional)


PNL_LEVERAGE = Selection(
    name="pnl-leverage@1",
    rule=(
        "Winners are closed in the order of their profit in percent of entry, multiplied by how "
        "leveraged the account is; accounts in loss come last, the least leveraged of equals last."
    ),
    formula="score = r·λ if u >= 0, r/λ if u < 0;  r = u/N0, λ = N/E",
    models="the rule most venues publish (BitMEX, Bybit, Binance in words)",
    source="public ADL pages of BitMEX and Bybit; Binance in words",
    in_profit_only=False,
    score=score,
)
