"""How does an audit read: the object for programs, the tables for people?"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from domain.audit.checks import CLOSE_CHECKS, DECISION_CHECKS
from domain.audit.decisions import AuditedDecision, Terms
from domain.audit.readings import RULE_VERSIONS
from domain.audit.verdict import Answer, Verdict
from domain.instants import instant_text
from domain.specification import MarketSpec
from domain.units import Decimal10, fraction_text
from reports.audit_rows import NOT_DECIDABLE, missing_row, pair_row
from reports.audit_summary import Group, Side, Summary
from reports.figures import amount_text, quantity_text, scaled_text
from reports.page import Json, Row, Table

SCHEMA = "adl-audit/1"
LIMITS = (
    "A verdict is about the lots that were closed: whether they came from the top of the order, "
    "among the holders of the books just before the decision's first close. The readings are "
    "readings of a published text, not the venue's code. Known means: exact in this log, if its "
    "rows are complete and an account whose first row brings money had none before."
)
DECISION_COLUMNS = {
    "id": "decision",
    "time": "time",
    "market": "market",
    "bankrupt": "bankrupt",
    "side": "side",
    "quantity": "closed",
    "victims": "victims",
    "close_price": "close price",
    "price_rules": "price is",
    "deficit": "deficit",
    "cost": "cost",
}
PAIR_COLUMNS = {
    "reading": "reading",
    "kind": "why",
    "skipped": "skipped",
    "skipped_score": "its score",
    "closed": "closed",
    "closed_score": "its score",
}
WORDS = frozenset(
    {
        "account", "accounts", "bankrupt", "burst", "check", "closed", "fits", "id", "input",
        "kind", "market", "measure", "price_rules", "reading", "side", "skipped", "time",
    }
)  # fmt: skip
MISSING_WORDS: Mapping[str, str] = {
    "opening_unknown": "the account was met in the middle of its life: its cash is not known",
    "gap": "rows of the account are missing: its cash and cost are not known",
    "cash_unknown": "what the account had before its first row is not known",
    "cash_uncertain": "a row about the account's money was refused, or the venue says another sum",
    "funding_missing": "funding of an hour is not in the log, or that of some payers of a coin",
    "basis_unknown": "what the position cost is not known",
    "mark_missing": "a market that the account holds has no mark",
    "mark_old": "a mark is older than --mark-age allows",
    "unseen_holders": "the market was met midway or rows have one side: others may hold it unseen",
    "refused_rows": "rows were refused whose account nobody can read",
    "order_in_block": "other events of the block stand between the closes of the decision",
    "bankrupt_unknown": "the books do not know the bankrupt position",
}


class Asked(NamedTuple):
    """What was asked: terms, the window of seqs, and the pause that parts two bursts."""

    terms: Terms
    first_seq: int
    last_seq: int
    burst_gap: int


class Noted(NamedTuple):
    """What people see of a decision, in lines of small tables."""

    row: Row
    pairs: Sequence[Row]
    missing: Sequence[Row]


def noted(found: AuditedDecision, flat: Row) -> Noted:
    """The lines of one decision for people."""
    pairs = [
        {"id": found.id, "reading": one.reading.letter, **pair_row(one.pair)}
        for one in found.findings
        if one.pair is not None
    ]
    missing = [
        {"id": found.id, "reading": one.reading.letter, **missing_row(each)}
        for one in found.findings
        for each in one.missing
    ]
    for row in missing:
        names = row["accounts"]
        row["accounts"] = ", ".join(map(str, names)) if isinstance(names, list) else ""
    return Noted(flat, pairs, missing)


def asked_body(asked: Asked) -> dict[str, Json]:
    """What was asked, as every answer repeats it."""
    terms = asked.terms
    return {
        "asked": {
            "markets": sorted(terms.markets),
            "first_seq": asked.first_seq,
            "last_seq": asked.last_seq,
            "origin": str(terms.origin),
            "assumptions": sorted(map(str, terms.assumptions)),
            "mark_age_seconds": scaled_text(terms.oldest_mark, Decimal10(1, 9)),
            "burst_gap_seconds": scaled_text(asked.burst_gap, Decimal10(1, 9)),
        },
        "readings": [
            {
                "reading": one.letter,
                "policy": one.name,
                "parameters": dict(one.policy.parameters),
                "digest": one.policy.digest(),
                "formula": one.selection.formula,
                "rule": one.selection.rule,
                "versions": list(one.versions),
            }
            for one in terms.readings
        ],
        "rule_versions": [
            {"id": one.id, "trigger": one.trigger, "order": one.order, "price": one.price}
            for one in RULE_VERSIONS
        ],
    }


def summary_body(
    summary: Summary, specs: Mapping[str, MarketSpec], unit: Decimal10
) -> dict[str, Json]:
    """All sums of an audit, and what it does not claim."""
    figures = _Figures(specs, unit)
    return {
        "summary": figures.group(summary.all),
        "by_market": [figures.group(summary.markets[name]) for name in sorted(summary.markets)],
        "by_burst": [figures.group(one) for one in summary.bursts],
        "limits": LIMITS,
    }


class _Figures(NamedTuple):
    """Turns groups into texts."""

    specs: Mapping[str, MarketSpec]
    unit: Decimal10

    def money(self, amount: int) -> str:
        return amount_text(amount, self.unit)

    def lots(self, found: Mapping[str, int]) -> dict[str, Json]:
        return {name: quantity_text(found[name], self.specs[name]) for name in sorted(found)}

    def group(self, found: Group) -> dict[str, Json]:
        beyond = found.overshoot
        is_cost_known = found.cost_unknown < found.decisions or not found.decisions
        is_deficit_known = bool(found.deficits) or not found.deficit_unknown
        return {
            "name": found.name,
            "first_time": instant_text(found.first_time) if found.decisions else None,
            "last_time": instant_text(found.last_time) if found.decisions else None,
            "decisions": found.decisions,
            "closes": found.closes,
            "victims": len(found.victims),
            "quantity": self.lots(found.quantity),
            "notional": self.money(found.notional),
            "realized": self.money(found.realized),
            "cost": self.money(found.cost) if is_cost_known else None,
            "cost_unknown": found.cost_unknown,
            "scopes": len(set(found.deficits) | found.deficit_unknown),
            "deficit": self.money(found.deficit) if is_deficit_known else None,
            "deficit_unknown": found.scopes_unknown,
            "overshoot_quantity": self.lots(found.overshoot_quantity),
            "overshoot_cost": None if beyond is None else self.money(int(beyond.cost)),
            "overshoot_profit": None if beyond is None else self.money(int(beyond.profit)),
            "verdicts": {
                one.letter: {str(v): found.verdicts[one.letter, str(v)] for v in Verdict}
                for one in found.readings
            },
            "fits": {name: found.fits[name] for name in fit_names(found)},
            "price_rules": {name: found.prices[name] for name in sorted(found.prices)},
            "checks": {
                name: {str(a): found.checks[name, str(a)] for a in Answer}
                for name in DECISION_CHECKS
            },
            "close_checks": {
                name: {str(a): found.close_checks[name, str(a)] for a in Answer}
                for name in CLOSE_CHECKS
            },
            "missing": {name: found.missing[name] for name in sorted(found.missing)},
            "metrics": self._metrics(found),
        }

    def _metrics(self, found: Group) -> dict[str, Json]:
        deficit = sum(found.measured_deficits.values())
        others = found.others or [Side() for _ in found.readings]
        sides = [("actual", found.actual)]
        sides += [(one.name, side) for one, side in zip(found.readings, others, strict=True)]
        return {
            "measured_decisions": found.measured,
            "deficit": self.money(deficit),
            "rows": [self._side(name, side, deficit, found.holders) for name, side in sides],
        }

    def _side(self, name: str, side: Side, deficit: int, holders: set[str]) -> dict[str, Json]:
        ratios = side.ratios(deficit, holders)
        return {
            "policy": name,
            "accounts_touched": side.accounts_touched,
            "cost": self.money(sum(row.cost for row in side.taken)),
            "realized": self.money(sum(row.realized for row in side.taken)),
            **{
                key: None if ratio.value is None else fraction_text(ratio.value)
                for key, ratio in ratios.items()
            },
        }


def fit_names(found: Group) -> list[str]:
    """The classes of the fits table that occur: readings alone, several, none, not decidable."""
    last = ("none", NOT_DECIDABLE)
    return sorted(found.fits, key=lambda name: (name in last, len(name), name))


def audit_parts(
    asked: Asked, lines: Sequence[Noted], body: Mapping[str, Json]
) -> tuple[Table | str, ...]:
    """The audit for people."""
    letters = {f"verdict_{one.letter}": one.letter for one in asked.terms.readings}
    named = ", ".join(
        one.letter if one.letter == one.name else f"{one.letter} = {one.name}"
        for one in asked.terms.readings
    )
    if not lines:
        return ("No recorded auto-deleveraging close in this window.",)
    parts: list[Table | str] = [
        f"Readings: {named}",
        Table(
            {**DECISION_COLUMNS, **letters, "fits": "fits"},
            [line.row for line in lines],
            WORDS | frozenset(letters),
            "Decisions",
        ),
    ]
    pairs = [row for line in lines for row in line.pairs]
    if pairs:
        columns = {"id": "decision"} | PAIR_COLUMNS
        parts.append(Table(columns, pairs, WORDS, "What shows the violations"))
    missing = [row for line in lines for row in line.missing]
    if missing:
        columns = {"id": "decision", "reading": "reading", "input": "missing", "count": "count"}
        columns["accounts"] = "accounts"
        parts.append(Table(columns, missing, WORDS, "What is missing"))
        codes = sorted({str(row["input"]).partition(":")[0] for row in missing})
        parts.append("\n".join(f"{code}: {MISSING_WORDS[code]}" for code in codes))
    return (*parts, *_summary_parts(body), _assumed(asked), LIMITS)


def _assumed(asked: Asked) -> str:
    terms = asked.terms
    age = fraction_text(Decimal10(terms.oldest_mark, 9).fraction())
    gap = fraction_text(Decimal10(asked.burst_gap, 9).fraction())
    assumed = ", ".join(sorted(map(str, terms.assumptions))) or "nothing"
    return (
        f"Origin of cash: {terms.origin}. Marks count for {age} s. A pause of more than {gap} s "
        f"begins another burst. Assumed: {assumed}."
    )


def _summary_parts(body: Mapping[str, Json]) -> list[Table | str]:
    groups = [body["summary"], *_rows(body["by_market"])]
    sums = {
        "name": "market",
        "decisions": "decisions",
        "closes": "closes",
        "victims": "victims",
        "notional": "notional",
        "cost": "cost",
        "cost_unknown": "cost unknown",
        "scopes": "bankrupt scopes",
        "deficit": "deficit",
        "deficit_unknown": "deficit unknown",
        "overshoot_cost": "cost beyond deficit",
        "overshoot_profit": "profit beyond deficit",
    }
    words = frozenset({"name", "policy", "check", "fits", "reading"})
    parts: list[Table | str] = [
        Table(sums, [row for row in groups if isinstance(row, Mapping)], words, "By market"),
        Table(
            {"name": "burst", "first_time": "from", "last_time": "to"}
            | {key: sums[key] for key in list(sums)[1:]},
            _rows(body["by_burst"]),
            words | {"first_time", "last_time"},
            "By burst",
        ),
    ]
    whole = body["summary"]
    if not isinstance(whole, Mapping):
        return parts
    verdicts = _table_of(whole["verdicts"], "reading")
    columns = {"reading": "reading", **{str(v): str(v) for v in Verdict}}
    parts.append(Table(columns, verdicts, words, "Verdicts"))
    fits = whole["fits"]
    if isinstance(fits, Mapping):
        rows = [{"fits": name, "decisions": count} for name, count in fits.items()]
        parts.append(Table({"fits": "fits", "decisions": "decisions"}, rows, words, "Fits"))
    checks = [*_table_of(whole["checks"], "check"), *_table_of(whole["close_checks"], "check")]
    columns = {"check": "check", **{str(a): str(a) for a in Answer}}
    parts.append(Table(columns, checks, words, "Checks of decisions, then of closes"))
    metrics = whole["metrics"]
    if isinstance(metrics, Mapping):
        names = {
            "policy": "policy",
            "accounts_touched": "accounts touched",
            "cost": "cost",
            "largest_share": "largest share",
            "gini": "Gini of cost",
            "severity": "severity θ",
        }
        title = f"Measures over {metrics['measured_decisions']} of {whole['decisions']} decisions"
        parts.append(Table(names, _rows(metrics["rows"]), words, title))
    return parts


def _rows(value: Json) -> list[Row]:
    if not isinstance(value, Sequence) or isinstance(value, str):
        return []
    return [row for row in value if isinstance(row, Mapping)]


def _table_of(value: Json, name: str) -> list[Row]:
    if not isinstance(value, Mapping):
        return []
    return [{name: key, **row} for key, row in value.items() if isinstance(row, Mapping)]
