"""Who was closed, who would have been, and what did each account give up?

A row for each account of a market, as lists of one policy for JSON and as flat lines for CSV.
"""

from collections.abc import Mapping, Sequence

from reports.figures import amount_text, quantity_text
from reports.page import Json, Row, Table
from reports.whatif import Compared

CSV_COLUMNS = (
    "policy",
    "market",
    "account",
    "actual_closed",
    "actual_cost",
    "whatif_closed",
    "whatif_cost",
)
"""The same for one policy and many, for one market and many."""


def account_rows(decisions: Sequence[Compared], at: int | None) -> list[Row]:
    """Everybody who was closed or would have been, by market and account."""
    actual, other = _by_account(decisions, None), _by_account(decisions, at)
    is_one = len({found.spec.id for found in decisions}) == 1
    rows: list[Row] = []
    for market, account in sorted(actual.keys() | other.keys()):
        named: dict[str, Json] = {"account": account}
        if not is_one:
            named["market"] = market
        rows.append({**named, **_gave(decisions, actual, other, (market, account))})
    return rows


def flat_table(decisions: Sequence[Compared], labels: Sequence[str]) -> Table:
    """A line for each policy and account: whoever any side touches stands under every policy."""
    actual = _by_account(decisions, None)
    others = [_by_account(decisions, at) for at in range(len(labels))]
    touched = sorted(actual.keys() | {key for other in others for key in other})
    rows: list[Row] = [
        {
            "policy": label,
            "market": key[0],
            "account": key[1],
            **_gave(decisions, actual, other, key),
        }
        for label, other in zip(labels, others, strict=True)
        for key in touched
    ]
    return Table(dict(zip(CSV_COLUMNS, CSV_COLUMNS, strict=True)), rows)


def _gave(
    decisions: Sequence[Compared],
    actual: Mapping[tuple[str, str], tuple[int, int]],
    other: Mapping[tuple[str, str], tuple[int, int]],
    key: tuple[str, str],
) -> Row:
    spec = next(found.spec for found in decisions if found.spec.id == key[0])
    done, would = actual.get(key, (0, 0)), other.get(key, (0, 0))
    return {
        "actual_closed": quantity_text(done[0], spec),
        "actual_cost": amount_text(done[1], spec.quote_unit),
        "whatif_closed": quantity_text(would[0], spec),
        "whatif_cost": amount_text(would[1], spec.quote_unit),
    }


def _by_account(
    decisions: Sequence[Compared], at: int | None
) -> dict[tuple[str, str], tuple[int, int]]:
    found: dict[tuple[str, str], tuple[int, int]] = {}
    for decision in decisions:
        for row in decision.outcome(at).taken:
            key = (decision.spec.id, row.account)
            closed, cost = found.get(key, (0, 0))
            found[key] = (closed + row.closed, cost + row.cost)
    return found
