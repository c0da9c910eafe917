"""How does a comparison of policies read for people?"""

from collections.abc import Mapping, Sequence

from reports.page import AsOf, Json, Page, Row, Table
from reports.whatif_accounts import account_rows, flat_table
from reports.whatif_body import (
    LIMITS,
    Answer,
    Side,
    markout_row,
    metrics_row,
    ratio_rows,
    whatif_body,
)
from reports.whatif_haircuts import HAIRCUT_NOTE, haircuts_table
from reports.whatif_measures import COUNTED, measured
from reports.whatif_states import STATES, extreme_rows

MARKOUT_NOTE = (
    "Cost against the mark that was in force so many seconds later (the last one before the first "
    "event that is later still); positive: worse off than with the position kept until then."
)
WORDS = frozenset({"account", "market", "metric", "ratio", "numerator_is", "denominator_is"})
NAMES: Mapping[str, str] = {
    "accounts_touched": "accounts touched",
    "liquidations": "liquidations",
    "closed": "closed",
    "needed": "needed",
    "residual": "left open",
    "cost": "cost",
    "deficit": "deficit",
    "largest_share": "largest share",
    "gini": "Gini of cost",
    "overshoot_quantity": "overshoot, quantity",
    "overshoot_cost": "overshoot, cost",
    "overshoot_profit": "overshoot, profit",
    "severity": "severity θ",
    "capacity": "winners' capacity before",
    "capacity_after": "winners' capacity after",
    "open_profit_after": "winners' profit still open",
    "deficit_before": "deficit of all accounts before",
    "deficit_after": "deficit of all accounts after",
    "capacity_over_deficit": "remaining capacity over remaining deficit",
    "largest_haircut_of_equity": "largest haircut, share of equity",
    "largest_haircut_of_profit": "largest haircut, share of profit",
}


def whatif_page(answer: Answer, as_of: AsOf) -> Page:
    """The comparison as data and as tables."""
    flat = flat_table(answer.decisions, answer.labels)
    rows = "rows" if len(answer.labels) == 1 else "policies"
    return Page("whatif/1", as_of, whatif_body(answer), rows, _parts(answer), flat)


def _parts(answer: Answer) -> tuple[Table | str, ...]:
    """Who, how much, the measures side by side, what they are made of, the limits."""
    sides = answer.sides
    ids = [found.id for found in answer.decisions]
    named = ids[0] if len(ids) == 1 else f"{len(ids)} decisions, {ids[0]} to {ids[-1]}"
    title = f"{named}: what was done, and what {' and '.join(answer.labels)} would have done"
    parts: list[Table | str] = [title, _accounts_table(answer, sides)]
    parts.append(_metrics_table(answer, sides))
    if len(answer.decisions) > 1:
        parts += [_states_table(answer, sides), _counted_table(answer)]
    if answer.with_markouts:
        parts += [_markouts_table(answer, sides), MARKOUT_NOTE]
    if answer.haircut_cap is not None:
        parts += [haircuts_table(answer.decisions, answer.haircut_cap), HAIRCUT_NOTE]
    parts += [_ratios_table(answer), LIMITS]
    return tuple(parts)


def _accounts_table(answer: Answer, sides: Sequence[Side]) -> Table:
    columns = {"account": "account"}
    if len({found.spec.id for found in answer.decisions}) > 1:
        columns["market"] = "market"
    columns |= {"actual_closed": "actual closed", "actual_cost": "actual cost"}
    rows: dict[tuple[Json, Json], dict[str, Json]] = {}
    for side in sides:
        closed, cost = f"closed_{side.at}", f"cost_{side.at}"
        columns |= {closed: f"{side.label} closed", cost: "cost"}
        for row in account_rows(answer.decisions, side.at):
            kept = rows.setdefault((row.get("market"), row["account"]), dict(row))
            kept |= {closed: row["whatif_closed"], cost: row["whatif_cost"]}
    nothing: dict[str, Json] = dict.fromkeys(columns, "0")
    ordered = sorted(rows.items(), key=lambda item: (str(item[0][0]), str(item[0][1])))
    return Table(columns, [nothing | row for _, row in ordered], WORDS)


def _metrics_table(answer: Answer, sides: Sequence[Side]) -> Table:
    columns = {"metric": "measure", "actual": "actual"}
    columns |= {f"policy_{side.at}": side.label for side in sides}
    actual = metrics_row(answer, measured(answer.decisions, None))
    others = [metrics_row(answer, measured(answer.decisions, side.at)) for side in sides]
    # What has no value for a range stands in a table of its own.
    left_out = {*STATES} if len(answer.decisions) > 1 else {"liquidations"}
    rows: list[Row] = [
        {
            "metric": words,
            "actual": actual[name],
            **{f"policy_{side.at}": found[name] for side, found in zip(sides, others, strict=True)},
        }
        for name, words in NAMES.items()
        if name in actual and name not in left_out
    ]
    return Table(columns, rows, WORDS)


def _states_table(answer: Answer, sides: Sequence[Side]) -> Table:
    """Where what winners had and what was missing was smallest and largest."""
    columns = {"metric": f"over {len(answer.decisions)} decisions"}
    rows: dict[str, dict[str, Json]] = {name: {"metric": NAMES[name]} for name in STATES}
    for side in (Side("actual", None), *sides):
        for one in extreme_rows(answer.decisions, side.at, answer.quote_unit):
            for end in ("smallest", "largest"):
                rows[str(one["measure"])][f"{end}_{side.at}"] = one[end]
        columns |= {
            f"smallest_{side.at}": f"{side.label} smallest",
            f"largest_{side.at}": "largest",
        }
    nothing: dict[str, Json] = dict.fromkeys(columns)
    return Table(columns, [nothing | row for row in rows.values()], WORDS)


def _counted_table(answer: Answer) -> Table:
    """What is counted once, and over what."""
    rows: list[Row] = [{"metric": NAMES[name], "is": words} for name, words in COUNTED.items()]
    columns = {"metric": "measure", "is": f"over {len(answer.decisions)} decisions is"}
    return Table(columns, rows, WORDS | {"is"})


def _markouts_table(answer: Answer, sides: Sequence[Side]) -> Table:
    columns = {"id": "decision", "after_seconds": "after s", "mark_price": "mark"}
    columns |= {"actual": "actual cost", "actual_positive": "positive part"}
    for side in sides:
        columns |= {f"cost_{side.at}": f"{side.label} cost", f"positive_{side.at}": "positive part"}
    rows: list[Row] = []
    for found in answer.decisions:
        done = [markout_row(found, total) for total in found.markouts(found.actual)]
        lines = [
            {**line, "actual": line["cost"], "actual_positive": line["positive_cost"]}
            for line in done
        ]
        for side in sides:
            for line, total in zip(lines, found.markouts(found.outcome(side.at)), strict=True):
                would = markout_row(found, total)
                line[f"cost_{side.at}"] = would["cost"]
                line[f"positive_{side.at}"] = would["positive_cost"]
        rows += lines
    return Table(columns, rows, frozenset({"id"}))


def _ratios_table(answer: Answer) -> Table:
    columns = {"ratio": "ratio", "numerator_is": "is this", "denominator_is": "over this"}
    return Table(columns, ratio_rows(answer, measured(answer.decisions, 0)), WORDS)
