"""How does one seed decide everything, on every machine alike?

SplitMix64 (Steele, Lea, Flood 2014): 64 bits of state, whole numbers only. Each part of the story
draws from a stream of its own, so that more trades do not change who deposits what.
"""

from collections.abc import Sequence
from typing import Final, TypeVar

Item = TypeVar("Item")

_MASK: Final = (1 << 64) - 1
_STEP: Final = 0x9E3779B97F4A7C15
_FIRST: Final = 0xBF58476D1CE4E5B9
_SECOND: Final = 0x94D049BB133111EB


def mixed(number: int) -> int:
    """64 bits that depend on every bit of `number`."""
    number = ((number ^ (number >> 30)) * _FIRST) & _MASK
    number = ((number ^ (number >> 27)) * _SECOND) & _MASK
    return number ^ (number >> 31)


class Chance:
    """A stream of draws."""

    def __init__(self, seed: int, stream: int = 0) -> None:
        self._state = mixed((seed + mixed(stream + 1)) & _MASK)

    def bits(self) -> int:
        """The next 64 bits."""
        self._state = state = (self._state + _STEP) & _MASK
        state = ((state ^ (state >> 30)) * _FIRST) & _MASK
        state = ((state ^ (state >> 27)) * _SECOND) & _MASK
        return state ^ (state >> 31)

    def below(self, bound: int) -> int:
        """A whole number from 0 up to `bound`, without `bound` itself."""
        return (self.bits() * bound) >> 64

    def between(self, low: int, high: int) -> int:
        """A whole number from `low` to `high`, both possible."""
        return low + self.below(high - low + 1)

    def one_of(self, items: Sequence[Item]) -> Item:
        """One of the items, each as likely."""
        return items[self.below(len(items))]

    def one_in(self, chances: int) -> bool:
        """True once in so many draws."""
        return not self.below(chances)
