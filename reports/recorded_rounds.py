"""Which recorded decisions were there, and who was closed in one of them?

The same lines as for decided logs, with null for what no record says: the policy, ranks, scores.
"""

from collections.abc import Sequence
from fractions import Fraction

from domain.audit.decisions import AuditedClose, AuditedDecision
from reports.adl_rounds import LIST_COLUMNS, WORDS, list_page
from reports.audit_rows import head_row
from reports.figures import amount_text, price_text, quantity_text, ratio_text
from reports.page import AsOf, Json, Page, Table

CLOSURE_COLUMNS = {
    "account": "account",
    "quantity": "quantity",
    "entry_price": "entry",
    "notional": "notional",
    "unrealized": "unrealised",
    "equity": "equity",
    "leverage": "leverage",
    "closed": "closed",
    "cost": "cost",
    "realized": "realised",
}
NOT_SAID = (
    "The record says neither policy nor ranks: zerosum adl explain {id} shows the readings, "
    "zerosum audit adl judges all decisions."
)


def recorded_list_page(decisions: Sequence[AuditedDecision], as_of: AsOf) -> Page:
    """All recorded decisions in the order of the log."""
    return list_page([recorded_row(found) for found in decisions], as_of)


def recorded_show_page(found: AuditedDecision, as_of: AsOf) -> Page:
    """One recorded decision with those who were closed, in the order of the rows."""
    closures = [closure_row(found, one) for one in found.closes]
    body: dict[str, Json] = {"decision": recorded_row(found), "closures": closures}
    parts = (
        Table(LIST_COLUMNS, [recorded_row(found)], WORDS),
        Table(CLOSURE_COLUMNS, closures, WORDS),
        NOT_SAID.format(id=found.id),
    )
    return Page("adl-round/1", as_of, body, "closures", parts)


def recorded_row(found: AuditedDecision) -> dict[str, Json]:
    """One decision in the members of `adl list`."""
    head = head_row(found)
    members = ("id", "seq", "time", "market", "bankrupt", "side", "quantity", "close_price")
    return {
        **{name: head[name] for name in members},
        "victims": head["victims"],
        "deficit": head["deficit"],
        "cost": head["cost"],
        "policy": None,
    }


def closure_row(found: AuditedDecision, one: AuditedClose) -> dict[str, Json]:
    """One close in the members of a ranking row; null for what is not known."""
    spec, close, roster = found.spec, one.close, found.roster
    unit = spec.quote_unit
    place = None if roster is None else roster.places.get(close.victim)
    cost = None if place is None or roster is None else roster.known[place].position.cost
    held = (
        close.before if place is None or roster is None else roster.known[place].position.quantity
    )
    notional = None if found.mark is None else abs(held) * found.mark * spec.point_value
    has_leverage = notional is not None and one.equity is not None and one.equity > 0
    return {
        "rank": None,
        "account": close.victim,
        "quantity": quantity_text(close.before, spec),
        "entry_price": None
        if cost is None
        else price_text(Fraction(cost, held * spec.point_value), spec),
        "notional": None if notional is None else amount_text(notional, unit),
        "unrealized": None if one.unrealized is None else amount_text(one.unrealized, unit),
        "equity": None if one.equity is None else amount_text(one.equity, unit),
        "leverage": ratio_text(notional or 0, one.equity or 1) if has_leverage else None,
        "score": None,
        "lights": None,
        "closed": quantity_text(close.quantity, spec),
        "cost": None if one.cost is None else amount_text(one.cost, unit),
        "realized": amount_text(close.realized, unit),
    }
