"""Is a score by column the score one by one, also where one row of many stands at a floor?"""

from fractions import Fraction
from itertools import permutations

import pytest

from domain.adl.candidate import Candidate
from domain.adl.selection import Circumstances, Columns
from domain.adl.selections import SELECTIONS

USUAL = ((100, 90, 10, 50), (900, 1_000, 100, 700))
"""Notional, cost, unrealised profit and equity of rows above all floors."""
AT_A_FLOOR = {
    "hardly any leverage": (1, 90, 10, 10**9),
    "leverage just at its floor": (1, 90, 10, 10**8),
    "hardly any profit": (100, 10**10, 1, 50),
    "profit just at its floor": (100, 10**8, 1, 50),
    "no profit": (100, 100, 0, 50),
    "a loss": (100, 105, -5, 50),
    "neither leverage nor profit": (1, 10**10, 1, 10**9),
}
MANY = [name for name, selection in SELECTIONS.items() if selection.many is not None]


@pytest.mark.parametrize("side", [1, -1])
@pytest.mark.parametrize("name", MANY)
@pytest.mark.parametrize("row", AT_A_FLOOR.values(), ids=AT_A_FLOOR.keys())
def test_one_row_at_a_floor_changes_no_score(
    row: tuple[int, int, int, int], name: str, side: int
) -> None:
    selection = SELECTIONS[name]
    assert selection.many is not None
    assert selection.score is not None
    for rows in permutations((*USUAL, row)):
        above, below = selection.many(Columns(side, *map(list, zip(*rows, strict=True))))

        assert [Fraction(n, d) for n, d in zip(above, below, strict=True)] == [
            Fraction(*selection.score(holder(side, *one), Circumstances(Fraction(1))))
            for one in rows
        ]


def holder(side: int, notional: int, cost: int, unrealized: int, equity: int) -> Candidate:
    return Candidate(
        "a", side, side * cost, unrealized, notional, equity, 0, 1, 1, 1, is_vault=False
    )
