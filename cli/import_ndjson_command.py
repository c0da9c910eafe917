"""How does the log of another store continue this one, byte for byte?

Each line is judged strictly: canonical bytes, known type, exact shape, next seq, and a fact that
folds. What cannot be read ends the import with its line; batches that were complete stay.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import IO

import click

from cli.errors import REJECTED, CommandFailed, Failure
from cli.output import show
from cli.progress import Progress
from cli.reading import as_of, rows_follow
from cli.settings import Question, settings_of
from domain.envelope import LARGEST_EVENT, UnreadableEventError, decode
from domain.events import Event
from domain.redecide import decide_again
from domain.venue import Venue
from domain.watch import MarginWatch
from ledger.errors import LogOutOfOrder
from ledger.ledger import Ledger
from ledger.reader import Row
from ledger.recording import Recorded
from reports.exports.movements import moved_by
from reports.page import Json, Page


@click.command("ndjson", cls=Question, epilog="Example: zerosum import ndjson events.ndjson")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.pass_context
def import_ndjson(context: click.Context, file: Path) -> None:
    """Append the events of a raw export; the root is the same.

    Events that this log has already are compared and passed over, so importing twice changes
    nothing. Lines after them continue the log.
    """
    with Ledger.open(settings_of(context).url) as ledger, file.open("rb") as lines:
        foreign = _Lines(ledger, lines)
        events = Progress(context, "importing events").over(foreign.fresh())
        try:
            recorded = ledger.append_events(events)
        except (_Refused, LogOutOfOrder) as fault:
            rows_follow(context, ledger)
            raise _failure(file, foreign, ledger, fault) from fault
        rows_follow(context, ledger)
        _show(context, ledger, foreign, recorded)


class _Refused(Exception):
    """A line that cannot be taken in."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class _Lines:
    """Reads line after line, and folds whole chains: what one command caused comes in at once."""

    def __init__(self, ledger: Ledger, lines: IO[bytes]) -> None:
        self._ledger = ledger
        self._lines = lines
        self._venue = ledger.venue_at(ledger.head)
        if self._venue.watch is None:
            self._venue.watch = MarginWatch(self._venue)
        self.number = 0
        self.read = 0
        self.repeated = 0

    def fresh(self) -> Iterator[Event]:
        """The events after those that the log has already."""
        head = self._ledger.head
        held = iter(self._ledger.rows(1, head)) if head else iter(())
        chain: list[tuple[int, Event]] = []
        for raw, event in self._events():
            seq = event["seq"]
            if seq <= head:
                self._pass_over(raw, seq, held)
                continue
            if event["cause"] == seq and chain:
                yield from self._folded(chain)
                chain = []
            chain.append((self.number, event))
        self._refuse_torn(chain)
        yield from self._folded(chain)

    def _pass_over(self, raw: bytes, seq: int, held: Iterator[Row]) -> None:
        """Count an event that the log has already; refuse another one at its place."""
        for row in held:
            if row.seq >= seq:
                if (row.seq, row.raw) != (seq, raw):
                    break
                self.repeated += 1
                return
        raise _Refused("log_out_of_order", f"event {seq} of this log is another one")

    def _folded(self, chain: list[tuple[int, Event]]) -> Iterator[Event]:
        """The events of a chain; refuses what no venue could have written."""
        read = self.number
        for self.number, event in chain:
            _fold(self._venue, event)
            yield event
        self.number = read

    def _refuse_torn(self, chain: list[tuple[int, Event]]) -> None:
        """Refuse an end in the middle of what one command caused: nothing could follow it."""
        if not chain or self._venue.kind != "decided" or chain[0][1]["seq"] != self._venue.head + 1:
            return
        try:
            decided = len(decide_again(self._venue, chain[0][1]))
        except _UNFIT:
            return  # folding it says what is wrong with it
        if len(chain) < decided:
            raise _Refused(
                "truncated_chain",
                f"the file ends after {len(chain)} of the {decided} events of one command",
            )

    def _events(self) -> Iterator[tuple[bytes, Event]]:
        # One byte more than the longest event and its newline: a line of any length is refused
        # without being read to its end.
        while line := self._lines.readline(LARGEST_EVENT + 2):
            self.number += 1
            self.read = self.number
            raw = line.removesuffix(b"\n")
            if len(raw) > LARGEST_EVENT:
                raise _Refused("bad_line", f"longer than the {LARGEST_EVENT} bytes of any event")
            try:
                yield raw, decode(raw)
            except UnreadableEventError as fault:
                if raw == line:
                    raise _Refused(
                        "truncated_line", f"the last line ends in its middle: {fault}"
                    ) from fault
                raise _Refused("bad_line", str(fault)) from fault


_UNFIT = (LookupError, ValueError, TypeError, ArithmeticError, AttributeError)
"""What folding an event raises that does not fit the state before it."""


def _fold(venue: Venue, event: Event) -> None:
    """Refuse what no venue could have written: it would lie in the log like a stone."""
    seq, stream = event["seq"], event["stream"]
    if seq != venue.head + 1 or event["version"] != venue.versions.get(stream, 0) + 1:
        raise _Refused(
            "log_out_of_order",
            f"seq {seq}, version {event['version']} of {stream[:80]} cannot follow"
            f" seq {venue.head}, version {venue.versions.get(stream, 0)}",
        )
    try:
        moved = moved_by(venue, event)
    except _UNFIT as fault:
        raise _Refused("bad_event", f"event {seq} does not fit the state before it") from fault
    unknown = [name for name in moved.named if name not in venue.accounts]
    if unknown:
        raise _Refused("bad_event", f"event {seq} names {unknown[0][:80]!r}, no account")


def _failure(
    file: Path, foreign: _Lines, ledger: Ledger, fault: _Refused | LogOutOfOrder
) -> CommandFailed:
    return CommandFailed(
        Failure(
            fault.code,
            REJECTED,
            f"line {foreign.number}: {fault}",
            where=str(file),
            expected="lines of: zerosum export ndjson --raw",
            hint=f"the log ends at seq {ledger.head}; import the whole file again when it is right",
        )
    )


def _show(context: click.Context, ledger: Ledger, foreign: _Lines, recorded: Recorded) -> None:
    body: dict[str, Json] = {
        "lines": foreign.read,
        "applied": recorded.events,
        "repeated": foreign.repeated,
        "rejected": [],
        "events": recorded.events,
        "first_seq": recorded.first_seq,
        "last_seq": recorded.last_seq,
        "root": ledger.root.hex(),
    }
    if recorded.events:
        said = f"{recorded.events} events, seq {recorded.first_seq} to {recorded.last_seq}"
    else:
        said = "Nothing new: no events were written."
    if foreign.repeated:
        said += f"; {foreign.repeated} were there already"
    show(context, Page("import/1", as_of(ledger, ledger.head), body, None, (said,)))
