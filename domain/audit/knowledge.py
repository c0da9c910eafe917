"""What does a recorded log know about each account, and what can it not know?

The books of a recorded log are exact about what was recorded. An account that was met in the middle
of its life, whose rows have a gap, or whose money moved in a row that nobody could apply has books
that are too small: its equity is unknown, not what the books add up to. Only facts that stand
before a close count here, so nothing that is recorded later changes an audit.
"""

from enum import StrEnum
from typing import Any, Final

from domain.audit.exact_marks import ExactMarks
from domain.events import Event
from domain.market import Market
from domain.parties import parties
from domain.units import AccountId, MarketId

OUTSIDE: Final = ("outside:", "rounding:")
"""Accounts that stand for what an archive does not show; nobody holds anything in them."""

SELF_MATCH: Final = "outside:self-match:"
"""Through these goes what an account trades with itself."""

HARMLESS_REFUSALS: Final = frozenset(
    {"out_of_scope", "duplicate", "aggregate", "before_snapshot", "after_end"}
)
"""Codes of refused rows that cannot have changed what an account holds here."""

FUNDING_INCOMPLETE: Final = "funding_incomplete"
"""Code of a fact: payers of an hour's funding are missing, and the account may be one of them."""

SNAPSHOT: Final = "snapshot"
"""How the source of an opening says that it is one of all positions of an instant."""

OPENING_CASH: Final = "opening_cash"
"""Why money moves when a recorded state says what an account has."""

CHANGES_AT_MOST: Final = 100_000
"""So many changes are remembered; who has not looked for longer looks at everybody."""

FUNDING_AT_LATEST: Final = 65 * 60 * 1_000_000_000
"""Funding is paid hourly, a moment after the hour: longer without any, and an hour is missing."""

_BASIS: Final = ("opening_basis", "gap_basis")


class Doubt(StrEnum):
    """Why a number of an account is not known."""

    OPENING_UNKNOWN = "opening_unknown"
    GAP = "gap"
    CASH_UNKNOWN = "cash_unknown"
    CASH_UNCERTAIN = "cash_uncertain"
    FUNDING_MISSING = "funding_missing"
    BASIS_UNKNOWN = "basis_unknown"
    MARK_MISSING = "mark_missing"
    MARK_OLD = "mark_old"


class Missing(StrEnum):
    """What no single account's doubt says, and a verdict needs all the same."""

    UNSEEN_HOLDERS = "unseen_holders"
    REFUSED_ROWS = "refused_rows"
    ORDER_IN_BLOCK = "order_in_block"
    BANKRUPT_UNKNOWN = "bankrupt_unknown"


class Assumption(StrEnum):
    """A doubt that the caller takes upon himself; every answer names it."""

    NO_UNSEEN_HOLDERS = "no-unseen-holders"
    REFUSED_ROWS_MOVE_NOTHING = "refused-rows-move-nothing"
    MARKS_STILL_HOLD = "marks-still-hold"


class Origin(StrEnum):
    """When the money that an account had before its first row is taken to be nothing."""

    DEPOSIT = "deposit"
    """When its first row brings money; else its cash is unknown."""
    STATE = "state"
    """Never: only a state that was recorded says what an account had."""


_STATED: Final = (
    Doubt.OPENING_UNKNOWN,
    Doubt.CASH_UNKNOWN,
    Doubt.CASH_UNCERTAIN,
    Doubt.FUNDING_MISSING,
)


def is_outside(account: AccountId) -> bool:
    """Whether an account only stands for what the archive does not show."""
    return account.startswith(OUTSIDE)


