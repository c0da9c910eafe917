"""Do edge, tiles and roots agree with the tree as it is defined?"""

from collections.abc import Sequence
from hashlib import sha256
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain import merkle
from ledger.ledger import Ledger
from ledger.tree import StoredTree, Tile, Tree, unpacked
from tests.unit.ledger.stories import deposits, opened

LEAVES = [sha256(str(n).encode()).digest() for n in range(70_000)]


def stored(leaves: Sequence[bytes], tiles: Sequence[Tile]) -> StoredTree:
    held = {(tile.level, tile.n): tile.hash for tile in tiles}

    def hashes(level: int, first: int, count: int) -> Sequence[bytes]:
        if level == 0:
            return leaves[first : first + count]
        return [held[level, n] for n in range(first, first + count)]

    return StoredTree(hashes)


@given(st.lists(st.integers(0, 1_100), max_size=12))
def test_the_tree_is_the_same_however_its_leaves_arrive(cuts: list[int]) -> None:
    tree, tiles = Tree(), []
    for start, end in pairwise([0, *sorted(cuts), 1_100]):
        tiles += tree.extend(LEAVES[start:end])

    assert tree.edge == merkle.edge_of(LEAVES[:1_100])
    assert unpacked(tree.packed()) == tree.edge
    assert [(tile.level, tile.n) for tile in tiles] == [(1, n) for n in range(4)]
    assert [tile.hash for tile in tiles] == [
        merkle.root_of(LEAVES[n * 256 : n * 256 + 256]) for n in range(4)
    ]


@pytest.mark.parametrize("batch", [1, 255, 256, 512, 513])
def test_leaves_may_end_with_a_tile(batch: int) -> None:
    tree, tiles = Tree(), []
    for start in range(0, 1_024, batch):
        tiles += tree.extend(LEAVES[start : min(start + batch, 1_024)])

    assert tree.size == 1_024
    assert tree.edge == merkle.edge_of(LEAVES[:1_024])
    assert [(tile.level, tile.n) for tile in tiles] == [(1, n) for n in range(4)]


@pytest.mark.parametrize("size", [0, 1, 2, 3, 6, 255, 256, 257, 768, 1_029])
def test_a_tree_of_an_earlier_size_grows_on_from_tiles(size: int) -> None:
    tree = stored(LEAVES, Tree().extend(LEAVES[:1_029])).grown_to(size)

    assert (tree.size, tree.edge) == (size, merkle.edge_of(LEAVES[:size]))
    copy = tree.copy()
    copy.extend(LEAVES[size:1_030])
    assert copy.root() == merkle.root_of(LEAVES[:1_030])
    assert (tree.size, tree.edge) == (size, merkle.edge_of(LEAVES[:size]))


def test_a_tile_of_the_second_level_stands_for_65536_leaves() -> None:
    tree = Tree()
    tiles = tree.extend(LEAVES)

    assert tree.root() == merkle.root_of(LEAVES)
    assert [tile for tile in tiles if tile.level == 2] == [
        Tile(2, 0, merkle.root_of(LEAVES[:65_536]))
    ]


@pytest.mark.parametrize(
    "size", [0, 1, 2, 3, 7, 8, 255, 256, 257, 511, 512, 513, 1_000, 65_535, 65_536, 65_537, 70_000]
)
def test_the_root_of_an_earlier_size_comes_from_tiles(size: int) -> None:
    tiles = Tree().extend(LEAVES)

    assert stored(LEAVES, tiles).root(size) == merkle.root_of(LEAVES[:size])


@given(st.data(), st.integers(1, 1_500))
def test_paths_from_tiles_are_the_paths_of_the_definition(data: st.DataObject, size: int) -> None:
    leaves = LEAVES[:size]
    tree = stored(leaves, Tree().extend(leaves))
    index = data.draw(st.integers(0, size - 1))
    earlier = data.draw(st.integers(0, size))

    assert tree.inclusion_path(index, size) == merkle.inclusion_path(leaves, index)
    assert tree.consistency_path(earlier, size) == merkle.consistency_path(leaves, earlier)


def test_a_log_knows_its_root_at_every_size(ledger: Ledger) -> None:
    list(ledger.submit_many([*opened(), *deposits(700)]))
    leaves = [row.leaf for row in ledger.rows()]

    for size in (*range(20), 255, 256, 257, 512, 700, 702):
        assert ledger.root_at(size) == merkle.root_of(leaves[:size])
    assert ledger.leaf_at(300) == leaves[299]
    path = ledger.inclusion_path(300, 700)
    assert merkle.is_included(leaves[299], 299, 700, path, ledger.root_at(700))
    consistency = ledger.consistency_path(300, 700)
    assert merkle.is_consistent(300, 700, ledger.root_at(300), ledger.root_at(700), consistency)
