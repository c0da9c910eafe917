"""How does a stranger check this page, and what does it not claim? (sections 7 and 8)"""

from typing import Final

from reports.audience import Document
from reports.explanation_words import GLOSSARY, ROOT_SKIPPED
from reports.html.amounts import grouped
from reports.html.blocks import Block, Cell, Column, Facts, Row, Section, Table, said
from reports.html.view import View

PROOFS_AT_MOST: Final = 6
"""A page shows so many paths; the evidence bundle holds all."""
UNSALTED: Final = (
    "Rows of the ranking carry no salt here: who guesses a neighbour’s whole row exactly could "
    "confirm the guess with the path."
)
SALTED: Final = (
    "Each row of the ranking carries a salt that only its own reader and auditors are given: the "
    "hashes in the path confirm no guess of a neighbour’s row."
)
NO_ROW_WITHOUT_KEY: Final = (
    "Rows of the ranking carry a salt, and this page was made without the venue’s row key: it "
    "cannot show that the reader’s row stands in the ranking."
)


def proof_section(view: View) -> Section:
    """7: roots, leaves, paths, the command that makes the same answer."""
    around, document = view.around, view.document
    at, verdict = document["as_of"], document["verification"]
    root = verdict["ranking_root"]
    facts = Facts(
        (
            ("Log", Cell(around.origin)),
            (f"Root over {grouped(str(at['seq']))} events", Cell(at["root"], is_code=True)),
            (
                "Signed checkpoint",
                Cell(
                    around.checkpoint
                    or "none given: compare the root with one kept outside the store"
                ),
            ),
            ("Ranking root", Cell(document["candidates"]["root"], is_code=True)),
            ("Ranking rebuilt from the log", Cell(ROOT_SKIPPED if root == "skipped" else root)),
            ("Decision made again from the log", Cell(verdict["redecided"])),
            (
                f"Policy digest, in the log since seq {grouped(str(around.policy_seq))}",
                Cell(around.policy_digest, is_code=True),
            ),
            ("Reproduce with", Cell(around.command, is_code=True)),
            ("SHA-256 of that answer", Cell(around.digest, is_code=True)),
        )
    )
    blocks: list[Block] = [facts]
    if around.proofs:
        blocks += [_events(view), _how_to_check()]
    elif view.audience is not None:
        blocks.append(said("Of no event of this decision was this reader a party.", is_note=True))
    blocks += _own_row(view)
    return Section(7, "proof", "Proof", tuple(blocks))


def _events(view: View) -> Table:
    proofs = view.around.proofs
    rows = tuple(
        Row(
            (
                Cell(grouped(str(proof.seq))),
                Cell(proof.type),
                Cell("\n".join((proof.leaf, *proof.path)), is_code=True),
            )
        )
        for proof in proofs
    )
    rest = len(view.document["evidence"]) - len(rows)
    return Table(
        "Events used, each with its leaf hash and the path to the root"
        + (f"; {grouped(str(rest))} more in the JSON" if rest else ""),
        (
            Column("seq"),
            Column("event", is_word=True),
            Column("leaf hash, and below it the path from the leaf upwards", is_word=True),
        ),
        rows,
    )


def _how_to_check() -> Block:
    return said(
        "A leaf is SHA-256 of a zero byte and the event’s bytes; a node is SHA-256 of a one byte "
        "and its two children (RFC 6962). The leaf’s index is its seq minus one.",
        is_note=True,
    )


def _own_row(view: View) -> list[Block]:
    row = view.document.get("own_row")
    if row is None:
        return []
    return [
        Facts(
            (
                ("Your row of the ranking", Cell(row["row"], is_code=True)),
                ("Its leaf hash", Cell(row["leaf"], is_code=True)),
                ("Its place", Cell(f"index {row['index']} of {row['size']} rows")),
                (
                    "Path to the ranking root",
                    Cell("\n".join(row["path"]) or "none needed", is_code=True),
                ),
                ("The path leads to the ranking root", Cell(row["verified"])),
            )
        )
    ]


def limits_section(view: View) -> Section:
    """8: what is not claimed, the words, and where to object."""
    limits = [
        "This page does not claim that what was logged is true, only that it follows from the log.",
        "It covers the log up to the decision’s last closure; nothing later is counted in.",
    ]
    if view.around.checkpoint is None:
        limits.append("No signed checkpoint is part of it: a root kept outside the store binds it.")
    blocks: list[Block] = [said(*limits)]
    if view.audience is not None:
        blocks.append(
            said(
                f"Withheld from this reader: {'; '.join(view.audience['withheld'])}. An auditor’s "
                "page of the same decision shows them."
            )
        )
        if note := _about_salts(view):
            blocks.append(said(note, is_note=True))
    blocks.append(Facts(tuple((word, Cell(meaning)) for word, meaning in _glossary())))
    blocks.append(said(view.around.objection or _objection(view)))
    return Section(8, "limits", "Limits", tuple(blocks))


def _about_salts(view: View) -> str | None:
    """What the hashes in a path could give away, for whoever got or misses a row of its own."""
    document = view.document
    has_row, is_blinded = document.get("own_row") is not None, "blinded" in document["candidates"]
    if not has_row:
        return NO_ROW_WITHOUT_KEY if is_blinded and _has_rank(document) else None
    return SALTED if is_blinded else UNSALTED


def _has_rank(document: Document) -> bool:
    account = document.get("account")
    return account is not None and account["rank"] is not None


def _objection(view: View) -> str:
    return (
        f"To object, write to the venue that keeps the log {view.around.origin} and name the "
        f"decision {view.decision['id']} and the root above. "
        "The venue has put no text of its own here."
    )


def _glossary() -> list[tuple[str, str]]:
    entries = GLOSSARY.removeprefix("Words: ").removesuffix(".").split("; ")
    pairs = [entry.partition(", ") for entry in entries]
    return [(word, meaning) for word, _, meaning in pairs]
