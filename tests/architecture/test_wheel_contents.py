"""Does an installed zerosum hold the six packages, and nothing else?"""

import re
import subprocess
import sys
from email.message import Message
from email.parser import HeaderParser
from pathlib import Path
from zipfile import ZipFile

import pytest

from tests.architecture.sources import PACKAGES, ROOT, modules, place


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Every file of a freshly built wheel, as text by name; built without a network."""
    folder = tmp_path_factory.mktemp("wheel")
    offline = ["--no-deps", "--no-index", "--no-build-isolation"]
    built = subprocess.run(
        [sys.executable, "-m", "pip", "wheel", ".", *offline, "--wheel-dir", str(folder)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert built.returncode == 0, built.stdout + built.stderr

    (path,) = folder.glob("*.whl")
    with ZipFile(path) as archive:
        return {name: archive.read(name).decode("utf-8") for name in archive.namelist()}


@pytest.fixture(scope="module")
def metadata(wheel: dict[str, str]) -> Message:
    return HeaderParser().parsestr(only(wheel, "METADATA"))


def only(wheel: dict[str, str], ending: str) -> str:
    (text,) = (text for name, text in wheel.items() if name.endswith(f".dist-info/{ending}"))
    return text


def test_the_wheel_holds_exactly_the_six_packages(wheel: dict[str, str]) -> None:
    folders = {name.split("/")[0] for name in wheel}

    assert {name for name in folders if not name.endswith(".dist-info")} == set(PACKAGES)
    assert len(folders) == len(PACKAGES) + 1


def test_the_wheel_holds_every_module(wheel: dict[str, str]) -> None:
    ours = {name for name in wheel if name.endswith(".py")}

    assert ours == {place(path) for path in modules(*PACKAGES)}


@pytest.mark.parametrize("package", PACKAGES)
def test_each_package_says_that_it_is_typed(wheel: dict[str, str], package: str) -> None:
    assert f"{package}/py.typed" in wheel


def test_the_wheel_installs_the_command(wheel: dict[str, str]) -> None:
    assert only(wheel, "entry_points.txt").split() == [
        "[console_scripts]",
        "zerosum",
        "=",
        "cli.main:run",
    ]


def test_the_wheel_carries_its_licence(wheel: dict[str, str], metadata: Message) -> None:
    assert metadata["License-Expression"] == "Apache-2.0"
    assert only(wheel, "licenses/LICENSE") == Path(ROOT / "LICENSE").read_text(encoding="utf-8")


def test_each_dependency_is_bounded_below_and_above(metadata: Message) -> None:
    needed = metadata.get_all("Requires-Dist", [])

    assert needed
    assert [
        line for line in needed if not (re.search(r">=\d", line) and re.search(r"<\d", line))
    ] == []
