"""Does a stored row hold what its columns declare?

The tables are strict, but a file can be edited past its database, and one flipped bit in the header
of a row turns bytes into text of the same length. What is not of its columns' types is no row: it
is passed over, and then missing where it stood.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import product
from typing import Any, Final

Shape = tuple[tuple[type[Any], ...], ...]
"""For each column the types that may stand there."""

EVENT: Final[Shape] = ((int,), (str, type(None)), (int,), (str,), (int,), (bytes,), (bytes,))
"""seq, stream name, version, type, time, bytes, leaf; a missing stream has no name."""
TILE: Final[Shape] = ((int,), (int,), (bytes,))
TREE: Final[Shape] = ((int,), (bytes,), (bytes,))
TRANSACTION: Final[Shape] = ((int,), (int,), (int,), (str,), (bytes,))
KEY: Final[Shape] = ((str,), (bytes,), (int,), (int,))
NAMED_KEY: Final[Shape] = ((int,), (str,), (int,))
STREAM: Final[Shape] = ((str,), (int,))
LATEST: Final[Shape] = ((int,), (bytes,))
"""Of the last transaction: when it was recorded, and its seal."""
PLACE: Final[Shape] = ((int,), (str, type(None)), (int,))


def fits(row: Sequence[Any], shape: Shape) -> bool:
    """Whether each value is of a type that its column has."""
    return all(value.__class__ in kinds for value, kinds in zip(row, shape, strict=True))


def all_fit(rows: Sequence[Sequence[Any]], shape: Shape) -> bool:
    """Whether every row fits: asked column by column, which costs a tenth of asking each row."""
    columns = zip(zip(*rows, strict=True), shape, strict=bool(rows))
    return all(set(map(type, column)).issubset(kinds) for column, kinds in columns)


def fitting(rows: Iterable[Any], shape: Shape) -> Iterator[Any]:
    """The rows that fit."""
    allowed = set(product(*shape))
    for row in rows:
        if tuple(map(type, row)) in allowed:
            yield row
