"""How does a log get its key, and another one later?

A key belongs to the log's name. Another key under the same name is announced in the log itself,
and the old key signs the checkpoint that covers the announcement: whoever trusts the old key can
follow to the new one.
"""

from pathlib import Path
from typing import Final, NamedTuple

from sqlalchemy import func, select

from domain.venue import Fact, enveloped
from ledger import schema
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
KEY_ROTATED: Final = "venue.key_rotated/1"

_event = schema.event.c


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
    """Another key for the log; the files of the old one get its id into their names.

    A rotation that broke off while it renamed files is finished instead.
    """
    name, stem = ledger.origin, folder / file_stem(ledger.origin)
    finished = _finished(ledger, stem)
    if finished is not None:
        return finished
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
    return Rotated(_renamed(stem, previous, public), seq, note)


def _renamed(stem: Path, previous: str, public: VerifierKey) -> KeyFiles:
    """The old key's files out of the way, the new key's into their place."""
    for ending in ENDINGS:
        if not _file(stem, f"{previous}.{ending}").exists():
            _file(stem, ending).rename(_file(stem, f"{previous}.{ending}"))
    for ending in ENDINGS:
        beside = _file(stem, f"{public.key_id.hex()}.{ending}")
        if beside.exists():
            beside.rename(_file(stem, ending))
    sync_folder(stem.parent)
    return KeyFiles(public, tuple(_file(stem, ending) for ending in ENDINGS))


def _finished(ledger: Ledger, stem: Path) -> Rotated | None:
    """The last rotation, when some of its files are renamed and others are not."""
    if all(_file(stem, ending).exists() for ending in ENDINGS):
        return None
    query = select(func.max(_event.seq)).where(_event.type == KEY_ROTATED)
    with ledger.store.read() as connection:
        seq = connection.execute(query).scalar_one()
    if seq is None:
        return None
    data = ledger.event_at(seq)["data"]
    public = VerifierKey(data["name"], bytes.fromhex(data["public_key"]))
    previous = data["previous_key_id"]
    for ending in ENDINGS:
        names = (ending, f"{previous}.{ending}", f"{public.key_id.hex()}.{ending}")
        # The old key's file and the new key's, under two of three names.
        if sum(_file(stem, name).exists() for name in names) != 2:
            return None
    files = _renamed(stem, previous, public)
    note = read_state(_file(stem, f"{previous}.signer"), ledger.origin).note
    return None if note is None else Rotated(files, seq, note)


def _announce(ledger: Ledger, public: VerifierKey, previous: str) -> int:
    """The event that names the new key; gives its seq."""
    venue = ledger.venue_at(ledger.head)
    data = {
        "key_id": public.key_id.hex(),
        "name": public.name,
        "previous_key_id": previous,
        "public_key": public.public.hex(),
    }
    fact = Fact(KEY_ROTATED, "venue", data, venue.time, {})
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
