"""Does every question about a scenario get the answer that stands beside it?

A folder holds `commands`, `questions` (one call a line) and, under `answers`, what each prints.
`ZEROSUM_REWRITE=1` writes the answers anew, to be read in the diff.
"""

import os
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.acceptance.calling import Books, books_with

SCENARIOS = Path(__file__).parent / "scenarios"


class Question(NamedTuple):
    """One call about one scenario, and the file with its answer."""

    scenario: str
    line: str
    answer: Path


def questions() -> Iterator[Question]:
    for folder in sorted(SCENARIOS.iterdir()):
        lines = (folder / "questions").read_text(encoding="utf-8").splitlines()
        for line in lines:
            name = "_".join(line.replace("--", "").replace("/", "-").split())
            yield Question(folder.name, line, folder / "answers" / name)


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Books]:
    """Each scenario's store, made once."""
    return {
        folder.name: books_with(
            tmp_path_factory.mktemp(folder.name),
            (folder / "commands").read_text(encoding="utf-8"),
        )
        for folder in sorted(SCENARIOS.iterdir())
    }


@pytest.mark.parametrize("question", list(questions()), ids=lambda q: f"{q.scenario}: {q.line}")
def test_the_answer_is_the_one_on_file(question: Question, told: dict[str, Books]) -> None:
    answer = told[question.scenario].ask(*shlex.split(question.line))
    assert answer.exit_code == 0, answer.err

    if os.environ.get("ZEROSUM_REWRITE"):
        question.answer.parent.mkdir(exist_ok=True)
        question.answer.write_text(answer.out, encoding="utf-8")
    assert answer.out == question.answer.read_text(encoding="utf-8")


def test_every_answer_on_file_has_its_question() -> None:
    on_file = {path for folder in SCENARIOS.iterdir() for path in (folder / "answers").iterdir()}

    assert on_file == {question.answer for question in questions()}
