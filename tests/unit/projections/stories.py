"""Which events do these commands make, and how do they get into rows?"""

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import Engine, create_engine
from sqlalchemy.pool import StaticPool

from domain.envelope import encode
from domain.errors import RejectedUnread
from domain.events import Event
from domain.merkle import leaf_hash
from domain.respond import respond
from domain.submission import read_command
from domain.venue import Venue, fold
from projections.read_model import ReadModel

BTC = "BTC-PERP"
MARKET = {
    "command": "list_market",
    "market": BTC,
    "tick_size": "0.1",
    "lot_size": "0.001",
    "margin_tiers": [{"from": "0", "initial": "0.1", "maintenance": "0.05"}],
}


def cascade_mini(**market: Any) -> list[dict[str, Any]]:
    """The worked example of the mechanics; `market` changes how its market is listed."""
    deposits = {
        "alice": "102000",
        "bob": "8000",
        "carol": "325000",
        "dave": "30000",
        "erin": "200000",
        "vault": "20000",
    }
    return [
        {"command": "open_venue", "name": "mini"},
        *(
            {
                "command": "open_account",
                "account": name,
                "role": "vault" if name == "vault" else "trader",
            }
            for name in deposits
        ),
        {**MARKET, "vault": {"account": "vault", "takeover_cap": "120000"}, **market},
        *(
            {"command": "deposit", "account": name, "amount": amount}
            for name, amount in deposits.items()
        ),
        mark("60000"),
        order("bob", "sell", "1", "60000"),
        order("dave", "sell", "2.5", "60000"),
        order("carol", "sell", "6.5", "60000"),
        order("alice", "buy", "10", "60000"),
        order("erin", "buy", "6", "51000"),
        order("erin", "buy", "5", "47900"),
        mark("52000"),
        mark("49000"),
        mark("47600"),
    ]


def crash() -> list[dict[str, Any]]:
    """The worked example with one mark straight to the end: all three steps in one pass."""
    return [*cascade_mini()[:-3], mark("47600")]


def mark(price: str, market: str = BTC) -> dict[str, Any]:
    return {"command": "mark", "market": market, "price": price}


def order(account: str, side: str, quantity: str, price: str) -> dict[str, Any]:
    return {
        "command": "place_order",
        "market": BTC,
        "account": account,
        "order_id": f"{account}-{price}",
        "side": side,
        "quantity": quantity,
        "price": price,
    }


def decided(commands: Iterable[Mapping[str, Any]]) -> list[Event]:
    """The log that these commands make."""
    venue = Venue()
    found: list[Event] = []
    for command in commands:
        try:
            response = respond(venue, read_command(command))
        except RejectedUnread:
            continue
        fold(venue, response.events)
        found += response.events
    return found


def venue_after(events: Iterable[Event]) -> Venue:
    return fold(Venue(), events)


def memory() -> Engine:
    """A database of its own that goes when the test does."""
    return create_engine("sqlite://", poolclass=StaticPool)


class Leaves:
    """Leaf hashes of a log, as a ledger would give them."""

    def __init__(self, events: list[Event]) -> None:
        self._events = events

    def __call__(self, seq: int) -> bytes:
        return leaf_hash(encode(self._events[seq - 1]))


def counted(events: list[Event], batch: int = 1_000, engine: Engine | None = None) -> Engine:
    """A read model that counted all events at once."""
    engine = engine or memory()
    model = ReadModel(engine)
    model.create()
    model.catch_up(events, Venue(), Leaves(events), batch=batch)
    return engine
