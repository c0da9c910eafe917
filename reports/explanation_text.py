"""How does the explanation of an ADL decision read, section by section?

The same facts as the JSON object, in the order in which a person asks: what happened, at which
price, why nothing else could take it, who stood where, who paid, whether the books still close,
how to check.
"""

from collections.abc import Mapping, Sequence
from fractions import Fraction
from hashlib import sha256
from importlib.metadata import version
from typing import Any

from domain.adl.selections import SELECTIONS
from domain.instants import instant_text
from domain.units import fraction_text
from projections.answers import AdlRound, MarkRow, RankedRow
from reports.adl_rounds import RANKING_COLUMNS
from reports.explanation import (
    SCHEMA,
    Asked,
    answer,
    escape_row,
    explained,
    trigger_holds,
    why_not_others,
)
from reports.explanation_words import GLOSSARY, REASON_WORDS, ROOT_SKIPPED, STEP_WORDS
from reports.figures import amount_text, price_text, quantity_text, score_text
from reports.page import AsOf, Json, Page, Table, json_text

TOP = 10
AROUND = 3
MARKS_SHOWN = 8
SEQS_SHOWN = 8
WATERFALL_COLUMNS = {
    "step": "step",
    "offered": "offered",
    "used": "used",
    "left": "left",
    "why": "why it stopped",
    "seqs": "events",
}
CONSERVED = {
    "open_interest_long": "open interest long",
    "open_interest_short": "open interest short",
    "equity_sum": "sum of equity",
    "net_deposits": "net deposits",
    "cash_sum": "sum of cash",
}
CONSERVATION_COLUMNS = {"what": "", "before": "before", "after": "after", "is": ""}


def explanation_page(asked: Asked, marks: Sequence[MarkRow], at: AsOf) -> Page:
    """The whole explanation; `at` is the point just after the decision's last closure."""
    body = explained(asked)
    page = Page(SCHEMA, at, body, "ranking")
    digest = sha256((json_text(page.object()) + "\n").encode("utf-8")).hexdigest()
    parts: tuple[Table | str, ...] = (
        _header(asked, at),
        f"0. Answer\n{answer(asked)}",
        *([] if asked.account is None else [why_not_others(asked)]),
        *_price_and_mark(asked, marks),
        "2. Waterfall",
        waterfall_table(body),
        _need(asked),
        *_ladder(asked, body),
        *_cost(asked, body),
        f"6. Conservation\n{conservation_sentence(body)}",
        conservation_table(body),
        *_proof(asked, body, at, digest),
        _limits(asked.found),
    )
    return Page(SCHEMA, at, body, "ranking", parts)


def _header(asked: Asked, at: AsOf) -> str:
    found = asked.found
    if asked.account in (None, found.bankrupt):
        title = f"Why {found.bankrupt}'s {found.side} was closed against others"
    elif asked.row is not None and asked.row.closed:
        title = f"Why account {asked.account} was auto-deleveraged"
    else:
        title = f"Why account {asked.account} was not auto-deleveraged"
    return (
        f"{title}\n{found.id}, {found.spec.id}, {instant_text(found.time)}, seq {found.seq} to "
        f"{at.seq}, {found.policy}, audience auditor, nothing is withheld, made by zerosum "
        f"{version('zerosum')}"
    )


def _price_and_mark(asked: Asked, marks: Sequence[MarkRow]) -> list[Table | str]:
    found = asked.found
    rows: list[dict[str, Json]] = [
        {
            "seq": mark.seq,
            "time": instant_text(mark.time),
            "price": price_text(mark.price, found.spec),
        }
        for mark in marks[-MARKS_SHOWN:]
    ]
    said = (
        f"1. Price and mark\nMark {price_text(found.mark, found.spec)}; bankruptcy price "
        f"{price_text(found.bankruptcy_price, found.spec)}; close price "
        f"{price_text(found.close_price, found.spec)} by the rule {found.close_price_rule}."
    )
    columns = {"seq": "seq", "time": "time", "price": "mark"}
    return [said, Table(columns, rows, frozenset({"time"}))]


def waterfall_table(body: Mapping[str, Any], title: str = "") -> Table:
    """What each step offered, gave and left, and why it stopped."""
    rows = [
        {
            **step,
            "step": STEP_WORDS[step["step"]],
            "why": REASON_WORDS.get(step["reason"], step["reason"]),
            "seqs": _few(step["seqs"]) or None,
        }
        for step in body["waterfall"]
    ]
    return Table(WATERFALL_COLUMNS, rows, frozenset({"step", "why", "seqs"}), title)


