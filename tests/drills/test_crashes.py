"""Can somebody pull the plug?"""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.servers import binaries, given_url, why_no_server

ROOT = Path(__file__).parents[2]


def crashed(kind: str, crashes: int, seed: int) -> dict[str, Any]:
    """What the drill says; a loss is an assertion of its own program."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.drills.crashing", kind, str(crashes), str(seed)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-4_000:]
    outcome: dict[str, Any] = json.loads(done.stdout)
    assert outcome["crashes"] == crashes
    return outcome


def need_server_of_our_own() -> None:
    """Somebody else's server is not crashed."""
    if reason := why_no_server():
        pytest.skip(reason)
    if given_url() is not None and binaries() is None:
        pytest.skip("no PostgreSQL programs here: the server that was named is not crashed")


def test_a_few_killed_writers_lose_nothing() -> None:
    outcome = crashed("sqlite", 6, 2)

    # How much a writer says before it dies is the machine's business.
    assert outcome["acknowledged"] > 0


@pytest.mark.long
def test_a_thousand_killed_writers_lose_nothing() -> None:
    outcome = crashed("sqlite", 1_000, 20_261_122)

    assert outcome["acknowledged"] > 1_000
    # Otherwise no kill ever fell between the commit and the answer, and the retry shows little.
    assert outcome["unanswered"] > 0


def test_a_server_that_stopped_at_once_lost_nothing() -> None:
    need_server_of_our_own()
    assert crashed("postgresql", 1, 2)["crashes"] == 1


@pytest.mark.long
def test_a_hundred_stops_of_a_server_lose_nothing() -> None:
    need_server_of_our_own()
    outcome = crashed("postgresql", 100, 20_261_122)

    assert outcome["acknowledged"] > 100
