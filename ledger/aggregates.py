"""What is one market's state, from its own stream alone?

For the repository of the eventsourcing library: `ledger.repository.get("market/BTC-PERP",
projector_func=market_from)`. Only that stream is read, however long the log is; what a market's
events do to cash is left out, since an account's cash comes from many streams.
"""

from collections.abc import Iterable

from domain.market import Market, NoAccounts
from domain.specification import spec_from
from ledger.recorder import RecordedEvent


def market_from(market: Market | None, events: Iterable[RecordedEvent]) -> Market | None:
    """The market after further events of its stream; None as long as it is not listed."""
    accounts = NoAccounts()
    for recorded in events:
        event = recorded.envelope
        if event["type"] == "market.listed/1":
            name = event["stream"].partition("/")[2]
            market = Market(spec_from(name, event["data"]), event["seq"])
        elif market is not None:
            market.apply(event, accounts)
    return market
