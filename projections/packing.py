"""How is a document kept small in a column and read back fast?"""

import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from pydantic_core import from_json, to_json

from projections.errors import ReadModelDamaged

MISREAD: Final = (zlib.error, LookupError, TypeError, ValueError, ArithmeticError, AttributeError)
"""What reading a row raises that says something else than its column can say."""


@contextmanager
def sound(what: str) -> Iterator[None]:
    """Rows that cannot be read as they were written leave as `ReadModelDamaged`."""
    try:
        yield
    except MISREAD as fault:
        message = f"{what} cannot be read: {type(fault).__name__}"
        raise ReadModelDamaged(message) from fault


def packed(document: dict[str, Any]) -> bytes:
    """Compressed JSON; the same document gives the same text when its keys are in order."""
    return zlib.compress(to_json(document), 1)


def unpacked(blob: bytes) -> dict[str, Any]:
    """The document, whole numbers of any size exact; raises `ReadModelDamaged`."""
    with sound("a packed column"):
        document: dict[str, Any] = from_json(zlib.decompress(blob))
        return document
