"""What do the facts add up to, now or at any point of the past?

Every function takes a connection that only reads, and answers with the records of `answers`. The
state at a past seq is not in the rows: whoever asks for it folds the venue and calls `books_of`.
"""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Connection, Row, Select, select

from projections import schema
from projections.answers import MarkRow, StatementRow, Timeline, TimelineStep
from projections.books import books, books_of
from projections.decisions import adl_round, adl_rounds
from projections.errors import UnknownAccount, UnknownLiquidation, UnknownMarket
from projections.liquidations import StepRow, step_row
from projections.reading import driver_rows, head
from projections.schema import fraction, whole

__all__ = [
    "adl_round",
    "adl_rounds",
    "books",
    "books_of",
    "head",
    "marks",
    "seqs_of",
    "statement",
    "timelines",
]

_account, _market = schema.account.c, schema.market.c
_statement, _entry, _mark = schema.statement.c, schema.entry.c, schema.mark.c
_liquidation, _step = schema.liquidation.c, schema.step.c


def statement(
    connection: Connection, account: str, until_seq: int | None = None
) -> Iterator[StatementRow]:
    """Everything that happened to one account, oldest first; raises `UnknownAccount`."""
    query = (
        select(
            _entry.seq,
            _entry.time,
            _entry.type,
            _entry.market,
            _statement.quantity,
            _entry.price,
            _statement.cash_change,
            _statement.cash,
            _statement.position,
            _entry.ref,
        )
        .join(schema.entry, _entry.seq == _statement.seq)
        .where(_statement.account == _account_number(connection, account, until_seq))
        .order_by(_statement.seq, _statement.leg)
    )
    if until_seq is not None:
        query = query.where(_statement.seq <= until_seq)
    return (_statement_row(account, row) for row in driver_rows(connection, query))


def _statement_row(account: str, row: tuple[Any, ...]) -> StatementRow:
    seq, time, kind, market, quantity, price, change, cash, position, ref = row
    return StatementRow(
        account,
        seq,
        time,
        kind,
        market,
        whole(quantity),
        fraction(price),
        int(change),
        int(cash),
        whole(position),
        ref,
    )


def seqs_of(
    connection: Connection, account: str, from_seq: int = 1, to_seq: int | None = None
) -> Iterator[int]:
    """Seqs of the events that name the account or move its money; raises `UnknownAccount`."""
    number = _account_number(connection, account, to_seq)
    query = (
        select(_statement.seq)
        .distinct()
        .where(_statement.account == number, _statement.seq >= from_seq)
        .order_by(_statement.seq)
    )
    if to_seq is not None:
        query = query.where(_statement.seq <= to_seq)
    return (row[0] for row in driver_rows(connection, query))


def _account_number(connection: Connection, account: str, until_seq: int | None) -> int:
    head(connection)
    number = connection.execute(
        select(_account.number).where(_account.account == account)
    ).scalar_one_or_none()
    # Numbers count four to the event that opened the account.
    if number is None or (until_seq is not None and number // 4 > until_seq):
        raise UnknownAccount(account)
    found: int = number
    return found


def timelines(
    connection: Connection, name: str | None = None, until_seq: int | None = None
) -> tuple[Timeline, ...]:
    """Liquidations by their id, account or market (all without a name), oldest first.

    An account or market that was never liquidated has none; raises `UnknownLiquidation` for a name
    that is neither of the three.
    """
    head(connection)
    query = select(schema.liquidation).order_by(_liquidation.seq)
    if until_seq is not None:
        query = query.where(_liquidation.seq <= until_seq)
    if name is not None:
        query = _named(connection, query, name, until_seq)
    found = connection.execute(query).all()
    steps = _steps(connection, query, until_seq)
    return tuple(_timeline(row, steps.get(row.seq, [])) for row in found)


def _steps(
    connection: Connection, liquidations: Select[Any], until_seq: int | None
) -> dict[int, list[StepRow]]:
    """Steps of all these liquidations in their order, by the seq of their start."""
    seqs = liquidations.with_only_columns(_liquidation.seq).order_by(None)
    query = (
        select(schema.step)
        .where(_step.liquidation.in_(seqs))
        .order_by(_step.liquidation, _step.number)
    )
    if until_seq is not None:
        query = query.where(_step.seq <= until_seq)
    found: dict[int, list[StepRow]] = {}
    for row in connection.execute(query):
        found.setdefault(row.liquidation, []).append(step_row(row))
    return found


def _named(
    connection: Connection, query: Select[Any], name: str, until_seq: int | None
) -> Select[Any]:
    by_id = query.where(_liquidation.id == name)
    if connection.execute(by_id).first() is not None:
        return by_id
    account = select(_account.number).where(_account.account == name)
    number = connection.execute(account).scalar_one_or_none()
    if number is not None and (until_seq is None or number // 4 <= until_seq):
        return query.where(_liquidation.account == name)
    market = select(_market.market).where(_market.market == name)
    if connection.execute(market).first() is None:
        raise UnknownLiquidation(name)
    return query.where(_liquidation.seq.in_(select(_step.liquidation).where(_step.market == name)))


def _timeline(row: Row[Any], steps: list[StepRow]) -> Timeline:
    shown = [step for step in steps if step.step != "waiting"]
    if not shown or shown[-1].step != "end":
        waited = [step.seq for step in steps if step.step == "waiting"]
        seq = waited[-1] if waited else max((step.seq for step in steps), default=row.seq)
        shown.append(StepRow(seq, "end", None, 0, None, 0, None, "waiting"))
    return Timeline(
        id=row.id,
        account=row.account,
        started_seq=row.seq,
        equity=int(row.equity),
        maintenance_margin=int(row.maintenance_margin),
        outcome=shown[-1].reason,
        steps=tuple(TimelineStep(*step) for step in shown),
    )


def marks(
    connection: Connection, market: str, from_seq: int = 1, to_seq: int | None = None
) -> Iterator[MarkRow]:
    """Mark updates of one market, oldest first; raises `UnknownMarket`."""
    head(connection)
    known = select(_market.market).where(_market.market == market)
    if connection.execute(known).first() is None:
        raise UnknownMarket(market)
    query = (
        select(schema.mark).where(_mark.market == market, _mark.seq >= from_seq).order_by(_mark.seq)
    )
    if to_seq is not None:
        query = query.where(_mark.seq <= to_seq)
    return (
        MarkRow(name, seq, time, int(price))
        for name, seq, time, price in driver_rows(connection, query)
    )
