"""Do all ways into the ledger write the same log?"""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from domain.redecide import decide_again
from domain.scenario import ScenarioReader
from domain.snapshot import state_digest
from ledger.ledger import Ledger
from ledger.replay import re_decide, replay
from tests.oracle.generator import commands
from tests.stories import CASCADE_MINI

Command = dict[str, object]


def cascade_mini() -> list[Command]:
    reader = ScenarioReader()
    return [command for line in CASCADE_MINI.splitlines() for command in reader.commands(line)]


STORIES: dict[str, Callable[[], list[Command]]] = {
    "cascade-mini": cascade_mini,
    "a crash with refusals": lambda: list(commands(3, 300, "crash")),
    "cross-market accounts": lambda: list(commands(4, 300, "cross")),
    "amounts beyond 64 bits": lambda: list(commands(5, 300, "big")),
}


@pytest.fixture(params=STORIES)
def story(request: pytest.FixtureRequest) -> list[Command]:
    return STORIES[request.param]()


def one_by_one(ledger: Ledger, story: list[Command]) -> None:
    for command in story:
        ledger.submit(json.dumps(command))


def in_batches(size: int) -> Callable[[Ledger, list[Command]], None]:
    def submit(ledger: Ledger, story: list[Command]) -> None:
        for _ in ledger.submit_many((json.dumps(command) for command in story), size):
            pass

    return submit


def bytes_of(ledger: Ledger) -> Iterator[tuple[bytes, bytes]]:
    return ((row.raw, row.leaf) for row in ledger.rows())


def test_single_batched_and_bulk_writing_give_the_same_bytes_and_root(
    story: list[Command], tmp_path: Path
) -> None:
    with Ledger.create(f"sqlite:///{tmp_path / 'single.db'}") as single:
        one_by_one(single, story)
        expected, root = list(bytes_of(single)), single.root
        digest = state_digest(single.venue)

        for size in (2, 7, 1_000):
            with Ledger.create(f"sqlite:///{tmp_path / f'batch-{size}.db'}") as batched:
                in_batches(size)(batched, story)

                assert batched.root == root
                assert list(bytes_of(batched)) == expected

        with Ledger.create(f"sqlite:///{tmp_path / 'bulk.db'}") as bulk:
            bulk.append_events(single.events())

            assert bulk.root == root
            assert list(bytes_of(bulk)) == expected
            assert state_digest(bulk.venue) == digest


def test_replaying_and_deciding_again_agree_with_the_log(
    story: list[Command], tmp_path: Path
) -> None:
    with Ledger.create(f"sqlite:///{tmp_path / 'log.db'}") as ledger:
        in_batches(50)(ledger, story)

        report = replay(ledger)

        assert report.equal
        assert report.state_digest == state_digest(ledger.venue)
        assert list(re_decide(ledger, decide_again)) == []


def zerosum(
    *arguments: str, folder: Path, **environment: str
) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-m", "cli.main", *arguments],
        cwd=folder,
        env={
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(Path(__file__).parents[2]),
            **environment,
        },
        capture_output=True,
        check=True,
    )


def test_scenario_text_and_json_lines_give_the_same_root(tmp_path: Path) -> None:
    (tmp_path / "story.scenario").write_text(CASCADE_MINI, encoding="utf-8")
    lines = "".join(json.dumps(command) + "\n" for command in cascade_mini())
    (tmp_path / "story.ndjson").write_text(lines, encoding="utf-8")
    roots = set()

    for name in ("story.scenario", "story.ndjson"):
        for batch in ("1", "1000"):
            store = f"sqlite:///{name}.{batch}.db"
            zerosum("--store", store, "init", folder=tmp_path)
            done = zerosum(
                "--store",
                store,
                "apply",
                name,
                "--batch",
                batch,
                "--json",
                folder=tmp_path,
            )
            roots.add(json.loads(done.stdout)["root"])

    assert len(roots) == 1


def test_hash_seed_zone_and_language_decide_nothing(tmp_path: Path) -> None:
    (tmp_path / "story.scenario").write_text(CASCADE_MINI, encoding="utf-8")
    outputs = set()

    for number, (seed, zone, language) in enumerate(
        (
            ("0", "Asia/Kathmandu", "C"),
            ("4711", "America/Lima", "de_DE"),
        )
    ):
        places = {"PYTHONHASHSEED": seed, "TZ": zone, "LANG": language}
        store = f"sqlite:///{number}.db"
        zerosum("--store", store, "init", folder=tmp_path, **places)
        zerosum("--store", store, "apply", "story.scenario", folder=tmp_path, **places)
        decision = json.loads(
            zerosum("--store", store, "adl", "list", "--json", folder=tmp_path, **places).stdout
        )["rows"][0]["id"]
        outputs.add(
            tuple(
                zerosum("--store", store, *question, folder=tmp_path, **places).stdout
                for question in (
                    ("balances", "--json"),
                    ("timeline", "alice", "--json"),
                    ("adl", "explain", decision, "--json"),
                )
            )
        )

    assert len(outputs) == 1
