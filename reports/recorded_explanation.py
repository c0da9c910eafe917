"""Why may these accounts have been closed in a recorded decision, and what does nobody know?

The record names who was closed, how much and at which price. Which rule the venue applied it does
not say, so every reading is shown with its verdict, and what is missing is part of the answer.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from domain.audit.decisions import AuditedDecision
from domain.audit.line import ranks_of
from domain.audit.verdict import Verdict
from domain.units import AccountId
from reports.audience import Audience
from reports.audience_words import FEWEST_FOR_TOTALS
from reports.audit_page import LIMITS, MISSING_WORDS, PAIR_COLUMNS
from reports.audit_rows import finding_row, head_row, pair_row, price_rules
from reports.figures import amount_text, price_text, quantity_text, score_text
from reports.page import AsOf, Json, Page, Row, Table
from reports.recorded_flow import flow, flow_parts, flow_unknown
from reports.recorded_rounds import CLOSURE_COLUMNS, closure_row, recorded_row
from reports.recorded_surroundings import Around

SCHEMA = "adl-explanation/1"
UNKNOWN_POLICY = "Which rule the venue applied is not in the record; the readings below are ours."
VERDICT_WORDS = {
    Verdict.CONFORMS: "conforms: those who were closed are the top of its order",
    Verdict.VIOLATES: "is violated",
    Verdict.UNDECIDABLE: "cannot be judged",
}
HOLDER_COLUMNS = {
    "account": "account",
    "quantity": "quantity",
    "unrealized": "unrealised",
    "equity": "equity",
}


@dataclass(frozen=True, slots=True)
class AskedAbout:
    """A recorded decision with what was around it, who asks, and about which account."""

    found: AuditedDecision
    around: Around
    quote: str
    audience: Audience = Audience.AUDITOR
    account: AccountId | None = None
    leaves: Mapping[int, bytes] = field(default_factory=dict)
    """Leaf hashes of the events that fix closes, price and mark; who may see them."""


def recorded_explanation(asked: AskedAbout, as_of: AsOf) -> Page:
    """The explanation as data and as text, as its reader may see it."""
    body = _body(asked)
    return Page(SCHEMA, as_of, body, "ranking", _parts(asked, body))


def title_of(asked: AskedAbout) -> str:
    """The question that the page answers."""
    if asked.account is None:
        return f"Was {asked.found.id} decided by the rule?"
    return f"Was account {asked.account} auto-deleveraged by the rule?"


def _body(asked: AskedAbout) -> dict[str, Json]:
    found, spec = asked.found, asked.found.spec
    whole = recorded_row(found)
    is_auditor = asked.audience is Audience.AUDITOR
    shown = flow(found, asked.around, asked.audience, asked.account, has_totals=_has_totals(found))
    body: dict[str, Json] = {
        "recorded": True,
        **({} if is_auditor else {"audience": shown["audience"]}),
        "decision": {
            "id": found.id,
            "seq": found.seq,
            "market": spec.id,
            "bankrupt": found.key.bankrupt if is_auditor else None,
            "policy": None,
            "close_price": price_text(found.price, spec),
            "mark_price": None if found.mark is None else price_text(found.mark, spec),
            "quantity": whole["quantity"] if is_auditor or _has_totals(found) else None,
        },
        "price_rules": price_rules(found.checks),
        "trigger": {
            "rule": None,
            "equity": head_row(found)["equity"] if is_auditor else None,
            "maintenance_margin": None,
            "holds": None,
        },
        "waterfall": shown["waterfall"],
        "candidates": {"count": _known(found), "in_doubt": _in_doubt(found), "root": None},
        "ranking": _ranking(asked),
        "cut_after_rank": None,
        "totals": shown["totals"],
        "conservation": shown["conservation"],
        "readings": _readings(asked),
        "unknown": [*unknown(found), *flow_unknown(found, asked.around)],
        "answer": answer(asked),
        "checks": {one.name: str(one.answer) for one in found.checks},
        "evidence": [{"seq": seq, "leaf": asked.leaves[seq].hex()} for seq in sorted(asked.leaves)],
    }
    if asked.account is not None:
        body["account"] = _account(asked, asked.account)
    return body


def _has_totals(found: AuditedDecision) -> bool:
    """Whether enough candidates stand behind a total, so that it gives nobody's amounts away."""
    return _known(found) + _in_doubt(found) >= FEWEST_FOR_TOTALS


def _known(found: AuditedDecision) -> int:
    return 0 if found.roster is None else len(found.roster.accounts)


