"""Does a person leave books on a server as it leaves those in a file?"""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from cli.main import cli
from domain.merkle import is_included
from ledger.ledger import Ledger
from tests.servers import connected
from tests.unit.ledger.stories import archive

MARKET = "market M tick 1 lot 1 initial 10% maintenance 5%"


def ask(url: str, folder: Path, *words: str, given: str | None = None) -> Result:
    # Beside a server's store the names stand in a file that is named, or in the current folder.
    environment = {"ZEROSUM_STORE": url, "ZEROSUM_PERSONS": str(folder / "persons")}
    return CliRunner().invoke(cli, words, input=given, env=environment)


def texts_on_the_server(url: str) -> bytes:
    """Everything that any of our tables holds."""
    found = b""
    with connected(url) as connection:
        names = (
            "SELECT table_name FROM information_schema.tables WHERE table_schema = current_schema"
        )
        for (table,) in connection.execute(names).fetchall():
            for row in connection.execute(f'SELECT * FROM "{table}"'):
                found += b"".join(
                    bytes(c) if isinstance(c, bytes) else str(c).encode() for c in row
                )
    return found


def test_erasing_leaves_the_name_nowhere_and_every_proof_valid(url: str, tmp_path: Path) -> None:
    assert ask(url, tmp_path, "init", "--name", "venue.example/books").exit_code == 0
    alice = ask(url, tmp_path, "pseudonym", "Alice Liddell").stdout.strip()
    story = (
        f"{MARKET}\ndeposit {alice} 1000\ndeposit bob 1000\nmark 100\ntrade {alice} bob 1 @ 100\n"
    )
    assert ask(url, tmp_path, "apply", "-", given=story).exit_code == 0
    assert "Liddell" in ask(url, tmp_path, "export", "csv", "--names").stdout
    with Ledger.open(url, readonly=True) as ledger:
        head, root = ledger.head, ledger.root
        leaves = [row.leaf for row in ledger.rows()]
        paths = [ledger.inclusion_path(seq, head) for seq in range(1, head + 1)]

    told = ("--actor", "dpo", "--reason", "request 17", "--json")
    answer = ask(url, tmp_path, "erase", alice, *told)

    assert (answer.exit_code, json.loads(answer.stdout)["seq"]) == (0, head + 1)
    assert b"Liddell" not in (tmp_path / "persons").read_bytes()
    assert b"Liddell" not in texts_on_the_server(url)
    with Ledger.open(url, readonly=True) as ledger:
        assert ledger.root_at(head) == root
        for seq, (leaf, path) in enumerate(zip(leaves, paths, strict=True), start=1):
            assert is_included(leaf, seq - 1, head, path, root)
    shown = ask(url, tmp_path, "export", "csv", "--names").stdout
    assert "Liddell" not in shown
    assert ",erased" in shown
    assert ask(url, tmp_path, "verify").exit_code == 0
    assert ask(url, tmp_path, "replay", "--re-decide").exit_code == 0
    again = ask(url, tmp_path, "erase", alice, *told)
    assert json.loads(again.stdout)["seq"] == head + 1


def test_an_account_of_a_recorded_log_is_erased_and_the_archive_goes_on(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    facts = list(archive(60))
    with Ledger.create(url, "venue.example/books") as ledger:
        ledger.record(facts[:40])
        head, root = ledger.head, ledger.root

    answer = ask(url, tmp_path, "erase", "alice", "--actor", "dpo", "--reason", "request 17")

    assert answer.exit_code == 0
    with Ledger.open(url) as ledger:
        assert ledger.root_at(head) == root
        assert ledger.record(facts).repeated == 40
        assert ledger.head == len(facts) + 1
    assert ask(url, tmp_path, "verify").exit_code == 0
