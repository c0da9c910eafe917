"""Which ADL decisions were there, and who was closed in one of them?"""

from collections.abc import Mapping, Sequence
from fractions import Fraction

from domain.instants import instant_text
from projections.answers import AdlRound, RankedRow
from reports.figures import amount_text, price_text, quantity_text, ratio_text, score_text
from reports.indicator import lights_of
from reports.page import AsOf, Json, Page, Table

LIST_COLUMNS = {
    "id": "decision",
    "seq": "seq",
    "time": "time",
    "market": "market",
    "bankrupt": "bankrupt",
    "side": "side",
    "quantity": "closed",
    "close_price": "close price",
    "victims": "victims",
    "deficit": "deficit",
    "cost": "cost",
    "policy": "policy",
}
RANKING_COLUMNS = {
    "rank": "rank",
    "account": "account",
    "quantity": "quantity",
    "entry_price": "entry",
    "notional": "notional",
    "unrealized": "unrealised",
    "equity": "equity",
    "leverage": "leverage",
    "score": "score",
    "lights": "lights",
    "closed": "closed",
    "cost": "cost",
    "realized": "realised",
}
WORDS = frozenset({"id", "time", "market", "bankrupt", "side", "policy", "account"})


def adl_list_page(rounds: Sequence[AdlRound], as_of: AsOf) -> Page:
    """All decisions in the order of the log."""
    return list_page([list_row(found) for found in rounds], as_of)


def list_page(rows: Sequence[dict[str, Json]], as_of: AsOf) -> Page:
    """Rows of decisions, decided or recorded, as one list."""
    parts: tuple[Table | str, ...] = (Table(LIST_COLUMNS, rows, WORDS),)
    if not rows:
        parts = ("No auto-deleveraging so far.",)
    return Page("adl-list/1", as_of, {"rows": rows}, "rows", parts)


def adl_show_page(found: AdlRound, as_of: AsOf) -> Page:
    """One decision with those who were closed."""
    ranking = [row for row in ranking_rows(found) if row["closed"] != "0"]
    body: dict[str, Json] = {"decision": list_row(found), "closures": ranking}
    parts = (
        Table(LIST_COLUMNS, [list_row(found)], WORDS),
        Table(RANKING_COLUMNS, ranking, WORDS),
        f"Why these and no others: zerosum adl explain {found.id}",
    )
    return Page("adl-round/1", as_of, body, "closures", parts)


def list_row(found: AdlRound) -> dict[str, Json]:
    """One decision in one line."""
    spec = found.spec
    return {
        "id": found.id,
        "seq": found.seq,
        "time": instant_text(found.time),
        "market": spec.id,
        "bankrupt": found.bankrupt,
        "side": found.side,
        "quantity": quantity_text(found.closed, spec),
        "close_price": price_text(found.close_price, spec),
        "victims": sum(1 for row in found.ranking if row.closed),
        "deficit": amount_text(found.deficit, spec.quote_unit),
        "cost": amount_text(found.cost, spec.quote_unit),
        "policy": found.policy,
    }


def ranking_rows(found: AdlRound, scores: Mapping[str, str] | None = None) -> list[dict[str, Json]]:
    """The whole ranking in rank order, with what each row gave.

    `scores` are by account, for policies that compare several numbers one after the other.
    """
    lights = lights_of([abs(row.quantity) for row in found.ranking])
    rows = [_ranking_row(found, row, lit) for row, lit in zip(found.ranking, lights, strict=True)]
    for row in rows if scores else ():
        row["score"] = (scores or {}).get(str(row["account"]))
    return rows


def _ranking_row(found: AdlRound, row: RankedRow, lit: int) -> dict[str, Json]:
    spec = found.spec
    unit = spec.quote_unit
    notional = abs(row.quantity) * found.mark * spec.point_value
    return {
        "rank": row.rank,
        "account": row.account,
        "quantity": quantity_text(row.quantity, spec),
        "entry_price": price_text(Fraction(row.cost, row.quantity * spec.point_value), spec),
        "notional": amount_text(notional, unit),
        "unrealized": amount_text(row.unrealized, unit),
        "equity": amount_text(row.equity, unit),
        "leverage": ratio_text(notional, row.equity),
        "score": score_text(row.score),
        "lights": lit,
        "closed": quantity_text(row.closed, spec),
        "cost": amount_text(row.closed_cost, unit),
        "realized": amount_text(row.realized, unit),
    }
