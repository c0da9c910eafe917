"""What does a page about a decision need from the log, and which part of it may its reader see?

Gathers marks, trades, steps and proofs around the decision, and hands explanation and surroundings
through the redaction together, so that text, JSON, HTML and PDF show the same.
"""

from dataclasses import dataclass, replace
from hashlib import sha256
from importlib.metadata import version
from typing import Any

from cli.reading import Reading, as_of
from domain.adl.decision import decision
from domain.venue import Venue, fold
from ledger.checkpoints import covering_note
from ledger.failures import translated
from ledger.ledger import Ledger
from projections import queries
from projections.answers import AdlRound, MarkRow, Timeline
from reports.audience import Audience, Viewer, seen_by
from reports.explanation import Asked, answer, why_not_others
from reports.explanation_text import explanation_page
from reports.figures import amount_text, price_text, quantity_text
from reports.html.blocks import Sheet
from reports.html.page import sheet
from reports.html.proof import PROOFS_AT_MOST
from reports.html.redaction import surroundings_seen_by
from reports.html.surroundings import (
    EventProof,
    Surroundings,
    first_seq_shown,
    flags_shown,
    marks_shown,
    steps_shown,
    trades_shown,
    window_opens,
)
from reports.html.text import sheet_parts
from reports.own_row import own_row_proof
from reports.page import Json, Page, json_text

EVENTS_READ_AT_MOST = 50_000
"""A page looks back so far for trades, and no further."""


@dataclass(frozen=True, slots=True)
class Explained:
    """One decision, ready for its reader: the object, the sheet, and the answer as text."""

    page: Page
    document: dict[str, Any]
    sheet: Sheet
    time: int

    @property
    def evidence(self) -> str:
        """The JSON answer as it is printed."""
        return json_text(self.document) + "\n"


def explained_for(
    books: Reading, asked: Asked, audience: Audience, objection: str | None = None
) -> Explained:
    """The decision as its reader may see it; `objection` is the venue's text on where to object."""
    found = asked.found
    with translated():
        marks = list(queries.marks(books.rows, found.spec.id, to_seq=found.last_seq))
        timelines = queries.timelines(books.rows, until_seq=found.last_seq)
    at = as_of(books.ledger, found.last_seq)
    whole_page = explanation_page(asked, marks, at)
    whole = whole_page.object()
    before = books.venue_before(found.seq)
    viewer = _viewer(books, asked, audience, before)
    shown = seen_by(whole, viewer)
    around = _surroundings(books, asked, marks, timelines, _command(asked, audience), shown)
    around = replace(
        around,
        cash_sums=_cash_sums(books.ledger, found, before),
        checkpoint=_checkpoint(books.ledger, found.last_seq),
        objection=objection,
    )
    page = sheet(shown, surroundings_seen_by(whole, shown, around, viewer))
    if audience is Audience.AUDITOR:
        return Explained(whole_page, shown, page, found.time)
    body: dict[str, Json] = {k: v for k, v in shown.items() if k not in ("schema", "as_of")}
    redacted = Page(whole_page.schema, at, body, whole_page.rows, sheet_parts(page))
    return Explained(redacted, shown, page, found.time)


def _viewer(books: Reading, asked: Asked, audience: Audience, before: Venue) -> Viewer:
    found, account = asked.found, asked.account
    if audience is not Audience.TRADER or account is None:
        return Viewer(audience, asked.quote, found.side)
    first = min(seq for seq, _ in found.evidence) if found.evidence else found.seq
    with translated():
        seqs = frozenset(queries.seqs_of(books.rows, account, first, found.last_seq))
    market = before.markets[found.spec.id]
    again = decision(before, market, found.bankrupt, found.bankruptcy_price)
    exclusion = asked.outsider.exclusion if asked.outsider is not None else None
    row = None
    if asked.salts is not None or not asked.is_blinded:
        row = own_row_proof(again, account, found.ranking_root, asked.salts)
    return Viewer(audience, asked.quote, found.side, account, seqs, row, exclusion)


