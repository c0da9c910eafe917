"""Does one file and the public key show that an event is in the log?"""

import json
from pathlib import Path

import pytest

from tests.acceptance.calling import Books, called
from tests.acceptance.proofs.conftest import NAME, replaced


def checked(books: Books, *args: str) -> tuple[str, int]:
    answer = books.ask("verify-proof", "--json", *args)
    return answer.json["verdict"], answer.exit_code


def test_every_event_is_proved_to_somebody_without_the_store(sealed: Books) -> None:
    for seq in range(1, 38):
        assert sealed.ask("prove", str(seq), "-o", f"{seq}.tlog-proof").exit_code == 0
    for path in sealed.folder.glob("books.db*"):
        path.unlink()
    files = [f"{seq}.tlog-proof" for seq in range(1, 38)]

    answer = sealed.ask("verify-proof", *files, "--json")
    assert (answer.json["verdict"], answer.exit_code) == ("intact", 0)
    assert answer.json["proofs"][2]["proved"] == (
        f"event seq 3 with these bytes is in log {NAME} of size 37"
    )


def test_a_decision_is_proved_by_its_id_and_the_proof_is_printed(sealed: Books) -> None:
    printed = sealed.ask("prove", "ADL-34")

    assert printed.out == sealed.ask("prove", "34").out
    assert printed.out.startswith("c2sp.org/tlog-proof@v1\nextra ")
    assert "\nindex 33\n" in printed.out
    assert printed.out.endswith((sealed.folder / "37.checkpoint").read_text())
    answer = sealed.ask("prove", "ADL-34", "--json").json
    assert (answer["schema"], answer["index"], answer["size"]) == ("prove/1", 33, 37)
    assert answer["proof"] == printed.out


def test_a_proof_without_its_event_needs_the_event(sealed: Books) -> None:
    sealed.ask("prove", "7", "--no-event", "-o", "bare")
    for seq in ("7", "8"):
        Path(f"{seq}.json").write_text(sealed.ask("event", seq, "--raw").out)

    assert "extra" not in Path("bare").read_text()
    assert sealed.ask("verify-proof", "bare").exit_code == 2
    assert checked(sealed, "bare", "--event", "7.json") == ("intact", 0)
    assert checked(sealed, "bare", "--event", "8.json") == ("tampered", 1)
    assert sealed.ask("verify-proof", "bare", "bare", "--event", "7.json").exit_code == 2


def test_what_no_checkpoint_covers_is_not_proved_yet(books: Books) -> None:
    missing = books.ask("prove", "34")
    assert missing.exit_code == 3
    assert "zerosum checkpoint" in missing.err

    books.ask("keygen")
    books.ask("checkpoint")
    books.ask("apply", "-", given="deposit bob 5\n")
    assert books.ask("prove", "38").exit_code == 3
    assert books.ask("prove", "37").exit_code == 0
    assert books.ask("prove", "39").exit_code == 3
    assert books.ask("prove", "ADL-35").exit_code == 3
    assert books.ask("prove", "7", "--size", "36").exit_code == 3


def test_the_size_chooses_the_checkpoint(sealed: Books) -> None:
    sealed.ask("apply", "-", given="deposit bob 5\ndeposit bob 6\n")
    sealed.ask("checkpoint")

    assert sealed.ask("prove", "7", "--json").json["size"] == 39
    assert sealed.ask("prove", "7", "--size", "37", "--json").json["size"] == 37


def test_a_later_log_is_shown_to_continue_an_earlier_one(sealed: Books) -> None:
    sealed.ask("apply", "-", given="deposit bob 5\ndeposit bob 6\n")
    sealed.ask("checkpoint", "-o", "39.checkpoint")
    made = sealed.ask("prove", "--from", "37", "--to", "39", "-o", "37-39.consistency")

    assert made.exit_code == 0
    assert Path("37-39.consistency").read_text().startswith("old 37\n")
    assert checked(sealed, "37-39.consistency", "--old", "37.checkpoint") == ("intact", 0)
    assert checked(sealed, "37-39.consistency", "--old", "39.checkpoint") == ("tampered", 1)
    assert sealed.ask("verify-proof", "37-39.consistency").exit_code == 2
    assert sealed.ask("prove", "--from", "37", "--to", "38").exit_code == 3
    assert sealed.ask("prove", "--from", "40").exit_code == 3
    assert sealed.ask("prove", "--from", "37").exit_code == 0


def test_a_checkpoint_alone_is_checked_too(sealed: Books) -> None:
    answer = sealed.ask("verify-proof", "37.checkpoint", "--json")

    assert answer.json["proofs"][0]["kind"] == "checkpoint"
    assert answer.json["proofs"][0]["proved"].startswith(f"log {NAME} of size 37 has root ")


def test_the_worst_file_gives_the_verdict(sealed: Books, tmp_path: Path) -> None:
    sealed.ask("prove", "7", "-o", "good")
    raw = Path("good").read_text()
    Path("tampered").write_text(raw.replace("index 6", "index 5"))
    Path("unreadable").write_text(raw.replace("\n", "\r\n"), newline="")
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    stranger = sealed.ask("keygen", "venue.example/other").out.strip()

    assert checked(sealed, "good") == ("intact", 0)
    assert checked(sealed, "good", "unreadable") == ("unreadable", 4)
    assert checked(sealed, "unreadable", "good", "tampered") == ("tampered", 1)
    assert checked(sealed, "good", "--key", stranger) == ("unknown_key", 1)
    assert checked(sealed, "missing") == ("unreadable", 4)
    assert checked(sealed, ".") == ("unreadable", 4)


def test_a_log_that_no_longer_fits_its_checkpoint_proves_nothing(sealed: Books) -> None:
    from ledger.checkpoints import keep
    from ledger.notes import read_note

    note = read_note(Path("37.checkpoint").read_bytes())
    replaced(sealed, changed=7)
    keep(sealed.url, note)

    refused = sealed.ask("prove", "20", "--json")
    assert (refused.exit_code, refused.error["code"]) == (1, "tampered")
    assert sealed.ask("prove", "--from", "20").exit_code == 1


@pytest.mark.parametrize(
    "args",
    [
        (),
        ("7", "--from", "3"),
        ("7", "--to", "3"),
        ("--from", "3", "--size", "37"),
        ("--from", "3", "--no-event"),
        ("nonsense",),
    ],
    ids=" ".join,
)
def test_what_cannot_be_meant_is_wrong_usage(sealed: Books, args: tuple[str, ...]) -> None:
    assert sealed.ask("prove", *args).exit_code == 2


def test_the_same_proof_has_the_same_bytes_in_any_process(sealed: Books) -> None:
    outs = {
        called(
            sealed.folder,
            *("prove", "ADL-34", "--store", sealed.url),
            PYTHONHASHSEED=seed,
            TZ=zone,
            LANG=language,
        ).stdout
        for seed, zone, language in (("1", "UTC", "C"), ("2", "Asia/Tokyo", "C.UTF-8"))
    }

    assert len(outs) == 1
    assert outs.pop().startswith(b"c2sp.org/tlog-proof@v1\n")


def test_questions_without_cryptography_load_none_of_it(sealed: Books) -> None:
    import subprocess
    import sys

    code = (
        "import sys; from cli.main import run; run(['--help']); run(['balances', '--json']);"
        " sys.exit('cryptography' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=Path(__file__).parents[3],
        env={"ZEROSUM_STORE": sealed.url, "PATH": "/usr/bin:/bin"},
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout.splitlines()[-1])["schema"] == "balances/1"
