"""Can everybody check a ranking whose rows are salted: with the key, without it, from a bundle?"""

import json
import stat
from pathlib import Path
from typing import Any

import pytest

from cli.cascade_mini import SCENARIO
from domain.merkle import leaf_hash, root_of
from ledger.row_keys import read_row_key
from tests.acceptance.calling import Books
from tests.acceptance.proofs.bundles import (
    EmptyPlace,
    packed,
    public_key,
    unpacked,
    with_new_manifest,
)
from tests.acceptance.proofs.conftest import STEM
from tests.acceptance.proofs.test_evidence import VERIFIER
from tests.row_keys import OTHER_KEY, ROW_KEY, key_file, tell

EVIDENCE = ("export", "evidence", "ADL-34")
DAVE = ("--audience", "trader", "--account", "dave")


@pytest.fixture
def salted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Books:
    """The worked example as a venue with a row key decided it, signed; the key is in rows.key."""
    monkeypatch.chdir(tmp_path)
    for variable in ("ZEROSUM_KEY", "ZEROSUM_VKEY"):
        monkeypatch.delenv(variable, raising=False)
    books = Books(tmp_path)
    tell(books.url, SCENARIO)
    key_file(tmp_path)
    key_file(tmp_path, OTHER_KEY, "other.key")
    assert books.ask("keygen").exit_code == 0
    assert books.ask("checkpoint").exit_code == 0
    return books


@pytest.fixture
def place(tmp_path: Path) -> EmptyPlace:
    return EmptyPlace(tmp_path / "empty place")


def line(books: Books, *args: str) -> Any:
    answer = books.ask("verify", "--json", *args)
    (found,) = (c for c in answer.json["checks"] if c["name"] == "decisions_recompute")
    return answer.exit_code, found["result"], found["detail"]


def test_keygen_writes_a_row_key_and_prints_its_digest_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    books = Books(tmp_path)

    made = books.ask("keygen", "--row-key", "rows.key")

    row_key = read_row_key(tmp_path / "rows.key")
    assert made.out == f"{row_key.digest}\n"
    assert stat.S_IMODE((tmp_path / "rows.key").stat().st_mode) == 0o600
    text = (tmp_path / "rows.key").read_text()
    assert text.split("+", 3)[3].strip() not in made.out + made.err
    again = books.ask("keygen", "--row-key", "rows.key", "--json")
    assert (again.exit_code, again.error["code"]) == (2, "key_exists")
    assert "--rotate" not in again.error["hint"]
    assert (tmp_path / "rows.key").read_text() == text
    shown = books.ask("keygen", "--row-key", "more.key", "--json").json
    assert (shown["schema"], shown["files"]) == ("row-key/1", ["more.key"])
    assert books.ask("keygen", "venue", "--row-key", "third.key").exit_code == 2
    assert books.ask("keygen", "--rotate", "--row-key", "third.key").exit_code == 2
    assert not (tmp_path / "third.key").exists()


def test_verify_says_what_it_could_not_recompute(salted: Books) -> None:
    assert line(salted, "--row-key", "rows.key") == (0, "ok", "")
    code, result, detail = line(salted)
    assert (code, result) == (0, "skipped")
    assert "--row-key FILE" in detail
    code, result, detail = line(salted, "--row-key", "other.key")
    assert (code, result) == (1, "failed")
    assert f"the log names row key {ROW_KEY.digest}" in detail
    assert f"the one given has digest {OTHER_KEY.digest}" in detail


def test_replay_decides_again_with_the_key_and_says_what_it_left_out_without(
    salted: Books,
) -> None:
    whole = salted.ask("replay", "--re-decide", "--row-key", "rows.key", "--json")
    assert (whole.exit_code, whole.json["redecided"]) == (0, "equal")
    assert "ranking_roots" not in whole.json
    blind = salted.ask("replay", "--re-decide", "--json")
    assert (blind.exit_code, blind.json["redecided"]) == (0, "equal")
    assert blind.json["ranking_roots"] == "skipped"
    assert (
        "Ranking roots of 1 decisions were not compared" in salted.ask("replay", "--re-decide").out
    )
    wrong = salted.ask("replay", "--re-decide", "--row-key", "other.key", "--json")
    assert (wrong.exit_code, wrong.error["code"]) == (5, "row_key_differs")
    assert salted.ask("replay", "--row-key", "rows.key").exit_code == 2


