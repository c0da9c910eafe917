"""`binance-quantile@1`: profit against the rest of the account, times the margin ratio."""

from fractions import Fraction

from domain.adl.candidate import Candidate, Score
from domain.adl.selection import Circumstances, Selection


def score(candidate: Candidate, circumstances: Circumstances) -> Score:
    """`max(0, u) / max(one quote, W) · M/E`, with `W = E − u` and one whole unit of the quote
    currency.

    Scale-dependent: the floor of one quote is an amount of money.
    """
    c = candidate
    floor = max(circumstances.one_quote, Fraction(c.equity - c.unrealized))
    return (
        max(0, c.unrealized) * c.maintenance_margin * floor.denominator,
        floor.numerator * c.equity,
    )


BINANCE_QUANTILE = Selection(
    name="binance-quantile@1",
    rule=(
        "Profit divided by what the account holds without it (at least one unit of the quote "
        "currency), multiplied by maintenance margin over equity. Accounts in loss all stand at "
        "zero."
    ),
    formula="score = max(0, u)/max(1 quote, W) · M/E;  W = E - u",
    models="Binance's ADL quantile",
    source="Binance developer forum, topic 17801",
    in_profit_only=False,
    score=score,
    scale_dependent=True,
)
