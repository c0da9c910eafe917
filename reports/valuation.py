"""What is every holding worth at the marks, and what does each account's equity come to?

The formulas of the glossary over rows of the read model. Without a mark a holding has no value:
what cannot be known is None, never zero.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction

from domain.margin import Schedule, bankruptcy_price, maintenance_schedule
from domain.specification import MarketSpec
from domain.units import QuoteUnits
from projections.answers import AccountState, Books, Holding, MarketState


@dataclass(frozen=True, slots=True)
class ValuedHolding:
    """A holding with notional, unrealised result and maintenance margin at the mark."""

    holding: Holding
    spec: MarketSpec
    mark: int | None
    notional: QuoteUnits | None
    unrealized: QuoteUnits | None
    maintenance_margin: QuoteUnits | None

    @property
    def entry_price(self) -> Fraction | None:
        """`n / (q·v)` in ticks; None where the cost was never known."""
        if not self.holding.basis_known:
            return None
        return Fraction(self.holding.cost, self.holding.quantity * self.spec.point_value)


@dataclass(frozen=True, slots=True)
class ValuedAccount:
    """An account with the sums over its holdings; None where a mark is missing."""

    state: AccountState
    holdings: tuple[ValuedHolding, ...]
    unrealized: QuoteUnits | None
    equity: QuoteUnits | None
    notional: QuoteUnits | None
    maintenance_margin: QuoteUnits | None

    @property
    def leverage(self) -> Fraction | None:
        """`Σ N / E`; None when flat or without equity above zero."""
        if not self.notional or self.equity is None or self.equity <= 0:
            return None
        return Fraction(self.notional, self.equity)

    def bankruptcy_price(self, valued: ValuedHolding) -> Fraction | None:
        """Price in ticks at which this holding uses up its share of the equity (mechanics)."""
        if self.equity is None or self.maintenance_margin is None or valued.mark is None:
            return None
        weight, total = valued.maintenance_margin, self.maintenance_margin
        if not total:
            weight, total = valued.notional, self.notional or 0
        return bankruptcy_price(
            mark_price=valued.mark,
            quantity=valued.holding.quantity,
            point_value=valued.spec.point_value,
            equity=self.equity,
            weight=weight or 0,
            weight_total=total,
        )


def valued_accounts(books: Books) -> list[ValuedAccount]:
    """Every account with its holdings at the marks, in the order of the books."""
    markets = {market.spec.id: market for market in books.markets}
    schedules = {name: maintenance_schedule(m.spec.tiers) for name, m in markets.items()}
    held: dict[str, list[ValuedHolding]] = {}
    for holding in books.holdings:
        market = markets[holding.market]
        valued = _valued(holding, market, schedules[holding.market])
        held.setdefault(holding.account, []).append(valued)
    return [_account(state, tuple(held.get(state.account, ()))) for state in books.accounts]


def _valued(holding: Holding, market: MarketState, schedule: Schedule) -> ValuedHolding:
    if market.mark is None:
        return ValuedHolding(holding, market.spec, None, None, None, None)
    value = holding.quantity * market.mark * market.spec.point_value
    return ValuedHolding(
        holding,
        market.spec,
        market.mark,
        abs(value),
        value - holding.cost,
        schedule.requirement(abs(value)),
    )


def _account(state: AccountState, holdings: tuple[ValuedHolding, ...]) -> ValuedAccount:
    unrealized = total(valued.unrealized for valued in holdings)
    return ValuedAccount(
        state,
        holdings,
        unrealized,
        None if unrealized is None else state.cash + unrealized,
        total(valued.notional for valued in holdings),
        total(valued.maintenance_margin for valued in holdings),
    )


def total(parts: Iterable[QuoteUnits | None]) -> QuoteUnits | None:
    """The sum, None as soon as one part is unknown."""
    found = 0
    for part in parts:
        if part is None:
            return None
        found += part
    return found
