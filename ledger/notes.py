"""What does a log say of itself, who signed that, and may the signature be believed?

Three lines name a log, its size and its root; signed they are a note that anybody can check without
zerosum (C2SP tlog-checkpoint and signed-note). Readers are strict: one writing for one meaning, so
that no changed byte ever passes for the same note.

    NoteFault
    ├── NoteTampered     a line of a known key fails, or what it covers differs   (exit 1)
    ├── NoteUnknownKey   nobody known has signed it, or it is another log's       (exit 1)
    └── NoteUnreadable   it does not parse                                        (exit 4)
"""

import re
from base64 import b64encode
from binascii import Error as NoBase64
from binascii import a2b_base64
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Final, NamedTuple

from domain.merkle import HASH_BYTES
from ledger.errors import LedgerError

if TYPE_CHECKING:
    from ledger.keys import VerifierKey

LONGEST_NOTE: Final = 1 << 20
MOST_SIGNATURES: Final = 16
KEY_ID_BYTES: Final = 4
SIZE: Final = re.compile(rb"0|[1-9][0-9]{0,18}")
_SECRETS: Final = (b"PRIVATE+KEY+", b"ROW+KEY+")
_DASH: Final = "\N{EM DASH} ".encode()
_SIGNATURE: Final = re.compile(rb"([^ +]+) ([A-Za-z0-9+/]+=*)")
_CONTROL: Final = re.compile(rb"[\x00-\x09\x0b-\x1f\x7f]")


class NoteFault(LedgerError):
    """A note, proof or key that does not prove what it should."""

    verdict: ClassVar[str] = "tampered"


class NoteTampered(NoteFault):
    """A line of a known key fails, or a path does not lead to the signed root."""

    code = "tampered"
    exit_code = 1
    hint = "keep the file: it is evidence; ask its sender for another copy"


class NoteUnknownKey(NoteFault):
    """Nobody known has signed it, or the key belongs to a log of another name."""

    code = "unknown_key"
    exit_code = 1
    verdict = "unknown_key"
    hint = "get the log's .vkey file from a source that you trust and name it with --key"


class NoteUnreadable(NoteFault):
    """Bytes that are no note, checkpoint or proof."""

    code = "unreadable"
    exit_code = 4
    verdict = "unreadable"
    hint = "the file must be exactly as it was written; editors and mail change line ends"


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A log's name, how many events it has, and the root over them."""

    origin: str
    size: int
    root: bytes

    def raw(self) -> bytes:
        """The three lines, as they are signed."""
        return f"{self.origin}\n{self.size}\n{base64_text(self.root)}\n".encode()


class Signature(NamedTuple):
    """One line under a note."""

    name: str
    key_id: bytes
    signature: bytes

    def line(self) -> bytes:
        """The line as it stands in the note."""
        return _DASH + f"{self.name} {base64_text(self.key_id + self.signature)}\n".encode()


@dataclass(frozen=True, slots=True)
class SignedNote:
    """A checkpoint with the signatures under it; `text` are the bytes that were signed."""

    text: bytes
    checkpoint: Checkpoint
    signatures: tuple[Signature, ...]

    def raw(self) -> bytes:
        """The whole note, byte for byte as it was read or made."""
        return self.text + b"\n" + b"".join(line.line() for line in self.signatures)

    def signers(self) -> str:
        """Names and key ids of everybody who claims to have signed."""
        return ", ".join(f"{line.name}+{line.key_id.hex()}" for line in self.signatures)


def read_note(raw: bytes) -> SignedNote:
    """A signed checkpoint from foreign bytes; raises `NoteUnreadable`."""
    if len(raw) > LONGEST_NOTE:
        raise NoteUnreadable(f"{len(raw)} bytes are too many for a note")
    text, gap, below = raw.partition(b"\n\n")
    if not gap:
        raise NoteUnreadable("no empty line between the checkpoint and its signatures")
    text += b"\n"
    lines = below.split(b"\n")
    if lines.pop() != b"" or not lines:
        raise NoteUnreadable("no signature line that ends with a line feed")
    if len(lines) > MOST_SIGNATURES:
        raise NoteUnreadable(f"{len(lines)} signature lines are more than {MOST_SIGNATURES}")
    return SignedNote(text, read_checkpoint(text), tuple(map(_read_signature, lines)))


