"""Who absorbed the position before accounts were closed, and was ADL needed? (sections 2 and 3)"""

from fractions import Fraction
from typing import Final

from reports.audience import Document
from reports.explanation_words import REASON_WORDS, STEP_WORDS
from reports.html.amounts import exact, grouped
from reports.html.blocks import Block, Cell, Column, Facts, Row, Section, Table, said
from reports.html.surroundings import STEPS_AT_MOST, StepLine
from reports.html.view import View, number, summed
from reports.html.waterfall_chart import waterfall_chart

STAGES: Final = ("book", "takeover", "adl")
TRIGGER_WORDS: Final = {
    "negative_equity": "ADL may start when the equity of the account is below zero",
    "vault_exhausted": "ADL may start when the vault was asked and left lots, or there is none",
}


def waterfall_section(view: View) -> Section:
    """2: one bar by quantity, one by loss, and every step with the reason it stopped."""
    blocks: list[Block] = []
    if view.has_totals and view.around.steps:
        blocks.append(waterfall_chart(_quantities(view), _losses(view), (view.market, view.quote)))
    elif not view.has_totals:
        blocks.append(said("Quantities and losses of the steps are withheld.", is_note=True))
    blocks.append(_steps(view))
    return Section(2, "waterfall", "Waterfall", tuple(blocks))


def _quantities(view: View) -> dict[str, Fraction]:
    found = {
        stage: summed([s.quantity for s in view.around.steps if s.step == stage and s.quantity])
        for stage in STAGES
    }
    found["left"] = exact(view.totals["needed"]) - exact(view.totals["closed"])
    return found


def _losses(view: View) -> dict[str, Fraction]:
    return {
        stage: summed([s.loss for s in view.around.steps if s.step == stage and s.loss])
        for stage in STAGES
    }


def _steps(view: View) -> Table:
    found = view.around.steps
    shown = found[-STEPS_AT_MOST:]
    older = len(found) - len(shown)
    name = f" {view.around.liquidation_id}" if view.around.liquidation_id else ""
    caption = f"Steps of the liquidation{name} in {view.market}, up to this decision"
    if older:
        caption += f"; {grouped(str(older))} earlier steps are left out"
    columns: tuple[Column, ...] = (
        Column("step", is_word=True),
        Column("why it stopped", is_word=True),
    )
    if view.has_totals:
        columns = (
            Column("step", is_word=True),
            Column("event", "seq"),
            Column("size", view.market),
            Column("price", view.quote),
            Column("loss", view.quote),
            Column("left", view.market),
            Column("why it stopped", is_word=True),
        )
    return Table(caption, columns, tuple(_step(view, step) for step in shown))


def _step(view: View, step: StepLine) -> Row:
    name = Cell(STEP_WORDS.get(step.step, step.step))
    reason = Cell(_reason(step.reason))
    if not view.has_totals:
        return Row((name, reason))
    amounts = [number(text) for text in (step.quantity, step.price, step.loss, step.left)]
    seq = Cell("–" if step.seq is None else grouped(str(step.seq)))
    return Row((name, seq, *amounts, reason))


def need_section(view: View) -> Section:
    """3: the trigger with the numbers put in, and what book and vault could still give."""
    trigger = view.document["trigger"]
    holds = "holds" if trigger["holds"] else "does not hold"
    facts = [
        (
            "Trigger",
            Cell(trigger["rule"].replace("_", " "), TRIGGER_WORDS.get(trigger["rule"], "")),
        ),
        ("With the numbers", Cell(f"{_numbers_put_in(view)}: it {holds}")),
    ]
    if trigger["equity"] is not None:
        facts += [
            (
                f"Equity of {view.decision['bankrupt']}",
                Cell(f"{grouped(trigger['equity'])} {view.quote}", place="bankrupt-equity"),
            ),
            ("Maintenance margin", Cell(f"{grouped(trigger['maintenance_margin'])} {view.quote}")),
        ]
    facts += [_offered(view, step) for step in view.document["waterfall"]]
    if view.has_totals:
        needed = f"{grouped(view.totals['needed'])} {view.market}"
        facts.append(("Needed from ADL", Cell(needed, place="needed")))
    return Section(3, "need", "Was ADL needed?", (Facts(tuple(facts)),))


def _reason(code: str) -> str:
    return REASON_WORDS.get(code, code)


def _numbers_put_in(view: View) -> str:
    trigger = view.document["trigger"]
    if trigger["rule"] == "negative_equity":
        if trigger["equity"] is None:
            return "equity (withheld) below 0"
        return f"equity {grouped(trigger['equity'])} < 0"
    reasons = [step["reason"] for step in view.document["waterfall"] if step["step"] == "takeover"]
    if not reasons:
        return "nobody stands behind a vault"
    return _reason(reasons[-1])


def _offered(view: View, step: Document) -> tuple[str, Cell]:
    names = {
        "book": "The book within the bankruptcy price",
        "takeover": "The vault",
        "adl": "The candidates together",
    }
    reason = _reason(step["reason"])
    if step["offered"] is None:
        return names[step["step"]], Cell("quantities withheld", reason)
    offered, used = grouped(step["offered"]), grouped(step["used"])
    text = f"could take {offered} {view.market}, took {used}"
    if step["step"] == "adl":
        text = f"could give {offered} {view.market}, gave {used}"
    return names[step["step"]], Cell(text, reason)
