"""A real server for the session, a schema of one's own for each test."""

from collections.abc import Iterator
from itertools import count

import pytest

from tests.servers import schema_url

_numbers = count(1)


@pytest.fixture
def url(server: str, worker_id: str) -> Iterator[str]:
    with schema_url(server, f"zerosum_{worker_id}_{next(_numbers)}") as found:
        yield found


@pytest.fixture
def other_url(server: str, worker_id: str) -> Iterator[str]:
    with schema_url(server, f"zerosum_{worker_id}_{next(_numbers)}") as found:
        yield found
