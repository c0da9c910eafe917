"""What does one pass of a liquidation do: order book, vault takeover, auto-deleveraging?"""

from collections.abc import Callable
from fractions import Fraction

from domain.adl.candidate import NO_SCORE, Ranked, in_lowest_terms
from domain.adl.decision import (
    Decision,
    closure_amount,
    closure_cost,
    decision,
    ranking_root,
)
from domain.adl.row_key import OPEN_ROOT, Withheld, salts_of
from domain.bankruptcy import bankruptcy_quote
from domain.deficit import cover_deficit
from domain.draft import Draft
from domain.event_shapes import BankruptcyQuote
from domain.margin import bankruptcy_amount, book_limit
from domain.market import Market
from domain.orders import Taker, cancel, fee, match
from domain.position import fill
from domain.rounding import ceiling_of, floor_of
from domain.takeover import Takeover, takeover
from domain.units import AccountId, Lots, MarketId, QuoteUnits


class Pass:
    """One account, one check: runs the steps and writes down what each of them did."""

    def __init__(self, draft: Draft, account: AccountId) -> None:
        self._draft = draft
        self._venue = draft.venue
        self._account = account
        self._first = account not in self._venue.liquidations
        self._steps: list[dict[str, str | int]] = []
        self._entered_vault: dict[MarketId, bool] = {}
        self._closes_at_bankruptcy = 0
        self._moved = False
        self._liquidation: str

    def run(self) -> bool:
        """Run the pass; whether it ends waiting, with lots still open."""
        if self._first:
            self._start()
        else:
            self._liquidation = self._venue.liquidations[self._account]
        is_vault = self._venue.accounts[self._account].role == "vault"
        steps: list[tuple[str, Callable[[Market], None]]] = [
            ("closed", self._book),
            ("taken_over", self._takeover),
            ("deleveraged", self._deleverage),
        ]
        for outcome, step in steps[2:] if is_vault else steps:
            for market in self._by_margin():
                step(self._venue.market_to_change(market))
                if not self._venue.holdings.get(self._account):
                    self._flat(outcome)
                    return False
                if self._is_safe():
                    self._end("healthy")
                    return False
        self._wait()
        return True

    def _by_margin(self) -> list[MarketId]:
        """Markets of all positions, highest maintenance margin first, ties by market id."""
        held = self._venue.holdings.get(self._account, ())
        return sorted(
            held,
            key=lambda market: (
                -self._venue.maintenance_in(self._venue.markets[market], self._account),
                market,
            ),
        )

    def _is_safe(self) -> bool:
        return self._venue.equity(self._account) >= self._venue.maintenance_margin(self._account)

    def _start(self) -> None:
        venue, account = self._venue, self._account
        self._liquidation = f"LIQ-{self._draft.next_seq}"
        equity, maintenance = venue.standing(account)
        self._draft.emit(
            "account.liquidation_started/1",
            f"account/{account}",
            {
                "equity": equity,
                "liquidation_id": self._liquidation,
                "maintenance_margin": maintenance,
                "marks": {
                    market: venue.markets[market].price for market in venue.holdings[account]
                },
            },
        )
        for market in sorted(venue.markets):
            book = venue.markets[market].book
            for order in book.orders_of(account):
                cancel(self._draft, market, order, "liquidation")

    def _note(self, step: str, market: Market, offered: Lots, used: Lots, reason: str) -> None:
        position = market.positions.get(self._account)
        self._steps.append(
            {
                "left": abs(position.quantity) if position is not None else 0,
                "market": market.id,
                "offered": offered,
                "reason": reason,
                "step": step,
                "used": used,
            }
        )
        self._moved = self._moved or used > 0

    def _book(self, market: Market) -> None:
        position = market.positions[self._account]
        price, _ = bankruptcy_quote(self._venue, market, self._account)
        limit = book_limit(position.sign, price)
        if limit is None:
            self._note("book", market, 0, 0, "no_order")
            return
        lots = self._lots_for_the_book(market, abs(position.quantity))
        offered = market.book.lots_within(position.sign, limit)
        matched = match(
            self._draft,
            market.id,
            Taker(
                account=self._account,
                side=-position.sign,
                limit=limit,
                order_id=None,
                reduce_only=True,
                purpose="liquidation",
                liquidation=self._liquidation,
                fee=lambda filled, at: self._liquidation_fee(market, price, filled, at),
            ),
            lots,
        )
        reason = "filled" if matched.filled == lots else "no_liquidity"
        self._note("book", market, offered, matched.filled, reason)

    @staticmethod
    def _lots_for_the_book(market: Market, size: Lots) -> Lots:
        rule = market.spec.liquidation
        if rule.mode == "full" or size * market.price * market.point_value <= rule.partial_above:
            return size
        return ceiling_of(rule.partial_share * size)

    @staticmethod
    def _liquidation_fee(market: Market, price: Fraction, lots: Lots, at: int) -> QuoteUnits:
        """The fee, never more than the fill's improvement over the bankruptcy price (rounded
        down).
        """
        improvement = floor_of(lots * abs(at - price) * market.point_value)
        return min(fee(market.spec.liquidation_fee, lots, at, market.point_value), improvement)

    def _takeover(self, market: Market) -> None:
        venue, account, vault = self._venue, self._account, market.spec.vault
        if vault is None:
            self._note("takeover", market, 0, 0, "no_vault")
            return
        ratio = market.spec.liquidation.backstop_ratio
        equity, maintenance = venue.standing(account)
        entered = equity < ratio * maintenance
        self._entered_vault[market.id] = entered
        if venue.accounts[vault].in_liquidation or not entered:
            in_trouble = venue.accounts[vault].in_liquidation
            reason = "vault_in_liquidation" if in_trouble else "above_backstop"
            self._note("takeover", market, 0, 0, reason)
            return
        position = market.positions[account]
        price, quote = bankruptcy_quote(self._venue, market, self._account)
        taken = takeover(venue, market, vault, position.sign, abs(position.quantity), price)
        if taken.lots:
            self._take_over(market, vault, taken, price, quote)
        self._note("takeover", market, taken.lots, taken.lots, taken.stopped_by)

    def _take_over(
        self,
        market: Market,
        vault: AccountId,
        taken: Takeover,
        price: Fraction,
        quote: BankruptcyQuote,
    ) -> None:
        sign = market.positions[self._account].sign
        self._draft.emit(
            "market.position_taken_over/1",
            f"market/{market.id}",
            {
                "amount": bankruptcy_amount(sign, taken.lots, price, market.point_value),
                "bankrupt": self._account,
                "liquidation_id": self._liquidation,
                "quantity": taken.lots,
                "quote": quote,
                "stopped_by": taken.stopped_by,
                "vault": vault,
            },
        )
        self._closes_at_bankruptcy += 1

    def _is_triggered(self, market: Market) -> bool:
        if market.policy.trigger == "negative_equity":
            return self._venue.equity(self._account) < 0
        is_vault = self._venue.accounts[self._account].role == "vault"
        return is_vault or market.spec.vault is None or self._entered_vault.get(market.id, False)

    def _deleverage(self, market: Market) -> None:
        if not self._is_triggered(market):
            self._note("adl", market, 0, 0, "not_triggered")
            return
        venue, account = self._venue, self._account
        price, quote = bankruptcy_quote(self._venue, market, self._account)
        decided = decision(venue, market, account, price)
        offered = sum(row.candidate.capacity for row in decided.rows)
        used = decided.needed - decided.residual
        if used or self._moved or self._first:
            self._write_down(market, decided, quote)
            if decided.close_price == price:
                self._closes_at_bankruptcy += len(decided.closures)
        self._note(
            "adl",
            market,
            offered,
            used,
            "residual" if decided.residual else "all_closed",
        )

    def _write_down(self, market: Market, decided: Decision, quote: BankruptcyQuote) -> None:
        venue, account = self._venue, self._account
        side = market.positions[account].sign
        price = decided.close_price
        decision_id = f"ADL-{self._draft.next_seq}"
        equity, maintenance = venue.standing(account)
        self._draft.emit(
            "market.deleveraging_decided/1",
            f"market/{market.id}",
            {
                "bankrupt": account,
                "candidates": len(decided.rows),
                "close_price": {
                    "price": f"{price.numerator}/{price.denominator}",
                    "rule": market.policy.close_price,
                },
                "closures": len(decided.closures),
                "decision_id": decision_id,
                "equity": equity,
                "excluded": decided.queue.excluded,
                "liquidation_id": self._liquidation,
                "losers_included": decided.queue.losers_included,
                "maintenance_margin": maintenance,
                "mark_price": market.price,
                "needed": decided.needed,
                "policy": market.policy.fact(),
                "previous_mark_price": market.previous_mark,
                "quote": quote,
                "ranking_root": self._ranking_root(market, decided, decision_id),
                "residual": decided.residual,
                "side": "long" if side > 0 else "short",
                "steps": [step for step in self._steps if step["market"] == market.id],
            },
        )
        for rank, row in decided.closures:
            self._close(market, decision_id, side, rank, row, price)

    def _ranking_root(self, market: Market, decided: Decision, decision_id: str) -> str:
        row_key, policy = self._draft.row_key, market.policy
        if isinstance(row_key, Withheld):
            if policy.row_key_digest is not None:
                return OPEN_ROOT
            row_key = None
        return ranking_root(decided.rows, salts_of(policy, row_key, decision_id))

    def _close(
        self,
        market: Market,
        decision_id: str,
        side: int,
        rank: int,
        row: Ranked,
        price: Fraction,
    ) -> None:
        victim = row.candidate.account
        before = market.positions[victim]
        amount = closure_amount(market, side, row.closed, price)
        after = fill(before, side * row.closed, amount, 0)
        numerator, denominator = in_lowest_terms(row.score or NO_SCORE)
        self._draft.emit(
            "market.position_deleveraged/1",
            f"market/{market.id}",
            {
                "amount": amount,
                "bankrupt": self._account,
                "cost": closure_cost(market, side, row.closed, amount),
                "decision_id": decision_id,
                "quantity": row.closed,
                "quantity_after": after.position.quantity if after.position is not None else 0,
                "quantity_before": before.quantity,
                "rank": rank,
                "realized": after.realized,
                "score_denominator": denominator,
                "score_numerator": numerator,
                "victim": victim,
            },
        )

    def _flat(self, outcome: str) -> None:
        """Nothing is open any more: cover what is missing, book what rounding left, and end."""
        venue, account = self._venue, self._account
        cover_deficit(self._draft, account)
        residue = venue.cash[account]
        if 0 < residue < self._closes_at_bankruptcy and outcome != "closed":
            self._draft.emit(
                "account.collateral_moved/1",
                f"account/{account}",
                {
                    "amount": residue,
                    "from": account,
                    "reason": "residue",
                    "to": "rounding",
                },
            )
        self._end(outcome)

    def _end(self, outcome: str) -> None:
        self._draft.emit(
            "account.liquidation_ended/1",
            f"account/{self._account}",
            {
                "liquidation_id": self._liquidation,
                "outcome": outcome,
                "steps": self._steps,
            },
        )

    def _wait(self) -> None:
        if not (self._moved or self._first):
            return
        venue, account = self._venue, self._account
        self._draft.emit(
            "account.liquidation_waiting/1",
            f"account/{account}",
            {
                "liquidation_id": self._liquidation,
                "residual": {
                    market: abs(venue.markets[market].positions[account].quantity)
                    for market in venue.holdings[account]
                },
                "steps": self._steps,
            },
        )
