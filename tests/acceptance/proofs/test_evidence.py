"""Does a bundle convince somebody who has nothing of ours, and only while nothing is changed?"""

import ast
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from zipfile import ZIP_STORED, ZipFile

import pytest

import reports.verifier
from domain.merkle import leaf_hash
from ledger.ledger import Ledger
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
from tests.acceptance.proofs.conftest import NAME, STEM

VERIFIER = Path(reports.verifier.__file__).with_name("verify.py")
AUDITOR_EVENTS = (3, 30, 33, 34, 35, 36)


@pytest.fixture
def place(tmp_path: Path) -> EmptyPlace:
    return EmptyPlace(tmp_path / "empty place")


@pytest.fixture
def exported(sealed: Books) -> Path:
    """The auditor's bundle, sealed again before the crash as a careful venue would."""
    assert sealed.ask("export", "evidence", "ADL-34").exit_code == 0
    return sealed.folder / "ADL-34.zip"


def checked(place: EmptyPlace, bundle: Path, *args: str) -> tuple[str, int]:
    done = place.run(VERIFIER, str(bundle), *args)
    assert "Traceback" not in done.stderr, done.stderr
    return done.stdout.strip().rpartition("\n")[2].split(":")[1].strip(), done.returncode


def test_a_bundle_holds_what_the_decision_rests_on(exported: Path, sealed: Books) -> None:
    members = unpacked(exported)

    seqs = [int(Path(name).stem) for name in members if name.startswith("events/")]
    assert tuple(seqs) == AUDITOR_EVENTS
    with Ledger.open(sealed.url, readonly=True) as ledger:
        for seq in seqs:
            raw = members[f"events/{seq:09d}.json"]
            assert leaf_hash(raw) == ledger.leaf_at(seq)
            assert f"proofs/{seq:09d}.tlog-proof" in members
    assert members["checkpoint"] == (sealed.folder / "37.checkpoint").read_bytes()
    assert members["explanation.json"].decode() == (
        sealed.ask("adl", "explain", "ADL-34", "--json").out
    )
    assert members["explanation.txt"].decode() == sealed.ask("adl", "explain", "ADL-34").out
    assert members["explanation.html"].startswith(b"<!")
    assert members["verify.py"] == VERIFIER.read_bytes()
    assert b"unblinded" in members["VERIFY.txt"]
    candidates = json.loads(members["candidates.json"])
    assert [json.loads(row)["account"] for row in candidates["rows"]] == ["bob", "dave", "carol"]
    assert members[f"keys/{STEM}.vkey"] == (sealed.folder / f"{STEM}.vkey").read_bytes()


def test_members_are_stored_sorted_and_of_1980(exported: Path) -> None:
    with ZipFile(exported) as archive:
        infos = archive.infolist()

    assert [info.filename for info in infos] == sorted(info.filename for info in infos)
    assert {info.compress_type for info in infos} == {ZIP_STORED}
    assert {info.date_time for info in infos} == {(1980, 1, 1, 0, 0, 0)}


def test_the_same_log_gives_the_same_bytes_whatever_is_signed_later(
    exported: Path, sealed: Books
) -> None:
    first = exported.read_bytes()
    assert sealed.ask("apply", "-", given="deposit bob 5\n").exit_code == 0
    assert sealed.ask("checkpoint").exit_code == 0
    again = sealed.ask("export", "evidence", "ADL-34", "-o", "again.zip")

    assert again.exit_code == 0
    assert Path("again.zip").read_bytes() == first


def test_an_empty_place_accepts_the_bundle_packed_and_unpacked(
    exported: Path, place: EmptyPlace, sealed: Books
) -> None:
    folder = sealed.folder / "unpacked"
    with ZipFile(exported) as archive:
        archive.extractall(folder)
    key = str(sealed.folder / f"{STEM}.vkey")

    for bundle in (exported, folder):
        assert checked(place, bundle) == ("unknown_key", 1)
        assert checked(place, bundle, "--key", key) == ("intact", 0)
        assert checked(place, bundle, "--key", Path(key).read_text().strip()) == ("intact", 0)
    inside = place.run(folder / "verify.py", "--key", key)
    assert (inside.returncode, inside.stderr) == (0, "")


