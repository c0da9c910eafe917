"""Which one thing of a bundle is changed, or changed after everything else was made to fit?"""

import json
from collections.abc import Callable

from domain.canonical import canonical_bytes
from domain.merkle import leaf_hash, root_of
from tests.unit.reports.verifier.forgeries import (
    Forgery,
)

PROOF = "proofs/000000034.tlog-proof"


def late(forgery: Forgery, name: str, change: Callable[[bytes], bytes]) -> None:
    """Change a derived member after all; the manifest is still made to fit."""
    forgery.late.append(lambda members: members.update({name: change(members[name])}))


def dropped(forgery: Forgery, name: str) -> None:
    forgery.late.append(lambda members: members.pop(name) and None)


Forge = Callable[[Forgery], None]


def set_in(part: str, *keys: str | int, to: object) -> Forge:
    """Set one value inside a part of the bundle."""

    def forge(forgery: Forgery) -> None:
        here = getattr(forgery, part)
        for key in keys[:-1]:
            here = here[key]
        here[keys[-1]] = to

    return forge


def in_event(seq: int, *keys: str, to: object) -> Forge:
    def forge(forgery: Forgery) -> None:
        here = forgery.events[seq - 1]
        for key in keys[:-1]:
            here = here[key]
        here[keys[-1]] = to

    return forge


def shown(*seqs: int) -> Forge:
    def forge(forgery: Forgery) -> None:
        forgery.shown = list(seqs)

    return forge


def row(rank: int, **fields: object) -> Forge:
    """Change a ranking row, and every root over the rows with it."""

    def forge(forgery: Forgery) -> None:
        rows = [json.loads(text) for text in forgery.candidates["rows"]]
        rows[rank - 1].update(fields)
        rerank(forgery, [canonical_bytes(one).decode() for one in rows])

    return forge


def rerank(forgery: Forgery, rows: list[str]) -> None:
    root = root_of([leaf_hash(one.encode()) for one in rows]).hex()
    forgery.candidates.update(rows=rows, root=root)
    forgery.event(34)["ranking_root"] = root
    forgery.explanation["candidates"]["root"] = root


def rows_alone(forgery: Forgery) -> None:
    """A number that no other part repeats."""
    rows = forgery.candidates["rows"]
    rows[0] = rows[0].replace('"maintenance_margin":2', '"maintenance_margin":3')


def without_the_last_row(forgery: Forgery) -> None:
    rerank(forgery, forgery.candidates["rows"][:-1])


def and_not_explained(forgery: Forgery) -> None:
    without_the_last_row(forgery)
    del forgery.explanation["ranking"][-1]


def and_not_counted(forgery: Forgery) -> None:
    without_the_last_row(forgery)
    forgery.event(34)["candidates"] = 2


def a_closure_too_many(forgery: Forgery) -> None:
    forgery.event(34)["closures"] = 3


def attribute(name: str, value: object) -> Forge:
    return lambda forgery: setattr(forgery, name, value)


def member(name: str, change: Callable[[bytes], bytes]) -> Forge:
    return lambda forgery: late(forgery, name, change)


def missing(name: str) -> Forge:
    return lambda forgery: dropped(forgery, name)


def salted(forgery: Forgery) -> None:
    """The same ranking with a salt of its own in each row."""
    used = (forgery.event(34)["policy"], forgery.event(3)["adl"], forgery.policy["policy"])
    for policy in used:
        policy["row_key_digest"] = "ab" * 32
    rows = [json.loads(text) for text in forgery.candidates["rows"]]
    lines = forgery.explanation["ranking"]
    for number, (one, line) in enumerate(zip(rows, lines, strict=True), start=1):
        one["salt"] = line["salt"] = f"{number:032x}"
    rerank(forgery, [canonical_bytes(one).decode() for one in rows])
    mark_as(forgery, blinded=True)


def mark_as(forgery: Forgery, *, blinded: bool) -> None:
    forgery.candidates["blinded"] = forgery.explanation["candidates"]["blinded"] = blinded
