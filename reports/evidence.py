"""What does somebody need who wants to check one ADL decision and trusts none of ours?

A ZIP with stored members, sorted names and 1980 dates: the same log gives the same bytes. What is
in it is handed in by whoever has the log; here it is put in order, named and counted.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from importlib.resources import files
from io import BytesIO
from typing import Final
from zipfile import ZIP_STORED, ZipFile, ZipInfo

from domain.adl.candidate import Ranked
from domain.adl.decision import ranking_row
from domain.adl.row_key import Salts
from domain.canonical import canonical_bytes
from domain.event_shapes import PolicyFact
from domain.merkle import leaf_hash, root_of

SCHEMA: Final = "evidence/1"
MANIFEST: Final = "MANIFEST.json"
EARLIER: Final = "checkpoint-before"
FIRST_DAY: Final = (1980, 1, 1, 0, 0, 0)
TILE_ENTRIES: Final = 256
_REGULAR_FILE: Final = 0o100644 << 16
_UNIX: Final = 3

BLINDED: Final = (
    "Ranking rows are blinded: each carries a salt that follows from the venue's row key, which\n"
    "is not in here. The hash of a row confirms no guess about it.\n"
)
UNBLINDED: Final = (
    "Ranking rows are unblinded: no row key was set, so whoever knows a candidate's numbers\n"
    "can recognise its row.\n"
)

RECORDED: Final = (
    "The venue decided elsewhere. The bundle shows which closes its archive says were made, at\n"
    "which price and mark, and that they stand in the signed log; not by which rule, nor that the\n"
    "archive is true or shows every close of that block (--with-log adds the whole log).\n"
)

Members = dict[str, bytes]


@dataclass(frozen=True, slots=True)
class Head:
    """Which log, up to which size, and for whom the bundle is."""

    origin: str
    size: int
    root: bytes
    decision: str
    audience: str
    is_blinded: bool = False
    is_recorded: bool = False
    """Whether a venue decided elsewhere: then there is neither ranking nor policy to prove."""


def event_name(seq: int) -> str:
    """Where an event's bytes stand."""
    return f"events/{seq:09d}.json"


def proof_name(seq: int) -> str:
    """Where an event's proof stands."""
    return f"proofs/{seq:09d}.tlog-proof"


def ranked_rows(decision: str, rows: Sequence[Ranked], salts: Salts | None = None) -> bytes:
    """All ranking rows in the exact bytes that the decision's root commits to."""
    raws = [ranking_row(row, salts) for row in rows]
    found = {
        "blinded": salts is not None,
        "decision": decision,
        "root": root_of(leaf_hash(raw) for raw in raws).hex(),
        "rows": [raw.decode("utf-8") for raw in raws],
        "schema": "candidates/1",
    }
    return canonical_bytes(found) + b"\n"


def own_row(decision: str, row: Mapping[str, object] | None, salts: Salts | None = None) -> bytes:
    """One account's row with its path, and nobody else's."""
    found = {
        "blinded": salts is not None,
        "decision": decision,
        "row": None if row is None else dict(row),
        "schema": "candidates/1",
    }
    return canonical_bytes(found) + b"\n"


def policy_document(policy: PolicyFact, effective_seq: int) -> bytes:
    """The policy that decided, and since which event it held."""
    found = {"effective_seq": effective_seq, "policy": policy, "schema": "policy/1"}
    return canonical_bytes(found) + b"\n"


def entry_tiles(raws: Sequence[bytes]) -> Members:
    """A log's events as entry bundles of 256, named as in C2SP tlog-tiles."""
    found: Members = {}
    for start in range(0, len(raws), TILE_ENTRIES):
        some = raws[start : start + TILE_ENTRIES]
        groups = f"{start // TILE_ENTRIES:03,d}".split(",")
        if len(groups) > 1:
            groups = [f"{int(group):03d}" for group in groups]
        name = "/".join([*(f"x{group}" for group in groups[:-1]), groups[-1]])
        part = "" if len(some) == TILE_ENTRIES else f".p/{len(some)}"
        packed = b"".join(len(raw).to_bytes(2, "big") + raw for raw in some)
        found[f"log/tile/entries/{name}{part}"] = packed
    return found


@cache
def verifier() -> bytes:
    """The program that checks a bundle without zerosum."""
    return files("reports.verifier").joinpath("verify.py").read_bytes()


