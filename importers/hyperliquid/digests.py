"""How are millions of keys remembered in a few bytes each?

A table of 64-bit digests, open addressing, at most two thirds full: 12 to 24 bytes per key. Two of
sixteen million keys share a digest with a chance of one in a hundred thousand.
"""

from array import array
from hashlib import blake2b
from typing import Final

_FIRST_BITS: Final = 12


class Digests:
    """A set of texts that remembers what they were only by their digests."""

    __slots__ = ("_count", "_mask", "_table")

    def __init__(self) -> None:
        self._mask = (1 << _FIRST_BITS) - 1
        self._table = _empty(self._mask + 1)
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def __contains__(self, key: str) -> bool:
        if not self._count:
            return False
        digest = _digest(key)
        table, mask = self._table, self._mask
        at = digest & mask
        while found := table[at]:
            if found == digest:
                return True
            at = (at + 1) & mask
        return False

    def add(self, key: str) -> None:
        """Remember a text."""
        if self._count * 3 > self._mask * 2:
            self._grow()
        self._count += _put(self._table, self._mask, _digest(key))

    def _grow(self) -> None:
        mask = self._mask * 2 + 1
        table = _empty(mask + 1)
        for digest in self._table:
            if digest:
                _put(table, mask, digest)
        self._table, self._mask = table, mask


def _put(table: "array[int]", mask: int, digest: int) -> bool:
    at = digest & mask
    while found := table[at]:
        if found == digest:
            return False
        at = (at + 1) & mask
    table[at] = digest
    return True


def _empty(places: int) -> "array[int]":
    return array("Q", bytes(8 * places))


def _digest(key: str) -> int:
    # Zero marks an empty place.
    raw = blake2b(key.encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(raw, "little") or 1
