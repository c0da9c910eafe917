"""What does a command do, and may it?

`decide` is pure: the same venue, command, time and source always give the same events, and the
venue is not changed. It raises `Rejected` before the first event or not at all.
"""

from collections.abc import Callable, Iterable
from dataclasses import replace
from fractions import Fraction
from typing import Any, Final, cast

from domain.account import SYSTEM_ACCOUNTS
from domain.adl.row_key import HeldKey, RowKey, check_row_key
from domain.commands import (
    CancelOrder,
    Command,
    Deposit,
    ListMarket,
    OpenAccount,
    OpenVenue,
    PlaceOrder,
    RecordTrade,
    SetAdlList,
    SetAdlPolicy,
    SettleFunding,
    UpdateMark,
    Withdraw,
)
from domain.draft import Draft
from domain.errors import Rejected
from domain.events import Event
from domain.liquidation import check
from domain.market import Market
from domain.orders import Taker, cancel, fee, match
from domain.room import has_room
from domain.rounding import half_even
from domain.specification import AdlPolicy, listed_fact
from domain.units import AccountId
from domain.venue import Venue, initial_in


def decide(
    venue: Venue,
    command: Command,
    *,
    time: int,
    source: dict[str, str | int],
    row_key: HeldKey = None,
) -> list[Event]:
    """The events of `command` on `venue`, in order of emission; raises `Rejected`.

    With a row key the policies that are set name it, and rows of their rankings are salted. A
    decision under a policy that names a key raises `RowKeyUnfit` without that very key.
    """
    draft = Draft(venue, time, source, row_key)
    holders = _DECISIONS[type(command)](draft, command)
    check(draft, holders)
    return draft.events


def _open_venue(draft: Draft, command: OpenVenue) -> Iterable[AccountId]:
    if draft.venue.kind is not None:
        raise Rejected("venue_exists", venue=draft.venue.name)
    draft.emit(
        "venue.opened/1",
        "venue",
        {
            "kind": "decided",
            "name": command.name,
            "quote": command.quote,
            "quote_unit": command.quote_unit.text(),
            "system_accounts": list(SYSTEM_ACCOUNTS),
        },
    )
    return ()


def _list_market(draft: Draft, command: ListMarket) -> Iterable[AccountId]:
    spec = replace(command.spec, adl=_with_row_key(draft, command.spec.adl))
    draft.emit("market.listed/1", f"market/{spec.id}", listed_fact(spec))
    return ()


def _open_account(draft: Draft, command: OpenAccount) -> Iterable[AccountId]:
    draft.emit(
        "account.opened/1",
        f"account/{command.account}",
        {"label": "", "role": command.role},
    )
    return ()


def _deposit(draft: Draft, command: Deposit) -> Iterable[AccountId]:
    draft.emit(
        "account.collateral_deposited/1",
        f"account/{command.account}",
        {"amount": command.amount, "reference": command.reference},
    )
    return ()


def _withdraw(draft: Draft, command: Withdraw) -> Iterable[AccountId]:
    venue, account = draft.venue, command.account
    _not_in_liquidation(venue, account)
    free = venue.equity(account) - venue.initial_margin(account)
    if command.amount > free:
        raise Rejected("insufficient_margin", account=account, asked=command.amount, free=free)
    draft.emit(
        "account.collateral_withdrawn/1",
        f"account/{account}",
        {"amount": command.amount, "reference": command.reference},
    )
    return ()


def _update_mark(draft: Draft, command: UpdateMark) -> Iterable[AccountId]:
    market = draft.venue.markets[command.market]
    draft.emit(
        "market.mark_price_updated/1",
        f"market/{command.market}",
        {"previous_price": market.mark, "price": command.price},
    )
    return _holders_in_danger(draft, market, command.price)


def _holders_in_danger(draft: Draft, market: Market, price: int) -> Iterable[AccountId]:
    """Holders whom the mark could concern: the watch leaves out those who are safe for sure."""
    watch = draft.before.watch
    if watch is None:
        return list(market.positions)
    waiting = [account for account in draft.before.liquidations if account in market.positions]
    return (*watch.in_danger(draft.before, market.id, price), *waiting)


def _place_order(draft: Draft, command: PlaceOrder) -> Iterable[AccountId]:
    market = draft.venue.market_to_change(command.market)
    side = 1 if command.side == "buy" else -1
    _may_place(draft.venue, market, command, side)
    draft.emit(
        "market.order_placed/1",
        f"market/{market.id}",
        {
            "account": command.account,
            "order_id": command.order_id,
            "price": command.price,
            "quantity": command.quantity,
            "reduce_only": command.reduce_only,
            "side": command.side,
            "time_in_force": command.time_in_force,
        },
    )
    taker = Taker(
        account=command.account,
        side=side,
        limit=command.price,
        order_id=command.order_id,
        reduce_only=command.reduce_only,
        purpose="order",
        liquidation=None,
        fee=lambda lots, price: fee(market.spec.taker_fee, lots, price, market.point_value),
    )
    matched = match(draft, market.id, taker, command.quantity)
    if matched.stopped == "no_liquidity" and command.time_in_force == "ioc":
        cancel(draft, market.id, market.book.orders[command.order_id], "ioc_remainder")
    elif matched.stopped in ("self_trade", "reduce_only"):
        cancel(draft, market.id, market.book.orders[command.order_id], matched.stopped)
    return ()


