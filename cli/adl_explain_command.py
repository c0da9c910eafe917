"""Why were these accounts auto-deleveraged, at this price, and no others?"""

from dataclasses import replace

import click

from cli.output import show
from cli.reading import as_of, reading
from cli.settings import PastQuestion
from domain.adl.decision import circumstances, closure_amount, closure_cost, decision, standings
from domain.adl.policies import selection_of
from domain.adl.ranking import ranked
from domain.adl.selections import SELECTIONS
from domain.venue import Venue
from ledger.failures import translated
from ledger.ledger import Ledger
from projections import queries
from projections.answers import AdlRound
from projections.errors import UnknownAccount
from reports.escape import Case, equity_that_spares
from reports.explanation import Asked, Outsider
from reports.explanation_text import explanation_page
from reports.indicator import shown_score

PRO_RATA = "pro-rata-size@1"


@click.command(
    "explain", cls=PastQuestion, epilog="Example: zerosum adl explain ADL-34 --account dave"
)
@click.argument("decision_id", metavar="ID")
@click.option("--account", metavar="ACCOUNT", help="Explain this account's part in it.")
@click.pass_context
def adl_explain(context: click.Context, decision_id: str, account: str | None) -> None:
    """Why these, at this price, and no others?

    From the log alone, as of the decision's last closure: what was logged later changes nothing.
    """
    with reading(context) as books:
        found = books.decision(decision_id)
        with translated():
            marks = list(queries.marks(books.rows, found.spec.id, to_seq=found.last_seq))
        asked = Asked(found, books.books.quote, scores=_scores(books.ledger, found))
        if account is not None:
            asked = asked_about(books.ledger, found, books.books.quote, account)
        show(context, explanation_page(asked, marks, as_of(books.ledger, found.last_seq)))


def asked_about(ledger: Ledger, found: AdlRound, quote: str, account: str) -> Asked:
    """The decision as one account asks about it, decided again for its nearest escape."""
    before = ledger.venue_at(found.seq - 1)
    if account not in before.accounts:
        raise UnknownAccount(account)
    asked = Asked(found, quote, scores=_scores(ledger, found))
    row = next((row for row in found.ranking if row.account == account), None)
    if row is None:
        return replace(asked, outsider=Outsider(account, _exclusion(before, found, account)))
    return replace(
        asked,
        row=row,
        escape=equity_that_spares(_case(before, found), account) if row.closed else None,
        shared=_under_pro_rata(before, found, account),
    )


def _scores(ledger: Ledger, found: AdlRound) -> dict[str, str]:
    """Scores of a policy that compares several numbers: rows hold one, so it is decided again."""
    if SELECTIONS[found.policy].parts is None:
        return {}
    rows = _case(ledger.venue_at(found.seq - 1), found).decided.rows
    return {row.candidate.account: shown_score(row) or "" for row in rows}


def _case(before: Venue, found: AdlRound) -> Case:
    market = before.markets[found.spec.id]
    again = decision(before, market, found.bankrupt, found.bankruptcy_price)
    return Case(before, market, market.policy, again, -1 if found.side == "long" else 1)


def _exclusion(before: Venue, found: AdlRound, account: str) -> str | None:
    """Under which code the account was left out; None when it held nothing on that side."""
    market = before.markets[found.spec.id]
    side = -1 if found.side == "long" else 1
    own = [
        standing
        for standing in standings(before, market, side, found.close_price)
        if standing.candidate.account == account
    ]
    about = circumstances(market, market.policy)
    excluded = ranked(own, market.policy, selection_of(market.policy), 0, about).excluded
    return next(iter(excluded), None)


def _under_pro_rata(before: Venue, found: AdlRound, account: str) -> tuple[int, int]:
    """Lots and cost of the account had everybody in profit given the same share."""
    market = before.markets[found.spec.id]
    policy = replace(market.policy, selection=PRO_RATA, parameters=())
    again = decision(before, market, found.bankrupt, found.bankruptcy_price, policy)
    closed = sum(row.closed for row in again.rows if row.candidate.account == account)
    side = 1 if found.side == "long" else -1
    amount = closure_amount(market, side, closed, again.close_price)
    return closed, closure_cost(market, side, closed, amount)
