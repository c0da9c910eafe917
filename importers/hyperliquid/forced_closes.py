"""Which forced close is this match, and who is on which side of it?

In the order of the format reference: the method, the label of the winner, the name of the
liquidated account, who took liquidity. A row without its partner says as much as it can: a winner's
row names its close for certain; a loser's row alone may be a takeover or an auto-deleveraging
close, and the side on which its price lies of the mark is a hint, never a proof.
"""

from typing import Final, Literal, NamedTuple

from importers.hyperliquid.fill_rows import account_in
from importers.hyperliquid.labels import ADL, is_forced
from importers.hyperliquid.pairing import Match, Side
from importers.hyperliquid.rows import Liquidation, exact

MARKET: Final = "market"
Kind = Literal["adl", "takeover"]


class ForcedClose(NamedTuple):
    """A forced close with the sides whose rows are there; `findings` say what was not certain.

    Without a kind it is booked as a recorded trade.
    """

    kind: Kind | None
    losing: Side | None = None
    winning: Side | None = None
    findings: tuple[str, ...] = ()


def liquidation_of(match: Match) -> Liquidation | None:
    """The liquidation mark of a match; both rows carry the same."""
    for side in match.sides:
        if side.fill.liquidation is not None:
            return side.fill.liquidation
    return None


def liquidated_in(match: Match, liquidation: Liquidation) -> str | None:
    """The account that is liquidated; unnamed, it is the taker of a market liquidation."""
    if liquidation.user is not None:
        return account_in(liquidation.user, match.coin)
    if liquidation.method == MARKET:
        takers = [side.fill.account for side in match.sides if side.fill.taker]
        return takers[0] if len(takers) == 1 else None
    return None


def forced_close(match: Match) -> ForcedClose | None:
    """What the labels say a match is; None for a match that is no forced close."""
    labels = [side.fill.label for side in match.sides]
    if not any(map(is_forced, labels)):
        return None
    liquidation = liquidation_of(match)
    if liquidation is not None and liquidation.method == MARKET:
        return ForcedClose(None, findings=("market_liquidation_with_a_label_of_its_own",))
    if match.is_self_match:
        return ForcedClose(None, findings=("forced_close_with_itself",))
    if len(match.sides) == 2:
        losing, winning = _parties(match)
        return ForcedClose("adl" if ADL in labels else "takeover", losing, winning)
    return _alone(match.sides[0], liquidation)


def _alone(side: Side, liquidation: Liquidation | None) -> ForcedClose:
    one_row = "forced_close_with_one_row"
    if side.fill.label == ADL:
        return ForcedClose("adl", winning=side, findings=(one_row,))
    user = None if liquidation is None else liquidation.user
    if user is not None and side.fill.account.startswith("0x"):
        is_loser = side.fill.account.partition("@")[0] == user
        findings: tuple[str, ...] = (one_row,)
    else:
        is_loser = side.fill.taker is False
        findings = (one_row, "forced_side_by_who_took_liquidity")
    if not is_loser:
        return ForcedClose("takeover", winning=side, findings=findings)
    mark = None if liquidation is None or liquidation.mark is None else liquidation.mark.fraction()
    price = exact(side.fill.price).fraction()
    if mark is None or mark == price:
        return ForcedClose(None, losing=side, findings=findings)
    # A liquidated long sold above the mark, or a short bought below it, points to a winner.
    points_to_adl = (price > mark) == (side.change < 0)
    kind: Kind = "adl" if points_to_adl else "takeover"
    return ForcedClose(kind, losing=side, findings=(*findings, f"lone_loser_points_to_{kind}"))


def _parties(match: Match) -> tuple[Side, Side]:
    """The losing side of a forced close, and the other: by label, name, who took liquidity."""
    first, second = match.sides
    if second.fill.label == ADL:
        return first, second
    if first.fill.label == ADL:
        return second, first
    liquidation = liquidation_of(match)
    named = None if liquidation is None else liquidation.user
    if named is not None and second.fill.account.partition("@")[0] == named:
        return second, first
    if named is not None and first.fill.account.partition("@")[0] == named:
        return first, second
    return (second, first) if first.fill.taker else (first, second)
