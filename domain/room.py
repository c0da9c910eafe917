"""In how many markets may one account hold something at a time?

The events of a liquidation list every market of the account, and an event has at most 65,535 bytes.
A client's order may be refused; a mark may not, only because somebody's liquidation would not fit.
So the bound stands at the door: an order or trade that would bring an account into one more market
than its liquidation could name is refused (docs/decisions/0014).
"""

from typing import Final

from domain.errors import Rejected
from domain.market import Market
from domain.units import AccountId, MarketId
from domain.venue import Venue

ROOM: Final = 64_000
STEPS: Final = 3
STEP_BYTES: Final = 140
MARKET_BYTES: Final = 60
FEW_MARKETS: Final = 64
"""So many markets always fit, whatever their names."""


def bytes_of(market: MarketId) -> int:
    """Bytes that a market can take in the largest event of a liquidation, numbers of 20 digits."""
    return STEPS * (STEP_BYTES + len(market)) + 2 * len(market) + MARKET_BYTES


def has_room(venue: Venue, market: Market, account: AccountId) -> None:
    """Refuse an account one more market than its liquidation could name."""
    if len(venue.markets) < FEW_MARKETS or account in market.positions:
        return
    if market.book.orders_of(account):
        return
    held = [
        other.id
        for other in venue.markets.values()
        if account in other.positions or other.book.orders_of(account)
    ]
    if sum(map(bytes_of, held)) + bytes_of(market.id) > ROOM:
        raise Rejected("out_of_range", account=account, markets=len(held))
