"""Are keys what they say, and are their files the owner's alone?"""

import os
import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.keys import (
    KeyExists,
    KeyMissing,
    KeyUnreadable,
    SigningKey,
    file_stem,
    new_key,
    parse_signing_key,
    parse_verifier,
    read_signing_key,
    read_verifier,
)
from ledger.rotation import first_key

NAME = "venue.example/books"
KEY = SigningKey(NAME, bytes(range(32)))


def test_a_public_line_is_read_as_it_was_written() -> None:
    line = KEY.verifier.line()

    for raw in (line.encode(), line.encode() + b"\n"):
        assert parse_verifier(raw) == KEY.verifier
    assert parse_signing_key(KEY.secret_line().encode()).verifier == KEY.verifier


@given(st.binary(min_size=32, max_size=32))
def test_base64_with_a_plus_is_no_end_of_the_line(seed: bytes) -> None:
    key = SigningKey(NAME, seed)

    assert parse_verifier(key.verifier.line().encode()) == key.verifier


def test_every_changed_character_of_a_public_line_is_refused() -> None:
    line = KEY.verifier.line().encode()
    for at in range(len(line)):
        for other in (b"A", b"b", b"0", b" ", b"+", b"\n", b"\xff"):
            changed = line[:at] + other + line[at + 1 :]
            if changed != line and changed.rstrip(b"\n") != line:
                with pytest.raises(KeyUnreadable):
                    parse_verifier(changed)


@pytest.mark.parametrize("name", ["", "a b", "a+b", "zoë", "x" * 201, "a\nb"])
def test_a_name_that_would_tear_the_line_is_refused(name: str) -> None:
    with pytest.raises(KeyUnreadable):
        new_key(name)


def test_two_new_keys_differ() -> None:
    assert new_key(NAME).verifier != new_key(NAME).verifier


def test_no_text_of_a_key_shows_its_secret() -> None:
    secret = KEY.secret_line().split("+", 4)[4]

    assert secret not in repr(KEY)
    with pytest.raises(KeyUnreadable) as fault:
        parse_signing_key(KEY.secret_line().replace("+8f", "+9f").encode() + b"x")
    assert secret not in str(fault.value)


def test_a_new_key_comes_with_its_public_half_and_an_empty_memory(tmp_path: Path) -> None:
    made = first_key(NAME, tmp_path)

    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "venue.example-books.key",
        "venue.example-books.signer",
        "venue.example-books.vkey",
    ]
    secret, public, _ = made.files
    assert read_verifier(public) == made.public == read_signing_key(secret).verifier


@pytest.mark.skipif(os.name != "posix", reason="permissions of another system")
def test_the_secret_file_is_for_its_owner_alone(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        secret, public, memory = first_key(NAME, tmp_path).files
    finally:
        os.umask(before)

    assert [stat.S_IMODE(path.stat().st_mode) for path in (secret, public, memory)] == [
        0o600,
        0o644,
        0o600,
    ]


@pytest.mark.parametrize("ending", ["key", "vkey", "signer"])
def test_no_file_is_overwritten_and_none_is_left_behind(tmp_path: Path, ending: str) -> None:
    there = tmp_path / f"{file_stem(NAME)}.{ending}"
    there.write_text("mine")

    with pytest.raises(KeyExists):
        first_key(NAME, tmp_path)
    assert [path.read_text() for path in tmp_path.iterdir()] == ["mine"]


def test_a_missing_key_and_a_file_that_is_none_are_said_to_be_so(tmp_path: Path) -> None:
    with pytest.raises(KeyMissing):
        read_signing_key(tmp_path / "no.key")
    (tmp_path / "large").write_bytes(b"x" * 10_000)
    (tmp_path / "public").write_text(KEY.verifier.line())
    for name in ("large", "public"):
        with pytest.raises(KeyUnreadable):
            read_signing_key(tmp_path / name)
    with pytest.raises(KeyUnreadable):
        read_verifier(tmp_path)
