"""What is one market's state, and what does each of its events change?

A market folds its own stream alone: specification, mark, book, and the register of positions. What
its events do to accounts leaves it as a list of changes, so a market can be rebuilt without them.
Every trade, takeover and ADL close names both sides: an unbalanced market cannot be written down.
"""

from collections import defaultdict
from collections.abc import Callable, MutableMapping
from typing import Any, Final, Protocol

from domain.account import TREASURY
from domain.book import Book, Order
from domain.events import (
    AdlListSet,
    AdlPolicyChanged,
    Event,
    FundingSettled,
    MarkPriceUpdated,
    OrderCancelled,
    OrderPlaced,
    PositionDeleveraged,
    PositionTakenOver,
    TradeExecuted,
)
from domain.layer import Layer
from domain.margin import Schedule, initial_schedule, maintenance_schedule
from domain.position import Position, moved
from domain.specification import AdlPolicy, MarketSpec, policy_from
from domain.units import AccountId, Lots, MarketId, QuoteUnits, Ticks


class Accounts(Protocol):
    """What a market's events do to accounts: cash, and in which markets each of them holds lots."""

    @property
    def cash(self) -> MutableMapping[AccountId, QuoteUnits]:
        """Settled money by account."""

    def holds(self, account: AccountId, market: MarketId) -> None:
        """The account, flat before, has lots in the market now."""

    def left(self, account: AccountId, market: MarketId) -> None:
        """The account has no lots in the market any more."""


class NoAccounts:
    """Accounts for a market that is folded alone: cash is added up, holdings are nobody's
    business.
    """

    def __init__(self) -> None:
        self.cash: MutableMapping[AccountId, QuoteUnits] = defaultdict(int)

    def holds(self, account: AccountId, market: MarketId) -> None:
        """Nothing to note."""

    def left(self, account: AccountId, market: MarketId) -> None:
        """Nothing to note."""


