"""How can a decision try things out on a venue of any size without changing it?

A layer is a mapping over another one: reads fall through, writes stay in the layer. A decision
works on a fork of the venue whose registers are layers; the fork is thrown away, its events remain.
"""

from collections.abc import Iterator, MutableMapping
from typing import Final, Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")

_GONE: Final = object()


class Layer(MutableMapping[K, V], Generic[K, V]):
    """Changes on top of a base mapping that stays as it is."""

    __slots__ = ("_base", "own")

    def __init__(self, base: MutableMapping[K, V]) -> None:
        self._base = base
        self.own: dict[K, object] = {}

    def __getitem__(self, key: K) -> V:
        if key in self.own:
            value = self.own[key]
            if value is _GONE:
                raise KeyError(key)
            return value  # type: ignore[return-value]
        return self._base[key]

    def get(self, key: K, default: V | None = None) -> V | None:  # type: ignore[override]
        """The value under `key`, or the default."""
        if key in self.own:
            value = self.own[key]
            return default if value is _GONE else value  # type: ignore[return-value]
        return self._base.get(key, default)

    def __contains__(self, key: object) -> bool:
        if key in self.own:
            return self.own[key] is not _GONE
        return key in self._base

    def __setitem__(self, key: K, value: V) -> None:
        self.own[key] = value

    def __delitem__(self, key: K) -> None:
        if key not in self:
            raise KeyError(key)
        self.own[key] = _GONE

    def __iter__(self) -> Iterator[K]:
        own = self.own
        for key in self._base:
            if own.get(key) is not _GONE:
                yield key
        for key, value in own.items():
            if value is not _GONE and key not in self._base:
                yield key

    def __len__(self) -> int:
        return sum(1 for _ in self)