def read_checkpoint(text: bytes) -> Checkpoint:
    """Origin, size and root; further lines are tolerated, never written."""
    if _CONTROL.search(text):
        raise NoteUnreadable("a control character; lines end with a line feed alone")
    lines = text.split(b"\n")
    if lines.pop() != b"" or len(lines) < 3 or b"" in lines:
        raise NoteUnreadable("a checkpoint has three lines: origin, size, root")
    root = strict_base64(lines[2])
    if len(root) != HASH_BYTES:
        raise NoteUnreadable(f"a root has {HASH_BYTES} bytes, not {len(root)}")
    return Checkpoint(_text(lines[0]), read_size(lines[1]), root)


def read_size(digits: bytes) -> int:
    """A size or place: decimal, ASCII, no leading zero, at most 19 digits."""
    if not SIZE.fullmatch(digits):
        raise NoteUnreadable(f"{shown(digits)} is no size")
    return int(digits)


def read_hashes(lines: Sequence[bytes]) -> tuple[bytes, ...]:
    """One hash per line."""
    found = tuple(map(strict_base64, lines))
    for one in found:
        if len(one) != HASH_BYTES:
            raise NoteUnreadable(f"a hash has {HASH_BYTES} bytes, not {len(one)}")
    return found


def strict_base64(text: bytes) -> bytes:
    """Decoded standard base64 that encodes to itself: padded, no unused bits, nothing else."""
    try:
        decoded = a2b_base64(text)
    except (NoBase64, ValueError) as fault:
        raise NoteUnreadable(f"{shown(text)} is no base64") from fault
    if b64encode(decoded) != text:
        raise NoteUnreadable(f"{shown(text)} is not the one base64 writing of its bytes")
    return decoded


def base64_text(raw: bytes) -> str:
    """Standard padded base64."""
    return b64encode(raw).decode("ascii")


def signer_of(note: SignedNote, keys: Sequence["VerifierKey"]) -> "VerifierKey":
    """The first known key that signed the note.

    A failing line of a known key raises `NoteTampered`, even beside a good one; no line of a known
    key, or the name of another log, raises `NoteUnknownKey`.
    """
    known = {(key.name, key.key_id): key for key in keys}
    good: list[VerifierKey] = []
    for line in note.signatures:
        key = known.get((line.name, line.key_id))
        if key is None:
            continue
        if not key.has_signed(note.text, line.signature):
            raise NoteTampered(f"the signature of {key.label} does not fit the note")
        good.append(key)
    if not good:
        raise NoteUnknownKey(f"signed by {note.signers()}, none of which is a known key")
    for key in good:
        if key.name == note.checkpoint.origin:
            return key
    raise NoteUnknownKey(
        f"a note of {note.checkpoint.origin} signed with the key of {good[0].name}"
    )


def is_secret(raw: bytes) -> bool:
    """Whether a secret key or a row key stands in it: most of one would be printed with it."""
    return any(prefix in raw for prefix in _SECRETS)


def shown(raw: bytes) -> str:
    """Foreign bytes, short and harmless enough to be printed; never those of a secret key."""
    if is_secret(raw):
        return "a secret key"
    return repr(raw[:60].decode("utf-8", "replace"))


def _read_signature(line: bytes) -> Signature:
    match = _SIGNATURE.fullmatch(line.removeprefix(_DASH)) if line.startswith(_DASH) else None
    if match is None:
        raise NoteUnreadable(f"{shown(line)} is no signature line")
    name, decoded = _text(match[1]), strict_base64(match[2])
    if any(character.isspace() or not character.isprintable() for character in name):
        raise NoteUnreadable(f"{shown(match[1])} is no key name")
    if len(decoded) <= KEY_ID_BYTES:
        raise NoteUnreadable(f"{shown(line)} has no signature after its key id")
    return Signature(name, decoded[:KEY_ID_BYTES], decoded[KEY_ID_BYTES:])


def _text(raw: bytes) -> str:
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError as fault:
        raise NoteUnreadable(f"{shown(raw)} is no UTF-8") from fault
