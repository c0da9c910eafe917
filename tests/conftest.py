"""How thorough is a run, and how is it repeated?

`ZEROSUM_HYPOTHESIS=long` searches far; without it the search is short, and in CI always the same.
"""

import os
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, Phase, settings

from tests.servers import server_url, why_no_server

# A shared machine may be slow at any moment: neither time limit says anything about the code.
settings.register_profile(
    "fast",
    deadline=None,
    derandomize=bool(os.environ.get("CI")),
    suppress_health_check=[HealthCheck.too_slow],
)
settings.register_profile(
    "long",
    deadline=None,
    derandomize=False,
    max_examples=2_000,
    stateful_step_count=100,
    suppress_health_check=[HealthCheck.too_slow],
)
# One mutant after the other asks the same few examples (tests/mutation). A failure is not made
# smaller: that takes longer than a mutant's time, and looks as if the mutant never ended.
settings.register_profile(
    "mutants",
    phases=(Phase.explicit, Phase.generate),
    deadline=None,
    derandomize=True,
    database=None,
    max_examples=30,
    suppress_health_check=list(HealthCheck),
)
settings.load_profile(os.environ.get("ZEROSUM_HYPOTHESIS", "fast"))


@pytest.fixture(scope="session")
def server() -> Iterator[str]:
    """The URL of one PostgreSQL server for all tests; each makes a schema of its own there."""
    if reason := why_no_server():
        pytest.skip(reason)
    with server_url() as url:
        yield url


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, exitstatus: int, config: pytest.Config
) -> None:
    # `-q` hides the header that names the seed; a failure must stay repeatable.
    seed = config.getoption("randomly_seed", default=None)
    if exitstatus != pytest.ExitCode.OK and seed is not None:
        terminalreporter.write_line(f"Same order again: pytest --randomly-seed={seed}")
