"""How does the tree grow with the log, and how is the root of an earlier size found again?

The edge holds one hash per set bit of the size. Each time 256^level leaves are complete their hash
is kept as a tile, so any subtree is found again from at most 255 hashes per level.
"""

from collections.abc import Callable, Sequence
from hashlib import sha256
from typing import Final, NamedTuple

from domain.merkle import EMPTY_ROOT, HASH_BYTES, edge_root, node_hash

TILE_BITS: Final = 8
TILE_LEAVES: Final = 1 << TILE_BITS
_LAST: Final = TILE_LEAVES - 1


class Tile(NamedTuple):
    """Hash of one completed subtree of 256^level leaves, the n-th of its level."""

    level: int
    n: int
    hash: bytes


class Tree:
    """The growing tree: its size and edge."""

    __slots__ = ("edge", "size")

    def __init__(self, size: int = 0, edge: Sequence[bytes] = ()) -> None:
        self.size = size
        self.edge = list(edge)

    def copy(self) -> "Tree":
        """A tree that grows on its own."""
        return Tree(self.size, self.edge)

    def root(self) -> bytes:
        """Root over all leaves so far."""
        return edge_root(self.edge)

    def packed(self) -> bytes:
        """The edge as one text of bytes, largest subtree first."""
        return b"".join(self.edge)

    def extend(self, leaves: Sequence[bytes]) -> list[Tile]:
        """Add leaf hashes; gives the tiles that they complete."""
        tiles: list[Tile] = []
        edge, size, start, count = self.edge, self.size, 0, len(leaves)
        while start < count:
            if not size & _LAST and count - start >= TILE_LEAVES:
                whole = perfect_root(leaves[start : start + TILE_LEAVES])
                _carry(edge, size >> TILE_BITS, whole, tiles)
                start += TILE_LEAVES
                size += TILE_LEAVES
                continue
            low, digest = size & _LAST, leaves[start]
            full = low == _LAST
            while low & 1:
                digest = sha256(b"\x01" + edge.pop() + digest).digest()
                low >>= 1
            if full:
                _carry(edge, size >> TILE_BITS, digest, tiles)
            else:
                edge.append(digest)
            start += 1
            size += 1
        self.size = size
        return tiles


def _carry(edge: list[bytes], n: int, digest: bytes, tiles: list[Tile]) -> None:
    """Put a completed tile of level 1 in its place, and what it completes in turn."""
    level = 1
    while True:
        tiles.append(Tile(level, n, digest))
        low = n & _LAST
        full = low == _LAST
        while low & 1:
            digest = sha256(b"\x01" + edge.pop() + digest).digest()
            low >>= 1
        if not full:
            edge.append(digest)
            return
        n >>= TILE_BITS
        level += 1


def perfect_root(hashes: Sequence[bytes]) -> bytes:
    """Root over 2^k hashes."""
    while len(hashes) > 1:
        pairs = iter(hashes)
        hashes = [
            sha256(b"\x01" + left + right).digest()
            for left, right in zip(pairs, pairs, strict=True)
        ]
    return hashes[0]


def unpacked(edge: bytes) -> list[bytes]:
    """Edge from its stored form."""
    return [edge[at : at + HASH_BYTES] for at in range(0, len(edge), HASH_BYTES)]


ReadHashes = Callable[[int, int, int], Sequence[bytes]]
"""(level, first, count) → that many hashes of a level; level 0 are the leaves."""


class StoredTree:
    """A tree with its leaves and tiles stored: roots and paths without hashing the whole log."""

    def __init__(self, read: ReadHashes) -> None:
        self._read = read

    def root(self, size: int) -> bytes:
        """Root over the first `size` leaves."""
        return self._range(0, size) if size else EMPTY_ROOT

    def grown_to(self, size: int) -> Tree:
        """The tree as it was when it had `size` leaves, ready to grow on."""
        edge, start = [], 0
        for bit in reversed(range(size.bit_length())):
            if size >> bit & 1:
                edge.append(self._perfect(start, 1 << bit))
                start += 1 << bit
        return Tree(size, edge)

    def inclusion_path(self, index: int, size: int) -> list[bytes]:
        """Siblings from leaf `index` upwards that lead to the root over `size` leaves."""
        path: list[bytes] = []
        start, end = 0, size
        while end - start > 1:
            split = start + _largest_power_below(end - start)
            if index < split:
                path.append(self._range(split, end))
                end = split
            else:
                path.append(self._range(start, split))
                start = split
        return path[::-1]

    def consistency_path(self, earlier: int, size: int) -> list[bytes]:
        """Hashes that show the first `earlier` leaves unchanged among `size` (RFC 6962 §2.1.2)."""
        if earlier in (0, size):
            return []
        path: list[bytes] = []
        start, end, whole = 0, size, True
        while earlier != end:
            split = start + _largest_power_below(end - start)
            if earlier <= split:
                path.append(self._range(split, end))
                end = split
            else:
                path.append(self._range(start, split))
                start, whole = split, False
        if not whole:
            path.append(self._range(start, end))
        return path[::-1]

    def _range(self, start: int, end: int) -> bytes:
        """Hash over leaves start … end − 1, where `start` is a multiple of the subtree it opens."""
        count = end - start
        if count & (count - 1) == 0:
            return self._perfect(start, count)
        split = start + _largest_power_below(count)
        return node_hash(self._perfect(start, split - start), self._range(split, end))

    def _perfect(self, start: int, count: int) -> bytes:
        level = (count.bit_length() - 1) // TILE_BITS
        shift = level * TILE_BITS
        return perfect_root(self._read(level, start >> shift, count >> shift))


def _largest_power_below(size: int) -> int:
    return 1 << ((size - 1).bit_length() - 1)
