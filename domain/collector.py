"""How is much work done without looking for garbage that is not there?

Events, venues and rankings hold no cycles. While many of them are made, Python's collector would
walk all of them again and again, in vain.
"""

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

MANY: Final = 10_000
"""From more objects than this on the pause is worth while."""


@contextmanager
def quiet_collector(objects: int = MANY + 1) -> Iterator[None]:
    """No search for cycles while so many objects are made; they count as old ones afterwards."""
    if objects <= MANY or not gc.isenabled():
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        # Freezing and unfreezing makes all of it old without a walk.
        gc.freeze()
        gc.unfreeze()
        gc.enable()
