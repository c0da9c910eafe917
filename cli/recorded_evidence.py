"""What goes to somebody who wants to check a decision that a venue made elsewhere?"""

from collections.abc import Sequence
from dataclasses import replace

import click

from cli.errors import CommandFailed, Failure
from cli.evidence_notes import earlier_members
from cli.output import as_of_line
from cli.plain import plain_text
from cli.prove_command import inclusion_proof
from cli.reading import Reading, as_of
from cli.recorded_adl import Question, asked_about, recorded_sheet
from domain.audit.decisions import Terms
from ledger.keys import VerifierKey
from ledger.notes import SignedNote
from reports.audience import Audience
from reports.evidence import Members, event_name, proof_name
from reports.html.rendering import sheet_html
from reports.page import json_text
from reports.recorded_explanation import AskedAbout, recorded_explanation


def asked_for(context: click.Context, books: Reading, name: str) -> AskedAbout:
    """The decision as an auditor asks about it; raises `UnknownDecision`."""
    asked = Question(None, Audience.AUDITOR, Terms(), None, None, names=False)
    return asked_about(context, books, name, asked)


def only_for_auditors(audience: Audience) -> None:
    """Refuse a trader: the events of a recorded close name both of its sides."""
    if audience is not Audience.AUDITOR:
        raise CommandFailed(
            Failure(
                "recorded_evidence",
                2,
                "a recorded close names both sides, so its bundle is the auditor's",
                expected="--audience auditor",
                hint="adl explain --audience trader --account ACCOUNT, and prove ADL-ID",
            )
        )


def recorded_members(
    books: Reading, asked: AskedAbout, signed: SignedNote, known: Sequence[VerifierKey]
) -> Members:
    """Everything but keys, verifier and manifest."""
    ledger, found = books.ledger, asked.found
    page = recorded_explanation(asked, as_of(ledger, found.last_seq))
    head = "" if page.as_of is None else as_of_line(page.as_of)
    members: Members = {
        "explanation.json": (json_text(page.object()) + "\n").encode("utf-8"),
        "explanation.txt": plain_text(head, page.parts).encode("utf-8"),
        "explanation.html": sheet_html(recorded_sheet(asked, page)).encode("utf-8"),
        "checkpoint": signed.raw(),
    }
    for seq in sorted(asked.leaves):
        proof = inclusion_proof(ledger, seq, signed, with_event=True)
        members[event_name(seq)] = proof.event or b""
        members[proof_name(seq)] = replace(proof, event=None).raw()
    return members | earlier_members(ledger, found.seq, signed, known)
