"""What goes to somebody who wants to check one ADL decision and trusts none of ours?"""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import click

from cli.adl_explain_command import asked_of
from cli.adl_pages import Explained, explained_for
from cli.auditing import is_recorded
from cli.errors import not_found, wrong_usage
from cli.evidence_notes import earlier_members, key_members
from cli.exporting import target
from cli.keys import key_option, known_keys, row_key_in, row_key_option
from cli.output import as_of_line, note
from cli.plain import plain_text
from cli.prove_command import HINT, inclusion_proof
from cli.reading import Reading, log_only, reading
from cli.recorded_evidence import asked_for, only_for_auditors, recorded_members
from cli.settings import Question
from domain.adl.decision import decision
from domain.adl.row_key import check_row_key
from ledger.checkpoints import covering_note
from ledger.keys import VerifierKey
from ledger.notes import SignedNote
from ledger.streams import first_of
from projections.answers import AdlRound
from reports.audience import Audience
from reports.evidence import (
    Head,
    Members,
    bundle,
    entry_tiles,
    event_name,
    own_row,
    policy_document,
    proof_name,
    ranked_rows,
)
from reports.explanation import Asked
from reports.html.rendering import sheet_html

READERS = (str(Audience.AUDITOR), str(Audience.TRADER))


@click.command(
    "evidence", cls=Question, epilog="Example: zerosum export evidence ADL-34 -o ADL-34.zip"
)
@click.argument("decision_id", metavar="ADL-ID")
@click.option(
    "--audience", type=click.Choice(READERS), default="auditor", help="Who reads the bundle."
)
@click.option("--account", metavar="ACCOUNT", help="The trader whose part in it this is.")
@click.option("--with-log", is_flag=True, help="Add the whole log, for deciding again.")
@key_option
@row_key_option
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Where to; else ADL-ID.zip here, and - is stdout.",
)
@click.pass_context
def export_evidence(
    context: click.Context,
    decision_id: str,
    audience: str,
    account: str | None,
    with_log: bool,
    keys: tuple[str, ...],
    row_key_file: Path | None,
    output: Path | None,
) -> None:
    """One ADL decision with all its proofs.

    A ZIP: explanation, events, proofs, signed checkpoints, ranking rows, policy, public keys, and
    a program that checks them without zerosum. The same log gives the same bytes.
    """
    reader = Audience(audience)
    if (reader is Audience.TRADER) != (account is not None):
        raise wrong_usage(
            "usage",
            "a trader's bundle is about one account",
            expected="--audience trader --account ACCOUNT",
        )
    if reader is Audience.TRADER and with_log:
        raise wrong_usage("usage", "the whole log shows everybody's events; it is the auditor's")
    known = known_keys(keys)
    with log_only(context) as recorded:
        if is_recorded(recorded):
            only_for_auditors(reader)
            about = asked_for(context, recorded, decision_id)
            signed = _covering(recorded, decision_id, about.found.last_seq, known)
            members = recorded_members(recorded, about, signed, known)
            at = signed.checkpoint
            head = Head(at.origin, at.size, at.root, decision_id, audience, is_recorded=True)
            _write(context, recorded, head, members, signed, known, output, with_log=with_log)
            return
    with reading(context) as books:
        found, row_key = books.decision(decision_id), row_key_in(row_key_file)
        # A bundle proves the ranking, so it is made with the row key or not at all.
        check_row_key([found.spec.adl], row_key)
        asked = asked_of(books, found, account, row_key)
        signed = _covering(books, decision_id, asked.found.last_seq, known)
        members = _Members(books, asked, reader, signed, known).collected()
        at = signed.checkpoint
        head = Head(at.origin, at.size, at.root, decision_id, audience, asked.is_blinded)
        _write(context, books, head, members, signed, known, output, with_log=with_log)


def _covering(
    books: Reading, decision_id: str, last: int, known: Sequence[VerifierKey]
) -> SignedNote:
    """The earliest note by a known key; where there is none, one by a stranger is refused later."""
    store = books.ledger.store
    signed = covering_note(store, last, newest=False, keys=known)
    if signed is None:
        signed = covering_note(store, last, newest=False)
    if signed is None:
        text = f"no signed checkpoint covers {decision_id}, whose last event is {last}"
        raise not_found("no_checkpoint", text, HINT)
    return signed


def _write(
    context: click.Context,
    books: Reading,
    head: Head,
    members: Members,
    signed: SignedNote,
    known: Sequence[VerifierKey],
    output: Path | None,
    *,
    with_log: bool,
) -> None:
    """Put the bundle together with keys, log and verifier."""
    members |= key_members(signed, members, known)
    if with_log:
        rows = books.ledger.rows(1, head.size)
        members |= entry_tiles([row.raw for row in rows])
    raw = bundle(head, members)
    if output is None:
        output = Path(f"{head.decision}.zip")
    with target(None if str(output) == "-" else output) as out:
        out.write(raw)
    note(context, f"wrote {output}, {len(raw):,} bytes, {len(members) + 3} members")


class _Members:
    """Collects what belongs to one decision and one reader."""

    def __init__(
        self,
        books: Reading,
        asked: Asked,
        audience: Audience,
        signed: SignedNote,
        known: Sequence[VerifierKey],
    ) -> None:
        self._books = books
        self._ledger = books.ledger
        self._found: AdlRound = asked.found
        self._salts = asked.salts
        self._audience = audience
        self._signed = signed
        self._known = known
        self._made: Explained = explained_for(books, asked, audience)

    def collected(self) -> Members:
        """Everything but keys, verifier and manifest."""
        made = self._made
        head = "" if made.page.as_of is None else as_of_line(made.page.as_of)
        members: Members = {
            "explanation.json": made.evidence.encode("utf-8"),
            "explanation.txt": plain_text(head, made.page.parts).encode("utf-8"),
            "explanation.html": sheet_html(made.sheet).encode("utf-8"),
            "checkpoint": self._signed.raw(),
            "candidates.json": self._candidates(),
        }
        decided = self._ledger.event_at(self._found.seq)
        policy = decided["data"]["policy"]
        members["policy.json"] = policy_document(policy, self._found.policy_seq)
        for seq in self._seqs(decided["cause"]):
            proof = inclusion_proof(self._ledger, seq, self._signed, with_event=True)
            members[event_name(seq)] = proof.event or b""
            members[proof_name(seq)] = replace(proof, event=None).raw()
        return members | earlier_members(self._ledger, decided["cause"], self._signed, self._known)

    def _seqs(self, cause: int) -> list[int]:
        """The events that the reader may see: what the explanation rests on, and for an auditor
        the command's own event, the policy and the market's listing.
        """
        shown = {item["seq"] for item in self._made.document["evidence"]}
        if self._audience is Audience.AUDITOR:
            found = self._found
            listed = first_of(self._ledger.store, f"market/{found.spec.id}")
            shown |= {cause, found.policy_seq, listed}
        return sorted(shown)

    def _candidates(self) -> bytes:
        found = self._found
        if self._audience is Audience.TRADER:
            return own_row(found.id, self._made.document["own_row"], self._salts)
        before = self._books.venue_before(found.seq)
        market = before.markets[found.spec.id]
        again = decision(before, market, found.bankrupt, found.bankruptcy_price)
        return ranked_rows(found.id, again.rows, self._salts)
