"""Who absorbed the position, by quantity and by loss?

Two bars of the same length, each cut into book, vault and auto-deleveraging. The stages differ in
colour, pattern and label.
"""

from collections.abc import Mapping
from fractions import Fraction
from typing import Final

from reports.html.amounts import grouped, text_of
from reports.html.blocks import Chart
from reports.html.shapes import Shape, box, text_width, words

WIDTH: Final = 912
LEFT: Final = 110
LENGTH: Final = 790
BAR: Final = 34
ROW: Final = 104
STAGE_LOOKS: Final = {"book": "book", "takeover": "takeover", "adl": "adl", "left": "left"}
STAGE_WORDS: Final = {
    "book": "order book",
    "takeover": "vault takeover",
    "adl": "auto-deleveraging",
    "left": "left open",
}

Amounts = Mapping[str, Fraction]


def waterfall_chart(quantities: Amounts, losses: Amounts, units: tuple[str, str]) -> Chart:
    """Bars of what each stage took; a stage that gained has no part in the bar of losses."""
    shapes: list[Shape] = []
    for index, (name, amounts) in enumerate((("quantity", quantities), ("loss", losses))):
        shapes += _bar(name, units[index], amounts, index * ROW)
    return Chart(
        "waterfall",
        f"Two bars. {_told('Quantity', quantities, units[0])} {_told('Loss', losses, units[1])}",
        "What the order book (plain), the vault (hatched) and auto-deleveraging (dotted) took in "
        "this liquidation, up to this decision.",
        WIDTH,
        2 * ROW - 6,
        tuple(shapes),
    )


def _bar(name: str, unit: str, amounts: Amounts, top: int) -> list[Shape]:
    shapes: list[Shape] = [
        words("strong", 0, top + 22, name),
        words("tick", 0, top + 38, unit),
    ]
    total = sum((max(Fraction(0), amount) for amount in amounts.values()), Fraction(0))
    shapes.append(box("frame", LEFT, top + 8, LENGTH, BAR))
    x = Fraction(LEFT)
    ends = [Fraction(0), Fraction(0)]
    for stage, amount in amounts.items():
        wide = max(Fraction(0), amount) / total * LENGTH if total else Fraction(0)
        if wide:
            shapes.append(box(f"{STAGE_LOOKS[stage]}-fill", x, top + 8, wide, BAR, stage))
        if stage != "left" or amount:
            shapes += _stage_label(
                f"{STAGE_WORDS[stage]} {grouped(text_of(amount))}", stage, x, top + 60, ends
            )
        x += wide
    return shapes


def _stage_label(text: str, stage: str, x: Fraction, y: int, ends: list[Fraction]) -> list[Shape]:
    """The label under the beginning of its part, one row down where it would cover another."""
    wide = text_width(text) + 24
    start = min(x, Fraction(LEFT + LENGTH - wide))
    row = 0 if ends[0] <= start else 1
    start = max(start, ends[row])
    ends[row] = start + wide + 10
    level = y + 20 * row
    return [
        box(f"{STAGE_LOOKS[stage]}-fill", start, level - 10, 12, 12, stage),
        words("label", start + 18, level, text),
    ]


def _told(name: str, amounts: Amounts, unit: str) -> str:
    parts = ", ".join(
        f"{STAGE_WORDS[stage]} {grouped(text_of(value))}" for stage, value in amounts.items()
    )
    return f"{name} in {unit}: {parts}."
