"""Are shares exact, however few digits the first look at the weights has?"""

import random
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.adl import sharing
from domain.adl.sharing import Weight, shared

fractions = st.builds(Fraction, st.integers(1, 40), st.integers(1, 40))
large = st.builds(Fraction, st.integers(1, 10**12), st.integers(1, 10**12)).map(lambda w: w**3)
weights = st.one_of(
    st.lists(st.integers(1, 50), min_size=1, max_size=8),
    st.lists(fractions, min_size=1, max_size=8),
    st.lists(large, min_size=1, max_size=8),
    st.lists(st.sampled_from([Fraction(1, 3), Fraction(2, 7)]), min_size=1, max_size=8),
)


def naively(weights: list[Weight], limits: list[int], need: int, ties: list[int]) -> list[int]:
    """Raise the level, round down, give the missing lots to the largest remainders."""
    need = min(need, sum(limits))
    exact: dict[int, Fraction] = {}
    left, thirsty = Fraction(need), set(range(len(weights)))
    while thirsty:
        total = sum((weights[at] for at in thirsty), Fraction(0))
        full = {at for at in thirsty if left * weights[at] > limits[at] * total}
        if not full:
            exact |= {at: left * weights[at] / total for at in thirsty}
            break
        exact |= {at: Fraction(limits[at]) for at in full}
        thirsty -= full
        left = need - sum(exact.values(), Fraction(0))
    lots = [int(exact[at]) for at in range(len(weights))]
    order = sorted(range(len(weights)), key=lambda at: (lots[at] - exact[at], ties[at]))
    for at in order[: need - sum(lots)]:
        lots[at] += 1
    return lots


@pytest.mark.parametrize("bits", (1, 3, 16, sharing.SCALE_BITS), ids=("1", "3", "16", "all"))
@given(weights=weights, data=st.data())
def test_shares_are_those_of_exact_fractions(bits: int, weights: list[Weight], data) -> None:
    some = st.integers(1, data.draw(st.sampled_from((3, 60, 10**6))))
    limits = data.draw(st.lists(some, min_size=len(weights), max_size=len(weights)))
    need = data.draw(st.integers(0, sum(limits) + 2))
    ties = data.draw(st.permutations(range(len(weights))))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sharing, "SCALE_BITS", bits)
        found = shared(weights, limits, need, ties.__getitem__)

    assert found == naively(weights, limits, need, ties)


def test_ten_thousand_fractions_without_a_common_denominator_add_up() -> None:
    chance = random.Random(5)
    weights: list[Weight] = [
        Fraction(chance.randint(10**9, 10**11), chance.randint(10**9, 10**11)) ** 4
        for _ in range(5_000)
    ]
    weights += weights
    limits = [chance.randint(1, 2_000) for _ in weights]
    need = sum(limits) // 3

    found = shared(weights, limits, need, lambda at: at)

    assert sum(found) == need
    assert all(0 <= lots <= limit for lots, limit in zip(found, limits, strict=True))
    twins = [
        (found[at], found[at + 5_000]) for at in range(5_000) if limits[at] == limits[at + 5_000]
    ]
    assert twins
    assert all(one - other in (0, 1) for one, other in twins)


def test_three_thousand_small_sharings_are_exact_where_one_bit_leaves_all_open(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sharing, "SCALE_BITS", 1)
    chance = random.Random(11)
    for _ in range(3_000):
        count = chance.randrange(1, 5)
        weights = [Fraction(chance.randint(1, 9), chance.randint(2, 9)) for _ in range(count)]
        limits = [chance.randint(1, 9) for _ in range(count)]
        need = chance.randint(0, sum(limits))
        ties = chance.sample(range(count), count)

        found = shared(weights, limits, need, ties.__getitem__)

        assert found == naively([*weights], limits, need, ties)


@pytest.mark.parametrize(
    ("weights", "limits", "need", "lots"),
    [
        ([9, 14, 14, 1], [5, 7, 55, 15], 20, [5, 7, 8, 0]),
        ([9, 15, 1, 14], [23, 38, 10, 39], 99, [23, 38, 2, 36]),
    ],
)
def test_levels_that_differ_by_less_than_a_longest_weight_keep_their_order(
    weights: list[Weight], limits: list[int], need: int, lots: list[int]
) -> None:
    # 5/9 and 7/14 of a lot, 23/9 and 38/15: the first is full later and stands first.
    assert shared(weights, limits, need, lambda at: at) == lots
    assert naively(weights, limits, need, [0, 1, 2, 3]) == lots
