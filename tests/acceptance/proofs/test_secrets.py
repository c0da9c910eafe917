"""Is a secret key ever printed, also where a public key, a note or a file is meant?"""

from pathlib import Path

import pytest

from tests.acceptance.calling import Books
from tests.acceptance.proofs.conftest import STEM

ASKED = (
    ("verify", "--key"),
    ("verify", "--row-key"),
    ("verify", "--checkpoint"),
    ("verify", "--expect-root"),
    ("verify-proof",),
    ("verify-proof", f"{STEM}.vkey", "--key"),
    ("verify-proof", f"{STEM}.vkey", "--event"),
    ("verify-proof", f"{STEM}.vkey", "--old"),
    ("checkpoint", "--key"),
    ("export", "evidence", "ADL-34", "--key"),
    ("keygen",),
    ("prove",),
    ("apply",),
    ("import", "ndjson"),
)


def pieces(secret: str) -> set[str]:
    """All that would already betray much of it."""
    return {secret[at : at + 12] for at in range(len(secret) - 12)}


@pytest.fixture
def secrets(sealed: Books, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """The secret files of a log, each with its secret part."""
    monkeypatch.chdir(sealed.folder)
    assert sealed.ask("keygen", "--row-key", "rows.key").exit_code == 0
    # A short name leaves the more of the secret within what is quoted of a foreign line.
    assert sealed.ask("keygen", "v").exit_code == 0
    # The names of keys hold no plus sign; their secrets may.
    return {
        f"{STEM}.key": Path(f"{STEM}.key").read_text().split("+", 4)[4].strip(),
        "v.key": Path("v.key").read_text().split("+", 4)[4].strip(),
        "rows.key": Path("rows.key").read_text().split("+", 3)[3].strip(),
    }


@pytest.mark.parametrize("asked", ASKED, ids=" ".join)
def test_no_command_repeats_a_secret_that_was_given_for_something_else(
    sealed: Books, secrets: dict[str, str], asked: tuple[str, ...]
) -> None:
    for name, secret in secrets.items():
        answer = sealed.ask(*asked, name)

        assert answer.exit_code != 70, answer.err
        assert not [piece for piece in pieces(secret) if piece in answer.out + answer.err]


@pytest.mark.parametrize("asked", ["verify --key", "checkpoint --key"])
def test_a_secret_on_the_command_line_is_not_repeated_either(
    sealed: Books, secrets: dict[str, str], asked: str
) -> None:
    for name, secret in secrets.items():
        answer = sealed.ask(*asked.split(), Path(name).read_text().strip())

        assert answer.exit_code == 4
        assert "secret key" in answer.err
        assert not [piece for piece in pieces(secret) if piece in answer.out + answer.err]


def test_a_secret_key_that_is_taken_for_a_public_one_is_named(
    sealed: Books, secrets: dict[str, str]
) -> None:
    for name in secrets:
        refused = sealed.ask("verify", "--key", name)

        assert refused.exit_code == 4
        assert "error[key_unreadable]: a secret key is no public key" in refused.err
