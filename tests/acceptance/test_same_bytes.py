"""Does the same log give the same bytes, wherever and however it is asked?"""

import contextlib
import fcntl
import os
import pty
import struct
import subprocess
import sys
import termios

import pytest

from tests.acceptance.calling import ROOT, Books, called

SURROUNDINGS: dict[str, dict[str, str]] = {
    "another zone": {"TZ": "Pacific/Kiritimati"},
    "no UTF-8": {"LANG": "C", "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONIOENCODING": "ascii"},
    "a narrow window": {"COLUMNS": "20", "LINES": "5", "TERM": "dumb"},
    "another hash seed": {"PYTHONHASHSEED": "4242"},
    "no colour": {"NO_COLOR": "1"},
    "colour by force": {"FORCE_COLOR": "1", "CLICOLOR_FORCE": "1"},
}
QUESTIONS = (
    ("adl", "explain", "ADL-34", "--account", "dave"),
    ("adl", "explain", "ADL-34", "--json"),
    ("policy", "list"),
)


@pytest.mark.parametrize("question", QUESTIONS, ids=" ".join)
@pytest.mark.parametrize("surroundings", SURROUNDINGS.values(), ids=SURROUNDINGS.keys())
def test_the_surroundings_change_no_byte(
    cascade: Books, question: tuple[str, ...], surroundings: dict[str, str]
) -> None:
    answer = called(cascade.folder, *question, ZEROSUM_STORE=cascade.url, **surroundings)

    assert answer.returncode == 0, answer.stderr
    assert answer.stdout == cascade.ask(*question).out.encode("utf-8")


def test_nothing_is_cut_off_or_coloured_away_from_a_terminal(cascade: Books) -> None:
    answer = called(cascade.folder, "verify", ZEROSUM_STORE=cascade.url, COLUMNS="10")

    assert b"\x1b" not in answer.stdout
    assert b"victims_closed_within_their_positions" in answer.stdout


def test_an_error_is_utf_8_whatever_the_locale(cascade: Books) -> None:
    answer = called(cascade.folder, "balances", "zoë", ZEROSUM_STORE=cascade.url, LC_ALL="C")

    assert answer.returncode == 3
    assert b"Traceback" not in answer.stderr


def test_the_demo_says_the_same_twice(cascade: Books) -> None:
    first = called(cascade.folder, "demo", PYTHONHASHSEED="1")
    second = called(cascade.folder, "demo", PYTHONHASHSEED="2", TZ="America/Lima")

    assert first.returncode == 0
    assert first.stdout == second.stdout


def on_a_terminal(cascade: Books, columns: int, **environment: str) -> str:
    """What a call prints to a terminal of so many columns."""
    reader, writer = pty.openpty()
    fcntl.ioctl(writer, termios.TIOCSWINSZ, struct.pack("HHHH", 5, columns, 0, 0))
    process = subprocess.Popen(
        [sys.executable, "-m", "cli.main", "verify"],
        env={"PYTHONPATH": str(ROOT), "TERM": "xterm", "ZEROSUM_STORE": cascade.url, **environment},
        stdout=writer,
        stderr=subprocess.DEVNULL,
    )
    os.close(writer)
    raw = b""
    with contextlib.suppress(OSError):  # the terminal is gone when the process has ended
        while chunk := os.read(reader, 65_536):
            raw += chunk
    os.close(reader)
    assert process.wait(timeout=60) == 0
    return raw.decode("utf-8")


def test_a_narrow_terminal_gets_the_whole_text(cascade: Books) -> None:
    narrow, wide = on_a_terminal(cascade, 20), on_a_terminal(cascade, 300)

    assert narrow == wide
    assert "victims_closed_within_their_positions" in narrow
    assert "\x1b[" in narrow


def test_no_colour_means_none(cascade: Books) -> None:
    assert "\x1b[" not in on_a_terminal(cascade, 80, NO_COLOR="1")
