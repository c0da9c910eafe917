"""What does the verifier say of a bundle, asked in this process?"""

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from reports.verifier import verify
from tests.acceptance.proofs.bundles import Members, packed
from tests.unit.reports.verifier.forgeries import (
    key_line,
)


class Verdict:
    """What the verifier printed last, and the lines before it."""

    def __init__(self, out: str, code: int) -> None:
        *self.said, last = out.splitlines()
        self.code = code
        self.verdict, _, self.text = last.removeprefix("Verdict: ").partition(": ")


@pytest.fixture
def judged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[[Members], Verdict]:
    def judge(members: Members) -> Verdict:
        path = packed(members, tmp_path / "bundle.zip")
        monkeypatch.setattr(sys, "argv", ["verify.py", str(path), "--key", key_line()])
        code = verify.main()
        return Verdict(capsys.readouterr().out, code)

    return judge


Judge = Callable[[Members], Verdict]
