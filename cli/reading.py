"""What is asked of an opened store, and for which point of its log?

The store is opened for reading. Rows of the read model that are behind the log are caught up
through a connection that may write; where that is not possible the answer is as of the rows, and
says so.
"""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import cached_property

import click
from sqlalchemy import Connection, Engine, create_engine

from cli.errors import STORE, CommandFailed, Failure
from cli.moment import seq_asked
from cli.output import note
from cli.progress import Progress
from cli.settings import settings_of
from domain.specification import MarketSpec
from domain.units import Decimal10, parse_decimal
from domain.venue import Venue
from ledger.errors import StoreConflict, StoreError, StoreFull, StoreLocked, StoreReadOnly
from ledger.failures import translated
from ledger.folding import LiveVenue
from ledger.ledger import Ledger
from ledger.store import rows_engine
from projections import queries
from projections.answers import AdlRound, Books
from projections.errors import (
    ProjectionError,
    ReadModelAhead,
    ReadModelDamaged,
    ReadModelGap,
    ReadModelMissing,
    ReadModelMoved,
    UnknownAccount,
    UnknownDecision,
    UnknownMarket,
)
from projections.packing import sound
from projections.read_model import ReadModel
from projections.reading import sound_head
from reports.page import AsOf

EVENTS_WORTH_PROGRESS = 20_000
BEHIND = (StoreLocked, StoreReadOnly, StoreFull, ReadModelMoved, ReadModelGap)
"""Why rows may be behind although nothing is wrong with them; a gap means that another program
counted between our looking and our counting."""


class Reading:
    """One question's view of the books: everything in it is of `seq`."""

    def __init__(
        self, context: click.Context, ledger: Ledger, seq: int | None, stack: ExitStack
    ) -> None:
        self._context = context
        self.ledger = ledger
        self._asked = seq
        self._head = ledger.head
        self._stack = stack
        self._past = LiveVenue(ledger.store)

    @cached_property
    def seq(self) -> int:
        """The seq that was asked for; else that of the rows, which is the head where possible."""
        return self._rows[1] if self._asked is None else self._asked

    @cached_property
    def as_of(self) -> AsOf:
        """Seq, time and root for which the answer holds."""
        return as_of(self.ledger, self.seq)

    @cached_property
    def venue(self) -> Venue:
        """The venue at `seq`."""
        return self.ledger.venue_at(self.seq)

    def venue_before(self, seq: int) -> Venue:
        """The state just before an event: to look at or to fork, never to change.

        It moves on when a later one is asked for; so a page folds the log once, and many pages in
        the order of their decisions fold it once for all of them.
        """
        return self._past.at(seq - 1)

    @cached_property
    def books(self) -> Books:
        """Everybody's state at `seq`."""
        if self._asked is None or self._asked == self._rows[1]:
            with translated(), sound("the rows of the books"):
                return queries.books(self.rows)
        return queries.books_of(self.venue)

    @cached_property
    def specs(self) -> dict[str, MarketSpec]:
        """Every market's specification."""
        return {market.spec.id: market.spec for market in self.books.markets}

    @cached_property
    def quote_unit(self) -> Decimal10:
        """The smallest unit of the venue's money."""
        return quote_unit_of(self.ledger)

    def account(self, name: str) -> str:
        """The account's name, if there is such an account at `seq`."""
        if all(state.account != name for state in self.books.accounts):
            raise UnknownAccount(name)
        return name

    def market(self, name: str) -> str:
        """The market's name, if there is such a market at `seq`."""
        if name not in self.specs:
            raise UnknownMarket(name)
        return name

    def decision(self, name: str) -> AdlRound:
        """One ADL decision, if all its closures are done at `seq`."""
        with translated():
            found = queries.adl_round(self.rows, name, self.seq)
        if found.last_seq > self.seq:
            raise UnknownDecision(name)
        return found

    @property
    def rows(self) -> Connection:
        """A connection to the rows that sees one moment; they reach `seq` at least."""
        connection, counted = self._rows
        if counted < self.seq:
            raise CommandFailed(
                Failure(
                    "read_model_behind",
                    STORE,
                    f"the rows end at seq {counted}, seq {self.seq} was asked for",
                    hint="another program is writing; try again when it is done",
                )
            )
        return connection

    @cached_property
    def _rows(self) -> tuple[Connection, int]:
        """A connection to the read model and the seq that its rows are counted up to."""
        ledger, context = self.ledger, self._context
        url = settings_of(context).url
        with ExitStack() as first_look:
            found = self._opened(rows_engine(url, "read"), first_look)
            if found is not None and found[1] == self._head:
                self._stack.enter_context(first_look.pop_all())
                return found
        # Nothing is being read now: a file with a rollback journal takes no rows while it is.
        reason = self._why_behind(is_there=found is not None)
        in_memory = found is None and reason is not None
        rows = _in_memory(context, ledger) if in_memory else rows_engine(url, "read")
        found = self._opened(rows, self._stack)
        if found is not None and reason and not in_memory and self._asked is None:
            note(context, f"the rows are behind: answering as of seq {found[1]} ({reason})")
        if found is None:
            raise ReadModelMissing("the rows of the read model cannot be read")
        return found

    def _why_behind(self, *, is_there: bool) -> str | None:
        """Why the rows could not be caught up; None when they were."""
        try:
            bring_up(self._context, self.ledger)
        except BEHIND as fault:
            return str(fault)
        except StoreError as fault:
            # Rows that cannot even be opened are made in memory, from the log alone.
            if is_there:
                raise
            return str(fault)
        return None

    def _opened(self, engine: Engine, stack: ExitStack) -> tuple[Connection, int] | None:
        """A read transaction on the rows, for as long as the question lasts; None without rows."""
        stack.callback(engine.dispose)
        try:
            with translated():
                connection = stack.enter_context(engine.connect())
                stack.enter_context(connection.begin())
                return connection, sound_head(connection)
        except (StoreError, ReadModelMissing):
            return None


