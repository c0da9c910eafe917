"""What do rows say where a venue decided elsewhere and not everything is known?"""

from fractions import Fraction
from typing import Any

from domain.events import Event
from domain.specification import listed_fact
from domain.venue import Fact, Venue, apply, enveloped
from projections import queries
from projections.digests import digest
from tests.unit.projections.stories import BTC, MARKET, counted, decided, venue_after


def recorded() -> list[Event]:
    """Two positions met in the middle of their lives, then closed against each other."""
    listed = decided([{"command": "open_venue", "name": "elsewhere"}, MARKET])
    spec = venue_after(listed).markets[BTC].spec
    facts: list[tuple[str, str, Any]] = [
        ("venue.opened/1", "venue", {**listed[0]["data"], "kind": "recorded"}),
        ("market.listed/1", f"market/{BTC}", listed_fact(spec)),
        *(
            ("account.opened/1", f"account/{name}", {"label": "", "role": "trader"})
            for name in ("alice", "bob")
        ),
        (
            "market.trade_executed/1",
            f"market/{BTC}",
            {
                "buyer": "alice",
                "buyer_fee": 0,
                "price": 600_000,
                "purpose": "opening",
                "quantity": 1_000,
                "seller": "bob",
                "seller_fee": 0,
                "trade_id": "O-1",
            },
        ),
        (
            "market.position_deleveraged/1",
            f"market/{BTC}",
            {
                "amount": 100_000_001,
                "bankrupt": "alice",
                "cost": None,
                "decision_id": None,
                "quantity": 3,
                "quantity_after": -997,
                "quantity_before": -1_000,
                "rank": None,
                "realized": 0,
                "score_denominator": None,
                "score_numerator": None,
                "victim": "bob",
            },
        ),
    ]
    venue = Venue()
    found: list[Event] = []
    for kind, stream, data in facts:
        event = enveloped(venue, Fact(kind, stream, data, 7, {}))
        apply(venue, event)
        found.append(event)
    return found


def test_a_recorded_closure_shows_the_price_that_its_money_makes() -> None:
    rows = counted(recorded()).connect()

    last = list(queries.statement(rows, "bob"))[-1]
    assert (last.quantity, last.position) == (3, -997)
    assert last.price == Fraction(100_000_001, 3 * 100)
    assert last.ref == ""


def test_recorded_closures_are_no_rounds() -> None:
    rows = counted(recorded()).connect()

    assert list(queries.adl_rounds(rows)) == []


def test_an_unknown_basis_is_remembered() -> None:
    events = recorded()
    engine = counted(events)

    books = queries.books(engine.connect())
    assert [held.basis_known for held in books.holdings] == [False, False]
    assert books == queries.books_of(venue_after(events))
    assert digest(engine) == digest(counted(events, 1))
