"""What does each account hold, and how does each market stand?

Only who was touched is remembered; at the end of a batch their state is copied from the venue.
"""

from collections.abc import Iterable
from typing import Any

from domain.account import SYSTEM_ACCOUNTS
from domain.canonical import canonical_bytes
from domain.specification import listed_fact
from domain.units import AccountId, MarketId
from domain.venue import Venue
from projections import schema
from projections.observing import Observed
from projections.schema import number_text
from projections.writing import Rows

_CHANGING = ("cash", "net_deposits", "liquidation")
_PLACES = {account: place for place, account in enumerate(SYSTEM_ACCOUNTS)}


def account_number(opened_seq: int, account: AccountId) -> int:
    """Number of an account inside the read model.

    It comes from the event that opened the account, so it is the same whenever rows are made. One
    event opens the four system accounts.
    """
    return 4 * opened_seq + _PLACES.get(account, 0)


class Balances:
    """Collects who was touched in one batch."""

    def __init__(self, venue: Venue) -> None:
        self._venue = venue
        self._accounts: dict[AccountId, None] = {}
        self._positions: dict[tuple[AccountId, MarketId], None] = {}
        self._markets: dict[MarketId, None] = {}
        self._written = venue.head

    def project(self, seen: Observed) -> None:
        """Count one event."""
        event, market, touched = seen
        accounts = self._accounts
        if market is None:
            for party in touched:
                accounts[party[0]] = None
            return
        positions = self._positions
        for account, _, _, before, after in touched:
            accounts[account] = None
            if before != after:
                positions[account, market] = None
        if event["type"] != "market.trade_executed/1":
            self._markets[market] = None

    def flush(self, rows: Rows) -> None:
        """Hand the state of everybody touched over, as it is in the venue now."""
        rows.upsert(schema.venue, [self._venue_row()])
        opened, changed = self._account_rows()
        rows.insert(schema.account, opened)
        rows.update(schema.account, _CHANGING, changed)
        held, gone = self._position_rows()
        rows.upsert(schema.position, held)
        rows.delete(schema.position, gone)
        rows.upsert(schema.market, self._market_rows())
        self._accounts, self._positions, self._markets = {}, {}, {}
        self._written = self._venue.head

    def _venue_row(self) -> tuple[Any, ...]:
        venue = self._venue
        return (1, venue.time, venue.name, venue.quote, venue.kind, str(venue.net_deposits))

    def _number(self, account: AccountId) -> int:
        return account_number(self._venue.accounts[account].opened_seq, account)

    def _account_rows(self) -> tuple[list[tuple[Any, ...]], list[tuple[Any, ...]]]:
        """Accounts opened in this batch, and what changes of those that were there before."""
        cash, accounts, written = self._venue.cash, self._venue.accounts, self._written
        opened: list[tuple[Any, ...]] = []
        changed: list[tuple[Any, ...]] = []
        for name in self._accounts:
            account = accounts[name]
            number = account_number(account.opened_seq, name)
            state = (str(cash[name]), str(account.net_deposits), account.liquidation)
            if account.opened_seq > written:
                opened.append((number, name, account.role, *state))
            else:
                changed.append((*state, number))
        return opened, changed

    def _position_rows(self) -> tuple[list[tuple[Any, ...]], list[tuple[Any, ...]]]:
        held: list[tuple[Any, ...]] = []
        gone: list[tuple[Any, ...]] = []
        for account, market in self._positions:
            position = self._venue.markets[market].positions.get(account)
            key = (self._number(account), market)
            if position is None:
                gone.append(key)
            else:
                held.append(
                    (
                        *key,
                        str(position.quantity),
                        str(position.cost),
                        position.opened_seq,
                        int(position.basis_known),
                    )
                )
        return held, gone

    def _market_rows(self) -> Iterable[tuple[Any, ...]]:
        for name in self._markets:
            market = self._venue.markets[name]
            yield (
                name,
                canonical_bytes(listed_fact(market.spec)).decode(),
                canonical_bytes(market.policy.fact()).decode(),
                number_text(market.mark),
                number_text(market.previous_mark),
                market.mark_seq,
            )