@contextmanager
def reading(context: click.Context) -> Iterator[Reading]:
    """The store that was asked for, at the moment that was asked for."""
    settings = settings_of(context)
    with Ledger.open(settings.url, readonly=True) as ledger, ExitStack() as stack:
        yield Reading(context, ledger, seq_asked(ledger, settings), stack)


@contextmanager
def log_only(context: click.Context) -> Iterator[Reading]:
    """The same for questions that the log alone answers: nothing waits for rows."""
    settings = settings_of(context)
    with Ledger.open(settings.url, readonly=True) as ledger, ExitStack() as stack:
        asked = seq_asked(ledger, settings)
        yield Reading(context, ledger, ledger.head if asked is None else asked, stack)


def as_of(ledger: Ledger, seq: int) -> AsOf:
    """A point of the log with its time and root."""
    time = ledger.event_at(seq)["time"] if seq else None
    return AsOf(seq, time, ledger.root_at(seq).hex())


def quote_unit_of(ledger: Ledger) -> Decimal10:
    """The venue's quote unit, from the event that opened it; 1 while no venue is open."""
    for event in ledger.events():
        if event["type"] == "venue.opened/1":
            return parse_decimal(event["data"]["quote_unit"]) or Decimal10(1, 0)
    return Decimal10(1, 0)


def writable_rows(url: str) -> Engine:
    """The read model's database, opened for writing: its transactions take the lock at once."""
    return rows_engine(url, "write")


def catch_up(
    context: click.Context, ledger: Ledger, engine: Engine, until: int | None = None
) -> int:
    """Count all events that the rows do not know yet, at most those `until`; gives how many."""
    model = ReadModel(engine)
    model.create()
    counted, head = model.seq, ledger.head if until is None else until
    if counted > head:
        raise ReadModelAhead(counted, head)
    if counted == head:
        return 0
    events = iter(ledger.events(counted + 1, head))
    if head - counted >= EVENTS_WORTH_PROGRESS:
        events = Progress(context, "counting events into rows", head - counted).over(events)
    model.catch_up(events, ledger.venue_at(counted), ledger.leaf_at)
    return head - counted


def bring_up(context: click.Context, ledger: Ledger) -> None:
    """Bring the store's own rows up to the log."""
    try:
        with translated():
            engine = writable_rows(settings_of(context).url)
            try:
                catch_up(context, ledger, engine)
            finally:
                engine.dispose()
    except StoreConflict as fault:
        # Each event is counted once, under a lock: a row that is there already is none of ours.
        message = f"the rows hold what was not counted yet ({fault})"
        raise ReadModelDamaged(message) from fault


def rows_follow(context: click.Context, ledger: Ledger) -> None:
    """Bring the rows up after writing; what was written stays when that cannot be done now."""
    try:
        bring_up(context, ledger)
    except BEHIND as fault:
        note(context, f"the rows are behind the log: {fault}")
    except (StoreError, ProjectionError) as fault:
        note(context, f"the rows do not follow the log: {fault}; {fault.hint}")


def _in_memory(context: click.Context, ledger: Ledger) -> Engine:
    """Rows for this one question, where none can be written."""
    engine = create_engine("sqlite://")
    catch_up(context, ledger, engine)
    return engine
