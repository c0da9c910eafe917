"""Does this bundle prove what its explanation says?

Stands alone: one file, the standard library and `cryptography`; it shares no code with the program
that wrote the bundle. `python verify.py [BUNDLE] [--key VKEY]` takes the ZIP or its folder, by
default its own. Exit 0 intact, 1 tampered or unknown key, 2 wrong usage, 4 unreadable. Whoever
forges a bundle can forge the keys in it: without --key the verdict is at best unknown_key.
"""

import argparse
import base64
import json
import re
import sys
import zipfile
from fractions import Fraction
from hashlib import sha256
from pathlib import Path
from typing import Any

FIELDS = ["audience", "decision", "members", "origin", "root", "schema", "size"]
POLICY = ("close_price", "parameters", "policy", "trigger", "vault_candidate")
COMPARE = "all agrees, but the key came with the bundle: name a copy from elsewhere with --key"
Key = tuple[str, bytes, bytes]


class Fault(Exception):
    """How bad it is, and why the bundle proves nothing."""


def check(fact: object, text: str, verdict: str = "tampered") -> None:
    """End here with a verdict unless the fact holds."""
    if not fact:
        raise Fault(verdict, text)


def readable(fact: object, text: str) -> None:
    """End here unless the bytes are what they should be."""
    check(fact, text, "unreadable")


def leaf_of(raw: bytes) -> bytes:
    """Hash of one entry of a list."""
    return sha256(b"\x00" + raw).digest()


def node_of(left: bytes, right: bytes) -> bytes:
    """Hash of two halves of a list."""
    return sha256(b"\x01" + left + right).digest()


def unbase64(text: str) -> bytes:
    """Bytes from their one base64 writing."""
    raw = base64.b64decode(text.encode(), validate=True)
    readable(base64.b64encode(raw).decode() == text, f"{text[:60]!r} is not canonical base64")
    return raw


def hashes_of(lines: list[str]) -> list[bytes]:
    """One hash a line."""
    found = [unbase64(line) for line in lines]
    readable(all(len(one) == 32 for one in found), "a hash has 32 bytes")
    return found


def size_of(text: str) -> int:
    """A size in its one decimal writing."""
    readable(re.fullmatch(r"0|[1-9][0-9]{0,18}", text, re.ASCII), f"{text[:30]!r} is no size")
    return int(text)


def json_of(raw: bytes) -> Any:
    """JSON without repeated keys and without anything but whole numbers."""

    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        readable(len(dict(pairs)) == len(pairs), "a JSON object names a key twice")
        return dict(pairs)

    # No text of a float or constant is a size, so either ends here.
    return json.loads(raw, object_pairs_hook=unique, parse_float=size_of, parse_constant=size_of)


