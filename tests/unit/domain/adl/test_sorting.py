"""Does a long line come out in the same order however it is sorted?"""

import random
from itertools import accumulate, groupby, pairwise

import pytest

from domain.adl import sorting
from domain.adl.sorting import in_order


def lines() -> list[list[int]]:
    chance = random.Random(3)
    return [
        [],
        [5],
        [2, 2, 2],
        [3, 1, 3, 2, 1, 1],
        list(range(50, 0, -1)),
        *([chance.randint(-9, 9) for _ in range(200)] for _ in range(20)),
        *([chance.randint(-(2**61), 2**61) for _ in range(200)] for _ in range(5)),
        [2**80, -(2**90), 2**80, 0],
        [2**80, 3, 3],
        [-(2**80), 3, 3],
        [2**62, 2**62 - 1, -(2**62), 1 - 2**62],
    ]


@pytest.mark.parametrize("keys", lines())
def test_lowest_keys_come_first_equal_ones_as_they_stood(keys: list[int]) -> None:
    order, runs = in_order(keys)

    assert order == sorted(range(len(keys)), key=lambda at: (keys[at], at))
    ends = accumulate(len(list(same)) for _, same in groupby(sorted(keys)))
    wanted = [(start, end) for start, end in pairwise([0, *ends]) if end - start > 1]
    assert list(runs) == wanted


@pytest.mark.parametrize("keys", lines())
def test_numpy_gives_the_same_order_and_the_same_runs(
    keys: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("numpy", reason="the extra `fast` is not installed")
    order, runs = in_order(keys)

    monkeypatch.setattr(sorting, "LONG", 1)
    again, same_runs = in_order(keys)

    assert (again, list(same_runs)) == (order, list(runs))
    assert {type(at) for at in again} <= {int}
