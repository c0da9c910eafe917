"""Does every measure of the benchmarks still run, before somebody needs its figure?"""

from pathlib import Path

import pytest

from tests.bench.measures import MEASURES, NEED_SERVER

SMALL = {
    "fsync_rate": 5,
    "library_alone": 100,
    "single_commands": 5,
    "batched_commands": 100,
    "reapply": 100,
    "import_hyperliquid_two": 4_000,
    "import_hyperliquid_again": 4_000,
    "import_hyperliquid": 4_000,
    "adl_decide": 30,
    "adl_page": 30,
    "rank_million": 100,
    "audit": 3,
}
"""How much each is given here; the others take facts."""


@pytest.mark.parametrize("name", sorted(MEASURES.keys() - NEED_SERVER))
def test_a_measure_gives_figures(name: str, tmp_path: Path) -> None:
    figures = MEASURES[name](tmp_path, SMALL.get(name, 2_500))

    assert figures
    assert all(isinstance(value, int | float) for value in figures.values())
