"""May this head be signed, given all that was signed before?

The signer is the log's first witness. It keeps its own last size and edge beside the key, reads the
bytes of every new event itself and advances its own edge, so what it signs continues what it signed
before by construction. A log that is shorter or other than that is refused, and both heads are kept
as evidence.
"""

import json
import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import sleep
from typing import Any, ClassVar, Final, NamedTuple

from sqlalchemy import select

from domain.canonical import canonical_bytes
from domain.merkle import HASH_BYTES, leaf_hash
from ledger import schema
from ledger.errors import LedgerError
from ledger.keys import SigningKey, read_signing_key, write_new
from ledger.ledger import Ledger
from ledger.notes import Checkpoint, NoteUnreadable, SignedNote, read_note
from ledger.reader import EVENTS_AT_ONCE, chunks
from ledger.store import sealed_state
from ledger.tree import Tree, unpacked

SCHEMA: Final = "signer/1"
LOCK_TRIES: Final = 100
SECONDS_BETWEEN_TRIES: Final = 0.05
LONGEST_STATE: Final = 1 << 20

ReadBytes = Callable[[int, int], Iterable[bytes]]
"""(first, last) → the stored bytes of these events, in order."""


class Refused(LedgerError):
    """The signer does not sign; what it kept as evidence is in `evidence`."""

    exit_code = 1
    evidence: Path | None = None


class RefuseFork(Refused):
    """The log is not a continuation of what was signed."""

    code = "refuse_fork"
    hint = "keep both heads; run: zerosum verify --checkpoint FILE with every checkpoint you hold"


class RefuseShrink(Refused):
    """The log is shorter than what was signed."""

    code = "refuse_shrink"
    hint = "a backup was restored or events were deleted: find the newer store"


class SignerStateLost(Refused):
    """Nothing says any more what was signed before."""

    code = "signer_state_lost"
    hint = "restore the file; if it is gone for good: zerosum checkpoint --first"


class SignerLocked(LedgerError):
    """Another program is signing with this key."""

    code = "signer_locked"
    hint = "wait for the other program to finish, then try again"


class KeyOfAnotherLog(LedgerError):
    """A key signs for the log whose name it carries."""

    code = "key_of_another_log"
    exit_code = 2
    hint = "name this log's key with --key, or make one with: zerosum keygen"


@dataclass(frozen=True, slots=True)
class SignerState:
    """What was signed last."""

    schema: ClassVar[str] = SCHEMA
    origin: str
    tree: Tree
    note: SignedNote | None

    @property
    def root(self) -> bytes:
        """Root over what was signed."""
        return self.tree.root()

    def raw(self) -> bytes:
        """The state's file."""
        return (
            canonical_bytes(
                {
                    "edge": self.tree.packed().hex(),
                    "note": None if self.note is None else self.note.raw().decode("utf-8"),
                    "origin": self.origin,
                    "schema": SCHEMA,
                    "size": self.tree.size,
                }
            )
            + b"\n"
        )


class Signed(NamedTuple):
    """A note, how many events were hashed for it, and whether it was handed out before."""

    note: SignedNote
    hashed: int
    repeated: bool
    anew: bool


class Signer:
    """A key with its memory, both files of one folder."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.key: SigningKey = read_signing_key(path)

    @property
    def state_path(self) -> Path:
        """Where the last signed size, edge and note are."""
        return state_path_of(self._path)

    def sign(self, size: int, root: bytes, read: ReadBytes, *, first: bool = False) -> Signed:
        """The note of a head, if it continues what was signed; it is durable in the state first.

        `first` begins anew where the state is lost: every event is hashed. Raises `Refused`.
        """
        with _locked(self._path):
            held, anew = self._held(first=first)
            offered = Checkpoint(self.key.name, size, root)
            if size < held.tree.size:
                text = f"size {held.tree.size} was signed, the log has {size} events"
                raise self._refusal(RefuseShrink, text, held, offered)
            grown = held.tree.copy()
            if size > held.tree.size:
                _extend(grown, read(grown.size + 1, size))
            if grown.size != size or grown.root() != root:
                text = _difference(held, grown, offered)
                raise self._refusal(RefuseFork, text, held, offered, grown.root())
            if size == held.tree.size and held.note is not None and self._is_own(held.note):
                return Signed(held.note, 0, repeated=True, anew=False)
            note = self.key.signed(offered)
            replace_durably(self.state_path, SignerState(self.key.name, grown, note).raw())
            return Signed(note, size - held.tree.size, repeated=False, anew=anew)

    def _held(self, *, first: bool) -> tuple[SignerState, bool]:
        try:
            return read_state(self.state_path, self.key.name), False
        except SignerStateLost:
            if not first:
                raise
            if self.state_path.exists():
                self.state_path.replace(f"{self.state_path}.damaged")
            return SignerState(self.key.name, Tree(), None), True

    def _is_own(self, note: SignedNote) -> bool:
        return any(line.key_id == self.key.verifier.key_id for line in note.signatures)

    def _refusal(
        self,
        kind: type[Refused],
        text: str,
        held: SignerState,
        offered: Checkpoint,
        recomputed: bytes | None = None,
    ) -> Refused:
        """The refusal, its evidence written beside the state."""
        found: dict[str, Any] = {
            "held": None if held.note is None else held.note.raw().decode("utf-8"),
            "held_root": held.root.hex(),
            "held_size": held.tree.size,
            "offered": offered.raw().decode("utf-8"),
            "reason": kind.code,
            "recomputed_root": None if recomputed is None else recomputed.hex(),
        }
        stem = self.state_path.with_suffix("")
        path = Path(f"{stem}.refused-{offered.size}-{offered.root.hex()[:16]}")
        replace_durably(path, canonical_bytes(found) + b"\n")
        refusal = kind(f"{text}; both heads are kept in {path}")
        refusal.evidence = path
        return refusal


def sign_head(signer: Signer, ledger: Ledger, *, first: bool = False) -> Signed:
    """The note of the log's head, read in one read transaction; raises `Refused`."""
    if signer.key.name != ledger.origin:
        raise KeyOfAnotherLog(f"the key is {signer.key.name}'s, the log is {ledger.origin}")
    event = schema.event.c
    with ledger.store.read() as connection:
        size, _, root = sealed_state(connection)

        def stored_bytes(start: int, last: int) -> Iterator[bytes]:
            query = select(event.seq, event.bytes).where(event.seq.between(start, last))
            following = start
            for rows in chunks(connection, query.order_by(event.seq), EVENTS_AT_ONCE):
                for seq, raw in rows:
                    if seq != following:
                        return
                    following += 1
                    yield raw

        return signer.sign(size, root, stored_bytes, first=first)


