"""Are roots and proofs those of RFC 6962, read literally?"""

from hashlib import sha256
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.merkle import (
    EMPTY_ROOT,
    consistency_path,
    edge_of,
    edge_root,
    inclusion_path,
    is_consistent,
    is_included,
    leaf_hash,
    node_hash,
    root_of,
)

LEAVES = [leaf_hash(f"entry {number}".encode()) for number in range(70)]


def split_of(size: int) -> int:
    """The largest power of two below `size`."""
    power = 1
    while power * 2 < size:
        power *= 2
    return power


def tree_hash(leaves: list[bytes]) -> bytes:
    """MTH of RFC 6962 §2.1."""
    if not leaves:
        return sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    split = split_of(len(leaves))
    return node_hash(tree_hash(leaves[:split]), tree_hash(leaves[split:]))


@pytest.mark.parametrize("size", range(len(LEAVES)))
def test_a_root_is_the_one_of_direct_recursion(size: int) -> None:
    assert root_of(LEAVES[:size]) == tree_hash(LEAVES[:size])


def test_an_entry_and_a_node_never_hash_alike() -> None:
    assert leaf_hash(b"") == sha256(b"\x00").digest()
    assert node_hash(LEAVES[0], LEAVES[1]) != leaf_hash(LEAVES[0] + LEAVES[1])
    assert root_of([]) == EMPTY_ROOT


@pytest.mark.parametrize("size", [1, 2, 3, 6, 7, 8, 33, 64, 69])
def test_an_edge_holds_one_root_per_set_bit_largest_first(size: int) -> None:
    edge = edge_of(LEAVES[:size])
    widths = [1 << bit for bit in range(7, -1, -1) if size >> bit & 1]
    starts = [sum(widths[:number]) for number in range(len(widths) + 1)]

    assert edge == [tree_hash(LEAVES[low:high]) for low, high in pairwise(starts)]
    assert edge_root(edge) == tree_hash(LEAVES[:size])


def test_every_entry_is_shown_to_be_included_and_nowhere_else() -> None:
    for size in (1, 2, 3, 5, 8, 13, 33):
        root = root_of(LEAVES[:size])
        for index in range(size):
            path = inclusion_path(LEAVES[:size], index)
            for claimed in range(-1, size + 1):
                found = is_included(LEAVES[index], claimed, size, path, root)
                assert found is (claimed == index)
            assert not is_included(LEAVES[index + 1], index, size, path, root)
            assert not is_included(LEAVES[index], index, size, [*path, root], root)
            assert not is_included(LEAVES[index], index, size, path[:-1], root) or not path
            assert not is_included(LEAVES[index], index, size, path, root_of(LEAVES[: size + 1]))


def test_every_earlier_list_is_shown_to_be_a_beginning() -> None:
    for size in range(34):
        root = root_of(LEAVES[:size])
        for earlier in range(size + 1):
            path = consistency_path(LEAVES[:size], earlier)
            old = root_of(LEAVES[:earlier])
            assert is_consistent(earlier, size, old, root, path)
            if path:
                assert not is_consistent(earlier, size, old, root, path[:-1])
                assert not is_consistent(earlier, size, LEAVES[60], root, path)
                assert not is_consistent(earlier, size, old, LEAVES[60], path)
            assert not is_consistent(earlier, size, old, root, [*path, LEAVES[60]])


@pytest.mark.parametrize("size", [-1, 0, 1, 4])
def test_no_path_at_all_shows_less_than_nothing_to_be_a_beginning(size: int) -> None:
    one, two = LEAVES[:2]
    both = node_hash(two, one)
    for path in ([], [one], [one, two]):
        for old in (one, both, EMPTY_ROOT):
            for root in (one, both, node_hash(one, two), EMPTY_ROOT):
                assert not is_consistent(-1, size, old, root, path)


@given(st.integers(0, 69), st.integers(0, 69), st.lists(st.sampled_from(LEAVES), max_size=8))
def test_made_up_hashes_show_nothing(one: int, other: int, path: list[bytes]) -> None:
    earlier, size = sorted((one, other))
    right = consistency_path(LEAVES[:size], earlier)
    old, root = root_of(LEAVES[:earlier]), root_of(LEAVES[:size])

    assert is_consistent(earlier, size, old, root, path) is (path == right)


@pytest.mark.parametrize(("size", "index"), [(0, 0), (3, 3), (3, -1)])
def test_there_is_no_path_for_an_entry_outside_the_list(size: int, index: int) -> None:
    with pytest.raises(IndexError):
        inclusion_path(LEAVES[:size], index)


@pytest.mark.parametrize(("size", "earlier"), [(0, 1), (3, 4), (3, -1)])
def test_there_is_no_path_from_a_list_that_is_no_beginning(size: int, earlier: int) -> None:
    with pytest.raises(IndexError):
        consistency_path(LEAVES[:size], earlier)
    assert not is_consistent(earlier, size, EMPTY_ROOT, EMPTY_ROOT, [])
