"""Why were these accounts auto-deleveraged, at this price, and no others?"""

from dataclasses import replace
from pathlib import Path

import click

from cli.adl_files import write_html, write_pdf
from cli.adl_pages import explained_for
from cli.auditing import is_recorded
from cli.errors import wrong_usage
from cli.exporting import target
from cli.keys import row_key_in, row_key_option
from cli.output import note, show, show_rows
from cli.persons import with_persons
from cli.reading import Reading, as_of, log_only, reading
from cli.recorded_adl import NO_ROWS, Question, explain_recorded
from cli.settings import PastQuestion
from domain.adl.decision import (
    closure_amount,
    closure_cost,
    decision,
    exclusion,
    ranking_root,
)
from domain.adl.row_key import RowKey, salts_of
from domain.adl.selections import SELECTIONS
from domain.audit.decisions import Terms
from domain.venue import Venue
from ledger.failures import translated
from projections import queries
from projections.answers import AdlRound
from projections.errors import UnknownAccount
from reports.adl_rounds import list_row
from reports.audience import Audience
from reports.escape_round import Round
from reports.explanation import Asked, Outsider
from reports.explanation_text import explanation_page
from reports.html.index import index_html, page_name
from reports.html.rendering import sheet_html
from reports.indicator import shown_score
from reports.nearest_escape import nearest_escape
from reports.page import Json, Page

PRO_RATA = "pro-rata-size@1"
FILE = click.Path(path_type=Path)
OBJECTION_WORDS = 200
"""A text on somebody's rights is read when it is short."""


@click.command(
    "explain",
    cls=PastQuestion,
    epilog="Example: zerosum adl explain ADL-34 --account dave --html dave.html",
)
@click.argument("decision_id", metavar="[ID]", required=False)
@click.option("--account", metavar="ACCOUNT", help="Explain this account's part in it.")
@click.option(
    "--audience",
    type=click.Choice([str(audience) for audience in Audience]),
    default="auditor",
    help="Who reads: a trader sees its own row only, the public sees totals.",
)
@click.option("--all", "every", is_flag=True, help="Every decision, into the folder of --html.")
@click.option("--html", type=FILE, metavar="FILE", help="Write one page that needs nothing else.")
@click.option("--pdf", type=FILE, metavar="FILE", help="Write a PDF (extra pdf).")
@click.option(
    "--objection", type=FILE, metavar="FILE", help="The venue's text: where to object, by when."
)
@click.option("--names", is_flag=True, help="Also the persons behind the pseudonyms.")
@row_key_option
@click.pass_context
def adl_explain(
    context: click.Context,
    decision_id: str | None,
    account: str | None,
    audience: str,
    every: bool,
    html: Path | None,
    pdf: Path | None,
    objection: Path | None,
    names: bool,
    row_key_file: Path | None,
) -> None:
    """Why these, at this price, and no others?

    From the log alone, as of the decision's last closure: what was logged later changes nothing.
    """
    reader = Audience(audience)
    _refuse_what_cannot_be_meant(decision_id, account, reader, every=every, html=html, pdf=pdf)
    if names and (reader is not Audience.AUDITOR or html is not None or pdf is not None):
        message = "persons are named to an auditor on the screen, never on a page that is kept"
        raise wrong_usage("usage", message, hint="leave --names out")
    where = None if objection is None else _objection(objection, html or pdf, reader)
    row_key = row_key_in(row_key_file)
    with log_only(context) as recorded:
        if is_recorded(recorded):
            asked_for = Question(account, reader, Terms(), html, pdf, names)
            explain_recorded(context, recorded, decision_id, asked_for)
            return
    with reading(context) as books:
        if decision_id is None:
            if html is not None:
                explain_all(context, books, html, account, reader, where, row_key)
            return
        asked = asked_of(books, books.decision(decision_id), account, row_key)
        if reader is Audience.AUDITOR and html is None and pdf is None:
            page = _page(books, asked)
            show(context, with_persons(context, page, _named(asked)) if names else page)
            return
        made = explained_for(books, asked, reader, where)
        if html is not None:
            write_html(context, made, html)
        if pdf is not None:
            write_pdf(context, made, pdf)
        if html is None and pdf is None:
            show_rows(context, made.page, NO_ROWS)


def explain_all(
    context: click.Context,
    books: Reading,
    folder: Path,
    account: str | None,
    audience: Audience,
    objection: str | None = None,
    row_key: RowKey | None = None,
) -> None:
    """A page for every decision, and an index; with an account, those made since it was opened."""
    with translated():
        rounds = list(queries.adl_rounds(books.rows, books.seq, "summary"))
    if account is not None:
        books.account(account)
    folder.mkdir(parents=True, exist_ok=True)
    listed: list[dict[str, Json]] = []
    for summary in rounds:
        is_known = account is None or account in books.venue_before(summary.seq).accounts
        if summary.last_seq <= books.seq and is_known:
            asked = asked_of(books, books.decision(summary.id), account, row_key)
            made = sheet_html(explained_for(books, asked, audience, objection).sheet)
            with target(folder / page_name(summary.id)) as out:
                out.write(made.encode("utf-8"))
            listed.append(list_row(summary))
    index = index_html(listed, books.ledger.origin, books.books.quote, books.as_of, audience)
    with target(folder / "index.html") as out:
        out.write(index.encode("utf-8"))
    pages = "1 page" if len(listed) == 1 else f"{len(listed):,} pages"
    note(context, f"wrote {pages} and index.html to {folder}")


