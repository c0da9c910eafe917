"""What did each step before a recorded close take, what did it cost, and do the books close?

The members and tables of a decided explanation, from what the record says; null for what it does
not. A trader and the public see of them what they see of a decided one.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from domain.audit.decisions import AuditedDecision
from domain.units import AccountId
from reports.audience import (
    WITHHELD_ESCAPE,
    Audience,
    audience_row,
    conservation_seen,
    step_seen,
    totals_seen,
)
from reports.explanation_rows import Step, conservation_row, step_row, totals_row
from reports.explanation_text import conservation_sentence, conservation_table, waterfall_table
from reports.figures import amount_text
from reports.page import Json, Row, Table
from reports.recorded_surroundings import Around, Books, RecordedStep

HEADINGS: Final = {"what": "sum", "is": "compared"}
"""On a page every column has a heading."""
TOTALS: Final = {
    "closed": "closed",
    "needed": "needed: held by the bankrupt account just before",
    "cost": "cost to victims against the mark",
    "deficit": "deficit of the bankrupt account",
    "overshoot_quantity": "overshoot, quantity",
    "overshoot_cost": "overshoot, cost",
    "overshoot_profit": "overshoot, profit",
}
LOTS: Final = frozenset({"closed", "needed", "overshoot_quantity"})
NOT_OFFERED: Final = (
    "What the order book and a vault offered is not in the record, nor why a step stopped that "
    "left lots."
)
ADL_ONLY: Final = (
    "No market liquidation and no takeover of this position is in the record before these closes."
)
NEED_ASSUMED: Final = (
    "How much the venue meant to close is not in the record: needed is what the bankrupt account "
    "held just before."
)
NEED_UNKNOWN: Final = (
    "What the bankrupt account held just before is not in the record: need and overshoot in lots "
    "are not known."
)
CAME_FROM: Final = (
    "The steps of other liquidations are where a vault's position came from. They need not add up "
    "to it: a vault may have held or traded more in between."
)
SUMS_ARE: Final = (
    "Sums are over all accounts of this log, outside accounts included; what an account had before "
    "its first row in the record is in none of them."
)


def flow(
    found: AuditedDecision,
    around: Around,
    audience: Audience,
    account: AccountId | None,
    *,
    has_totals: bool,
) -> dict[str, Json]:
    """`waterfall`, `totals` and `conservation` as their reader may see them.

    Whoever is no auditor also gets `audience`: what is withheld.
    """
    spec, held = found.spec, found.bankrupt_quantity
    totals = totals_row(
        spec,
        closed=found.quantity,
        needed=None if held is None else abs(held),
        cost=found.cost,
        deficit=found.deficit,
        realized=sum(one.close.realized for one in found.closes),
    )
    steps = [_step(found, step) for step in around.steps]
    conservation = {
        "before": _sums(found, around.before),
        "after": _sums(found, around.after),
    }
    if audience is Audience.AUDITOR:
        return {"waterfall": steps, "totals": totals, "conservation": conservation}
    # The public has no account, and nobody is called None.
    own = {row.seq for step in around.steps for row in step.rows if account in row.parties}
    reader = audience_row(audience, account, has_totals=has_totals)
    # Nobody worked out an escape from a rule that is not in the record, so none is withheld.
    reader["withheld"] = [words for words in reader["withheld"] if words != WITHHELD_ESCAPE]
    return {
        "audience": reader,
        "waterfall": [step_seen(step, own, has_totals=has_totals) for step in steps],
        "totals": totals_seen(totals, has_totals=has_totals),
        "conservation": conservation_seen(conservation, has_totals=has_totals),
    }


def _step(found: AuditedDecision, step: RecordedStep) -> Row:
    seqs = tuple(row.seq for row in step.rows)
    row = step_row(found.spec, Step(step.step, None, step.used, step.left, step.reason, seqs))
    return {**row, "liquidations": list(step.liquidations)}


def _sums(found: AuditedDecision, books: Books) -> dict[str, Json]:
    cash = amount_text(books.cash, found.spec.quote_unit)
    return {**conservation_row(found.spec, books.totals), "cash_sum": cash}


def flow_unknown(found: AuditedDecision, around: Around) -> list[str]:
    """What the record does not say of the steps, the need and the sums."""
    is_alone = all(step.step == "adl" for step in around.steps)
    need = NEED_UNKNOWN if found.bankrupt_quantity is None else NEED_ASSUMED
    own = around.steps[-1].liquidations
    came = [CAME_FROM] if any(step.liquidations != own for step in around.steps) else []
    return [ADL_ONLY if is_alone else NOT_OFFERED, *came, need, SUMS_ARE]


def flow_parts(
    body: Mapping[str, Any], quote: str, *, is_whole: bool, has_totals: bool
) -> list[Table | str]:
    """The same for people, amounts in `quote`; `is_whole` for an auditor."""
    parts: list[Table | str] = [_waterfall(body, is_whole=is_whole)]
    totals = body["totals"]
    if is_whole or has_totals:
        market = body["decision"]["market"]
        rows: list[Row] = [
            {"what": words, "value": totals[name], "unit": market if name in LOTS else quote}
            for name, words in TOTALS.items()
        ]
        columns = {"what": "measure", "value": "value", "unit": "unit"}
        parts.append(Table(columns, rows, frozenset({"what", "unit"}), "What it cost and who paid"))
        sums = conservation_table(body, "Conservation")
        parts.append(replace(sums, columns={**sums.columns, **HEADINGS}))
        parts.append(conservation_sentence(body))
        return parts if is_whole else [*parts, _withheld(body)]
    checks = {"longs and shorts": "sides", "equity and net deposits": "books"}
    rows = [{"what": words, "is": body["conservation"][key]} for words, key in checks.items()]
    columns = dict(HEADINGS)
    parts.append(Table(columns, rows, frozenset({"what", "is"}), "Conservation"))
    return [*parts, _withheld(body)]


def _withheld(body: Mapping[str, Any]) -> str:
    return "Withheld from this page: " + "; ".join(body["audience"]["withheld"]) + "."


def _waterfall(body: Mapping[str, Any], *, is_whole: bool) -> Table:
    table = waterfall_table(body, "Waterfall")
    if not is_whole:
        return table
    whose = [_named(step["liquidations"]) for step in body["waterfall"]]
    rows = [{**row, "whose": name} for row, name in zip(table.rows, whose, strict=True)]
    columns = {**table.columns, "whose": "liquidation"}
    return Table(columns, rows, table.words | {"whose"}, table.title)


def _named(liquidations: list[str]) -> str:
    more = len(liquidations) - 1
    return liquidations[0] if not more else f"{liquidations[0]} and {more} more"
