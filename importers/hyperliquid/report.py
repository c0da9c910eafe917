"""What became of every row of an import, and do the sums agree?

Rows in = moved + no effect + rejected, with one of a closed list of reasons for each rejected row.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Final

from domain.venue import Venue
from importers.hyperliquid.accounts import AccountSums, CheckedAccount
from importers.hyperliquid.assertions import Assertions, CashCompared
from importers.hyperliquid.checks import Check, Checks
from importers.hyperliquid.funding_rounds import FundingRound
from importers.hyperliquid.rows import NOTHING, Place, Reason, Refused, StreamOrder

LISTED_BREAKS = 1_000
LISTED_REJECTS = 10_000
REFUSED_AS: Final[dict[str, Reason]] = {
    "F1": "bad_field",
    "F2": "bad_scale",
    "F6": "hash_mismatch",
    "F7": "bad_time",
}
"""Checks whose breach refuses the row, and with which reason."""


@dataclass(slots=True)
class Rejections:
    """Rows refused for one reason: how many, their amounts, the first and the last."""

    count: int = 0
    amount: Fraction = NOTHING
    first: str = ""
    last: str = ""


@dataclass(slots=True)
class Finding:
    """Something worth knowing that refuses nothing: how often, first and last."""

    count: int = 0
    first: str = ""
    last: str = ""


@dataclass(slots=True)
class FileCount:
    """What a file held: its lines, and the rows in them by outcome."""

    lines: int = 0
    moved: int = 0
    no_effect: int = 0
    rejected: int = 0

    @property
    def rows(self) -> int:
        """All rows."""
        return self.moved + self.no_effect + self.rejected


@dataclass(frozen=True, slots=True)
class ChainBreak:
    """A row that does not begin where its account stood; lots."""

    place: str
    account: str
    coin: str
    held: int
    start: int


@dataclass(slots=True)
class ImportReport:
    """The account that an import gives of itself."""

    files: dict[str, FileCount] = field(default_factory=dict)
    left_out: list[str] = field(default_factory=list)
    digests: dict[str, bytes] = field(default_factory=dict)
    blocks: int = 0
    block_events: int = 0
    kinds: Counter[tuple[str, str]] = field(default_factory=Counter)
    reasons: dict[Reason, Rejections] = field(default_factory=dict)
    rejected: list[Refused] = field(default_factory=list)
    recorded_before: int = 0
    counts: Counter[str] = field(default_factory=Counter)
    findings: dict[str, Finding] = field(default_factory=dict)
    breaks: list[ChainBreak] = field(default_factory=list)
    quantised: int = 0
    assertions: Assertions = field(default_factory=Assertions)
    checks: Checks = field(default_factory=Checks)
    cash_compared: list[CashCompared] = field(default_factory=list)
    funding_rounds: list[FundingRound] = field(default_factory=list)
    refused_kinds: Counter[tuple[str, Reason]] = field(default_factory=Counter)
    accounts: dict[str, AccountSums] = field(default_factory=dict)
    derived_accounts: set[str] = field(default_factory=set)
    inferred_scales: dict[str, int] = field(default_factory=dict)
    single_tier: list[str] = field(default_factory=list)
    readings: dict[str, str] = field(default_factory=dict)
    order: StreamOrder = "misc-first"
    facts: int = 0
    checked: list[CheckedAccount] = field(default_factory=list)
    conservation: dict[str, int] = field(default_factory=dict)
    net_difference: int = 0
    outside: dict[str, tuple[int, dict[str, int]]] = field(default_factory=dict)
    places: dict[str, int] = field(default_factory=dict)

    @property
    def lines(self) -> int:
        """Lines of all files."""
        return sum(file.lines for file in self.files.values())

    @property
    def moved(self) -> int:
        """Rows that were booked."""
        return sum(file.moved for file in self.files.values())

    @property
    def no_effect(self) -> int:
        """Rows that move nothing by rule."""
        return sum(file.no_effect for file in self.files.values())

    @property
    def rejected_rows(self) -> int:
        """Rows that were not applied."""
        return sum(file.rejected for file in self.files.values())

    @property
    def rows_in(self) -> int:
        """All rows."""
        return sum(file.rows for file in self.files.values())

    @property
    def is_complete(self) -> bool:
        """Whether every row was applied, now or by an earlier import."""
        return self.rejected_rows == self.recorded_before

    @property
    def statuses(self) -> Counter[str]:
        """How many accounts have each status; an account in several doubts counts under all."""
        return Counter(account.status for account in self.checked)

    @property
    def holds(self) -> bool:
        """Whether all identities and conservation hold."""
        return (
            all(account.is_exact for account in self.checked)
            and not any(self.conservation.values())
            and not self.net_difference
        )

    def apply_row(self, place: Place, kind: str) -> None:
        """A row that was booked."""
        self.files[place.file].moved += 1
        self.kinds[kind, "moved"] += 1

    def pass_row(self, place: Place, kind: str) -> None:
        """A row that moves nothing by rule."""
        self.files[place.file].no_effect += 1
        self.kinds[kind, "no_effect"] += 1

    def refuse_row(self, row: Refused) -> None:
        """A row that is not applied."""
        self._count_refused(row)
        if len(self.rejected) < LISTED_REJECTS:
            self.rejected.append(row)

    def _count_refused(self, row: Refused) -> None:
        self.files[row.place.file].rejected += 1
        self.kinds[row.kind, "rejected"] += 1
        self.refused_kinds[row.kind, row.code] += 1
        found = self.reasons.setdefault(row.code, Rejections(first=row.place.text()))
        found.count += 1
        found.amount += row.amount
        found.last = row.place.text()

    def pass_known(self, row: Refused) -> None:
        """A row that an earlier import recorded: counted as rejected, not listed."""
        self._count_refused(row)
        self.recorded_before += 1

    def pass_known_fills(
        self, files: Mapping[str, int], amount: Fraction, first: Place, last: Place
    ) -> None:
        """Many fills that an earlier import recorded."""
        rows = sum(files.values())
        for name, count in files.items():
            self.files[name].rejected += count
        self.kinds["fill", "rejected"] += rows
        found = self.reasons.setdefault("duplicate", Rejections(first=first.text()))
        found.count += rows
        found.amount += amount
        found.last = last.text()
        self.recorded_before += rows

    def find(self, name: str, place: Place) -> None:
        """Something worth knowing."""
        found = self.findings.setdefault(name, Finding(first=place.text()))
        found.count += 1
        found.last = place.text()

    def count(self, name: str, times: int = 1) -> None:
        """Count something that is neither row nor finding."""
        self.counts[name] += times

    def chain_break(self, place: Place, account: str, coin: str, held: int, start: int) -> None:
        """A row that begins elsewhere than its account stands."""
        self.find("chain_break", place)
        if len(self.breaks) < LISTED_BREAKS:
            self.breaks.append(ChainBreak(place.text(), account, coin, held, start))

    def close(self, venue: Venue) -> None:
        """Check the identities and conservation against the books."""
        self._close_checks()
        self.checked = [self.accounts[name].checked(venue) for name in sorted(self.accounts)]
        self.places = {
            name: venue.markets[name].spec.lot_size.places for name in sorted(venue.markets)
        }
        self.conservation = {
            name: sum(position.quantity for position in venue.markets[name].positions.values())
            for name in sorted(venue.markets)
        }
        cost = sum(
            position.cost
            for market in venue.markets.values()
            for position in market.positions.values()
        )
        self.net_difference = sum(venue.cash.values()) - cost - venue.net_deposits
        self.outside = {
            name: (
                venue.cash[name],
                {
                    market: venue.markets[market].positions[name].quantity
                    for market in venue.holdings.get(name, ())
                },
            )
            for name in sorted(venue.accounts)
            if name.startswith(("outside:", "rounding:")) or name == "treasury"
        }

    def _close_checks(self) -> None:
        """What every fill was looked at for, from the counts of fills and of refusals."""
        booked = self.kinds["fill", "moved"]
        for name, code in REFUSED_AS.items():
            refused = self.refused_kinds["fill", code]
            if booked or refused:
                found = self.reasons.get(code)
                first, last = (found.first, found.last) if refused and found else ("", "")
                self.checks.found[name] = Check(booked + refused, refused, first, last)
        if booked:
            breaks = self.findings.get("chain_break", Finding())
            self.checks.found["F3"] = Check(booked, breaks.count, breaks.first, breaks.last)
            grown = self.checks.found.setdefault("F4", Check())
            grown.checked = booked
