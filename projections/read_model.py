"""How far are the facts counted, and how are the next ones counted exactly once?

Events are folded in batches; the rows of a batch and the tracking row are written in one
transaction, and the tracking row moves only forward, from exactly where this batch began. A program
that dies half way leaves whole batches behind and goes on after the last of them.
"""

from collections.abc import Callable, Iterable
from typing import Final

from sqlalchemy import Connection, Engine, inspect, select, update

from domain.collector import quiet_collector
from domain.events import Event
from domain.venue import Venue
from projections import schema
from projections.adl_rounds import AdlRounds
from projections.balances import Balances
from projections.errors import ReadModelGap, ReadModelMoved, ReadModelOutdated
from projections.liquidations import Liquidations
from projections.marks import Marks
from projections.observing import observed
from projections.schema import SCHEMA_VERSION, TRACKED
from projections.statements import Statements
from projections.writing import Rows, only_one_makes_tables

EVENTS_PER_BATCH: Final = 1_000
MOST_EVENTS_PER_BATCH: Final = 16_000
"""Who is far behind writes larger and larger batches: statements lie together by account, so every
batch writes a page or so for each account that it touches, whatever its size."""
LEGS_PER_BATCH: Final = 50_000
"""Funding touches every holder: a batch ends early before its rows fill the memory."""

LeafOf = Callable[[int], bytes]

_tracking = schema.tracking.c


class ReadModel:
    """All tables of the read side in one database."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    @property
    def seq(self) -> int:
        """Seq of the last event that was counted; 0 when nothing was, or there are no tables."""
        if not inspect(self._engine).has_table(schema.tracking.name):
            return 0
        with self._engine.connect() as connection:
            return tracked_seq(connection) or 0

    def create(self) -> None:
        """Make the tables; those that are there stay as they are."""
        with self._engine.begin() as connection:
            only_one_makes_tables(connection)
            schema.metadata.create_all(connection)
            Rows(connection).insert_missing(schema.tracking, [(TRACKED, SCHEMA_VERSION, 0)])

    def drop(self) -> None:
        """Forget everything that was counted; the log is not affected."""
        with self._engine.begin() as connection:
            only_one_makes_tables(connection)
            schema.metadata.drop_all(connection)

    def catch_up(
        self,
        events: Iterable[Event],
        venue: Venue,
        leaf_of: LeafOf | None = None,
        *,
        batch: int | None = None,
    ) -> int:
        """Count the events after `seq`, and give the new `seq` back.

        `venue` is the state at `seq`; it is consumed, also when counting fails. Events that were
        counted before change nothing; a gap is an error. `leaf_of` gives the leaf hash of an event
        for the evidence of decisions (without it their leaves stay empty). `batch` fixes how many
        events are written at once.
        """
        counted = self.seq
        if venue.head != counted:
            message = f"rows end at seq {counted}, the venue stands at seq {venue.head}"
            raise ReadModelGap(message)
        with quiet_collector():
            return self._counted(_Batch(self._engine, venue, leaf_of), events, venue, batch)

    @staticmethod
    def _counted(
        folding: "_Batch", events: Iterable[Event], venue: Venue, batch: int | None
    ) -> int:
        counted = venue.head
        size = batch or EVENTS_PER_BATCH
        for event in events:
            seq = event["seq"]
            if seq <= venue.head:
                continue
            if seq != venue.head + 1:
                message = f"event {venue.head + 1} is missing: after {venue.head} came {seq}"
                raise ReadModelGap(message)
            folding.project(event)
            if seq - counted >= size or folding.is_full:
                counted = folding.write(counted)
                size = batch or min(2 * size, MOST_EVENTS_PER_BATCH)
        return folding.write(counted) if venue.head > counted else counted


class _Batch:
    """One fold per question, all fed with the same observed event."""

    def __init__(self, engine: Engine, venue: Venue, leaf_of: LeafOf | None) -> None:
        self._engine = engine
        self._venue = venue
        self._balances = Balances(venue)
        self._statements = Statements(venue, engine)
        self._liquidations = Liquidations(venue, engine)
        self._rounds = AdlRounds(venue, engine, leaf_of)
        self._marks = Marks()
        self.is_full = False

    def project(self, event: Event) -> None:
        """Apply one event to the venue and let every fold count it."""
        seen = observed(self._venue, event)
        self._balances.project(seen)
        self._statements.project(seen)
        kind = event["type"]
        if kind in _PLAIN or (
            kind == "market.trade_executed/1" and "liquidation_id" not in event["data"]
        ):
            return
        self._liquidations.project(seen)
        self._rounds.project(seen)
        self._marks.project(seen)
        if kind == "market.funding_settled/1":
            self.is_full = len(self._statements) >= LEGS_PER_BATCH

    def write(self, counted: int) -> int:
        """Write the rows of everything since `counted` and move the tracking row."""
        with self._engine.begin() as connection:
            # Before anything is read: from its first statement on, this transaction holds the lock.
            _move(connection, counted, self._venue.head)
            rows = Rows(connection)
            for fold in (
                self._balances,
                self._statements,
                self._liquidations,
                self._rounds,
                self._marks,
            ):
                fold.flush(rows)
        self.is_full = False
        return self._venue.head


_PLAIN: Final = frozenset(
    {
        "market.order_placed/1",
        "market.order_cancelled/1",
        "account.opened/1",
        "account.collateral_deposited/1",
        "account.collateral_withdrawn/1",
    }
)
"""Events that only balances and statements look at."""


def _move(connection: Connection, counted: int, head: int) -> None:
    moved = connection.execute(
        update(schema.tracking)
        .where(
            _tracking.model == TRACKED,
            _tracking.seq == counted,
            _tracking.schema_version == SCHEMA_VERSION,
        )
        .values(seq=head)
    )
    if moved.rowcount != 1:
        message = f"rows no longer end at seq {counted}"
        raise ReadModelMoved(message)


def tracked_seq(connection: Connection) -> int | None:
    """Seq of the last event that was counted; None when there is no tracking row."""
    row = connection.execute(
        select(_tracking.schema_version, _tracking.seq).where(_tracking.model == TRACKED)
    ).one_or_none()
    if row is None:
        return None
    if row.schema_version != SCHEMA_VERSION:
        message = f"rows have version {row.schema_version}; this program knows {SCHEMA_VERSION}"
        raise ReadModelOutdated(message)
    seq: int = row.seq
    return seq
