"""Do two implementations that share no code agree on every path through a list?"""

from collections.abc import Iterator, Sequence
from hashlib import sha256
from itertools import product

import pytest

from domain import merkle
from reports.verifier import verify

HASHES = [sha256(bytes([number])).digest() for number in range(43)]


def left_or_right(first: bytes, siblings: Sequence[bytes]) -> Iterator[tuple[bytes, bytes]]:
    """Everything that folding could lead to: with left siblings only, and with all."""
    for sides in product((False, True), repeat=len(siblings)):
        before = after = first
        for sibling, is_left in zip(siblings, sides, strict=True):
            if is_left:
                before, after = merkle.node_hash(sibling, before), merkle.node_hash(sibling, after)
            else:
                after = merkle.node_hash(after, sibling)
        yield before, after


def test_hashes_and_roots_are_the_same() -> None:
    assert verify.leaf_of(b"entry") == merkle.leaf_hash(b"entry")
    assert verify.node_of(*HASHES[:2]) == merkle.node_hash(*HASHES[:2])
    for count in range(70):
        leaves = [sha256(bytes([count, number])).digest() for number in range(count)]
        assert verify.root_of(leaves) == merkle.root_of(leaves)


def test_a_path_leads_where_both_say_and_nowhere_else() -> None:
    accepted = 0
    for length in range(5):
        path = HASHES[1 : 1 + length]
        roots = [after for _, after in left_or_right(HASHES[0], path)]
        for index, size, root in product(range(-1, 11), range(11), roots):
            said = verify.leads_to(HASHES[0], index, size, path, root)
            assert said == merkle.is_included(HASHES[0], index, size, path, root)
            accepted += said

    # Sizes 1 to 10 have 55 places; the five longest paths of 9 and 10 have four hashes.
    assert accepted == 55


def test_true_paths_are_accepted_and_one_changed_hash_is_not() -> None:
    leaves = HASHES[:11]
    for size in range(1, 12):
        root = merkle.root_of(leaves[:size])
        for index in range(size):
            path = merkle.inclusion_path(leaves[:size], index)
            assert verify.leads_to(leaves[index], index, size, path, root)
            for at in range(len(path)):
                changed = [*path[:at], HASHES[42], *path[at + 1 :]]
                assert not verify.leads_to(leaves[index], index, size, changed, root)


def test_a_longer_list_begins_with_a_shorter_one_where_both_say() -> None:
    accepted = 0
    for length in range(5):
        path = HASHES[:length]
        for old, size in product(range(10), range(10)):
            is_power = old > 0 and old & (old - 1) == 0
            first, rest = (HASHES[42], path) if is_power else (HASHES[0], path[1:])
            ends = set(left_or_right(first, rest)) | {(HASHES[42], HASHES[42])}
            ends |= {(HASHES[42], after) for _, after in left_or_right(first, rest)}
            ends.add((merkle.EMPTY_ROOT, HASHES[5]))
            for old_root, root in ends:
                said = verify.begins_with(old, size, old_root, root, path)
                assert said == merkle.is_consistent(old, size, old_root, root, path), (old, size)
                accepted += said

    assert accepted > 40


def test_true_consistency_is_accepted_and_one_changed_hash_is_not() -> None:
    for size, old in product(range(1, 42), range(42)):
        if old > size:
            continue
        whole, before = HASHES[:size], merkle.root_of(HASHES[:old])
        path = merkle.consistency_path(whole, old)
        root = merkle.root_of(whole)
        assert verify.begins_with(old, size, before, root, path)
        assert not verify.begins_with(old, size, HASHES[42], root, path)
        assert verify.begins_with(old, size, before, HASHES[42], path) == (old == 0)
        assert not verify.begins_with(old, size, before, root, [*path, HASHES[42]])
        for at in range(len(path)):
            changed = [*path[:at], HASHES[42], *path[at + 1 :]]
            assert not verify.begins_with(old, size, before, root, changed)
            assert not verify.begins_with(old, size, before, root, path[:at])


@pytest.mark.parametrize("old", [0, 1, 2])
def test_a_list_of_no_entries_begins_with_none(old: int) -> None:
    assert verify.begins_with(old, 0, merkle.EMPTY_ROOT, merkle.EMPTY_ROOT, []) == (old == 0)
