"""Which stores do these tests ask?"""

from pathlib import Path

import pytest

from tests.acceptance.calling import Books, cascade_mini


@pytest.fixture
def empty(tmp_path: Path) -> Books:
    """A place where no store is yet."""
    return Books(tmp_path)


@pytest.fixture(scope="session")
def cascade(tmp_path_factory: pytest.TempPathFactory) -> Books:
    """The worked example, for questions that change nothing."""
    return cascade_mini(tmp_path_factory.mktemp("cascade"))