def _may_place(venue: Venue, market: Market, command: PlaceOrder, side: int) -> None:
    """State faults of an order, in the order in which they are named."""
    account = command.account
    if command.order_id in market.book.used:
        raise Rejected("order_exists", market=market.id, order_id=command.order_id)
    if market.mark is None:
        raise Rejected("no_mark", market=market.id)
    _not_in_liquidation(venue, account)
    position = market.positions.get(account)
    if command.reduce_only:
        if position is None or position.sign == side:
            raise Rejected("reduce_only_would_increase", account=account, market=market.id)
    else:
        has_room(venue, market, account)
        _covers_order(venue, market, command, side)
    best = market.book.best(-side)
    if command.time_in_force == "post_only" and best is not None:
        best_price = cast("int", best.price)
        if side * (cast("int", command.price) - best_price) >= 0:
            raise Rejected("post_only_would_cross", market=market.id, best=best_price)


def _covers_order(venue: Venue, market: Market, command: PlaceOrder, side: int) -> None:
    """`E − L − I_after ≥ 0` at the order's full quantity; L is what a limit price concedes."""
    account, quantity = command.account, command.quantity
    conceded = 0
    if command.price is not None:
        per_lot = max(0, side * (command.price - market.price)) * market.point_value
        conceded = per_lot * quantity
    elsewhere = sum(
        initial_in(other, account) for other in venue.markets.values() if other is not market
    )
    after = initial_in(
        market,
        account,
        more_bids=quantity if side > 0 else 0,
        more_asks=0 if side > 0 else quantity,
    )
    needed = elsewhere + after + conceded
    equity = venue.equity(account)
    if equity < needed:
        raise Rejected("insufficient_margin", account=account, equity=equity, needed=needed)


def _cancel_order(draft: Draft, command: CancelOrder) -> Iterable[AccountId]:
    order = draft.venue.markets[command.market].book.orders.get(command.order_id)
    if order is None:
        raise Rejected("no_order", market=command.market, order_id=command.order_id)
    cancel(draft, command.market, order, "requested")
    return ()


def _record_trade(draft: Draft, command: RecordTrade) -> Iterable[AccountId]:
    market = draft.venue.markets[command.market]
    if market.mark is None:
        raise Rejected("no_mark", market=market.id)
    _not_in_liquidation(draft.venue, command.buyer)
    _not_in_liquidation(draft.venue, command.seller)
    has_room(draft.venue, market, command.buyer)
    has_room(draft.venue, market, command.seller)
    draft.emit(
        "market.trade_executed/1",
        f"market/{market.id}",
        {
            "buyer": command.buyer,
            "buyer_fee": 0,
            "price": command.price,
            "purpose": "recorded",
            "quantity": command.quantity,
            "seller": command.seller,
            "seller_fee": 0,
            "trade_id": f"T-{draft.next_seq}",
        },
    )
    return ()


def _settle_funding(draft: Draft, command: SettleFunding) -> Iterable[AccountId]:
    market = draft.venue.markets[command.market]
    per_lot = command.per_lot
    if per_lot is None:
        rate = cast("Fraction", command.rate)
        if market.mark is None:
            raise Rejected("no_mark", market=market.id)
        per_lot = half_even(rate.numerator * market.mark * market.point_value, rate.denominator)
    effective = None
    if market.mark is not None:
        ratio = Fraction(per_lot, market.mark * market.point_value)
        effective = f"{ratio.numerator}/{ratio.denominator}"
    draft.emit(
        "market.funding_settled/1",
        f"market/{market.id}",
        {
            "funding_index": market.funding_index + per_lot,
            "per_lot": per_lot,
            "rate": effective,
        },
    )
    return list(market.positions)


def _set_adl_policy(draft: Draft, command: SetAdlPolicy) -> Iterable[AccountId]:
    stream = f"market/{command.market}"
    policy = _with_row_key(draft, command.policy)
    draft.emit("market.adl_policy_changed/1", stream, policy.fact())
    return ()


def _with_row_key(draft: Draft, policy: AdlPolicy) -> AdlPolicy:
    """The policy as it names the row key that is at hand."""
    row_key = draft.row_key
    if not isinstance(row_key, RowKey):
        return policy
    check_row_key([policy], row_key)
    return replace(policy, row_key_digest=row_key.digest)


def _set_adl_list(draft: Draft, command: SetAdlList) -> Iterable[AccountId]:
    stream = f"market/{command.market}"
    draft.emit("market.adl_list_set/1", stream, {"accounts": list(command.accounts)})
    return ()


def _not_in_liquidation(venue: Venue, account: AccountId) -> None:
    if venue.accounts[account].in_liquidation:
        raise Rejected("in_liquidation", account=account)


_DECISIONS: Final[dict[type, Callable[[Draft, Any], Iterable[AccountId]]]] = {
    OpenVenue: _open_venue,
    ListMarket: _list_market,
    OpenAccount: _open_account,
    Deposit: _deposit,
    Withdraw: _withdraw,
    UpdateMark: _update_mark,
    PlaceOrder: _place_order,
    CancelOrder: _cancel_order,
    RecordTrade: _record_trade,
    SettleFunding: _settle_funding,
    SetAdlPolicy: _set_adl_policy,
    SetAdlList: _set_adl_list,
}