def asked_of(
    books: Reading, found: AdlRound, account: str | None, row_key: RowKey | None = None
) -> Asked:
    """The question about a decision, or about one account's part in it.

    With the row key that the decision names its rows have their salts, and the ranking root is
    compared; raises `RowKeyDiffers` for another one.
    """
    before = books.venue_before(found.seq)
    salts = None if row_key is None else salts_of(found.spec.adl, row_key, found.id)
    if salts is not None:
        rows = _round(before, found).decided.rows
        equal = ranking_root(rows, salts) == found.ranking_root
        found = replace(found, ranking_root_equal=equal)
    if account is not None:
        asked = asked_about(before, found, books.books.quote, account)
    else:
        asked = Asked(found, books.books.quote, scores=_scores(before, found))
    return replace(asked, salts=salts)


def _named(asked: Asked) -> tuple[str, ...]:
    """The accounts of a decision: who was bankrupt, and everybody who was ranked."""
    return (asked.found.bankrupt, *(row.account for row in asked.found.ranking))


def _page(books: Reading, asked: Asked) -> Page:
    found = asked.found
    with translated():
        marks = list(queries.marks(books.rows, found.spec.id, to_seq=found.last_seq))
    return explanation_page(asked, marks, as_of(books.ledger, found.last_seq))


def _refuse_what_cannot_be_meant(
    decision_id: str | None,
    account: str | None,
    audience: Audience,
    *,
    every: bool,
    html: Path | None,
    pdf: Path | None,
) -> None:
    if (decision_id is None) != every:
        said = "a decision and --all exclude each other" if every else "which decision?"
        raise wrong_usage(
            "usage", said, expected="a decision id, or --all", hint="zerosum adl list"
        )
    if every and (html is None or pdf is not None):
        raise wrong_usage(
            "usage",
            "all decisions are written as pages into a folder",
            expected="--all --html DIR",
            hint="zerosum adl explain --all --html explanations",
        )
    if audience is Audience.TRADER and account is None:
        raise wrong_usage(
            "usage", "a trader's explanation is about one account", expected="--account ACCOUNT"
        )
    if audience is Audience.PUBLIC and account is not None:
        raise wrong_usage(
            "usage", "the public sees no account", hint="--audience trader shows an account its own"
        )


def _objection(file: Path, page: Path | None, audience: Audience) -> str:
    """The venue's own words on where to object, which a page ends with."""
    if page is None and audience is Audience.AUDITOR:
        raise wrong_usage(
            "usage", "the venue's text stands on pages", expected="--html FILE or --pdf FILE"
        )
    try:
        words = file.read_text("utf-8").split()
    except (OSError, UnicodeDecodeError) as fault:
        raise wrong_usage("unreadable_path", f"{file}: no text can be read: {fault}") from fault
    if not 0 < len(words) <= OBJECTION_WORDS:
        raise wrong_usage(
            "bad_value",
            f"{file} holds {len(words):,} words",
            expected=f"1 to {OBJECTION_WORDS} words",
        )
    return " ".join(words)


def asked_about(before: Venue, found: AdlRound, quote: str, account: str) -> Asked:
    """The decision as one account asks about it, decided again for its nearest escape.

    `before` is the state just before the decision.
    """
    if account not in before.accounts:
        raise UnknownAccount(account)
    asked = Asked(found, quote, scores=_scores(before, found))
    row = next((row for row in found.ranking if row.account == account), None)
    if row is None:
        market, side = before.markets[found.spec.id], -1 if found.side == "long" else 1
        code = exclusion(before, market, account, side, found.close_price, market.policy)
        return replace(asked, outsider=Outsider(account, code))
    return replace(
        asked,
        row=row,
        escape=nearest_escape(_round(before, found), account),
        shared=_under_pro_rata(before, found, account),
    )


def _scores(before: Venue, found: AdlRound) -> dict[str, str]:
    """Scores of a policy that compares several numbers: rows hold one, so it is decided again."""
    if SELECTIONS[found.policy].parts is None:
        return {}
    rows = _round(before, found).decided.rows
    return {row.candidate.account: shown_score(row) or "" for row in rows}


def _round(before: Venue, found: AdlRound) -> Round:
    market = before.markets[found.spec.id]
    return Round(before, market, found.bankrupt, found.bankruptcy_price)


def _under_pro_rata(before: Venue, found: AdlRound, account: str) -> tuple[int, int]:
    """Lots and cost of the account had everybody in profit given the same share."""
    market = before.markets[found.spec.id]
    policy = replace(market.policy, selection=PRO_RATA, parameters=())
    again = decision(before, market, found.bankrupt, found.bankruptcy_price, policy)
    closed = sum(row.closed for row in again.rows if row.candidate.account == account)
    side = 1 if found.side == "long" else -1
    amount = closure_amount(market, side, closed, again.close_price)
    return closed, closure_cost(market, side, closed, amount)
