"""Is a block of another network known by its number, before and after the blocks that are known?"""

import pytest

from importers.hyperliquid.venue_facts import is_of_other_network
from tests.unit.importers.archives import nanoseconds


@pytest.mark.parametrize(
    ("block", "time", "is_other"),
    [
        (53_214_377, "2025-10-10T17:30:00Z", True),
        (53_214_377, "2025-10-10T21:30:00Z", True),
        (758_640_000, "2025-10-10T17:30:00Z", False),
        (758_805_000, "2025-10-10T21:22:00Z", False),
        (790_000_000, "2025-10-10T21:22:00Z", True),
        (900_000_000, "2026-03-01T00:00:00Z", False),
        (700_000_000, "2026-03-01T00:00:00Z", True),
    ],
)
def test_blocks_and_times_rise_together(block: int, time: str, is_other: bool) -> None:
    assert is_of_other_network(block, nanoseconds(time)) is is_other
