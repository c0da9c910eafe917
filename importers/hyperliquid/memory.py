"""Which rows does the log hold already, and which positions has it met?

Read from the events of the log: every event of a row carries the row's key, so the same row is
known again whatever file brings it.
"""

from collections.abc import Iterable

from domain.audit.exact_marks import ExactMarks
from domain.audit.knowledge import HARMLESS_REFUSALS
from domain.events import Event
from domain.position import Position
from importers.hyperliquid.digests import Digests
from importers.hyperliquid.liquidation_chains import LiquidationChains

KEYS = ("key", "key_of_partner")
ROLES = ("buyer", "seller", "bankrupt", "victim", "vault")
MIDWAY = frozenset({"gap", "opening"})
OUTSIDE = "outside:"
UNKNOWN_CASH = "unknown cash"
UNCERTAIN_CASH = "cash uncertain"
OPENING_CASH = "opening_cash"
STATE_KEY = "state|"
"""Keys of rows of snapshots and account states begin like this."""


class Memory:
    """Keys of recorded rows as digests, which positions were met, and what is in doubt.

    `met` holds every (account, coin) that ever traded: flat is not the same as never seen.
    `marked` is the time of each coin's last mark. A coin whose marks come by block is
    `exactly_marked`: its mark is the one of the instant, not one of some minute before. `began` is
    the instant and block of the snapshot that the log starts from, if it does.
    """

    def __init__(self) -> None:
        self._keys = Digests()
        self.met: set[tuple[str, str]] = set()
        self._gaps: dict[tuple[str, str], int] = {}
        self.doubts: dict[str, set[str]] = {}
        self.uncertain: set[str] = set()
        """Accounts that a fact of the log leaves in doubt, until a state says what they have."""
        self._fresh: set[str] = set()
        self._given: dict[str, int] = {}
        self.began: tuple[int, int | None] | None = None
        self.marked: dict[str, int] = {}
        self._exact = ExactMarks()
        self.exactly_marked = self._exact.markets
        self.chains = LiquidationChains()

    @classmethod
    def of(cls, events: Iterable[Event]) -> "Memory":
        """What a log remembers."""
        memory = cls()
        for event in events:
            source = event["source"]
            for name in KEYS:
                if name in source:
                    memory._keys.add(str(source[name]))
            memory.meet(event)
        return memory

    @property
    def is_empty(self) -> bool:
        """Whether no row was recorded before."""
        return not self._keys

    def knows(self, key: str) -> bool:
        """Whether a row of this key was recorded by an earlier import."""
        return key in self._keys

    def doubt(self, account: str) -> set[str]:
        """What is in doubt about an account; the set is the memory's own."""
        return self.doubts.setdefault(account, set())

    def meet(self, event: Event) -> None:
        """Learn which positions an event touches, and what it says about accounts."""
        kind = event["type"]
        if kind == "market.mark_price_updated/1":
            coin = event["stream"].partition("/")[2]
            self.marked[coin] = event["time"]
            self._exact.meet(event)
            return
        if not kind.startswith("market."):
            self._meet_account(kind, event)
            return
        self.chains.meet(event)
        data, coin = event["data"], event["stream"].partition("/")[2]
        purpose = data.get("purpose")
        for role in ROLES:
            name = data.get(role)
            if isinstance(name, str):
                self.met.add((name, coin))
                if self._fresh and name in self._fresh:
                    self._begins_without_money(name)
                if purpose in MIDWAY:
                    self._meet_midway(name, coin, event)

    def _meet_midway(self, account: str, coin: str, event: Event) -> None:
        """A position whose beginning or whose way is not known."""
        if event["data"]["purpose"] == "gap":
            self._gaps[account, coin] = event["seq"]
            why = "gap"
        elif str(event["source"].get("key", "")).startswith(STATE_KEY):
            self.doubt(account).discard(UNKNOWN_CASH)
            return
        else:
            why = "unknown opening"
        if not account.startswith(OUTSIDE):
            self.doubt(account).add(why)
            self.doubt(account).discard(UNKNOWN_CASH)

    def _begins_without_money(self, account: str) -> None:
        """The log's first word of an account is no money that came in: what it had is unknown."""
        self._fresh.discard(account)
        self.doubt(account).add(UNKNOWN_CASH)

    def _meet_account(self, kind: str, event: Event) -> None:
        if kind == "venue.fact_rejected/1" and is_doubtful(event["data"]["code"]):
            for name in ("account", "account_of_partner"):
                account = event["source"].get(name)
                if account is not None:
                    self.doubt(str(account)).add(UNCERTAIN_CASH)
                    self.uncertain.add(str(account))
        elif kind == "account.opened/1":
            account = event["stream"].partition("/")[2]
            if not account.startswith((OUTSIDE, "rounding:")):
                self._fresh.add(account)
        elif kind == "account.collateral_deposited/1":
            self._fresh.discard(event["stream"].partition("/")[2])
        elif kind == "account.collateral_withdrawn/1":
            account = event["stream"].partition("/")[2]
            if account in self._fresh:
                self._begins_without_money(account)
        elif kind == "account.collateral_moved/1":
            self._meet_move(event)

    def _meet_move(self, event: Event) -> None:
        data = event["data"]
        reason, receiver = data["reason"], data["to"]
        if reason == OPENING_CASH:
            account = str(event["source"].get("account", ""))
            self.doubt(account).difference_update((UNCERTAIN_CASH, UNKNOWN_CASH, "unknown opening"))
            self.uncertain.discard(account)
            self._fresh.discard(account)
            self._given[account] = event["seq"]
            if self.began is None and "start" in event["source"]:
                block = event["source"].get("block")
                self.began = (event["time"], None if block is None else int(block))
        elif self._fresh:
            if reason != "funding":
                self._fresh.discard(receiver)
            for account in (receiver, data["from"]):
                if account in self._fresh:
                    self._begins_without_money(account)

    def is_basis_known(self, account: str, coin: str, position: Position | None) -> bool:
        """Whether a position's cost is what its holder paid; after a gap only once it was flat."""
        if position is None:
            return True
        return position.basis_known and position.opened_seq > self._gaps.get((account, coin), -1)

    def is_given(self, account: str, position: Position) -> bool:
        """Whether a state gave the account's equity while it held the position."""
        return position.opened_seq <= self._given.get(account, -1)


def is_doubtful(code: str) -> bool:
    """Whether an account's cash is not certain any more after a row refused for this reason."""
    return code not in HARMLESS_REFUSALS
