"""How are the questions about ADL decisions answered for a log that records them?"""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import click

from cli.auditing import audited
from cli.exporting import target
from cli.output import note, show, show_rows
from cli.persons import with_persons
from cli.reading import Reading, as_of
from cli.recorded_spans import recorded_span
from domain.audit.auditing import Audit
from domain.audit.decisions import AuditedDecision, Terms, without_roster
from domain.instants import instant_text
from ledger.streams import first_of
from projections.errors import UnknownAccount, UnknownDecision
from reports.audience import Audience
from reports.html.blocks import Sheet
from reports.html.index import index_html, page_name
from reports.html.pdf import sheet_pdf
from reports.html.plain_parts import parts_sheet
from reports.html.rendering import sheet_html
from reports.page import Json, Page, json_text
from reports.recorded_explanation import AskedAbout, recorded_explanation, title_of
from reports.recorded_rounds import recorded_list_page, recorded_row, recorded_show_page
from reports.recorded_surroundings import Around, RecordedSurroundings

NO_READINGS: Final = Terms(readings=())
DECISION_ID: Final = re.compile(r"ADL-([0-9]{1,18})", re.ASCII)
NO_ROWS: Final = (
    "CSV holds the rows of the ranking, and of these this reader sees none: --json has the rest"
)
EYEBROW: Final = "Explanation of a recorded auto-deleveraging decision"


def decisions_of(
    context: click.Context, books: Reading, terms: Terms = NO_READINGS
) -> list[AuditedDecision]:
    """All recorded decisions that are over at the seq that was asked for."""
    found = audited(context, books, Audit(terms), 1, books.seq, until=books.seq)
    return [without_roster(decision) for decision in found]


def decision_named(
    context: click.Context,
    books: Reading,
    name: str,
    terms: Terms,
    around: RecordedSurroundings | None = None,
) -> AuditedDecision:
    """One recorded decision; raises `UnknownDecision`. `around` follows the pass over the log."""
    seq = _seq_of(books, name)
    found = audited(context, books, Audit(terms), seq, seq, until=books.seq, around=around)
    decision = next(found, None)
    if decision is None or decision.id != name:
        raise UnknownDecision(name)
    return decision


def _seq_of(books: Reading, name: str) -> int:
    """The seq of the decision's first close; raises `UnknownDecision` for any other event."""
    found = DECISION_ID.fullmatch(name)
    span = None if found is None else recorded_span(books.ledger, int(found.group(1)))
    if span is None or span.last > books.seq:
        raise UnknownDecision(name)
    return span.first


def show_list(context: click.Context, books: Reading) -> None:
    """Which recorded decisions were there?"""
    show(context, recorded_list_page(decisions_of(context, books), books.as_of))


def show_one(context: click.Context, books: Reading, name: str) -> None:
    """Who was closed in one recorded decision?"""
    found = decision_named(context, books, name, NO_READINGS)
    show(context, recorded_show_page(found, as_of(books.ledger, found.last_seq)))


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked about recorded decisions, and where the answer goes."""

    account: str | None
    audience: Audience
    terms: Terms
    html: Path | None
    pdf: Path | None
    names: bool


def explain_recorded(
    context: click.Context, books: Reading, name: str | None, asked: Question
) -> None:
    """Why may these have been closed, and what does nobody know?"""
    if asked.account is not None and asked.account not in books.venue.accounts:
        raise UnknownAccount(asked.account)
    if name is None:
        if asked.html is not None:
            _explain_all(context, books, asked.html, asked)
        return
    about = asked_about(context, books, name, asked)
    found = about.found
    page = recorded_explanation(about, as_of(books.ledger, found.last_seq))
    if asked.html is not None:
        _write(context, asked.html, sheet_html(recorded_sheet(about, page)).encode("utf-8"))
    if asked.pdf is not None:
        evidence = json_text(page.object()) + "\n"
        _write(context, asked.pdf, sheet_pdf(recorded_sheet(about, page), evidence, found.time))
    if asked.html is None and asked.pdf is None:
        shown = with_persons(context, page, _named(found)) if asked.names else page
        show_rows(context, shown, NO_ROWS)


def asked_about(context: click.Context, books: Reading, name: str, asked: Question) -> AskedAbout:
    """The question about one decision; raises `UnknownDecision`."""
    around = RecordedSurroundings()
    found = decision_named(context, books, name, asked.terms, around)
    return _asked_about(books, found, around.of(found), asked)


def _asked_about(
    books: Reading, found: AuditedDecision, around: Around, asked: Question
) -> AskedAbout:
    """The question with what proves the answer: listing, mark and closes, for an auditor."""
    leaves: dict[int, bytes] = {}
    if asked.audience is Audience.AUDITOR:
        listed = first_of(books.ledger.store, f"market/{found.spec.id}")
        seqs = {listed, found.mark_seq, *(one.close.seq for one in found.closes)} - {0}
        leaves = {seq: books.ledger.leaf_at(seq) for seq in sorted(seqs)}
    return AskedAbout(found, around, quote_of(books), asked.audience, asked.account, leaves)


def quote_of(books: Reading) -> str:
    """The name of the venue's money."""
    opened = books.ledger.event_at(1)["data"]
    return str(opened["quote"])


def _named(found: AuditedDecision) -> list[str]:
    names = [] if found.roster is None else list(found.roster.accounts)
    return [found.key.bankrupt, *names, *(one.close.victim for one in found.closes)]


def recorded_sheet(about: AskedAbout, page: Page) -> Sheet:
    """The explanation as a page."""
    found = about.found
    facts = (
        ("Decision", found.id),
        ("Market", found.spec.id),
        ("Time", instant_text(found.time)),
        ("Audience", str(about.audience)),
        ("Policy", "not in the record"),
    )
    root = "" if page.as_of is None else page.as_of.root
    return parts_sheet(
        title_of(about), EYEBROW, f"{found.id}, {found.spec.id}", root, facts, page.parts[1:]
    )


def _explain_all(context: click.Context, books: Reading, folder: Path, asked: Question) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    listed: list[dict[str, Json]] = []
    around, audit = RecordedSurroundings(), Audit(asked.terms)
    for found in audited(context, books, audit, 1, books.seq, until=books.seq, around=around):
        about = _asked_about(books, found, around.of(found), asked)
        page = recorded_explanation(about, as_of(books.ledger, found.last_seq))
        with target(folder / page_name(found.id)) as out:
            out.write(sheet_html(recorded_sheet(about, page)).encode("utf-8"))
        listed.append({**recorded_row(found), "policy": "not in the record"})
    made = index_html(listed, books.ledger.origin, quote_of(books), books.as_of, asked.audience)
    with target(folder / "index.html") as out:
        out.write(made.encode("utf-8"))
    note(context, f"wrote {len(listed):,} pages and index.html to {folder}")


def _write(context: click.Context, path: Path, content: bytes) -> None:
    with target(path) as out:
        out.write(content)
    note(context, f"wrote {path}, {len(content):,} bytes")
