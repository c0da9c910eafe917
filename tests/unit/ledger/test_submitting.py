"""Does each command count once, with a receipt, and leave the same bytes in any batch?"""

from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event as database_event

from domain.errors import RejectedUnread
from domain.merkle import root_of
from ledger.errors import RecordedLog, StaleHead
from ledger.ledger import Ledger
from ledger.submitting import Command, Receipt
from ledger.verification import verify
from tests.unit.ledger.stories import archive, cascade, command, deposits, opened


def contents(ledger: Ledger) -> list[tuple[object, ...]]:
    return [tuple(row) for row in ledger.rows()]


def test_seqs_have_no_gaps_and_versions_count_inside_their_stream(cascaded: Ledger) -> None:
    events = list(cascaded.events())
    versions: dict[str, int] = {}

    assert [event["seq"] for event in events] == list(range(1, cascaded.head + 1))
    for event in events:
        versions[event["stream"]] = versions.get(event["stream"], 0) + 1
        assert event["version"] == versions[event["stream"]]
        assert event["cause"] <= event["seq"]


def test_a_receipt_names_the_events_and_the_root_after_them(ledger: Ledger) -> None:
    receipts = [ledger.submit(line) for line in cascade()]
    leaves = [row.leaf for row in ledger.rows()]

    assert receipts[0].first_seq == 1
    assert receipts[-1].last_seq == ledger.head
    for before, after in pairwise(receipts):
        assert before.last_seq is not None
        assert after.first_seq == before.last_seq + 1
    for receipt in receipts:
        assert receipt.root == root_of(leaves[: receipt.last_seq])


@pytest.mark.parametrize("batch", [2, 7, 1_000])
def test_a_batch_gives_the_bytes_and_receipts_of_one_by_one(
    cascaded: Ledger, tmp_path: Path, batch: int
) -> None:
    lines: list[Command] = [
        *cascade(),
        *cascade()[:6],
        "no command",
        command("deposit", account="bob", id="open"),
    ]
    alone = [cascaded.submit(line) for line in lines]
    with Ledger.create(f"sqlite:///{tmp_path}/batch.db") as other:
        receipts = list(other.submit_many([*cascade(), *lines], batch))

        assert other.root == cascaded.root
        assert contents(other) == contents(cascaded)
        tail = receipts[len(cascade()) :]
        assert [str(receipt) for receipt in tail] == [str(receipt) for receipt in alone]
        assert verify(other).verdict == "unsealed"


def test_the_same_events_in_bulk_are_the_same_log(cascaded: Ledger, tmp_path: Path) -> None:
    with Ledger.create(f"sqlite:///{tmp_path}/bulk.db") as other:
        recorded = other.append_events(cascaded.events(), batch=10)

        assert (recorded.first_seq, recorded.last_seq) == (1, cascaded.head)
        assert recorded.root == other.root == cascaded.root
        assert contents(other) == contents(cascaded)
        assert [check for check in verify(other).checks if check.result == "failed"] == []


def test_the_same_command_again_gives_its_first_receipt(cascaded: Ledger) -> None:
    head = cascaded.head

    for line in cascade():
        if "id" not in line:
            continue
        again = cascaded.submit(line)
        assert again.repeated
        assert again.id == line["id"]
        assert again.root == cascaded.root_at(again.last_seq or 0)
    assert cascaded.head == head


def test_a_file_sent_again_in_one_batch_gives_the_receipts_of_the_first_time(
    ledger: Ledger,
) -> None:
    refused = [command("deposit", account="nobody", amount="1", id=f"no-{n}") for n in range(3)]
    lines = [*opened(), *deposits(9_000), *refused]
    lines = [{**line, "id": line.get("id", f"line-{n}")} for n, line in enumerate(lines)]
    first = list(ledger.submit_many(lines))
    leaves = [row.leaf for row in ledger.rows()]

    # Near roots grow from each other, far ones from tiles.
    for some in (slice(None), slice(None, None, 4_000), slice(3, None, 255), slice(None, None, -1)):
        again = list(ledger.submit_many(lines[some], batch=10_000))
        assert all(receipt.repeated for receipt in again)
        assert [receipt_text(receipt) for receipt in again] == [
            receipt_text(receipt) for receipt in first[some]
        ]
    for receipt in first[::1_500]:
        assert receipt.root == root_of(leaves[: receipt.last_seq])


def receipt_text(receipt: Receipt) -> str:
    """All of it but whether it is the first."""
    return str(replace(receipt, repeated=False))