def test_a_key_that_came_with_the_bundle_is_shown_and_not_believed(
    exported: Path, place: EmptyPlace, sealed: Books
) -> None:
    line = (sealed.folder / f"{STEM}.vkey").read_text().strip()
    done = place.run(VERIFIER, str(exported))
    said = done.stdout.splitlines()

    assert done.returncode == 1
    assert "is signed by a key in keys/, which nobody has compared" in said[1]
    assert said[-1].startswith("Verdict: unknown_key: all agrees, but the key came with the bundle")
    assert f"'{line}'" in said[-1]
    assert not any("known key" in text or "intact" in text for text in said)
    # Worse things are found all the same.
    members = unpacked(exported)
    forged = with_new_manifest({**members, "policy.json": flipped(members["policy.json"])})
    assert checked(place, packed(forged, sealed.folder / "forged.zip"))[0] != "unknown_key"


def test_a_bundle_that_is_forged_with_a_key_of_its_own_is_not_intact(
    exported: Path, place: EmptyPlace, sealed: Books
) -> None:
    """The whole bundle made anew, by somebody who has a key of that name."""
    key = public_key(sealed.folder, STEM)
    for path in sealed.folder.glob(f"{STEM}.*"):
        path.rename(path.with_name(f"true-{path.name}"))
    true = ("--key", key[1].replace(STEM, f"true-{STEM}"))
    assert sealed.ask("keygen").exit_code == 0
    assert sealed.ask("checkpoint", "--first").exit_code == 0
    made = sealed.ask("export", "evidence", "ADL-34", "--key", key[1], "-o", "forged.zip")
    assert made.exit_code == 0, made.err
    forged = Path("forged.zip").resolve()

    assert checked(place, forged, *true) == ("unknown_key", 1)
    assert checked(place, forged) == ("unknown_key", 1)


def test_a_folder_with_links_is_refused(exported: Path, place: EmptyPlace, sealed: Books) -> None:
    folder, key = sealed.folder / "unpacked", public_key(sealed.folder, STEM)
    with ZipFile(exported) as archive:
        archive.extractall(folder)
    assert checked(place, folder, *key) == ("intact", 0)
    for target in ("loop", "..", "checkpoint", "nowhere"):
        link = folder / "proofs" / "loop"
        link.symlink_to(target)
        assert checked(place, folder, *key) == ("tampered", 1), target
        link.unlink()
    # A member that is a link to its own bytes elsewhere.
    (folder / "policy.json").rename(sealed.folder / "policy.json")
    (folder / "policy.json").symlink_to(sealed.folder / "policy.json")
    assert checked(place, folder, *key) == ("tampered", 1)


def test_the_place_is_empty(place: EmptyPlace) -> None:
    assert place.python("import ledger").returncode != 0
    assert place.python("import domain").returncode != 0


def test_two_tools_agree_on_every_proof(exported: Path, sealed: Books) -> None:
    folder = sealed.folder / "unpacked"
    with ZipFile(exported) as archive:
        archive.extractall(folder)

    for seq in AUDITOR_EVENTS:
        proof, event = f"proofs/{seq:09d}.tlog-proof", f"events/{seq:09d}.json"
        answer = sealed.ask("verify-proof", str(folder / proof), "--event", str(folder / event))
        assert answer.exit_code == 0, answer.out


def test_any_changed_member_is_refused(exported: Path, place: EmptyPlace, sealed: Books) -> None:
    members, key = unpacked(exported), str(sealed.folder / f"{STEM}.vkey")
    accepted = []
    for name, raw in members.items():
        for changed in ({**members, name: flipped(raw)}, without(members, name)):
            bundle = packed(changed, sealed.folder / "changed.zip")
            if checked(place, bundle, "--key", key)[1] == 0:
                accepted.append(name)

    assert accepted == []
    added = packed({**members, "more.txt": b""}, sealed.folder / "changed.zip")
    assert checked(place, added, "--key", key) == ("tampered", 1)


def without(members: Members, name: str) -> Members:
    return {other: raw for other, raw in members.items() if other != name}


