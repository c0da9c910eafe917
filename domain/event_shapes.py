"""Which shapes do several events share?

Strict typed dictionaries like the events themselves; keys stand in ascending order.
"""

from typing import Final, Literal, NotRequired

from pydantic import ConfigDict, with_config
from typing_extensions import TypedDict

STRICT: Final = ConfigDict(strict=True, extra="forbid")


@with_config(STRICT)
class TierFact(TypedDict):
    """A margin tier: from which notional (quote units) which rates hold."""

    from_notional: int
    initial: str
    maintenance: str


@with_config(STRICT)
class PolicyFact(TypedDict):
    """The four named choices of an ADL policy, its parameters, and the digest of all of them."""

    close_price: str
    digest: str
    parameters: dict[str, str]
    policy: str
    row_key_digest: NotRequired[str]
    trigger: str
    vault_candidate: str


@with_config(STRICT)
class LiquidationFact(TypedDict):
    """How a market liquidates."""

    backstop_ratio: str
    mode: Literal["full", "partial"]
    partial_above: int
    partial_share: str


@with_config(STRICT)
class VaultFact(TypedDict):
    """Which account takes positions over, and up to which cost notional."""

    account: str
    takeover_cap: int | None


@with_config(STRICT)
class BankruptcyQuote(TypedDict):
    """The inputs of a bankruptcy price and the exact price in ticks."""

    equity: int
    mark_price: int
    price: str
    quantity: int
    weight: int
    weight_total: int
    weights: Literal["maintenance", "notional"]


@with_config(STRICT)
class Step(TypedDict):
    """One step of the waterfall in one market: what it could give, what it gave, why it stopped."""

    left: int
    market: str
    offered: int
    reason: str
    step: Literal["book", "takeover", "adl"]
    used: int


@with_config(STRICT)
class ClosePriceFact(TypedDict):
    """By which rule ADL closes, and at which exact price in ticks."""

    price: str
    rule: str
