"""Does every command answer from a server what it answers from a file?"""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from cli.cascade_mini import SCENARIO
from cli.main import cli

NAME = "venue.example/books"
DECISION = "ADL-34"

QUESTIONS = (
    "balances",
    "balances --at 20",
    "positions --json",
    "oi",
    "history dave",
    "events --json",
    "event 34",
    "timeline alice",
    "adl list",
    f"adl show {DECISION}",
    f"adl explain {DECISION} --account dave",
    "adl rank --help",
    f"whatif {DECISION} --policy pro-rata-size@1",
    "checkpoint",
    "prove 34 -o proof",
    "verify",
    "rebuild",
    "verify --json",
    "export ndjson",
    "export csv",
    "export hledger",
    "export beancount",
    f"export evidence {DECISION} -o evidence.zip",
)

Ask = Callable[..., Result]


def asking(url: str) -> Ask:
    def ask(*words: str) -> Result:
        environment = {"ZEROSUM_STORE": url, "ZEROSUM_DEBUG": None, "NO_COLOR": None}
        return CliRunner().invoke(cli, words, env=environment)

    return ask


def told(result: Result) -> tuple[int, str]:
    """Exit code and answer; rates and times of day are nobody's fault."""
    said = re.sub(r"[0-9,.]+ (a second|s, )", "… ", result.stdout)
    return result.exit_code, re.sub(r"recorded[^\n]*", "recorded …", said)


def test_every_question_has_the_same_answer(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = []
    for place, store in (("file", f"sqlite:///{tmp_path / 'books.db'}"), ("server", url)):
        folder = tmp_path / place
        folder.mkdir()
        monkeypatch.chdir(folder)
        ask = asking(store)
        (folder / "story.txt").write_text(SCENARIO)
        assert ask("init", "--name", NAME).exit_code == 0
        applied = ask("apply", "story.txt")
        assert applied.exit_code in (0, 5), applied.output
        found = {question: ask(*question.split()) for question in QUESTIONS}
        assert "Traceback" not in "".join(result.output for result in found.values())
        answers.append({question: told(result) for question, result in found.items()})
        answers[-1]["applied"] = told(applied)

    file, server = answers
    assert file == server
    assert {question for question, (code, _) in file.items() if code} <= {"prove 34 -o proof"} | {
        f"export evidence {DECISION} -o evidence.zip"
    }


def test_a_signed_log_on_a_server_proves_its_events(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    ask = asking(url)
    (tmp_path / "story.txt").write_text(SCENARIO)
    for words in (
        ("init", "--name", NAME),
        ("apply", "story.txt", "--allow-rejects"),
        ("keygen",),
        ("checkpoint",),
        ("prove", "34", "-o", "34.tlog-proof"),
        ("verify-proof", "34.tlog-proof"),
        ("verify",),
        ("replay",),
        ("doctor",),
    ):
        result = ask(*words)
        assert result.exit_code == 0, (words, result.output)
    assert "anchored to size" in ask("verify").output


def test_an_export_taken_in_again_has_the_same_root(
    url: str, other_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    ask, again = asking(url), asking(other_url)
    (tmp_path / "story.txt").write_text(SCENARIO)
    assert ask("init", "--name", NAME).exit_code == 0
    assert ask("apply", "story.txt", "--allow-rejects").exit_code == 0
    (tmp_path / "log.ndjson").write_bytes(ask("export", "ndjson", "--raw").stdout_bytes)
    assert again("init", "--name", NAME).exit_code == 0
    taken = again("import", "ndjson", "log.ndjson")

    assert taken.exit_code == 0, taken.output
    root = re.search(r"root ([0-9a-f]{64})", ask("balances").output)
    assert root is not None
    assert root[1] in again("balances").output
