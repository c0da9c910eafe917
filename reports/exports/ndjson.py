"""How does the log leave as lines: as it was sealed, or with numbers for people?

Raw lines are the stored bytes, which hold no newline: importing them gives the same root.
"""

from collections.abc import Iterable, Iterator, Mapping

from domain.events import Event
from domain.parties import parties
from domain.specification import MarketSpec, spec_from
from domain.units import Decimal10, parse_decimal
from domain.venue import Venue
from reports.exports.movements import Movement, movements
from reports.facts import human_event
from reports.page import json_text


def human_lines(
    events: Iterable[Event], venue: Venue, persons: Mapping[str, str] | None = None
) -> Iterator[str]:
    """Events with decimals; `venue` is the state before the first of them and is not changed."""
    specs: dict[str, MarketSpec] = {
        name: market.spec for name, market in sorted(venue.markets.items())
    }
    unit = venue.quote_unit
    for event in events:
        kind = event["type"]
        if kind == "market.listed/1":
            name = event["stream"].partition("/")[2]
            specs[name] = spec_from(name, event["data"])
        elif kind == "venue.opened/1":
            unit = parse_decimal(event["data"]["quote_unit"]) or Decimal10(1, 0)
        found = human_event(event, specs, unit)
        if persons is not None:
            found["persons"] = _names(event, persons)
        yield json_text(found) + "\n"


def events_of(account: str, events: Iterable[Event], venue: Venue) -> Iterator[Event]:
    """The events that name the account or move something of it; `venue` is consumed."""
    for movement in movements(venue, events):
        if account in movement.named or _moved(account, movement):
            yield movement.event


def _moved(account: str, movement: Movement) -> bool:
    return any(leg.account == account for leg in movement.legs)


def _names(event: Event, persons: Mapping[str, str]) -> dict[str, str]:
    """The persons behind the accounts that the event names."""
    return {name: persons[name] for name in sorted(set(parties(event))) if name in persons}
