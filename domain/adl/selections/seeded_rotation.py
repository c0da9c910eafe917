"""`seeded-rotation@1`: account ids in order, from a starting point that was fixed before."""

from collections.abc import Sequence

from domain.adl.candidate import Candidate
from domain.adl.selection import Circumstances, Parameter, Selection
from domain.adl.selections.readers import whole_number


def place(candidates: Sequence[Candidate], circumstances: Circumstances) -> list[int]:
    """Places after rotating the ordered ids so that index `seed mod count` comes first."""
    if not candidates:
        return []
    order = sorted(range(len(candidates)), key=lambda at: candidates[at].account)
    start = int(circumstances.parameter("seed")) % len(candidates)
    places = [0] * len(candidates)
    for index, at in enumerate(order):
        places[at] = (index - start) % len(candidates)
    return places


SEEDED_ROTATION = Selection(
    name="seeded-rotation@1",
    rule=(
        "Accounts stand in the order of their ids, starting at a point that a seed fixed before "
        "anybody could know who would need to be closed."
    ),
    formula="ids in order, rotated by seed mod count",
    models="protocols that walk their accounts from a changing start (dYdX)",
    source="dYdX v4 protocol, deleveraging walks from a pseudo-random subaccount",
    in_profit_only=False,
    place=place,
    parameters=(Parameter("seed", whole_number, "whole number from 0, fixed before its use"),),
)
