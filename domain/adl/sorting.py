"""How is a long line of whole keys put in order quickly?

Python's own sort is the rule. For lines so long that memory, not comparison, takes the time, numpy
sorts the same 64-bit keys to the same order where it is installed (the extra `fast`).
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import compress, islice
from operator import eq
from typing import Any, Final

LONG: Final = 20_000
"""From how many keys on numpy is worth the copying."""


def in_order(keys: Sequence[int]) -> tuple[list[int], Iterable[tuple[int, int]]]:
    """Indexes by key, lowest first, equal ones as they stood; and where equal keys stand together.

    A run of equal keys is given by its first place and the one behind its last.
    """
    if len(keys) >= LONG and (numpy := _numpy()) is not None:
        try:
            return _sorted_by(numpy, keys)
        except OverflowError:
            pass  # Beyond 64 bits: Python's own sort knows no bound.
    order = sorted(range(len(keys)), key=keys.__getitem__)
    found = [keys[at] for at in order]
    return order, _runs(compress(range(len(found)), map(eq, found, islice(found, 1, None))))


def _sorted_by(numpy: Any, keys: Sequence[int]) -> tuple[list[int], Iterable[tuple[int, int]]]:
    given = numpy.array(keys, dtype=numpy.int64)
    order = given.argsort(kind="stable")
    found = given[order]
    return order.tolist(), _runs(numpy.flatnonzero(found[1:] == found[:-1]).tolist())


def _runs(equal_to_next: Iterable[int]) -> Iterator[tuple[int, int]]:
    start = end = 0  # No run yet; one that starts here is grown like any other.
    for at in equal_to_next:
        if at != end:
            if end > start:
                yield start, end + 1
            start = at
        end = at + 1
    if end > start:
        yield start, end + 1


def _numpy() -> Any:
    """The numpy module, None where it is not installed."""
    try:
        import numpy as np
    except ImportError:
        return None
    return np
