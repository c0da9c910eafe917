"""Which signed checkpoints are there, and does the log still lead to their roots?

Copies of handed-out notes are kept in a table as a convenience; whoever can change the log can
change them too, so what counts is the signature and the copies that other people hold.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from sqlalchemy import Connection, inspect, select

from ledger import schema
from ledger.keys import VerifierKey
from ledger.notes import (
    NoteFault,
    NoteTampered,
    NoteUnknownKey,
    NoteUnreadable,
    SignedNote,
    read_note,
    signer_of,
)
from ledger.report import Check, Finding
from ledger.store import Store

_kept = schema.checkpoint.c


@dataclass(frozen=True, slots=True)
class Anchors:
    """What the examiner brings along: known public keys, and checkpoints kept elsewhere by name.

    A file that could not be read has None instead of bytes.
    """

    keys: Sequence[VerifierKey] = ()
    given: Sequence[tuple[str, bytes | None]] = ()


class _Known(NamedTuple):
    """A checkpoint of this log, signed by a known key."""

    size: int
    root: bytes
    key: str
    place: str


def keep(url: str, note: SignedNote) -> None:
    """Put a copy of a note into the store; the same note again changes nothing."""
    store = Store.open(url, "write")
    try:
        with store.write() as connection:
            schema.checkpoint.create(connection, checkfirst=True)
            for line in note.signatures[:1]:
                place = {"size": note.checkpoint.size, "key_id": line.key_id.hex()}
                taken = select(_kept.note).filter_by(**place)
                if connection.execute(taken).first() is None:
                    connection.execute(schema.checkpoint.insert().values(**place, note=note.raw()))
    finally:
        store.close()


def kept_notes(connection: Connection) -> Iterator[tuple[int, bytes]]:
    """Size and bytes of every copy, smallest size first."""
    if inspect(connection).has_table(schema.checkpoint.name):
        query = select(_kept.size, _kept.note).order_by(_kept.size, _kept.key_id)
        for size, raw in connection.execute(query):
            yield size, _bytes_of(raw)


def covering_note(
    store: Store,
    seq: int,
    *,
    size: int | None = None,
    newest: bool = True,
    keys: Sequence[VerifierKey] | None = None,
) -> SignedNote | None:
    """A kept note that covers event `seq`: of the given size, else the newest or the earliest.

    With keys, one that one of them has signed.
    """
    return _kept_note(store, seq, None, size, newest=newest, keys=keys)


def note_before(store: Store, seq: int, keys: Sequence[VerifierKey]) -> SignedNote | None:
    """The newest kept note that does not cover event `seq` and that one of the keys has signed."""
    return _kept_note(store, 0, seq - 1, None, newest=True, keys=keys)


def _kept_note(
    store: Store,
    least: int,
    most: int | None,
    size: int | None,
    *,
    newest: bool,
    keys: Sequence[VerifierKey] | None = None,
) -> SignedNote | None:
    """The first note in this order that can be read and, if keys are given, that one has signed."""
    query = select(_kept.note).where(_kept.size >= least)
    if most is not None:
        query = query.where(_kept.size <= most)
    if size is not None:
        query = query.where(_kept.size == size)
    order = _kept.size.desc() if newest else _kept.size
    with store.read() as connection:
        if not inspect(connection).has_table(schema.checkpoint.name):
            return None
        for raw in connection.execute(query.order_by(order, _kept.key_id)).scalars():
            try:
                note = read_note(_bytes_of(raw))
                if keys is not None:
                    signer_of(note, keys)
            except NoteFault:
                continue  # `verify` names it; another copy may serve.
            return note
    return None


def _bytes_of(raw: Any) -> bytes:
    """What stands in the column of notes; anything but bytes is as good as an empty note."""
    return raw if isinstance(raw, bytes) else b""


@dataclass(slots=True)
class CheckpointExamination:
    """`checkpoints`: signatures, and the recomputed root at the size of each signed checkpoint."""

    origin: str
    anchors: Anchors
    finding: Finding = field(default_factory=lambda: Finding("checkpoints"))
    unreadable: str | None = None
    strangers: list[str] = field(default_factory=list)
    illegible: list[str] = field(default_factory=list)
    anchor: _Known | None = None
    _known: list[_Known] = field(default_factory=list)
    _roots: dict[int, bytes] = field(default_factory=dict)

    def noticed(self, connection: Connection) -> None:
        """Read and check every note, given or kept."""
        for name, given in self.anchors.given:
            self._note_seen(name, given)
        for size, raw in kept_notes(connection):
            self._note_seen(f"the kept checkpoint of size {size}", raw, is_kept=True)

    @property
    def sizes(self) -> set[int]:
        """Sizes at which the root must be known."""
        return {known.size for known in self._known}

    def root_seen(self, size: int, root: bytes) -> None:
        """The recomputed root over the first `size` events."""
        self._roots[size] = root

    def fitting_up_to(self, size: int) -> int:
        """The largest size up to the given one at which a signed root was found again."""
        fitting = (known.size for known in self._known if self._fits(known))
        return max((fit for fit in fitting if fit <= size), default=0)

    def ended(self, size: int) -> None:
        """Compare roots, and name the range in which the first change must lie."""
        for known in sorted(self._known):
            fit = self.fitting_up_to(known.size)
            what = f"{known.place} of size {known.size} by {known.key}"
            if known.size > size:
                gone = f"events {size + 1} to {known.size} are gone"
                self.finding.fail(size + 1, f"{what}: the log has {size} events, {gone}")
            elif known.size not in self._roots:
                continue  # The log breaks off before it, and that is the alarm.
            elif not self._fits(known):
                between = f"a change lies in events {fit + 1} to {known.size}"
                self.finding.fail(
                    fit + 1,
                    f"{what}: root {known.root.hex()} was signed, "
                    f"{self._roots[known.size].hex()} follows; {between}",
                )
            elif self.anchor is None or known.size > self.anchor.size:
                self.anchor = known

    def check(self) -> Check:
        """The finished line."""
        if self.finding.fault is None and self.unreadable is not None:
            return Check("checkpoints", "failed", self.unreadable)
        if self._known:
            sizes = f"sizes {min(self.sizes)} to {max(self.sizes)}"
            self.finding.detail = f"{len(self._known)} signed by known keys, {sizes}"
        elif self.strangers:
            self.finding.skipped = f"none is by a known key: {self.stranger_names()}"
        else:
            self.finding.skipped = "no checkpoint was given or kept"
        self._name_illegible()
        return self.finding.check()

    def _name_illegible(self) -> None:
        """Say which kept rows count for nothing: whoever adds junk must not stop the examiner."""
        if not self.illegible:
            return
        more = f" and {len(self.illegible) - 5} more" if len(self.illegible) > 5 else ""
        said = f"; not read: {'; '.join(self.illegible[:5])}{more}"
        if self.finding.skipped is not None:
            self.finding.skipped += said
        else:
            self.finding.detail += said

    @property
    def is_known(self) -> bool:
        """Whether at least one signed checkpoint is by a known key."""
        return bool(self._known)

    def stranger_names(self) -> str:
        """Who signed what cannot be checked."""
        names = sorted(set(self.strangers))
        more = f" and {len(names) - 5} more" if len(names) > 5 else ""
        return "; ".join(names[:5]) + more

    def _fits(self, known: _Known) -> bool:
        return self._roots.get(known.size) == known.root

    def _note_seen(self, place: str, raw: bytes | None, *, is_kept: bool = False) -> None:
        if raw is None:
            self.unreadable = self.unreadable or f"{place}: the file cannot be read"
            return
        try:
            note = read_note(raw)
            key = signer_of(note, self.anchors.keys)
        except NoteUnreadable as fault:
            if is_kept:
                self.illegible.append(f"{place}: {fault}")
            else:
                self.unreadable = self.unreadable or f"{place}: {fault}"
        except NoteTampered as fault:
            self.finding.fail(None, f"{place}: {fault}")
        except NoteUnknownKey:
            self.strangers.append(note.signers())
        else:
            found = note.checkpoint
            if found.origin == self.origin:
                self._known.append(_Known(found.size, found.root, key.label, place))
            else:
                self.strangers.append(f"{key.label} for {found.origin}, not {self.origin}")