def test_a_log_with_a_row_key_is_not_continued_by_apply(salted: Books) -> None:
    refused = salted.ask("apply", "-", "--json", given="deposit bob 5\n")

    assert refused.exit_code == 5
    assert json.loads(refused.err.splitlines()[-1])["code"] == "row_key_missing"
    assert salted.ask("events", "--format", "csv").out.count("\n") == 38


def test_an_explanation_compares_the_ranking_root_with_the_key_and_skips_it_without(
    salted: Books,
) -> None:
    ask = ("adl", "explain", "ADL-34")
    blind, whole = salted.ask(*ask, "--json"), salted.ask(*ask, "--json", "--row-key", "rows.key")

    assert blind.json["verification"] == {"redecided": "equal", "ranking_root": "skipped"}
    assert whole.json["verification"] == {"redecided": "equal", "ranking_root": "equal"}
    for found in (blind.json, whole.json):
        assert found["candidates"]["blinded"] is True
        found.pop("verification")
    salts = {row["account"]: row.pop("salt") for row in whole.json["ranking"]}
    assert salts == {name: ROW_KEY.salt("ADL-34", name) for name in ("bob", "dave", "carol")}
    text = salted.ask(*ask).out
    assert "Ranking decided again: skipped: its rows are salted, and no row key was given" in text
    said = salted.ask(*ask, "--row-key", "rows.key").out
    assert "Ranking decided again: equal" in said
    assert "--row-key FILE --json" in said
    wrong = salted.ask(*ask, "--row-key", "other.key", "--json")
    assert (wrong.exit_code, wrong.error["code"]) == (5, "row_key_differs")
    none = salted.ask(*ask, "--row-key", "none.key", "--json")
    assert (none.exit_code, none.error["code"]) == (4, "key_missing")
    (salted.folder / "bad.key").write_text("ROW+KEY+nonsense\n")
    bad = salted.ask(*ask, "--row-key", "bad.key", "--json")
    assert (bad.exit_code, bad.error["code"]) == (4, "key_unreadable")
    assert "keygen --row-key" in bad.error["hint"]


def test_a_ranking_root_that_was_forged_differs_with_the_key(salted: Books) -> None:
    forged = Books(salted.folder / "forged")
    forged.folder.mkdir()
    raw = salted.ask("export", "ndjson", "--raw").out
    root = salted.ask("adl", "explain", "ADL-34", "--json").json["candidates"]["root"]
    assert raw.count(root) == 1
    name = forged.write("events.ndjson", raw.replace(root, "0" * 64))
    assert forged.ask("init").exit_code == 0
    assert forged.ask("import", "ndjson", name).exit_code == 0
    ask = ("adl", "explain", "ADL-34", "--json")

    assert forged.ask(*ask).json["verification"]["ranking_root"] == "skipped"
    found = forged.ask(*ask, "--row-key", "rows.key").json
    assert found["verification"] == {"redecided": "equal", "ranking_root": "differs"}
    assert line(forged)[:2] == (0, "skipped")
    assert line(forged, "--row-key", "rows.key")[:2] == (1, "failed")
    answer = forged.ask("replay", "--re-decide", "--row-key", "rows.key", "--json")
    assert (answer.exit_code, answer.json["redecided"]) == (1, "differs")


def test_all_pages_of_a_range_are_made_with_the_key(salted: Books) -> None:
    made = salted.ask(
        *("adl", "explain", "--all", "--html", "pages", *DAVE, "--row-key", "rows.key")
    )

    assert made.exit_code == 0, made.err
    page = Path("pages/ADL-34.html").read_text()
    assert ROW_KEY.salt("ADL-34", "dave") in page
    assert ROW_KEY.salt("ADL-34", "bob") not in page