def state_path_of(key_path: Path) -> Path:
    """The signer's memory beside its key file."""
    return key_path.with_name(f"{key_path.name.removesuffix('.key')}.signer")


def first_state(origin: str) -> SignerState:
    """Nothing has been signed."""
    return SignerState(origin, Tree(), None)


def write_first_state(key_path: Path, state: SignerState) -> None:
    """The state of a new key, where none is yet."""
    write_new(state_path_of(key_path), state.raw().decode("utf-8"), 0o600)


def read_state(path: Path, origin: str) -> SignerState:
    """The state in a file; one that is missing, damaged or another log's is lost."""
    try:
        with path.open("rb") as file:
            raw = file.read(LONGEST_STATE)
        found = json.loads(raw)
        note = None if found["note"] is None else read_note(found["note"].encode("utf-8"))
        tree = Tree(found["size"], unpacked(bytes.fromhex(found["edge"])))
        state = SignerState(found["origin"], tree, note)
        fits = (
            state.raw() == raw
            and state.origin == origin
            and [len(one) for one in tree.edge] == [HASH_BYTES] * tree.size.bit_count()
            and _is_of(note, tree)
        )
    except FileNotFoundError:
        raise SignerStateLost(f"the signer's state {path} is gone") from None
    except OSError as fault:
        raise SignerStateLost(f"{path}: {fault.strerror}") from fault
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, NoteUnreadable):
        fits = False
    if not fits:
        raise SignerStateLost(f"{path} is not what the signer of {origin} wrote")
    return state


def _is_of(note: SignedNote | None, tree: Tree) -> bool:
    if note is None:
        return tree.size == 0
    return note.checkpoint.size == tree.size and note.checkpoint.root == tree.root()


def replace_durably(path: Path, raw: bytes) -> None:
    """The file is the old one or the new one, whenever power fails."""
    temporary = path.with_name(f"{path.name}.new")
    temporary.unlink(missing_ok=True)
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(raw)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """New and renamed names of a folder are durable afterwards."""
    if os.name != "posix":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _extend(tree: Tree, raws: Iterable[bytes]) -> None:
    leaves: list[bytes] = []
    for raw in raws:
        leaves.append(leaf_hash(raw))
        if len(leaves) == EVENTS_AT_ONCE:
            tree.extend(leaves)
            leaves = []
    tree.extend(leaves)


def _difference(held: SignerState, grown: Tree, offered: Checkpoint) -> str:
    if grown.size < offered.size:
        return f"event {grown.size + 1} of {offered.size} is missing"
    between = f"events {held.tree.size + 1} to {offered.size}"
    if held.tree.size == offered.size:
        between = f"the {offered.size} events that were signed"
    return f"{between} give the root {grown.root().hex()}, the store says {offered.root.hex()}"


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """One signer at a time: two could sign two histories."""
    with path.open("rb") as file:
        for _ in range(LOCK_TRIES):
            if _try_lock(file.fileno()):
                break
            sleep(SECONDS_BETWEEN_TRIES)
        else:
            raise SignerLocked(f"{path} is in use by another signer")
        # Closing the file gives the lock back.
        yield


def _try_lock(descriptor: int) -> bool:
    try:
        import fcntl
    except ImportError:  # pragma: no cover - not on this system
        return True
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
