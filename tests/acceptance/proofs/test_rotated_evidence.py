"""Does a bundle convince whose two checkpoints are by two keys, one announced in the log?"""

from pathlib import Path

import pytest

from tests.acceptance.calling import Books
from tests.acceptance.proofs.bundles import EmptyPlace, packed, unpacked, with_new_manifest
from tests.acceptance.proofs.conftest import NAME, STEM
from tests.acceptance.proofs.test_evidence import VERIFIER

STORY = """
market M tick 1 lot 1 initial 10% maintenance 5%
deposit alice 100
deposit bob 1000
deposit carol 1000
mark 100
sell bob 5 @ 100
sell carol 5 @ 100
buy alice 10 @ 100
"""


@pytest.fixture
def books(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Books:
    """Signed, the key replaced, then a close, and signed again."""
    monkeypatch.chdir(tmp_path)
    for variable in ("ZEROSUM_KEY", "ZEROSUM_VKEY"):
        monkeypatch.delenv(variable, raising=False)
    found = Books(tmp_path)
    for step in (("init", "--name", NAME), ("apply", "-"), ("keygen",), ("checkpoint",)):
        assert found.ask(*step, given=STORY).exit_code == 0, step
    assert found.ask("keygen", "--rotate").exit_code == 0
    assert found.ask("apply", "-", given="mark 85\n").exit_code == 0
    assert found.ask("checkpoint").exit_code == 0
    return found


@pytest.fixture
def place(tmp_path: Path) -> EmptyPlace:
    return EmptyPlace(tmp_path / "empty place")


def old_key(books: Books) -> Path:
    (found,) = books.folder.glob(f"{STEM}.*.vkey")
    return found


def checked(place: EmptyPlace, bundle: Path, *keys: Path) -> str:
    args = [part for key in keys for part in ("--key", str(key))]
    return place.run(VERIFIER, str(bundle), *args).stdout.splitlines()[-1]


def exported(books: Books) -> Path:
    decision = books.ask("adl", "list", "--json").json["rows"][0]["id"]
    made = books.ask("export", "evidence", decision, "-o", "bundle.zip")
    assert made.exit_code == 0, made.err
    return books.folder / "bundle.zip"


def test_both_keys_come_along_and_both_are_to_be_known(books: Books, place: EmptyPlace) -> None:
    bundle, old, new = exported(books), old_key(books), books.folder / f"{STEM}.vkey"
    members = unpacked(bundle)

    assert sorted(name for name in members if name.startswith("keys/")) == sorted(
        [f"keys/{STEM}.vkey", f"keys/{old.name}"]
    )
    assert members[f"keys/{old.name}"] == old.read_bytes()
    said = members["VERIFY.txt"].decode()
    assert "python verify.py --key COPY.vkey --key COPY1.vkey" in said
    assert f"cut -d+ -f3- keys/{STEM}.vkey" in said
    assert checked(place, bundle, old, new) == "Verdict: intact"
    # The first checkpoint is by the old key, the rotation and what it covers is the old key's too.
    size = members["checkpoint-before"].split(b"\n")[1].decode()
    assert checked(place, bundle, new).endswith(
        f"no known key has signed for {NAME} at size {size}"
    )
    assert checked(place, bundle, old).startswith("Verdict: unknown_key: no known key has signed")
    told = checked(place, bundle)
    assert told.startswith("Verdict: unknown_key: all agrees")
    assert all(key.read_text().strip() in told for key in (old, new))


def test_without_the_old_key_at_hand_its_checkpoint_stays_out(
    books: Books, place: EmptyPlace
) -> None:
    old_key(books).unlink()
    bundle = exported(books)

    assert "checkpoint-before" not in unpacked(bundle)
    assert checked(place, bundle, books.folder / f"{STEM}.vkey") == "Verdict: intact"


def test_a_bundle_that_swaps_the_old_key_for_another_is_refused(
    books: Books, place: EmptyPlace
) -> None:
    bundle, old, new = exported(books), old_key(books), books.folder / f"{STEM}.vkey"
    members = unpacked(bundle)
    del members[f"keys/{old.name}"]
    forged = packed(with_new_manifest(members), books.folder / "forged.zip")

    # What is in keys/ decides nothing once keys are named.
    assert checked(place, forged, old, new) == "Verdict: intact"
    assert "all agrees" not in checked(place, forged)


def test_the_log_is_verified_across_the_rotation(books: Books) -> None:
    old, new = old_key(books), books.folder / f"{STEM}.vkey"
    for keys, said in (
        ((old, new), "intact: anchored to size"),
        ((new,), "intact: anchored to size"),
        ((old,), "came later"),
    ):
        args = [part for key in keys for part in ("--key", str(key))]
        answered = books.ask("verify", *args)
        assert answered.exit_code == 0
        assert said in answered.out.splitlines()[-1]
