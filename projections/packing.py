"""How is a document kept small in a column and read back fast?"""

import zlib
from typing import Any

from pydantic_core import from_json, to_json


def packed(document: dict[str, Any]) -> bytes:
    """Compressed JSON; the same document gives the same text when its keys are in order."""
    return zlib.compress(to_json(document), 1)


def unpacked(blob: bytes) -> dict[str, Any]:
    """The document, whole numbers of any size exact."""
    document: dict[str, Any] = from_json(zlib.decompress(blob))
    return document
