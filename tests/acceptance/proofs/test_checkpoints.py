"""Is a head signed once, kept, and never signed against what was signed before?"""

import json
import re
import sqlite3
import stat
from pathlib import Path

import pytest

from ledger.rotation import ENDINGS
from tests.acceptance.calling import Books
from tests.acceptance.proofs.conftest import NAME, STEM, replaced


def verdict_of(books: Books, *args: str) -> tuple[str, int]:
    verified = books.ask("verify", "--json", *args)
    return verified.json["verdict"], verified.exit_code


def test_a_key_has_the_name_of_the_log_and_its_public_line_is_printed(books: Books) -> None:
    made = books.ask("keygen")

    assert made.exit_code == 0
    assert made.out == (books.folder / f"{STEM}.vkey").read_text()
    assert made.out.startswith(f"{NAME}+")
    secret = books.folder / f"{STEM}.key"
    assert secret.read_text().startswith("PRIVATE+KEY+")
    assert stat.S_IMODE(secret.stat().st_mode) == 0o600
    assert secret.read_text().split("+", 4)[4].strip() not in made.out + made.err


def test_a_key_is_never_overwritten(sealed: Books) -> None:
    before = (sealed.folder / f"{STEM}.key").read_bytes()
    again = sealed.ask("keygen")

    assert again.exit_code == 2
    assert "error[key_exists]" in again.err
    assert (sealed.folder / f"{STEM}.key").read_bytes() == before


def test_a_key_for_a_named_log_needs_no_store(empty: Books, monkeypatch) -> None:
    monkeypatch.chdir(empty.folder)
    made = empty.ask("keygen", "venue.example/other", "--json")

    assert made.json["name"] == "venue.example/other"
    assert made.json["files"][0] == "venue.example-other.key"
    assert empty.ask("keygen", "a+b").exit_code == 2
    assert empty.ask("keygen").exit_code == 4


def test_without_a_key_the_three_lines_are_printed_unsigned(books: Books) -> None:
    printed = books.ask("checkpoint")

    assert printed.exit_code == 0
    assert printed.out.splitlines()[:2] == [NAME, "37"]
    assert len(printed.out.splitlines()) == 3
    assert "not signed" in printed.err
    assert books.ask("checkpoint", "--json").json["signed"] is False


def test_a_signed_checkpoint_is_printed_and_kept_and_the_same_again(sealed: Books) -> None:
    first, second = sealed.ask("checkpoint"), sealed.ask("checkpoint")

    assert first.out == second.out == (sealed.folder / "37.checkpoint").read_text()
    assert first.out.split("\n\n")[1].startswith(f"— {NAME} ")
    answer = sealed.ask("checkpoint", "--json").json
    assert (answer["schema"], answer["size"], answer["signed"]) == ("checkpoint/1", 37, True)
    assert answer["note"] == first.out
    assert answer["root"] == answer["as_of"]["root"]
    assert verdict_of(sealed) == ("intact", 0)


def test_the_signing_key_may_be_elsewhere(books: Books, monkeypatch) -> None:
    elsewhere = books.folder / "elsewhere"
    elsewhere.mkdir()
    books.ask("keygen")
    for path in books.folder.glob(f"{STEM}.*"):
        path.rename(elsewhere / path.name)
    key = str(elsewhere / f"{STEM}.key")

    named = books.ask("checkpoint", "--key", key)
    assert named.exit_code == 0
    monkeypatch.setenv("ZEROSUM_KEY", key)
    assert books.ask("checkpoint").out == named.out
    assert verdict_of(books) == ("unknown_key", 1)
    public = (elsewhere / f"{STEM}.vkey").read_text().strip()
    assert verdict_of(books, "--key", public) == ("intact", 0)
    assert verdict_of(books, "--key", str(elsewhere / f"{STEM}.vkey")) == ("intact", 0)
    monkeypatch.setenv("ZEROSUM_VKEY", public)
    assert verdict_of(books) == ("intact", 0)
    assert books.ask("checkpoint", "--key", "no.key").exit_code == 4


