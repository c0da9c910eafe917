"""What is everybody's state at one point of the log, and what does the next event make of it?

The venue is a value: all accounts and markets after `head` events. `apply` folds one event into it
and never refuses; live use, replay, verification and projections all call this one function. A
venue handed to `apply` is consumed: whoever needs the earlier state forks it first.
"""

from collections.abc import Callable, Iterable, MutableMapping
from typing import Any, Final, NamedTuple, cast

from domain.account import SYSTEM_ACCOUNTS, Account
from domain.events import Event, LogKind
from domain.layer import Layer
from domain.market import Market
from domain.specification import spec_from
from domain.units import AccountId, Decimal10, MarketId, QuoteUnits, parse_decimal
from domain.watch import MarginWatch


class Fact(NamedTuple):
    """Something that happened, before it has a place in the log."""

    type: str
    stream: str
    data: dict[str, Any]
    time: int
    source: dict[str, str | int]


class Venue:
    """All accounts and markets at one point of the log; empty before the first event."""

    __slots__ = (
        "accounts",
        "cash",
        "head",
        "holdings",
        "kind",
        "last_closed",
        "liquidations",
        "markets",
        "name",
        "net_deposits",
        "parent",
        "quote",
        "quote_unit",
        "time",
        "versions",
        "watch",
    )

    def __init__(self) -> None:
        self.head = 0
        self.time = 0
        self.kind: LogKind | None = None
        self.name = ""
        self.quote = ""
        self.quote_unit = Decimal10(1, 0)
        self.net_deposits: QuoteUnits = 0
        self.accounts: MutableMapping[AccountId, Account] = {}
        self.cash: MutableMapping[AccountId, QuoteUnits] = {}
        self.markets: MutableMapping[MarketId, Market] = {}
        self.holdings: MutableMapping[AccountId, tuple[MarketId, ...]] = {}
        self.last_closed: MutableMapping[AccountId, MarketId] = {}
        self.liquidations: MutableMapping[AccountId, str] = {}
        self.versions: MutableMapping[str, int] = {}
        self.watch: MarginWatch | None = None
        self.parent: Venue | None = None

    def fork(self) -> "Venue":
        """A venue to try things out on; this one stays as it is."""
        venue = Venue.__new__(Venue)
        for name in (
            "head",
            "time",
            "kind",
            "name",
            "quote",
            "quote_unit",
            "net_deposits",
        ):
            setattr(venue, name, getattr(self, name))
        venue.accounts = Layer(self.accounts)
        venue.cash = Layer(self.cash)
        venue.markets = Layer(self.markets)
        venue.holdings = Layer(self.holdings)
        venue.last_closed = Layer(self.last_closed)
        venue.liquidations = Layer(self.liquidations)
        venue.versions = Layer(self.versions)
        venue.watch = None
        venue.parent = self
        return venue

    def market_to_change(self, market: MarketId) -> Market:
        """The market itself; in a fork, the fork's own copy of it."""
        if self.parent is None:
            return self.markets[market]
        own = cast("Layer[MarketId, Market]", self.markets).own
        if market not in own:
            own[market] = self.markets[market].fork()
        return cast("Market", own[market])

    def holds(self, account: AccountId, market: MarketId) -> None:
        """The account, flat before, has lots in the market now."""
        self.holdings[account] = tuple(sorted((*self.holdings.get(account, ()), market)))

    def left(self, account: AccountId, market: MarketId) -> None:
        """The account has no lots in the market any more."""
        self.holdings[account] = tuple(other for other in self.holdings[account] if other != market)
        self.last_closed[account] = market

    def standing(self, account: AccountId) -> tuple[QuoteUnits, QuoteUnits]:
        """Equity `E = c + Σ u` and maintenance margin, the sum over markets of `M` rounded up."""
        equity = self.cash[account]
        maintenance = 0
        for market_id in self.holdings.get(account, ()):
            market = self.markets[market_id]
            position = market.positions[account]
            # A mark is at least one tick; without one, `price` says so.
            value = position.quantity * (market.mark or market.price) * market.point_value
            equity += value - position.cost
            maintenance += market.maintenance.requirement(abs(value))
        return equity, maintenance

    def equity(self, account: AccountId) -> QuoteUnits:
        """`E = c + Σ u`: what the account would be worth if all closed at the marks."""
        return self.standing(account)[0]

    def maintenance_margin(self, account: AccountId) -> QuoteUnits:
        """Equity needed to keep all positions: the sum over markets, each rounded up."""
        return self.standing(account)[1]

    def maintenance_in(self, market: Market, account: AccountId) -> QuoteUnits:
        """Maintenance margin of one position."""
        size = abs(market.positions[account].quantity)
        return market.maintenance.requirement(size * market.price * market.point_value)

    def initial_margin(self, account: AccountId) -> QuoteUnits:
        """Equity needed to open: positions with resting orders at their worst case per side."""
        return sum(initial_in(market, account) for market in self.markets.values())


