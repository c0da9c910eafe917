"""Which balanced transaction stands for each event in plain-text accounting?

Three accounts per trader: Position (lots), Cash, and Cost (the cost of the open quantity, negated).
With them every event balances in the money and in the market's contract, of which nobody issued
any: its total supply is zero. Deposits come from outside the venue. A program that has never heard
of zerosum so proves that lots cancel and money is conserved.
"""

from collections import defaultdict
from collections.abc import Iterator
from typing import Final, NamedTuple

from domain.instants import instant_text
from domain.specification import MarketSpec
from domain.units import AccountId, Decimal10, decimal_text
from domain.venue import Venue
from reports.exports.movements import Leg, Movement
from reports.exports.naming import DEPOSITS, OTHERS, Part, account_name, others_name

_DAY: Final = 86_400 * 10**9
LAST_DAY: Final = (2**63 - 1) // _DAY


class Commodity(NamedTuple):
    """The money or a market's contract, and the smallest amount of it."""

    name: str
    unit: Decimal10
    is_money: bool

    def text(self, amount: int) -> str:
        """Whole units as a decimal with all the places of the commodity, always the same number."""
        whole, _, places = decimal_text(amount * self.unit.mantissa, self.unit.places).partition(
            "."
        )
        return f"{whole}.{places.ljust(self.unit.places, '0')}" if self.unit.places else whole


class Posting(NamedTuple):
    """What one account of the journal gets (+) or gives (-), in whole units."""

    account: str
    owner: AccountId | None
    amount: int
    commodity: Commodity


class Entry(NamedTuple):
    """One event as a transaction; `day` never goes back, `time` is what the log says."""

    day: int
    seq: int
    time: int
    type: str
    market: str | None
    postings: tuple[Posting, ...]


class Assertion(NamedTuple):
    """What an account of the journal holds of a commodity at the end of the window."""

    account: str
    amount: int
    commodity: Commodity


class Journal:
    """Turns movements into entries, and remembers what every account of the journal holds."""

    def __init__(self, venue: Venue, account: AccountId | None = None) -> None:
        """`venue` is the state before the window.

        With an `account` everybody else is one account, Others, and only events that move something
        of it become entries.
        """
        self.venue = venue
        self._account = account
        self._balances: dict[tuple[str, Commodity], int] = {}
        self.magnitude: defaultdict[Commodity, int] = defaultdict(int)
        """Sum of the sizes of all balances: no sum on the way is larger."""
        self.day = max(0, venue.time // _DAY)

    @property
    def money(self) -> Commodity:
        """The venue's quote asset."""
        return Commodity(self.venue.quote, self.venue.quote_unit, is_money=True)

    def opening(self) -> Entry | None:
        """The state before the window as one entry; None before the first event."""
        venue = self.venue
        if venue.head == 0 or venue.kind is None:
            return None
        sums: dict[tuple[str, AccountId | None, Commodity], int] = {}
        for account in sorted(venue.cash):
            self._add(sums, self.money, Leg(account, 0, venue.cash[account], 0), None)
        for name in sorted(venue.markets):
            market = venue.markets[name]
            for account in sorted(market.positions):
                held = market.positions[account]
                leg = Leg(account, held.quantity, 0, held.cost)
                self._add(sums, self.money, leg, market.spec)
        _bring(sums, self.money, venue.net_deposits)
        return self._entry(sums, venue.head, venue.time, "opening balances", None)

    def entry(self, movement: Movement) -> Entry | None:
        """The event as a transaction; None when it moves nothing that is asked for."""
        event, spec = movement.event, movement.spec
        self.day = max(self.day, event["time"] // _DAY)
        if not movement.legs or (
            self._account is not None and all(leg.account != self._account for leg in movement.legs)
        ):
            return None
        sums: dict[tuple[str, AccountId | None, Commodity], int] = {}
        for leg in movement.legs:
            self._add(sums, self.money, leg, spec)
        _bring(sums, self.money, movement.deposited)
        market = None if spec is None else spec.id
        return self._entry(sums, event["seq"], event["time"], event["type"], market)

    def closing(self) -> Iterator[Assertion]:
        """What every account of the journal holds, as the venue knows it, not as entries add up."""
        known = self._holdings()
        for key in sorted(self._balances):
            account, commodity = key
            is_own = account != DEPOSITS and not account.startswith(f"{OTHERS}:")
            amount = known.get(key, 0) if is_own else self._balances[key]
            if account == DEPOSITS and self._account is None:
                amount = -self.venue.net_deposits
            yield Assertion(account, amount, commodity)

    def totals(self) -> Iterator[Assertion]:
        """What all accounts inside the venue hold together: of every contract nothing."""
        commodities = sorted({commodity for _, commodity in self._balances})
        for commodity in commodities:
            brought = -self._balances.get((DEPOSITS, commodity), 0)
            yield Assertion("", brought, commodity)

    def _holdings(self) -> dict[tuple[str, Commodity], int]:
        venue, money = self.venue, self.money
        found: defaultdict[tuple[str, Commodity], int] = defaultdict(int)
        for account, cash in venue.cash.items():
            if self._account in (None, account):
                found[account_name(account, "Cash"), money] = cash
        for market in venue.markets.values():
            contract = contract_of(market.spec)
            for account, held in market.positions.items():
                if self._account in (None, account):
                    found[account_name(account, "Position"), contract] = held.quantity
                    found[account_name(account, "Cost"), money] -= held.cost
        return found

    def _add(
        self,
        sums: dict[tuple[str, AccountId | None, Commodity], int],
        money: Commodity,
        leg: Leg,
        spec: MarketSpec | None,
    ) -> None:
        if spec is not None:
            self._post(sums, leg.account, "Position", leg.quantity, contract_of(spec))
        self._post(sums, leg.account, "Cash", leg.cash, money)
        self._post(sums, leg.account, "Cost", -leg.cost, money)

    def _post(
        self,
        sums: dict[tuple[str, AccountId | None, Commodity], int],
        account: AccountId,
        part: Part,
        amount: int,
        commodity: Commodity,
    ) -> None:
        if amount:
            is_shown = self._account in (None, account)
            name = account_name(account, part) if is_shown else others_name(part)
            key = (name, account if is_shown else None, commodity)
            sums[key] = sums.get(key, 0) + amount

    def _entry(
        self,
        sums: dict[tuple[str, AccountId | None, Commodity], int],
        seq: int,
        time: int,
        kind: str,
        market: str | None,
    ) -> Entry | None:
        postings = tuple(
            Posting(account, owner, amount, commodity)
            for (account, owner, commodity), amount in sums.items()
            if amount
        )
        for posting in postings:
            key = (posting.account, posting.commodity)
            before = self._balances.get(key, 0)
            self._balances[key] = after = before + posting.amount
            self.magnitude[posting.commodity] += abs(after) - abs(before)
        return Entry(self.day, seq, time, kind, market, postings) if postings else None


def _bring(
    sums: dict[tuple[str, AccountId | None, Commodity], int], money: Commodity, deposited: int
) -> None:
    """Money that came from outside left its place there."""
    sums[DEPOSITS, None, money] = -deposited


def contract_of(spec: MarketSpec) -> Commodity:
    """What is held in a market, counted in its base asset."""
    return Commodity(spec.id, spec.lot_size, is_money=False)


def day_text(day: int) -> str:
    """`2026-10-10`; the day after the last instant still has a text."""
    if day > LAST_DAY:
        return "2262-04-12"
    return instant_text(day * _DAY)[:10]