@cache
def recorded_verifier() -> bytes:
    """The same for a decision that a venue made elsewhere, still in one file."""
    source = files("reports.verifier").joinpath("recorded.py").read_bytes()
    common, start, _ = verifier().partition(b'\n\nif __name__ == "__main__":')
    _, imports, own = source.partition(b"\nfrom reports.verifier.verify import")
    if not start or not imports:
        message = "the parts of the verifier cannot be told"
        raise RuntimeError(message)
    return common + own[own.index(b"\n") :]


def bundle(head: Head, members: Mapping[str, bytes]) -> bytes:
    """The ZIP."""
    found = {**members, "verify.py": recorded_verifier() if head.is_recorded else verifier()}
    found["VERIFY.txt"] = _instructions(head, found).encode("utf-8")
    manifest = {
        "audience": head.audience,
        "decision": head.decision,
        "members": {name: sha256(raw).hexdigest() for name, raw in sorted(found.items())},
        "origin": head.origin,
        "root": head.root.hex(),
        "schema": SCHEMA,
        "size": head.size,
    }
    found[MANIFEST] = canonical_bytes(manifest) + b"\n"
    out = BytesIO()
    with ZipFile(out, "w", ZIP_STORED) as archive:
        for name, raw in sorted(found.items()):
            info = ZipInfo(name, FIRST_DAY)
            info.create_system = _UNIX
            info.external_attr = _REGULAR_FILE
            archive.writestr(info, raw)
    return out.getvalue()


def _instructions(head: Head, members: Members) -> str:
    # The key of the checkpoint; one that it replaced has its id in the name, so a longer one.
    keys = sorted((name for name in members if name.startswith("keys/")), key=len)
    key = keys[0] if keys else "keys/x.vkey"
    copies = " ".join(f"--key COPY{number or ''}.vkey" for number in range(max(1, len(keys))))
    event = next((name for name in sorted(members) if name.startswith("events/")), None)
    parts = [
        f"Evidence for {head.decision} in the log {head.origin}, for: {head.audience}\n",
        (
            "1. Get the log's public key from elsewhere: from the venue's site, a witness, an "
            "earlier\n   bundle. Whoever forges a bundle can forge the key in it; and another key "
            "with the same\n   id of eight digits is soon found, so compare the whole line in "
            f"{key}.\n\n"
            "2. Check everything with that copy (Python 3.11 or newer, package cryptography):\n\n"
            f"   python verify.py {copies}\n\n"
            "   COPY.vkey is a file, or the line itself. It says what was proved and ends with a\n"
            "   verdict: intact, tampered, unknown_key, unreadable. Without --key it checks the "
            "same\n   with the key in keys/, which nobody has compared: then the verdict is "
            "unknown_key, exit 1,\n   when nothing worse is found. It shares no code with "
            "zerosum; read it, it is one file.\n"
        ),
        (
            "3. By hand, for a checkpoint with one signature line:\n\n"
            + (f"   (printf '\\0'; cat {event}) | sha256sum      # the leaf\n" if event else "")
            + "   head -3 checkpoint > body\n"
            "   tail -1 checkpoint | cut -d' ' -f3 | base64 -d | tail -c 64 > sig\n"
            "   (printf '\\060\\052\\060\\005\\006\\003\\053\\145\\160\\003\\041\\000'; "
            f"cut -d+ -f3- {key} | base64 -d | tail -c 32) > pub.der\n"
            "   openssl pkeyutl -verify -pubin -keyform DER -inkey pub.der -rawin -in body "
            "-sigfile sig\n"
        ),
        RECORDED if head.is_recorded else BLINDED if head.is_blinded else UNBLINDED,
    ]
    if EARLIER in members:
        parts.append(
            "checkpoint-before was signed before the decision; the consistency file shows that "
            "the\nlog of the decision begins with it, so what it covers was fixed first.\n"
        )
    elif not head.is_recorded:
        parts.append(
            "No checkpoint from before the decision was kept: that the policy was fixed first is "
            "shown\nby the order of the events alone.\n"
        )
    if len(keys) > 1:
        parts.append(
            "The log's key was replaced between the two checkpoints: the key with an id in its "
            "name\nsigned the earlier one. Compare both, and name a copy of both.\n"
        )
    return "\n".join(parts)
