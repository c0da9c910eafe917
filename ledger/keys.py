"""Whose signature is it: how are keys made, written to files, and read back?

A key's name is the log's name, so a signature can only be for that log. The secret file is created
for its owner alone and never overwritten; it is neither in the store nor in the environment nor in
anything that is printed. `cryptography` is loaded when a key is first used.
"""

import os
import re
from dataclasses import dataclass, field
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Final

from ledger.errors import LedgerError
from ledger.notes import (
    Checkpoint,
    NoteUnreadable,
    Signature,
    SignedNote,
    base64_text,
    is_secret,
    shown,
    strict_base64,
)

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

ED25519: Final = 1
KEY_BYTES: Final = 32
SECRET_PREFIX: Final = "PRIVATE+KEY+"  # noqa: S105 - the word before a secret, not one
NAME: Final = re.compile(r"[!-*,-~]{1,200}", re.ASCII)
"""Printable ASCII without space and `+`, which part a key's line."""
_VERIFIER: Final = re.compile(rb"([!-*,-~]{1,200})\+([0-9a-f]{8})\+([A-Za-z0-9+/]+=*)\n?")
LONGEST_KEY_FILE: Final = 4_096


class KeyUnreadable(LedgerError):
    """A file or text that is no key of the kind that was asked for."""

    code = "key_unreadable"
    exit_code = 4
    hint = "a public key is one line NAME+ID+BASE64, as zerosum keygen prints it"


class KeyMissing(LedgerError):
    """There is no key where one was said to be."""

    code = "key_missing"
    exit_code = 4
    hint = "make one with: zerosum keygen"


class KeyExists(LedgerError):
    """A key is never overwritten: what it signed could no longer be continued."""

    code = "key_exists"
    exit_code = 2
    hint = "to replace a key use: zerosum keygen --rotate"


@dataclass(frozen=True)
class VerifierKey:
    """A public key under a log's name."""

    name: str
    public: bytes
    key_id: bytes = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "key_id", key_id_of(self.name, self.public))

    @property
    def label(self) -> str:
        """Name and id, for people."""
        return f"{self.name}+{self.key_id.hex()}"

    def line(self) -> str:
        """The public line, without a line feed."""
        return f"{self.label}+{base64_text(bytes([ED25519]) + self.public)}"

    def has_signed(self, text: bytes, signature: bytes) -> bool:
        """Whether this is the key's signature under these bytes."""
        from cryptography.exceptions import InvalidSignature
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

        try:
            Ed25519PublicKey.from_public_bytes(self.public).verify(signature, text)
        except (InvalidSignature, ValueError):
            return False
        return True


class SigningKey:
    """A secret key; its text never leaves this object but into its own file."""

    def __init__(self, name: str, seed: bytes) -> None:
        self.name = name
        self._seed = seed

    @cached_property
    def verifier(self) -> VerifierKey:
        """The public half."""
        public = self._key().public_key().public_bytes_raw()
        return VerifierKey(self.name, public)

    def signed(self, checkpoint: Checkpoint) -> SignedNote:
        """The checkpoint as a note; the same checkpoint gives the same note."""
        text = checkpoint.raw()
        line = Signature(self.name, self.verifier.key_id, self._key().sign(text))
        return SignedNote(text, checkpoint, (line,))

    def secret_line(self) -> str:
        """The line of the secret file."""
        return f"{SECRET_PREFIX}{self.verifier.label}+{base64_text(bytes([ED25519]) + self._seed)}"

    def __repr__(self) -> str:
        return f"SigningKey({self.verifier.label})"

    def _key(self) -> "Ed25519PrivateKey":
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

        return Ed25519PrivateKey.from_private_bytes(self._seed)


def new_key(name: str) -> SigningKey:
    """A key that nobody has ever had, under a log's name."""
    # The one place where chance decides: a key must not follow from anything.
    return SigningKey(checked_name(name), os.urandom(KEY_BYTES))


