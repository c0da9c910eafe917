"""What does each line of a report say, of a sound log and of one that is not?"""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from domain.events import Event
from domain.merkle import EMPTY_ROOT
from ledger import verification
from ledger.checkpoints import Anchors
from ledger.keys import SigningKey
from ledger.ledger import Ledger
from ledger.notes import Checkpoint
from ledger.report import Check, Report
from ledger.verification import DECIDED_ONLY, ExpectedRoot, verify_store
from tests.unit.ledger.edits import tampered
from tests.unit.ledger.stories import archive, cascade

NAME = "venue.example/books"
KEY = SigningKey(NAME, bytes(range(32)))
STRANGER = SigningKey(NAME, bytes(32))
EVENTS = 60
SNAPSHOTS = (1, 32, EVENTS)


@pytest.fixture(scope="module")
def books(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A log with a decision (events 24 to 32) and snapshots; nobody writes to it."""
    path = tmp_path_factory.mktemp("original") / "books.db"
    with Ledger.create(f"sqlite:///{path}", NAME) as ledger:
        for command in cascade():
            ledger.submit(command)
            if ledger.head in SNAPSHOTS:
                ledger.snapshot()
        assert ledger.head == EVENTS
    return path


@pytest.fixture(scope="module")
def events(books: Path) -> list[Event]:
    with Ledger.open(f"sqlite:///{books}", readonly=True) as ledger:
        return list(ledger.events())


@pytest.fixture
def root_at(books: Path) -> Callable[[int], bytes]:
    def root(size: int) -> bytes:
        with Ledger.open(f"sqlite:///{books}", readonly=True) as ledger:
            return ledger.root_at(size)

    return root


def line(report: Report, name: str) -> Check:
    (found,) = (check for check in report.checks if check.name == name)
    return found


def of_events(folder: Path, events: Sequence[Event]) -> Report:
    """The report on a log in which everything but the rules was made to fit these events."""
    url = f"sqlite:///{folder / 'forged.db'}"
    with Ledger.create(url, NAME) as ledger:
        ledger.append_events(events)
    return verify_store(url)


def test_a_sound_log_has_these_lines_in_this_order(books: Path, root_at: Any) -> None:
    report = verify_store(f"sqlite:///{books}")

    said = {check.name: (check.result, check.detail) for check in report.checks}
    assert list(said) == [
        *("store", "log_in_order", "leaves", "tree", "checkpoints", "expected_root"),
        *("envelopes", "counted_once", "events_balance", "open_interest_balanced"),
        *("longs_equal_shorts", "money_conserved", "market_results_cancel"),
        *("no_cost_without_position", "funding_cancels", "shortfalls_are_named"),
        *("closures_meet_the_need", "victims_closed_within_their_positions"),
        *("better_ranks_close_first", "every_candidate_is_ranked", "deficit_paid_in_full"),
        *("bystanders_keep_their_equity", "adl_comes_last", "takeovers_name_both_sides"),
        *("decisions_recompute", "rejections_change_nothing", "time_is_data"),
        *("snapshot_equals_fold", "tree_matches_bytes", "numbers_are_exact"),
        *("replay_is_deterministic", "corrections_cancel"),
    ]
    assert {name: line for name, line in said.items() if line != ("ok", "")} == {
        "store": ("ok", f"schema version 1, origin {NAME}"),
        "tree": ("ok", f"root {root_at(EVENTS).hex()} over 60 events"),
        "checkpoints": ("skipped", "no checkpoint was given or kept"),
        "expected_root": ("skipped", "no expected root was given"),
        "envelopes": ("ok", "60 events"),
        "snapshot_equals_fold": ("ok", "3 snapshots"),
        "tree_matches_bytes": ("ok", "leaves and tree, as above"),
        "numbers_are_exact": ("ok", "envelopes, as above"),
        "replay_is_deterministic": ("skipped", "zerosum replay compares digests"),
        "corrections_cancel": ("skipped", "no event of this version corrects another"),
    }
    assert {check.seq for check in report.checks} == {None}


def test_a_recorded_log_is_not_asked_about_decisions(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'books.db'}"
    with Ledger.create(url, NAME) as ledger:
        ledger.record(archive(3))

    lines = verify_store(url).checks
    skipped = {check.name for check in lines if check.detail.startswith("a recorded log: ")}
    assert skipped == set(DECIDED_ONLY)
    assert {check.result for check in lines if check.name in skipped} == {"skipped"}


def test_a_log_is_verified_while_somebody_writes_to_it(books: Path) -> None:
    url = f"sqlite:///{books}"
    with Ledger.open(url) as ledger, ledger.store.write():
        assert verify_store(url).exit_code == 0


def test_bytes_that_are_no_event_are_named_in_the_envelopes_and_as_numbers(books: Path) -> None:
    report = tampered(books, "UPDATE event SET bytes = x'7b7d' WHERE seq = 12")

    found = line(report, "envelopes")
    assert (found.result, found.seq) == ("failed", 12)
    assert found.detail.startswith("event 12: ")
    repeated = line(report, "numbers_are_exact")
    assert (repeated.result, repeated.detail, repeated.seq) == (
        "failed",
        "envelopes, as above",
        12,
    )


@pytest.mark.parametrize(
    ("name", "edit"),
    [
        ("leaves", "UPDATE event SET leaf = zeroblob(32) WHERE seq = 12"),
        ("tree", "UPDATE tree SET root = zeroblob(32)"),
    ],
)
def test_what_the_tree_lacks_is_said_again_under_the_invariants_name(
    books: Path, name: str, edit: str
) -> None:
    report = tampered(books, edit)

    found, again = line(report, name), line(report, "tree_matches_bytes")
    assert found.result == again.result == "failed"
    assert (again.detail, again.seq) == (found.detail, found.seq)


def invariants(report: Report) -> set[tuple[str, str, int | None]]:
    """Result, text and seq of the lines that ask about the state, each once."""
    names = [check.name for check in report.checks]
    first, end = names.index("events_balance"), names.index("tree_matches_bytes")
    return {(check.result, check.detail, check.seq) for check in report.checks[first:end]}


@pytest.mark.parametrize(
    "edits",
    [
        ("time = time + 1 WHERE seq = 20", "leaf = zeroblob(32) WHERE seq = 40"),
        ("leaf = zeroblob(32) WHERE seq = 20", "time = time + 1 WHERE seq = 40"),
        ("bytes = x'7b7d' WHERE seq = 20", "time = time + 1 WHERE seq = 40"),
    ],
)
def test_the_state_is_not_asked_from_the_first_damaged_event_on(
    books: Path, edits: tuple[str, ...]
) -> None:
    report = tampered(books, *(f"UPDATE event SET {edit}" for edit in edits))

    text = "not examined after event 19: the log is damaged there"
    assert invariants(report) == {("skipped", text, None)}


def test_the_state_is_not_asked_after_a_gap_either(books: Path) -> None:
    report = tampered(books, "DELETE FROM event WHERE seq = 20")

    text = "not examined after event 19: the log is damaged there"
    assert invariants(report) == {("skipped", text, None)}


def test_a_tail_that_is_gone_is_missed_by_the_order_and_by_the_tree(books: Path) -> None:
    report = tampered(books, "DELETE FROM event WHERE seq > 50")

    assert line(report, "log_in_order") == Check(
        "log_in_order", "failed", "events 51 to 60 are sealed, but missing", 51
    )
    assert line(report, "tree") == Check("tree", "failed", "the tree has 60 leaves, the log 50", 51)


def test_damage_in_one_batch_of_rows_stops_the_next_as_well(
    books: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(verification, "EVENTS_AT_ONCE", 7)

    report = tampered(books, "UPDATE event SET time = time + 1 WHERE seq = 20")

    text = "not examined after event 19: the log is damaged there"
    assert invariants(report) == {("skipped", text, None)}


def test_an_event_that_does_not_follow_fails_every_line_about_the_state(
    events: list[Event], tmp_path: Path
) -> None:
    of_nobody = {"seq": 9, "cause": 9, "version": 1, "stream": "account/zoe"}

    report = of_events(tmp_path, [*events[:8], {**events[9], **of_nobody}])

    text = "event 9 does not follow from the state before it: KeyError('zoe')"
    assert invariants(report) == {("failed", text, 9)}
    assert (report.verdict, report.exit_code, report.seq) == ("unsealed", 1, 9)


def test_a_log_that_ends_within_a_decision_fails_at_its_last_event(
    events: list[Event], tmp_path: Path
) -> None:
    report = of_events(tmp_path, events[:29])

    assert line(report, "closures_meet_the_need") == Check(
        "closures_meet_the_need", "failed", "the last decision lacks closures", 29
    )


NEW_ROOT = bytes(range(32))


@pytest.mark.parametrize("size", [1, 2, 40, EVENTS - 1, EVENTS])
@pytest.mark.parametrize("at_once", [1, 20, 1_000])
def test_every_size_has_its_root_however_many_rows_are_read_at_once(
    books: Path, root_at: Any, monkeypatch: pytest.MonkeyPatch, size: int, at_once: int
) -> None:
    monkeypatch.setattr(verification, "EVENTS_AT_ONCE", at_once)

    report = verify_store(f"sqlite:///{books}", ExpectedRoot(root_at(size), size))

    assert line(report, "expected_root") == Check(
        "expected_root", "ok", f"root over {size} events as expected"
    )
    later = f"; events {size + 1} to 60 came later" if size < EVENTS else ""
    assert report.verdict == "intact"
    assert report.detail == f"anchored to size {size} by the expected root{later}"


def test_an_expected_root_without_a_size_is_that_of_the_whole_log(
    books: Path, root_at: Any
) -> None:
    url, root = f"sqlite:///{books}", root_at(EVENTS)

    report = verify_store(url, ExpectedRoot(root))
    assert line(report, "expected_root").detail == "root over 60 events as expected"
    assert (report.verdict, report.detail) == (
        "intact",
        "anchored to size 60 by the expected root",
    )
    report = verify_store(url, ExpectedRoot(NEW_ROOT))
    assert line(report, "expected_root") == Check(
        "expected_root",
        "failed",
        f"{NEW_ROOT.hex()} was expected over 60 events, found {root.hex()}",
    )
    assert (report.verdict, report.detail) == ("tampered", "the log is not what was sealed")


def anchors(root_at: Any, *sizes: int) -> Anchors:
    notes = [KEY.signed(Checkpoint(NAME, size, root_at(size))) for size in sizes]
    return Anchors([KEY.verifier], [(f"note {note.checkpoint.size}", note.raw()) for note in notes])


@pytest.mark.parametrize(
    ("signed", "size", "between", "seq"),
    [
        ((), 40, "; a change lies in events 1 to 40", 1),
        ((10, 30, 50), 40, "; a change lies in events 31 to 40", 31),
        ((39,), 40, "; a change lies in events 40 to 40", 40),
        ((40,), 40, "", None),
        ((), 0, "", None),
    ],
)
def test_another_root_than_expected_lies_after_the_last_checkpoint_that_fits(
    books: Path, root_at: Any, signed: tuple[int, ...], size: int, between: str, seq: int | None
) -> None:
    report = verify_store(
        f"sqlite:///{books}", ExpectedRoot(NEW_ROOT, size), anchors(root_at, *signed)
    )

    text = f"{NEW_ROOT.hex()} was expected over {size} events, found {root_at(size).hex()}"
    assert line(report, "expected_root") == Check("expected_root", "failed", text + between, seq)
    assert report.verdict == "tampered"


def test_the_root_of_nothing_binds_nothing_and_is_as_expected(books: Path) -> None:
    report = verify_store(f"sqlite:///{books}", ExpectedRoot(EMPTY_ROOT, 0))

    assert report.detail == "anchored to size 0 by the expected root; events 1 to 60 came later"


@pytest.mark.parametrize(
    ("edit", "size", "events", "seq"),
    [
        ("UPDATE tree SET size = size", 61, 60, 61),
        ("DELETE FROM event WHERE seq > 50", 60, 50, 51),
        ("UPDATE tree SET size = 40", 60, 40, 41),
    ],
)
def test_a_root_over_more_than_there_is_names_the_first_missing_event(
    books: Path, edit: str, size: int, events: int, seq: int
) -> None:
    report = tampered(books, edit, expected=ExpectedRoot(NEW_ROOT, size))

    assert line(report, "expected_root") == Check(
        "expected_root", "failed", f"the log has {events} events, the root is over {size}", seq
    )


@pytest.mark.parametrize(
    ("expected", "said"),
    [
        (None, f"anchored to size 40 by key {KEY.verifier.label}; events 41 to 60 came later"),
        (30, f"anchored to size 40 by key {KEY.verifier.label}; events 41 to 60 came later"),
        (40, f"anchored to size 40 by key {KEY.verifier.label}; events 41 to 60 came later"),
        (41, "anchored to size 41 by the expected root; events 42 to 60 came later"),
    ],
)
def test_an_intact_log_is_anchored_by_whichever_reaches_further(
    books: Path, root_at: Any, expected: int | None, said: str
) -> None:
    kept = None if expected is None else ExpectedRoot(root_at(expected), expected)

    report = verify_store(f"sqlite:///{books}", kept, anchors(root_at, 12, 40))

    assert (report.verdict, report.detail) == ("intact", said)


def test_a_forged_note_beside_an_unreadable_one_is_tampering_and_names_no_event(
    books: Path, root_at: Any
) -> None:
    (name, raw), *_ = anchors(root_at, 40).given
    assert raw is not None
    forged = raw.replace(b"\n40\n", b"\n41\n")

    report = verify_store(
        f"sqlite:///{books}", None, Anchors([KEY.verifier], [(name, forged), ("none", None)])
    )

    assert (report.verdict, report.seq) == ("tampered", None)


def test_strangers_beside_an_expected_root_are_still_strangers(books: Path, root_at: Any) -> None:
    note = STRANGER.signed(Checkpoint(NAME, 40, root_at(40)))

    report = verify_store(
        f"sqlite:///{books}",
        ExpectedRoot(root_at(40), 40),
        Anchors([KEY.verifier], [("a note", note.raw())]),
    )

    assert report.verdict == "unknown_key"
    assert report.detail == f"signed by {note.signers()}: no known key of this log"


@pytest.mark.parametrize(
    ("edit", "text", "seq"),
    [
        ("SET seq = 61 WHERE seq = 60", "a snapshot after event 60", 61),
        (
            "SET state = x'00' WHERE seq = 32",
            "the snapshot at 32 is not the state after event 32",
            32,
        ),
        ("SET seq = 33 WHERE seq = 32", "the snapshot at 33 is not the state after event 33", 33),
        ("SET seq = 0 WHERE seq = 1", "the snapshot at 0 is not the state after event 0", 0),
    ],
)
def test_a_snapshot_is_compared_with_the_state_at_its_own_place(
    books: Path, edit: str, text: str, seq: int
) -> None:
    report = tampered(books, f"UPDATE snapshot {edit}")

    assert line(report, "snapshot_equals_fold") == Check(
        "snapshot_equals_fold", "failed", text, seq
    )
    assert (report.verdict, report.exit_code) == ("unsealed", 1)
