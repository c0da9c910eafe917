"""What is said when output, store URL or disk is not what a command needs?"""

import os
import resource
import subprocess
import sys
from pathlib import Path

import pytest

from tests.acceptance.calling import ROOT, Books


def shell(books: Books, text: str) -> subprocess.CompletedProcess[bytes]:
    """Run a shell line in which `$Z` is zerosum."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    called = {"Z": f"{sys.executable} -m cli.main", "ZEROSUM_STORE": books.url}
    return subprocess.run(
        ["/bin/sh", "-c", text],
        env={**kept, **called, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        check=False,
        timeout=60,
    )


@pytest.mark.parametrize("question", ["events", "balances", "balances --json", "export ndjson"])
def test_a_closed_standard_output_is_a_closed_pipe(cascade: Books, question: str) -> None:
    left = shell(cascade, f"$Z {question} >&-")

    assert left.returncode == 141
    assert b"error[" not in left.stderr
    assert b"Traceback" not in left.stderr


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
@pytest.mark.parametrize(
    ("question", "code"),
    [("balances", 0), ("frob", 2), ("event 99", 3), ("balances --store sqlite:///none.db", 4)],
)
def test_a_disk_without_room_for_messages_changes_no_exit_code(
    cascade: Books, question: str, code: int
) -> None:
    assert shell(cascade, f"$Z {question} 2>/dev/full").returncode == code


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
def test_a_disk_without_room_for_the_answer_is_no_sign_of_tampering(cascade: Books) -> None:
    for heard in ("", "2>/dev/full"):
        for question in ("verify", "balances", "events --json", "version", "--help"):
            left = shell(cascade, f"$Z {question} >/dev/full {heard}")

            assert left.returncode == 4
            assert b"Exception" not in left.stderr
            assert b"Traceback" not in left.stderr


@pytest.mark.parametrize("url", ["foo", "mysql://host/books", "sqlite://", "sqlite:///:memory:"])
@pytest.mark.parametrize("question", ["balances", "verify", "apply -", "init"])
def test_a_store_url_that_names_no_store_is_not_taken_for_a_damaged_store(
    empty: Books, url: str, question: str
) -> None:
    answered = empty.ask("--store", url, *question.split(), "--json", given="")

    assert (answered.exit_code, answered.error["code"]) == (4, "bad_store_url")
    assert "sqlite:///" in answered.error["hint"]
    assert "backup" not in answered.error["hint"]


def test_a_disk_that_fails_is_not_taken_for_a_damaged_store(empty: Books, tmp_path: Path) -> None:
    assert empty.ask("init").exit_code == 0
    lines = '{"command":"open_venue","name":"x"}\n' + "".join(
        f'{{"command":"open_account","account":"a{number}"}}\n' for number in range(3_000)
    )
    path = empty.write("commands", lines)
    blocks = (tmp_path / "books.db").stat().st_size // 512 + 64

    left = shell(empty, f"trap '' XFSZ; ulimit -f {blocks}; $Z apply {path} --batch 10 2>&1 >&2")

    said = left.stderr.decode() + left.stdout.decode()
    assert left.returncode == 4, said
    assert "disk I/O error" in said
    assert "hint: the disk refuses" in said
    assert resource.getrlimit(resource.RLIMIT_FSIZE)[1] == resource.RLIM_INFINITY