class Market:
    """Specification, mark, book, positions, and the results each account has realised here."""

    __slots__ = (
        "adl_list",
        "book",
        "fees",
        "funding_index",
        "id",
        "initial",
        "maintenance",
        "mark",
        "mark_seq",
        "point_value",
        "policy",
        "policy_seq",
        "positions",
        "previous_mark",
        "realized",
        "spec",
    )

    def __init__(self, spec: MarketSpec, seq: int) -> None:
        self.id: MarketId = spec.id
        self.spec = spec
        self.point_value = spec.point_value
        self.initial: Schedule = initial_schedule(spec.tiers)
        self.maintenance: Schedule = maintenance_schedule(spec.tiers)
        self.policy: AdlPolicy = spec.adl
        self.policy_seq = seq
        self.adl_list: tuple[AccountId, ...] = ()
        self.mark: Ticks | None = None
        self.previous_mark: Ticks | None = None
        self.mark_seq = 0
        self.funding_index: QuoteUnits = 0
        self.fees: QuoteUnits = 0
        self.book = Book()
        self.positions: MutableMapping[AccountId, Position] = {}
        self.realized: MutableMapping[AccountId, QuoteUnits] = {}

    def fork(self) -> "Market":
        """A market to try things out on; this one stays as it is."""
        market = Market.__new__(Market)
        market.id, market.spec, market.point_value = self.id, self.spec, self.point_value
        market.initial, market.maintenance = self.initial, self.maintenance
        market.policy, market.policy_seq = self.policy, self.policy_seq
        market.adl_list = self.adl_list
        market.mark, market.previous_mark = self.mark, self.previous_mark
        market.mark_seq = self.mark_seq
        market.funding_index, market.fees = self.funding_index, self.fees
        market.book = self.book.fork()
        market.positions = Layer(self.positions)
        market.realized = Layer(self.realized)
        return market

    @property
    def price(self) -> Ticks:
        """The mark price, where the caller knows that there is one."""
        if self.mark is None:
            message = f"market {self.id} has no mark price yet"
            raise LookupError(message)
        return self.mark

    def apply(self, event: Event, accounts: Accounts) -> None:
        """Fold one event of this market's stream, and do to `accounts` what it does to them."""
        _FOLDS[event["type"]](self, event["seq"], event["data"], accounts)

    def _filled(
        self,
        accounts: Accounts,
        account: AccountId,
        quantity: Lots,
        amount: QuoteUnits,
        seq: int,
        fee: QuoteUnits = 0,
        stated: QuoteUnits | None = None,
    ) -> None:
        """Move one side of a two-sided fact; `amount` is signed like `quantity`."""
        positions = self.positions
        before = positions.get(account)
        after, realized = moved(before, quantity, amount, seq, stated)
        if realized:
            self.realized[account] = self.realized.get(account, 0) + realized
        if realized != fee:
            accounts.cash[account] += realized - fee
        if after is None:
            del positions[account]
            accounts.left(account, self.id)
        else:
            positions[account] = after
            if before is None:
                accounts.holds(account, self.id)

    def _trade_executed(self, seq: int, data: TradeExecuted, accounts: Accounts) -> None:
        quantity, buyer, seller = data["quantity"], data["buyer"], data["seller"]
        amount = quantity * data["price"] * self.point_value
        if "maker_order_id" in data:
            self.book.reduce(data["maker_order_id"], quantity)
        if "taker_order_id" in data:
            self.book.reduce(data["taker_order_id"], quantity)
        paid, charged = data["buyer_fee"], data["seller_fee"]
        filled = self._filled
        filled(accounts, buyer, quantity, amount, seq, paid, data.get("buyer_realized"))
        filled(accounts, seller, -quantity, -amount, seq, charged, data.get("seller_realized"))
        if fee := paid + charged:
            self.fees += fee
            accounts.cash[TREASURY] += fee
        if data["purpose"] in ("opening", "gap"):
            self._met_midway(buyer, seller)

    def _met_midway(self, *parties: AccountId) -> None:
        """A recorded log met these positions in the middle of their life: size known, cost not."""
        for account in parties:
            position = self.positions.get(account)
            if position is not None:
                self.positions[account] = position._replace(basis_known=False)

    def _position_taken_over(self, seq: int, data: PositionTakenOver, accounts: Accounts) -> None:
        bankrupt = data["bankrupt"]
        lots = data["quantity"] * self.positions[bankrupt].sign
        self._filled(accounts, bankrupt, -lots, -data["amount"], seq)
        self._filled(accounts, data["vault"], lots, data["amount"], seq)

    def _position_deleveraged(
        self, seq: int, data: PositionDeleveraged, accounts: Accounts
    ) -> None:
        """The victim's side says which way: a recorded log may not know the other's position."""
        lots = data["quantity"] if data["quantity_before"] < 0 else -data["quantity"]
        self._filled(accounts, data["bankrupt"], -lots, -data["amount"], seq)
        self._filled(accounts, data["victim"], lots, data["amount"], seq)

    def _funding_settled(self, _seq: int, data: FundingSettled, accounts: Accounts) -> None:
        per_lot, cash = data["per_lot"], accounts.cash
        self.funding_index = data["funding_index"]
        for account, position in self.positions.items():
            cash[account] -= position.quantity * per_lot

    def _mark_price_updated(self, seq: int, data: MarkPriceUpdated, _accounts: Accounts) -> None:
        self.previous_mark, self.mark, self.mark_seq = (
            data["previous_price"],
            data["price"],
            seq,
        )

    def _order_placed(self, seq: int, data: OrderPlaced, _accounts: Accounts) -> None:
        self.book.add(
            Order(
                data["order_id"],
                data["account"],
                1 if data["side"] == "buy" else -1,
                data["price"],
                data["quantity"],
                data["reduce_only"],
                seq,
                data["time_in_force"] != "ioc",
            )
        )

    def _order_cancelled(self, _seq: int, data: OrderCancelled, _accounts: Accounts) -> None:
        self.book.reduce(data["order_id"], data["quantity"])

    def _adl_policy_changed(self, seq: int, data: AdlPolicyChanged, _accounts: Accounts) -> None:
        self.policy, self.policy_seq = policy_from(data), seq

    def _adl_list_set(self, _seq: int, data: AdlListSet, _accounts: Accounts) -> None:
        self.adl_list = tuple(data["accounts"])

    def _nothing_moves(self, _seq: int, _data: object, _accounts: Accounts) -> None:
        """A decision is remembered; its closures move lots and money."""


_FOLDS: Final[dict[str, Callable[[Market, int, Any, Accounts], None]]] = {
    "market.trade_executed/1": Market._trade_executed,
    "market.position_taken_over/1": Market._position_taken_over,
    "market.position_deleveraged/1": Market._position_deleveraged,
    "market.funding_settled/1": Market._funding_settled,
    "market.mark_price_updated/1": Market._mark_price_updated,
    "market.order_placed/1": Market._order_placed,
    "market.order_cancelled/1": Market._order_cancelled,
    "market.adl_policy_changed/1": Market._adl_policy_changed,
    "market.adl_list_set/1": Market._adl_list_set,
    "market.deleveraging_decided/1": Market._nothing_moves,
}
