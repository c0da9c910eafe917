"""How does a log get its key, and another one later?

A key belongs to the log's name. Another key under the same name is announced in the log itself,
and the old key signs the checkpoint that covers the announcement: whoever trusts the old key can
follow to the new one.
"""

from pathlib import Path
from typing import NamedTuple

from domain.venue import Fact, enveloped
from ledger.errors import LedgerError
from ledger.keys import (
    KeyExists,
    KeyMissing,
    SigningKey,
    VerifierKey,
    file_stem,
    new_key,
    write_new,
)
from ledger.ledger import Ledger
from ledger.notes import SignedNote
from ledger.signer import (
    Signer,
    SignerState,
    first_state,
    read_state,
    sign_head,
    sync_folder,
    write_first_state,
)

ENDINGS = ("key", "vkey", "signer")


class NothingToRotate(LedgerError):
    """A log without events announces nothing."""

    code = "nothing_to_rotate"
    exit_code = 2
    hint = "a new log needs no rotation: delete the unused key files and run zerosum keygen"


class KeyFiles(NamedTuple):
    """A public key and the files that belong to it."""

    public: VerifierKey
    files: tuple[Path, ...]


class Rotated(NamedTuple):
    """The new key, the seq that announces it, and the old key's last note, which covers it."""

    key: KeyFiles
    seq: int
    last_note: SignedNote


def first_key(name: str, folder: Path) -> KeyFiles:
    """A new key with its files and a signer that has signed nothing; never overwrites."""
    return _written(new_key(name), folder / file_stem(name), first_state(name))


def rotated_key(ledger: Ledger, folder: Path) -> Rotated:
    """Another key for the log; the files of the old one get its id into their names."""
    name, stem = ledger.origin, folder / file_stem(ledger.origin)
    old = Signer(_file(stem, "key"))
    if not ledger.head:
        raise NothingToRotate(f"the log {name} is empty")
    previous = old.key.verifier.key_id.hex()
    for ending in ENDINGS:
        if not _file(stem, ending).exists():
            raise KeyMissing(f"there is no file {_file(stem, ending)}")
        if _file(stem, f"{previous}.{ending}").exists():
            raise KeyExists(f"{_file(stem, f'{previous}.{ending}')} exists already")
    # A log that the old key would not sign gets no new one either.
    sign_head(old, ledger)
    key = new_key(name)
    public = key.verifier
    # The key is safe before the log names it; the other way round it could be lost for ever.
    beside = Path(f"{stem}.{public.key_id.hex()}")
    held = read_state(old.state_path, name)
    _written(key, beside, held)
    seq = _announce(ledger, public, previous)
    note = sign_head(old, ledger).note
    state = read_state(old.state_path, name)
    _file(beside, "signer").unlink()
    write_first_state(_file(beside, "key"), state)
    for ending in ENDINGS:
        _file(stem, ending).rename(_file(stem, f"{previous}.{ending}"))
    for ending in ENDINGS:
        _file(beside, ending).rename(_file(stem, ending))
    sync_folder(folder)
    files = tuple(_file(stem, ending) for ending in ENDINGS)
    return Rotated(KeyFiles(public, files), seq, note)


def _announce(ledger: Ledger, public: VerifierKey, previous: str) -> int:
    """The event that names the new key; gives its seq."""
    venue = ledger.venue_at(ledger.head)
    data = {
        "key_id": public.key_id.hex(),
        "name": public.name,
        "previous_key_id": previous,
        "public_key": public.public.hex(),
    }
    fact = Fact("venue.key_rotated/1", "venue", data, venue.time, {})
    ledger.append_events([enveloped(venue, fact)])
    return venue.head + 1


def _written(key: SigningKey, stem: Path, state: SignerState) -> KeyFiles:
    """All three files or none."""
    paths = tuple(_file(stem, ending) for ending in ENDINGS)
    taken = [path for path in paths if path.exists()]
    if taken:
        raise KeyExists(f"{taken[0]} exists already and is not overwritten")
    secret, public, _ = paths
    made: list[Path] = []
    try:
        write_new(secret, key.secret_line() + "\n", 0o600)
        made.append(secret)
        write_new(public, key.verifier.line() + "\n", 0o644)
        made.append(public)
        write_first_state(secret, state)
    except BaseException:
        for path in made:
            path.unlink(missing_ok=True)
        raise
    sync_folder(secret.parent)
    return KeyFiles(key.verifier, paths)


def _file(stem: Path, ending: str) -> Path:
    return Path(f"{stem}.{ending}")
