"""How does one hash stand for a whole list, and how is one entry shown to be in it?

RFC 6962: leaf = SHA-256(0x00 ‖ entry), node = SHA-256(0x01 ‖ left ‖ right). The edge of a list of n
entries holds one root per set bit of n, largest subtree first; with it the next root costs one hash
on average. Pure functions; the ledger stores what they return.
"""

from collections.abc import Iterable, Sequence
from hashlib import sha256

EMPTY_ROOT = sha256(b"").digest()
HASH_BYTES = 32


def leaf_hash(entry: bytes) -> bytes:
    """Hash of one entry."""
    return sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Hash of two subtrees side by side."""
    return sha256(b"\x01" + left + right).digest()


def extend_edge(edge: list[bytes], size: int, leaf: bytes) -> None:
    """Add one leaf to the edge of a list of `size` entries, in place."""
    digest = leaf
    while size & 1:
        digest = sha256(b"\x01" + edge.pop() + digest).digest()
        size >>= 1
    edge.append(digest)


def edge_root(edge: Sequence[bytes]) -> bytes:
    """Root of the list whose edge this is; the empty list has the hash of nothing."""
    if not edge:
        return EMPTY_ROOT
    digest = edge[-1]
    for left in reversed(edge[:-1]):
        digest = node_hash(left, digest)
    return digest


def edge_of(leaves: Iterable[bytes]) -> list[bytes]:
    """Edge of a list of leaf hashes."""
    edge: list[bytes] = []
    for size, leaf in enumerate(leaves):
        extend_edge(edge, size, leaf)
    return edge


def root_of(leaves: Iterable[bytes]) -> bytes:
    """Root of a list of leaf hashes."""
    return edge_root(edge_of(leaves))


def _largest_power_below(size: int) -> int:
    return 1 << ((size - 1).bit_length() - 1)


def inclusion_path(leaves: Sequence[bytes], index: int) -> list[bytes]:
    """Siblings from the leaf upwards that lead from entry `index` to the root."""
    size = len(leaves)
    if not 0 <= index < size:
        message = f"index {index} is not in a list of {size}"
        raise IndexError(message)
    if size == 1:
        return []
    split = _largest_power_below(size)
    if index < split:
        return [*inclusion_path(leaves[:split], index), root_of(leaves[split:])]
    return [*inclusion_path(leaves[split:], index - split), root_of(leaves[:split])]


def is_included(leaf: bytes, index: int, size: int, path: Sequence[bytes], root: bytes) -> bool:
    """Whether `path` leads from `leaf` at `index` to `root` of a list of `size` entries."""
    if not 0 <= index < size:
        return False
    inner = (index ^ (size - 1)).bit_length()
    if len(path) != inner + (index >> inner).bit_count():
        return False
    digest = leaf
    for level, sibling in enumerate(path):
        if level < inner and not index >> level & 1:
            digest = node_hash(digest, sibling)
        else:
            digest = node_hash(sibling, digest)
    return digest == root


def consistency_path(leaves: Sequence[bytes], earlier: int) -> list[bytes]:
    """Hashes that show the first `earlier` entries unchanged in the whole list (RFC 6962
    §2.1.2).
    """
    size = len(leaves)
    if not 0 <= earlier <= size:
        message = f"size {earlier} is not within a list of {size}"
        raise IndexError(message)
    return [] if earlier in (0, size) else _consistency(leaves, earlier, whole=True)


def _consistency(leaves: Sequence[bytes], earlier: int, *, whole: bool) -> list[bytes]:
    if earlier == len(leaves):
        return [] if whole else [root_of(leaves)]
    split = _largest_power_below(len(leaves))
    if earlier <= split:
        return [
            *_consistency(leaves[:split], earlier, whole=whole),
            root_of(leaves[split:]),
        ]
    return [
        *_consistency(leaves[split:], earlier - split, whole=False),
        root_of(leaves[:split]),
    ]


def is_consistent(
    earlier: int, size: int, earlier_root: bytes, root: bytes, path: Sequence[bytes]
) -> bool:
    """Whether `path` shows that the list behind `root` begins with the one behind
    `earlier_root`.
    """
    if not 0 <= earlier <= size:
        return False
    if earlier == size:
        return not path and earlier_root == root
    if earlier == 0:
        return not path and earlier_root == EMPTY_ROOT
    hashes = list(path)
    if earlier & (earlier - 1) == 0:
        hashes.insert(0, earlier_root)
    if not hashes:
        return False
    first, last = earlier - 1, size - 1
    while first & 1:
        first >>= 1
        last >>= 1
    old = new = hashes[0]
    for sibling in hashes[1:]:
        if last == 0:
            return False
        if first & 1 or first == last:
            old = node_hash(sibling, old)
            new = node_hash(sibling, new)
            while first and not first & 1:
                first >>= 1
                last >>= 1
        else:
            new = node_hash(new, sibling)
        first >>= 1
        last >>= 1
    return last == 0 and old == earlier_root and new == root
