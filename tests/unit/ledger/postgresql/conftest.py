"""A real server for the session, a schema of one's own for each test."""

from collections.abc import Iterator
from itertools import count

import pytest

from ledger.ledger import Ledger
from tests.servers import schema_url
from tests.unit.ledger.stories import cascade

_numbers = count(1)


@pytest.fixture
def url(server: str, worker_id: str) -> Iterator[str]:
    with schema_url(server, f"zerosum_{worker_id}_{next(_numbers)}") as found:
        yield found


@pytest.fixture
def other_url(server: str, worker_id: str) -> Iterator[str]:
    with schema_url(server, f"zerosum_{worker_id}_{next(_numbers)}") as found:
        yield found


@pytest.fixture
def ledger(url: str) -> Iterator[Ledger]:
    with Ledger.create(url, "venue.example/books") as ledger:
        yield ledger


@pytest.fixture
def cascaded(ledger: Ledger) -> Ledger:
    for command in cascade():
        ledger.submit(command)
    return ledger