def canonical(value: object) -> bytes:
    """The one JSON writing of a value."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def root_of(leaves: list[bytes]) -> bytes:
    """Root over a list, as RFC 6962 defines it."""
    level = leaves or [sha256(b"").digest()]
    while len(level) > 1:
        odd = level[-1:] * (len(level) % 2)  # carried up, never doubled
        level = [node_of(*level[at : at + 2]) for at in range(0, len(level) - 1, 2)] + odd
    return level[0]


def leads_to(leaf: bytes, index: int, size: int, path: list[bytes], root: bytes) -> bool:
    """Whether the path leads from entry `index` to the root over `size` entries."""
    last, digest, is_there = size - 1, leaf, 0 <= index < size
    for sibling in path:
        if last == 0:
            return False
        if index & 1 or index == last:
            digest = node_of(sibling, digest)
            while index and not index & 1:
                index, last = index >> 1, last >> 1
        else:
            digest = node_of(digest, sibling)
        index, last = index >> 1, last >> 1
    return is_there and last == 0 and digest == root


def begins_with(old: int, size: int, old_root: bytes, root: bytes, path: list[bytes]) -> bool:
    """Whether the path shows that the list of `size` entries begins with the one of `old`."""
    if old in (0, size):
        return not path and old_root == (root if old == size else root_of([]))
    hashes = [old_root, *path] if old & (old - 1) == 0 else list(path)
    if not 0 < old < size or not hashes:
        return False
    first, last = old - 1, size - 1
    while first & 1:
        first, last = first >> 1, last >> 1
    before = after = hashes[0]
    for sibling in hashes[1:]:
        if last == 0:
            return False
        if first & 1 or first == last:
            before, after = node_of(sibling, before), node_of(sibling, after)
            while first and not first & 1:
                first, last = first >> 1, last >> 1
        else:
            after = node_of(after, sibling)
        first, last = first >> 1, last >> 1
    return last == 0 and before == old_root and after == root


def key_from(raw: bytes) -> Key:
    """Name, id and bytes of a public key; base64 may hold a + too."""
    name, said, encoded = raw.decode().removesuffix("\n").split("+", 2)
    key = unbase64(encoded)
    readable(len(key) == 33 and key[0] == 1, f"the key of {name} is not Ed25519")
    identity = sha256(name.encode() + b"\n" + key).digest()[:4]
    readable(identity.hex() == said, f"the key of {name} has another id than its bytes")
    return name, identity, key[1:]


def check_signature(public: bytes, signature: bytes, text: bytes) -> None:
    """End here unless the key has signed the text."""
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, text)
    except InvalidSignature as fault:
        raise Fault("tampered", "a signature does not fit its note") from fault


def note_from(raw: bytes, keys: list[Key]) -> tuple[str, int, bytes]:
    """Origin, size and root of a note that a known key has signed."""
    readable(len(raw) <= 1 << 20 and raw.count(b"\n\n") == 1, "a note has one empty line")
    readable(not re.search(rb"[\x00-\x09\x0b-\x1f\x7f]", raw), "a note has a control character")
    text = raw[: raw.index(b"\n\n") + 1]
    lines = text.decode().split("\n")
    signatures = raw[len(text) + 1 :].decode().split("\n")
    readable(lines.pop() == "" and len(lines) >= 3 and all(lines), "a checkpoint has three lines")
    readable(signatures.pop() == "" and 0 < len(signatures) <= 16, "1 to 16 signatures")
    size, root = size_of(lines[1]), hashes_of([lines[2]])[0]
    good = []
    for line in signatures:
        dash, name, encoded = line.split(" ")
        signature = unbase64(encoded)
        fits = dash == "\u2014" and name and "+" not in name and len(signature) > 4
        readable(fits, f"{line[:60]!r} is no signature line")
        for key_name, identity, public in keys:
            if (key_name, identity) == (name, signature[:4]):
                check_signature(public, signature[4:], text)
                good.append(key_name)
    check(lines[0] in good, f"no known key has signed for {lines[0]} at size {size}", "unknown_key")
    return lines[0], size, root


def members_of(place: Path) -> dict[str, bytes]:
    """Every file of a ZIP or of a folder, by name."""
    if place.is_dir():
        paths = sorted(place.rglob("*"))
        odd = [p.name for p in paths if p.is_symlink() or not (p.is_file() or p.is_dir())]
        check(not odd, f"links or no files: {odd}")
        return {p.relative_to(place).as_posix(): p.read_bytes() for p in paths if p.is_file()}
    with zipfile.ZipFile(place) as archive:
        infos = archive.infolist()
        readable(len({i.filename for i in infos}) == len(infos), "a member stands twice")
        fits = sum(i.file_size for i in infos) < 1 << 31 and not any(i.compress_type for i in infos)
        readable(fits, "the ZIP is compressed or too large")
        return {info.filename: archive.read(info) for info in infos}


class Bundle:
    """The members of a bundle and what is known of them so far."""

    def __init__(self, members: dict[str, bytes], keys: list[Key], signer: str) -> None:
        self.members, self.keys, self.signer = members, keys, signer
        self.events: dict[int, Any] = {}
        self.manifest = json_of(self.take("MANIFEST.json"))
        written = canonical(self.manifest) + b"\n"
        check(written == members["MANIFEST.json"], "the manifest is not written canonically")
        fits = sorted(self.manifest) == FIELDS and self.manifest["schema"] == "evidence/1"
        readable(fits, "another kind of bundle")

    def take(self, name: str) -> bytes:
        """A member that must be there."""
        readable(name in self.members, f"{name} is missing")
        return self.members[name]

    def like(self, start: str, end: str) -> dict[str, str]:
        """Members by the middle of their names."""
        names = sorted(n for n in self.members if n.startswith(start) and n.endswith(end))
        return {name[len(start) : len(name) - len(end)]: name for name in names}

    def proof(self, name: str) -> list[str]:
        """The lines of a proof that ends with the bundle's own checkpoint."""
        head, _, note = self.take(name).partition(b"\n\n")
        check(note == self.members["checkpoint"], f"{name} ends with another note")
        return head.decode().split("\n")

    def digests(self) -> str:
        """Is every member the one that the manifest names?"""
        said: dict[str, str] = self.manifest["members"]
        found = {n: sha256(r).hexdigest() for n, r in self.members.items() if n != "MANIFEST.json"}
        for name in sorted({*said, *found}):
            check(said.get(name) == found.get(name), f"{name} was changed, added or left out")
        return f"{len(found)} members have the digests of the manifest"

    def checkpoint(self) -> str:
        """Is the head signed by a known key?"""
        self.origin, self.size, self.root = note_from(self.take("checkpoint"), self.keys)
        said = (self.manifest["origin"], self.manifest["size"], self.manifest["root"])
        check(said == (self.origin, self.size, self.root.hex()), "manifest and checkpoint differ")
        return f"log {self.origin} of size {self.size} is signed by {self.signer}"

    def proofs(self) -> str:
        """Is every event in the signed log, at its place?"""
        events, proofs = self.like("events/", ".json"), self.like("proofs/", ".tlog-proof")
        check(set(proofs) == set(events), "events and proofs do not pair")
        for stem, name in events.items():
            magic, index, *path = self.proof(proofs[stem])
            fits = magic == "c2sp.org/tlog-proof@v1" and index.startswith("index ")
            readable(fits, f"{proofs[stem]} is no proof")
            raw, at = self.take(name), size_of(index.removeprefix("index "))
            fits = leads_to(leaf_of(raw), at, self.size, hashes_of(path), self.root)
            check(fits, f"{name} is not event {at + 1} of the signed log")
            event = self.events[at + 1] = json_of(raw)
            check(event["seq"] == at + 1 and stem == f"{at + 1:09d}", f"{name}: another seq")
        return f"{len(events)} events are in the signed log"

    def earlier(self) -> str | None:
        """Does the log begin with the one that was signed before the decision?"""
        names = self.like("", ".consistency")
        check(len(names) == ("checkpoint-before" in self.members), "an unpaired checkpoint")
        if not names:
            return None
        origin, old, old_root = note_from(self.take("checkpoint-before"), self.keys)
        first, *path = self.proof(*names.values())
        check(first == f"old {old}" and origin == self.origin, "the proof of another log")
        fits = begins_with(old, self.size, old_root, self.root, hashes_of(path))
        check(fits, "the log does not begin with the one that was signed earlier")
        causes = [e["cause"] for e in self.of("market.deleveraging_decided/")]
        check(all(old < cause for cause in causes), "the earlier checkpoint is not earlier")
        return f"the log begins with the one that was signed at size {old}"

    def of(self, kind: str) -> list[Any]:
        """The decision's events of one kind."""
        found = [e for e in self.events.values() if e["type"].startswith(kind)]
        return [e for e in found if e["data"]["decision_id"] == self.manifest["decision"]]

    def decision(self) -> str:
        """Are explanation, ranking, closures and policy those of the log?"""
        listed = json_of(self.take("candidates.json"))
        said = json_of(self.take("explanation.json"))
        check(said["decision"]["id"] == self.manifest["decision"], "another explanation")
        check(said["candidates"].get("blinded", False) == listed["blinded"], "salted or not?")
        for item in said["evidence"]:
            raw = self.take(f"events/{item['seq']:09d}.json")
            check(leaf_of(raw).hex() == item["leaf"], f"the explanation's leaf {item['seq']}")
        decided = self.of("market.deleveraging_decided/")
        if self.manifest["audience"] == "trader":
            return self.own_row(listed["row"], listed["blinded"], said)
        check(decided, "the decision's event is missing")
        data, rows = decided[0]["data"], [json_of(row.encode()) for row in listed["rows"]]
        roots = {data["ranking_root"], listed["root"], said["candidates"]["root"]}
        roots.add(root_of([leaf_of(row.encode()) for row in listed["rows"]]).hex())
        check(len(roots) == 1, "the ranking is not the one that was decided on")
        check_salts(rows, listed["blinded"])
        check(("row_key_digest" in data["policy"]) == listed["blinded"], "salted or not?")
        check(data["candidates"] == len(rows) == len(said["ranking"]), "a candidate is missing")
        done = {e["data"]["rank"]: e["data"] for e in self.of("market.position_deleveraged/")}
        closed = {rank: (own["victim"], own["quantity"]) for rank, own in done.items()}
        ranked = {n: (r["account"], r["closed"]) for n, r in enumerate(rows, 1) if r["closed"]}
        check(closed == ranked and len(done) == data["closures"], "closures and ranking differ")
        self.policy(data["policy"])
        self.numbers(decided[0], rows, done, said)
        return f"{len(rows)} candidates, ranking, closures and policy are those of the log"

    def own_row(self, row: Any, blinded: bool, said: Any) -> str:
        """Does a trader's own row stand in the ranking?"""
        if row is None:
            return "the reader stands in no ranking of this decision"
        check_salts([json_of(row["row"].encode())], blinded)
        root, *path = map(bytes.fromhex, [row["root"], *row["path"]])
        fits = leads_to(leaf_of(row["row"].encode()), row["index"], row["size"], path, root)
        check(fits and said["candidates"]["root"] == row["root"], "the own row is not ranked")
        return f"the own row stands at rank {row['index'] + 1} of {row['size']}"

    def policy(self, used: Any) -> None:
        """Was the policy the one in force?"""
        found = json_of(self.take("policy.json"))
        digest = sha256(canonical({name: used[name] for name in POLICY})).hexdigest()
        check(found["policy"] == used and used["digest"] == digest, "the policy is not the one")
        set_by = self.events[found["effective_seq"]]["data"]
        check(used in (set_by, set_by.get("adl")), "the policy was set otherwise")

    def numbers(self, decided: Any, rows: list[Any], done: dict[int, Any], said: Any) -> None:
        """Are the explanation's decimals the whole numbers of rows and events?"""
        data, own = decided["data"], [e for e in self.events.values() if "lot_size" in e["data"]]
        market = next(event["data"] for event in own if event["stream"] == decided["stream"])
        lot, unit = Fraction(market["lot_size"]), Fraction(market["quote_unit"])
        tick, point = Fraction(market["tick_size"]), data["mark_price"] * market["point_value"]
        shown = [(said["decision"]["mark_price"], data["mark_price"] * tick)]
        shown += [(said["decision"]["close_price"], Fraction(data["close_price"]["price"]) * tick)]
        for rank, (row, line) in enumerate(zip(rows, said["ranking"], strict=True), start=1):
            same = [line.get(name) == row.get(name) for name in ("account", "salt")]
            check(line["rank"] == rank and all(same), f"rank {rank}")
            paid = done.get(rank, {"cost": 0, "realized": 0})
            shown += [(line[name], row[name] * lot) for name in ("quantity", "closed")]
            shown += [(line[name], row[name] * unit) for name in ("equity", "unrealized")]
            shown += [(line[name], paid[name] * unit) for name in ("cost", "realized")]
            shown += [(line["notional"], abs(row["quantity"]) * point * unit)]
            score = Fraction(row["score_numerator"], row["score_denominator"])
            shown += [(line["score"], score)] if score else []
        totals, cost = said["totals"], sum(one["cost"] for one in done.values())
        shown += [(totals["needed"], data["needed"] * lot), (totals["cost"], cost * unit)]
        shown += [(totals["closed"], (data["needed"] - data["residual"]) * lot)]
        shown += [(totals["deficit"], max(0, -data["equity"]) * unit)]
        shown += [(said["trigger"]["equity"], data["equity"] * unit)]
        for text, value in shown:
            check(Fraction(text) == value, f"the explanation says {text}, the log {value}")

    def log(self) -> str | None:
        """Does the whole log lead to the signed root, where the bundle carries it?"""
        tiles, leaves = self.like("log/tile/entries/", ""), list[bytes]()
        for name in sorted(tiles.values(), key=lambda name: int(re.sub(r"\.p.*|\D", "", name))):
            raw, at = self.take(name), 0
            while at < len(raw):
                end = at + 2 + int.from_bytes(raw[at : at + 2], "big")
                leaves.append(leaf_of(raw[at + 2 : end]))
                at = end
        fits = len(leaves) == self.size and root_of(leaves) == self.root
        check(not tiles or fits, "the log is not the one that was signed")
        return f"all {self.size} events lead to the signed root" if tiles else None


