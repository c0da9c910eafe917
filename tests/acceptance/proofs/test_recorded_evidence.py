"""Does a bundle of a recorded close convince without zerosum, of what the log holds and no more?"""

import json
import shutil
from pathlib import Path

import pytest

from tests.acceptance.calling import Books
from tests.acceptance.proofs.bundles import (
    EmptyPlace,
    Members,
    flipped,
    packed,
    public_key,
    unpacked,
    with_new_manifest,
)
from tests.unit.importers.generator.evenings import evening

NAME = "zerosum.example/evening"
STEM = "zerosum.example-evening"
IMPORT = ("import", "hyperliquid", "--reading", "withdraw=fee-beside", "--allow-rejects")


@pytest.fixture(scope="module")
def imported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with the start of an evening, sealed before its crash, and all of it."""
    folder = tmp_path_factory.mktemp("evening")
    archive = str(evening(folder / "archive", seed=3, accounts=24, fills=1_200) / "venue")
    books = Books(folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        for step in (
            ("init", "--name", NAME),
            (*IMPORT, archive, "--until", "758800700"),
            ("keygen",),
            ("checkpoint",),
            (*IMPORT, archive),
        ):
            assert books.ask(*step).exit_code == 0, step
    return folder


@pytest.fixture
def books(imported: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Books:
    for path in imported.iterdir():
        if path.is_file():
            shutil.copy(path, tmp_path / path.name)
    monkeypatch.chdir(tmp_path)
    for variable in ("ZEROSUM_KEY", "ZEROSUM_VKEY"):
        monkeypatch.delenv(variable, raising=False)
    return Books(tmp_path)


@pytest.fixture
def place(tmp_path: Path) -> EmptyPlace:
    return EmptyPlace(tmp_path / "empty place")


def close_of(books: Books) -> str:
    """A decision that closed several accounts."""
    rows = books.ask("adl", "list", "--json").json["rows"]
    return str(next(row["id"] for row in rows if row["victims"] > 1))


@pytest.fixture
def exported(books: Books) -> Path:
    assert books.ask("checkpoint").exit_code == 0
    made = books.ask("export", "evidence", close_of(books), "-o", "bundle.zip")
    assert made.exit_code == 0, made.err
    return books.folder / "bundle.zip"


def checked(place: EmptyPlace, folder: Path, members: Members) -> tuple[str, str, int]:
    """What the bundle's own verifier says of it, its verdict, and how it leaves."""
    program = folder / "verify.py"
    program.write_bytes(unpacked(folder / "bundle.zip")["verify.py"])
    changed, key = packed(members, folder / "changed.zip"), public_key(folder, STEM)
    done = place.run(program, str(changed), *key)
    assert "Traceback" not in done.stderr, done.stderr
    verdict = done.stdout.strip().rpartition("\n")[2].split(":")[1].strip()
    return done.stdout, verdict, done.returncode


def test_a_bundle_of_a_recorded_close_convinces_where_nothing_of_ours_is(
    exported: Path, place: EmptyPlace, books: Books
) -> None:
    name, members = close_of(books), unpacked(exported)
    said, verdict, code = checked(place, books.folder, members)

    assert (verdict, code) == ("intact", 0)
    assert "7 closes, price and mark are those of the log; the venue decided elsewhere" in said
    assert "the log begins with the one that was signed at size" in said
    assert (
        json.loads(members["explanation.json"]) == books.ask("adl", "explain", name, "--json").json
    )
    assert "The venue decided elsewhere." in members["VERIFY.txt"].decode()
    # Unpacked it is checked by the file beside it, again and again: running it adds nothing.
    folder = books.folder / "unpacked"
    for member, raw in members.items():
        (folder / member).parent.mkdir(parents=True, exist_ok=True)
        (folder / member).write_bytes(raw)
    for _ in range(2):
        key = public_key(books.folder, STEM)
        assert place.run(folder / "verify.py", *key).returncode == 0
    done = place.run(folder / "verify.py")
    assert (done.returncode, "Verdict: unknown_key" in done.stdout) == (1, True)


def test_the_same_log_gives_the_same_bytes(exported: Path, books: Books) -> None:
    again = books.ask("export", "evidence", close_of(books), "-o", "again.zip")

    assert again.exit_code == 0
    assert (books.folder / "again.zip").read_bytes() == exported.read_bytes()


def test_the_log_may_come_along(exported: Path, place: EmptyPlace, books: Books) -> None:
    assert exported.exists()
    made = books.ask("export", "evidence", close_of(books), "--with-log", "-o", "bundle.zip")
    assert made.exit_code == 0
    said, verdict, _ = checked(place, books.folder, unpacked(exported))

    assert (verdict, "events lead to the signed root" in said) == ("intact", True)


def test_any_changed_member_is_refused(exported: Path, place: EmptyPlace, books: Books) -> None:
    members = unpacked(exported)
    for name in sorted(members)[::6]:
        _, verdict, code = checked(place, books.folder, {**members, name: flipped(members[name])})
        assert code in (1, 4), name
        assert verdict in ("tampered", "unreadable"), name


@pytest.mark.parametrize("field", ["quantity", "close_price", "mark_price", "id", "closed", "leaf"])
def test_a_forged_explanation_is_refused_although_the_manifest_was_made_to_fit(
    exported: Path, place: EmptyPlace, books: Books, field: str
) -> None:
    members = unpacked(exported)
    said = json.loads(members["explanation.json"])
    if field == "closed":
        said["ranking"][0]["closed"] = "0.00001"
    elif field == "leaf":
        said["evidence"][-1]["leaf"] = "00" * 32
    else:
        said["decision"][field] = "ADL-1" if field == "id" else "1"
    forged = with_new_manifest({**members, "explanation.json": json.dumps(said).encode()})
    _, verdict, code = checked(place, books.folder, forged)

    assert (verdict, code) == ("tampered", 1)


def test_a_close_that_was_left_out_is_missed(
    exported: Path, place: EmptyPlace, books: Books
) -> None:
    members = unpacked(exported)
    last = max(name for name in members if name.startswith("events/"))
    proof = last.replace("events/", "proofs/").replace(".json", ".tlog-proof")
    left = {name: raw for name, raw in members.items() if name not in (last, proof)}
    _, verdict, _ = checked(place, books.folder, with_new_manifest(left))

    assert verdict == "tampered"


def test_what_cannot_be_exported_says_why(books: Books) -> None:
    name = close_of(books)
    for args, leaves, code in (
        ((name,), 3, "no_checkpoint"),
        (("ADL-1",), 3, "unknown_decision"),
        ((name, "--audience", "trader", "--account", "x"), 2, "recorded_evidence"),
    ):
        answer = books.ask("export", "evidence", *args, "-o", "none.zip", "--json")
        assert (answer.exit_code, answer.error["code"]) == (leaves, code)
    assert not (books.folder / "none.zip").exists()
