"""How does a command become facts, one durable commit and a receipt?

One command per commit or many: the decisions, the bytes and the receipts are the same. A command's
id is consumed once: the same command again gives its first receipt, another one is a conflict.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any

from sqlalchemy import bindparam, select

from domain.envelope import encode, validate_data
from domain.errors import Rejected, RejectedUnread
from domain.events import Event
from domain.respond import conflict, respond
from domain.submission import Submission, read_command
from domain.venue import Venue, apply
from domain.watch import MarginWatch
from ledger import schema
from ledger.errors import RecordedLog
from ledger.folding import LONG_FOLD, LiveVenue
from ledger.reader import Reader
from ledger.store import Store
from ledger.writer import Addition, CommandKey, Writer

Command = str | bytes | Mapping[str, Any]

_keys = schema.idempotency.c


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

    def __init__(self, store: Store, reader: Reader, writer: Writer, live: LiveVenue) -> None:
        self._store = store
        self._reader = reader
        self._writer = writer
        self._live = live
        self._key_of = store.driver_text(
            select(_keys.id, _keys.digest, _keys.first_seq, _keys.last_seq).where(
                _keys.id == bindparam("id")
            )
        )

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
            venue.watch = MarginWatch(venue)
        submissions = [_read(command) for command in commands]
        known = self._known(submissions)
        batch = _Batch([], [], {}, {})
        drafts = [self._decide(venue, submission, known, batch) for submission in submissions]
        roots = {self._writer.head: self._writer.root}
        if batch.events:
            ends = sorted({draft.last_seq for draft in drafts if draft.last_seq} - roots.keys())
            ends = [end for end in ends if end > self._writer.head]
            addition = Addition(
                batch.events, batch.raws, commands=list(batch.keys.values()), ends=ends
            )
            roots.update(zip(ends, self._writer.append(addition), strict=False))
        return self._with_roots(drafts, roots)

    def _decide(
        self,
        venue: Venue,
        submission: Submission | RejectedUnread,
        known: Mapping[str, CommandKey],
        batch: _Batch,
    ) -> Receipt:
        """The receipt but for its root."""
        if isinstance(submission, RejectedUnread):
            return Receipt(None, None, b"", None, submission, repeated=False)
        name, digest = submission.id, bytes.fromhex(submission.digest)
        earlier = None
        if name is not None:
            earlier = batch.keys.get(name) or known.get(name)
        if earlier is not None and earlier.digest == digest:
            refusal = batch.refusals.get(earlier.first_seq) or self._refusal(
                earlier.first_seq, known=name in known
            )
            return Receipt(earlier.first_seq, earlier.last_seq, b"", name, refusal, repeated=True)
        response = conflict(venue, submission) if earlier else respond(venue, submission)
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

    def _with_roots(self, drafts: Sequence[Receipt], roots: dict[int, bytes]) -> list[Receipt]:
        receipts, head = [], min(roots)
        for draft in drafts:
            if draft.last_seq is None:
                receipts.append(replace(draft, root=roots[head]))
                continue
            if not draft.repeated:
                head = draft.last_seq
            if draft.last_seq not in roots:
                roots[draft.last_seq] = self._reader.root_at(draft.last_seq)
            receipts.append(replace(draft, root=roots[draft.last_seq]))
        return receipts

    def _known(self, submissions: Sequence[Submission | RejectedUnread]) -> dict[str, CommandKey]:
        """Keys that were consumed before, of these submissions' ids."""
        ids = [s.id for s in submissions if isinstance(s, Submission) and s.id is not None]
        found: dict[str, CommandKey] = {}
        if not ids:
            return found
        with self._store.read() as connection:
            for name in ids:
                row = connection.exec_driver_sql(self._key_of, (name,)).one_or_none()
                if row is not None:
                    found[name] = CommandKey(*row)
        return found

    def _refusal(self, seq: int, *, known: bool) -> Rejected | None:
        """The refusal that the event at `seq` records, if it records one."""
        if not known:
            return None
        event = self._reader.event_at(seq)
        if event["type"] != "venue.command_rejected/1":
            return None
        return Rejected(event["data"]["code"], **event["data"]["facts"])


def _read(command: Command) -> Submission | RejectedUnread:
    try:
        return read_command(command)
    except RejectedUnread as refusal:
        return refusal
