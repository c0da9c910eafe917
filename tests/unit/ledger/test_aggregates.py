"""Is a market that is rebuilt from its stream alone the one that the whole log makes?"""

from typing import Any

import pytest
from eventsourcing.application import AggregateNotFoundError

from domain.account import TREASURY
from domain.market import Market, NoAccounts
from domain.specification import spec_from
from ledger.aggregates import market_from
from ledger.ledger import Ledger
from tests.unit.ledger.stories import MARKET, archive, command, order

STREAM = f"market/{MARKET}"


def told(market: Market) -> dict[str, Any]:
    """All that a market knows, in a shape that can be compared."""
    book = market.book
    # The schedules are made from the tiers, which stand in `spec`.
    known = set(Market.__slots__) - {"book", "initial", "maintenance"}
    kept = {name: getattr(market, name) for name in sorted(known)}
    lines = [[one.id for one in book.in_line(side)] for side in (1, -1)]
    return {**kept, "orders": dict(book.orders), "used": list(book.used), "lines": lines}


@pytest.fixture
def busy(cascaded: Ledger) -> Ledger:
    """The cascade, then fees, funding, resting orders, and a second market between the events."""
    for one in (
        command(
            "list_market",
            market="ETH-PERP",
            tick_size="0.1",
            lot_size="0.01",
            margin_tiers=[{"from": "0", "initial": "0.1", "maintenance": "0.05"}],
        ),
        command("mark", market="ETH-PERP", price="3000"),
        command("mark", market=MARKET, price="48100"),
        order("bob", "b2", "buy", "0.5", "48000"),
        order("dave", "d2", "buy", "0.5", "48000"),
        command("cancel_order", market=MARKET, order_id="b2"),
        command("funding", market=MARKET, rate="0.0001"),
    ):
        receipt = cascaded.submit(one)
        assert receipt.rejected is None, receipt.rejected
    return cascaded


def test_a_market_is_rebuilt_from_its_stream_alone(busy: Ledger) -> None:
    alone = busy.repository.get(STREAM, projector_func=market_from)

    assert told(alone) == told(busy.venue.markets[MARKET])
    assert alone.positions
    assert alone.book.orders
    assert alone.funding_index


def test_every_version_is_the_market_as_it_was_then(busy: Ledger) -> None:
    own = [row for row in busy.rows() if row.stream == STREAM]

    for version, row in enumerate(own, start=1):
        then = busy.repository.get(STREAM, version=version, projector_func=market_from)
        assert told(then) == told(busy.venue_at(row.seq).markets[MARKET])


def test_a_market_of_a_recorded_log_is_rebuilt_too(ledger: Ledger) -> None:
    ledger.record(archive(40))

    alone = ledger.repository.get(STREAM, projector_func=market_from)

    assert told(alone) == told(ledger.venue.markets[MARKET])


@pytest.mark.parametrize("stream", ["market/DOGE-PERP", "account/alice"])
def test_what_is_no_market_is_not_found(cascaded: Ledger, stream: str) -> None:
    with pytest.raises(AggregateNotFoundError):
        cascaded.repository.get(stream, projector_func=market_from)


def test_a_market_alone_still_says_what_each_event_did_to_cash(ledger: Ledger) -> None:
    ledger.record(archive(7))
    listed, *later = (event for event in ledger.events() if event["stream"] == STREAM)
    market = Market(spec_from(MARKET, listed["data"]), listed["seq"])
    accounts = NoAccounts()

    for event in later:
        market.apply(event, accounts)

    venue = ledger.venue
    assert dict(accounts.cash) == {
        account: venue.cash[account]
        for account in ("alice", "bob", TREASURY)
        if venue.cash[account]
    }
    assert accounts.cash[TREASURY] == 7 * 7