def test_a_forged_member_is_refused_although_the_manifest_was_made_to_fit(
    exported: Path, place: EmptyPlace, sealed: Books
) -> None:
    members, key = unpacked(exported), str(sealed.folder / f"{STEM}.vkey")
    # For people only, and bound to nothing but the manifest; the key is the named one. The digits
    # of the explanation's object have a test of their own.
    unbound = {"explanation.txt", "explanation.html", "verify.py", "VERIFY.txt"}
    unbound |= {"MANIFEST.json", f"keys/{STEM}.vkey", "explanation.json"}
    accepted = []
    for name, raw in members.items():
        if name not in unbound:
            forged = with_new_manifest({**members, name: flipped(raw)})
            bundle = packed(forged, sealed.folder / "forged.zip")
            if checked(place, bundle, "--key", key)[1] == 0:
                accepted.append(name)

    assert accepted == []


def test_an_explanation_with_one_changed_digit_is_refused(
    exported: Path, place: EmptyPlace, sealed: Books
) -> None:
    members = unpacked(exported)
    text = members["explanation.json"].decode()
    bound = "closed cost deficit equity mark_price close_price needed notional quantity realized"
    names = "|".join([*bound.split(), "score", "unrealized"])
    from_here = text.index('"trigger"')
    places = [
        match.start(2)
        for match in re.finditer(rf'"({names})": "-?([0-9])', text)
        if match.start() > from_here or "price" in match[1]
    ]
    assert len(places) > 25
    accepted = []
    for at in places:
        digit = str((int(text[at]) + 1) % 10)
        changed = text[:at] + digit + text[at + 1 :]
        forged = with_new_manifest({**members, "explanation.json": changed.encode()})
        bundle = packed(forged, sealed.folder / "forged.zip")
        if checked(place, bundle, *public_key(sealed.folder, STEM))[1] == 0:
            accepted.append(text[at - 30 : at + 10])

    assert accepted == []


def test_a_bundle_signed_by_a_stranger_is_of_an_unknown_key(
    exported: Path, place: EmptyPlace, sealed: Books
) -> None:
    stranger = sealed.ask("keygen", "venue.example/other").out.strip()

    assert checked(place, exported, "--key", stranger) == ("unknown_key", 1)
    assert checked(place, sealed.folder / "37.checkpoint") == ("unreadable", 4)
    assert checked(place, exported, "--key", "nonsense") == ("unreadable", 4)


def signed_in_between(books: Books) -> None:
    """The worked example again, signed before its decision."""
    with Ledger.open(books.url, readonly=True) as ledger:
        events = list(ledger.events())
    for path in books.folder.glob("books.db*"):
        path.unlink()
    with Ledger.create(books.url, NAME) as ledger:
        ledger.append_events(events[:28])
    assert books.ask("keygen").exit_code == 0
    assert books.ask("checkpoint").exit_code == 0
    with Ledger.open(books.url) as ledger:
        ledger.append_events(events[28:])


def test_an_earlier_checkpoint_shows_what_was_fixed_first(
    books: Books, place: EmptyPlace, tmp_path: Path
) -> None:
    signed_in_between(books)
    assert books.ask("export", "evidence", "ADL-34").exit_code == 3
    assert books.ask("checkpoint").exit_code == 0

    assert books.ask("export", "evidence", "ADL-34", "-o", "both.zip").exit_code == 0
    members = unpacked(Path("both.zip"))
    assert "28-37.consistency" in members
    assert members["checkpoint-before"].startswith(f"{NAME}\n28\n".encode())
    key = public_key(books.folder, STEM)
    done = place.run(VERIFIER, str(Path("both.zip").resolve()), *key)
    assert done.returncode == 0
    assert "begins with the one that was signed at size 28" in done.stdout
    for name in ("28-37.consistency", "checkpoint-before"):
        for changed in ({**members, name: flipped(members[name])}, without(members, name)):
            bundle = packed(with_new_manifest(changed), tmp_path / "forged.zip")
            assert checked(place, bundle, *key)[1] != 0, name