def _need(asked: Asked) -> str:
    found = asked.found
    unit = found.spec.quote_unit
    equity = amount_text(found.equity, unit)
    if found.trigger == "negative_equity":
        rule = f"equity {equity} < 0"
    else:
        rule = "the vault was asked and left lots, or there is no vault to ask"
    holds = "holds" if trigger_holds(found) else "does not hold"
    offered = {step.step: quantity_text(step.offered, found.spec) for step in found.waterfall}
    sentences = [
        f"Trigger {found.trigger}: {rule}; it {holds}.",
        f"Maintenance margin asked for {amount_text(found.maintenance_margin, unit)}.",
    ]
    if "book" in offered:
        sentences.append(f"The book offered {offered['book']} within the bankruptcy price.")
    if "takeover" in offered:
        sentences.append(f"The vault could take {offered['takeover']}.")
    return "3. Was ADL needed?\n" + " ".join(sentences)


def _ladder(asked: Asked, body: Mapping[str, Any]) -> list[Table | str]:
    found = asked.found
    selection = SELECTIONS.get(found.policy)
    said = ["4. Ranking ladder"]
    if selection is not None:
        said += [selection.rule, f"Formula: {selection.formula}"]
    if asked.row is not None and asked.row.score is not None:
        said.append(_own_numbers(asked))
    excluded = ", ".join(f"{code} {count}" for code, count in found.excluded) or "nobody"
    said.append(f"Ranked: {found.candidates}. Excluded: {excluded}.")
    if found.losers_included:
        said.append("Those in profit did not suffice: accounts without profit follow them.")
    ranking, cut = body["ranking"], body["cut_after_rank"]
    rows = _shown_rows(ranking, cut, asked.row.rank if asked.row is not None else None)
    if cut is not None:
        met = f"{body['totals']['closed']} of {body['totals']['needed']} allocated"
        at = next(i for i, row in enumerate(rows) if row["rank"] == cut) + 1
        rows.insert(at, _said_in_a_row(f"-- cut: {met} --"))
    return ["\n".join(said), Table(RANKING_COLUMNS, rows, frozenset({"account"})), *_ties(found)]


def _own_numbers(asked: Asked) -> str:
    found, row = asked.found, asked.row
    if row is None or row.score is None:
        return ""
    unit = found.spec.quote_unit
    notional = abs(row.quantity) * found.mark * found.spec.point_value
    return (
        f"{row.account}: u = {amount_text(row.unrealized, unit)}, "
        f"N0 = {amount_text(abs(row.cost) or 1, unit)}, N = {amount_text(notional, unit)}, "
        f"E = {amount_text(row.equity, unit)}; score = {score_text(row.score)}"
    )


def _shown_rows(
    ranking: Sequence[dict[str, Json]], cut: int | None, own: int | None
) -> list[dict[str, Json]]:
    """The top ten, the neighbourhood of the account asked about, and of the cut."""
    ranks = set(range(1, TOP + 1))
    for centre in (cut, own):
        if centre is not None:
            ranks |= set(range(centre - AROUND, centre + AROUND + 1))
    rows: list[dict[str, Json]] = []
    last = 0
    for rank in sorted(rank for rank in ranks if 0 < rank <= len(ranking)):
        if rank != last + 1:
            rows.append(_said_in_a_row("..."))
        rows.append(dict(ranking[rank - 1]))
        last = rank
    if last < len(ranking):
        rows.append(_said_in_a_row(f"... to {len(ranking)}"))
    return rows


def _said_in_a_row(text: str) -> dict[str, Json]:
    """A row that is no candidate: it stands where accounts stand."""
    return {**dict.fromkeys(RANKING_COLUMNS, ""), "account": text}


def _ties(found: AdlRound) -> list[str]:
    scores = [row.score for row in found.ranking if row.score is not None]
    if len(set(scores)) == len(scores):
        return []
    return ["Equal scores stand in the order of profit, size, older position, account id."]