def test_a_bundle_of_salted_rows_convinces_a_stranger(salted: Books, place: EmptyPlace) -> None:
    assert salted.ask(*EVIDENCE, "--row-key", "rows.key", "-o", "whole.zip").exit_code == 0
    made = salted.ask(*EVIDENCE, *DAVE, "--row-key", "rows.key", "-o", "dave.zip")
    assert made.exit_code == 0, made.err

    whole, own = unpacked(Path("whole.zip")), unpacked(Path("dave.zip"))
    listed = json.loads(whole["candidates.json"])
    assert listed["blinded"] is True
    assert root_of(leaf_hash(row.encode()) for row in listed["rows"]).hex() == listed["root"]
    assert [json.loads(row)["salt"] for row in listed["rows"]] == [
        ROW_KEY.salt("ADL-34", account) for account in ("bob", "dave", "carol")
    ]
    row = json.loads(own["candidates.json"])
    assert row["blinded"] is True
    assert json.loads(row["row"]["row"])["salt"] == ROW_KEY.salt("ADL-34", "dave")
    assert row["row"]["path"] != []
    for members, name in ((whole, "whole.zip"), (own, "dave.zip")):
        assert b"Ranking rows are blinded" in members["VERIFY.txt"]
        assert json.loads(members["policy.json"])["policy"]["row_key_digest"] == ROW_KEY.digest
        secret = (salted.folder / "rows.key").read_bytes().strip().split(b"+", 3)[3]
        assert not any(secret in raw or ROW_KEY.secret in raw for raw in members.values())
        done = place.run(VERIFIER, str(Path(name).resolve()), *public_key(salted.folder, STEM))
        assert done.returncode == 0, done.stdout + done.stderr
    others = [ROW_KEY.salt("ADL-34", name).encode() for name in ("bob", "carol")]
    assert not any(salt in raw for raw in own.values() for salt in others)


def test_a_bundle_of_salted_rows_is_not_made_without_their_key(salted: Books) -> None:
    for args, code in (((), "row_key_missing"), (("--row-key", "other.key"), "row_key_differs")):
        answer = salted.ask(*EVIDENCE, *args, "--json")
        assert (answer.exit_code, answer.error["code"]) == (5, code)
        assert "--row-key FILE" in answer.error["hint"]
    assert not Path("ADL-34.zip").exists()


def test_a_bundle_that_hides_or_invents_its_salts_is_refused(
    salted: Books, place: EmptyPlace
) -> None:
    assert salted.ask(*EVIDENCE, "--row-key", "rows.key", "-o", "whole.zip").exit_code == 0
    assert salted.ask(*EVIDENCE, *DAVE, "--row-key", "rows.key", "-o", "dave.zip").exit_code == 0

    for name in ("whole.zip", "dave.zip"):
        members = unpacked(Path(name))
        told = members["explanation.json"].replace(b'"blinded": true', b'"blinded": false')
        listed = members["candidates.json"].replace(b'"blinded":true', b'"blinded":false')
        salt = members["candidates.json"].replace(b'"salt\\":\\"', b'"salt\\":\\"0', 1)
        own = members["explanation.json"].replace(b'salt": "', b'salt": "0', 1)
        assert len({told, listed, salt, own} - set(members.values())) == 4
        forgeries = [
            {"explanation.json": told},
            {"candidates.json": listed},
            {"explanation.json": told, "candidates.json": listed},
            {"candidates.json": salt},
        ]
        if name == "whole.zip":
            forgeries.append({"explanation.json": own})
        for changed in forgeries:
            forged = packed(with_new_manifest({**members, **changed}), Path("forged.zip"))
            done = place.run(VERIFIER, str(forged.resolve()), *public_key(salted.folder, STEM))
            assert (done.returncode, "tampered" in done.stdout) == (1, True), (name, *changed)