def test_a_forked_log_is_refused_and_both_heads_are_kept(sealed: Books) -> None:
    held = (sealed.folder / "37.checkpoint").read_text()
    replaced(sealed, changed=7)

    refused = sealed.ask("checkpoint")
    assert refused.exit_code == 1
    assert refused.out == ""
    assert "error[refuse_fork]" in refused.err
    (evidence,) = sealed.folder.glob(f"{STEM}.refused-37-*")
    kept = json.loads(evidence.read_text())
    assert kept["held"] == held
    assert kept["offered"].splitlines()[:2] == [NAME, "37"]
    assert sealed.ask("checkpoint", "--json").error["code"] == "refuse_fork"


def test_a_shrunk_log_is_refused(sealed: Books) -> None:
    replaced(sealed, until=32)

    refused = sealed.ask("checkpoint")
    assert (refused.exit_code, refused.out) == (1, "")
    assert "error[refuse_shrink]" in refused.err


def test_a_lost_memory_is_begun_anew_on_demand_and_says_so(sealed: Books) -> None:
    (sealed.folder / f"{STEM}.signer").unlink()

    refused = sealed.ask("checkpoint")
    assert refused.exit_code == 1
    assert "error[signer_state_lost]" in refused.err
    assert "--first" in refused.err
    anew = sealed.ask("checkpoint", "--first")
    assert anew.exit_code == 0
    assert "all 37 events were hashed anew" in anew.err


def test_rewritten_history_is_caught_by_a_checkpoint_kept_elsewhere(sealed: Books) -> None:
    replaced(sealed, changed=7)

    assert verdict_of(sealed)[0] == "unsealed"
    verified = sealed.ask("verify", "--json", "--checkpoint", "37.checkpoint")
    assert (verified.json["verdict"], verified.exit_code) == ("tampered", 1)
    (failed,) = (c for c in verified.json["checks"] if c["name"] == "checkpoints")
    assert failed["seq"] == 1
    assert "events 1 to 37" in failed["detail"]


def test_a_deleted_tail_is_caught_and_the_first_missing_event_named(sealed: Books) -> None:
    replaced(sealed, until=32)

    verified = sealed.ask("verify", "--json", "--checkpoint", "37.checkpoint")
    assert (verified.json["verdict"], verified.exit_code) == ("tampered", 1)
    assert [c["seq"] for c in verified.json["checks"] if c["result"] == "failed"] == [33]


def test_a_tail_deleted_with_plain_sql_ends_in_a_verdict(sealed: Books) -> None:
    connection = sqlite3.connect(sealed.folder / "books.db")
    connection.execute("DROP TRIGGER event_refuses_delete")
    connection.execute("DELETE FROM event WHERE seq = 37")
    connection.commit()
    connection.close()

    assert verdict_of(sealed) == ("tampered", 1)


def test_receipts_of_apply_anchor_the_log(books: Books) -> None:
    applied = books.ask("apply", "-", "--format", "ndjson", given="deposit bob 5\ndeposit bob 6\n")
    receipts = [json.loads(line) for line in applied.out.splitlines()][:-1]

    assert [receipt["last_seq"] for receipt in receipts] == [38, 39]
    for receipt in receipts:
        expected = f"{receipt['last_seq']}:{receipt['root']}"
        assert verdict_of(books, "--expect-root", expected) == ("intact", 0)
    replaced(books, changed=38)
    assert verdict_of(books, "--expect-root", f"38:{receipts[0]['root']}") == ("tampered", 1)


@pytest.mark.parametrize("content", ["", "no note\n", None])
def test_a_given_checkpoint_that_cannot_be_read_is_unreadable(
    sealed: Books, content: str | None
) -> None:
    if content is not None:
        Path("bad").write_text(content)

    assert verdict_of(sealed, "--checkpoint", "bad") == ("unreadable", 4)


