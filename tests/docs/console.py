"""What does a page's console block say should happen?

A block fenced as ```console holds commands after `$ ` (continued by lines after `> `) and, below
each, what it prints. `…` stands for anything within a line; a line of `…` alone for any lines.
Blocks of one page run in one empty folder, in order, as a reader would run them.
"""

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[2]
_BLOCK = re.compile(r"^```console\n(.*?)^```", re.MULTILINE | re.DOTALL)
_PROGRESS = re.compile(r"[a-z ]+: [\d,]+(?: of [\d,]+| \(\d+%\))?, [\d,]+/s.*")
"""What long work says of itself every ten seconds: a page shows the machine that needed fewer."""
_FILE = re.compile(r"^<!-- file: (\S+) -->\n```\w*\n(.*?)^```", re.MULTILINE | re.DOTALL)


class Example(NamedTuple):
    """A command and what it should print."""

    command: str
    expected: list[str]


def pages() -> list[Path]:
    """README and every page under docs."""
    return [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]


def examples(text: str) -> list[Example]:
    """Commands of all console blocks of a page, in order."""
    found: list[Example] = []
    for block in _BLOCK.findall(text):
        for line in block.splitlines():
            if line.startswith("$ "):
                found.append(Example(line[2:], []))
            elif line.startswith("> ") and found and not found[-1].expected:
                found[-1] = Example(f"{found[-1].command}\n{line[2:]}", [])
            elif found:
                found[-1].expected.append(line)
    return found


def files(text: str) -> dict[str, str]:
    """Files that a page shows under `<!-- file: name -->` and its examples use."""
    return dict(_FILE.findall(text))


MARK = "---- the next command ----"


def run(commands: list[str], folder: Path) -> list[list[str]]:
    """What each command prints in one shell session, both streams as a terminal shows them."""
    environment = {
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "HOME": str(folder),
        "LANG": "C.UTF-8",
        "COLUMNS": "100",
        "PYTHONPATH": str(ROOT),
    }
    session = "\n".join(
        f"{command}\n__code=$?; printf '%s\\n' '{MARK}'; (exit $__code)" for command in commands
    )
    done = subprocess.run(
        ["bash", "-c", session],
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        timeout=300,
    )
    parts = done.stdout.split(f"{MARK}\n")
    return [
        [line for line in part.splitlines() if not _PROGRESS.fullmatch(line)]
        for part in parts[: len(commands)]
    ]


def matches(expected: list[str], printed: list[str]) -> bool:
    """Whether what was printed is what the page says, `…` standing for anything."""
    pattern = ""
    for line in expected:
        if line.strip() == "…":
            pattern += r"(?:.*\n)*?"
        else:
            pattern += ".*".join(re.escape(part) for part in line.rstrip().split("…")) + r"[ ]*\n"
    return re.fullmatch(pattern, "".join(f"{line.rstrip()}\n" for line in printed)) is not None
