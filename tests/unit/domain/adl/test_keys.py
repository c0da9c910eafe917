"""Do small whole numbers stand for scores and weights without ever changing an answer?"""

import random
from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise

import pytest

from domain.adl import sharing
from domain.adl.candidate import Candidate, Score
from domain.adl.ranking import _rough_keys, _whole_keys, ranked
from domain.adl.selection import Circumstances, Selection
from domain.adl.sharing import _scaled
from domain.specification import AdlPolicy


def scores(count: int, magnitude: int = 1) -> list[Score]:
    """Fractions evenly between 2^magnitude and twice as much, in no order."""
    found = [((2**40 << magnitude) * (count + at) // count, 2**40 + at % 7) for at in range(count)]
    random.Random(1).shuffle(found)
    return found


def never_against(keys: Sequence[int], given: Sequence[Score]) -> bool:
    """Whether keys rise, or stay, wherever the exact scores fall."""
    in_order = sorted(zip([-Fraction(*score) for score in given], keys, strict=True))
    return all(one[1] <= other[1] for one, other in pairwise(in_order) if one[0] < other[0])


@pytest.mark.parametrize("count", [1, 3, 40, 300, 2_000])
@pytest.mark.parametrize("magnitude", [0, 1, 28, 29, 30, 31, 200])
@pytest.mark.parametrize("sign", [1, -1])
def test_scores_of_one_magnitude_get_keys_of_their_own_in_thirty_bits(
    count: int, magnitude: int, sign: int
) -> None:
    given = [(sign * n, d) for n, d in scores(count, magnitude)]

    keys = _rough_keys(given)

    assert never_against(keys, given)
    assert len(set(keys)) == len(set(given))
    assert all((1 << 28) - 1 <= abs(key) <= 1 << 29 for key in keys)


def test_small_scores_get_keys_of_their_own_as_well() -> None:
    given = [(1, n) for n in range(2**60, 2**61, 2**52)]

    assert len(set(_rough_keys(given))) == len(given)


@pytest.mark.parametrize(
    ("far", "count", "others"),
    [
        *((far, 12, 500) for far in ((2**90, 1), (-(2**90), 1))),
        *((far, 12, 500) for far in ((1, 2**90), (0, 1))),
        *((far, 250, 500) for far in ((1, 2**90), (0, 1))),
        *((far, 1, 3) for far in ((1, 2**90), (0, 1))),
    ],
)
def test_scores_of_another_magnitude_do_not_make_all_others_equal(
    far: Score, count: int, others: int
) -> None:
    for given in ([*scores(others), *[far] * count], [*[far] * count, *scores(others)]):
        keys = _rough_keys(given)

        assert never_against(keys, given)
        assert len(set(keys)) == others + 1
        assert max(map(abs, keys)) <= 1 << 29


def test_fractions_a_hair_apart_differ_in_their_whole_keys_and_equal_ones_do_not() -> None:
    for n in (1, 2, 3, 63, 64, 10**20):
        given = [(n, n + 1), (n + 1, n + 2), (2 * n, 2 * n + 2), (-n, n + 1), (-n - 1, n + 2)]
        keys = _whole_keys(given)

        assert keys[0] == keys[2]
        assert keys[1] < keys[0] < keys[3] < keys[4]


def holder(name: str) -> Candidate:
    return Candidate(name, 1, 1, 1, 1, 1, 0, 1, 1, 1, is_vault=False)


def test_a_rule_that_gives_more_numbers_for_one_account_than_for_another_is_refused() -> None:
    def parts(one: Candidate, _: Circumstances) -> tuple[Score, ...]:
        return ((1, 1),) * (2 if one.account == "b" else 1)

    selection = Selection("given", "", "", "", "", in_profit_only=False, parts=parts)
    with pytest.raises(ValueError, match="zip"):
        ranked(map(holder, "ab"), AdlPolicy(), selection, 1, Circumstances(Fraction(1)))


def test_whole_weights_are_their_own_scale_and_exact() -> None:
    assert _scaled([3, 5, 10**40], [1, 1, 1]) == ([3, 5, 10**40], 0)


@pytest.mark.parametrize(
    "weights",
    [
        [Fraction(1, 3), Fraction(2, 7)],
        [Fraction(1, 10**30), Fraction(10**30), Fraction(1, 3)],
        [Fraction(5), Fraction(10**9, 7)],
        [Fraction(10**90, 7), Fraction(10**80)],
    ],
)
def test_scaled_weights_are_less_than_one_too_small_and_long_enough(
    weights: list[Fraction],
) -> None:
    scaled, error = _scaled([w.numerator for w in weights], [w.denominator for w in weights])

    smallest = min(weights)
    bits = max(0, smallest.denominator.bit_length() - smallest.numerator.bit_length())
    scale = 1 << (sharing.SCALE_BITS + bits)
    assert error == 1
    assert all(0 <= w * scale - whole < 1 for w, whole in zip(weights, scaled, strict=True))
    assert min(scaled).bit_length() >= sharing.SCALE_BITS