def test_commands_sent_again_ask_the_store_as_often_as_one_command_does(
    ledger: Ledger,
) -> None:
    lines = [*opened(), *deposits(900)]
    lines = [{**line, "id": line.get("id", f"line-{n}")} for n, line in enumerate(lines)]
    list(ledger.submit_many(lines))

    assert statements_of(ledger, lines) <= statements_of(ledger, lines[-1:]) + 10


def statements_of(ledger: Ledger, lines: list[dict[str, Any]]) -> int:
    """How many statements it takes to send them again in one batch."""
    asked: list[str] = []
    with ledger.store.read() as connection:
        engine = connection.engine

    def count(*arguments: Any) -> None:
        asked.append(arguments[2])

    database_event.listen(engine, "before_cursor_execute", count)
    try:
        assert all(receipt.repeated for receipt in ledger.submit_many(lines))
    finally:
        database_event.remove(engine, "before_cursor_execute", count)
    return len(asked)


def test_a_refused_command_is_refused_again_with_the_same_receipt(cascaded: Ledger) -> None:
    again = cascaded.submit(command("deposit", account="nobody", amount="1", id="refused"))

    assert again.repeated
    assert again.rejected is not None
    assert again.rejected.code == "no_account"


def test_another_command_under_a_used_id_is_a_conflict_each_time(cascaded: Ledger) -> None:
    other = command("deposit", account="bob", amount="2", id="deposit-bob")

    first, second = cascaded.submit(other), cascaded.submit(other)

    assert first.rejected is not None
    assert first.rejected.code == "id_conflict"
    assert not second.repeated
    assert second.first_seq == (first.last_seq or 0) + 1
    assert cascaded.submit(
        command("deposit", account="bob", amount="150000", id="deposit-bob")
    ).repeated
    assert verify(cascaded).verdict == "unsealed"


def test_a_line_that_is_no_command_leaves_no_trace(cascaded: Ledger) -> None:
    head, root = cascaded.head, cascaded.root

    receipt = cascaded.submit("this is no JSON")

    assert isinstance(receipt.rejected, RejectedUnread)
    assert (receipt.first_seq, receipt.last_seq, receipt.root) == (None, None, root)
    assert cascaded.head == head


def test_receipts_come_only_after_their_commit(ledger: Ledger, url: str) -> None:
    receipts = ledger.submit_many([*opened(), *deposits(8)], batch=4)

    with Ledger.open(url, readonly=True) as reader:
        for receipt in receipts:
            assert receipt.last_seq is not None
            assert reader.head >= receipt.last_seq


def test_a_stale_writer_writes_nothing_and_starts_anew(ledger: Ledger, url: str) -> None:
    list(ledger.submit_many(opened()))
    with Ledger.open(url) as other:
        assert other.venue.head == 2
        ledger.submit(command("deposit", account="alice", amount="5", id="first"))

        with pytest.raises(StaleHead):
            other.submit(command("deposit", account="alice", amount="7", id="second"))

        assert other.head == ledger.head == 3
        assert other.venue.cash["alice"] == 5_000_000
        receipt = other.submit(command("deposit", account="alice", amount="7", id="second"))
        assert (receipt.first_seq, receipt.repeated) == (4, False)
        assert other.venue.cash["alice"] == 12_000_000
        assert verify(other).verdict == "unsealed"


def test_a_stale_batch_writes_nothing(ledger: Ledger, url: str) -> None:
    list(ledger.submit_many(opened()))
    with Ledger.open(url) as other:
        assert other.head == 2
        list(ledger.submit_many(deposits(3)))

        with pytest.raises(StaleHead):
            list(other.submit_many(deposits(3, first=3)))

        assert [receipt.repeated for receipt in other.submit_many(deposits(6))] == [
            *[True] * 3,
            *[False] * 3,
        ]


def test_a_recorded_log_takes_no_commands(ledger: Ledger) -> None:
    ledger.record(archive(3))
    head = ledger.head

    with pytest.raises(RecordedLog):
        ledger.submit(command("open_account", account="carol"))

    assert ledger.head == head


def test_a_failure_inside_a_batch_leaves_neither_rows_nor_state(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    list(ledger.submit_many([*opened(), *deposits(3)]))

    def lightning(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("ledger.writer.next_seal", lightning)
        with pytest.raises(KeyboardInterrupt):
            list(ledger.submit_many(deposits(5, first=3)))

    assert ledger.head == 5
    assert ledger.venue.cash["alice"] == 4_500_000
    assert not any(receipt.repeated for receipt in ledger.submit_many(deposits(5, first=3)))
    assert ledger.venue.cash["alice"] == 12_000_000