def initial_in(
    market: Market, account: AccountId, *, more_bids: int = 0, more_asks: int = 0
) -> QuoteUnits:
    """Initial margin of one market at notional `max(|q|, |q + ΣB|, |q − ΣA|)·P·v`, with the
    account's resting orders and the given further lots on each side.
    """
    position = market.positions.get(account)
    quantity = position.quantity if position is not None else 0
    resting = market.book.resting_of(account)
    bids, asks = resting.bids + more_bids, resting.asks + more_asks
    if not (quantity or bids or asks):
        return 0
    worst = max(abs(quantity), abs(quantity + bids), abs(quantity - asks))
    return market.initial.requirement(worst * market.price * market.point_value)


def enveloped(venue: Venue, fact: Fact, cause: int | None = None) -> Event:
    """The fact as the next event after `venue`; without a cause it opens its own chain."""
    seq = venue.head + 1
    return {
        "cause": seq if cause is None else cause,
        "data": fact.data,
        "seq": seq,
        "source": fact.source,
        "stream": fact.stream,
        "time": fact.time,
        "type": fact.type,
        "version": venue.versions.get(fact.stream, 0) + 1,
    }


def apply(venue: Venue, event: Event) -> None:
    """Fold one event: the only way in which a venue ever changes."""
    stream = event["stream"]
    if stream[:7] == "market/":
        name = stream[7:]
        if event["type"] == "market.listed/1":
            venue.markets[name] = Market(spec_from(name, event["data"]), event["seq"])
        else:
            market = venue.markets[name] if venue.parent is None else venue.market_to_change(name)
            market.apply(event, venue)
            if venue.watch is not None:
                venue.watch.seen(venue, event)
    else:
        _FOLDS[event["type"]](venue, stream.partition("/")[2], event)
    venue.head = event["seq"]
    venue.time = event["time"]
    venue.versions[stream] = event["version"]


def fold(venue: Venue, events: Iterable[Event]) -> Venue:
    """Apply many, and give the venue back."""
    for event in events:
        apply(venue, event)
    return venue


def _opened(venue: Venue, _name: str, event: Event) -> None:
    data = event["data"]
    unit = parse_decimal(data["quote_unit"])
    if unit is None:
        message = f"quote unit {data['quote_unit']!r} is no decimal"
        raise ValueError(message)
    venue.kind, venue.name = data["kind"], data["name"]
    venue.quote, venue.quote_unit = data["quote"], unit
    for account in SYSTEM_ACCOUNTS:
        venue.accounts[account] = Account(account, "system", event["seq"])
        venue.cash[account] = 0


def _account_opened(venue: Venue, name: str, event: Event) -> None:
    venue.accounts[name] = Account(name, event["data"]["role"], event["seq"])
    venue.cash[name] = 0


def _deposited(venue: Venue, name: str, event: Event) -> None:
    _bring(venue, name, event["data"]["amount"])


def _withdrawn(venue: Venue, name: str, event: Event) -> None:
    _bring(venue, name, -event["data"]["amount"])


def _bring(venue: Venue, account: AccountId, amount: QuoteUnits) -> None:
    venue.accounts[account] = venue.accounts[account].deposited(amount)
    venue.cash[account] += amount
    venue.net_deposits += amount
    _touch(venue, account)


def _moved(venue: Venue, _name: str, event: Event) -> None:
    data = event["data"]
    _transfer(venue, data["from"], data["to"], data["amount"])


def _covered(venue: Venue, _name: str, event: Event) -> None:
    data = event["data"]
    _transfer(venue, data["payer"], data["bankrupt"], data["amount"])


def _transfer(venue: Venue, payer: AccountId, receiver: AccountId, amount: QuoteUnits) -> None:
    venue.cash[payer] -= amount
    venue.cash[receiver] += amount
    _touch(venue, payer, receiver)


def _started(venue: Venue, name: str, event: Event) -> None:
    liquidation = event["data"]["liquidation_id"]
    venue.accounts[name] = venue.accounts[name].in_hands_of(liquidation)
    venue.liquidations[name] = liquidation
    _touch(venue, name)


def _ended(venue: Venue, name: str, _event: Event) -> None:
    venue.accounts[name] = venue.accounts[name].in_hands_of(None)
    del venue.liquidations[name]
    _touch(venue, name)


def _nothing_moves(_venue: Venue, _name: str, _event: Event) -> None:
    """Rejections, waiting liquidations, new keys and erasures are remembered; nothing moves."""


def _touch(venue: Venue, *accounts: AccountId) -> None:
    if venue.watch is not None:
        venue.watch.touched(accounts)


_FOLDS: Final[dict[str, Callable[[Venue, str, Event], None]]] = {
    "venue.opened/1": _opened,
    "venue.deficit_covered/1": _covered,
    "venue.command_rejected/1": _nothing_moves,
    "venue.fact_rejected/1": _nothing_moves,
    "venue.key_rotated/1": _nothing_moves,
    "venue.person_erased/1": _nothing_moves,
    "account.opened/1": _account_opened,
    "account.collateral_deposited/1": _deposited,
    "account.collateral_withdrawn/1": _withdrawn,
    "account.collateral_moved/1": _moved,
    "account.liquidation_started/1": _started,
    "account.liquidation_waiting/1": _nothing_moves,
    "account.liquidation_ended/1": _ended,
}
