"""Is the state at any moment of the past the fold of what was written until then?"""

import sqlite3
import tracemalloc
import zlib
from contextlib import closing
from hashlib import sha256

import pytest

from domain.account import Account
from domain.canonical import canonical_bytes
from domain.snapshot import state_digest, state_of
from domain.venue import Venue, apply
from ledger import folding
from ledger.errors import UnknownSeq
from ledger.folding import LARGEST_BOUND, state_bound, written_state
from ledger.ledger import Ledger
from ledger.verification import verify
from tests.unit.ledger.stories import archive, deposits, opened


def test_every_moment_is_the_fold_up_to_it(cascaded: Ledger) -> None:
    venue = Venue()

    assert state_digest(cascaded.venue_at(0)) == state_digest(venue)
    for event in cascaded.events():
        apply(venue, event)
        assert state_digest(cascaded.venue_at(event["seq"])) == state_digest(venue)
    assert state_digest(cascaded.venue) == state_digest(venue)


def test_a_snapshot_and_the_events_after_it_are_the_fold(cascaded: Ledger, url: str) -> None:
    cascaded.snapshot()
    at_snapshot = cascaded.head
    cascaded.submit({"command": "deposit", "account": "dave", "amount": "3"})
    with Ledger.open(url, readonly=True) as reader:
        assert reader.has_snapshot()
        assert state_digest(reader.venue) == state_digest(cascaded.venue)
        assert reader.venue_at(at_snapshot).head == at_snapshot


def test_the_same_snapshot_is_kept_once(cascaded: Ledger) -> None:
    cascaded.snapshot()
    cascaded.snapshot()

    with cascaded.store.read() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM snapshot").scalar_one() == 1


def test_a_long_apply_ends_with_a_snapshot(ledger: Ledger) -> None:
    list(ledger.submit_many([*opened(), *deposits(10_000)], batch=5_000))

    assert ledger.has_snapshot()


def test_the_state_at_a_time_is_after_the_last_event_up_to_it(cascaded: Ledger) -> None:
    times = {event["seq"]: event["time"] for event in cascaded.events()}

    for time in (-1, 0, 999, 1_000, 4_999, 5_000, 5_003, 10**18):
        reached = [seq for seq, at in times.items() if at <= time]
        assert cascaded.seq_at_time(time) == max(reached, default=0)
    assert cascaded.head_time == times[cascaded.head]


@pytest.mark.parametrize("seq", [-1, 61, 10**9])
def test_a_place_that_the_log_does_not_have_is_unknown(cascaded: Ledger, seq: int) -> None:
    for question in (cascaded.venue_at, cascaded.root_at, cascaded.event_at, cascaded.leaf_at):
        with pytest.raises(UnknownSeq) as unknown:
            question(seq)
        assert (unknown.value.code, unknown.value.exit_code) == ("unknown_seq", 3)


def test_a_recorded_log_folds_the_same_way(ledger: Ledger) -> None:
    ledger.record(archive(30))
    live = state_digest(ledger.venue)

    assert state_digest(ledger.venue_at(ledger.head)) == live


def kept_at(url: str, seq: int) -> bytes | None:
    with Ledger.open(url, readonly=True) as reader, reader.store.read() as connection:
        return written_state(connection, seq)


def put(url: str, seq: int, written: bytes, packed: bytes | None = None) -> None:
    """Put a snapshot with its right digest into the store."""
    state = zlib.compress(written) if packed is None else packed
    with closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as connection, connection:
        connection.execute("DELETE FROM snapshot WHERE seq = ?", (seq,))
        row = (seq, sha256(written).digest(), state)
        connection.execute("INSERT INTO snapshot (seq, digest, state) VALUES (?, ?, ?)", row)


def test_a_snapshot_up_to_its_bound_is_read_and_a_larger_one_is_not(
    cascaded: Ledger, url: str
) -> None:
    bound = state_bound(60)

    for size, is_read in ((bound - 1, True), (bound, True), (bound + 1, False)):
        put(url, 60, b" " * size)
        assert (kept_at(url, 60) is not None) == is_read
    put(url, 60, b"{}", zlib.compress(b"{}") + b"more")
    assert kept_at(url, 60) is None
    put(url, 60, b"{}", zlib.compress(b"{}")[:-1])
    assert kept_at(url, 60) is None
    put(url, 60, b" ", b" " * (bound + 1))
    assert kept_at(url, 60) is None


def test_a_forged_snapshot_of_some_kilobytes_unpacks_to_no_gigabytes(
    cascaded: Ledger, url: str
) -> None:
    packer, block = zlib.compressobj(9), bytes(1 << 20)
    packed = b"".join(packer.compress(block) for _ in range(256)) + packer.flush()
    cascaded.snapshot()
    cascaded.submit({"command": "deposit", "account": "dave", "amount": "3"})
    put(url, 61, b"", packed)
    assert len(packed) < 1 << 20

    tracemalloc.start()
    try:
        with Ledger.open(url, readonly=True) as reader:
            assert reader.venue_at(61).head == 61
            report = verify(reader)
        assert tracemalloc.get_traced_memory()[1] < 32 << 20
    finally:
        tracemalloc.stop()
    failed = [(check.name, check.seq) for check in report.checks if check.result == "failed"]
    assert (report.verdict, failed) == ("unsealed", [("snapshot_equals_fold", 61)])


def test_a_million_accounts_with_positions_in_three_markets_stay_below_the_bound(
    cascaded: Ledger,
) -> None:
    venue, base = cascaded.venue_at(60), len(canonical_bytes(state_of(cascaded.venue)))
    market = venue.markets["BTC-PERP"]
    position = next(iter(market.positions.values()))._replace(
        quantity=-(10**9), cost=-(10**15), opened_seq=10**7
    )
    names = [f"0x{number:040x}" for number in range(1_000)]
    for name in names:
        venue.accounts[name] = Account(name, "trader", 10**7, 10**15)
        venue.cash[name] = 10**15
        venue.versions[f"account/{name}"] = 10**6
    without = len(canonical_bytes(state_of(venue)))
    market.positions.update(dict.fromkeys(names, position))
    market.realized.update(dict.fromkeys(names, -(10**15)))
    one_market = len(canonical_bytes(state_of(venue))) - without

    million = (without - base + 3 * one_market) * 1_000
    assert state_bound(10**6) == LARGEST_BOUND
    assert LARGEST_BOUND // 3 < million < LARGEST_BOUND * 2 // 3


def test_a_state_beyond_the_bound_is_not_kept(
    cascaded: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(folding, "LARGEST_BOUND", 1_000)
    cascaded.snapshot()

    assert not cascaded.has_snapshot()
