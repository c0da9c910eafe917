"""How is a venue written down, so that a fold can start in the middle, and named by one hash?

The state is canonical-JSON-able: integers, strings and lists in a fixed order. It holds what the
events determine and nothing else, no recording time and no cache, so equal histories give equal
digests on every machine.
"""

from hashlib import sha256
from typing import Any, cast

from domain.account import Account
from domain.book import Book, Order
from domain.canonical import canonical_bytes
from domain.market import Market
from domain.position import Position
from domain.specification import listed_fact, policy_from, spec_from
from domain.units import parse_decimal
from domain.venue import Venue

State = dict[str, Any]


def state_of(venue: Venue) -> State:
    """Everything a fold needs to go on from here."""
    return {
        "accounts": [
            [
                account.id,
                account.role,
                account.opened_seq,
                account.net_deposits,
                account.liquidation,
                venue.cash[account.id],
                venue.last_closed.get(account.id),
            ]
            for account in sorted(venue.accounts.values(), key=lambda account: account.id)
        ],
        "head": venue.head,
        "kind": venue.kind,
        "markets": [_market_state(venue.markets[market]) for market in sorted(venue.markets)],
        "name": venue.name,
        "net_deposits": venue.net_deposits,
        "quote": venue.quote,
        "quote_unit": venue.quote_unit.text(),
        "time": venue.time,
        "versions": [[stream, venue.versions[stream]] for stream in sorted(venue.versions)],
    }


def state_digest(venue: Venue) -> str:
    """SHA-256 over the canonical writing of the state."""
    return sha256(canonical_bytes(state_of(venue))).hexdigest()


def venue_from(state: State) -> Venue:
    """The venue that `state_of` wrote down."""
    venue = Venue()
    venue.head, venue.time = state["head"], state["time"]
    venue.kind, venue.name, venue.quote = state["kind"], state["name"], state["quote"]
    venue.net_deposits = state["net_deposits"]
    unit = parse_decimal(state["quote_unit"])
    if unit is not None:
        venue.quote_unit = unit
    for account, role, opened, deposits, liquidation, cash, last_closed in state["accounts"]:
        venue.accounts[account] = Account(account, role, opened, deposits, liquidation)
        venue.cash[account] = cash
        if liquidation is not None:
            venue.liquidations[account] = liquidation
        if last_closed is not None:
            venue.last_closed[account] = last_closed
    for written in state["markets"]:
        market = _market_from(written)
        venue.markets[market.id] = market
        for account in market.positions:
            held = venue.holdings.get(account, ())
            venue.holdings[account] = tuple(sorted((*held, market.id)))
    venue.versions = dict(state["versions"])
    return venue


def _market_state(market: Market) -> State:
    return {
        "adl_list": list(market.adl_list),
        "fees": market.fees,
        "funding_index": market.funding_index,
        "id": market.id,
        "listed": cast("State", listed_fact(market.spec)),
        "mark": market.mark,
        "mark_seq": market.mark_seq,
        "orders": [
            list(order) for order in sorted(market.book.orders.values(), key=lambda o: o.seq)
        ],
        "policy": market.policy.fact(),
        "policy_seq": market.policy_seq,
        "positions": [
            [account, *market.positions[account]] for account in sorted(market.positions)
        ],
        "previous_mark": market.previous_mark,
        "realized": [
            [account, amount] for account, amount in sorted(market.realized.items()) if amount
        ],
        "used": sorted(market.book.used),
    }


def _market_from(written: State) -> Market:
    market = Market(spec_from(written["id"], written["listed"]), 0)
    market.adl_list = tuple(written["adl_list"])
    market.fees, market.funding_index = written["fees"], written["funding_index"]
    market.mark, market.mark_seq = written["mark"], written["mark_seq"]
    market.previous_mark = written["previous_mark"]
    market.policy, market.policy_seq = (
        policy_from(written["policy"]),
        written["policy_seq"],
    )
    market.book = _book_from(written["orders"], written["used"])
    market.positions = {row[0]: Position(*row[1:]) for row in written["positions"]}
    market.realized = dict(written["realized"])
    return market


def _book_from(orders: list[list[Any]], used: list[str]) -> Book:
    """Orders in the order of their seq fall into line as they once did."""
    book = Book()
    for order in orders:
        book.add(Order(*order))
    book.used = dict.fromkeys(used)
    return book
