"""Is every event counted exactly once, whatever happens on the way?"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, create_engine, event, select, update

from domain.events import Event
from domain.venue import Venue, fold
from projections import queries, schema
from projections.digests import digest
from projections.errors import (
    ReadModelGap,
    ReadModelMissing,
    ReadModelMoved,
    ReadModelOutdated,
)
from projections.read_model import ReadModel
from tests.unit.projections.stories import (
    Leaves,
    cascade_mini,
    counted,
    crash,
    decided,
    memory,
    venue_after,
)


@pytest.fixture(scope="module")
def events() -> list[Event]:
    return decided(cascade_mini())


class PowerCut(Exception):
    """The program is gone between two statements."""


def resumed(engine: Engine, events: list[Event], batch: int | None = None) -> int:
    """Count what is missing, as a program does that was started again."""
    model = ReadModel(engine)
    model.create()
    done = model.seq
    return model.catch_up(
        iter(events[done:]), venue_after(events[:done]), Leaves(events), batch=batch
    )


@pytest.mark.parametrize("batch", [1, 2, 3, 5, 7, 11, 36])
def test_rows_made_step_by_step_are_rows_made_at_once(events: list[Event], batch: int) -> None:
    assert digest(counted(events, batch)) == digest(counted(events))


@pytest.mark.parametrize("stop", range(1, 37))
def test_a_program_that_is_started_again_goes_on_where_it_ended(
    events: list[Event], stop: int
) -> None:
    engine = counted(events[:stop])

    assert resumed(engine, events) == len(events)
    assert digest(engine) == digest(counted(events))


def test_a_program_started_again_in_the_middle_of_a_pass_forgets_none_of_its_steps() -> None:
    events = decided(crash())
    whole = digest(counted(events))

    for stop in range(20, len(events)):
        engine = counted(events[:stop])
        resumed(engine, events)
        assert digest(engine) == whole, events[stop]["type"]


def test_what_was_counted_changes_nothing(events: list[Event]) -> None:
    engine = counted(events)
    before = digest(engine)

    seq = ReadModel(engine).catch_up(events, venue_after(events), Leaves(events))

    assert seq == len(events)
    assert digest(engine) == before


def test_events_that_overlap_are_counted_once(events: list[Event]) -> None:
    engine = counted(events[:20])

    ReadModel(engine).catch_up(events[5:], venue_after(events[:20]), Leaves(events))

    assert digest(engine) == digest(counted(events))


def test_a_gap_is_an_error_and_counts_nothing(events: list[Event]) -> None:
    engine = counted(events[:20])
    before = digest(engine)

    with pytest.raises(ReadModelGap, match="event 21 is missing"):
        ReadModel(engine).catch_up(events[21:], venue_after(events[:20]))
    assert digest(engine) == before


def test_a_venue_of_another_moment_is_refused(events: list[Event]) -> None:
    engine = counted(events[:20])

    with pytest.raises(ReadModelGap, match="the venue stands at seq 19"):
        ReadModel(engine).catch_up(events[20:], venue_after(events[:19]))


@pytest.mark.parametrize("statement_number", range(1, 12))
def test_a_crash_inside_a_batch_leaves_whole_batches_behind(
    events: list[Event], tmp_path: Path, statement_number: int
) -> None:
    engine = create_engine(f"sqlite:///{tmp_path / 'rows.db'}")
    model = ReadModel(engine)
    model.create()
    model.catch_up(events[:14], Venue(), Leaves(events))

    with pytest.raises(PowerCut), cut_before(engine, statement_number):
        resumed(engine, events, batch=14)

    assert model.seq in {14, 28}
    assert digest(engine) == digest(counted(events[: model.seq]))
    resumed(engine, events)
    assert digest(engine) == digest(counted(events))


class cut_before:  # noqa: N801 - reads as a clause
    """The n-th writing statement is never run."""

    def __init__(self, engine: Engine, number: int) -> None:
        self._engine = engine
        self._left = number

    def __enter__(self) -> None:
        event.listen(self._engine, "before_cursor_execute", self._before)

    def __exit__(self, *_: object) -> None:
        event.remove(self._engine, "before_cursor_execute", self._before)

    def _before(self, _connection: Any, _cursor: Any, text: str, *_: object) -> None:
        if text.startswith(("INSERT", "UPDATE", "DELETE")) and "DO NOTHING" not in text:
            self._left -= 1
            if not self._left:
                raise PowerCut


def test_a_source_that_fails_half_way_leaves_what_was_counted_before(
    events: list[Event],
) -> None:
    def failing() -> Iterator[Event]:
        yield from events[:25]
        raise PowerCut

    engine = memory()
    model = ReadModel(engine)
    model.create()

    with pytest.raises(PowerCut):
        model.catch_up(failing(), Venue(), Leaves(events), batch=10)
    assert model.seq == 20
    assert digest(engine) == digest(counted(events[:20]))


def test_two_programs_never_count_the_same_event(events: list[Event]) -> None:
    engine = counted(events[:20])

    def interrupted() -> Iterator[Event]:
        yield from events[20:30]
        resumed(engine, events)
        yield from events[30:]

    with pytest.raises(ReadModelMoved):
        ReadModel(engine).catch_up(interrupted(), venue_after(events[:20]), Leaves(events))
    assert digest(engine) == digest(counted(events))


def test_rows_that_were_dropped_are_made_again(events: list[Event]) -> None:
    engine = counted(events)
    before = digest(engine)
    model = ReadModel(engine)

    model.drop()
    assert model.seq == 0
    resumed(engine, events)

    assert digest(engine) == before


def test_a_read_model_that_is_not_there_says_so() -> None:
    engine = memory()

    assert ReadModel(engine).seq == 0
    with engine.connect() as connection, pytest.raises(ReadModelMissing):
        queries.books(connection)


def test_making_the_tables_again_forgets_nothing(events: list[Event]) -> None:
    engine = counted(events)

    ReadModel(engine).create()

    assert ReadModel(engine).seq == len(events)


def test_rows_of_another_version_are_not_read(events: list[Event]) -> None:
    engine = counted(events)
    with engine.begin() as connection:
        connection.execute(update(schema.tracking).values(schema_version=0))

    with pytest.raises(ReadModelOutdated):
        _ = ReadModel(engine).seq
    ReadModel(engine).drop()
    resumed(engine, events)
    assert digest(engine) == digest(counted(events))


def test_the_digest_sees_one_changed_quote_unit(events: list[Event]) -> None:
    engine = counted(events)
    before = digest(engine)
    with engine.begin() as connection:
        cash = connection.execute(
            select(schema.account.c.cash).where(schema.account.c.account == "dave")
        ).scalar_one()
        connection.execute(
            update(schema.account)
            .where(schema.account.c.account == "dave")
            .values(cash=str(int(cash) + 1))
        )

    assert digest(engine) != before


def test_a_decision_the_log_states_wrongly_is_found(events: list[Event]) -> None:
    altered: list[Event] = [one.copy() for one in events]
    decided_at = next(
        at for at, one in enumerate(altered) if one["type"] == "market.deleveraging_decided/1"
    )
    altered[decided_at]["data"] = {**altered[decided_at]["data"], "ranking_root": "00" * 32}
    closure = altered[decided_at + 1]
    closure["data"] = {**closure["data"], "quantity": 900, "quantity_after": -100}

    (found,) = queries.adl_rounds(counted(altered).connect())

    assert not found.redecided_equal
    assert not found.ranking_root_equal
    assert found.ranking[0].closed == 900


def test_an_empty_log_has_empty_books() -> None:
    engine = counted([])

    with engine.connect() as connection:
        assert queries.books(connection) == queries.books_of(fold(Venue(), []))
        assert list(queries.adl_rounds(connection)) == []
        assert queries.timelines(connection) == ()
