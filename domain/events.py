"""What can have happened?

One strict TypedDict per event: the one definition that deciding, applying, storing, verifying and
the docs share. An event travels as its envelope (`Event`); `data` is the fact. Facts are TypedDicts
and not classes because a million of them must be read in seconds (docs/decisions/0004). Keys stand
in ascending order so that an event is written without sorting. All numbers are integers: price in
ticks, quantity in lots, money in quote units; ratios are exact texts.

A changed shape is a new version beside the old one, with an upcaster in `upcasting`; a stored name
never changes.
"""

from typing import Any, Final, Literal, NotRequired

from pydantic import with_config
from typing_extensions import TypedDict

from domain.event_shapes import (
    STRICT,
    BankruptcyQuote,
    ClosePriceFact,
    LiquidationFact,
    PolicyFact,
    Step,
    TierFact,
    VaultFact,
)

Role = Literal["trader", "vault", "system"]
Purpose = Literal["order", "liquidation", "recorded", "opening", "gap"]
LogKind = Literal["decided", "recorded"]


class Event(TypedDict):
    """The envelope: one fact at its place in the log."""

    cause: int
    data: Any
    seq: int
    source: dict[str, str | int]
    stream: str
    time: int
    type: str
    version: int


@with_config(STRICT)
class VenueOpened(TypedDict):
    """Books exist; `kind` says whether zerosum decides here or records what a venue did."""

    kind: LogKind
    name: str
    quote: str
    quote_unit: str
    system_accounts: list[str]


@with_config(STRICT)
class MarketListed(TypedDict):
    """A market and all its parameters."""

    adl: PolicyFact
    liquidation: LiquidationFact
    liquidation_fee: str
    lot_size: str
    maker_fee: str
    margin_tiers: list[TierFact]
    point_value: int
    quote_unit: str
    taker_fee: str
    tick_size: str
    vault: VaultFact | None


@with_config(STRICT)
class AdlListSet(TypedDict):
    """The order that a list-keeping policy uses from now on."""

    accounts: list[str]


@with_config(STRICT)
class MarkPriceUpdated(TypedDict):
    """The mark moved, from and to."""

    previous_price: int | None
    price: int


@with_config(STRICT)
class OrderPlaced(TypedDict):
    """An account wishes to trade; what is not matched at once rests if the time in force says
    so.
    """

    account: str
    order_id: str
    price: int | None
    quantity: int
    reduce_only: bool
    side: Literal["buy", "sell"]
    time_in_force: Literal["gtc", "ioc", "post_only"]


@with_config(STRICT)
class OrderCancelled(TypedDict):
    """An order is gone, with the lots that were still open, and why."""

    account: str
    order_id: str
    quantity: int
    reason: Literal["requested", "self_trade", "reduce_only", "ioc_remainder", "liquidation"]


@with_config(STRICT)
class TradeExecuted(TypedDict):
    """Buyer and seller matched.

    Absent: no order rested or took (`maker_order_id`, `taker_order_id`), no liquidation, and, but
    for recorded logs that know it, no result of the venue's own for a side. What is absent is not
    written: a million trades carry a hundred megabytes less.
    """

    buyer: str
    buyer_fee: int
    buyer_realized: NotRequired[int]
    liquidation_id: NotRequired[str]
    maker_order_id: NotRequired[str]
    price: int
    purpose: Purpose
    quantity: int
    seller: str
    seller_fee: int
    seller_realized: NotRequired[int]
    taker_order_id: NotRequired[str]
    trade_id: str


@with_config(STRICT)
class FundingSettled(TypedDict):
    """Longs pay `per_lot` quote units for each lot (shorts when negative)."""

    funding_index: int
    per_lot: int
    rate: str | None


@with_config(STRICT)
class PositionTakenOver(TypedDict):
    """Lots went from `bankrupt` to `vault` at the bankruptcy price; `amount` is what bankrupt
    gets.
    """

    amount: int
    bankrupt: str
    liquidation_id: str
    quantity: int
    quote: BankruptcyQuote | None
    stopped_by: Literal["all_taken", "capacity", "margin"]
    vault: str


@with_config(STRICT)
class DeleveragingDecided(TypedDict):
    """Everything needed to decide again who was closed, and why nobody else was."""

    bankrupt: str
    candidates: int
    close_price: ClosePriceFact
    closures: int
    decision_id: str
    equity: int
    excluded: dict[str, int]
    liquidation_id: str
    losers_included: bool
    maintenance_margin: int
    mark_price: int
    needed: int
    policy: PolicyFact
    previous_mark_price: int | None
    quote: BankruptcyQuote
    ranking_root: str
    residual: int
    side: Literal["long", "short"]
    steps: list[Step]


