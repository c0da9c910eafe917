"""How does a test call zerosum as its users do?"""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from click.testing import CliRunner

from cli.cascade_mini import SCENARIO
from cli.main import cli

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Answer:
    """What a call printed and how it left."""

    exit_code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The one JSON object of stdout."""
        return json.loads(self.out)

    @property
    def error(self) -> Any:
        """The one JSON object of stderr."""
        return json.loads(self.err)


@dataclass(frozen=True)
class Books:
    """A store of its own in a folder of its own."""

    folder: Path

    @property
    def url(self) -> str:
        """URL of the store."""
        return f"sqlite:///{self.folder / 'books.db'}"

    def ask(self, *args: str, given: str | bytes | None = None) -> Answer:
        """Call the command line in this process, with this store."""
        environment = {"ZEROSUM_STORE": self.url, "ZEROSUM_DEBUG": None, "NO_COLOR": None}
        result = CliRunner().invoke(cli, args, input=given, env=environment)
        return Answer(result.exit_code, result.stdout, result.stderr)

    def write(self, name: str, text: str) -> str:
        """A file in the folder; gives its path."""
        path = self.folder / name
        path.write_text(text, encoding="utf-8", newline="")
        return str(path)


def books_with(folder: Path, commands: str) -> Books:
    """A store to which these commands were applied; rejected lines are allowed."""
    books = Books(folder)
    assert books.ask("init", "--name", "zerosum.example/test").exit_code == 0
    applied = books.ask("apply", books.write("commands", commands), "--allow-rejects")
    assert applied.exit_code == 0, applied.err
    return books


def cascade_mini(folder: Path) -> Books:
    """The worked example: LIQ-26, LIQ-30 and ADL-34."""
    return books_with(folder, SCENARIO)


def called(folder: Path, *args: str, **environment: str) -> subprocess.CompletedProcess[bytes]:
    """Call the command line as a process of its own."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    return subprocess.run(
        [sys.executable, "-m", "cli.main", *args],
        cwd=folder,
        env={**kept, "PYTHONPATH": str(ROOT), **environment},
        capture_output=True,
        check=False,
        timeout=60,
    )