def _surroundings(
    books: Reading,
    asked: Asked,
    marks: list[MarkRow],
    timelines: tuple[Timeline, ...],
    command: str,
    shown: dict[str, Any],
) -> Surroundings:
    ledger, found = books.ledger, asked.found
    opens = window_opens(found, _started(ledger, found, timelines))
    first = first_seq_shown(found, marks, opens)
    events = list(ledger.events(max(first, found.last_seq - EVENTS_READ_AT_MOST), found.last_seq))
    trades, left_out = trades_shown(events, found.spec)
    return Surroundings(
        venue=books.books.name,
        origin=ledger.origin,
        quote=asked.quote,
        side=found.side,
        time=found.time,
        version=version("zerosum"),
        liquidation_id=found.liquidation_id,
        close_price_rule=found.close_price_rule,
        bankruptcy_price=price_text(found.bankruptcy_price, found.spec),
        policy_digest=found.policy_digest,
        policy_seq=found.policy_seq,
        vault_candidate=found.vault_candidate,
        losers_included=found.losers_included,
        answer=answer(asked),
        why_not_others=why_not_others(asked) if asked.account is not None else "",
        opens=opens,
        marks=marks_shown(marks, first, found.spec),
        trades=trades,
        trades_left_out=left_out,
        flags=flags_shown(found, timelines, events),
        steps=steps_shown(found, timelines),
        proofs=_proofs(ledger, shown["evidence"][:PROOFS_AT_MOST], found.last_seq),
        shared=_shared(asked),
        command=command,
        digest=sha256((json_text(shown) + "\n").encode("utf-8")).hexdigest(),
    )


def _started(ledger: Ledger, found: AdlRound, timelines: tuple[Timeline, ...]) -> int:
    """When the decision's liquidation began."""
    own = next((line for line in timelines if line.id == found.liquidation_id), None)
    return found.time if own is None else ledger.event_at(own.started_seq)["time"]


def _proofs(ledger: Ledger, evidence: list[dict[str, Any]], size: int) -> tuple[EventProof, ...]:
    """Paths of events that the reader may see."""
    return tuple(
        EventProof(
            item["seq"],
            ledger.event_at(item["seq"])["type"]
            .partition("/")[0]
            .partition(".")[2]
            .replace("_", " "),
            item["leaf"],
            tuple(sibling.hex() for sibling in ledger.inclusion_path(item["seq"], size)),
        )
        for item in evidence
    )


def _shared(asked: Asked) -> tuple[str, str] | None:
    if asked.shared is None:
        return None
    lots, cost = asked.shared
    spec = asked.found.spec
    return quantity_text(lots, spec), amount_text(cost, spec.quote_unit)


def _cash_sums(ledger: Ledger, found: AdlRound, venue: Venue) -> tuple[str, str]:
    """All cash before and after; `venue` is the state just before."""
    before = sum(venue.cash.values())
    after = sum(fold(venue.fork(), ledger.events(found.seq, found.last_seq)).cash.values())
    unit = found.spec.quote_unit
    return amount_text(before, unit), amount_text(after, unit)


def _checkpoint(ledger: Ledger, seq: int) -> str | None:
    """The earliest kept checkpoint that covers the event, in words; its signature is not judged."""
    kept = covering_note(ledger.store, seq, newest=False)
    if kept is None or kept.checkpoint.origin != ledger.origin:
        return None
    size, root = kept.checkpoint.size, kept.checkpoint.root
    if size > ledger.head or ledger.root_at(size) != root:
        return f"kept for {size} events, but this log does not lead to its root: zerosum verify"
    return f"root {root.hex()} over {size} events, signed by {kept.signers()}"


def _command(asked: Asked, audience: Audience) -> str:
    account = "" if asked.account is None else f" --account {asked.account}"
    reader = "" if audience is Audience.AUDITOR else f" --audience {audience}"
    row_key = "" if asked.salts is None else " --row-key FILE"
    return f"zerosum adl explain {asked.found.id}{account}{reader}{row_key} --json"
