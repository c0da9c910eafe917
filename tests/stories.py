"""How does a test tell a story, and what did the venue make of it?

`story` plays lines of scenario notation in memory and insists that nothing is refused; `attempt`
lets refusals happen and keeps them in the receipts. Every event is written, read back and examined
on the way, so a story that breaks an invariant fails wherever it is told.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from textwrap import dedent
from typing import Any

from domain.adl.row_key import RowKey
from domain.canonical import canonical_bytes
from domain.envelope import decode, encode
from domain.errors import Rejected
from domain.events import Event
from domain.examination import Examination
from domain.respond import respond
from domain.scenario import ScenarioReader
from domain.submission import read_command
from domain.venue import Venue

CASCADE_MINI_OPENED = """
    market BTC-PERP tick 0.1 lot 0.001 initial 10% maintenance 5% vault vault cap 120000
    deposit alice 102000
    deposit bob 8000
    deposit carol 325000
    deposit dave 30000
    deposit erin 200000
    deposit vault 20000
    mark 60000
    sell bob 1 @ 60000
    sell dave 2.5 @ 60000
    sell carol 6.5 @ 60000
    buy alice 10 @ 60000
    buy erin 6 @ 51000
    buy erin 5 @ 47900
"""
CASCADE_MINI_WAITING = f"""{CASCADE_MINI_OPENED}
    mark 52000              # the book is enough
    mark 49000              # the vault takes 2.5 and is at its cap
"""
CASCADE_MINI = f"""{CASCADE_MINI_WAITING}
    mark 47600              # alice is 600 below zero, with 1.5 BTC left
"""
"""The worked example of the design; the parts stop earlier."""

PLAIN_MARKET = "market M tick 1 lot 1 initial 10% maintenance 5%"
"""One tick and one lot are one whole quote, so a point is 1,000,000 quote units."""

UNIT = 10**6


@dataclass(frozen=True)
class Receipt:
    """What one command of a line was answered with."""

    line: int
    text: str
    events: tuple[Event, ...]
    rejected: Rejected | None = None


@dataclass
class Told:
    """A venue at the end of a story, with all its events and the answer to each command."""

    venue: Venue = field(default_factory=Venue)
    events: list[Event] = field(default_factory=list)
    receipts: list[Receipt] = field(default_factory=list)
    row_key: RowKey | None = None

    def __post_init__(self) -> None:
        self._reader = ScenarioReader(self.venue)
        self._examination = Examination(self.venue, self.row_key)
        self._line = 0

    @property
    def codes(self) -> list[str]:
        """The refusals, in order."""
        return [r.rejected.code for r in self.receipts if r.rejected is not None]

    def of(self, kind: str) -> list[dict[str, Any]]:
        """The facts of one stored name without its version, in order."""
        return [event["data"] for event in self.events if event["type"] == f"{kind}/1"]

    def kinds(self, receipt: int = -1) -> list[str]:
        """The stored names of one answer, without versions."""
        return [event["type"].partition("/")[0] for event in self.receipts[receipt].events]

    def quantity(self, account: str, market: str | None = None) -> int:
        """Signed lots; without a market, in the only one."""
        positions = self.venue.markets[market or min(self.venue.markets)].positions
        return positions[account].quantity if account in positions else 0

    def then(self, text: str) -> "Told":
        """The same story with more lines, all of them accepted."""
        before = len(self.receipts)
        self.attempt(text)
        refused = [r for r in self.receipts[before:] if r.rejected is not None]
        assert not refused, f"line {refused[0].line} ({refused[0].text}): {refused[0].rejected}"
        return self

    def attempt(self, text: str) -> "Told":
        """The same story with more lines, refused or not."""
        for line in dedent(text).splitlines():
            self._line += 1
            try:
                commands = self._reader.commands(line)
            except Rejected as unread:
                self.receipts.append(Receipt(self._line, line, (), unread))
                continue
            for command in commands:
                self.send(command, line)
        return self

    def send(self, command: Mapping[str, Any] | str | bytes, text: str = "") -> Receipt:
        """Hand one command in as it stands."""
        shown = text or str(command)[:200]
        try:
            response = respond(self.venue, read_command(command), self.row_key)
        except Rejected as unread:
            receipt = Receipt(self._line, shown, (), unread)
        else:
            for event in response.events:
                self._record(event)
            receipt = Receipt(self._line, shown, response.events, response.rejected)
        self.receipts.append(receipt)
        found = self._examination.at_end()
        assert not found, f"{shown}: {found}"
        return receipt

    def _record(self, event: Event) -> None:
        raw = encode(event)
        assert raw == canonical_bytes(event)
        assert decode(raw) == event
        self.events.append(event)
        found = self._examination.apply(event)
        assert not found, f"seq {event['seq']} {event['type']}: {found}"


def story(text: str, row_key: RowKey | None = None) -> Told:
    """A story in which nothing is refused."""
    return Told(row_key=row_key).then(text)


def attempt(text: str) -> Told:
    """A story in which commands may be refused."""
    return Told().attempt(text)