def check_salts(rows: list[Any], blinded: bool) -> None:
    """End here unless each row carries a salt of its own, or none where they are unblinded."""
    salts = [row["salt"] for row in rows if "salt" in row]
    fits = all(re.fullmatch(r"[0-9a-f]{32}", salt, re.ASCII) for salt in salts)
    check(fits and len(salts) == len(set(salts)) == len(rows) * blinded, "salts of the rows")


def main(kind: type[Bundle] = Bundle) -> int:
    """Check everything in order; gives the exit code."""
    parser = argparse.ArgumentParser(description="Does this bundle prove what it says?")
    parser.add_argument("bundle", nargs="?", default=Path(__file__).parent, type=Path)
    parser.add_argument("--key", action="append", default=[], metavar="VKEY")
    options = parser.parse_args()
    try:
        members = members_of(options.bundle)
        held = [raw for name, raw in sorted(members.items()) if name.startswith("keys/")]
        named = [Path(t).read_bytes() if Path(t).is_file() else t.encode() for t in options.key]
        signer = "a known key" if named else "a key in keys/, which nobody has compared"
        found = kind(members, [key_from(raw) for raw in named or held], signer)
        for step in ("digests", "checkpoint", "proofs", "earlier", "decision", "log"):
            said = getattr(found, step)()
            sys.stdout.write(f"ok  {said}\n" if said is not None else "")
        check(named, f"{COMPARE}: {[raw.decode().strip() for raw in held]}", "unknown_key")
    except Fault as fault:
        verdict, text = fault.args
    except ImportError:
        sys.stderr.write("pip install cryptography\n")
        return 2
    except Exception as fault:  # noqa: BLE001 - whatever a forged bundle breaks, it is unreadable
        verdict, text = "unreadable", f"{type(fault).__name__}: {fault}"
    else:
        sys.stdout.write("Verdict: intact\n")
        return 0
    text = "".join(one if one.isprintable() else "?" for one in text)  # a name may hold a line
    sys.stdout.write(f"Verdict: {verdict}: {text}\n")
    return 4 if verdict == "unreadable" else 1


if __name__ == "__main__":
    sys.exit(main())
