"""Where in an archive does a fault go, and what does it do to the rows around it?"""

import json
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from importers.hyperliquid_generator.coins import COINS

Raw = dict[str, Any]
NO_HASH = "0x" + "0" * 64


def text_of(value: Any) -> str:
    """JSON as the archive writes it."""
    return json.dumps(value, separators=(",", ":"))


@dataclass
class Consequences:
    """What an importer must say of all faults, and which accounts it may not know exactly."""

    placed: Counter[str] = field(default_factory=Counter)
    expected: Counter[str] = field(default_factory=Counter)
    spoiled: set[str] = field(default_factory=set)
    flagged: set[str] = field(default_factory=set)


@dataclass
class Site:
    """A match in a block: its two rows stand at `at` and `at + 1` of the block's events."""

    block: Raw
    at: int
    spare: Raw
    """The block as it was, to copy from."""
    found: Consequences
    number: int
    before: list[str] = field(default_factory=list)
    after: list[str] = field(default_factory=list)
    text: Callable[[str], str | None] | None = None
    lost: list[int] = field(default_factory=list)
    doubtful: frozenset[str] = frozenset()
    """Accounts that lost a row of this coin before: what their position cost is not known."""
    ended: frozenset[int] = frozenset()
    """Rows after which the account has no other of the coin."""

    @property
    def rows(self) -> tuple[Raw, Raw]:
        """The fills of the match."""
        events = self.block["events"]
        return events[self.at][1], events[self.at + 1][1]

    def one(self) -> Raw:
        """One of both, in turn."""
        return self.rows[self.number % 2]

    @property
    def chosen(self) -> int:
        """Index of that one."""
        return self.at + self.number % 2

    def expect(self, *names: str, times: int = 1) -> None:
        """The importer must say this."""
        for name in names:
            self.found.expected[name] += times

    def loses(self, *indices: int, says: bool = True) -> None:
        """These rows will not be booked: their accounts are off until their next row."""
        for index in indices:
            user, _ = self.spare["events"][index]
            self.found.spoiled.add(user)
            if says and index not in self.ended:
                self.found.flagged.add(user)
                self.lost.append(index)
                self.expect("finding:chain_break")

    def rejects(self, reason: str) -> None:
        """The chosen row is refused for this reason, so its partner stands alone."""
        self.expect(f"reason:{reason}", "count:single_sides")
        self.loses(self.chosen)

    def rejects_line(self, reason: str, spoil: Callable[[str], str | None]) -> None:
        """The rows of the match stand on a line of their own, and that is refused."""
        self.expect(f"reason:{reason}")
        self.loses(self.at, self.at + 1)
        self.text = spoil

    def lines(self) -> Iterator[str]:
        """The lines that stand instead of the block's one."""
        yield from self.before
        if self.text is None:
            yield text_of(self.block)
        else:
            events = self.block["events"]
            parts = (events[: self.at], events[self.at : self.at + 2], events[self.at + 2 :])
            for number, part in enumerate(parts):
                line = text_of({**self.block, "events": part})
                spoiled = self.text(line) if number == 1 else line
                if spoiled is not None and (part or number == 1):
                    yield spoiled
        yield from self.after


FillFault = Callable[[Site], None]


@dataclass
class MiscSite:
    """A block of misc events and the one of them that is to be spoiled."""

    block: Raw
    at: int
    found: Consequences
    number: int
    users: list[str]
    after: list[str] = field(default_factory=list)

    @property
    def event(self) -> Raw:
        """The event."""
        found: Raw = self.block["events"][self.at]
        return found

    def expect(self, *names: str, times: int = 1) -> None:
        """The importer must say this."""
        for name in names:
            self.found.expected[name] += times

    def beside(self, inner: Raw) -> None:
        """Another event in the same block, with a hash of its own block."""
        hash_ = self.event["hash"]
        if hash_ == NO_HASH:
            hash_ = "0x" + "7a" * 10 + f"04{self.block['block_number']:08x}" + "0" * 34
        hash_ = f"{hash_[:-8]}{self.number:08x}"
        self.block["events"].append({**self.event, "hash": hash_, "inner": inner})

    def loses(self, *users: str) -> None:
        """Money of these accounts is off, and the rows say nothing about it."""
        self.found.spoiled.update(users)


MiscFault = Callable[[MiscSite], None]
FundingFault = tuple[Callable[[Raw], list[Raw]], str, bool]
"""What becomes of one payment, the reason it gives, and whether the payment is lost."""


class NotHereError(Exception):
    """The fault does not fit this event."""


def off_by_a_lot(text: str, coin: str) -> str:
    """A position one lot larger; none where there is no position."""
    number = Decimal(text)
    if not number:
        raise NotHereError
    places = next(one.size_places for one in COINS if one.name == coin)
    return str(number + Decimal(1).scaleb(-places).copy_sign(number))


def off_by_a_step(text: str, coin: str) -> str:
    """A price one unit higher."""
    places = next(one.price_places for one in COINS if one.name == coin)
    return str(Decimal(text) + Decimal(1).scaleb(-places))
