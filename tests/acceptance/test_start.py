"""Does the program start light, and does its help say what its commands say?"""

import subprocess
import sys
from pathlib import Path

import click
import pytest

from cli.lazy import LazyGroup
from cli.main import cli
from tests.acceptance.calling import ROOT, Books, called

HEAVY = ("sqlalchemy", "pydantic", "pydantic_core", "eventsourcing", "rich", "ledger", "domain")


def test_importing_the_program_imports_nothing_heavy() -> None:
    code = "import sys, cli.main; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )

    assert [name for name in HEAVY if name in done.stdout.split()] == []


def test_help_imports_no_command(tmp_path: Path) -> None:
    code = (
        "import sys; from cli.main import run; code = run(['--help']); "
        "print(*sorted(sys.modules), file=sys.stderr); sys.exit(code)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )

    assert "balances" in done.stdout
    assert [name for name in HEAVY if name in done.stderr.split()] == []
    assert tmp_path


def commands(group: LazyGroup, path: str) -> list[tuple[str, click.Command, str]]:
    context = click.Context(group)
    found = []
    for name, lazy in group.lazy.items():
        if name == "import":
            continue
        command = group.get_command(context, name)
        assert command is not None
        found.append((f"{path} {name}", command, lazy.purpose))
        if isinstance(command, LazyGroup):
            found += commands(command, f"{path} {name}")
    return found


ALL = commands(cli, "zerosum") if isinstance(cli, LazyGroup) else []


@pytest.mark.parametrize(("path", "command", "purpose"), ALL, ids=[path for path, *_ in ALL])
def test_the_purpose_in_the_list_is_the_one_of_the_command(
    path: str, command: click.Command, purpose: str
) -> None:
    assert path
    assert (command.help or "").splitlines()[0] == purpose


@pytest.mark.parametrize(("path", "command", "purpose"), ALL, ids=[path for path, *_ in ALL])
def test_every_help_ends_with_an_example(path: str, command: click.Command, purpose: str) -> None:
    assert purpose
    if isinstance(command, LazyGroup):
        return
    assert command.epilog is not None
    assert path in command.epilog


def test_the_version_is_the_installed_one(empty: Books) -> None:
    version = empty.ask("version", "--json").json["version"]

    assert empty.ask("version").out == f"zerosum {version}\n"


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_each_shell_gets_its_completion(empty: Books, shell: str) -> None:
    assert "_ZEROSUM_COMPLETE" in empty.ask("completion", shell).out


def test_completion_knows_the_commands(tmp_path: Path) -> None:
    done = called(
        tmp_path, _ZEROSUM_COMPLETE="bash_complete", COMP_WORDS="zerosum bal", COMP_CWORD="1"
    )

    assert done.stdout.splitlines() == [b"plain,balances"]


@pytest.mark.parametrize("group", [(), ("adl",), ("policy",)], ids=str)
def test_a_group_without_a_command_says_what_it_answers(
    empty: Books, group: tuple[str, ...]
) -> None:
    assert empty.ask(*group).exit_code == 0
    assert empty.ask(*group).out == empty.ask(*group, "--help").out
