"""A store with a key, in the folder that zerosum works in."""

import shutil
from pathlib import Path
from typing import Any

import pytest

from ledger.ledger import Ledger
from tests.acceptance.calling import Books, cascade_mini

NAME = "zerosum.example/test"
STEM = "zerosum.example-test"


@pytest.fixture(scope="session")
def story(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The worked example, once; every test gets its copy."""
    return cascade_mini(tmp_path_factory.mktemp("story")).folder


@pytest.fixture
def books(story: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Books:
    """A copy of the worked example, without a key."""
    for path in story.glob("books.db*"):
        shutil.copy(path, tmp_path / path.name)
    monkeypatch.chdir(tmp_path)
    for variable in ("ZEROSUM_KEY", "ZEROSUM_VKEY"):
        monkeypatch.delenv(variable, raising=False)
    return Books(tmp_path)


@pytest.fixture
def sealed(books: Books) -> Books:
    """The same with a key and a checkpoint of all 37 events."""
    assert books.ask("keygen").exit_code == 0
    assert books.ask("checkpoint", "-o", "37.checkpoint").exit_code == 0
    return books


def replaced(books: Books, *, until: int | None = None, changed: int | None = None) -> None:
    """Put a store in the place of this one: cut off, or with one deposit a unit larger."""
    with Ledger.open(books.url, readonly=True) as ledger:
        events: list[Any] = list(ledger.events(1, until))
    if changed is not None:
        data = events[changed - 1]["data"]
        events[changed - 1] = {
            **events[changed - 1],
            "data": {**data, "amount": data["amount"] + 1},
        }
    for path in books.folder.glob("books.db*"):
        path.unlink()
    with Ledger.create(books.url, NAME) as ledger:
        ledger.append_events(events)