def test_a_key_that_is_none_is_said_to_be_so(sealed: Books) -> None:
    Path("bad.txt").write_text("nonsense")

    for key in ("bad.txt", "a+b+c", "missing"):
        assert sealed.ask("verify", "--key", key).exit_code == 4
    Path("stray.vkey").write_text("nonsense")
    assert verdict_of(sealed) == ("intact", 0)


def test_a_rotated_key_is_in_the_log_and_both_keys_verify(sealed: Books) -> None:
    rotated = sealed.ask("keygen", "--rotate", "--json")

    assert rotated.exit_code == 0
    assert rotated.json["seq"] == 38
    event = json.loads(sealed.ask("event", "38", "--raw").out)
    assert event["type"] == "venue.key_rotated/1"
    assert event["data"]["key_id"] == rotated.json["key_id"]
    assert verdict_of(sealed) == ("intact", 0)
    assert sealed.ask("checkpoint", "-o", "38.checkpoint").exit_code == 0
    for vkey in sealed.folder.glob("*.vkey"):
        assert verdict_of(sealed, "--key", str(vkey)) == ("intact", 0)
    balances = sealed.ask("balances", "--json").json
    assert balances["totals"]["difference"] == "0"
    assert sealed.ask("replay", "--re-decide").exit_code == 0
    assert sealed.ask("keygen", "venue.example/other", "--rotate").exit_code == 2


@pytest.mark.parametrize("renamed", range(1, 6))
def test_a_rotation_that_broke_off_while_it_renamed_is_finished(
    sealed: Books, renamed: int
) -> None:
    old = sealed.ask("keygen", "--rotate", "--json").json
    new, folder = old["key_id"], sealed.folder
    (previous,) = {path.name.split(".")[-2] for path in folder.glob(f"{STEM}.*.key")}
    steps = [
        *((f"{STEM}.{ending}", f"{STEM}.{previous}.{ending}") for ending in ENDINGS),
        *((f"{STEM}.{new}.{ending}", f"{STEM}.{ending}") for ending in ENDINGS),
    ]
    complete = sorted(path.name for path in folder.glob(f"{STEM}.*"))
    for source, target in reversed(steps[renamed:]):
        (folder / target).rename(folder / source)
    assert sorted(path.name for path in folder.glob(f"{STEM}.*")) != complete

    again = sealed.ask("keygen", "--rotate", "--json")

    assert (again.exit_code, again.json["seq"], again.json["key_id"]) == (0, 38, new)
    assert again.json["last_note"] == old["last_note"]
    assert sorted(path.name for path in folder.glob(f"{STEM}.*")) == complete
    assert sealed.ask("checkpoint", "--json").json["as_of"]["seq"] == 38
    assert verdict_of(sealed) == ("intact", 0)


def test_without_its_key_files_nothing_is_rotated(sealed: Books) -> None:
    assert sealed.ask("keygen", "--rotate").exit_code == 0
    for path in sealed.folder.glob(f"{STEM}.key"):
        path.unlink()

    refused = sealed.ask("keygen", "--rotate", "--json")

    assert refused.error["code"] == "key_missing"
    assert sealed.ask("event", "39").exit_code == 3


def test_a_page_names_the_checkpoint_that_covers_its_decision(books: Books, tmp_path: Path) -> None:
    pages = [tmp_path / name for name in ("before.html", "after.html")]
    asked = ("adl", "explain", "ADL-34", "--html")
    assert books.ask(*asked, str(pages[0])).exit_code == 0
    assert books.ask("keygen").exit_code == 0
    signed = books.ask("checkpoint", "-o", "37.checkpoint", "--json")
    assert books.ask(*asked, str(pages[1])).exit_code == 0

    before, after = (page.read_text(encoding="utf-8") for page in pages)
    assert "No signed checkpoint is part of it" in before
    assert "No signed checkpoint is part of it" not in after
    root = signed.json["as_of"]["root"]
    assert re.search(rf"root {root} over 37 events, signed by \S+\+[0-9a-f]{{8}}", after)
