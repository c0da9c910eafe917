"""Do numbers beyond 64 bits stay exact in rows?"""

from projections import queries
from projections.digests import digest
from tests.unit.projections.stories import MARKET, counted, decided, mark, order, venue_after

HUGE = 10**29


def test_money_and_lots_beyond_64_bits_come_back_as_they_went_in() -> None:
    price = str(10**12)
    events = decided(
        [
            {"command": "open_venue", "name": "huge"},
            *({"command": "open_account", "account": name} for name in ("alice", "bob")),
            {**MARKET, "tick_size": "1", "lot_size": "1"},
            *(
                {"command": "deposit", "account": name, "amount": str(HUGE)}
                for name in ("alice", "bob")
            ),
            mark(price),
            order("alice", "sell", str(10**16), price),
            order("bob", "buy", str(10**16), price),
            mark(str(10**12 + 10**11)),
            {"command": "funding", "market": "BTC-PERP", "rate": "1/3000"},
        ]
    )
    assert not [event for event in events if event["type"] == "venue.command_rejected/1"]

    engine = counted(events)

    with engine.connect() as connection:
        books = queries.books(connection)
        assert books == queries.books_of(venue_after(events))
        assert books.net_deposits == 2 * HUGE * 10**6
        assert max(abs(held.cost) for held in books.holdings) == 10**12 * 10**16 * 10**6
        assert [row.cash for row in queries.statement(connection, "bob")][-1] == (
            venue_after(events).cash["bob"]
        )
        assert venue_after(events).cash["bob"] > 2**63
    assert digest(engine) == digest(counted(events, 2))
