"""How does one audited decision read: as data, as a flat line, and as what shows its verdicts?"""

from collections.abc import Iterable, Mapping
from fractions import Fraction

from domain.audit.checks import Check
from domain.audit.decisions import AuditedClose, AuditedDecision
from domain.audit.roster import by_code
from domain.audit.verdict import Answer, Finding, MissingInput, Pair, Verdict
from domain.instants import instant_text
from domain.specification import MarketSpec
from reports.figures import amount_text, price_text, quantity_text, scaled_text, score_text
from reports.page import Json

PRICE_RULES = {
    "price_previous_mark": "previous_mark",
    "price_mark": "mark",
    "price_bankruptcy": "bankruptcy",
}
NOT_DECIDABLE = "not decidable"


def fits(found: AuditedDecision) -> str:
    """Which readings the decision fits: their letters, `none`, or `not decidable`."""
    conforming = [one.reading.letter for one in found.findings if one.verdict is Verdict.CONFORMS]
    if conforming:
        return "+".join(conforming)
    if any(one.verdict is Verdict.UNDECIDABLE for one in found.findings):
        return NOT_DECIDABLE
    return "none"


def violates_everything(found: AuditedDecision) -> bool:
    """Whether every reading that was asked for is violated."""
    return all(one.verdict is Verdict.VIOLATES for one in found.findings)


def decision_row(found: AuditedDecision) -> dict[str, Json]:
    """One decision with its closes, checks and verdicts."""
    head = head_row(found)
    doubted = {} if found.roster is None else by_code(found.roster.doubted)
    return {
        **head,
        "bankrupt_doubts": list(found.bankrupt_doubts),
        "bankruptcy_price": _price(found.bankruptcy_price, found.spec),
        "holders": {
            "known": 0 if found.roster is None else len(found.roster.accounts),
            "in_doubt": 0 if found.roster is None else len(found.roster.doubted),
            "doubts": {code: len(names) for code, names in sorted(doubted.items())},
        },
        "fits": fits(found),
        "verdicts": [finding_row(found, one) for one in found.findings],
        "checks": [_check(one) for one in found.checks],
        "closes": [_close(found, one) for one in found.closes],
    }


def head_row(found: AuditedDecision) -> dict[str, Json]:
    """What is said about a decision in one line."""
    spec, key = found.spec, found.key
    unit = spec.quote_unit
    held = found.bankrupt_quantity
    return {
        "id": found.id,
        "seq": found.seq,
        "last_seq": found.last_seq,
        "time": instant_text(found.time),
        "block": key.instant.number if key.instant.kind == "block" else None,
        "market": spec.id,
        "bankrupt": key.bankrupt,
        "side": "short" if key.side > 0 else "long",
        "scope": found.scope,
        "quantity": quantity_text(found.quantity, spec),
        "needed": None if held is None else quantity_text(abs(held), spec),
        "victims": len({one.close.victim for one in found.closes}),
        "close_price": price_text(found.price, spec),
        "mark_price": _price(found.mark, spec),
        "previous_mark_price": _price(found.previous_mark, spec),
        "price_rules": price_rules(found.checks),
        "equity": None
        if found.bankrupt_equity is None
        else amount_text(found.bankrupt_equity, unit),
        "deficit": None if found.deficit is None else amount_text(found.deficit, unit),
        "cost": None if found.cost is None else amount_text(found.cost, unit),
    }


def price_rules(checks: Iterable[Check]) -> list[str]:
    """The price rules that the close price meets."""
    met = {one.name for one in checks if one.answer is Answer.YES}
    return [rule for name, rule in PRICE_RULES.items() if name in met]


def _price(price: int | Fraction | None, spec: MarketSpec) -> str | None:
    return None if price is None else price_text(price, spec)


def _check(one: Check) -> dict[str, Json]:
    return {"check": one.name, "answer": str(one.answer), "evidence": one.evidence}


def finding_row(found: AuditedDecision, one: Finding) -> dict[str, Json]:
    """The verdict of one reading with what shows it."""
    spec = found.spec
    distance: dict[str, Json] | None = None
    if one.distance is not None:
        distance = {
            "quantity": quantity_text(one.distance.quantity, spec),
            "cost": _cost_of(found, one.distance.quantity),
            "ranks": one.distance.ranks,
            "among": "all" if one.distance.is_complete else "known",
        }
    return {
        "policy": one.reading.name,
        "reading": one.reading.letter,
        "verdict": str(one.verdict),
        "pair": None if one.pair is None else pair_row(one.pair),
        "missing": [missing_row(each) for each in one.missing],
        "candidates": one.candidates,
        "skipped": {"count": one.skipped_count, "accounts": list(one.skipped)},
        "ties": one.ties,
        "losers_included": one.losers_included,
        "rows_in_order": str(one.rows_in_order),
        "ranks": dict(one.ranks),
        "would_close": {name: quantity_text(lots, spec) for name, lots in one.would_close.items()},
        "distance": distance,
    }


def _cost_of(found: AuditedDecision, lots: int) -> str | None:
    """What so many lots of victims give up against the mark, at the price of the decision."""
    if found.mark is None:
        return None
    per_lot = found.key.side * (found.mark - found.price) * found.spec.point_value
    return scaled_text(lots * per_lot, found.spec.quote_unit)


def pair_row(pair: Pair) -> dict[str, Json]:
    """The two accounts that show a violation."""
    return {
        "kind": pair.kind,
        "skipped": pair.skipped,
        "skipped_score": score_text(pair.skipped_score),
        "closed": pair.closed,
        "closed_score": score_text(pair.closed_score),
    }


def missing_row(one: MissingInput) -> dict[str, Json]:
    """What nobody can know."""
    return {"input": one.code, "count": one.number, "accounts": list(one.accounts)}


def _close(found: AuditedDecision, one: AuditedClose) -> dict[str, Json]:
    spec, close = found.spec, one.close
    unit = spec.quote_unit
    side = 1 if close.before > 0 else -1
    entry = close.price - Fraction(side * close.realized, close.quantity * spec.point_value)
    return {
        "seq": close.seq,
        "account": close.victim,
        "quantity": quantity_text(close.quantity, spec),
        "position_before": quantity_text(close.before, spec),
        "position_after": quantity_text(close.after, spec),
        "price": price_text(close.price, spec),
        "realized": amount_text(close.realized, unit),
        "implied_entry_price": price_text(entry, spec),
        "cost": None if one.cost is None else amount_text(one.cost, unit),
        "unrealized": None if one.unrealized is None else amount_text(one.unrealized, unit),
        "equity": None if one.equity is None else amount_text(one.equity, unit),
        "scores": _scores(found, close.victim),
        "checks": {check.name: str(check.answer) for check in one.checks},
    }


def _scores(found: AuditedDecision, account: str) -> Mapping[str, Json]:
    roster = found.roster
    if roster is None:
        return {}
    return {
        reading.letter: score_text(roster.fraction(at, account))
        for at, reading in enumerate(roster.readings)
    }


def flat_row(found: AuditedDecision) -> dict[str, Json]:
    """The same as one line without lists: for CSV and for people."""
    head = head_row(found)
    head["price_rules"] = " ".join(price_rules(found.checks)) or "none"
    head["closes"] = len(found.closes)
    for one in found.findings:
        head[f"verdict_{one.reading.letter}"] = str(one.verdict)
    head["fits"] = fits(found)
    for check in found.checks:
        head[check.name] = str(check.answer)
    return head