def _in_doubt(found: AuditedDecision) -> int:
    return 0 if found.roster is None else len(found.roster.doubted)


def unknown(found: AuditedDecision) -> list[str]:
    """What the record does not say, in sentences."""
    said = [UNKNOWN_POLICY, "Ranks and scores of the venue are not in the record."]
    if found.mark is None:
        said.append("The market has no mark before this decision: costs are not known.")
    if found.bankrupt_equity is None:
        reasons = sorted({code.partition(":")[0] for code in found.bankrupt_doubts})
        words = "; ".join(MISSING_WORDS[code] for code in reasons)
        said.append(f"The equity of the bankrupt account is not known: {words}.")
    codes = sorted(
        {one.code.partition(":")[0] for each in found.findings for one in each.missing}
        | {one.code for one in found.missing}
    )
    said += [f"{code}: {MISSING_WORDS[code]}." for code in codes]
    return said


def _ranking(asked: AskedAbout) -> list[Row]:
    """Every known holder with its scores; a trader sees its own row, the public none."""
    found, roster = asked.found, asked.found.roster
    if roster is None or asked.audience is Audience.PUBLIC:
        return []
    ranks = {
        one.reading.letter: ranks_of(roster, at, found.quantity)
        for at, one in enumerate(found.findings)
    }
    names = list(roster.accounts)
    if asked.audience is Audience.TRADER:
        names = [name for name in names if name == asked.account]
    # By the ranks of the readings, then by name: an order, though none that the venue printed.
    last = len(roster.accounts) + 1
    names.sort(key=lambda name: (*(rank.get(name, last) for rank in ranks.values()), name))
    return [_holder(found, name, ranks) for name in names]


def _holder(
    found: AuditedDecision, name: AccountId, ranks: Mapping[str, Mapping[AccountId, int]]
) -> dict[str, Json]:
    roster, spec = found.roster, found.spec
    if roster is None:
        return {}
    place = roster.places[name]
    closed = sum(one.close.quantity for one in found.closes if one.close.victim == name)
    unit = spec.quote_unit
    return {
        "rank": None,
        "account": name,
        "quantity": quantity_text(roster.known[place].position.quantity, spec),
        "unrealized": amount_text(roster.unrealized[place], unit),
        "equity": amount_text(roster.equities[place], unit),
        "ranks": {letter: rank.get(name) for letter, rank in ranks.items()},
        "scores": {
            one.reading.letter: score_text(roster.fraction(at, name))
            for at, one in enumerate(found.findings)
        },
        "closed": quantity_text(closed, spec),
    }


def _readings(asked: AskedAbout) -> list[Row]:
    """The verdict of each reading; with accounts for an auditor only."""
    if asked.audience is Audience.AUDITOR:
        return [finding_row(asked.found, one) for one in asked.found.findings]
    return [
        {
            "policy": one.reading.name,
            "reading": one.reading.letter,
            "verdict": str(one.verdict),
            "candidates": one.candidates,
        }
        for one in asked.found.findings
    ]


def _account(asked: AskedAbout, account: AccountId) -> dict[str, Json]:
    """One account's part in the decision."""
    closes = [
        closure_row(asked.found, one) for one in asked.found.closes if one.close.victim == account
    ]
    return {
        "account": account,
        "rank": None,
        "answer": answer_about(asked, account),
        "why_not_others": None,
        "nearest_escape": None,
        "closures": closes,
    }


def answer_about(asked: AskedAbout, account: AccountId) -> str:
    """What happened to one account, in sentences."""
    found = asked.found
    spec, roster = found.spec, found.roster
    said = []
    closes = [one for one in found.closes if one.close.victim == account]
    price = price_text(found.price, spec)
    if closes:
        lots = sum(one.close.quantity for one in closes)
        before = closes[0].close.before
        side = "long" if before > 0 else "short"
        realized = sum(one.close.realized for one in closes)
        said.append(
            f"{account}'s {side} of {quantity_text(abs(before), spec)} {spec.id} was reduced by "
            f"{quantity_text(lots, spec)} to {quantity_text(abs(closes[-1].close.after), spec)} at "
            f"{price}; it realised {amount_text(realized, spec.quote_unit)} {asked.quote}."
        )
    elif account == found.key.bankrupt:
        said.append(f"{account} is the account that was closed against others at {price}.")
    else:
        said.append(f"{account} was not closed.")
    if roster is not None and account in roster.doubts:
        codes = ", ".join(str(one) for one in roster.doubts[account].doubts)
        said.append(f"Its score is not known ({codes}), so no reading can place it.")
    elif roster is not None and account in roster.places:
        for at, one in enumerate(found.findings):
            rank = ranks_of(roster, at, found.quantity).get(account)
            score = score_text(roster.fraction(at, account))
            with_score = "" if score is None else f" with score {score}"
            stood = "no candidate" if rank is None else f"rank {rank} of {one.candidates}"
            known = "" if not roster.doubted else " known candidates"
            said.append(f"By {one.reading.name} it stood at {stood}{known}{with_score}.")
    elif account != found.key.bankrupt:
        side = "long" if found.key.side > 0 else "short"
        said.append(f"The books know no {side} position of it in {spec.id} at that point.")
    return " ".join(said)


