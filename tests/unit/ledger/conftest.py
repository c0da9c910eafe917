"""A store of one's own for each test."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from ledger.ledger import Ledger
from tests.unit.ledger.stories import cascade


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'books.db'}"


@pytest.fixture
def ledger(url: str) -> Iterator[Ledger]:
    with Ledger.create(url, "venue.example/books") as ledger:
        yield ledger


@pytest.fixture
def cascaded(ledger: Ledger) -> Ledger:
    """A decided log of about sixty events, one command per commit."""
    for command in cascade():
        ledger.submit(command)
    return ledger