@with_config(STRICT)
class PositionDeleveraged(TypedDict):
    """Lots of `bankrupt` and `victim` closed against each other; `amount` is what bankrupt gets.

    Recorded logs know neither rank nor score, and the cost only where the mark is known.
    """

    amount: int
    bankrupt: str
    cost: int | None
    decision_id: str | None
    quantity: int
    quantity_after: int
    quantity_before: int
    rank: int | None
    realized: int
    score_denominator: int | None
    score_numerator: int | None
    victim: str


@with_config(STRICT)
class AdlPolicyChanged(PolicyFact):
    """Another policy holds from this seq."""


@with_config(STRICT)
class AccountOpened(TypedDict):
    """An account and its role."""

    label: str
    role: Literal["trader", "vault"]


@with_config(STRICT)
class CollateralDeposited(TypedDict):
    """Money came in."""

    amount: int
    reference: str


@with_config(STRICT)
class CollateralWithdrawn(TypedDict):
    """Money went out."""

    amount: int
    reference: str


@with_config(STRICT)
class LiquidationStarted(TypedDict):
    """Equity fell below the maintenance margin."""

    equity: int
    liquidation_id: str
    maintenance_margin: int
    marks: dict[str, int]


@with_config(STRICT)
class LiquidationWaiting(TypedDict):
    """A pass left lots open; the liquidation goes on at the next check."""

    liquidation_id: str
    residual: dict[str, int]
    steps: list[Step]


@with_config(STRICT)
class LiquidationEnded(TypedDict):
    """The liquidation is over, and how."""

    liquidation_id: str
    outcome: Literal["healthy", "closed", "taken_over", "deleveraged"]
    steps: list[Step]


CollateralMoved = TypedDict(
    "CollateralMoved", {"amount": int, "from": str, "reason": str, "to": str}
)
CollateralMoved.__doc__ = "Money went from one account to another, and why."
CollateralMoved.__pydantic_config__ = STRICT  # type: ignore[attr-defined]


@with_config(STRICT)
class DeficitCovered(TypedDict):
    """`payer` paid part of what the `bankrupt` account lacked."""

    amount: int
    bankrupt: str
    payer: str


@with_config(STRICT)
class CommandRejected(TypedDict):
    """A command was refused: which rule it broke, and the facts."""

    code: str
    digest: str
    facts: dict[str, str | int | None]


@with_config(STRICT)
class FactRejected(TypedDict):
    """A row of an archive was not applied, or contradicts what is known of an account, and why."""

    code: str
    detail: str


@with_config(STRICT)
class KeyRotated(TypedDict):
    """From here on the log's checkpoints are signed with another key; older notes stay valid."""

    key_id: str
    name: str
    previous_key_id: str
    public_key: str


@with_config(STRICT)
class PersonErased(TypedDict):
    """Who is behind an account was destroyed outside the log: by whom, why, and what of it."""

    account: str
    actor: str
    reason: str
    scope: str


EVENT_TYPES: Final[dict[str, Any]] = {
    "venue.opened/1": VenueOpened,
    "market.listed/1": MarketListed,
    "market.adl_policy_changed/1": AdlPolicyChanged,
    "market.adl_list_set/1": AdlListSet,
    "market.mark_price_updated/1": MarkPriceUpdated,
    "market.order_placed/1": OrderPlaced,
    "market.order_cancelled/1": OrderCancelled,
    "market.trade_executed/1": TradeExecuted,
    "market.funding_settled/1": FundingSettled,
    "market.position_taken_over/1": PositionTakenOver,
    "market.deleveraging_decided/1": DeleveragingDecided,
    "market.position_deleveraged/1": PositionDeleveraged,
    "account.opened/1": AccountOpened,
    "account.collateral_deposited/1": CollateralDeposited,
    "account.collateral_withdrawn/1": CollateralWithdrawn,
    "account.liquidation_started/1": LiquidationStarted,
    "account.liquidation_waiting/1": LiquidationWaiting,
    "account.liquidation_ended/1": LiquidationEnded,
    "account.collateral_moved/1": CollateralMoved,
    "venue.deficit_covered/1": DeficitCovered,
    "venue.command_rejected/1": CommandRejected,
    "venue.fact_rejected/1": FactRejected,
    "venue.key_rotated/1": KeyRotated,
    "venue.person_erased/1": PersonErased,
}
"""Stored name with version → its definition. The only table of names; moving a class changes
nothing.
"""
