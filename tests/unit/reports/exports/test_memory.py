"""Does the memory of an export grow with the log?"""

import gc
import tracemalloc
from collections.abc import Callable, Iterable, Iterator

import pytest

from domain.events import Event
from domain.venue import Fact, Venue, apply, enveloped
from reports.exports.beancount import beancount_lines
from reports.exports.csv import csv_lines
from reports.exports.hledger import hledger_lines
from reports.exports.journal import Journal
from reports.exports.movements import movements
from reports.exports.ndjson import events_of, human_lines
from reports.exports.rows import LegRows
from tests.unit.reports.exports.test_names import facts_of

ALLOWED = 30_000


def trades(count: int) -> Iterator[Event]:
    """Two accounts that trade to and fro; nothing of it is kept."""
    opened = facts_of(("alice", "bob"))
    venue = Venue()
    for event in opened:
        apply(venue, event)
        yield event
    data = opened[-1]["data"]
    turned = {**data, "buyer": data["seller"], "seller": data["buyer"]}
    for number in range(count):
        event = enveloped(venue, Fact("market.trade_executed/1", "market/Malice", turned, 0, {}))
        data, turned = turned, data
        event["data"]["trade_id"] = f"T-{number}"
        apply(venue, event)
        yield event


def _journal(lines: Callable[..., Iterator[str]]) -> Callable[[Iterable[Event]], Iterator[object]]:
    def written(events: Iterable[Event]) -> Iterator[object]:
        journal = Journal(Venue())
        return lines(journal, movements(journal.venue, events), "a test")

    return written


def _csv(events: Iterable[Event]) -> Iterator[object]:
    found = LegRows(Venue())
    return csv_lines(found.over(events), found)


EXPORTS: dict[str, Callable[[Iterable[Event]], Iterator[object]]] = {
    "hledger": _journal(hledger_lines),
    "beancount": _journal(beancount_lines),
    "csv": _csv,
    "ndjson": lambda events: human_lines(events, Venue()),
    "one account": lambda events: events_of("alice", events, Venue()),
}


def held(written: Callable[[Iterable[Event]], Iterator[object]], count: int) -> int:
    """What is still in memory when the export of `count` trades is nearly done."""
    tracemalloc.start()
    try:
        for number, _ in enumerate(written(trades(count))):
            if number == count - 1:
                gc.collect()
                return tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()
    raise AssertionError("fewer lines than trades")


@pytest.mark.parametrize("written", EXPORTS.values(), ids=EXPORTS.keys())
def test_eight_times_the_log_takes_the_same_memory(
    written: Callable[[Iterable[Event]], Iterator[object]],
) -> None:
    held(written, 10)  # what is loaded and cached on first use

    assert abs(held(written, 4_000) - held(written, 500)) < ALLOWED


def test_an_export_that_gathers_what_it_read_is_found_out() -> None:
    def gathering(events: Iterable[Event]) -> Iterator[object]:
        seen: list[Event] = []
        for event in events:
            seen.append(event)
            yield len(seen)

    assert abs(held(gathering, 4_000) - held(gathering, 500)) > 10 * ALLOWED
