"""What did one event do to whom?

The venue's own `apply` says what an event means; projections only look at an account just before
and just after it. So no rule is written down twice, and an event that is folded is an event that is
counted.
"""

from typing import NamedTuple

from domain.account import SYSTEM_ACCOUNTS, TREASURY
from domain.events import Event
from domain.market import Market
from domain.parties import parties
from domain.units import AccountId, Lots, MarketId, QuoteUnits
from domain.venue import Venue, apply

Touched = tuple[AccountId, QuoteUnits, QuoteUnits, Lots | None, Lots | None]
"""One account: cash before and after; in a market also the signed position before and after."""


class Observed(NamedTuple):
    """An event with everybody it names or moves money of; who stands in it twice is twice here."""

    event: Event
    market: MarketId | None
    touched: list[Touched]


def observed(venue: Venue, event: Event) -> Observed:
    """Apply the event to `venue` and say what it did."""
    kind, _, name = event["stream"].partition("/")
    if kind != "market":
        return Observed(event, None, _outside_markets(venue, event))
    market = venue.markets.get(name)
    if market is None:
        apply(venue, event)
        return Observed(event, name, [])
    if event["type"] == "market.trade_executed/1":
        return Observed(event, name, _traded(venue, market, event))
    return Observed(event, name, _in_market(venue, market, event))


def _outside_markets(venue: Venue, event: Event) -> list[Touched]:
    names = SYSTEM_ACCOUNTS if event["type"] == "venue.opened/1" else parties(event)
    cash = venue.cash
    before = [cash.get(account, 0) for account in names]
    apply(venue, event)
    return [
        (account, cash_before, cash[account], None, None)
        for account, cash_before in zip(names, before, strict=True)
    ]


def _in_market(venue: Venue, market: Market, event: Event) -> list[Touched]:
    cash = venue.cash
    is_funding = event["type"] == "market.funding_settled/1"
    # Funding names nobody and touches every holder.
    names = tuple(market.positions) if is_funding else parties(event)
    before = [(account, cash[account], _held(market, account)) for account in names]
    apply(venue, event)
    return [
        (account, cash_before, cash[account], quantity, _held(market, account))
        for account, cash_before, quantity in before
    ]


def _held(market: Market, account: AccountId) -> Lots:
    position = market.positions.get(account)
    return 0 if position is None else position.quantity


def _traded(venue: Venue, market: Market, event: Event) -> list[Touched]:
    """The same for a trade, spelled out: nearly all events of a log are trades."""
    data = event["data"]
    buyer, seller = data["buyer"], data["seller"]
    cash, held = venue.cash, market.positions.get
    buyer_cash, seller_cash, treasury_cash = cash[buyer], cash[seller], cash[TREASURY]
    bought, sold = held(buyer), held(seller)
    apply(venue, event)
    buys, sells = held(buyer), held(seller)
    found: list[Touched] = [
        (
            buyer,
            buyer_cash,
            cash[buyer],
            0 if bought is None else bought.quantity,
            0 if buys is None else buys.quantity,
        ),
        (
            seller,
            seller_cash,
            cash[seller],
            0 if sold is None else sold.quantity,
            0 if sells is None else sells.quantity,
        ),
    ]
    if data["buyer_fee"] + data["seller_fee"]:
        found.append((TREASURY, treasury_cash, cash[TREASURY], None, None))
    return found
