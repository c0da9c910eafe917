"""Do the names say something, and does no text know the machine it was written on?"""

import re
import subprocess
from pathlib import Path

import pytest

from tests.architecture.sources import PACKAGES, ROOT, modules, place

SAYING_NOTHING = frozenset({"common", "core", "manager", "service", "utils"})

# Folders of one machine at the start of a path; the pattern does not match itself.
MACHINE_PATH = re.compile(r"(?<![\w.~-])/(?:home|root|Users|work)/")


def test_no_module_has_a_name_that_says_nothing() -> None:
    named = {
        place(path): set(path.relative_to(ROOT).with_suffix("").parts)
        for path in modules(*PACKAGES)
    }

    assert named
    assert [name for name, parts in named.items() if parts & SAYING_NOTHING] == []


def test_no_text_mentions_a_path_of_one_machine() -> None:
    found = [
        f"{place(path)}:{number}: {line.strip()}"
        for path in texts()
        for number, line in enumerate(
            path.read_text("utf-8", errors="replace").splitlines(), start=1
        )
        if MACHINE_PATH.search(line)
    ]

    assert found == []


def texts() -> list[Path]:
    """Every text that is, or with the next `git add` would be, in the repository."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    try:
        listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    except (FileNotFoundError, subprocess.CalledProcessError):
        pytest.skip("not a git checkout")
    paths = [ROOT / name for name in listed.stdout.split("\0") if name]
    return [path for path in paths if path.is_file() and b"\0" not in path.read_bytes()]
