"""What can somebody wish for?

Commands in whole units, after parsing. `command_parsing` makes them from what people and programs
write; `redecide` makes them from the events they once caused.
"""

from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from domain.specification import AdlPolicy, MarketSpec
from domain.units import AccountId, Decimal10, Lots, MarketId, QuoteUnits, Ticks

Side = Literal["buy", "sell"]
TimeInForce = Literal["gtc", "ioc", "post_only"]


@dataclass(frozen=True, slots=True)
class OpenVenue:
    """Open the books of a venue with one quote asset."""

    name: str
    quote: str
    quote_unit: Decimal10


@dataclass(frozen=True, slots=True)
class ListMarket:
    """List a market with all its parameters."""

    spec: MarketSpec


@dataclass(frozen=True, slots=True)
class OpenAccount:
    """Open a trader's or a vault's account."""

    account: AccountId
    role: Literal["trader", "vault"]


@dataclass(frozen=True, slots=True)
class Deposit:
    """Bring money in."""

    account: AccountId
    amount: QuoteUnits
    reference: str


@dataclass(frozen=True, slots=True)
class Withdraw:
    """Take money out, at most the free collateral."""

    account: AccountId
    amount: QuoteUnits
    reference: str


@dataclass(frozen=True, slots=True)
class UpdateMark:
    """Set the mark price."""

    market: MarketId
    price: Ticks


@dataclass(frozen=True, slots=True)
class PlaceOrder:
    """Buy or sell, now or later; without a price at any price, now."""

    market: MarketId
    account: AccountId
    order_id: str
    side: Side
    quantity: Lots
    price: Ticks | None
    time_in_force: TimeInForce
    reduce_only: bool


@dataclass(frozen=True, slots=True)
class CancelOrder:
    """Take a resting order out of the book."""

    market: MarketId
    order_id: str


@dataclass(frozen=True, slots=True)
class RecordTrade:
    """A trade that was matched elsewhere."""

    market: MarketId
    buyer: AccountId
    seller: AccountId
    price: Ticks
    quantity: Lots


@dataclass(frozen=True, slots=True)
class SettleFunding:
    """Let longs pay shorts: at a rate on the mark, or a whole number of quote units per lot."""

    market: MarketId
    rate: Fraction | None
    per_lot: QuoteUnits | None


@dataclass(frozen=True, slots=True)
class SetAdlPolicy:
    """Choose victims by another policy from now on."""

    market: MarketId
    policy: AdlPolicy


@dataclass(frozen=True, slots=True)
class SetAdlList:
    """Set the order that a list-keeping policy follows."""

    market: MarketId
    accounts: tuple[AccountId, ...]


Command = (
    OpenVenue
    | ListMarket
    | OpenAccount
    | Deposit
    | Withdraw
    | UpdateMark
    | PlaceOrder
    | CancelOrder
    | RecordTrade
    | SettleFunding
    | SetAdlPolicy
    | SetAdlList
)
