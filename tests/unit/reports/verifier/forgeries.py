"""How does somebody forge a bundle who holds the venue's key and knows the format by heart?

Everything that a bundle derives (leaves, tree, proofs, checkpoint, manifest) is made to fit again,
so that only the one thing that a test changed is wrong.
"""

import json
import os
import tempfile
from base64 import b64encode
from collections.abc import Callable
from contextlib import chdir
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from domain.canonical import canonical_bytes
from domain.merkle import consistency_path, inclusion_path, leaf_hash, root_of
from tests.acceptance.calling import cascade_mini
from tests.acceptance.proofs.bundles import Members, unpacked, with_new_manifest

NAME = "zerosum.example/test"
SECRET = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
PUBLIC = SECRET.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
SHOWN = (3, 30, 33, 34, 35, 36)


def base64(raw: bytes) -> str:
    return b64encode(raw).decode()


def identity(name: str = NAME, public: bytes = PUBLIC) -> bytes:
    return sha256(name.encode() + b"\n\x01" + public).digest()[:4]


def key_line(name: str = NAME, public: bytes = PUBLIC) -> str:
    return f"{name}+{identity(name, public).hex()}+{base64(bytes([1]) + public)}"


def signed(text: str, name: str = NAME, secret: Ed25519PrivateKey = SECRET) -> bytes:
    public = secret.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    signature = identity(name, public) + secret.sign(text.encode())
    return f"{text}\n— {name} {base64(signature)}\n".encode()


def checkpoint(size: int, root: bytes, origin: str = NAME) -> str:
    return f"{origin}\n{size}\n{base64(root)}\n"


@cache
def exported() -> tuple[Members, Members]:
    """The auditor's bundle of the worked example with the whole log, and that of dave."""
    with tempfile.TemporaryDirectory() as folder, chdir(folder):
        for variable in ("ZEROSUM_KEY", "ZEROSUM_VKEY"):
            os.environ.pop(variable, None)
        books = cascade_mini(Path(folder))
        for args in (("keygen",), ("checkpoint",)):
            assert books.ask(*args).exit_code == 0
        evidence = ("export", "evidence", "ADL-34")
        trader = ("--audience", "trader", "--account", "dave")
        assert books.ask(*evidence, "--with-log", "-o", "a.zip").exit_code == 0
        assert books.ask(*evidence, *trader, "-o", "t.zip").exit_code == 0
        return unpacked(Path("a.zip")), unpacked(Path("t.zip"))


def entries(tile: bytes) -> list[bytes]:
    found = []
    while tile:
        end = 2 + int.from_bytes(tile[:2], "big")
        found.append(tile[2:end])
        tile = tile[end:]
    return found


def tile_of(events: list[bytes]) -> bytes:
    return b"".join(len(raw).to_bytes(2, "big") + raw for raw in events)


class Forgery:
    """A bundle in parts that can be changed; `members` makes everything derived fit them."""

    def __init__(self, *, before: int | None = None, trader: bool = False) -> None:
        auditor, dave = exported()
        kept = dave if trader else auditor
        self.events = [json.loads(raw) for raw in entries(auditor["log/tile/entries/000.p/37"])]
        self.shown = [36] if trader else list(SHOWN)
        self.explanation: Any = json.loads(kept["explanation.json"])
        self.candidates: Any = json.loads(kept["candidates.json"])
        self.policy: Any = json.loads(kept["policy.json"])
        self.manifest: Any = json.loads(kept["MANIFEST.json"])
        self.before = before
        self.before_root: bytes | None = None
        self.origin = NAME
        self.origin_before = NAME
        self.with_log = not trader
        self.with_leaves = True
        self.tile_sizes: list[int] | None = None
        self.late: list[Callable[[Members], None]] = []

    def event(self, seq: int) -> Any:
        """The data of an event."""
        return self.events[seq - 1]["data"]

    def members(self) -> Members:
        """The bundle with fitting leaves, proofs, checkpoint and manifest."""
        raws = [canonical_bytes(event) for event in self.events]
        leaves = [leaf_hash(raw) for raw in raws]
        size, root = len(leaves), root_of(leaves)
        note = signed(checkpoint(size, root, self.origin), self.origin)
        members: Members = {
            "checkpoint": note,
            f"keys/{NAME.replace('/', '-')}.vkey": f"{key_line()}\n".encode(),
            "candidates.json": canonical_bytes(self.candidates) + b"\n",
            "policy.json": canonical_bytes(self.policy) + b"\n",
        }
        for seq in self.shown:
            path = inclusion_path(leaves, seq - 1)
            head = ["c2sp.org/tlog-proof@v1", f"index {seq - 1}", *map(base64, path)]
            members[f"events/{seq:09d}.json"] = raws[seq - 1]
            members[f"proofs/{seq:09d}.tlog-proof"] = "\n".join(head).encode() + b"\n\n" + note
        if self.with_leaves:
            for item in self.explanation["evidence"]:
                item["leaf"] = leaves[item["seq"] - 1].hex()
        members["explanation.json"] = json.dumps(self.explanation).encode()
        if self.with_log:
            at = 0
            for number, count in enumerate(self.tile_sizes or [size]):
                name = f"log/tile/entries/{number:03d}" + (".p/37" if count == size else "")
                members[name] = tile_of(raws[at : at + count])
                at += count
        if self.before is not None:
            path = consistency_path(leaves, self.before)
            head = [f"old {self.before}", *map(base64, path)]
            members["before.consistency"] = "\n".join(head).encode() + b"\n\n" + note
            earlier = self.before_root or root_of(leaves[: self.before])
            text = checkpoint(self.before, earlier, self.origin_before)
            members["checkpoint-before"] = signed(text, self.origin_before)
        for change in self.late:
            change(members)
        manifest = {**self.manifest, "size": size, "root": root.hex(), "origin": self.origin}
        return with_new_manifest({**members, "MANIFEST.json": canonical_bytes(manifest) + b"\n"})