def answer(asked: AskedAbout) -> str:
    """What happened, in sentences, and what each reading says of it."""
    found = asked.found
    spec = found.spec
    side = "short" if found.key.side > 0 else "long"
    who = found.key.bankrupt if asked.audience is Audience.AUDITOR else "an account"
    how_many = len({one.close.victim for one in found.closes})
    were = "account was" if how_many == 1 else "accounts were"
    closed = f"{were} closed"
    if asked.audience is Audience.AUDITOR or _has_totals(found):
        closed = f"{were} closed by {quantity_text(found.quantity, spec)}"
    rule = " and ".join(price_rules(found.checks)) or "no known rule"
    price = price_text(found.price, spec)
    said = [f"{how_many} {closed} against {who}'s {side} in {spec.id} at {price} ({rule})."]
    said += [f"{one.reading.name} {VERDICT_WORDS[one.verdict]}." for one in found.findings]
    return " ".join(said)


def _parts(asked: AskedAbout, body: Mapping[str, Json]) -> tuple[Table | str, ...]:
    found = asked.found
    opening = answer(asked) if asked.account is None else answer_about(asked, asked.account)
    parts: list[Table | str] = [title_of(asked), opening]
    if asked.account is not None:
        parts.append(answer(asked))
    is_auditor = asked.audience is Audience.AUDITOR
    parts += flow_parts(body, asked.quote, is_whole=is_auditor, has_totals=_has_totals(found))
    ranking = body["ranking"]
    if isinstance(ranking, list) and ranking:
        letters = [one.reading.letter for one in found.findings]
        columns = dict(HOLDER_COLUMNS)
        columns |= {f"rank_{letter}": f"rank {letter}" for letter in letters}
        columns |= {f"score_{letter}": f"score {letter}" for letter in letters}
        columns["closed"] = "closed"
        rows = [
            {
                **row,
                **{f"rank_{letter}": row["ranks"][letter] for letter in letters},
                **{f"score_{letter}": row["scores"][letter] for letter in letters},
            }
            for row in ranking
        ]
        parts.append(Table(columns, rows, frozenset({"account"}), "Known candidates"))
    readings = [
        {"reading": one.reading.letter, "policy": one.reading.name, "verdict": str(one.verdict)}
        | {"formula": one.reading.selection.formula}
        for one in found.findings
    ]
    words = frozenset({"reading", "policy", "verdict", "formula", "check", "answer", "evidence"})
    columns = {name: name for name in ("reading", "policy", "verdict", "formula")}
    parts.append(Table(columns, readings, words, "Readings"))
    if asked.audience is Audience.AUDITOR:
        parts += _shown(found)
    checks = [
        {"check": one.name, "answer": str(one.answer), "evidence": one.evidence}
        for one in found.checks
    ]
    columns = {name: name for name in ("check", "answer", "evidence")}
    parts.append(Table(columns, checks, words, "Checks"))
    said = body["unknown"]
    if isinstance(said, list):
        parts.append("What is not known\n" + "\n".join(map(str, said)))
    return (*parts, LIMITS)


def _shown(found: AuditedDecision) -> list[Table | str]:
    """Everybody who was closed, and the pairs that show violations."""
    closures = [closure_row(found, one) for one in found.closes]
    parts: list[Table | str] = [
        Table(CLOSURE_COLUMNS, closures, frozenset({"account"}), "Closed, in the order of the rows")
    ]
    pairs = [
        {"reading": one.reading.letter, **pair_row(one.pair)}
        for one in found.findings
        if one.pair is not None
    ]
    if pairs:
        words = frozenset({"reading", "kind", "skipped", "closed"})
        parts.append(Table(PAIR_COLUMNS, pairs, words, "What shows the violations"))
    return parts