def key_id_of(name: str, public: bytes) -> bytes:
    """First four bytes of SHA-256(name ‖ 0x0A ‖ 0x01 ‖ public key)."""
    return sha256(name.encode() + b"\n" + bytes([ED25519]) + public).digest()[:4]


def checked_name(name: str) -> str:
    """The name back, if a key can have it."""
    if not NAME.fullmatch(name):
        raise KeyUnreadable(f"{name[:80]!r} cannot name a key: printable ASCII, no space, no +")
    return name


def file_stem(name: str) -> str:
    """The name as part of a file's name."""
    return name.replace("/", "-")


def parse_verifier(raw: bytes) -> VerifierKey:
    """A public key from its line; raises `KeyUnreadable`."""
    name, identity, decoded = _parsed(raw)
    if decoded[0] != ED25519 or len(decoded) != KEY_BYTES + 1:
        raise KeyUnreadable(f"the key of {name} is of type {decoded[0]}, not Ed25519 of 32 bytes")
    key = VerifierKey(name, decoded[1:])
    if key.key_id.hex() != identity:
        raise KeyUnreadable(f"the key of {name} says id {identity}; its bytes give {key.label}")
    return key


def parse_signing_key(raw: bytes) -> SigningKey:
    """A secret key from its line; raises `KeyUnreadable`, never showing what it read."""
    prefix = SECRET_PREFIX.encode()
    if not raw.startswith(prefix):
        raise KeyUnreadable("the file holds no secret key of zerosum")
    try:
        name, identity, decoded = _parsed(raw.removeprefix(prefix))
    except KeyUnreadable:
        raise KeyUnreadable("the file holds no secret key of zerosum") from None
    if decoded[0] != ED25519 or len(decoded) != KEY_BYTES + 1:
        raise KeyUnreadable(f"the secret key of {name} is no Ed25519 seed of 32 bytes")
    key = SigningKey(name, decoded[1:])
    if key.verifier.key_id.hex() != identity:
        raise KeyUnreadable(f"the secret key of {name} says id {identity}, its bytes another")
    return key


def _parsed(raw: bytes) -> tuple[str, str, bytes]:
    # Split at the first two + only: base64 contains + too.
    match = _VERIFIER.fullmatch(raw)
    if match is None:
        raise KeyUnreadable(f"{shown(raw)} is no public key")
    try:
        decoded = strict_base64(match[3])
    except NoteUnreadable as fault:
        raise KeyUnreadable(str(fault)) from fault
    return match[1].decode("ascii"), match[2].decode("ascii"), decoded


def read_verifier(path: Path) -> VerifierKey:
    """The public key in a file."""
    return parse_verifier(read_key_file(path))


def read_signing_key(path: Path) -> SigningKey:
    """The secret key in a file."""
    return parse_signing_key(read_key_file(path))


def read_key_file(path: Path) -> bytes:
    """The bytes of a key's file; raises `KeyMissing` or `KeyUnreadable`."""
    try:
        with path.open("rb") as file:
            raw = file.read(LONGEST_KEY_FILE + 1)
    except FileNotFoundError:
        if is_secret(os.fsencode(path)):
            raise KeyMissing("a secret key was given where its file is meant") from None
        raise KeyMissing(f"there is no key file {path}") from None
    except OSError as fault:
        raise KeyUnreadable(f"{path}: {fault.strerror}") from fault
    if len(raw) > LONGEST_KEY_FILE:
        raise KeyUnreadable(f"{path} is too large for a key")
    return raw


def write_new(path: Path, text: str, mode: int) -> None:
    """A file that was not there before, durable when this returns."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    except FileExistsError:
        raise KeyExists(f"{path} exists already and is not overwritten") from None
    except OSError as fault:
        raise KeyUnreadable(f"{path}: {fault.strerror}") from fault
    with os.fdopen(descriptor, "wb") as file:
        file.write(text.encode("utf-8"))
        file.flush()
        os.fsync(file.fileno())
