"""Which rules of selection does zerosum offer?

One file per selection and one line here; `docs/how-to/add-an-adl-policy.md` walks through it.
"""

from typing import Final

from domain.adl.selection import Selection
from domain.adl.selections.pnl_leverage import PNL_LEVERAGE
from domain.adl.selections.pro_rata_size import PRO_RATA_SIZE
from domain.adl.selections.profit_leverage_size import PROFIT_LEVERAGE_SIZE

SELECTIONS: Final[dict[str, Selection]] = {
    selection.name: selection
    for selection in (PNL_LEVERAGE, PROFIT_LEVERAGE_SIZE, PRO_RATA_SIZE)
}
"""Stored name → selection."""