def test_the_whole_log_may_come_along(sealed: Books, place: EmptyPlace) -> None:
    assert sealed.ask("export", "evidence", "ADL-34", "--with-log", "-o", "log.zip").exit_code == 0
    members = unpacked(Path("log.zip"))

    assert [name for name in members if name.startswith("log/")] == ["log/tile/entries/000.p/37"]
    key = public_key(sealed.folder, STEM)
    done = place.run(VERIFIER, str(Path("log.zip").resolve()), *key)
    assert "all 37 events lead to the signed root" in done.stdout
    raw = members["log/tile/entries/000.p/37"]
    forged = with_new_manifest({**members, "log/tile/entries/000.p/37": flipped(raw)})
    bundle = packed(forged, sealed.folder / "forged.zip")
    assert checked(place, bundle, *key) == ("tampered", 1)


def test_a_trader_gets_its_own_row_and_nobody_elses(sealed: Books, place: EmptyPlace) -> None:
    made = sealed.ask(
        *("export", "evidence", "ADL-34", "--audience", "trader", "--account", "dave"),
        *("-o", "dave.zip"),
    )

    assert made.exit_code == 0, made.err
    members = unpacked(Path("dave.zip"))
    texts = {name: raw for name, raw in members.items() if name not in ("verify.py", "VERIFY.txt")}
    assert [name for name, raw in texts.items() if re.search(rb"carol|erin|bob", raw)] == []
    assert json.loads(json.loads(members["candidates.json"])["row"]["row"])["account"] == "dave"
    assert [name for name in members if name.startswith("events/")] == ["events/000000036.json"]
    key = public_key(sealed.folder, STEM)
    done = place.run(VERIFIER, str(Path("dave.zip").resolve()), *key)
    assert done.returncode == 0
    assert "the own row stands at rank 2 of 3" in done.stdout
    for args in (("--audience", "trader"), ("--account", "dave")):
        assert sealed.ask("export", "evidence", "ADL-34", *args).exit_code == 2


@pytest.mark.parametrize("account", ["alice", "bob", "carol", "dave", "erin", "vault"])
def test_every_account_gets_a_bundle_that_is_accepted(
    account: str, sealed: Books, place: EmptyPlace
) -> None:
    audience = ("--audience", "trader", "--account", account)
    made = sealed.ask("export", "evidence", "ADL-34", *audience, "-o", "own.zip")

    assert made.exit_code == 0, made.err
    key = public_key(sealed.folder, STEM)
    assert checked(place, Path("own.zip").resolve(), *key) == ("intact", 0)


def test_what_does_not_exist_is_not_exported(sealed: Books) -> None:
    assert sealed.ask("export", "evidence", "ADL-35").exit_code == 3
    assert sealed.ask("export", "evidence", "ADL-34", "--key", "missing").exit_code == 4
    stranger = sealed.ask("keygen", "venue.example/other").out.strip()
    assert sealed.ask("export", "evidence", "ADL-34", "--key", stranger).exit_code == 1


@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not installed")
@pytest.mark.skipif(shutil.which("bash") is None, reason="bash is not installed")
def test_the_commands_by_hand_work_as_they_are_printed(exported: Path, sealed: Books) -> None:
    folder = sealed.folder / "by hand"
    with ZipFile(exported) as archive:
        archive.extractall(folder)
    text = (folder / "VERIFY.txt").read_text().partition("3. By hand")[2]
    commands = [line.strip() for line in text.splitlines() if line.startswith("   ")]
    assert len(commands) == 5
    script = "set -e; umask 077\n" + "\n".join(commands)

    def by_hand() -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["bash", "-c", script], cwd=folder, capture_output=True, text=True, check=False
        )

    done = by_hand()
    assert done.returncode == 0, done.stderr
    assert "Signature Verified Successfully" in done.stdout
    with Ledger.open(sealed.url, readonly=True) as ledger:
        assert done.stdout.startswith(ledger.leaf_at(3).hex())
    note = (folder / "checkpoint").read_text()
    (folder / "checkpoint").write_text(note.replace("\n37\n", "\n36\n"))
    assert by_hand().returncode != 0


def test_the_verifier_is_one_short_file_of_the_standard_library() -> None:
    source = VERIFIER.read_text()
    imported = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            imported |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            imported.add((node.module or "").partition(".")[0])

    assert len(source.splitlines()) <= 400
    assert imported - set(sys.stdlib_module_names) == {"cryptography"}
