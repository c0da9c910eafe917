"""Where does one account stand in the queues it would be closed from, and what is ahead of it?

One row for each position of the account: the row of `adl rank`, with what stands strictly ahead,
and `unified`, the same under the names that trading libraries share for an auto-deleveraging rank.
There `rank` is the lights (1 to 5, five is closed first) and `percentage` the percentile; amounts
stay exact decimal strings. Whoever is in no queue gets a row that says why.
"""

from collections.abc import Sequence
from fractions import Fraction

from domain.adl.decision import exclusion
from domain.adl.policies import selection_of
from domain.audit.knowledge import Knowledge
from domain.instants import instant_text
from domain.market import Market
from domain.specification import AdlPolicy
from domain.units import AccountId
from domain.venue import Venue
from reports.explanation import EXCLUSION_SENTENCES
from reports.figures import quantity_text, side_text
from reports.indicator import COLUMNS as QUEUE_COLUMNS
from reports.indicator import Place, missing_of, missing_sentence, queue, rank_rows
from reports.page import AsOf, Json, Page, Table

NANOSECONDS_IN_MILLISECOND = 1_000_000
COLUMNS = {
    "market": "market",
    "side": "side",
    **{name: words for name, words in QUEUE_COLUMNS.items() if name != "account"},
    "accounts_ahead": "accounts ahead",
    "quantity_ahead": "quantity ahead",
}
FIELDS = (
    *("market", "side", "policy"),
    *QUEUE_COLUMNS,
    *("excluded", "accounts_ahead", "quantity_ahead", "next_ahead", "unified", "answer"),
)
Queues = Sequence[tuple[Market, int, AdlPolicy]]
"""Market, side (+1 long) and policy of every queue that is asked about."""


def standing_page(
    venue: Venue,
    account: AccountId,
    queues: Queues,
    as_of: AsOf,
    knowledge: Knowledge | None = None,
) -> Page:
    """The account's place in each queue, or why it has none there.

    `knowledge` is that of a recorded log: each row then says what about the holders is not known.
    """
    rows = [_row(venue, account, *one, as_of) for one in queues]
    if knowledge is not None:
        for row, (market, side, _) in zip(rows, queues, strict=True):
            missing = missing_of(knowledge, market, side)
            row["missing"] = missing
            row["answer"] = f"{row['answer']} {missing_sentence(missing)}"
    body: dict[str, Json] = {"account": account, "rows": rows}
    title = f"Where {account} stands: five lights are closed first"
    if not rows:
        return Page(
            "adl-rank/1", as_of, body, "rows", (title, f"{account} holds no position there.")
        )
    said = [str(row["answer"]) for row in rows]
    table = Table(COLUMNS, rows, frozenset({"market", "side"}))
    return Page("adl-rank/1", as_of, body, "rows", (title, table, "\n".join(said)))


def _row(
    venue: Venue, account: AccountId, market: Market, side: int, policy: AdlPolicy, as_of: AsOf
) -> dict[str, Json]:
    places = queue(venue, market, side, policy)
    at = next((i for i, one in enumerate(places) if one.row.candidate.account == account), None)
    found: dict[str, Json] = dict.fromkeys(FIELDS)
    found.update(market=market.id, side=side_text(side), policy=policy.selection, account=account)
    if at is None:
        code, why = _absence(venue, account, market, side, policy)
        said = f"{market.id}: {account} stands in no queue; {why}."
        return {**found, "excluded": code, "answer": said}
    rows = rank_rows(market, places)
    own, last = rows[at], rows[at - 1] if at else None
    return {
        **found,
        **own,
        "accounts_ahead": at,
        "quantity_ahead": quantity_text(places[at].ahead, market.spec),
        "next_ahead": None if last is None else {k: last[k] for k in ("rank", "account", "score")},
        "unified": _unified(market, own, as_of),
        "answer": _answer(market, policy, places, at, own),
    }


def _absence(
    venue: Venue, account: AccountId, market: Market, side: int, policy: AdlPolicy
) -> tuple[str | None, str]:
    """Why a holder stands in no queue: the code under which it is left out, if it is, and words."""
    if market.mark is None:
        return None, "the market has no mark"
    code = exclusion(venue, market, account, side, Fraction(market.mark), policy)
    # An outside account of a recorded log is asked nothing: nobody can close it.
    why = EXCLUSION_SENTENCES[code] if code else "stands for holders that the record does not show"
    return code, f"it {why}"


def _unified(market: Market, own: dict[str, Json], as_of: AsOf) -> dict[str, Json]:
    moment = 0 if as_of.time is None else as_of.time // NANOSECONDS_IN_MILLISECOND
    return {
        "symbol": market.id,
        "rank": own["lights"],
        "rating": str(own["lights"]),
        "percentage": own["percentile"],
        "timestamp": moment,
        "datetime": f"{instant_text(moment * NANOSECONDS_IN_MILLISECOND)[:23]}Z",
    }


def _answer(
    market: Market, policy: AdlPolicy, places: Sequence[Place], at: int, own: dict[str, Json]
) -> str:
    account, lit = own["account"], own["lights"]
    if not selection_of(policy).is_queue:
        return (
            f"{market.id}: nobody stands in line under {policy.selection}, every candidate gives "
            f"its share; {account} is listed at {own['rank']} of {own['of']}, {lit} of 5 lights."
        )
    said = f"{market.id}: {account} stands at rank {own['rank']} of {own['of']}, {lit} of 5 lights."
    if not at:
        return f"{said} Nobody is ahead of it: it would be closed first."
    whole = sum(place.row.candidate.size for place in places)
    who = "1 account is" if at == 1 else f"{at:,} accounts are"
    return (
        f"{said} {who} ahead of it and hold{'s' if at == 1 else ''} "
        f"{quantity_text(places[at].ahead, market.spec)} of {quantity_text(whole, market.spec)}; "
        f"the next is {places[at - 1].row.candidate.account}."
    )
