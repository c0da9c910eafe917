"""How does a command become facts, one durable commit and a receipt?

One command per commit or many: the decisions, the bytes and the receipts are the same. A command's
id is consumed once: the same command again gives its first receipt, another one is a conflict.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any

from domain.adl.row_key import RowKey, check_row_key
from domain.envelope import encode, validate_data
from domain.errors import Rejected, RejectedUnread
from domain.events import Event
from domain.respond import conflict, respond
from domain.submission import Submission, read_command
from domain.venue import Venue, apply
from domain.watch import MarginWatch
from ledger.errors import RecordedLog
from ledger.folding import LONG_FOLD, LiveVenue
from ledger.reader import Reader
from ledger.repeats import Consumed, Repeats
from ledger.store import Store
from ledger.writer import Addition, CommandKey, Writer

Command = str | bytes | Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Receipt:
    """What a command caused, and the root after it.

    Whoever keeps it can show later that the log was changed. A line that is no command at all has
    no seqs: nothing was written.
    """

    first_seq: int | None
    last_seq: int | None
    root: bytes
    id: str | None
    rejected: Rejected | None
    repeated: bool


@dataclass(slots=True)
class _Batch:
    """Everything decided since the last commit."""

    events: list[Event]
    raws: list[bytes]
    keys: dict[str, CommandKey]
    refusals: dict[int, Rejected]
    """Refusals of this batch by the seq of their event."""


class Submitter:
    """Decides commands on the live venue and writes what they cause."""

    def __init__(
        self,
        store: Store,
        reader: Reader,
        writer: Writer,
        live: LiveVenue,
        row_key: RowKey | None = None,
    ) -> None:
        self._row_key = row_key
        self._writer = writer
        self._live = live
        self._repeats = Repeats(store, reader)

    def submit_many(self, commands: Iterable[Command], batch: int) -> Iterator[Receipt]:
        """Receipts in the order of the commands, each only after its commit."""
        remaining = iter(commands)
        while some := list(islice(remaining, batch)):
            yield from self.submit(some)
        self._live.snapshot_when_due(LONG_FOLD)

    def submit(self, commands: Sequence[Command]) -> list[Receipt]:
        """All of them in one commit."""
        try:
            receipts = self._submit(commands)
        except BaseException:
            # What was derived is not what is written.
            self._live.drop()
            self._writer.forget()
            raise
        self._live.snapshot_when_due()
        return receipts

    def _submit(self, commands: Sequence[Command]) -> list[Receipt]:
        venue = self._live.at(self._writer.head)
        if venue.kind == "recorded":
            raise RecordedLog("this log records what a venue decided; it takes no commands")
        if venue.watch is None:
            # A wrong row key shows with the first command, not in the middle of a crash.
            check_row_key((market.policy for market in venue.markets.values()), self._row_key)
            venue.watch = MarginWatch(venue)
        submissions = [_read(command) for command in commands]
        known = self._repeats.of([s for s in submissions if isinstance(s, Submission)])
        batch = _Batch([], [], {}, {})
        drafts = [self._decide(venue, submission, known, batch) for submission in submissions]
        head = self._writer.head
        roots = {**known.roots, head: self._writer.root}
        if batch.events:
            ends = sorted({draft.last_seq for draft in drafts if draft.last_seq} - roots.keys())
            ends = [end for end in ends if end > head]
            rows = self._writer.rows().add(batch.events, batch.raws)
            addition = Addition(rows, commands=list(batch.keys.values()), ends=ends)
            roots.update(zip(ends, self._writer.append(addition), strict=False))
        return _with_roots(drafts, roots, head)

    def _decide(
        self,
        venue: Venue,
        submission: Submission | RejectedUnread,
        known: Consumed,
        batch: _Batch,
    ) -> Receipt:
        """The receipt but for its root."""
        if isinstance(submission, RejectedUnread):
            return Receipt(None, None, b"", None, submission, repeated=False)
        name, digest = submission.id, bytes.fromhex(submission.digest)
        earlier = None
        if name is not None:
            earlier = batch.keys.get(name) or known.keys.get(name)
        if earlier is not None and earlier.digest == digest:
            refusals = known.refusals if name in known.keys else batch.refusals
            refusal = refusals.get(earlier.first_seq)
            return Receipt(earlier.first_seq, earlier.last_seq, b"", name, refusal, repeated=True)
        if earlier is None:
            response = respond(venue, submission, self._row_key)
        else:
            response = conflict(venue, submission)
        first, last = response.events[0]["seq"], response.events[-1]["seq"]
        for event in response.events:
            validate_data(event)
            batch.raws.append(encode(event))
            batch.events.append(event)
            apply(venue, event)
        if response.rejected is not None:
            batch.refusals[first] = response.rejected
        if name is not None and earlier is None:
            batch.keys[name] = CommandKey(name, digest, first, last)
        return Receipt(first, last, b"", name, response.rejected, repeated=False)


def _with_roots(drafts: Sequence[Receipt], roots: Mapping[int, bytes], head: int) -> list[Receipt]:
    """The receipts; a line that is no command gets the root of where the log was then."""
    receipts = []
    for draft in drafts:
        if draft.last_seq is None:
            receipts.append(replace(draft, root=roots[head]))
            continue
        if not draft.repeated:
            head = draft.last_seq
        receipts.append(replace(draft, root=roots[draft.last_seq]))
    return receipts


def _read(command: Command) -> Submission | RejectedUnread:
    try:
        return read_command(command)
    except RejectedUnread as refusal:
        return refusal
