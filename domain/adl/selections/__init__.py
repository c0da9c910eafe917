"""Which rules of selection does zerosum offer?

One file per selection and one line here; `docs/how-to/add-an-adl-policy.md` walks through it.
"""

from typing import Final

from domain.adl.selection import Selection
from domain.adl.selections.binance_quantile import BINANCE_QUANTILE
from domain.adl.selections.capped_pro_rata import CAPPED_PRO_RATA
from domain.adl.selections.external_list import EXTERNAL_LIST
from domain.adl.selections.hyperliquid_literal import HYPERLIQUID_LITERAL
from domain.adl.selections.hyperliquid_recovered import HYPERLIQUID_RECOVERED
from domain.adl.selections.hyperliquid_symmetric import HYPERLIQUID_SYMMETRIC
from domain.adl.selections.largest_first import LARGEST_FIRST
from domain.adl.selections.lexicographic import LEXICOGRAPHIC
from domain.adl.selections.pnl_leverage import PNL_LEVERAGE
from domain.adl.selections.pro_rata_profit import PRO_RATA_PROFIT
from domain.adl.selections.pro_rata_size import PRO_RATA_SIZE
from domain.adl.selections.profit_leverage_size import PROFIT_LEVERAGE_SIZE
from domain.adl.selections.profit_x_leverage import PROFIT_X_LEVERAGE
from domain.adl.selections.risk_aware_pro_rata import RISK_AWARE_PRO_RATA
from domain.adl.selections.roi_margin_ratio import ROI_MARGIN_RATIO
from domain.adl.selections.seeded_rotation import SEEDED_ROTATION

SELECTIONS: Final[dict[str, Selection]] = {
    selection.name: selection
    for selection in (
        PNL_LEVERAGE,
        PROFIT_LEVERAGE_SIZE,
        HYPERLIQUID_LITERAL,
        HYPERLIQUID_SYMMETRIC,
        HYPERLIQUID_RECOVERED,
        BINANCE_QUANTILE,
        ROI_MARGIN_RATIO,
        PROFIT_X_LEVERAGE,
        LEXICOGRAPHIC,
        LARGEST_FIRST,
        SEEDED_ROTATION,
        PRO_RATA_SIZE,
        PRO_RATA_PROFIT,
        CAPPED_PRO_RATA,
        RISK_AWARE_PRO_RATA,
        EXTERNAL_LIST,
    )
}
"""Stored name → selection."""