class Knowledge:
    """Doubts by account, marks by market, and whom the latest events touched.

    `see` is called with every event, before or after it is folded; it asks the venue nothing.
    """

    def __init__(self, origin: Origin = Origin.DEPOSIT) -> None:
        self._origin = origin
        self._doubts: dict[AccountId, tuple[Doubt, ...]] = {}
        self.changed: list[AccountId] = []
        """Accounts in the order in which events touched them, since the last `forget`."""
        self.generation = 0
        """How often the list of changes was begun anew."""
        self.mark_times: dict[MarketId, tuple[int | None, int | None]] = {}
        self._exact = ExactMarks()
        self.exactly_marked = self._exact.markets
        """Markets whose every mark stands in the log with its block: none is ever old."""
        self.marks_seq = 0
        """Seq of the last mark of any market."""
        self.met_midway: dict[MarketId, int] = {}
        """How many positions of a market were met midway, broke, or have no other side."""
        self.begun: set[MarketId] = set()
        """Markets whose books begin with the positions of a snapshot."""
        self.unattributed_count = 0
        """How many rows were refused whose account nobody knows."""
        self._funded: int | None = None
        """When a block last paid funding; None before the first and once an hour was missed."""

    def doubts(self, account: AccountId) -> tuple[Doubt, ...]:
        """Why the account's money is not known; nothing for one whose books are its own."""
        return self._doubts.get(account, (Doubt.CASH_UNKNOWN,))

    def unseen_holders(self, market: Market) -> int:
        """How many signs there are that somebody holds what no row shows."""
        # A snapshot's positions do not sum to zero: the rest is held by whom it does not show.
        rest = market.id in self.begun and f"outside:opening:{market.id}" in market.positions
        return self.met_midway.get(market.id, 0) + rest

    def reach(self, time: int) -> None:
        """Notice that the log has come this far: whoever was there may lack an hour's funding."""
        if self._funded is None or time - self._funded <= FUNDING_AT_LATEST:
            return
        self._funded = None
        for account in self._doubts:
            self._doubt(account, Doubt.FUNDING_MISSING)
        self.changed = []
        self.generation += 1

    def see(self, event: Event) -> None:
        """Learn from the next event."""
        self.reach(event["time"])
        if len(self.changed) > CHANGES_AT_MOST:
            self.changed = []
            self.generation += 1
        kind = event["type"]
        if kind == "market.trade_executed/1":
            self._traded(event)
        elif kind == "market.mark_price_updated/1":
            market = event["stream"][7:]
            self.mark_times[market] = (
                event["time"],
                self.mark_times.get(market, (None, None))[0],
            )
            self.marks_seq = event["seq"]
            self._exact.meet(event)
        elif kind == "account.collateral_deposited/1":
            self._paid_in(event["stream"][8:])
        elif kind == "account.collateral_moved/1":
            self._moved(event["data"])
            if event["data"]["reason"] == "funding" and "block" in event["source"]:
                self._funded = event["time"]
        elif kind == "venue.fact_rejected/1":
            self._refused(event)
        elif kind == "market.funding_settled/1":
            self.marks_seq = event["seq"]
        elif kind != "account.opened/1":
            names = parties(event)
            for account in names:
                self._touch(account)
            if any(map(is_outside, names)) and event["stream"][:7] == "market/":
                self._midway(event["stream"][7:])

    def _touch(self, account: AccountId) -> None:
        self.changed.append(account)
        if account not in self._doubts:
            self._doubts[account] = (Doubt.CASH_UNKNOWN,)

    def _doubt(self, account: AccountId, doubt: Doubt) -> None:
        known = self._doubts.get(account, ())
        if doubt not in known and not is_outside(account):
            self._doubts[account] = (*known, doubt)

    def _traded(self, event: Event) -> None:
        data = event["data"]
        buyer, seller = data["buyer"], data["seller"]
        purpose = data["purpose"]
        if purpose in ("opening", "gap"):
            doubt = Doubt.OPENING_UNKNOWN if purpose == "opening" else Doubt.GAP
            for account in (buyer, seller):
                self.changed.append(account)
                self._doubt(account, doubt)
            if event["source"].get("start") == SNAPSHOT:
                # All positions of an instant: what they do not show is their sum, if any.
                self.begun.add(event["stream"][7:])
            else:
                self._midway(event["stream"][7:])
            return
        self._touch(buyer)
        self._touch(seller)
        other = seller if buyer[:8] != "outside:" else buyer
        # What an account trades with itself goes out and comes back: nobody else holds it.
        if other[:8] == "outside:" and not other.startswith(SELF_MATCH):
            self._midway(event["stream"][7:])

    def _midway(self, market: MarketId) -> None:
        self.met_midway[market] = self.met_midway.get(market, 0) + 1

    def _paid_in(self, account: AccountId) -> None:
        self.changed.append(account)
        if account not in self._doubts:
            is_known = self._origin is Origin.DEPOSIT
            self._doubts[account] = () if is_known else (Doubt.CASH_UNKNOWN,)

    def _moved(self, data: dict[str, Any]) -> None:
        payer, receiver, reason = data["from"], data["to"], data["reason"]
        if reason == OPENING_CASH:
            for account in (payer, receiver):
                self._stated(account)
            return
        if reason == "funding" or reason in _BASIS:
            # Who is paid funding holds something: as a first row that is a position never seen.
            self._touch(payer)
            self._touch(receiver)
            return
        self._touch(payer)
        self._paid_in(receiver)

    def _stated(self, account: AccountId) -> None:
        """A state says what money the account has; of its positions it does not say the cost."""
        self.changed.append(account)
        left = (doubt for doubt in self._doubts.get(account, ()) if doubt not in _STATED)
        self._doubts[account] = tuple(left)

    def _refused(self, event: Event) -> None:
        data, source = event["data"], event["source"]
        if data["code"] in HARMLESS_REFUSALS:
            return
        named = [source[key] for key in ("account", "account_of_partner") if key in source]
        for account in map(str, named):
            self.changed.append(account)
            is_funding = data["code"] == FUNDING_INCOMPLETE
            self._doubt(account, Doubt.FUNDING_MISSING if is_funding else Doubt.CASH_UNCERTAIN)
        if named:
            return
        self.unattributed_count += 1
