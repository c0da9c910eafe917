"""Does the venue's label of a fill fit what the fill does?

Labels are an open set for people to read. The arithmetic of side and size always wins; a label that
is unknown or says something else is a finding.
"""

from collections.abc import Iterator, Mapping
from typing import Final

from domain.position import Position
from importers.hyperliquid.pairing import Match, Side

ADL: Final = "Auto-Deleveraging"
SETTLEMENT: Final = "Settlement"
_LIQUIDATED: Final = "Liquidated "
_SIDE_AND_CHANGE: Final = {
    "Close Long": (-1, "shrinks"),
    "Close Short": (1, "shrinks"),
    "Long > Short": (-1, "flips"),
    "Open Long": (1, "grows"),
    "Open Short": (-1, "grows"),
    "Short > Long": (1, "flips"),
}
NETTING: Final = "Net Child Vaults"
FREE_OF_FEES: Final = frozenset({NETTING, SETTLEMENT, ADL})
_FREE: Final = frozenset({NETTING})


def is_forced(label: str | None) -> bool:
    """Whether a label names a takeover or an auto-deleveraging close."""
    return label is not None and (label == ADL or label.startswith(_LIQUIDATED))


def is_free_of_fees(label: str | None) -> bool:
    """Whether the venue charges nothing under this label."""
    return label in FREE_OF_FEES or is_forced(label)


def label_faults(match: Match, held: Mapping[str, Position | None]) -> Iterator[str]:
    """Findings about the labels of a match; a self-match changes nothing, so it has none."""
    if match.is_self_match:
        return
    for side in match.sides:
        position = held[side.fill.account]
        yield from _faults(side, 0 if position is None else position.quantity)


def _faults(side: Side, held: int) -> Iterator[str]:
    label = side.fill.label
    if label is None:
        return
    after = held + side.change
    known = _SIDE_AND_CHANGE.get(label)
    if known is not None:
        sign, change = known
        if sign != side.fill.sign or change != _change(held, after):
            yield f"label_contradicts: {label}"
    elif label == SETTLEMENT:
        if after:
            yield f"label_contradicts: {label}"
    elif label == ADL:
        if _change(held, after) != "shrinks":
            yield f"label_contradicts: {label}"
    elif not label.startswith(_LIQUIDATED) and label not in _FREE:
        yield f"label_unknown: {label[:40]}"


def _change(held: int, after: int) -> str:
    if held * after < 0:
        return "flips"
    return "grows" if abs(after) > abs(held) else "shrinks"
