"""Which verdict does a log get from what was signed, and which event is named?"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from domain.events import Event
from domain.merkle import EMPTY_ROOT
from ledger.checkpoints import Anchors, covering_note, keep, note_before
from ledger.keys import SigningKey
from ledger.ledger import Ledger
from ledger.notes import Checkpoint, SignedNote
from ledger.report import Report
from ledger.verification import ExpectedRoot, verify_store
from tests.unit.ledger.stories import cascade

NAME = "venue.example/books"
KEY = SigningKey(NAME, bytes(range(32)))
STRANGER = SigningKey(NAME, bytes(32))
EVENTS = 60


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> str:
    """An honest log; nobody writes to it."""
    url = f"sqlite:///{tmp_path_factory.mktemp('original') / 'books.db'}"
    with Ledger.create(url, NAME) as ledger:
        list(ledger.submit_many(cascade()))
        assert ledger.head == EVENTS
    return url


@pytest.fixture
def events(original: str) -> list[Event]:
    with Ledger.open(original, readonly=True) as ledger:
        return list(ledger.events())


def signed(url: str, size: int, key: SigningKey = KEY) -> SignedNote:
    with Ledger.open(url, readonly=True) as ledger:
        return key.signed(Checkpoint(NAME, size, ledger.root_at(size)))


def log_of(folder: Path, events: Sequence[Event], name: str = NAME) -> str:
    """A store whose leaves, tree and everything else were made to fit these events."""
    url = f"sqlite:///{folder / 'forged.db'}"
    with Ledger.create(url, name) as ledger:
        ledger.append_events(events)
    return url


def with_amount(events: list[Event], seq: int) -> list[Event]:
    changed: list[Any] = list(events)
    assert "amount" in changed[seq - 1]["data"]
    data = {**changed[seq - 1]["data"], "amount": 1_000_000_001}
    changed[seq - 1] = {**changed[seq - 1], "data": data}
    return changed


def judged(url: str, *notes: SignedNote | bytes | None, keys: Any = (KEY,)) -> Report:
    given = [
        (f"file {n}", note.raw() if isinstance(note, SignedNote) else note)
        for n, note in enumerate(notes)
    ]
    return verify_store(url, None, Anchors([key.verifier for key in keys], given))


def seal_failures(report: Report) -> dict[str, int | None]:
    names = ("log_in_order", "leaves", "tree", "checkpoints", "expected_root")
    return {c.name: c.seq for c in report.checks if c.result == "failed" and c.name in names}


def test_a_log_that_leads_to_a_signed_root_is_intact(original: str) -> None:
    for size in (1, 40, EVENTS):
        report = judged(original, signed(original, size))

        assert (report.verdict, report.exit_code) == ("intact", 0)
        assert f"anchored to size {size} by key {KEY.verifier.label}" in report.detail


def test_the_largest_known_checkpoint_is_the_anchor(original: str) -> None:
    notes = [signed(original, size) for size in (50, 3, 20)]

    assert judged(original, *notes).detail.startswith("anchored to size 50")


def test_without_any_signed_checkpoint_it_is_unsealed_and_says_how_to_seal(original: str) -> None:
    report = judged(original)

    assert (report.verdict, report.exit_code) == ("unsealed", 0)
    assert "zerosum checkpoint" in report.detail


def test_checkpoints_by_nobody_known_are_of_an_unknown_key(original: str) -> None:
    report = judged(original, signed(original, 40, STRANGER))

    assert (report.verdict, report.exit_code) == ("unknown_key", 1)
    assert STRANGER.verifier.label in report.detail
    assert judged(original, signed(original, 40), keys=()).verdict == "unknown_key"
    both = judged(original, signed(original, 40), signed(original, 50, STRANGER))
    assert both.verdict == "intact"


def test_a_checkpoint_of_another_log_anchors_nothing(original: str) -> None:
    other = SigningKey("venue.example/others", bytes(range(32)))
    foreign = other.signed(Checkpoint(other.name, 0, EMPTY_ROOT))

    report = judged(original, foreign, keys=(KEY, other))
    assert (report.verdict, report.exit_code) == ("unknown_key", 1)
    assert "venue.example/others" in report.detail


@pytest.mark.parametrize("seq", [10, 12, 14])
def test_rewritten_history_is_caught_by_an_older_checkpoint(
    original: str, events: list[Event], tmp_path: Path, seq: int
) -> None:
    kept = [signed(original, size) for size in (8, 40)]
    url = log_of(tmp_path, with_amount(events, seq))

    assert judged(url).verdict == "unsealed"
    report = judged(url, *kept)
    assert (report.verdict, report.exit_code) == ("tampered", 1)
    assert seal_failures(report) == {"checkpoints": 9}
    text = next(check.detail for check in report.checks if check.name == "checkpoints")
    assert "a change lies in events 9 to 40" in text


def test_the_range_begins_after_the_largest_checkpoint_that_still_fits(
    original: str, events: list[Event], tmp_path: Path
) -> None:
    kept = [signed(original, size) for size in (0, 5, 10, 13, 20, 60)]
    url = log_of(tmp_path, with_amount(events, 14))

    report = judged(url, *kept)
    assert seal_failures(report) == {"checkpoints": 14}
    text = next(check.detail for check in report.checks if check.name == "checkpoints")
    assert "events 14 to 20" in text


def test_what_was_changed_after_the_last_checkpoint_is_caught_by_a_receipt(
    original: str, events: list[Event], tmp_path: Path
) -> None:
    with Ledger.open(original, readonly=True) as ledger:
        receipt = ExpectedRoot(ledger.root_at(14), 14)
    url = log_of(tmp_path, with_amount(events, 14))
    anchors = Anchors([KEY.verifier], [("kept", signed(original, 10).raw())])

    assert verify_store(url, None, anchors).verdict == "intact"
    report = verify_store(url, receipt, anchors)
    assert (report.verdict, seal_failures(report)) == ("tampered", {"expected_root": 11})
    honest = verify_store(original, receipt, anchors)
    assert honest.detail.startswith("anchored to size 14 by the expected root")


def test_a_deleted_tail_is_caught_and_the_first_missing_event_named(
    original: str, events: list[Event], tmp_path: Path
) -> None:
    url = log_of(tmp_path, events[:32])

    assert judged(url, signed(original, 30)).verdict == "intact"
    report = judged(url, signed(original, 30), signed(original, EVENTS))
    assert (report.verdict, report.exit_code) == ("tampered", 1)
    assert seal_failures(report) == {"checkpoints": 33}


def test_a_forged_signature_is_tampering(original: str) -> None:
    note = signed(original, 40)
    bad = note.signatures[0]._replace(signature=bytes(64))

    report = judged(original, SignedNote(note.text, note.checkpoint, (bad,)))
    assert (report.verdict, report.exit_code) == ("tampered", 1)


def test_two_signed_notes_of_one_size_cannot_both_fit(original: str) -> None:
    fork = KEY.signed(Checkpoint(NAME, 40, bytes(32)))

    assert judged(original, signed(original, 40), fork).verdict == "tampered"


@pytest.mark.parametrize("raw", [b"no note", None], ids=["malformed", "missing"])
def test_a_file_that_is_no_checkpoint_is_unreadable(original: str, raw: bytes | None) -> None:
    report = judged(original, signed(original, 40), raw)

    assert (report.verdict, report.exit_code) == ("unreadable", 4)


def test_tampering_outweighs_an_unreadable_file_and_that_an_unknown_key(
    original: str, events: list[Event], tmp_path: Path
) -> None:
    url = log_of(tmp_path, with_amount(events, 10))

    assert judged(url, b"no note", signed(original, 40)).verdict == "tampered"
    assert judged(original, b"no note", signed(original, 40, STRANGER)).verdict == "unreadable"


def test_a_broken_rule_fails_without_changing_the_verdict(
    original: str, events: list[Event], tmp_path: Path
) -> None:
    changed: list[Any] = list(events)
    at = next(n for n, e in enumerate(changed) if e["type"] == "market.deleveraging_decided/1")
    changed[at] = {**changed[at], "data": {**changed[at]["data"], "candidates": 99}}
    url = log_of(tmp_path, changed)

    report = judged(url, signed(url, EVENTS))
    assert (report.verdict, report.exit_code) == ("intact", 1)


def test_a_checkpoint_of_nothing_fits_every_log(original: str, tmp_path: Path) -> None:
    note = KEY.signed(Checkpoint(NAME, 0, EMPTY_ROOT))

    assert judged(original, note).detail.startswith("anchored to size 0")
    empty = f"sqlite:///{tmp_path / 'empty.db'}"
    Ledger.create(empty, NAME).close()
    assert judged(empty, note).verdict == "intact"
    assert judged(empty, signed(original, 1)).verdict == "tampered"


def test_kept_copies_count_like_given_files(
    original: str, events: list[Event], tmp_path: Path
) -> None:
    url = log_of(tmp_path, events)
    for size in (10, 30, 20, 30):
        keep(url, signed(original, size))

    assert judged(url).detail.startswith("anchored to size 30")
    assert judged(url, keys=(STRANGER,)).verdict == "unknown_key"
    with Ledger.open(url, readonly=True) as ledger:
        store, known = ledger.store, [KEY.verifier]
        assert sizes_of(
            covering_note(store, 15),
            covering_note(store, 15, newest=False),
            covering_note(store, 15, size=20),
            covering_note(store, 25, size=20),
            covering_note(store, 31),
            note_before(store, 20, known),
            note_before(store, 21, known),
            note_before(store, 31, known),
            note_before(store, 10, known),
            note_before(store, 31, [STRANGER.verifier]),
            note_before(store, 31, ()),
        ) == [30, 20, 20, None, None, 10, 20, 30, None, None, None]
    # The newest is by a key that nobody knows: an older one serves.
    stranger = STRANGER.signed(Checkpoint(NAME, 25, bytes(32)))
    keep(url, stranger)
    with Ledger.open(url, readonly=True) as ledger:
        assert sizes_of(note_before(ledger.store, 26, known)) == [20]


def sizes_of(*notes: SignedNote | None) -> list[int | None]:
    return [None if note is None else note.checkpoint.size for note in notes]


def test_a_kept_copy_that_lies_is_tampering(
    original: str, events: list[Event], tmp_path: Path
) -> None:
    url = log_of(tmp_path, events)
    keep(url, signed(original, 10))
    change_notes(url, "UPDATE checkpoint SET note = CAST(replace(note, '10', '11') AS BLOB)")

    assert judged(url).verdict == "tampered"


@pytest.mark.parametrize("keys", [(), (KEY,)], ids=["no key", "a key"])
def test_a_kept_row_that_is_no_checkpoint_is_named_and_takes_nothing_from_a_sound_log(
    original: str, events: list[Event], tmp_path: Path, keys: tuple[SigningKey, ...]
) -> None:
    url = log_of(tmp_path, events)
    junk = "INSERT INTO checkpoint (size, key_id, note) VALUES ({}, 'x', x'00')"
    change_notes(url, junk.format(12), junk.format(31))

    report = judged(url, keys=keys)

    assert (report.verdict, report.exit_code) == ("unsealed", 0)
    assert line_of(report) == "skipped"
    assert all(f"size {size}" in detail_of(report) for size in (12, 31))
    keep(url, signed(original, 10))
    keep(url, signed(original, 30))
    report = judged(url, keys=(KEY,))
    assert (report.verdict, line_of(report)) == ("intact", "ok")
    assert "size 12" in detail_of(report)
    with Ledger.open(url, readonly=True) as ledger:
        assert sizes_of(
            covering_note(ledger.store, 1),
            covering_note(ledger.store, 11, newest=False),
            covering_note(ledger.store, 31),
            note_before(ledger.store, 20, [KEY.verifier]),
        ) == [30, 30, None, 10]


def change_notes(url: str, *statements: str) -> None:
    with Ledger.open(url) as ledger, ledger.store.write() as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)


def line_of(report: Report) -> str:
    return next(check.result for check in report.checks if check.name == "checkpoints")


def detail_of(report: Report) -> str:
    return next(check.detail for check in report.checks if check.name == "checkpoints")


def test_a_store_without_the_table_is_as_good_as_one_without_copies(
    original: str, events: list[Event], tmp_path: Path
) -> None:
    url = log_of(tmp_path, events)
    with Ledger.open(url) as ledger, ledger.store.write() as connection:
        connection.exec_driver_sql("DROP TABLE checkpoint")

    assert judged(url).verdict == "unsealed"
    keep(url, signed(original, 10))
    assert judged(url).verdict == "intact"
