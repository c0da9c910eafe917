"""What does every account of the made-up venue hold, to the last unit?

Plain whole numbers: money and cost in 1e-6 USDC, sizes in lots, prices in the coin's units. An
account's money is the venue's own figure: it falls by signed size times price, and by the fee.
"""

from dataclasses import dataclass, field
from operator import mul

from importers.hyperliquid_generator.coins import COINS


def halves_to_even(numerator: int, denominator: int) -> int:
    """The nearest whole number of a fraction with positive denominator; halves go to the even."""
    whole, rest = divmod(numerator, denominator)
    return whole + (2 * rest > denominator or (2 * rest == denominator and whole & 1))


@dataclass(slots=True)
class Totals:
    """Sums over all accounts and the whole story, in 1e-6 USDC."""

    deposits: int = 0
    withdrawals: int = 0
    withdraw_fees: int = 0
    class_in: int = 0
    class_out: int = 0
    send_in: int = 0
    send_out: int = 0
    trade_fees: int = 0
    builder_fees_inside: int = 0
    funding_sum: int = 0
    closed_pnl: int = 0


@dataclass(slots=True)
class Books:
    """Money, positions and their costs of all accounts, by number; marks by coin."""

    accounts: int
    raw: list[int] = field(init=False)
    size: list[list[int]] = field(init=False)
    cost: list[list[int]] = field(init=False)
    funded: list[list[int]] = field(init=False)
    mark: list[int] = field(default_factory=lambda: [coin.mark for coin in COINS])
    previous: list[int] = field(default_factory=lambda: [coin.mark for coin in COINS])
    oracle: list[int] = field(default_factory=lambda: [coin.mark for coin in COINS])
    open_interest: list[int] = field(default_factory=lambda: [0] * len(COINS))
    volume: list[int] = field(default_factory=lambda: [0] * len(COINS))
    totals: Totals = field(default_factory=Totals)

    def __post_init__(self) -> None:
        self.raw = [0] * self.accounts
        self.size = [[0] * len(COINS) for _ in range(self.accounts)]
        self.cost = [[0] * len(COINS) for _ in range(self.accounts)]
        self.funded = [[0] * len(COINS) for _ in range(self.accounts)]

    def value(self, account: int) -> int:
        """Money plus positions at their marks."""
        at_mark: int = sum(map(mul, self.size[account], self.mark))
        return self.raw[account] + at_mark

    def notional(self, account: int) -> int:
        """All positions at their marks, without sign."""
        return sum(map(mul, map(abs, self.size[account]), self.mark))

    def maintenance(self, account: int) -> int:
        """Margin below which the account is liquidated; cut to a unit per position."""
        return sum(self.maintenance_of(account, coin.number) for coin in COINS)

    def maintenance_of(self, account: int, coin: int) -> int:
        """The part of one position."""
        return abs(self.size[account][coin]) * self.mark[coin] // (2 * COINS[coin].leverage)

    def unrealised(self, account: int, coin: int) -> int:
        """What a position has gained at the mark."""
        return self.size[account][coin] * self.mark[coin] - self.cost[account][coin]

    def fill(self, account: int, coin: int, change: int, price: int, fee: int) -> tuple[int, int]:
        """Book one side of a match; gives the size before and the result of the part closed.

        A partial close releases cost in proportion, halves to even; a full one releases all.
        """
        sizes, costs = self.size[account], self.cost[account]
        held = sizes[coin]
        after = held + change
        self.raw[account] -= change * price + fee
        self.totals.trade_fees += fee
        gained = 0
        if held * change >= 0:
            costs[coin] += change * price
        elif held * after > 0:
            released = (
                halves_to_even(costs[coin] * -change, held)
                if held > 0
                else (halves_to_even(costs[coin] * change, -held))
            )
            gained = -change * price - released
            costs[coin] -= released
        else:
            gained = held * price - costs[coin]
            costs[coin] = after * price
        sizes[coin] = after
        self.open_interest[coin] += max(after, 0) - max(held, 0)
        self.totals.closed_pnl += gained
        return held, gained

    def pay_fee(self, account: int, fee: int) -> None:
        """A fee without a change of position: one side of a self-match."""
        self.raw[account] -= fee
        self.totals.trade_fees += fee

    def cash(self, account: int) -> int:
        """Money as if every position had been bought at its cost."""
        return self.raw[account] + sum(self.cost[account])
