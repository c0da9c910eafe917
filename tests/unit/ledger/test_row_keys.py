"""Does a log that names a row key take commands with that key only, and is its file a secret?"""

import stat
from functools import partial
from pathlib import Path

import pytest

from domain.adl.row_key import RowKey
from domain.errors import RowKeyDiffers, RowKeyMissing, RowKeyUnfit
from domain.redecide import decide_again
from ledger.keys import KeyMissing, KeyUnreadable
from ledger.ledger import Ledger
from ledger.replay import re_decide
from ledger.report import Check
from ledger.row_keys import (
    RowKeyExists,
    new_row_key,
    parse_row_key,
    read_row_key,
    row_key_line,
    write_row_key,
)
from ledger.verification import verify_store
from tests.row_keys import OTHER_KEY, ROW_KEY, tell
from tests.stories import CASCADE_MINI, CASCADE_MINI_WAITING

CRASH = {"command": "mark", "market": "BTC-PERP", "price": "47600"}


@pytest.fixture
def waiting(url: str) -> str:
    """A log with a row key, up to the mark before its decision."""
    tell(url, CASCADE_MINI_WAITING)
    return url


@pytest.fixture
def salted(url: str) -> str:
    tell(url, CASCADE_MINI)
    return url


@pytest.mark.parametrize(
    ("row_key", "refused"), [(None, RowKeyMissing), (OTHER_KEY, RowKeyDiffers)]
)
def test_a_log_that_names_a_row_key_takes_no_command_without_it(
    waiting: str, row_key: RowKey | None, refused: type[RowKeyUnfit]
) -> None:
    with Ledger.open(waiting, row_key=row_key) as ledger:
        head = ledger.head
        for command in ({"command": "deposit", "account": "bob", "amount": "1"}, CRASH):
            for _ in range(2):
                with pytest.raises(refused):
                    ledger.submit(command)
        with pytest.raises(refused):
            list(ledger.submit_many([CRASH], batch=7))

        assert ledger.head == head
        assert ledger.venue.head == head
    with Ledger.open(waiting, row_key=ROW_KEY) as ledger:
        receipt = ledger.submit(CRASH)
        assert receipt.first_seq == head + 1
        assert receipt.last_seq == ledger.head > head + 3


def test_a_copy_of_a_log_that_names_a_row_key_takes_no_command_without_it(
    waiting: str, tmp_path: Path
) -> None:
    copy = f"sqlite:///{tmp_path / 'copy.db'}"
    with Ledger.open(waiting, readonly=True) as first, Ledger.create(copy, "copy") as second:
        second.append_events(first.events())
        head = second.head

        with pytest.raises(RowKeyMissing):
            second.submit(CRASH)
        assert second.head == head


def test_the_same_commands_give_the_same_bytes_with_the_same_key(url: str, tmp_path: Path) -> None:
    other = f"sqlite:///{tmp_path / 'other.db'}"
    tell(url, CASCADE_MINI)
    tell(other, CASCADE_MINI)

    with Ledger.open(url, readonly=True) as one, Ledger.open(other, readonly=True) as two:
        assert one.root == two.root


def recompute(url: str, row_key: RowKey | None) -> tuple[Check, list[Check]]:
    """The line about deciding again, and every other line that is not ok."""
    report = verify_store(url, row_key=row_key)
    (own,) = (check for check in report.checks if check.name == "decisions_recompute")
    rest = [check for check in report.checks if check.result == "failed" and check is not own]
    return own, rest


def test_verify_recomputes_salted_rankings_with_the_key_and_skips_their_root_without(
    salted: str,
) -> None:
    assert recompute(salted, ROW_KEY) == (Check("decisions_recompute", "ok", ""), [])
    skipped, rest = recompute(salted, None)
    assert (skipped.result, rest) == ("skipped", [])
    assert "1 decisions: their rows are salted and no row key is given" in skipped.detail
    assert verify_store(salted).exit_code == 0
    wrong, rest = recompute(salted, OTHER_KEY)
    assert (wrong.result, wrong.seq, rest) == ("failed", 34, [])
    assert ROW_KEY.digest in wrong.detail
    assert OTHER_KEY.digest in wrong.detail


def test_without_the_key_everything_but_the_root_is_still_verified(url: str, salted: str) -> None:
    with Ledger.open(salted, readonly=True) as ledger:
        events = list(ledger.events())
    decided = next(event for event in events if "ranking_root" in event["data"])
    decided["data"]["equity"] += 1
    forged = url.replace("books.db", "forged.db")
    with Ledger.create(forged, "forged") as ledger:
        ledger.append_events(events)

    found, _ = recompute(forged, None)
    assert (found.result, found.seq) == ("failed", decided["seq"])
    assert found.detail.startswith("equity")


def test_every_chain_is_decided_again_with_the_key_and_but_for_roots_without(salted: str) -> None:
    with Ledger.open(salted, readonly=True) as ledger:
        assert list(re_decide(ledger, partial(decide_again, row_key=ROW_KEY))) == []
        assert list(re_decide(ledger, decide_again)) == []
        with pytest.raises(RowKeyDiffers):
            list(re_decide(ledger, partial(decide_again, row_key=OTHER_KEY)))


def test_a_snapshot_keeps_which_key_the_policy_names(waiting: str) -> None:
    with Ledger.open(waiting, row_key=ROW_KEY) as ledger:
        ledger.snapshot()
        market = ledger.venue_at(ledger.head).markets["BTC-PERP"]

    assert market.policy.row_key_digest == ROW_KEY.digest
    assert verify_store(waiting).exit_code == 0


def test_a_row_key_is_read_as_it_was_written_and_for_its_owner_alone(tmp_path: Path) -> None:
    path, row_key = tmp_path / "rows.key", new_row_key()

    write_row_key(path, row_key)

    assert read_row_key(path) == row_key
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert row_key != new_row_key()
    with pytest.raises(RowKeyExists):
        write_row_key(path, row_key)
    with pytest.raises(KeyMissing):
        read_row_key(tmp_path / "none")


def test_every_changed_character_of_a_row_keys_line_is_refused_without_being_shown() -> None:
    line = row_key_line(ROW_KEY).encode()
    assert line.startswith(b"ROW+KEY+2d3d1bc2+")
    for at in range(len(line)):
        for other in (b"A", b"b", b"0", b" ", b"+", b"\n", b"\xff"):
            changed = line[:at] + other + line[at + 1 :]
            if changed.removesuffix(b"\n") != line and changed != line:
                with pytest.raises(KeyUnreadable) as refused:
                    parse_row_key(changed)
                assert "QEFC" not in str(refused.value)
    for raw in (b"", line[:-4], line + b"\n\n", b"ROW+KEY+2d3d1bc2+QEE="):
        with pytest.raises(KeyUnreadable):
            parse_row_key(raw)
    assert parse_row_key(line + b"\n") == ROW_KEY