def _cost(asked: Asked, body: Mapping[str, Any]) -> list[str]:
    totals = body["totals"]
    said = [
        "5. What it cost and who paid",
        (
            f"Victims gave up {totals['cost']} {asked.quote} against the mark; the deficit was "
            f"{totals['deficit']}."
        ),
        (
            f"Overshoot: quantity beyond need {totals['overshoot_quantity']}, cost beyond the "
            f"deficit {totals['overshoot_cost']}, realised profit beyond the deficit "
            f"{totals['overshoot_profit']}."
        ),
    ]
    row = asked.row
    if row is not None and row.closed:
        if asked.found.deficit:
            share = fraction_text(Fraction(row.closed_cost, asked.found.deficit))
            said.append(f"{row.account} carried {share} of the deficit.")
        said += _escapes(asked, row)
    if asked.shared is not None and asked.account is not None:
        lots, cost = asked.shared
        spec = asked.found.spec
        said.append(
            f"Counterfactual, not what happened: under pro-rata-size@1 {asked.account} would have "
            f"given {quantity_text(lots, spec)} at a cost of {amount_text(cost, spec.quote_unit)}."
        )
    return ["\n".join(said)]


def _escapes(asked: Asked, row: RankedRow) -> list[str]:
    """The smallest changes of the account's own numbers that would have spared it."""
    if asked.escape is None:
        return []
    if asked.escape.nearest is None:
        return [f"Nearest escape: none ({asked.escape.reason})."]
    spec = asked.found.spec
    had = {
        "size": quantity_text(abs(row.quantity), spec),
        "equity": amount_text(row.equity, spec.quote_unit),
    }
    said = []
    for escape in (asked.escape.nearest, asked.escape.other):
        found = escape_row(asked, escape)
        if escape is not None and found is not None:
            less = (
                "have been closed by less" if escape.outcome == "less" else "not have been closed"
            )
            said.append(
                f"With {escape.field} of {found['threshold']} instead of {had[escape.field]}, all "
                f"else equal, {row.account} would {less}."
            )
    return said


def _few(seqs: Sequence[int]) -> str:
    """Events by their seq, the first and the last of many."""
    if len(seqs) > SEQS_SHOWN:
        return f"{seqs[0]} to {seqs[-1]}, {len(seqs)} in all"
    return ", ".join(map(str, seqs))


def conservation_table(body: Mapping[str, Any], title: str = "") -> Table:
    """What must be equal, before the decision and after its last close."""
    before, after = body["conservation"]["before"], body["conservation"]["after"]
    rows = [
        {
            "what": name,
            "before": before[key],
            "after": after[key],
            "is": "equal" if before[key] == after[key] else "changed",
        }
        for key, name in CONSERVED.items()
        if key in before
    ]
    return Table(CONSERVATION_COLUMNS, rows, frozenset({"what", "is"}), title)


def conservation_sentence(body: Mapping[str, Any]) -> str:
    """Whether the books close after the decision."""
    after = body["conservation"]["after"]
    sides = after["open_interest_long"] == after["open_interest_short"]
    books = after["equity_sum"] == after["net_deposits"]
    return (
        f"Longs and shorts: {'equal' if sides else 'DIFFERENT'}. Equity and net "
        f"deposits: {'equal' if books else 'DIFFERENT'}."
    )


def _proof(asked: Asked, body: Mapping[str, Any], at: AsOf, digest: str) -> list[Table | str]:
    found = asked.found
    account = f" --account {asked.account}" if asked.account is not None else ""
    row_key = "" if asked.salts is None else " --row-key FILE"
    verdict = body["verification"]
    root = verdict["ranking_root"]
    said = "\n".join(
        (
            "7. Proof",
            f"Root over {at.seq} events: {at.root}",
            f"Ranking root over {found.candidates} rows: {found.ranking_root}",
            f"Ranking decided again: {ROOT_SKIPPED if root == 'skipped' else root}",
            f"Policy digest {found.policy_digest}, in the log since seq {found.policy_seq}",
            f"Deciding again from the log: {verdict['redecided']}",
            f"Reproduce: zerosum adl explain {found.id}{account}{row_key} --json",
            f"SHA-256 of that answer: {digest}",
        )
    )
    columns = {"seq": "seq", "leaf": "leaf hash"}
    return [said, Table(columns, body["evidence"], frozenset({"leaf"}))]


def _limits(found: AdlRound) -> str:
    return (
        "8. Limits\nThis page does not claim that what was logged is true, only that it follows "
        "from the log. It carries no signed checkpoint and no inclusion proofs: keep a receipt or "
        f"a root outside the store to bind it.\n{GLOSSARY}\nTo object, write to the venue that "
        f"keeps this log and name the decision {found.id} and the root above."
    )
